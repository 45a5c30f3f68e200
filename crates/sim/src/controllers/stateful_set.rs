//! The StatefulSet controller: numbered pods, made upwards and replaced downwards, one at a time.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pods::{NewPod, count, is_stopping, owner_reference, ready};
use super::revisions;
use crate::admission::is_ready;
use crate::cluster::Cluster;
use crate::json;
use crate::store::Key;

pub(super) fn reconcile(cluster: &mut Cluster, key: &Key, set: &Value) {
    let update = revisions::keep(cluster, key, "StatefulSet", set);
    let current = match json::text(set, &["status", "currentRevision"]) {
        "" => update.clone(),
        name => name.strip_prefix(&format!("{}-", key.name)).unwrap_or(name).to_owned(),
    };
    let replicas = json::number(set, &["spec", "replicas"]);
    let state = Roll { key, set, replicas, update: &update, current: &current };
    if !state.make_missing(cluster) {
        state.take_surplus(cluster);
        state.replace_one(cluster);
    }
    state.report(cluster);
}

struct Roll<'a> {
    key: &'a Key,
    set: &'a Value,
    replicas: i64,
    update: &'a str,
    current: &'a str,
}

impl Roll<'_> {
    /// Makes missing pods in order and says whether one is being made or waited for.
    fn make_missing(&self, cluster: &mut Cluster) -> bool {
        let parallel = json::text(self.set, &["spec", "podManagementPolicy"]) == "Parallel";
        let mut waiting = false;
        for ordinal in 0..self.replicas {
            match self.pod(cluster, ordinal) {
                Some(pod) if parallel || is_ready(&pod) => {}
                Some(_) => return true,
                None => {
                    let failed = self.make(cluster, ordinal).is_err();
                    waiting = true;
                    if failed || !parallel {
                        return true;
                    }
                }
            }
        }
        waiting
    }

    fn make(&self, cluster: &mut Cluster, ordinal: i64) -> Result<(), String> {
        let hash = if ordinal < self.partition() { self.current } else { self.update };
        let template = revisions::template(cluster, self.key, hash, self.set);
        let name = self.name(ordinal);
        cluster.make_pod(NewPod {
            maker: self.key,
            owner: owner_reference("apps/v1", "StatefulSet", self.set),
            template: &template,
            name: Some(name.clone()),
            labels: vec![
                (revisions::LABEL, format!("{}-{hash}", self.key.name)),
                ("statefulset.kubernetes.io/pod-name", name),
                ("apps.kubernetes.io/pod-index", ordinal.to_string()),
            ],
            node: None,
        })
    }

    fn take_surplus(&self, cluster: &mut Cluster) {
        for (key, pod) in cluster.live_pods(self.set) {
            let ordinal = key.name.rsplit('-').next().and_then(|text| text.parse::<i64>().ok());
            if ordinal.is_some_and(|ordinal| ordinal >= self.replicas) && !is_stopping(&pod) {
                cluster.stop(&key);
            }
        }
    }

    /// Deletes the highest pod of an old template, once all above it are ready.
    fn replace_one(&self, cluster: &mut Cluster) {
        if json::text(self.set, &["spec", "updateStrategy", "type"]) == "OnDelete" {
            return;
        }
        for ordinal in (self.partition()..self.replicas).rev() {
            let Some(pod) = self.pod(cluster, ordinal) else { return };
            if !self.is_updated(&pod) {
                if !is_stopping(&pod) {
                    cluster.stop(&Key::new("pods", &self.key.namespace, &self.name(ordinal)));
                }
                return;
            }
            if !is_ready(&pod) {
                return;
            }
        }
    }

    fn report(&self, cluster: &mut Cluster) {
        let pods = cluster.live_pods(self.set);
        let updated = count(&pods, |pod| self.is_updated(pod));
        let done = updated == self.replicas && ready(&pods) == self.replicas;
        let current = if done { self.update } else { self.current };
        let of = |hash: &str| format!("{}-{hash}", self.key.name);
        let status = json!({
            "observedGeneration": json::number(self.set, &["metadata", "generation"]),
            "replicas": count(&pods, |_| true),
            "readyReplicas": ready(&pods),
            "availableReplicas": ready(&pods),
            "currentReplicas": count(&pods, |pod| {
                json::label(pod, revisions::LABEL) == Some(of(current).as_str())
            }),
            "updatedReplicas": updated,
            "currentRevision": of(current),
            "updateRevision": of(self.update),
            "collisionCount": 0,
        });
        cluster.put_status(self.key, self.set, status);
    }

    fn partition(&self) -> i64 {
        json::number(self.set, &["spec", "updateStrategy", "rollingUpdate", "partition"])
    }

    fn name(&self, ordinal: i64) -> String {
        format!("{}-{ordinal}", self.key.name)
    }

    fn pod(&self, cluster: &Cluster, ordinal: i64) -> Option<Arc<Value>> {
        cluster.store.find("pods", &self.key.namespace, &self.name(ordinal)).cloned()
    }

    fn is_updated(&self, pod: &Value) -> bool {
        let label = json::label(pod, revisions::LABEL);
        label == Some(format!("{}-{}", self.key.name, self.update).as_str())
    }
}
