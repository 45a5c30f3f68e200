//! What the confirmations of a gateway upgrade, of a canary and of its revoke say.

use std::collections::BTreeMap;

use meshlift_core::inventory::{Role, Workload};
use meshlift_core::rollout::{
    Binary, ObjectRef, Pace, Plan, Revoke, compose_canary, compose_gateways, compose_revoke,
    consents,
};
use rstest::rstest;

use super::*;
use crate::view::tests::Mesh;

fn installed(workload: &mut Workload) {
    workload.role = Role::InstalledGateway;
    workload.template.has_own_proxy = true;
    workload.status.desired = 3;
}

fn binary() -> Binary {
    Binary {
        path: "/opt/istioctl".into(),
        version: "1.31.1".parse().unwrap(),
        values_file: "/data/values.yaml".into(),
        values_digest: "digest".into(),
    }
}

/// Upgrades the install's gateway, which runs 1.30.5 of revision 1-30, to 1-31.
fn upgrade(snapshot: &Snapshot) -> Plan {
    compose_gateways(snapshot, "1-31", Some(&binary()), &Pace::default()).unwrap()
}

/// What a plan's confirmation shows.
fn confirmed(plan: &Plan, snapshot: &Snapshot) -> PlanView {
    view(&Made {
        plan,
        snapshot,
        context: "practice",
        server: "https://127.0.0.1:6443",
        protected: false,
        consents: &consents(plan, snapshot),
        findings: &[],
        blocked: None,
    })
}

fn codes(lines: &[Phrase]) -> Vec<Code> {
    lines.iter().map(|line| line.code).collect()
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

    let shown = confirmed(&plan, &mesh.0);

    let will: Vec<String> = shown.will.iter().map(Phrase::english).collect();
    let expected = "The install's gateways go to 1.31.1 and restart at once: shop/edge, pods: 3";
    assert_eq!(will, [expected]);
    assert_eq!((shown.steps[0].workloads, shown.steps[0].pods), (1, 3), "the install restarts");
    let will_not: Vec<Code> = shown.will_not.iter().map(|line| line.code).collect();
    assert_eq!(will_not, [Code::WillNotTrafficRules], "pods do restart");
    assert_eq!((shown.way_back.code, shown.reversible), (way_back, reversible));
    let asks_for_no_way_back = consents.contains(&Consent::NoWayBack);
    assert_eq!(asks_for_no_way_back, !reversible, "what is asked is what is said");
}

#[test]
fn a_canary_says_that_base_stays_on_a_revoke_and_the_revoke_says_it_again() {
    let stable = Mesh::default().namespace("shop").plane("1-30", "1.30.5");
    let plan = compose_canary(&stable.0, "1-30", &binary()).unwrap();

    let shown = confirmed(&plan, &stable.0);

    let base = shown.will.iter().find(|line| line.code == Code::WillInstallBase).expect("is said");
    assert_eq!(base.english(), "CRDs and cluster-wide objects go to 1.31.1; they stay on a revoke");
    assert!(!codes(&shown.will_not).contains(&Code::WillNotBase), "they are changed here");

    let canary = plan.to.revision;
    let both = stable.plane(&canary, "1.31.1");
    let istiod = ObjectRef {
        api_version: "apps/v1".into(),
        kind: "Deployment".into(),
        resource: "deployments".into(),
        namespace: Some("istio-system".into()),
        name: format!("istiod-{canary}").into(),
    };
    let wish = Revoke {
        canary,
        stable: "1-30".into(),
        earlier: BTreeMap::new(),
        promoted: Vec::new(),
        objects: vec![(istiod, "uid".into())],
        stable_install: None,
        pace: Pace::default(),
    };

    let shown = confirmed(&compose_revoke(&both.0, &wish).unwrap(), &both.0);

    let said = codes(&shown.will_not);
    assert!(said.contains(&Code::WillNotBase), "what the revoke leaves behind: {said:?}");
}
