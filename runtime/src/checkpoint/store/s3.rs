//! S3, and what speaks like it: MinIO, Ceph, R2.
//!
//! Who is asked, and as whom, is in the variables that all programs for S3 read: `AWS_ACCESS_KEY_ID`,
//! `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`; without keys there,
//! the machine's or the pod's role. Where a secret is a file, as containers get theirs, a variable with `_FILE` behind its
//! name says which. None of it stands in a configuration or in a place, which errors and plans would show.

use std::time::Duration;
use std::{env, fs};

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{Error, ObjectStore, RetryConfig};
use tokio::runtime::Runtime;

/// A failing store is asked again for so long; a checkpoint that fails for it is taken again.
const RETRY: Duration = Duration::from_secs(20);

/// What may stand in a file.
const SECRETS: [(&str, AmazonS3ConfigKey); 3] = [
    ("AWS_ACCESS_KEY_ID_FILE", AmazonS3ConfigKey::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY_FILE", AmazonS3ConfigKey::SecretAccessKey),
    ("AWS_SESSION_TOKEN_FILE", AmazonS3ConfigKey::Token),
];

/// The bucket.
pub(super) fn connect(bucket: &str, _: &Runtime) -> Result<Box<dyn ObjectStore>, Error> {
    let retry = RetryConfig { max_retries: 6, retry_timeout: RETRY, ..RetryConfig::default() };
    let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    Ok(Box::new(with_files(builder, &|name| env::var(name).ok())?.build()?))
}

/// Enters with what is in the files that variables name.
fn with_files(
    mut builder: AmazonS3Builder,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<AmazonS3Builder, Error> {
    for (name, key) in SECRETS {
        let Some(path) = variable(name) else { continue };
        let text = fs::read_to_string(&path).map_err(|error| {
            let source = format!("{name} names `{path}`, which cannot be read: {error}").into();
            Error::Generic { store: "S3", source }
        })?;
        builder = builder.with_config(key, text.trim());
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_be_in_files_that_the_environment_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "hunter2\n").unwrap();
        let named = |path: &str| {
            let path = path.to_owned();
            move |name: &str| (name == "AWS_SECRET_ACCESS_KEY_FILE").then(|| path.clone())
        };
        let found = with_files(AmazonS3Builder::new(), &named(path.to_str().unwrap())).unwrap();
        let key = found.get_config_value(&AmazonS3ConfigKey::SecretAccessKey);
        assert_eq!(key.as_deref(), Some("hunter2"));
        assert_eq!(found.get_config_value(&AmazonS3ConfigKey::AccessKeyId), None);
        let error = with_files(AmazonS3Builder::new(), &named("/not/there")).unwrap_err();
        assert!(error.to_string().contains("AWS_SECRET_ACCESS_KEY_FILE"), "{error}");
    }
}
