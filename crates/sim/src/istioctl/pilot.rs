//! The objects of istiod, but for its webhooks.

use serde_json::{Map, Value, json};

use super::render::{Component, bare, chart_labels, with};
use super::values::Settings;

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Everything that belongs to one istiod.
pub(super) fn objects(settings: &Settings) -> Vec<Value> {
    let labels = chart_labels(settings, Component::Pilot);
    let named = with(labels.clone(), &json!({ "app": "istiod", "istio": "pilot" }));
    let namespace = settings.namespace.as_str();
    let istiod = settings.revisioned("istiod");
    let mut objects = vec![
        bare("v1", "ServiceAccount", namespace, &istiod, &named),
        mesh_config(settings, &labels),
        injector_config(settings, &labels),
        values_config(settings, &labels),
        service(settings, &named),
        deployment(settings, &named),
        autoscaler(settings, &named),
        bare(RBAC, "Role", namespace, &istiod, &named),
        bare(RBAC, "RoleBinding", namespace, &istiod, &named),
    ];
    if settings.replicas > 1 {
        objects.push(budget(settings, &named));
    }
    for role in ["istiod-clusterrole", "istiod-gateway-controller", "istio-reader-clusterrole"] {
        let name = format!("{}-{namespace}", settings.revisioned(role));
        objects.push(bare(RBAC, "ClusterRole", "", &name, &named));
        objects.push(bare(RBAC, "ClusterRoleBinding", "", &name, &named));
    }
    objects
}

/// The labels by which a Service or a budget finds the pods of this istiod.
pub(super) fn selector(settings: &Settings) -> Value {
    if settings.revision.is_empty() {
        return json!({ "app": "istiod", "istio": "pilot" });
    }
    json!({ "app": "istiod", "istio.io/rev": settings.revision })
}

/// The ports of istiod's Services.
pub(super) fn ports() -> Value {
    json!([
        { "port": 15010, "name": "grpc-xds", "protocol": "TCP" },
        { "port": 15012, "name": "https-dns", "protocol": "TCP" },
        { "port": 443, "name": "https-webhook", "targetPort": 15017, "protocol": "TCP" },
        { "port": 15014, "name": "http-monitoring", "protocol": "TCP" },
    ])
}

fn service(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = settings.revisioned("istiod");
    let mut service = bare("v1", "Service", &settings.namespace, &name, labels);
    service["spec"] = json!({ "ports": ports(), "selector": selector(settings) });
    service
}

fn deployment(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = settings.revisioned("istiod");
    let role = if settings.revision.is_empty() { "pilot" } else { "istiod" };
    let pod_labels = with(
        labels.clone(),
        &json!({
            "istio": role,
            "sidecar.istio.io/inject": "false",
            "istio.io/dataplane-mode": "none",
        }),
    );
    let mut selector = selector(settings);
    if settings.revision.is_empty() {
        selector = json!({ "istio": "pilot" });
    }
    let mut deployment = bare("apps/v1", "Deployment", &settings.namespace, &name, labels);
    deployment["spec"] = json!({
        "replicas": settings.replicas,
        "strategy": { "rollingUpdate": { "maxSurge": "100%", "maxUnavailable": "25%" } },
        "selector": { "matchLabels": selector },
        "template": {
            "metadata": {
                "labels": pod_labels,
                "annotations": {
                    "prometheus.io/port": "15014",
                    "prometheus.io/scrape": "true",
                    "sidecar.istio.io/inject": "false",
                },
            },
            "spec": { "serviceAccountName": name, "containers": [container(settings)] },
        },
    });
    deployment
}

fn container(settings: &Settings) -> Value {
    json!({
        "name": "discovery",
        "image": settings.image("pilot"),
        "args": ["discovery", "--monitoringAddr=:15014", "--domain", "cluster.local"],
        "ports": [
            { "containerPort": 8080, "protocol": "TCP", "name": "http-debug" },
            { "containerPort": 15012, "protocol": "TCP", "name": "tls-xds" },
            { "containerPort": 15017, "protocol": "TCP", "name": "https-webhooks" },
            { "containerPort": 15014, "protocol": "TCP", "name": "http-monitoring" },
        ],
        "readinessProbe": {
            "httpGet": { "path": "/ready", "port": 8080 },
            "periodSeconds": 3,
        },
        "env": [
            { "name": "REVISION", "value": settings.label() },
            { "name": "PILOT_CERT_PROVIDER", "value": "istiod" },
            { "name": "CLUSTER_ID", "value": "Kubernetes" },
        ],
        "resources": { "requests": { "cpu": "500m", "memory": "2048Mi" } },
    })
}

fn mesh_config(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = settings.revisioned("istio");
    let discovery = format!("{}.{}.svc:15012", settings.revisioned("istiod"), settings.namespace);
    let mut config = bare("v1", "ConfigMap", &settings.namespace, &name, labels);
    config["data"] = json!({
        "meshNetworks": "networks: {}",
        "mesh": format!(
            "defaultConfig:\n  discoveryAddress: {discovery}\nrootNamespace: {}\n\
             trustDomain: cluster.local",
            settings.namespace,
        ),
    });
    config
}

fn injector_config(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = settings.revisioned("istio-sidecar-injector");
    let values = json!({
        "gateways": { "seccompProfile": {}, "securityContext": {} },
        "global": {
            "hub": settings.hub,
            "tag": settings.tag,
            "variant": settings.variant,
            "istioNamespace": settings.namespace,
            "proxy": { "image": settings.proxy_image, "autoInject": "enabled" },
            "proxy_init": { "image": settings.proxy_image },
        },
        "pilot": { "cni": { "enabled": false }, "env": {} },
        "revision": settings.revision,
        "sidecarInjectorWebhook": { "enableNamespacesByDefault": settings.by_default },
    });
    let mut config = bare("v1", "ConfigMap", &settings.namespace, &name, labels);
    config["data"] = json!({
        "values": serde_json::to_string_pretty(&values).unwrap_or_default(),
        "config": "defaultTemplates: [sidecar]\npolicy: enabled\n",
    });
    config
}

fn values_config(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = settings.revisioned("values");
    let values = json!({ "revision": settings.revision, "tag": settings.tag });
    let mut config = bare("v1", "ConfigMap", &settings.namespace, &name, labels);
    config["data"] = json!({ "original-values": values.to_string() });
    config
}

fn autoscaler(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = settings.revisioned("istiod");
    let mut object =
        bare("autoscaling/v2", "HorizontalPodAutoscaler", &settings.namespace, &name, labels);
    object["spec"] = json!({
        "minReplicas": settings.replicas,
        "maxReplicas": 5,
        "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": name },
    });
    object
}

fn budget(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = settings.revisioned("istiod");
    let mut object = bare("policy/v1", "PodDisruptionBudget", &settings.namespace, &name, labels);
    object["spec"] =
        json!({ "minAvailable": 1, "selector": { "matchLabels": selector(settings) } });
    object
}
