//! The scheduler and the kubelet: a pod finds a node, starts, becomes ready, crashes, goes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{istiod, owner_of};
use crate::cluster::{Cluster, Timer};
use crate::json;
use crate::resources::id;
use crate::store::Key;

/// How long a crashing container waits before it starts again.
const BACK_OFF: Duration = Duration::from_secs(10);

/// Takes a new pod on: it is pending, and starts later.
pub(super) fn admit(cluster: &mut Cluster, key: &Key, pod: &Value) {
    if pod.get("status").is_some() {
        return;
    }
    let now = cluster.clock.stamp();
    let mut pod = pod.clone();
    let (namespace, workload) = workload_of(cluster, key, &pod);
    if cluster.faults.pends((&namespace, &workload)) {
        let why = "0/3 nodes are available: 3 Insufficient cpu.";
        let mut condition = ready_condition("PodScheduled", false, &now);
        condition["reason"] = json!("Unschedulable");
        condition["message"] = json!(why);
        pod["status"] = json!({ "phase": "Pending", "conditions": [condition] });
        cluster.store.put(key.clone(), pod);
        return;
    }
    if json::text(&pod, &["spec", "nodeName"]).is_empty() {
        let node = some_node(cluster);
        json::set(&mut pod, &["spec", "nodeName"], node);
    }
    pod["status"] = json!({
        "phase": "Pending",
        "startTime": now,
        "conditions": [ready_condition("PodScheduled", true, &now)],
        "containerStatuses": containers(&pod, &json!({ "waiting": {
            "reason": if has_sidecar(&pod) { "PodInitializing" } else { "ContainerCreating" },
        } }), false, 0, "containers"),
    });
    let uid = json::text(&pod, &["metadata", "uid"]).to_owned();
    cluster.store.put(key.clone(), pod);
    let delay = cluster.start_delay();
    cluster.timers.after(delay, Timer::Start(key.clone(), uid));
}

/// Starts the containers of a pod.
pub(super) fn start(cluster: &mut Cluster, key: &Key, uid: &str) {
    let Some(pod) = current(cluster, key, uid) else { return };
    if super::pods::is_stopping(&pod) {
        return;
    }
    let (namespace, workload) = workload_of(cluster, key, &pod);
    if cluster.faults.crashes((&namespace, &workload)) {
        crash(cluster, key, uid);
        return;
    }
    if json::items(&pod, &["spec", "containers"]).iter().any(is_auto) {
        // Nobody replaced the image: this is what an injected gateway without injection looks like.
        let waiting = json!({ "waiting": { "reason": "ImagePullBackOff" } });
        let statuses = containers(&pod, &waiting, false, 0, "containers");
        settle(cluster, key, pod, "Pending", false, &statuses);
        return;
    }
    let running = json!({ "running": { "startedAt": cluster.clock.stamp() } });
    let restarts = restarts(&pod);
    let statuses = containers(&pod, &running, true, restarts, "containers");
    settle(cluster, key, pod, "Running", true, &statuses);
    istiod::serve(cluster, key);
}

/// Lets the application container of a pod crash, and again later.
pub(super) fn crash(cluster: &mut Cluster, key: &Key, uid: &str) {
    let Some(pod) = current(cluster, key, uid) else { return };
    let (namespace, workload) = workload_of(cluster, key, &pod);
    if super::pods::is_stopping(&pod) {
        return;
    }
    if !cluster.faults.crashes((&namespace, &workload)) {
        start(cluster, key, uid);
        return;
    }
    let waiting = json!({ "waiting": {
        "reason": "CrashLoopBackOff",
        "message": "back-off 10s restarting failed container",
    } });
    let restarts = restarts(&pod) + 1;
    let statuses = containers(&pod, &waiting, false, restarts, "containers");
    settle(cluster, key, pod, "Running", false, &statuses);
    cluster.timers.after(BACK_OFF, Timer::Crash(key.clone(), uid.to_owned()));
}

/// Removes a pod whose grace is over.
pub(super) fn remove(cluster: &mut Cluster, key: &Key, uid: &str) {
    if let Some(pod) = current(cluster, key, uid) {
        cluster.store.remove(key);
        istiod::resign(cluster, key, &pod);
    }
}

