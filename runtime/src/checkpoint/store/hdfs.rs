//! HDFS. The configuration of the cluster is read from `HADOOP_CONF_DIR` if it is set, so that the URL may name a
//! service of several name nodes; the user is `HADOOP_USER_NAME`, or who runs the job.

use hdfs_native_object_store::HdfsObjectStoreBuilder;
use object_store::{Error, ObjectStore};
use tokio::runtime::Runtime;

/// The name node, or the service.
pub(super) fn connect(node: &str, runtime: &Runtime) -> Result<Box<dyn ObjectStore>, Error> {
    let builder = HdfsObjectStoreBuilder::new().with_url(format!("hdfs://{node}"));
    Ok(Box::new(builder.with_io_runtime(runtime.handle().clone()).build()?))
}
