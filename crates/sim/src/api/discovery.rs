//! Version, health and discovery, and the disguise of another cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::path::Target;
use super::{Answer, respond};
use crate::cluster::Cluster;
use crate::json;
use crate::resources::{Resource, id};

/// The answer to a path that names no object; none for the others.
pub(super) fn answer(cluster: &Cluster, path: &str) -> Option<Answer> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let body = match parts.as_slice() {
        ["version"] => version(&cluster.kubernetes),
        ["healthz" | "livez" | "readyz", ..] => return Some(respond::text(StatusCode::OK, "ok")),
        ["api"] => json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [],
        }),
        ["apis"] => groups(cluster),
        ["api", version] => resources(cluster, "", version),
        ["apis", group, version] => resources(cluster, group, version),
        _ => return None,
    };
    Some(respond::plain(StatusCode::OK, &body))
}

/// The object as this user sees it: while a fault says so, kube-system is another cluster's.
pub(super) fn disguise(cluster: &Cluster, target: &Target, object: Arc<Value>) -> Arc<Value> {
    let is_system = &*target.resource.id == id::NAMESPACES
        && json::text(&object, &["metadata", "name"]) == "kube-system";
    match cluster.faults.other_cluster().filter(|_| is_system) {
        None => object,
        Some(uid) => {
            let mut other = Value::clone(&object);
            json::set(&mut other, &["metadata", "uid"], uid);
            Arc::new(other)
        }
    }
}

fn version(kubernetes: &str) -> Value {
    let mut numbers = kubernetes.trim_start_matches('v').split('.');
    json!({
        "major": numbers.next().unwrap_or("1"),
        "minor": numbers.next().unwrap_or("34"),
        "gitVersion": kubernetes,
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2025-12-09T15:06:39Z",
        "goVersion": "go1.24.11",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

fn groups(cluster: &Cluster) -> Value {
    let mut versions: BTreeMap<&str, &[_]> = BTreeMap::new();
    for resource in cluster.registry.all().filter(|resource| !resource.group.is_empty()) {
        versions.insert(&resource.group, &resource.versions);
    }
    let groups: Vec<Value> = versions
        .iter()
        .map(|(group, versions)| {
            let named = |version: &str| {
                json!({ "groupVersion": format!("{group}/{version}"), "version": version })
            };
            let all: Vec<Value> = versions.iter().map(|version| named(version)).collect();
            let preferred = all.first().cloned();
            json!({ "name": group, "versions": all, "preferredVersion": preferred })
        })
        .collect();
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
}

fn resources(cluster: &Cluster, group: &str, version: &str) -> Value {
    let all = cluster.registry.all().filter(|resource| {
        &*resource.group == group && resource.versions.iter().any(|known| &**known == version)
    });
    let entry = |resource: &Arc<Resource>| {
        json!({
            "name": resource.plural,
            "singularName": resource.kind.to_lowercase(),
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
        })
    };
    let group_version =
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": all.map(entry).collect::<Vec<_>>(),
    })
}
