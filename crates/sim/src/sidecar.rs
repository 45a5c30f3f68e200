//! What istiod's injector does to a pod: its own filter, then the sidecar or gateway template.
//!
//! Of the real templates only what an upgrade looks at is here: images, placement, labels,
//! annotations, and the address of the control plane.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;

const PROXY: &str = "istio-proxy";

/// Injects `pod` as the istiod of `revision` in the cluster would. The error is istiod's refusal.
pub(crate) fn inject(
    cluster: &Cluster,
    istio_namespace: &str,
    revision: &str,
    pod: &mut Value,
) -> Result<(), String> {
    let suffix = if revision == "default" { String::new() } else { format!("-{revision}") };
    let name = format!("istio-sidecar-injector{suffix}");
    let Some(config) = cluster.store.find(id::CONFIG_MAPS, istio_namespace, &name) else {
        return Err(format!("injection configuration {name} is not loaded"));
    };
    let values = json::text(config, &["data", "values"]);
    let values: Value =
        serde_json::from_str(values).map_err(|error| format!("values of {name}: {error}"))?;
    let image = proxy_image(&values, pod);
    let injection = Injection {
        revision: revision.to_owned(),
        annotation: Some(revision.to_owned()),
        image,
        discovery: format!("istiod{suffix}.{istio_namespace}.svc:15012"),
        native: has_native_sidecars(&cluster.kubernetes),
        cluster_id: "Kubernetes".to_owned(),
        env: Vec::new(),
    };
    injection.apply(pod);
    Ok(())
}

/// The version by the tag of an image.
pub(crate) fn tag(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split('@').next().unwrap_or(name);
    name.split_once(':').map_or("", |(_, tag)| tag)
}

/// The proxy container of a pod, wherever it stands.
pub(crate) fn proxy(pod: &Value) -> Option<&Value> {
    ["containers", "initContainers"].iter().find_map(|list| {
        json::items(pod, &["spec", list])
            .iter()
            .find(|container| json::text(container, &["name"]) == PROXY)
    })
}

/// What a control plane puts into pods.
#[derive(Debug, Clone)]
pub(crate) struct Injection {
    /// The revision that the status annotation names.
    pub(crate) revision: String,
    /// The `istio.io/rev` annotation, where the control plane writes one.
    pub(crate) annotation: Option<String>,
    /// Image of the proxy.
    pub(crate) image: String,
    /// Address of the control plane.
    pub(crate) discovery: String,
    /// Whether the proxy stands among the init containers.
    pub(crate) native: bool,
    /// Name of the cluster, as proxies report it.
    pub(crate) cluster_id: String,
    /// Further environment of the proxy.
    pub(crate) env: Vec<(&'static str, String)>,
}

impl Injection {
    /// Puts the proxy into a pod that wants one.
    pub(crate) fn apply(&self, pod: &mut Value) {
        if !is_wanted(pod) {
            return;
        }
        remove_earlier(pod);
        if json::annotation(pod, "inject.istio.io/templates") == Some("gateway") {
            gateway(self, pod);
        } else {
            sidecar(self, pod);
        }
    }
}

/// istiod's filter, after a webhook has matched.
fn is_wanted(pod: &Value) -> bool {
    const IGNORED: [&str; 4] =
        ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];
    if json::flag(pod, &["spec", "hostNetwork"])
        || IGNORED.contains(&json::text(pod, &["metadata", "namespace"]))
    {
        return false;
    }
    let switch = "sidecar.istio.io/inject";
    json::label(pod, switch).or_else(|| json::annotation(pod, switch)) != Some("false")
}

fn proxy_image(values: &Value, pod: &Value) -> String {
    let name = json::annotation(pod, "sidecar.istio.io/proxyImage")
        .unwrap_or_else(|| json::text(values, &["global", "proxy", "image"]));
    if name.contains('/') {
        return name.to_owned();
    }
    let (hub, tag) =
        (json::text(values, &["global", "hub"]), json::text(values, &["global", "tag"]));
    let name = if name.is_empty() { "proxyv2" } else { name };
    match json::text(values, &["global", "variant"]) {
        "" => format!("{hub}/{name}:{tag}"),
        variant => format!("{hub}/{name}:{tag}-{variant}"),
    }
}

