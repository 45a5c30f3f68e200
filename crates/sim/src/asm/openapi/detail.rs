//! The instance as the list and the detail page know it.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::operations::Parameters;
use crate::asm::dataplane;
use crate::asm::instance::{Beside, InjectionPolicy, Instance};
use crate::json;

/// Tags of the instance.
const TAGS: [(&str, &str); 1] = [("env", "prod")];

/// `DescribeServiceMeshes`: this one instance, unless the filter by tags leaves it out.
pub(super) fn list(instance: &Instance, parameters: &Parameters) -> Value {
    let asked = parameters.pairs("Tag");
    if !asked.iter().all(|(key, value)| TAGS.contains(&(key, value))) {
        return json!({ "ServiceMeshes": [] });
    }
    let mut item = common(instance);
    let tags = TAGS.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
    item["Tag"] = tags.collect();
    item["Upgradable"] = json!(instance.target().is_some());
    let config = json!({
        "Mtls": true,
        "StrictMtls": false,
        "Telemetry": true,
        "Tracing": false,
        "OutboundTrafficPolicy": "ALLOW_ANY",
        "Pilot": { "Http10Enabled": false, "TraceSampling": 1.0 },
        "SidecarInjector": injector(instance),
    });
    json::set(&mut item, &["Spec", "MeshConfig"], config);
    json!({ "ServiceMeshes": [item] })
}

/// `DescribeServiceMeshDetail`.
pub(super) fn detail(instance: &Instance) -> Value {
    let mut mesh = common(instance);
    if instance.beside != Beside::Nothing {
        json::set(&mut mesh, &["Endpoints", "IntranetCanaryPilotEndpoint"], "192.168.0.12:15011");
        json::set(&mut mesh, &["Endpoints", "PublicCanaryPilotEndpoint"], "");
    }
    if instance.has_second_balancer() {
        let id = format!("lb-{}", part(instance, 3));
        json::set(&mut mesh, &["Spec", "LoadBalancer", "CanaryPilotLoadBalancerId"], id);
    }
    json::set(
        &mut mesh,
        &["Spec", "LoadBalancer", "ApiServerPublicEipId"],
        format!("eip-{}", part(instance, 4)),
    );
    json::set(&mut mesh, &["Spec", "MeshConfig"], mesh_config(instance));
    json!({ "ServiceMesh": mesh })
}

/// `DescribeServiceMeshAdditionalStatus`.
pub(super) fn additional_status(instance: &Instance) -> Value {
    let locked = instance.faults.locked();
    let balancer = |exists: &str| {
        json!({
            "Locked": locked,
            "PayType": "PayOnDemand",
            "Reused": false,
            "SLBBackEndServerNumStatus": "num_exact",
            "SLBExistStatus": exists,
        })
    };
    let mut logtail = json!({});
    logtail[&instance.identity.cluster_id] = json!("logtail_uninstalled");
    let mut status = json!({
        "ApiServerLoadBalancerStatus": balancer("exist"),
        "PilotLoadBalancerStatus": balancer("exist"),
        "ApiServerEIPStatus": if locked { "locked" } else { "exist" },
        "PilotEIPStatus": "not_in_use",
        "CanaryPilotEIPStatus": "not_in_use",
        "SgStatus": "not_reused",
        "AuditProjectStatus": "not exist",
        "ControlPlaneProjectStatus": "not_exist",
        "AccessLogProjectStatus": "not_exist",
        "RAMApplicationStatus": "not_exist",
        "LogtailStatusRecord": logtail,
    });
    if instance.has_second_balancer() {
        status["CanaryPilotLoadBalancerStatus"] = balancer("exist");
    }
    json!({ "ClusterStatus": status })
}

/// Time as the cloud writes it.
pub(super) fn time(at: jiff::Timestamp) -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Address of the instance's own API server.
pub(super) const API_SERVER: &str = "https://203.0.113.10:6443";

