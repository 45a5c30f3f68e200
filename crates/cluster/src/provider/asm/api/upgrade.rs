//! The upgrade: its target, its precheck, the control plane, the gateways, and how far it is
//! (asm.md §7.2). The API has no canary and no way back.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::super::answer::{count, open_enum};
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::{Accepted, ClusterId, MeshId};
use crate::door::IntentId;

/// Whether an upgrade call checks or upgrades. The API would take a call that says nothing for an
/// upgrade, so it is always said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Run the precheck only (S10). It gives no report: it passes, or it is refused with a message.
    Check,
    /// Start the upgrade (S11). There is no way back.
    Upgrade,
}

impl Mode {
    fn is_check(self) -> bool {
        match self {
            Self::Check => true,
            Self::Upgrade => false,
        }
    }
}

/// What `UpgradeMeshEditionPartially` upgrades. Whether it goes on to gateways is always said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The control plane alone (S11).
    ControlPlane {
        /// The full version that the upgrade must lead to; the API refuses if it would be another.
        expected_version: String,
    },
    /// These gateways (S12). Their pods restart one after another (S23).
    Gateways {
        /// Which.
        gateways: GatewaySelection,
        /// The guard, if wanted: no page says what it is compared with once the control plane is
        /// upgraded.
        expected_version: Option<String>,
    },
}

/// The full name of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatewayName {
    /// Its namespace, in practice `istio-system`.
    pub namespace: String,
    /// The name of its `IstioGateway`.
    pub name: String,
}

impl fmt::Display for GatewayName {
    /// `namespace:name`, the form of the newer page (asm.md K3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.name)
    }
}

/// One gateway or more: what an empty list would mean to the API is not documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySelection(Vec<GatewayName>);

impl GatewaySelection {
    /// These gateways; none if the list is empty.
    pub fn new(gateways: Vec<GatewayName>) -> Option<Self> {
        (!gateways.is_empty()).then_some(Self(gateways))
    }
}

/// Answer of `DescribeUpgradeVersion`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct UpgradeVersion {
    /// The id of the request.
    pub request_id: String,
    version: Option<TargetVersion>,
}

/// The one version to which the service would upgrade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct TargetVersion {
    /// The full version, such as `v1.17.2.42-gf7619883-aliyun`; the API calls it the operator's.
    #[serde(rename = "IstioOperatorVersion")]
    pub asm_version: String,
    /// The Istio version in it, such as `1.17.2`.
    pub istio_version: String,
    /// The Kubernetes version of the managed API server.
    pub kubernetes_version: String,
}

impl UpgradeVersion {
    /// The target, if there is one. What the API answers when nothing is newer is not documented, so
    /// an empty version counts as none.
    pub fn target(&self) -> Option<&TargetVersion> {
        self.version.as_ref().filter(|version| !version.asm_version.is_empty())
    }
}

open_enum! {
    /// How an upgrade of the control plane stands.
    UpgradeState {
        /// None goes on.
        Running = "running",
        /// It goes on.
        Upgrading = "upgrading",
        /// It failed.
        Failed = "upgrading_failed",
    }
}

open_enum! {
    /// How the upgrade of a gateway stands.
    GatewayState {
        /// It was not asked for.
        NotStarted = "notStart",
        /// It waits.
        Pending = "pending",
        /// It goes on.
        Upgrading = "upgrading",
        /// It is done.
        Finished = "finished",
        /// It failed.
        Failed = "failed",
        /// The service cannot tell.
        Unknown = "unknown",
    }
}

/// Answer of `DescribeServiceMeshUpgradeStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct UpgradeStatus {
    /// The id of the request.
    pub request_id: String,
    /// How far it is.
    pub upgrade_detail: UpgradeDetail,
}

/// How far an upgrade is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct UpgradeDetail {
    /// The control plane. Right after an upgrade was asked for it may still say running.
    pub mesh_status: UpgradeState,
    /// Gateways in all.
    #[serde(deserialize_with = "count")]
    pub total_gateways_num: u32,
    /// Gateways that are done.
    #[serde(deserialize_with = "count")]
    pub finished_gateways_num: u32,
    /// One entry for each gateway that was asked about; [`UpgradeDetail::gateway`] reads it.
    pub gateway_status_record: BTreeMap<String, GatewayProgress>,
}

/// How far the upgrade of a gateway is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct GatewayProgress {
    /// How it stands.
    pub status: GatewayState,
    /// The service's own words.
    pub message: String,
    /// The version that it runs.
    pub version: String,
}

