//! The ReplicaSet controller: as many pods as wanted.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::{Value, json};

use super::pods::{NewPod, count, is_stopping, owner_reference, ready};
use crate::admission::is_ready;
use crate::cluster::Cluster;
use crate::json;
use crate::store::Key;

pub(super) fn reconcile(cluster: &mut Cluster, key: &Key, set: &Value) {
    let wanted = json::number(set, &["spec", "replicas"]);
    let mut pods = cluster.live_pods(set);
    pods.retain(|(_, pod)| !is_stopping(pod));
    let have = count(&pods, |_| true);
    let mut failure = None;
    for _ in have..wanted {
        let new = NewPod {
            maker: key,
            owner: owner_reference("apps/v1", "ReplicaSet", set),
            template: &set["spec"]["template"],
            name: None,
            labels: Vec::new(),
            node: None,
        };
        if let Err(why) = cluster.make_pod(new) {
            failure = Some(why);
            break;
        }
    }
    if wanted < have {
        for key in superfluous(pods, have - wanted) {
            cluster.stop(&key);
        }
    }
    report(cluster, key, set, failure);
}

/// The pods that Kubernetes takes first: not ready ones, then the youngest.
fn superfluous(mut pods: Vec<(Key, Arc<Value>)>, number: i64) -> Vec<Key> {
    pods.sort_by_key(|(key, pod)| {
        let created = json::text(pod, &["metadata", "creationTimestamp"]).to_owned();
        (is_ready(pod), Reverse(created), key.clone())
    });
    let number = usize::try_from(number).unwrap_or_default();
    pods.into_iter().take(number).map(|(key, _)| key).collect()
}

fn report(cluster: &mut Cluster, key: &Key, set: &Value, failure: Option<String>) {
    let mut pods = cluster.live_pods(set);
    pods.retain(|(_, pod)| !is_stopping(pod));
    let have = count(&pods, |_| true);
    let ready = ready(&pods);
    let mut status = json!({
        "observedGeneration": json::number(set, &["metadata", "generation"]),
        "replicas": have,
        "fullyLabeledReplicas": have,
        "readyReplicas": ready,
        "availableReplicas": ready,
    });
    if let Some(why) = failure {
        let now = cluster.clock.stamp();
        let mut condition = super::condition(set, "ReplicaFailure", "True", "FailedCreate", &now);
        condition["message"] = json!(why);
        status["conditions"] = json!([condition]);
    }
    cluster.put_status(key, set, status);
}
