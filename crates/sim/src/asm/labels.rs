//! Copying of namespace labels from the instance to the data-plane cluster (§10.2).
//!
//! Exactly three labels are copied, one way, for namespaces that both sides have. A label that
//! somebody changed in the data-plane cluster is put back, unless an `ASMReconcileNSLabels` (from
//! ASM 1.28 on) leaves the cluster out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::instance::Instance;
use super::objects;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::store::Key;

/// The label that names a revision.
pub(super) const REVISION: &str = "istio.io/rev";
/// The label that asks for the current version.
pub(super) const LEGACY: &str = "istio-injection";
/// The label of ambient namespaces.
pub(super) const DATAPLANE: &str = "istio.io/dataplane-mode";
/// The labels that are copied.
pub(super) const COPIED: [&str; 3] = [LEGACY, REVISION, DATAPLANE];
/// The resource that says for which clusters.
const POLICIES: &str = "asmreconcilenslabels.istio.alibabacloud.com";

/// Copies what is due, and notes when the rest is.
pub(super) fn advance(instance: &mut Instance, control: &Cluster, data: &mut Cluster) {
    if !is_copied_to(control, instance) {
        instance.copies.clear();
        return;
    }
    let now = Instant::now();
    let due = now + instance.spans().copy;
    let differing = differing(control, data);
    instance.copies.retain(|name, _| differing.contains_key(name));
    for (name, wanted) in differing {
        let at = *instance.copies.entry(name.clone()).or_insert(due);
        if at <= now {
            instance.copies.remove(&name);
            let key = Key::new(id::NAMESPACES, "", &name);
            objects::change(data, &key, |namespace| apply(namespace, &wanted));
        }
    }
}

/// The copied labels of an object.
pub(super) fn of(object: &Value) -> Map<String, Value> {
    let labels = json::labels(object).into_iter().flatten();
    let copied = labels.filter(|(key, _)| COPIED.contains(&key.as_str()));
    copied.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Gives an object these labels and none of the other copied ones.
pub(super) fn apply(object: &mut Value, wanted: &Map<String, Value>) {
    for key in COPIED {
        match wanted.get(key) {
            Some(value) => json::set(object, &["metadata", "labels", key], value.clone()),
            None => drop(json::remove(object, &["metadata", "labels", key])),
        }
    }
}

fn differing(control: &Cluster, data: &Cluster) -> BTreeMap<String, Map<String, Value>> {
    let both = control.store.list(id::NAMESPACES, None).filter_map(|(key, namespace)| {
        let wanted = of(namespace);
        let found = data.store.get(key)?;
        (of(found) != wanted).then(|| (key.name.to_string(), wanted))
    });
    both.collect()
}

/// By the policy named `default`: a list of clusters to copy to, or one of clusters to leave out.
fn is_copied_to(control: &Cluster, instance: &Instance) -> bool {
    let Some(policy) = control.store.find(POLICIES, "", "default") else { return true };
    let spec = |field| json::get(policy, &["spec", "syncPolicy", field]);
    let listed = spec("clusters").and_then(Value::as_array).is_some_and(|clusters| {
        clusters.iter().any(|cluster| *cluster == *instance.identity.cluster_id)
    });
    let allow = spec("enabled").and_then(Value::as_bool).unwrap_or(true);
    listed == allow
}
