//! Calls that change an instance, and whether one already shows.
//!
//! Entry points: [`Call`], [`shows`]. A call whose answer was lost is never repeated blindly: what
//! the instance shows decides, and `ExpectedVersion` makes the backend refuse a second upgrade past
//! the one that was wanted (`domain/asm.md` §7.2, §7.6).

use serde::{Deserialize, Serialize};

use crate::inventory::{
    GatewayCanary, GatewayState, InjectionLabels, Instance, MeshUpgrade, Name, Snapshot,
};
use crate::version::MeshVersion;

/// A call that changes an instance, or asks it to check a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Call {
    /// `UpgradeMeshEditionPartially` with `PreCheck=true`: changes nothing.
    #[serde(rename_all = "camelCase")]
    Precheck {
        /// `ExpectedVersion`.
        target: MeshVersion,
    },
    /// `UpgradeMeshEditionPartially` of the control plane alone.
    #[serde(rename_all = "camelCase")]
    Upgrade {
        /// `ExpectedVersion`: the backend refuses if its own target is another one.
        target: MeshVersion,
    },
    /// `UpgradeMeshEditionPartially` of one gateway.
    #[serde(rename_all = "camelCase")]
    UpgradeGateway {
        /// The gateway.
        gateway: Name,
        /// The version it goes to, which the control plane runs already.
        target: MeshVersion,
    },
    /// `UpdateIstioInjectionConfig`: the injection labels of a namespace on ASM's side.
    #[serde(rename_all = "camelCase")]
    Label {
        /// The namespace.
        namespace: Name,
        /// The labels it must have in the cluster now.
        from: InjectionLabels,
        /// The labels it gets.
        to: InjectionLabels,
    },
    /// The annotation of a gateway that asks for a canary Deployment beside it (§3.3).
    #[serde(rename_all = "camelCase")]
    GatewayCanary {
        /// The gateway.
        gateway: Name,
        /// What it asks for from now on.
        canary: GatewayCanary,
    },
}

/// Whether what a call asks for is there, or under way: then it is not sent again.
pub fn shows(snapshot: &Snapshot, instance: &Instance, call: &Call) -> bool {
    match call {
        // A check leaves no trace, and asking twice harms nobody.
        Call::Precheck { target: _ } => false,
        Call::Upgrade { target } => {
            instance.upgrade.mesh == MeshUpgrade::Upgrading || has_reached(instance, target)
        }
        Call::UpgradeGateway { gateway, target } => {
            let is_under_way = instance.upgrade.of(gateway).is_some_and(|it| match it.state {
                GatewayState::Pending | GatewayState::Upgrading => true,
                GatewayState::NotStarted
                | GatewayState::Finished
                | GatewayState::Failed
                | GatewayState::Unknown => false,
            });
            is_under_way || runs(snapshot, gateway, target)
        }
        Call::Label { namespace, from: _, to } => instance.labels.get(namespace) == Some(to),
        Call::GatewayCanary { gateway, canary } => {
            instance.gateway(gateway).is_some_and(|found| found.canary == *canary)
        }
    }
}

/// Whether the control plane runs a version or a later one: a hot patch may have followed (S26).
pub(crate) fn has_reached(instance: &Instance, target: &MeshVersion) -> bool {
    instance.version.as_ref().is_some_and(|running| running >= target)
}

/// Whether every proxy of a gateway runs this Istio version; asm-patch does not count (S27).
pub(crate) fn runs(snapshot: &Snapshot, gateway: &str, target: &MeshVersion) -> bool {
    let deployment = format!("istio-{gateway}");
    let pods = snapshot.pods.values().filter(|pod| {
        let is_its_own =
            pod.workload.as_ref().is_some_and(|workload| *workload.name == *deployment);
        is_its_own && !pod.is_finished() && !pod.terminating
    });
    let mut versions =
        pods.map(|pod| pod.proxy.as_ref().and_then(|proxy| proxy.version.as_ref())).peekable();
    versions.peek().is_some()
        && versions.all(|version| version.is_some_and(|it| it.istio() == target.istio()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::asm::join;
    use crate::asm::testing::{data_plane, gateway, instance};
    use crate::inventory::GatewayUpgrade;

    fn upgrade() -> Call {
        Call::Upgrade { target: "1.17.2.42".parse().unwrap() }
    }

    #[rstest]
    #[case::nothing_happened("1.16.4.93", MeshUpgrade::Running, false)]
    #[case::under_way("1.16.4.93", MeshUpgrade::Upgrading, true)]
    #[case::failed("1.16.4.93", MeshUpgrade::Failed, false)]
    #[case::done("1.17.2.42", MeshUpgrade::Running, true)]
    #[case::done_and_hot_patched("1.17.2.50", MeshUpgrade::Running, true)]
    fn an_upgrade_shows_by_version_or_state(
        #[case] version: &str,
        #[case] mesh: MeshUpgrade,
        #[case] expected: bool,
    ) {
        let mut instance = instance(version);
        instance.upgrade.mesh = mesh;
        let snapshot = join(data_plane(), &instance);

        assert_eq!(shows(&snapshot, &instance, &upgrade()), expected);
    }

    #[rstest]
    #[case::not_begun("1.16.4.93", GatewayState::NotStarted, false)]
    #[case::waits("1.16.4.93", GatewayState::Pending, true)]
    #[case::rolls("1.16.4.93", GatewayState::Upgrading, true)]
    #[case::failed("1.16.4.93", GatewayState::Failed, false)]
    #[case::record_of_an_earlier_upgrade("1.16.4.93", GatewayState::Finished, false)]
    #[case::its_pods_tell("1.17.2.42", GatewayState::NotStarted, true)]
    fn a_gateway_shows_by_its_pods_or_its_record(
        #[case] proxy: &str,
        #[case] state: GatewayState,
        #[case] expected: bool,
    ) {
        let mut cluster = data_plane();
        let mut instance = instance("1.17.2.42");
        gateway(&mut cluster, &mut instance, "ingressgateway", proxy);
        let (message, version) = (String::new(), String::new());
        let record = GatewayUpgrade { state, message, version };
        instance.upgrade.gateways.insert("istio-system:ingressgateway".to_owned(), record);
        let snapshot = join(cluster, &instance);
        let call = Call::UpgradeGateway {
            gateway: "ingressgateway".into(),
            target: "1.17.2.42".parse().unwrap(),
        };

        assert_eq!(shows(&snapshot, &instance, &call), expected);
    }
}