/// Nodes from Kubernetes 1.33 on make istiod choose native sidecars.
fn has_native_sidecars(kubernetes: &str) -> bool {
    let minor = kubernetes.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    minor.is_some_and(|minor| minor >= 33)
}

/// A second webhook starts from the pod without the first one's sidecar.
fn remove_earlier(pod: &mut Value) {
    if json::annotation(pod, "sidecar.istio.io/status").is_none() {
        return;
    }
    for list in ["containers", "initContainers"] {
        if let Some(containers) = json::list_mut(pod, &["spec", list]) {
            containers.retain(|container| {
                !matches!(json::text(container, &["name"]), PROXY | "istio-init")
            });
        }
    }
    if let Some(volumes) = json::list_mut(pod, &["spec", "volumes"]) {
        volumes.retain(|volume| !VOLUMES.contains(&json::text(volume, &["name"])));
    }
}

const VOLUMES: [&str; 4] = ["istio-envoy", "istio-data", "istio-token", "istiod-ca-cert"];

fn sidecar(injection: &Injection, pod: &mut Value) {
    let init = json!({
        "name": "istio-init",
        "image": injection.image,
        "args": ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT"],
    });
    let mut proxy = container(injection, pod, "sidecar");
    let mut first = vec![init];
    let native = injection.native
        && json::annotation(pod, "sidecar.istio.io/nativeSidecar") != Some("false");
    let in_init = if native {
        json::set(&mut proxy, &["restartPolicy"], "Always");
        first.push(proxy);
        json!(["istio-init", PROXY])
    } else {
        if let Some(containers) = json::list_mut(pod, &["spec", "containers"]) {
            containers.push(proxy);
        }
        json!(["istio-init"])
    };
    if let Some(init) = json::list_mut(pod, &["spec", "initContainers"]) {
        init.splice(0..0, first);
    }
    let containers = if native { Value::Null } else { json!([PROXY]) };
    let tls = json::label(pod, "security.istio.io/tlsMode").unwrap_or("istio").to_owned();
    json::set(pod, &["metadata", "labels", "security.istio.io/tlsMode"], tls);
    mark(injection, pod, &in_init, &containers);
}

/// A gateway brings its own `istio-proxy`, with `auto` for an image.
fn gateway(injection: &Injection, pod: &mut Value) {
    let template = container(injection, pod, "router");
    if let Some(containers) = json::list_mut(pod, &["spec", "containers"]) {
        match containers.iter_mut().find(|found| json::text(found, &["name"]) == PROXY) {
            Some(found) => {
                for key in ["image", "args", "env", "readinessProbe"] {
                    json::set(found, &[key], template[key].clone());
                }
            }
            None => containers.push(template),
        }
    }
    mark(injection, pod, &Value::Null, &json!([PROXY]));
}

