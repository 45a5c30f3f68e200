//! What the confirmation of a gateway upgrade says.

use meshlift_core::inventory::{Role, Workload};
use meshlift_core::rollout::{Binary, Pace, Plan, compose_gateways, consents};
use rstest::rstest;

use super::*;
use crate::view::tests::Mesh;

fn installed(workload: &mut Workload) {
    workload.role = Role::InstalledGateway;
    workload.template.has_own_proxy = true;
    workload.status.desired = 3;
}

/// Upgrades the install's gateway, which runs 1.30.5 of revision 1-30, to 1-31.
fn upgrade(snapshot: &Snapshot) -> Plan {
    let binary = Binary {
        path: "/opt/istioctl".into(),
        version: "1.31.1".parse().unwrap(),
        values_file: "/data/values.yaml".into(),
        values_digest: "digest".into(),
    };
    compose_gateways(snapshot, "1-31", Some(&binary), &Pace::default()).unwrap()
}

#[rstest]
#[case::old_revision_stands(&["1-30", "1-31"], Code::WayBackGateways, true)]
#[case::old_revision_gone(&["1-31"], Code::WayBackNone, false)]
fn a_gateway_upgrade_says_what_restarts_and_how_it_goes_back(
    #[case] revisions: &[&str],
    #[case] way_back: Code,
    #[case] reversible: bool,
) {
    let mut mesh = Mesh::default().namespace("shop").workload("edge", "1.30.5", installed);
    for revision in revisions {
        mesh = mesh.plane(revision, if *revision == "1-31" { "1.31.1" } else { "1.30.5" });
    }
    let plan = upgrade(&mesh.0);
    let consents = consents(&plan, &mesh.0);

    let shown = view(&Made {
        plan: &plan,
        snapshot: &mesh.0,
        context: "practice",
        server: "https://127.0.0.1:6443",
        protected: false,
        consents: &consents,
        findings: &[],
        blocked: None,
    });

    let will: Vec<String> = shown.will.iter().map(Phrase::english).collect();
    let expected = "The install's gateways go to 1.31.1 and restart at once: shop/edge, 3 pods";
    assert_eq!(will, [expected]);
    assert_eq!((shown.steps[0].workloads, shown.steps[0].pods), (1, 3), "the install restarts");
    let will_not: Vec<Code> = shown.will_not.iter().map(|line| line.code).collect();
    assert_eq!(will_not, [Code::WillNotTrafficRules], "pods do restart");
    assert_eq!((shown.way_back.code, shown.reversible), (way_back, reversible));
    let asks_for_no_way_back = consents.contains(&Consent::NoWayBack);
    assert_eq!(asks_for_no_way_back, !reversible, "what is asked is what is said");
}
