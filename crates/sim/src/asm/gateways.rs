//! ASM gateways: from `IstioGateway` objects of the instance to Deployments of the data-plane
//! cluster (§10.4), their upgrade one by one, and their canary (§3.3).
//!
//! Entry point: [`advance`]. A gateway keeps its version until it is upgraded by name: an upgrade
//! of the control plane leaves it alone (S27, S40).

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::dataplane;
use super::instance::{Instance, Roll};
use super::objects::{self, NAMESPACE};
use super::version::Version;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::sidecar::tag;
use crate::store::Key;

/// The resource of gateways.
pub(super) const GATEWAYS: &str = "istiogateways.istio.alibabacloud.com";
/// Says that an object belongs to the cloud (§10.4).
const MANAGED: &str = "asm.alibabacloud.com/managed-by-asm";
/// Asks for a canary of a gateway.
const CANARY: &str = "asm.alibabacloud.com/enable-canary-deployment";
/// Canaries of gateways exist from this minor version on (§5.1).
const CANARY_SINCE: (u32, u32) = (1, 20);

/// Makes what gateways lack, takes away what is left of others, and goes on with upgrades.
pub(super) fn advance(instance: &mut Instance, control: &Cluster, data: &mut Cluster) {
    let gateways = all(instance, control);
    for (name, gateway) in &gateways {
        keep(instance, data, name, gateway);
        keep_canary(instance, data, name, gateway);
    }
    remove_others(data, &gateways);
    instance.rolls.retain(|(name, _)| gateways.iter().any(|(known, _)| known == name));
    roll_on(instance, data);
}

/// Gateways of the instance for its cluster, by name.
pub(super) fn all(instance: &Instance, control: &Cluster) -> Vec<(String, Arc<Value>)> {
    let here = |gateway: &Value| {
        json::items(gateway, &["spec", "clusterIds"])
            .iter()
            .any(|cluster| *cluster == *instance.identity.cluster_id)
    };
    control
        .store
        .list(GATEWAYS, Some(NAMESPACE))
        .filter(|(_, gateway)| here(gateway))
        .map(|(key, gateway)| (key.name.to_string(), gateway.clone()))
        .collect()
}

/// The version that a gateway's Deployment asks for.
pub(super) fn version(data: &Cluster, name: &str) -> Option<Version> {
    let deployment = data.store.get(&deployment_key(name))?;
    let proxy = json::items(deployment, &["spec", "template", "spec", "containers"]).first()?;
    Some(Version::new(tag(json::text(proxy, &["image"]))))
}

/// Address of a gateway's load balancer.
pub(super) fn address(name: &str) -> String {
    let sum = name.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 200);
    format!("203.0.113.{}", 20 + sum)
}

fn deployment_key(name: &str) -> Key {
    Key::new(id::DEPLOYMENTS, NAMESPACE, &format!("istio-{name}"))
}

fn canary_key(name: &str) -> Key {
    Key::new(id::DEPLOYMENTS, NAMESPACE, &format!("istio-{name}-canary"))
}

fn keep(instance: &Instance, data: &mut Cluster, name: &str, gateway: &Value) {
    let key = deployment_key(name);
    let replicas = json::get(gateway, &["spec", "replicaCount"]).and_then(Value::as_i64);
    let replicas = replicas.unwrap_or(1);
    match data.store.get(&key) {
        Some(found) if json::number(found, &["spec", "replicas"]) == replicas => {}
        Some(_) => {
            objects::change(data, &key, |found| json::set(found, &["spec", "replicas"], replicas));
        }
        None => {
            objects::put(data, account(name));
            objects::put(data, service(name, gateway));
            objects::put(data, deployment(instance, name, gateway, replicas));
        }
    }
}

/// An object of the canary's name that is there already stays as it is (§3.3).
fn keep_canary(instance: &Instance, data: &mut Cluster, name: &str, gateway: &Value) {
    let key = canary_key(name);
    let wanted = json::annotation(gateway, CANARY) == Some("true")
        && instance.version.minor() >= CANARY_SINCE;
    match data.store.get(&key) {
        None if wanted => {
            let mut canary = deployment(instance, name, gateway, 1);
            json::set(&mut canary, &["metadata", "name"], &*key.name);
            for part in [
                &["spec", "selector", "matchLabels"][..],
                &["spec", "template", "metadata", "labels"],
            ] {
                json::set(&mut canary, &[part, &["asm.alibabacloud.com/canary"]].concat(), "true");
            }
            objects::put(data, canary);
        }
        Some(found) if !wanted && is_managed(found) => objects::delete(data, &key),
        Some(_) | None => {}
    }
}

fn remove_others(data: &mut Cluster, gateways: &[(String, Arc<Value>)]) {
    let known = |name: &str| {
        gateways.iter().any(|(gateway, _)| {
            name == format!("istio-{gateway}") || name == format!("istio-{gateway}-canary")
        })
    };
    let others: Vec<String> = data
        .store
        .list(id::DEPLOYMENTS, Some(NAMESPACE))
        .filter(|(key, deployment)| is_managed(deployment) && !known(&key.name))
        .map(|(key, _)| key.name.to_string())
        .collect();
    for name in others {
        for resource in [id::DEPLOYMENTS, id::SERVICES, "serviceaccounts"] {
            objects::delete(data, &Key::new(resource, NAMESPACE, &name));
        }
    }
}