fn container(injection: &Injection, pod: &Value, role: &str) -> Value {
    let mut container = json!({
        "name": PROXY,
        "image": injection.image,
        "args": ["proxy", role, "--domain", "$(POD_NAMESPACE).svc.cluster.local"],
        "ports": [{ "containerPort": 15090, "protocol": "TCP", "name": "http-envoy-prom" }],
        "env": [
            { "name": "PILOT_CERT_PROVIDER", "value": "istiod" },
            { "name": "CA_ADDR", "value": injection.discovery },
            { "name": "POD_NAME", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
            { "name": "ISTIO_META_CLUSTER_ID", "value": injection.cluster_id },
            { "name": "ISTIO_META_WORKLOAD_NAME", "value": workload_name(pod) },
            {
                "name": "PROXY_CONFIG",
                "value": format!("{{\"discoveryAddress\":\"{}\"}}\n", injection.discovery),
            },
        ],
        "resources": {
            "requests": { "cpu": "100m", "memory": "128Mi" },
            "limits": { "cpu": "2", "memory": "1Gi" },
        },
        "readinessProbe": {
            "httpGet": { "path": "/healthz/ready", "port": 15021 },
            "periodSeconds": 15,
        },
    });
    if let Some(env) = json::list_mut(&mut container, &["env"]) {
        let further = injection.env.iter();
        env.extend(further.map(|(name, value)| json!({ "name": name, "value": value })));
    }
    container
}

fn mark(injection: &Injection, pod: &mut Value, init: &Value, containers: &Value) {
    let status = json!({
        "initContainers": init,
        "containers": containers,
        "volumes": VOLUMES,
        "imagePullSecrets": null,
        "revision": injection.revision,
    });
    if let Some(revision) = &injection.annotation {
        json::set(pod, &["metadata", "annotations", "istio.io/rev"], revision.as_str());
    }
    json::set(pod, &["metadata", "annotations", "sidecar.istio.io/status"], status.to_string());
    let (name, version) = canonical(pod);
    json::set(pod, &["metadata", "labels", "service.istio.io/canonical-name"], name);
    json::set(pod, &["metadata", "labels", "service.istio.io/canonical-revision"], version);
    if let Some(volumes) = json::list_mut(pod, &["spec", "volumes"]) {
        volumes.extend(VOLUMES.iter().map(|name| json!({ "name": name, "emptyDir": {} })));
    }
}

fn canonical(pod: &Value) -> (String, String) {
    let first =
        |keys: &[&str]| keys.iter().find_map(|key| json::label(pod, key)).map(str::to_owned);
    let name = first(&["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"]);
    let version =
        first(&["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"]);
    (name.unwrap_or_else(|| workload_name(pod)), version.unwrap_or_else(|| "latest".to_owned()))
}

/// The Deployment behind a ReplicaSet, or the owner itself, or the pod.
fn workload_name(pod: &Value) -> String {
    let owner = json::items(pod, &["metadata", "ownerReferences"]).first();
    let name = owner.map_or_else(
        || json::text(pod, &["metadata", "name"]),
        |owner| json::text(owner, &["name"]),
    );
    let hash = json::label(pod, "pod-template-hash").unwrap_or_default();
    let stem = name.strip_suffix(hash).and_then(|stem| stem.strip_suffix('-'));
    stem.filter(|_| !hash.is_empty()).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing_said(json!({ "metadata": {} }), true)]
    #[case::host_network(json!({ "metadata": {}, "spec": { "hostNetwork": true } }), false)]
    #[case::label_no(
        json!({ "metadata": { "labels": { "sidecar.istio.io/inject": "false" } } }), false)]
    #[case::annotation_no(
        json!({ "metadata": { "annotations": { "sidecar.istio.io/inject": "false" } } }), false)]
    #[case::label_before_annotation(json!({ "metadata": {
        "labels": { "sidecar.istio.io/inject": "true" },
        "annotations": { "sidecar.istio.io/inject": "false" } } }), true)]
    #[case::nonsense(
        json!({ "metadata": { "labels": { "sidecar.istio.io/inject": "maybe" } } }), true)]
    fn the_filter_of_istiod(#[case] pod: Value, #[case] expected: bool) {
        assert_eq!(is_wanted(&pod), expected, "{pod}");
    }

    #[rstest]
    #[case::stock("docker.io/istio/proxyv2:1.30.5", "1.30.5")]
    #[case::port("localhost:5000/proxyv2:1.30.5-distroless", "1.30.5-distroless")]
    #[case::digest("docker.io/istio/proxyv2@sha256:0a1b", "")]
    #[case::untagged("docker.io/istio/proxyv2", "")]
    fn the_tag_of_an_image(#[case] image: &str, #[case] expected: &str) {
        assert_eq!(tag(image), expected);
    }
}
