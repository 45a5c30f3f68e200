//! The Deployment controller: rolling updates over `ReplicaSet`s, within surge and unavailability.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::pods::owner_reference;
use super::share;
use crate::chance;
use crate::cluster::{Cluster, Timer};
use crate::json;
use crate::resources::id;
use crate::store::Key;
use crate::writes::Deletion;

type Set = (Key, Arc<Value>);

const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";

pub(super) fn reconcile(cluster: &mut Cluster, key: &Key, deployment: &Value) {
    let replicas = json::number(deployment, &["spec", "replicas"]);
    if !json::flag(deployment, &["spec", "paused"]) {
        let hash = chance::hash(&deployment["spec"]["template"]);
        if newest(cluster, deployment, &hash).is_none() {
            create_set(cluster, key, deployment, &hash);
        }
        let old = old_sets(cluster, deployment, &hash);
        if let Some(new) = newest(cluster, deployment, &hash) {
            if json::text(deployment, &["spec", "strategy", "type"]) == "Recreate" {
                recreate(cluster, &new, &old, replicas);
            } else {
                roll(cluster, deployment, &new, &old, replicas);
            }
        }
        forget_oldest(cluster, deployment, &hash);
    }
    report(cluster, key, deployment);
}

fn sets(cluster: &Cluster, deployment: &Value) -> Vec<Set> {
    cluster.store.owned(json::text(deployment, &["metadata", "uid"]), id::REPLICA_SETS)
}

fn newest(cluster: &Cluster, deployment: &Value, hash: &str) -> Option<Set> {
    sets(cluster, deployment).into_iter().find(|(_, set)| json::label(set, HASH) == Some(hash))
}

fn old_sets(cluster: &Cluster, deployment: &Value, hash: &str) -> Vec<Set> {
    let mut old = sets(cluster, deployment);
    old.retain(|(_, set)| json::label(set, HASH) != Some(hash));
    old.sort_by_key(|(_, set)| revision(set));
    old
}