/// Goes on with the first gateway of the queue; the next one follows when it is done (S23).
fn roll_on(instance: &mut Instance, data: &mut Cluster) {
    let target = instance.version.clone();
    while let Some(at) = instance.rolls.iter().position(|(_, roll)| !is_failed(roll)) {
        let (name, roll) = instance.rolls[at].clone();
        match roll {
            Roll::Pending if instance.next_roll <= Instant::now() => {
                give(instance, data, &name, &target);
                instance.rolls[at].1 = Roll::Rolling;
            }
            Roll::Rolling => match progress(data, &name) {
                Progress::Done => {
                    instance.note(&format!("Gateway {NAMESPACE}:{name} is upgraded to {target}"));
                    instance.rolls.remove(at);
                }
                Progress::Late => {
                    let why = "the pods of the gateway did not become ready in time";
                    instance.note(&format!("Failed to upgrade gateway {NAMESPACE}:{name}: {why}"));
                    instance.rolls[at].1 = Roll::Failed(why.to_owned());
                }
                Progress::Going => return,
            },
            Roll::Pending | Roll::Failed(_) => return,
        }
    }
}

fn is_failed(roll: &Roll) -> bool {
    matches!(roll, Roll::Failed(_))
}

/// Gives a gateway's Deployment the proxy of a version, and new pods even if it has that already.
fn give(instance: &mut Instance, data: &mut Cluster, name: &str, target: &Version) {
    instance.note(&format!("Start to upgrade gateway {NAMESPACE}:{name} to {target}"));
    let proxy = proxy(instance, target);
    let stamp = instance.clock.now().as_millisecond().to_string();
    objects::change(data, &deployment_key(name), |deployment| {
        let template = ["spec", "template"];
        json::set(deployment, &[&template[..], &["spec", "containers"]].concat(), vec![proxy]);
        let stamped = ["metadata", "annotations", "redeploy-timestamp"];
        json::set(deployment, &[&template[..], &stamped].concat(), stamp);
    });
}

enum Progress {
    Done,
    Late,
    Going,
}

fn progress(data: &Cluster, name: &str) -> Progress {
    let Some(deployment) = data.store.get(&deployment_key(name)) else { return Progress::Late };
    let status = |field: &str| json::number(deployment, &["status", field]);
    let replicas = json::number(deployment, &["spec", "replicas"]);
    let seen =
        status("observedGeneration") >= json::number(deployment, &["metadata", "generation"]);
    let all = ["updatedReplicas", "replicas", "availableReplicas"];
    if seen && all.iter().all(|field| status(field) == replicas) {
        return Progress::Done;
    }
    let late = json::items(deployment, &["status", "conditions"])
        .iter()
        .any(|condition| json::text(condition, &["reason"]) == "ProgressDeadlineExceeded");
    if seen && late { Progress::Late } else { Progress::Going }
}

fn is_managed(object: &Value) -> bool {
    json::annotation(object, MANAGED) == Some("true")
}

fn labels(name: &str) -> Value {
    json!({ "app": format!("istio-{name}"), "istio": name })
}

fn shell(api_version: &str, kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "namespace": NAMESPACE,
            "name": format!("istio-{name}"),
            "labels": labels(name),
            "annotations": { MANAGED: "true" },
        },
    })
}

fn account(name: &str) -> Value {
    shell("v1", "ServiceAccount", name)
}

fn service(name: &str, gateway: &Value) -> Value {
    let mut service = shell("v1", "Service", name);
    service["spec"] = json!({
        "type": gateway["spec"].get("serviceType").cloned().unwrap_or_else(|| json!("LoadBalancer")),
        "selector": labels(name),
        "ports": json::items(gateway, &["spec", "ports"]),
    });
    service["status"] = json!({ "loadBalancer": { "ingress": [{ "ip": address(name) }] } });
    service
}

fn deployment(instance: &Instance, name: &str, gateway: &Value, replicas: i64) -> Value {
    let share = |field: &str, default: &str| {
        json::get(gateway, &["spec", field]).cloned().unwrap_or_else(|| json!(default))
    };
    let mut pod_labels = labels(name);
    json::set(&mut pod_labels, &["sidecar.istio.io/inject"], "false");
    json::set(&mut pod_labels, &["service.istio.io/canonical-name"], format!("istio-{name}"));
    let mut deployment = shell("apps/v1", "Deployment", name);
    deployment["spec"] = json!({
        "replicas": replicas,
        "strategy": { "type": "RollingUpdate", "rollingUpdate": {
            "maxSurge": share("rollingMaxSurge", "100%"),
            "maxUnavailable": share("rollingMaxUnavailable", "25%"),
        } },
        "selector": { "matchLabels": labels(name) },
        "template": {
            "metadata": {
                "labels": pod_labels,
                "annotations": { "sidecar.istio.io/inject": "false" },
            },
            "spec": {
                "serviceAccountName": format!("istio-{name}"),
                "containers": [proxy(instance, &instance.version)],
            },
        },
    });
    deployment
}

fn proxy(instance: &Instance, version: &Version) -> Value {
    let discovery = dataplane::discovery(version);
    let further = dataplane::environment(&instance.identity);
    let further = further.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    let mut env = vec![
        json!({ "name": "CA_ADDR", "value": discovery }),
        json!({ "name": "ISTIO_META_CLUSTER_ID", "value": instance.identity.cluster_id }),
        json!({
            "name": "PROXY_CONFIG",
            "value": format!("{{\"discoveryAddress\":\"{discovery}\"}}\n"),
        }),
    ];
    env.extend(further);
    json!({
        "name": "istio-proxy",
        "image": dataplane::proxy_image(version),
        "args": ["proxy", "router", "--domain", "$(POD_NAMESPACE).svc.cluster.local"],
        "ports": [{ "containerPort": 15090, "protocol": "TCP", "name": "http-envoy-prom" }],
        "env": env,
        "resources": { "requests": { "cpu": "200m", "memory": "256Mi" }, "limits": { "cpu": "2", "memory": "1Gi" } },
        "lifecycle": { "preStop": { "exec": { "command": ["sh", "-c", "sleep 15"] } } },
    })
}
