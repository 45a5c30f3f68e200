//! The API's answers as the core's instance.
//!
//! Entry points: [`instance`], [`Slow`], [`fill_upgrade`]. Words that no page documents stay what
//! they are: an unknown state is never taken for a settled one.

use meshlift_core::inventory::{
    Balancer, Canary, Edition, Fit, GATEWAY_NAMESPACE, GatewayState, GatewayUpgrade,
    InjectionScope, Instance, InstanceState, MemberCluster, MeshUpgrade, ProxyImage,
    UPGRADE_TARGET, Unreadable, Upgrade,
};
use meshlift_core::version::{MeshVersion, Minor, VersionError};

use super::{Cloud, fronts};
use crate::provider::asm::api::{
    self, CcmVersion, CheckMode, ClusterId, ClusterSpec, DetailLoadBalancer, GatewayName, MeshId,
    MetadataOf, UpgradeDetail, UpgradeState,
};
use crate::provider::asm::{AsmError, Client};

/// What the detail of an instance tells.
pub(super) fn instance(detail: &api::Instance) -> Instance {
    let info = &detail.service_mesh_info;
    let tag = &detail.spec.mesh_config.edition.proxy_image_tag;
    let proxy = (!tag.is_empty())
        .then(|| ProxyImage { image: tag.as_str().into(), version: tag.parse().ok() });
    let error = Some(info.error_message.clone()).filter(|message| !message.is_empty());
    Instance {
        id: info.service_mesh_id.as_str().into(),
        name: info.name.clone(),
        region: info.region_id.as_str().into(),
        edition: edition(&detail.cluster_spec),
        version: info.version.parse().ok(),
        state: InstanceState(info.state.clone()),
        error,
        canary: canary(detail),
        proxy,
        scope: match detail.spec.mesh_config.sidecar_injector.enable_namespaces_by_default {
            Some(true) => InjectionScope::Everything,
            Some(false) => InjectionScope::Labelled,
            None => InjectionScope::Unknown,
        },
        ..Instance::default()
    }
}

fn edition(spec: &ClusterSpec) -> Edition {
    match spec {
        ClusterSpec::Standard => Edition::Standard,
        ClusterSpec::Enterprise => Edition::Enterprise,
        ClusterSpec::Ultimate => Edition::Ultimate,
        ClusterSpec::Other(_) => Edition::Unknown,
    }
}

/// The canary fields that are filled; none of them names a version.
fn canary(detail: &api::Instance) -> Option<Canary> {
    let (endpoints, balancer) = (&detail.endpoints, &detail.spec.load_balancer);
    let fields = [
        ("IntranetCanaryPilotEndpoint", &endpoints.intranet_canary_pilot_endpoint),
        ("PublicCanaryPilotEndpoint", &endpoints.public_canary_pilot_endpoint),
        ("CanaryPilotLoadBalancerId", &balancer.canary_pilot_load_balancer_id),
        ("CanaryPilotPublicEipId", &balancer.canary_pilot_public_eip_id),
    ];
    let filled = fields.iter().filter(|(_, value)| !value.is_empty());
    let fields: Vec<String> = filled.map(|(name, _)| (*name).to_owned()).collect();
    (!fields.is_empty()).then_some(Canary { fields })
}

/// What changes rarely.
#[derive(Debug, Clone, Default)]
pub(super) struct Slow {
    target: Option<MeshVersion>,
    offered: Offered,
    fits: Vec<Fit>,
    clusters: Vec<MemberCluster>,
    balancers: Vec<Balancer>,
    unreadable: Vec<Unreadable>,
}

/// Versions on offer, by edition.
#[derive(Debug, Clone, Default)]
struct Offered {
    standard: Vec<MeshVersion>,
    others: Vec<MeshVersion>,
}

impl Slow {
    /// Asks for all of it. What fails is named and leaves the rest as it is.
    pub(super) async fn read(client: &Client, mesh: &MeshId) -> Self {
        let (target, metadata, clusters, controllers, status) = futures::join!(
            client.describe_upgrade_version(mesh),
            client.describe_metadata(),
            client.describe_clusters_in_service_mesh(mesh),
            client.describe_ccm_version(mesh),
            client.describe_service_mesh_additional_status(mesh, CheckMode::Normal),
        );
        let mut slow = Self::default();
        // What it answers when nothing is newer is not documented; a 404 may be it (§14.2).
        let target = match target {
            Err(AsmError::NotFound(_)) => None,
            target => slow.had(UPGRADE_TARGET, target),
        };
        let named = target.as_ref().and_then(|answer| answer.target());
        slow.target = named.and_then(|named| slow.version(UPGRADE_TARGET, &named.asm_version));
        if let Some(metadata) = slow.had("versions", metadata) {
            slow.offered = offered(&metadata.meta_data);
            slow.fits = metadata.meta_data.compatibility_info_list.iter().map(fit).collect();
        }
        if let Some(clusters) = slow.had("clusters", clusters) {
            slow.clusters = clusters.clusters.into_iter().map(member).collect();
        }
        if let Some(controllers) = slow.had("load balancer controllers", controllers) {
            for cluster in &mut slow.clusters {
                cluster.drains = controllers.versions.get(&*cluster.id).and_then(drains);
            }
        }
        if let Some(status) = slow.had("load balancers", status) {
            slow.balancers = fronts::balancers(&status.cluster_status);
        }
        slow
    }