impl UpgradeDetail {
    /// The progress of one gateway. The form of the keys is not documented (asm.md §7.2): they are
    /// tried as `namespace:name`, as the name, with a cluster in front, and as containing the name
    /// where only one key does.
    pub fn gateway(&self, gateway: &GatewayName) -> Option<&GatewayProgress> {
        let full = gateway.to_string();
        let records = &self.gateway_status_record;
        let ends_in = |end: &str| records.iter().find(|(key, _)| key.ends_with(end));
        records
            .get(&full)
            .or_else(|| records.get(&gateway.name))
            .or_else(|| ends_in(&format!("/{full}")).map(|(_, progress)| progress))
            .or_else(|| {
                let mut holding = records.iter().filter(|(key, _)| key.contains(&gateway.name));
                let (_, first) = holding.next()?;
                holding.next().is_none().then_some(first)
            })
    }
}

impl Client {
    /// The version to which the service would upgrade the instance.
    pub async fn describe_upgrade_version(
        &self,
        mesh: &MeshId,
    ) -> Result<UpgradeVersion, AsmError> {
        let query = Pairs::default().with("ServiceMeshId", &mesh.0);
        self.ask(self.call(Operation::DescribeUpgradeVersion).query(query)).await
    }

    /// How far the upgrade of the control plane is, and that of the named gateways in the named
    /// clusters.
    pub async fn describe_service_mesh_upgrade_status(
        &self,
        mesh: &MeshId,
        clusters: &[ClusterId],
        gateways: &[GatewayName],
    ) -> Result<UpgradeStatus, AsmError> {
        let clusters = joined(clusters);
        let form = Pairs::default()
            .with("GuestClusterIds", clusters)
            .with("AllIstioGatewayFullNames", joined(gateways));
        let query = Pairs::default().with("ServiceMeshId", &mesh.0);
        let call = self.call(Operation::DescribeServiceMeshUpgradeStatus);
        self.ask(call.query(query).form(form)).await
    }

    /// Checks or upgrades the control plane, to a version that the service chooses. The later call
    /// [`Client::upgrade_mesh_edition_partially`] has a guard against a target that nobody expected.
    pub async fn upgrade_mesh_version(
        &self,
        mesh: &MeshId,
        mode: Mode,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let query =
            Pairs::default().with("ServiceMeshId", &mesh.0).with("PreCheck", mode.is_check());
        self.change(self.call(Operation::UpgradeMeshVersion).query(query), intent).await
    }

    /// Checks or upgrades one part of the mesh. It answers at once; the upgrade goes on after it.
    pub async fn upgrade_mesh_edition_partially(
        &self,
        mesh: &MeshId,
        part: &Part,
        mode: Mode,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let form =
            Pairs::default().with("ServiceMeshId", &mesh.0).with("PreCheck", mode.is_check());
        let form = match part {
            Part::ControlPlane { expected_version } => {
                form.with("ExpectedVersion", expected_version).with("ASMGatewayContinue", false)
            }
            Part::Gateways { gateways, expected_version } => form
                .with("ExpectedVersion", expected_version.as_deref())
                .with("ASMGatewayContinue", true)
                .with("UpgradeGatewayRecords", joined(&gateways.0)),
        };
        self.change(self.call(Operation::UpgradeMeshEditionPartially).form(form), intent).await
    }
}

/// The items with commas between them; none if there are none.
pub(super) fn joined<T: fmt::Display>(items: &[T]) -> Option<String> {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    (!items.is_empty()).then(|| items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(name: &str) -> GatewayName {
        GatewayName { namespace: "istio-system".into(), name: name.into() }
    }

    fn detail(keys: &[&str]) -> UpgradeDetail {
        let record = |key: &&str| {
            (key.to_string(), GatewayProgress { version: key.to_string(), ..Default::default() })
        };
        UpgradeDetail {
            gateway_status_record: keys.iter().map(record).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn a_gateway_is_found_under_each_form_of_its_key() {
        for key in [
            "istio-system:ingress",
            "ingress",
            "c0ffee/istio-system:ingress",
            "c0ffee-istio-system-ingress",
        ] {
            let detail = detail(&[key, "istio-system:egress"]);
            let found = detail.gateway(&gateway("ingress"));

            assert_eq!(found.map(|it| it.version.as_str()), Some(key), "{key}");
        }
    }

    #[test]
    fn a_name_that_fits_two_keys_fits_neither() {
        let detail = detail(&["a-ingress-1", "a-ingress-2"]);

        assert_eq!(detail.gateway(&gateway("ingress")), None);
    }

    #[test]
    fn an_empty_version_is_no_target() {
        let answers = ["{}", r#"{"Version":{}}"#, r#"{"Version":{"IstioOperatorVersion":""}}"#];
        for answer in answers {
            let read: UpgradeVersion = serde_json::from_str(answer).unwrap();
            assert_eq!(read.target(), None, "{answer}");
        }
    }
}
