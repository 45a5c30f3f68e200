//! What a kubelet says of a pod it runs. Entry point: [`pod_status`].

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::{Value, json};

/// A strategic patch for the status of a pod that runs, and is Ready or not.
pub(crate) fn pod_status(pod: &Pod, ready: bool) -> Value {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let word = if ready { "True" } else { "False" };
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": now});
    let containers: Vec<_> = pod
        .spec
        .iter()
        .flat_map(|spec| &spec.containers)
        .map(|container| {
            let image = container.image.clone().unwrap_or_default();
            json!({
                "name": container.name, "image": image, "imageID": image, "ready": ready,
                "started": true, "restartCount": 0, "state": {"running": {"startedAt": now}},
            })
        })
        .collect();
    let address = address_of(pod);
    json!({"status": {
        "phase": "Running",
        "hostIP": "127.0.0.1",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": now,
        "conditions": [
            condition("Initialized", "True"),
            condition("ContainersReady", word),
            condition("Ready", word),
        ],
        "containerStatuses": containers,
    }})
}

/// An address from the range reserved for benchmarks, beside kwok's half of it: nothing answers there,
/// and `EndpointSlices` refuse loopback addresses.
fn address_of(pod: &Pod) -> String {
    let uid = pod.uid().unwrap_or_default();
    let hash = uid.bytes().fold(0u16, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let [high, low] = hash.to_be_bytes();
    format!("198.19.{high}.{}", low.max(1))
}
