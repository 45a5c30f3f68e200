//! The gateways that an install renders. Their proxy stands in the template, so that only another
//! install upgrades it.

use serde_json::{Map, Value, json};

use super::render::{Component, bare, chart_labels, with};
use super::values::{Gateway, Settings};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// The objects of all ingress or all egress gateways.
pub(super) fn objects(settings: &Settings, ingress: bool) -> Vec<Value> {
    let gateways = settings.gateways.iter().filter(|gateway| gateway.ingress == ingress);
    gateways.flat_map(|gateway| of(settings, gateway)).collect()
}

fn of(settings: &Settings, gateway: &Gateway) -> Vec<Value> {
    let component = if gateway.ingress { Component::Ingress } else { Component::Egress };
    let own = Value::Object(gateway.labels.clone());
    let labels = with(chart_labels(settings, component), &own);
    let (namespace, name) = (gateway.namespace.as_str(), gateway.name.as_str());
    let account = format!("{name}-service-account");
    let role = format!("{name}-sds");
    let mut objects = vec![
        bare("v1", "ServiceAccount", namespace, &account, &labels),
        deployment(settings, gateway, &labels, &account),
        service(gateway, &labels),
        autoscaler(gateway, &labels),
        bare(RBAC, "Role", namespace, &role, &labels),
        bare(RBAC, "RoleBinding", namespace, &role, &labels),
    ];
    if gateway.replicas > 1 {
        let mut budget = bare("policy/v1", "PodDisruptionBudget", namespace, name, &labels);
        budget["spec"] = json!({ "minAvailable": 1, "selector": { "matchLabels": own } });
        objects.push(budget);
    }
    objects
}

fn deployment(
    settings: &Settings,
    gateway: &Gateway,
    labels: &Map<String, Value>,
    account: &str,
) -> Value {
    let pod_labels = with(
        labels.clone(),
        &json!({
            "service.istio.io/canonical-name": gateway.name,
            "service.istio.io/canonical-revision":
                if settings.revision.is_empty() { "latest" } else { &settings.revision },
            "sidecar.istio.io/inject": "false",
            "istio.io/dataplane-mode": "none",
        }),
    );
    let discovery = format!("{}.{}.svc:15012", settings.revisioned("istiod"), settings.namespace);
    let mut object = bare("apps/v1", "Deployment", &gateway.namespace, &gateway.name, labels);
    object["spec"] = json!({
        "replicas": gateway.replicas,
        "strategy": { "rollingUpdate": { "maxSurge": "100%", "maxUnavailable": "25%" } },
        "selector": { "matchLabels": gateway.labels },
        "template": {
            "metadata": {
                "labels": pod_labels,
                "annotations": {
                    "istio.io/rev": settings.label(),
                    "sidecar.istio.io/inject": "false",
                },
            },
            "spec": { "serviceAccountName": account, "containers": [{
                "name": "istio-proxy",
                "image": settings.image(&settings.proxy_image),
                "args": ["proxy", "router", "--domain", "$(POD_NAMESPACE).svc.cluster.local"],
                "ports": [{ "containerPort": 15090, "protocol": "TCP", "name": "http-envoy-prom" }],
                "env": [
                    { "name": "CA_ADDR", "value": discovery },
                    { "name": "ISTIO_META_CLUSTER_ID", "value": "Kubernetes" },
                ],
            }] },
        },
    });
    object
}

fn service(gateway: &Gateway, labels: &Map<String, Value>) -> Value {
    let mut service = bare("v1", "Service", &gateway.namespace, &gateway.name, labels);
    service["spec"] = json!({
        "type": if gateway.ingress { "LoadBalancer" } else { "ClusterIP" },
        "selector": gateway.labels,
        "ports": [
            { "port": 80, "name": "http2", "targetPort": 8080, "protocol": "TCP" },
            { "port": 443, "name": "https", "targetPort": 8443, "protocol": "TCP" },
        ],
    });
    service
}

fn autoscaler(gateway: &Gateway, labels: &Map<String, Value>) -> Value {
    let mut object = bare(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        &gateway.namespace,
        &gateway.name,
        labels,
    );
    object["spec"] = json!({
        "minReplicas": gateway.replicas,
        "maxReplicas": 5,
        "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": gateway.name },
    });
    object
}