    /// Adds it to an instance.
    pub(super) fn fill(self, instance: &mut Instance, parts: &DetailLoadBalancer) {
        let Offered { standard, others } = self.offered;
        instance.offered = match instance.edition {
            Edition::Standard => standard,
            Edition::Enterprise | Edition::Ultimate | Edition::Unknown => others,
        };
        let is_newer =
            |target: &MeshVersion| instance.version.as_ref().is_none_or(|running| target > running);
        instance.target = self.target.filter(is_newer);
        instance.fits = self.fits;
        instance.clusters = self.clusters;
        let has_canary = instance.canary.is_some();
        let is_there = |it: &Balancer| fronts::is_there(it, parts, has_canary);
        instance.balancers = self.balancers.into_iter().filter(is_there).collect();
        instance.unreadable.extend(self.unreadable);
    }

    /// The version that a text is. One that is none was not read.
    fn version(&mut self, what: &str, text: &str) -> Option<MeshVersion> {
        let parsed = text.parse();
        parsed
            .map_err(|error: VersionError| {
                let gap = Unreadable { what: what.to_owned(), why: error.to_string() };
                self.unreadable.push(gap);
            })
            .ok()
    }

    fn had<T>(&mut self, what: &str, answer: Result<T, AsmError>) -> Option<T> {
        answer
            .map_err(|error| {
                let gap = Unreadable { what: what.to_owned(), why: error.to_string() };
                self.unreadable.push(gap);
            })
            .ok()
    }
}

fn offered(metadata: &MetadataOf) -> Offered {
    let parsed = |texts: &[String]| texts.iter().filter_map(|text| text.parse().ok()).collect();
    Offered { standard: parsed(&metadata.versions), others: parsed(&metadata.pro_edition.versions) }
}

fn fit(info: &api::CompatibilityInfo) -> Fit {
    let minor = |major: u32, minor: u32| Minor { major: major.into(), minor: minor.into() };
    let range = &info.k8s_version;
    Fit {
        asm: minor(info.asm_version.major, info.asm_version.minor),
        from: minor(range.min_major, range.min_minor),
        until: minor(range.max_major, range.max_minor),
    }
}

fn member(cluster: api::Cluster) -> MemberCluster {
    MemberCluster {
        id: cluster.cluster_id.into(),
        name: cluster.name,
        state: cluster.state,
        kubernetes: cluster.version,
        drains: None,
    }
}

/// A question to the cluster that failed or took too long says nothing.
fn drains(controller: &CcmVersion) -> Option<bool> {
    let is_told = controller.query_state.is_empty();
    is_told.then_some(controller.slb_graceful_drain_supported)
}

impl Cloud {
    /// How the upgrade of an instance and of its gateways stands.
    pub(super) async fn upgrade(&self, instance: &Instance) -> Result<UpgradeDetail, AsmError> {
        let clusters: Vec<ClusterId> =
            instance.clusters.iter().map(|cluster| ClusterId(cluster.id.to_string())).collect();
        let gateways: Vec<GatewayName> = instance
            .gateways
            .iter()
            .map(|gateway| GatewayName {
                namespace: GATEWAY_NAMESPACE.to_owned(),
                name: gateway.name.to_string(),
            })
            .collect();
        let asked =
            self.client.describe_service_mesh_upgrade_status(&self.mesh, &clusters, &gateways);
        Ok(asked.await?.upgrade_detail)
    }
}

/// Adds how the upgrade stands.
pub(super) fn fill_upgrade(instance: &mut Instance, upgrade: Result<UpgradeDetail, AsmError>) {
    match upgrade {
        Ok(detail) => instance.upgrade = upgrade_of(detail),
        Err(error) => {
            let gap = Unreadable { what: "upgrade status".to_owned(), why: error.to_string() };
            instance.unreadable.push(gap);
        }
    }
}

fn upgrade_of(detail: UpgradeDetail) -> Upgrade {
    let mesh = match detail.mesh_status {
        UpgradeState::Running => MeshUpgrade::Running,
        UpgradeState::Upgrading => MeshUpgrade::Upgrading,
        UpgradeState::Failed => MeshUpgrade::Failed,
        UpgradeState::Other(_) => MeshUpgrade::Unknown,
    };
    let gateways = detail.gateway_status_record.into_iter().map(|(key, progress)| {
        let state = match progress.status {
            api::GatewayState::NotStarted => GatewayState::NotStarted,
            api::GatewayState::Pending => GatewayState::Pending,
            api::GatewayState::Upgrading => GatewayState::Upgrading,
            api::GatewayState::Finished => GatewayState::Finished,
            api::GatewayState::Failed => GatewayState::Failed,
            api::GatewayState::Unknown | api::GatewayState::Other(_) => GatewayState::Unknown,
        };
        let (message, version) = (progress.message, progress.version);
        (key, GatewayUpgrade { state, message, version })
    });
    Upgrade { mesh, gateways: gateways.collect() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case::by_label(json!({ "EnableNamespacesByDefault": false }), InjectionScope::Labelled)]
    #[case::pods_say_it_too(
        json!({ "EnableNamespacesByDefault": "false", "AutoInjectionPolicyEnabled": true }),
        InjectionScope::Labelled
    )]
    #[case::everything(json!({ "EnableNamespacesByDefault": true }), InjectionScope::Everything)]
    #[case::not_told(json!({}), InjectionScope::Unknown)]
    #[case::nothing_told(json!({ "EnableNamespacesByDefault": null }), InjectionScope::Unknown)]
    fn an_injection_policy_is_what_it_is_told_to_be(
        #[case] injector: Value,
        #[case] expected: InjectionScope,
    ) {
        let detail = json!({ "Spec": { "MeshConfig": { "SidecarInjector": injector } } });
        let detail: api::Instance = serde_json::from_value(detail).unwrap();

        assert_eq!(instance(&detail).scope, expected);
    }
}