/// Lets pods that a fault held back start after all.
pub(crate) fn release(cluster: &mut Cluster) {
    let held: Vec<(Key, String)> = cluster
        .store
        .list(id::PODS, None)
        .filter(|(_, pod)| {
            json::text(pod, &["spec", "nodeName"]).is_empty()
                && json::text(pod, &["status", "phase"]) == "Pending"
        })
        .map(|(key, pod)| (key.clone(), json::text(pod, &["metadata", "uid"]).to_owned()))
        .collect();
    for (key, uid) in held {
        let Some(mut pod) = current(cluster, &key, &uid) else { continue };
        json::remove(&mut pod, &["status"]);
        admit(cluster, &key, &pod);
    }
}

/// The namespace and name of the workload at the top of a pod's owners.
pub(crate) fn workload_of(cluster: &Cluster, key: &Key, pod: &Value) -> (String, String) {
    let mut top = key.clone();
    let mut next = owner_of(&key.namespace, pod);
    while let Some(owner) = next {
        next = cluster.store.get(&owner).and_then(|object| owner_of(&key.namespace, object));
        top = owner;
    }
    (top.namespace.to_string(), top.name.to_string())
}

fn current(cluster: &Cluster, key: &Key, uid: &str) -> Option<Value> {
    let pod = cluster.store.get(key)?;
    (json::text(pod, &["metadata", "uid"]) == uid).then(|| Value::clone(pod))
}

fn settle(
    cluster: &mut Cluster,
    key: &Key,
    mut pod: Value,
    phase: &str,
    ready: bool,
    statuses: &Value,
) {
    let now = cluster.clock.stamp();
    let address = match json::text(&pod, &["status", "podIP"]) {
        "" => cluster.address(),
        address => address.to_owned(),
    };
    let init = json!({ "running": { "startedAt": now } });
    let init = containers(&pod, &init, true, 0, "initContainers");
    let start = json::text(&pod, &["status", "startTime"]).to_owned();
    pod["status"] = json!({
        "phase": phase,
        "startTime": start,
        "podIP": address,
        "podIPs": [{ "ip": address }],
        "hostIP": "10.0.0.1",
        "conditions": [
            ready_condition("PodScheduled", true, &now),
            ready_condition("Initialized", true, &now),
            ready_condition("ContainersReady", ready, &now),
            ready_condition("Ready", ready, &now),
        ],
        "containerStatuses": statuses,
    });
    if init.as_array().is_some_and(|init| !init.is_empty()) {
        pod["status"]["initContainerStatuses"] = init;
    }
    cluster.store.put(key.clone(), pod);
}

fn ready_condition(kind: &str, status: bool, now: &str) -> Value {
    let status = if status { "True" } else { "False" };
    json!({ "type": kind, "status": status, "lastTransitionTime": now })
}

fn containers(pod: &Value, state: &Value, ready: bool, restarts: i64, list: &str) -> Value {
    let statuses = json::items(pod, &["spec", list]).iter().map(|container| {
        let proxy = json::text(container, &["name"]) == "istio-proxy";
        // A crash is the application's; the proxy beside it stays up.
        let crashed = !ready && restarts > 0;
        let (state, ready, restarts) = if proxy && crashed {
            (json!({ "running": {} }), true, 0)
        } else {
            (state.clone(), ready, restarts)
        };
        json!({
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "state": state,
            "ready": ready,
            "started": ready,
            "restartCount": restarts,
        })
    });
    statuses.collect()
}

fn restarts(pod: &Value) -> i64 {
    json::items(pod, &["status", "containerStatuses"])
        .iter()
        .map(|status| json::number(status, &["restartCount"]))
        .max()
        .unwrap_or_default()
}

fn has_sidecar(pod: &Value) -> bool {
    !json::items(pod, &["spec", "initContainers"]).is_empty()
}

fn is_auto(container: &Value) -> bool {
    json::text(container, &["image"]) == "auto"
}

fn some_node(cluster: &mut Cluster) -> String {
    let nodes: Vec<String> =
        cluster.store.list(id::NODES, None).map(|(key, _)| key.name.to_string()).collect();
    let index = usize::try_from(cluster.chance.next()).unwrap_or_default();
    nodes.get(index % nodes.len().max(1)).cloned().unwrap_or_else(|| "node-1".to_owned())
}
