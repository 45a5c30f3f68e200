//! `ControllerRevision`s: the templates that a StatefulSet or a DaemonSet has had.

use serde_json::{Value, json};

use super::pods::owner_reference;
use crate::chance;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::store::Key;

/// Label of the template that a pod was made from.
pub(super) const LABEL: &str = "controller-revision-hash";

/// Keeps the current template and answers with its hash.
pub(super) fn keep(cluster: &mut Cluster, key: &Key, kind: &str, owner: &Value) -> String {
    let hash = chance::hash(&owner["spec"]["template"]);
    let name = format!("{}-{hash}", key.name);
    if cluster.store.find(id::REVISIONS, &key.namespace, &name).is_some() {
        return hash;
    }
    let revision = json!({
        "metadata": {
            "name": name,
            "labels": { LABEL: hash },
            "ownerReferences": [owner_reference("apps/v1", kind, owner)],
        },
        "data": { "spec": { "template": owner["spec"]["template"] } },
        "revision": json::number(owner, &["metadata", "generation"]),
    });
    if let Some(resource) = cluster.registry.of_id(id::REVISIONS)
        && let Err(refusal) = cluster.create(&resource, &key.namespace, revision, false)
    {
        tracing::debug!(owner = %key.name, why = refusal.message, "revision not kept");
    }
    hash
}

/// The template of a hash; the current one when it was never kept.
pub(super) fn template(cluster: &Cluster, key: &Key, hash: &str, owner: &Value) -> Value {
    let name = format!("{}-{hash}", key.name);
    let kept = cluster.store.find(id::REVISIONS, &key.namespace, &name);
    kept.and_then(|kept| json::get(kept, &["data", "spec", "template"]))
        .unwrap_or(&owner["spec"]["template"])
        .clone()
}
