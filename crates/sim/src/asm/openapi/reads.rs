//! Reads about clusters, proxies, access and what happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::World;
use super::denial::Denial;
use super::detail::{API_SERVER, time};
use super::operations::Parameters;
use crate::admission::is_ready;
use crate::asm::dataplane;
use crate::asm::instance::Beside;
use crate::asm::version::Version;
use crate::json;
use crate::resources::id;
use crate::sidecar::{proxy, tag};
use crate::store::Key;

/// How long a kubeconfig is good.
const KUBECONFIG: SignedDuration = SignedDuration::from_hours(24 * 365);
/// What stands where a kubeconfig has the client's key and certificate.
const CLIENT_KEY: &str = "demo-client-key-that-opens-nothing";
const CLIENT_CERTIFICATE: &str = "demo-client-certificate";

/// The secrets of the kubeconfig, as they stand in it and as they are.
pub(super) fn kubeconfig_secrets() -> Vec<String> {
    vec![CLIENT_KEY.to_owned(), STANDARD.encode(CLIENT_KEY)]
}

pub(super) fn ccm_version(world: &World<'_>) -> Value {
    let id = &world.instance.identity.cluster_id;
    let mut versions = json!({});
    versions[id] = json!({
        "ClusterId": id,
        "Version": "v2.5.0",
        "QueryState": "",
        "Message": "",
        "SLBGracefulDrainSupported": world.instance.faults.drains(),
    });
    json!({ "CCMVersions": versions })
}

pub(super) fn clusters(world: &World<'_>) -> Value {
    let identity = &world.instance.identity;
    json!({ "Clusters": [{
        "ClusterId": identity.cluster_id,
        "Name": identity.cluster_name,
        "RegionId": identity.region,
        "ClusterType": "ManagedKubernetes",
        "ClusterDomain": "cluster.local",
        "State": "running",
        "Version": identity.kubernetes,
        "LogtailInstalledState": "logtail_uninstalled",
        "CreationTime": time(identity.created),
        "UpdateTime": time(identity.created),
        "ErrorMessage": "",
        "AccessLogDashboards": [],
        "GuestClusterConfig": { "SMC": { "Enabled": false } },
    }] })
}

pub(super) fn namespaces(world: &World<'_>, parameters: &Parameters) -> Result<Value, Denial> {
    check_cluster(world, parameters, "GuestClusterID")?;
    let all: Vec<(&Key, &Value)> =
        world.data.store.list(id::NAMESPACES, None).map(|(key, it)| (key, &**it)).collect();
    let names: Vec<&str> = all.iter().map(|(key, _)| &*key.name).collect();
    let mut answer = json!({ "NsList": names });
    if parameters.flag("ShowNsLabels")? {
        let labels: Map<String, Value> = all
            .iter()
            .map(|(key, namespace)| (key.name.to_string(), json!(json::labels(namespace))))
            .collect();
        answer["NsLabels"] = Value::Object(labels);
    }
    Ok(answer)
}

pub(super) fn pods(world: &World<'_>, parameters: &Parameters) -> Result<Value, Denial> {
    check_cluster(world, parameters, "GuestClusterID")?;
    let pods = world.data.store.list(id::PODS, Some(parameters.text("Namespace")));
    let names: Vec<&str> = pods.map(|(key, _)| &*key.name).collect();
    Ok(json!({ "PodList": names }))
}

pub(super) fn kubeconfig(world: &World<'_>, parameters: &Parameters) -> Result<Value, Denial> {
    let identity = &world.instance.identity;
    let server =
        if parameters.flag("PrivateIpAddress")? { "https://192.168.0.10:6443" } else { API_SERVER };
    let authority = STANDARD.encode(format!("certificate authority of {}", identity.mesh_id));
    let (certificate, key) = (STANDARD.encode(CLIENT_CERTIFICATE), STANDARD.encode(CLIENT_KEY));
    let text = format!(
        "apiVersion: v1\n\
         kind: Config\n\
         clusters:\n\
         - name: kubernetes\n  cluster:\n    server: {server}\n    \
         certificate-authority-data: {authority}\n\
         users:\n\
         - name: kubernetes-admin\n  user:\n    client-certificate-data: {certificate}\n    \
         client-key-data: {key}\n\
         contexts:\n\
         - name: kubernetes-admin@kubernetes\n  context:\n    cluster: kubernetes\n    \
         user: kubernetes-admin\n\
         current-context: kubernetes-admin@kubernetes\n"
    );
    let ends = identity.created.saturating_add(KUBECONFIG).unwrap_or(identity.created);
    let ends = ends.strftime("%Y-%m-%d %H:%M:%S").to_string();
    Ok(json!({ "Kubeconfig": text, "ExpireTime": ends }))
}

/// Newest first.
pub(super) fn logs(world: &World<'_>) -> Value {
    let lines = world.instance.log.iter().rev().map(|line| {
        json!({
            "CreationTime": time(line.at),
            "Log": line.text,
            "ServiceMeshId": world.instance.identity.mesh_id,
        })
    });
    json!({ "Logs": lines.collect::<Vec<_>>() })
}

pub(super) fn proxy_status(world: &World<'_>) -> Value {
    let connected = world.data.store.list(id::PODS, None).filter(|(_, pod)| is_ready(pod));
    let proxies: Vec<Value> =
        connected.filter_map(|(key, pod)| proxy_row(world, key, pod)).collect();
    json!({ "Code": "200", "Message": "success", "Success": "true", "ProxyStatus": proxies })
}

pub(super) fn permissions(world: &World<'_>) -> Value {
    json!({ "Permissions": [{
        "RoleName": "istio-admin",
        "RoleType": "custom",
        "ResourceId": world.instance.identity.mesh_id,
        "ResourceType": "cluster",
        "IsRamRole": "0",
        "ParentId": "",
    }] })
}

/// Refuses a cluster that is not in the mesh.
pub(super) fn check_cluster(
    world: &World<'_>,
    parameters: &Parameters,
    name: &str,
) -> Result<(), Denial> {
    if parameters.text(name) == world.instance.identity.cluster_id {
        return Ok(());
    }
    Err(Denial::not_found("ERR404", "The cluster is not in the ASM instance"))
}

fn proxy_row(world: &World<'_>, key: &Key, pod: &Value) -> Option<Value> {
    let version = Version::new(tag(json::text(proxy(pod)?, &["image"]))).istio();
    let stale = world.data.faults.stale(&key.namespace);
    let synced = if stale { "STALE" } else { "SYNCED" };
    Some(json!({
        "ProxyId": format!("{}.{}", key.name, key.namespace),
        "ProxyVersion": version,
        "IstioVersion": followed(world, pod).istio(),
        "ClusterSynced": synced,
        "ListenerSynced": synced,
        "RouteSynced": synced,
        "EndpointSynced": synced,
        "EndpointPercent": "100",
    }))
}

/// The control plane that a proxy is connected to: the second one when it follows that, else the
/// current one, which serves the names of its predecessors too.
fn followed<'a>(world: &'a World<'_>, pod: &Value) -> &'a Version {
    match &world.instance.beside {
        Beside::Canary(version) | Beside::Former(version) if dataplane::follows(pod, version) => {
            version
        }
        Beside::Nothing | Beside::Canary(_) | Beside::Former(_) => &world.instance.version,
    }
}