fn revision(set: &Value) -> i64 {
    json::annotation(set, REVISION).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn create_set(cluster: &mut Cluster, key: &Key, deployment: &Value, hash: &str) {
    let next =
        sets(cluster, deployment).iter().map(|(_, set)| revision(set)).max().unwrap_or(0) + 1;
    let mut template = deployment["spec"]["template"].clone();
    json::set(&mut template, &["metadata", "labels", HASH], hash);
    let mut selector = deployment["spec"]["selector"].clone();
    json::set(&mut selector, &["matchLabels", HASH], hash);
    let set = json!({
        "metadata": {
            "name": format!("{}-{hash}", key.name),
            "labels": template["metadata"]["labels"],
            "annotations": { REVISION: next.to_string() },
            "ownerReferences": [owner_reference("apps/v1", "Deployment", deployment)],
        },
        "spec": { "replicas": 0, "selector": selector, "template": template },
    });
    let Some(resource) = cluster.registry.of_id(id::REPLICA_SETS) else { return };
    if let Err(refusal) = cluster.create(&resource, &key.namespace, set, false) {
        tracing::debug!(deployment = %key.name, why = refusal.message, "no ReplicaSet");
    }
}

/// One step of a rolling update; the next follows when pods have become ready.
fn roll(cluster: &mut Cluster, deployment: &Value, new: &Set, old: &[Set], replicas: i64) {
    let rolling = |field| json::get(deployment, &["spec", "strategy", "rollingUpdate", field]);
    let surge = share(rolling("maxSurge"), replicas, true, 1);
    let mut unavailable = share(rolling("maxUnavailable"), replicas, false, 0);
    if surge == 0 && unavailable == 0 {
        unavailable = 1;
    }
    let old_wanted: i64 = old.iter().map(|(_, set)| wanted(set)).sum();
    let new_wanted = wanted(&new.1);
    if new_wanted > replicas {
        scale(cluster, &new.0, replicas);
        return;
    }
    let room = replicas + surge - old_wanted - new_wanted;
    let grown = new_wanted + room.clamp(0, replicas - new_wanted);
    scale(cluster, &new.0, grown);

    let least = replicas - unavailable;
    let new_missing = grown - available(&new.1);
    let mut may_go = old_wanted + grown - least - new_missing;
    for (key, set) in old {
        // Pods that are not available cost nothing, and go first.
        let broken = (wanted(set) - available(set)).clamp(0, may_go.max(0));
        may_go -= broken;
        let rest = available(set).min(wanted(set));
        let all_available: i64 =
            available(&new.1) + old.iter().map(|(_, set)| available(set)).sum::<i64>();
        let healthy = rest.min(may_go.max(0)).min((all_available - least).max(0));
        may_go -= healthy;
        if broken + healthy > 0 {
            scale(cluster, key, wanted(set) - broken - healthy);
            if healthy > 0 {
                break;
            }
        }
    }
}

fn recreate(cluster: &mut Cluster, new: &Set, old: &[Set], replicas: i64) {
    for (key, _) in old {
        scale(cluster, key, 0);
    }
    let pods_left = old.iter().any(|(_, set)| !cluster.live_pods(set).is_empty());
    if !pods_left {
        scale(cluster, &new.0, replicas);
    }
}

fn wanted(set: &Value) -> i64 {
    json::number(set, &["spec", "replicas"])
}

fn available(set: &Value) -> i64 {
    json::number(set, &["status", "availableReplicas"])
}

fn scale(cluster: &mut Cluster, key: &Key, replicas: i64) {
    let Some(resource) = cluster.registry.of_id(id::REPLICA_SETS) else { return };
    let scaled = cluster.update(&resource, key, crate::writes::Update::Replace, false, |set| {
        let mut set = set.clone();
        json::set(&mut set, &["spec", "replicas"], replicas);
        Ok(set)
    });
    if let Err(refusal) = scaled {
        tracing::debug!(set = %key.name, why = refusal.message, "not scaled");
    }
}

/// Old `ReplicaSet`s without pods are kept for a way back, but not forever.
fn forget_oldest(cluster: &mut Cluster, deployment: &Value, hash: &str) {
    let mut empty = old_sets(cluster, deployment, hash);
    empty.retain(|(_, set)| wanted(set) == 0 && json::number(set, &["status", "replicas"]) == 0);
    let limit = json::number(deployment, &["spec", "revisionHistoryLimit"]);
    let surplus = empty.len().saturating_sub(usize::try_from(limit).unwrap_or_default());
    let Some(resource) = cluster.registry.of_id(id::REPLICA_SETS) else { return };
    for (key, _) in empty.into_iter().take(surplus) {
        // Gone already is as good as deleted.
        drop(cluster.delete(&resource, &key, &Deletion::default()));
    }
}

fn report(cluster: &mut Cluster, key: &Key, deployment: &Value) {
    let replicas = json::number(deployment, &["spec", "replicas"]);
    let hash = chance::hash(&deployment["spec"]["template"]);
    let all = sets(cluster, deployment);
    let sum = |field: &str| -> i64 {
        all.iter().map(|(_, set)| json::number(set, &["status", field])).sum()
    };
    let updated = newest(cluster, deployment, &hash)
        .map_or(0, |(_, set)| json::number(&set, &["status", "replicas"]));
    let (have, available) = (sum("replicas"), sum("availableReplicas"));
    let mut status = json!({
        "observedGeneration": json::number(deployment, &["metadata", "generation"]),
        "replicas": have,
        "updatedReplicas": updated,
        "readyReplicas": sum("readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": (have.max(replicas) - available).max(0),
    });
    let complete = updated == replicas && have == replicas && available == replicas;
    let late = !complete && is_late(cluster, key, deployment, &status);
    status["conditions"] = conditions(cluster, deployment, available, complete, late, &all);
    cluster.put_status(key, deployment, status);
}

/// Whether nothing has moved for as long as the progress deadline.
fn is_late(cluster: &mut Cluster, key: &Key, deployment: &Value, reached: &Value) -> bool {
    let deadline = json::number(deployment, &["spec", "progressDeadlineSeconds"]);
    let deadline = Duration::from_secs(u64::try_from(deadline).unwrap_or(600));
    let uid = json::text(deployment, &["metadata", "uid"]).to_owned();
    let now = Instant::now();
    match cluster.progress.get(&uid) {
        Some((before, since)) if before == reached => now.duration_since(*since) >= deadline,
        _ => {
            cluster.progress.insert(uid, (reached.clone(), now));
            cluster.timers.after(deadline, Timer::Wake(key.clone()));
            false
        }
    }
}

fn conditions(
    cluster: &Cluster,
    deployment: &Value,
    available: i64,
    complete: bool,
    late: bool,
    sets: &[Set],
) -> Value {
    let now = cluster.clock.stamp();
    let replicas = json::number(deployment, &["spec", "replicas"]);
    let unavailable = share(
        json::get(deployment, &["spec", "strategy", "rollingUpdate", "maxUnavailable"]),
        replicas,
        false,
        0,
    );
    let enough = available >= replicas - unavailable;
    let (status, reason) = if enough {
        ("True", "MinimumReplicasAvailable")
    } else {
        ("False", "MinimumReplicasUnavailable")
    };
    let (progressing, why) = match (complete, late) {
        (true, _) => ("True", "NewReplicaSetAvailable"),
        (false, true) => ("False", "ProgressDeadlineExceeded"),
        (false, false) => ("True", "ReplicaSetUpdated"),
    };
    let mut conditions = vec![
        super::condition(deployment, "Available", status, reason, &now),
        super::condition(deployment, "Progressing", progressing, why, &now),
    ];
    let failure =
        sets.iter().flat_map(|(_, set)| json::items(set, &["status", "conditions"])).next();
    conditions.extend(failure.cloned());
    Value::Array(conditions)
}
