//! Writing objects past the API server, as the cloud's own controllers do.

use serde_json::Value;

use crate::cluster::Cluster;
use crate::json;
use crate::store::Key;
use crate::writes::{Deletion, Update};

/// The namespace of everything that belongs to the mesh, on both sides.
pub(super) const NAMESPACE: &str = "istio-system";

/// Creates an object, with kind and apiVersion, or puts it in the place of the one of its name.
pub(super) fn put(cluster: &mut Cluster, object: Value) {
    let Some(resource) = cluster.registry.of_object(&object) else {
        tracing::debug!(%object, "no such kind");
        return;
    };
    let namespace = json::text(&object, &["metadata", "namespace"]).to_owned();
    let key = Key::new(&resource.id, &namespace, json::text(&object, &["metadata", "name"]));
    let written = if cluster.store.get(&key).is_some() {
        cluster.update(&resource, &key, Update::Patch, false, |_| Ok(object))
    } else {
        cluster.create(&resource, &namespace, object, false)
    };
    if let Err(refusal) = written {
        tracing::debug!(name = %key.name, why = refusal.message, "not written");
    }
}

/// Changes an object that is there.
pub(super) fn change(cluster: &mut Cluster, key: &Key, change: impl FnOnce(&mut Value)) {
    let Some(resource) = cluster.registry.of_id(&key.resource) else { return };
    let written = cluster.update(&resource, key, Update::Patch, false, |current| {
        let mut object = current.clone();
        change(&mut object);
        Ok(object)
    });
    if let Err(refusal) = written {
        tracing::debug!(name = %key.name, why = refusal.message, "not written");
    }
}

/// Deletes an object, if it is there.
pub(super) fn delete(cluster: &mut Cluster, key: &Key) {
    let Some(resource) = cluster.registry.of_id(&key.resource) else { return };
    // Gone already is as good as deleted.
    drop(cluster.delete(&resource, key, &Deletion::default()));
}
