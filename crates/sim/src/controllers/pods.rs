//! Making pods from templates, and what their makers ask about them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::admission::is_ready;
use crate::cluster::{Cluster, Timer};
use crate::json;
use crate::resources::id;
use crate::store::Key;
use crate::writes::Deletion;

/// How long a maker of pods waits after a refusal.
const RETRY: Duration = Duration::from_secs(2);

/// The controller that owns an object.
pub(crate) fn owner_of(namespace: &str, object: &Value) -> Option<Key> {
    let owner = json::items(object, &["metadata", "ownerReferences"])
        .iter()
        .find(|owner| json::flag(owner, &["controller"]))?;
    let resource = match json::text(owner, &["kind"]) {
        "ReplicaSet" => id::REPLICA_SETS,
        "Deployment" => id::DEPLOYMENTS,
        "StatefulSet" => id::STATEFUL_SETS,
        "DaemonSet" => id::DAEMON_SETS,
        "Job" => id::JOBS,
        _ => return None,
    };
    Some(Key::new(resource, namespace, json::text(owner, &["name"])))
}

/// The reference that makes `owner` the controller of something.
pub(super) fn owner_reference(api_version: &str, kind: &str, owner: &Value) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "name": json::text(owner, &["metadata", "name"]),
        "uid": json::text(owner, &["metadata", "uid"]),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A pod to be made.
pub(crate) struct NewPod<'a> {
    /// Its maker.
    pub(crate) maker: &'a Key,
    /// The reference to it.
    pub(crate) owner: Value,
    /// The template.
    pub(crate) template: &'a Value,
    /// Its whole name, or none for one that is made up after the owner's.
    pub(crate) name: Option<String>,
    /// Labels beside the template's.
    pub(crate) labels: Vec<(&'static str, String)>,
    /// The node that it must run on.
    pub(crate) node: Option<String>,
}

impl Cluster {
    /// Makes a pod. Whether it was refused, say by a webhook, is the answer; its maker tries
    /// again after a while.
    pub(crate) fn make_pod(&mut self, new: NewPod<'_>) -> Result<(), String> {
        let mut pod = json!({
            "metadata": new.template.get("metadata").cloned().unwrap_or_else(|| json!({})),
            "spec": new.template.get("spec").cloned().unwrap_or_else(|| json!({})),
        });
        if let Some(name) = new.name {
            json::set(&mut pod, &["metadata", "name"], name);
        } else {
            let prefix = format!("{}-", new.maker.name);
            json::set(&mut pod, &["metadata", "generateName"], prefix);
        }
        for (key, value) in new.labels {
            json::set(&mut pod, &["metadata", "labels", key], value);
        }
        if let Some(node) = new.node {
            json::set(&mut pod, &["spec", "nodeName"], node);
        }
        json::set(&mut pod, &["metadata", "ownerReferences"], vec![new.owner]);
        let Some(pods) = self.registry.of_id(id::PODS) else { return Ok(()) };
        match self.create(&pods, &new.maker.namespace, pod, false) {
            Ok(_) => Ok(()),
            Err(refusal) => {
                if self.blocked.insert(new.maker.clone()) {
                    self.timers.after(RETRY, Timer::Wake(new.maker.clone()));
                }
                Err(refusal.message)
            }
        }
    }

    /// Deletes a pod in the ordinary, graceful way.
    pub(super) fn stop(&mut self, key: &Key) {
        let Some(pods) = self.registry.of_id(id::PODS) else { return };
        // Gone already is as good as deleted.
        drop(self.delete(&pods, key, &Deletion::default()));
    }

    /// The pods that an object owns and that are not over.
    pub(super) fn live_pods(&self, owner: &Value) -> Vec<(Key, Arc<Value>)> {
        let mut pods = self.store.owned(json::text(owner, &["metadata", "uid"]), id::PODS);
        pods.retain(|(_, pod)| {
            !matches!(json::text(pod, &["status", "phase"]), "Succeeded" | "Failed")
        });
        pods
    }
}

/// Whether a pod is on its way out.
pub(super) fn is_stopping(pod: &Value) -> bool {
    json::get(pod, &["metadata", "deletionTimestamp"]).is_some()
}

/// How many of the pods are ready.
pub(super) fn ready(pods: &[(Key, Arc<Value>)]) -> i64 {
    count(pods, is_ready)
}

/// How many of the pods are such.
pub(super) fn count(pods: &[(Key, Arc<Value>)], such: impl Fn(&Value) -> bool) -> i64 {
    i64::try_from(pods.iter().filter(|(_, pod)| such(pod)).count()).unwrap_or(i64::MAX)
}
