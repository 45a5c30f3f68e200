//! An ASM instance: the managed control plane of one or several data-plane clusters.
//!
//! Entry point: [`Instance`]. It is what its API and ASM's own API server say (`domain/asm.md`
//! §7, §10); what the data-plane cluster says is the rest of the snapshot. Deliberately absent: what
//! follows from both together (`crate::asm`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{InjectionLabels, LabelSync, Name, ProxyImage, Unreadable};
use crate::version::{MeshVersion, Minor};

/// Namespace that holds every ASM gateway (`domain/asm.md` §10.1).
pub const GATEWAY_NAMESPACE: &str = "istio-system";

/// What the version that the backend chooses is called among what could not be read.
pub const UPGRADE_TARGET: &str = "upgrade target";

/// An ASM instance as it was read last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// `ServiceMeshId`: a run belongs to it.
    pub id: Name,
    /// Its name in the console.
    pub name: String,
    /// Its region.
    pub region: Name,
    /// Its edition, which decides about the canary (S17).
    pub edition: Edition,
    /// Version of the current control plane; none when the text is no version.
    pub version: Option<MeshVersion>,
    /// Its state.
    pub state: InstanceState,
    /// Its error message, if it has one.
    pub error: Option<String>,
    /// The version that the backend would upgrade it to; it alone chooses (`domain/asm.md` §1).
    pub target: Option<MeshVersion>,
    /// Versions that ASM offers for this edition, in no particular order.
    pub offered: Vec<MeshVersion>,
    /// How its last upgrade stands.
    pub upgrade: Upgrade,
    /// The second control plane of a canary upgrade.
    pub canary: Option<Canary>,
    /// The proxy that its current control plane injects.
    pub proxy: Option<ProxyImage>,
    /// Which namespaces it injects into.
    pub scope: InjectionScope,
    /// Its data-plane clusters.
    pub clusters: Vec<MemberCluster>,
    /// Its gateways, in name order.
    pub gateways: Vec<Gateway>,
    /// Injection labels of namespaces on ASM's side, the source of the sync (§10.2).
    pub labels: BTreeMap<Name, InjectionLabels>,
    /// Whether it copies them to the cluster.
    #[serde(default)]
    pub sync: LabelSync,
    /// Load balancers of its control plane, and their public addresses.
    pub balancers: Vec<Balancer>,
    /// Which Kubernetes versions fit which ASM minor (S42).
    pub fits: Vec<Fit>,
    /// What could not be read of it.
    pub unreadable: Vec<Unreadable>,
}

/// `ClusterSpec` of an instance.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Edition {
    /// Standard Edition: in place only.
    Standard,
    /// Enterprise Edition.
    Enterprise,
    /// Ultimate Edition.
    Ultimate,
    /// A word that no page names.
    #[default]
    Unknown,
}

/// The state of an instance: an open word, of which only `running` means settled (§7.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceState(pub String);

/// How the upgrade of an instance stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upgrade {
    /// The control plane.
    pub mesh: MeshUpgrade,
    /// Its gateways, by the backend's own keys, whose form no page documents.
    pub gateways: BTreeMap<String, GatewayUpgrade>,
}

/// `MeshStatus` of an upgrade.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MeshUpgrade {
    /// Nothing is under way.
    Running,
    /// The control plane is being replaced.
    Upgrading,
    /// It gave up.
    Failed,
    /// Not read, or a word that no page names.
    #[default]
    Unknown,
}

/// How the upgrade of one gateway stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayUpgrade {
    /// Where it stands.
    pub state: GatewayState,
    /// What the backend says about it.
    pub message: String,
    /// The version it names.
    pub version: String,
}

/// `GatewayStatusRecord.*.Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GatewayState {
    /// Not begun.
    NotStarted,
    /// It waits for its turn.
    Pending,
    /// Its pods roll.
    Upgrading,
    /// Done.
    Finished,
    /// It gave up.
    Failed,
    /// The backend does not know, or says a word that no page names.
    Unknown,
}

/// The second control plane of a canary upgrade. It exists if any canary field of the instance is
/// filled; none of them names its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// Filled fields that show it, such as `IntranetCanaryPilotEndpoint`.
    pub fields: Vec<String>,
}

/// Which namespaces the injector takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InjectionScope {
    /// Those with a label: a canary can choose by namespace.
    Labelled,
    /// All of them: the choice by namespace does not work (§3.2).
    Everything,
    /// It was not told.
    #[default]
    Unknown,
}

/// A data-plane cluster of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberCluster {
    /// ACK cluster id.
    pub id: Name,
    /// Its name.
    pub name: String,
    /// Its state: an open word.
    pub state: String,
    /// Its Kubernetes version, such as `v1.24.6-aliyun.1`.
    pub kubernetes: String,
    /// Whether its load balancers drain a gateway's pod before it goes; none when that was not told.
    #[serde(default)]
    pub drains: Option<bool>,
}

/// An `IstioGateway` on ASM's API server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// Its name; its Deployment is `istio-<name>` (§10.4).
    pub name: Name,
    /// `resourceVersion`, which guards a change of it.
    pub resource_version: Name,
    /// Clusters that it is deployed to.
    pub clusters: Vec<Name>,
    /// Replicas that it asks for.
    pub replicas: u32,
    /// Whether the annotation asks for a canary Deployment beside it (§3.3).
    pub canary: GatewayCanary,
}

/// Whether a gateway has a canary Deployment beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GatewayCanary {
    /// Its annotation asks for one.
    Wanted,
    /// It does not.
    #[default]
    Unwanted,
}

