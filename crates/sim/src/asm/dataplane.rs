//! What a control plane has in the data-plane cluster: a Service under the name of its revision,
//! and an injector behind it (§10.3, §10.5). Its istiod runs elsewhere.
//!
//! Entry point: [`show`]. Names of the injectors are inferred (§14.2): `istio-sidecar-injector` for
//! the current version, and one more with a revision while two versions run.

use serde_json::{Value, json};

use super::injectors;
use super::instance::{Beside, Identity};
use super::objects::{self, NAMESPACE};
use super::version::Version;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::sidecar::Injection;
use crate::store::Key;

const INJECTOR: &str = "istio-sidecar-injector";
/// What stands for the CA certificate of the mesh.
pub(super) const CA: &str =
    "-----BEGIN CERTIFICATE-----\nsimulated mesh\n-----END CERTIFICATE-----\n";

/// Brings Services, injectors and root certificates to what the instance runs.
pub(super) fn show(cluster: &mut Cluster, identity: &Identity, current: &Version, beside: &Beside) {
    let stable = vec!["stable".to_owned(), current.revision()];
    let mut wanted = Vec::new();
    serve(cluster, identity, current);
    let main = match beside {
        Beside::Nothing => stable,
        Beside::Canary(canary) => {
            serve(cluster, identity, canary);
            let revisions = vec!["canary".to_owned(), canary.revision()];
            wanted.push((suffixed(canary), canary.clone(), revisions));
            stable
        }
        // Until the end of the upgrade a namespace may still name the promoted one `canary`.
        Beside::Former(former) => {
            wanted.push((suffixed(former), former.clone(), vec![former.revision()]));
            [stable, vec!["canary".to_owned()]].concat()
        }
    };
    wanted.push((INJECTOR.to_owned(), current.clone(), main));
    for key in injectors_in(cluster) {
        if !wanted.iter().any(|(name, _, _)| **name == *key.name) {
            objects::delete(cluster, &key);
        }
    }
    for (name, version, revisions) in wanted {
        let policy = (name == INJECTOR).then_some(identity.injection);
        objects::put(cluster, injectors::of(&name, &version, &revisions, policy));
    }
}

/// Takes away what a control plane had.
pub(super) fn hide(cluster: &mut Cluster, version: &Version) {
    cluster.outside.remove(&service_name(version));
    objects::delete(cluster, &Key::new(id::SERVICES, NAMESPACE, &service_name(version)));
}

/// Gives every namespace the mesh's root certificate (§10.3).
pub(super) fn trust(cluster: &mut Cluster) {
    let missing: Vec<String> = cluster
        .store
        .list(id::NAMESPACES, None)
        .map(|(key, _)| key.name.to_string())
        .filter(|name| !name.starts_with("kube-"))
        .filter(|name| cluster.store.find(id::CONFIG_MAPS, name, "istio-ca-root-cert").is_none())
        .collect();
    for namespace in missing {
        let root = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "namespace": namespace,
                "name": "istio-ca-root-cert",
                "labels": { "istio.io/config": "true" },
            },
            "data": { "root-cert.pem": CA },
        });
        objects::put(cluster, root);
    }
}

/// Pods whose proxy follows a control plane, as `namespace/name`.
pub(super) fn followers(cluster: &Cluster, version: &Version) -> Vec<String> {
    cluster
        .store
        .list(id::PODS, None)
        .filter(|(_, pod)| !matches!(json::text(pod, &["status", "phase"]), "Succeeded" | "Failed"))
        .filter(|(_, pod)| follows(pod, version))
        .map(|(key, _)| format!("{}/{}", key.namespace, key.name))
        .collect()
}

/// Image of the proxy of a version.
pub(super) fn proxy_image(version: &Version) -> String {
    format!("registry.example/acs/proxyv2:{version}")
}

/// Address at which proxies find a control plane.
pub(super) fn discovery(version: &Version) -> String {
    format!("{}.{NAMESPACE}.svc:15012", service_name(version))
}

/// Environment of every proxy of the mesh.
pub(super) fn environment(identity: &Identity) -> Vec<(&'static str, String)> {
    vec![("ASM_ID", identity.mesh_id.clone())]
}

/// Whether a pod's proxy looks for its control plane under the name of this version.
pub(super) fn follows(pod: &Value, version: &Version) -> bool {
    let Some(proxy) = crate::sidecar::proxy(pod) else { return false };
    let address = discovery(version);
    json::items(proxy, &["env"]).iter().any(|entry| {
        json::text(entry, &["name"]) == "CA_ADDR" && json::text(entry, &["value"]) == address
    })
}

/// Name of the Service before a control plane.
pub(super) fn service_name(version: &Version) -> String {
    format!("istiod-{}", version.revision())
}

fn suffixed(version: &Version) -> String {
    format!("{INJECTOR}-{}", version.revision())
}

fn injectors_in(cluster: &Cluster) -> Vec<Key> {
    let all = cluster.store.list(id::INJECTORS, None);
    all.map(|(key, _)| key.clone()).filter(|key| key.name.starts_with(INJECTOR)).collect()
}

fn serve(cluster: &mut Cluster, identity: &Identity, version: &Version) {
    let injection = Injection {
        revision: "default".to_owned(),
        annotation: None,
        image: proxy_image(version),
        discovery: discovery(version),
        native: has_native_sidecars(&identity.kubernetes, version),
        cluster_id: identity.cluster_id.clone(),
        env: environment(identity),
    };
    cluster.outside.insert(service_name(version), injection);
    let port = |name: &str, port: u32, target: u32| json!({ "name": name, "port": port, "targetPort": target, "protocol": "TCP" });
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "namespace": NAMESPACE, "name": service_name(version) },
        "spec": {
            "type": "ClusterIP",
            "ports": [
                port("grpc-xds", 15010, 15010),
                port("https-dns", 15012, 15012),
                port("https-webhook", 443, 15017),
                port("http-monitoring", 15014, 15014),
            ],
        },
    });
    objects::put(cluster, service);
}

/// From Kubernetes 1.30 and ASM 1.22 on (§5.1).
fn has_native_sidecars(kubernetes: &str, version: &Version) -> bool {
    let minor = kubernetes.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    minor.is_some_and(|minor| minor >= 30) && version.minor() >= (1, 22)
}
