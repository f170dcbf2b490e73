//! S3, and what speaks like it: MinIO, Ceph, R2.
//!
//! Who is asked, and as whom, is in the variables that all programs for S3 read: `AWS_ACCESS_KEY_ID`,
//! `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`; without keys there,
//! the machine's or the pod's role.

use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{Error, ObjectStore, RetryConfig};
use tokio::runtime::Runtime;

/// A failing store is asked again for so long; a checkpoint that fails for it is taken again.
const RETRY: Duration = Duration::from_secs(20);

/// The bucket.
pub(super) fn connect(bucket: &str, _: &Runtime) -> Result<Box<dyn ObjectStore>, Error> {
    let retry = RetryConfig { max_retries: 6, retry_timeout: RETRY, ..RetryConfig::default() };
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).build()?;
    Ok(Box::new(store))
}