/// A load balancer of the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balancer {
    /// What it serves.
    pub serves: BalancerRole,
    /// Which part of the way there.
    #[serde(default)]
    pub part: BalancerPart,
    /// How it is.
    pub state: BalancerState,
}

/// What a load balancer serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BalancerRole {
    /// ASM's API server.
    ApiServer,
    /// The current istiod.
    Pilot,
    /// The canary's istiod: billed beside the other (§3.2).
    CanaryPilot,
}

/// Which part of the way to a control plane.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum BalancerPart {
    /// The load balancer itself.
    #[default]
    Balancer,
    /// The public address in front of it.
    Address,
}

/// How a load balancer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum BalancerState {
    /// As it should be.
    Fine,
    /// It is locked: nothing reaches the control plane this way.
    Locked,
    /// Something else is wrong, in ASM's own words.
    #[serde(rename_all = "camelCase")]
    Wrong {
        /// The words.
        why: String,
    },
}

/// Kubernetes versions that fit one ASM minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// The ASM minor.
    pub asm: Minor,
    /// Lowest Kubernetes minor.
    pub from: Minor,
    /// Highest Kubernetes minor.
    pub until: Minor,
}

impl GatewayCanary {
    /// What takes it back.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Wanted => Self::Unwanted,
            Self::Unwanted => Self::Wanted,
        }
    }
}

impl InstanceState {
    /// Whether nothing is being done to the instance.
    pub fn is_settled(&self) -> bool {
        self.0 == "running"
    }
}

impl Instance {
    /// Whether its control plane serves and nobody is changing it.
    pub fn is_settled(&self) -> bool {
        self.state.is_settled() && self.upgrade.mesh != MeshUpgrade::Upgrading
    }

    /// Whether an upgrade may be asked for: nobody is changing it, or an upgrade failed and may be
    /// asked for again.
    pub fn is_at_rest(&self) -> bool {
        self.is_settled() || self.upgrade.mesh == MeshUpgrade::Failed
    }

    /// Why the version that the backend would upgrade it to is not known; none when it was read.
    pub fn target_unread(&self) -> Option<&Unreadable> {
        self.unreadable.iter().find(|gap| gap.what == UPGRADE_TARGET)
    }

    /// The gateway of this name.
    pub fn gateway(&self, name: &str) -> Option<&Gateway> {
        self.gateways.iter().find(|gateway| &*gateway.name == name)
    }
}

impl Upgrade {
    /// How the upgrade of a gateway stands. The keys are `ns:name`, `name`, or longer (§7.2), so the
    /// most exact form that is there counts.
    pub fn of(&self, gateway: &str) -> Option<&GatewayUpgrade> {
        let full = full_name(gateway);
        let ends = |key: &&String| key.ends_with(&format!("/{full}"));
        self.gateways
            .get(&full)
            .or_else(|| self.gateways.get(gateway))
            .or_else(|| self.gateways.iter().find(|(key, _)| ends(key)).map(|(_, it)| it))
    }
}

impl Gateway {
    /// Name of its Deployment.
    pub fn deployment(&self) -> String {
        deployment_of(&self.name)
    }

    /// Name of the Deployment of its canary.
    pub fn canary_deployment(&self) -> String {
        format!("{}-canary", self.deployment())
    }
}

/// `istio-system:<name>`, the form in which gateways are asked about and upgraded.
pub fn full_name(gateway: &str) -> String {
    format!("{GATEWAY_NAMESPACE}:{gateway}")
}

fn deployment_of(gateway: &str) -> String {
    format!("istio-{gateway}")
}

/// Minors are written as `1.24`.
mod minors {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Fit;

    #[derive(Serialize, Deserialize)]
    struct Written {
        asm: String,
        from: String,
        until: String,
    }

    impl Serialize for Fit {
        fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
            Written {
                asm: self.asm.to_string(),
                from: self.from.to_string(),
                until: self.until.to_string(),
            }
            .serialize(out)
        }
    }

    impl<'de> Deserialize<'de> for Fit {
        fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
            use serde::de::Error;
            let Written { asm, from, until } = Written::deserialize(input)?;
            Ok(Self {
                asm: asm.parse().map_err(D::Error::custom)?,
                from: from.parse().map_err(D::Error::custom)?,
                until: until.parse().map_err(D::Error::custom)?,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::namespace_and_name("istio-system:ingressgateway")]
    #[case::name_alone("ingressgateway")]
    #[case::with_its_cluster("c1/istio-system:ingressgateway")]
    fn a_gateway_is_found_under_every_form_of_its_key(#[case] key: &str) {
        let record = GatewayUpgrade {
            state: GatewayState::Finished,
            message: "success".to_owned(),
            version: "1.17.2".to_owned(),
        };
        let upgrade = Upgrade {
            mesh: MeshUpgrade::Running,
            gateways: BTreeMap::from([(key.to_owned(), record.clone())]),
        };

        assert_eq!(upgrade.of("ingressgateway"), Some(&record));
        assert_eq!(upgrade.of("gateway"), None, "part of a name is another gateway");
    }

    #[rstest]
    #[case::settled("running", MeshUpgrade::Running, true)]
    #[case::maintenance("updating", MeshUpgrade::Running, false)]
    #[case::upgrading("running", MeshUpgrade::Upgrading, false)]
    #[case::status_not_read("running", MeshUpgrade::Unknown, true)]
    fn only_running_is_settled(
        #[case] state: &str,
        #[case] mesh: MeshUpgrade,
        #[case] expected: bool,
    ) {
        let instance = Instance {
            state: InstanceState(state.to_owned()),
            upgrade: Upgrade { mesh, ..Upgrade::default() },
            ..Instance::default()
        };

        assert_eq!(instance.is_settled(), expected);
    }
}
