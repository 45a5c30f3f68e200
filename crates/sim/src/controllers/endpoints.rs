//! The endpoint slice controller: which pods stand behind a Service.

use serde_json::{Value, json};

use super::pods::{is_stopping, owner_reference};
use crate::admission::is_ready;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::selector;
use crate::store::Key;

pub(super) fn reconcile(cluster: &mut Cluster, key: &Key, service: &Value) {
    let Some(wanted) = json::get(service, &["spec", "selector"]) else { return };
    let endpoints: Vec<Value> = cluster
        .store
        .list(id::PODS, Some(&key.namespace))
        .filter(|(_, pod)| selector::contains(wanted, json::labels(pod)))
        .filter_map(|(_, pod)| endpoint(pod))
        .collect();
    let uid = json::text(service, &["metadata", "uid"]);
    let existing = cluster.store.owned(uid, id::ENDPOINT_SLICES).into_iter().next();
    let ports: Vec<Value> = json::items(service, &["spec", "ports"]).iter().map(port).collect();
    if let Some((slice, current)) = existing {
        if json::items(&current, &["endpoints"]) != endpoints
            || json::items(&current, &["ports"]) != ports
        {
            let mut slice_object = Value::clone(&current);
            slice_object["endpoints"] = Value::Array(endpoints);
            slice_object["ports"] = Value::Array(ports);
            cluster.store.put(slice, slice_object);
        }
        return;
    }
    let slice = json!({
        "metadata": {
            "generateName": format!("{}-", key.name),
            "labels": {
                "kubernetes.io/service-name": &*key.name,
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [owner_reference("v1", "Service", service)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    });
    let Some(slices) = cluster.registry.of_id(id::ENDPOINT_SLICES) else { return };
    if let Err(refusal) = cluster.create(&slices, &key.namespace, slice, false) {
        tracing::debug!(service = %key.name, why = refusal.message, "no endpoint slice");
    }
}

fn endpoint(pod: &Value) -> Option<Value> {
    let address = Some(json::text(pod, &["status", "podIP"])).filter(|ip| !ip.is_empty())?;
    let ready = is_ready(pod);
    Some(json!({
        "addresses": [address],
        "conditions": { "ready": ready, "serving": ready, "terminating": is_stopping(pod) },
        "nodeName": json::text(pod, &["spec", "nodeName"]),
        "targetRef": {
            "kind": "Pod",
            "namespace": json::text(pod, &["metadata", "namespace"]),
            "name": json::text(pod, &["metadata", "name"]),
            "uid": json::text(pod, &["metadata", "uid"]),
        },
    }))
}

fn port(port: &Value) -> Value {
    let target = port.get("targetPort").or_else(|| port.get("port"));
    json!({
        "name": json::text(port, &["name"]),
        "port": target.and_then(Value::as_i64).unwrap_or_default(),
        "protocol": "TCP",
    })
}
