//! What an istiod replica answers on its monitoring port.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::admission::is_ready;
use crate::cluster::{Cluster, Core};
use crate::json;
use crate::resources::id;
use crate::sidecar::{proxy, tag};
use crate::store::Key;

/// The port for versions, readiness and debugging.
pub(super) const PORT: u16 = 15014;

/// Stands where a real build has its commit.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Answers one request of a port-forward.
pub(super) fn answer(
    core: &Arc<Core>,
    pod: &Key,
    request: &Request<Incoming>,
) -> Response<Full<Bytes>> {
    core.with(|cluster| {
        let Some(istiod) = cluster.store.get(pod).cloned() else {
            return text(StatusCode::BAD_GATEWAY, String::new());
        };
        match request.uri().path() {
            "/version" => text(StatusCode::OK, format!("{}-{COMMIT}-Clean", version(&istiod))),
            "/ready" if is_ready(&istiod) => text(StatusCode::OK, String::new()),
            "/ready" => text(StatusCode::SERVICE_UNAVAILABLE, String::new()),
            "/debug/syncz" => {
                let query = crate::query::Query::parse(request.uri().query().unwrap_or_default());
                let only = query.text("namespace");
                let list = Value::Array(connected(cluster, pod, &istiod, only));
                text(StatusCode::OK, list.to_string())
            }
            _ => text(StatusCode::NOT_FOUND, "404 page not found\n".to_owned()),
        }
    })
}

/// The version of an istiod pod, by its image.
fn version(istiod: &Value) -> &str {
    let containers = json::items(istiod, &["spec", "containers"]);
    containers.first().map_or("", |container| tag(json::text(container, &["image"])))
}

/// The proxies that are connected to this replica.
fn connected(cluster: &Cluster, key: &Key, istiod: &Value, only: &str) -> Vec<Value> {
    let revision = json::label(istiod, "istio.io/rev").unwrap_or("default");
    let replicas: Vec<&Key> = cluster
        .store
        .list(id::PODS, Some(&key.namespace))
        .filter(|(_, pod)| {
            json::label(pod, "app") == Some("istiod")
                && json::label(pod, "istio.io/rev") == Some(revision)
                && is_ready(pod)
        })
        .map(|(key, _)| key)
        .collect();
    let Some(place) = replicas.iter().position(|replica| *replica == key) else {
        return Vec::new();
    };
    cluster
        .store
        .list(id::PODS, Some(only).filter(|only| !only.is_empty()))
        .filter(|(_, pod)| json::annotation(pod, "istio.io/rev") == Some(revision) && is_ready(pod))
        .filter(|(pod, _)| share_of(pod, replicas.len()) == place)
        .filter_map(|(pod, object)| row(cluster, pod, object))
        .collect()
}

/// Proxies spread over the replicas and stay where they are.
fn share_of(pod: &Key, replicas: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    pod.hash(&mut hasher);
    usize::try_from(hasher.finish() % replicas.max(1) as u64).unwrap_or_default()
}

fn row(cluster: &Cluster, key: &Key, pod: &Value) -> Option<Value> {
    let proxy = proxy(pod)?;
    let router = json::items(proxy, &["args"]).iter().any(|arg| arg == "router");
    let stale = cluster.faults.stale(&key.namespace);
    let sent = |letter: &str| format!("{letter}-{}", json::text(pod, &["metadata", "uid"]));
    let acked = |letter: &str| if stale { format!("{letter}-before") } else { sent(letter) };
    let mut row = json!({
        "cluster_id": "Kubernetes",
        "proxy": format!("{}.{}", key.name, key.namespace),
        "proxy_type": if router { "router" } else { "sidecar" },
        "istio_version": tag(json::text(proxy, &["image"])),
    });
    let mut resources = json!({});
    for (name, kind, letter) in TYPES {
        row[format!("{name}_sent")] = json!(sent(letter));
        row[format!("{name}_acked")] = json!(acked(letter));
        resources[format!("type.googleapis.com/{kind}")] = json!({
            "sent": sent(letter),
            "acked": acked(letter),
            "sentTime": json::text(pod, &["status", "startTime"]),
        });
    }
    row["resources"] = resources;
    Some(row)
}

const TYPES: [(&str, &str, &str); 4] = [
    ("cluster", "envoy.config.cluster.v3.Cluster", "c"),
    ("listener", "envoy.config.listener.v3.Listener", "l"),
    ("route", "envoy.config.route.v3.RouteConfiguration", "r"),
    ("endpoint", "envoy.config.endpoint.v3.ClusterLoadAssignment", "e"),
];

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer
}
