//! Istio's custom resource definitions, without their schemas.

use serde_json::{Value, json};

/// Group, plural, kind, and the versions, the preferred one first.
const CRDS: &[(&str, &str, &str, &[&str])] = &[
    ("extensions.istio.io", "wasmplugins", "WasmPlugin", &["v1alpha1"]),
    ("networking.istio.io", "destinationrules", "DestinationRule", &["v1", "v1beta1", "v1alpha3"]),
    ("networking.istio.io", "envoyfilters", "EnvoyFilter", &["v1alpha3"]),
    ("networking.istio.io", "gateways", "Gateway", &["v1", "v1beta1", "v1alpha3"]),
    ("networking.istio.io", "proxyconfigs", "ProxyConfig", &["v1beta1"]),
    ("networking.istio.io", "serviceentries", "ServiceEntry", &["v1", "v1beta1", "v1alpha3"]),
    ("networking.istio.io", "sidecars", "Sidecar", &["v1", "v1beta1", "v1alpha3"]),
    ("networking.istio.io", "virtualservices", "VirtualService", &["v1", "v1beta1", "v1alpha3"]),
    ("networking.istio.io", "workloadentries", "WorkloadEntry", &["v1", "v1beta1", "v1alpha3"]),
    ("networking.istio.io", "workloadgroups", "WorkloadGroup", &["v1", "v1beta1", "v1alpha3"]),
    ("security.istio.io", "authorizationpolicies", "AuthorizationPolicy", &["v1", "v1beta1"]),
    ("security.istio.io", "peerauthentications", "PeerAuthentication", &["v1", "v1beta1"]),
    ("security.istio.io", "requestauthentications", "RequestAuthentication", &["v1", "v1beta1"]),
    ("telemetry.istio.io", "telemetries", "Telemetry", &["v1", "v1alpha1"]),
];

/// New with Istio 1.31.
const SINCE_31: (&str, &str, &str, &[&str]) =
    ("extensions.istio.io", "trafficextensions", "TrafficExtension", &["v1alpha1"]);

/// The definitions that a version of Istio brings.
pub(crate) fn of(version: &str) -> Vec<Value> {
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    let minor = minor.unwrap_or_default();
    let newest = (minor >= 31).then_some(SINCE_31);
    let has_v1 = minor >= 22;
    let all = CRDS.iter().copied().chain(newest);
    all.map(|(group, plural, kind, versions)| {
        let served: Vec<&str> =
            versions.iter().copied().filter(|name| has_v1 || *name != "v1").collect();
        definition(group, plural, kind, &served)
    })
    .collect()
}

/// The definition of one kind.
pub(crate) fn definition(group: &str, plural: &str, kind: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(place, name)| json!({ "name": name, "served": true, "storage": place == 0 }))
        .collect();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group,
            "names": {
                "kind": kind,
                "listKind": format!("{kind}List"),
                "plural": plural,
                "singular": kind.to_lowercase(),
            },
            "scope": "Namespaced",
            "versions": versions,
        },
    })
}
