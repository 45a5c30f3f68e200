//! The garbage collector: what was owned by a removed object goes as well.

use serde_json::Value;

use crate::cluster::Cluster;
use crate::json;
use crate::writes::Deletion;

/// Deletes what `gone` owned.
pub(super) fn collect(cluster: &mut Cluster, gone: &Value) {
    for key in cluster.store.all_owned(json::text(gone, &["metadata", "uid"])) {
        let Some(resource) = cluster.registry.of_id(&key.resource) else { continue };
        // Gone already is as good as deleted.
        drop(cluster.delete(&resource, &key, &Deletion::default()));
    }
}