fn common(instance: &Instance) -> Value {
    let identity = &instance.identity;
    json!({
        "ServiceMeshInfo": {
            "ServiceMeshId": identity.mesh_id,
            "Name": identity.name,
            "RegionId": identity.region,
            "Version": instance.version.text(),
            "State": instance.state(Instant::now()),
            "Profile": identity.edition.profile(),
            "CreationTime": time(identity.created),
            "UpdateTime": time(instance.updated),
            "ErrorMessage": instance.failure.as_deref().unwrap_or_default(),
        },
        "ClusterSpec": identity.edition.spec(),
        "Clusters": [identity.cluster_id],
        "OwnerId": "",
        "OwnerType": "",
        "Endpoints": {
            "IntranetApiServerEndpoint": "https://192.168.0.10:6443",
            "PublicApiServerEndpoint": API_SERVER,
            "IntranetPilotEndpoint": "192.168.0.11:15011",
            "PublicPilotEndpoint": "",
        },
        "Spec": {
            "LoadBalancer": {
                "ApiServerLoadbalancerId": format!("lb-{}", part(instance, 1)),
                "PilotPublicLoadbalancerId": format!("lb-{}", part(instance, 2)),
                "ApiServerPublicEip": true,
                "PilotPublicEip": false,
            },
            "Network": {
                "VpcId": format!("vpc-{}", part(instance, 5)),
                "VSwitches": [format!("vsw-{}", part(instance, 6))],
                "SecurityGroupId": format!("sg-{}", part(instance, 7)),
            },
        },
    })
}

fn mesh_config(instance: &Instance) -> Value {
    let tag = instance.version.text();
    let image = dataplane::proxy_image(&instance.version);
    let proxy_tag = crate::sidecar::tag(&image);
    json!({
        "Edition": {
            "Name": instance.identity.edition.profile(),
            "IstiodImageTag": tag,
            "ProxyImageTag": proxy_tag,
        },
        "OutboundTrafficPolicy": "ALLOW_ANY",
        "Telemetry": true,
        "Tracing": false,
        "EnableLocalityLB": false,
        "K8sNewAPIsSupport": { "GatewayAPIEnabled": false },
        "AccessLog": { "Enabled": false },
        "Audit": { "Enabled": false },
        "ControlPlaneLogInfo": { "Enabled": false },
        "Kiali": { "Enabled": false },
        "MSE": { "Enabled": false },
        "OPA": { "Enabled": false },
        "Pilot": { "Http10Enabled": false, "TraceSampling": 1.0 },
        "Prometheus": { "UseExternal": false },
        "ProtocolSupport": {
            "DubboFilterEnabled": false,
            "MysqlFilterEnabled": false,
            "RedisFilterEnabled": false,
            "ThriftFilterEnabled": false,
        },
        "Proxy": {
            "ClusterDomain": "cluster.local",
            "EnableDNSProxying": false,
            "LimitCPU": "2000m",
            "LimitMemory": "1024Mi",
            "RequestCPU": "100m",
            "RequestMemory": "128Mi",
        },
        "SidecarInjector": injector(instance),
        "ExtraConfiguration": {
            "CRAggregationEnabled": false,
            "CRAggregationConfiguration": { "Enabled": false },
            "AdaptiveXdsConfiguration": { "Enabled": false },
            "IstioCRHistory": { "EnableHistory": false },
            "TerminationDrainDuration": "5s",
        },
        "WebAssemblyFilterDeployment": { "Enabled": false },
    })
}

fn injector(instance: &Instance) -> Value {
    let everywhere = match instance.identity.injection {
        InjectionPolicy::ByLabel => false,
        InjectionPolicy::Everywhere => true,
    };
    json!({
        "AutoInjectionPolicyEnabled": !everywhere,
        "EnableNamespacesByDefault": everywhere,
        "InitCNIConfiguration": { "Enabled": false, "ExcludeNamespaces": "" },
    })
}

/// A made-up part of an id, of the instance's own.
fn part(instance: &Instance, place: u32) -> String {
    let digest =
        super::signature::digest(format!("{}/{place}", instance.identity.mesh_id).as_bytes());
    digest.chars().take(17).collect()
}
