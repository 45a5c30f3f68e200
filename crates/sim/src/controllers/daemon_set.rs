//! The DaemonSet controller: one pod on every node.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pods::{NewPod, count, is_stopping, owner_reference};
use super::{revisions, share};
use crate::admission::is_ready;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::store::Key;

type Pods = Vec<(Key, Arc<Value>)>;

pub(super) fn reconcile(cluster: &mut Cluster, key: &Key, set: &Value) {
    let hash = revisions::keep(cluster, key, "DaemonSet", set);
    let nodes: Vec<String> =
        cluster.store.list(id::NODES, None).map(|(key, _)| key.name.to_string()).collect();
    let rolling = json::text(set, &["spec", "updateStrategy", "type"]) != "OnDelete";
    let of = i64::try_from(nodes.len()).unwrap_or_default();
    let limit = |field, default| {
        let given = json::get(set, &["spec", "updateStrategy", "rollingUpdate", field]);
        share(given, of, true, default)
    };
    let surge = limit("maxSurge", 0);
    if rolling && surge > 0 {
        surge_over(cluster, set, &hash, &nodes, surge);
    } else if rolling {
        replace(cluster, set, &hash, &nodes, limit("maxUnavailable", 1));
    }
    for node in &nodes {
        if on(&cluster.live_pods(set), node).is_empty()
            && make(cluster, key, set, &hash, node).is_err()
        {
            break;
        }
    }
    report(cluster, key, set, &hash, of);
}

/// Deletes old pods as long as no more nodes than allowed are without a ready one.
fn replace(cluster: &mut Cluster, set: &Value, hash: &str, nodes: &[String], unavailable: i64) {
    let pods = cluster.live_pods(set);
    let served = |node: &String| on(&pods, node).iter().any(|(_, pod)| is_ready(pod));
    let missing = nodes.iter().filter(|node| !served(node)).count();
    let mut room = unavailable - i64::try_from(missing).unwrap_or(i64::MAX);
    for (key, pod) in &pods {
        if is_of(pod, hash) || is_stopping(pod) {
            continue;
        }
        if !is_ready(pod) {
            cluster.stop(key);
        } else if room > 0 {
            room -= 1;
            cluster.stop(key);
        }
    }
}

/// Makes new pods beside the old ones, and deletes an old one when its successor is ready.
fn surge_over(cluster: &mut Cluster, set: &Value, hash: &str, nodes: &[String], surge: i64) {
    let pods = cluster.live_pods(set);
    let mut room = surge;
    let mut wanting = Vec::new();
    for node in nodes {
        let here = on(&pods, node);
        let successor = here.iter().find(|(_, pod)| is_of(pod, hash) && !is_stopping(pod));
        let old: Vec<_> =
            here.iter().filter(|(_, pod)| !is_of(pod, hash) && !is_stopping(pod)).collect();
        match successor {
            Some((_, pod)) if is_ready(pod) => {
                for (key, _) in old {
                    cluster.stop(key);
                }
            }
            Some(_) if !old.is_empty() => room -= 1,
            None if !old.is_empty() => wanting.push(node),
            Some(_) | None => {}
        }
    }
    let key = Key::new(
        id::DAEMON_SETS,
        json::text(set, &["metadata", "namespace"]),
        json::text(set, &["metadata", "name"]),
    );
    for node in wanting.into_iter().take(usize::try_from(room).unwrap_or_default()) {
        if make(cluster, &key, set, hash, node).is_err() {
            return;
        }
    }
}

fn make(
    cluster: &mut Cluster,
    key: &Key,
    set: &Value,
    hash: &str,
    node: &str,
) -> Result<(), String> {
    cluster.make_pod(NewPod {
        maker: key,
        owner: owner_reference("apps/v1", "DaemonSet", set),
        template: &set["spec"]["template"],
        name: None,
        labels: vec![
            (revisions::LABEL, hash.to_owned()),
            ("pod-template-generation", json::number(set, &["metadata", "generation"]).to_string()),
        ],
        node: Some(node.to_owned()),
    })
}

fn report(cluster: &mut Cluster, key: &Key, set: &Value, hash: &str, nodes: i64) {
    let pods = cluster.live_pods(set);
    let ready = super::pods::ready(&pods);
    let updated = count(&pods, |pod| is_of(pod, hash) && !is_stopping(pod));
    let status = json!({
        "observedGeneration": json::number(set, &["metadata", "generation"]),
        "currentNumberScheduled": count(&pods, |_| true).min(nodes),
        "desiredNumberScheduled": nodes,
        "numberMisscheduled": 0,
        "numberReady": ready.min(nodes),
        "numberAvailable": ready.min(nodes),
        "numberUnavailable": (nodes - ready).max(0),
        "updatedNumberScheduled": updated,
    });
    cluster.put_status(key, set, status);
}

fn on(pods: &Pods, node: &str) -> Pods {
    let here = pods.iter().filter(|(_, pod)| json::text(pod, &["spec", "nodeName"]) == node);
    here.cloned().collect()
}

fn is_of(pod: &Value, hash: &str) -> bool {
    json::label(pod, revisions::LABEL) == Some(hash)
}
