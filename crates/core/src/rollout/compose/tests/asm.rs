//! What is refused on an ASM mesh, and what its plans hold.

use rstest::rstest;

use super::*;
use crate::asm::testing::{canary, canary_data_plane, data_plane, gateway, instance};
use crate::asm::{Call, HandOff, join};
use crate::inventory::{
    Edition, GatewayCanary, InjectionLabels, InjectionScope, Instance, LabelSync,
};
use crate::rollout::consents;
use crate::testing::{deployment, namespace};
use crate::version::Minor;

fn version(text: &str) -> MeshVersion {
    text.parse().unwrap()
}

fn mesh(change: impl FnOnce(&mut Instance)) -> Snapshot {
    let (mut cluster, mut instance) = (data_plane(), instance("1.16.4.93"));
    gateway(&mut cluster, &mut instance, "ingressgateway", "1.16.4.93");
    change(&mut instance);
    join(cluster, &instance)
}

fn kinds(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|step| match &step.action {
            StepAction::Asm { call: Call::Precheck { .. }, .. } => "precheck".to_owned(),
            StepAction::Asm { call: Call::Upgrade { target }, .. } => format!("upgrade {target}"),
            StepAction::Asm { call, .. } => format!("{call:?}"),
            StepAction::HandOff { task, .. } => format!("{task:?}"),
            StepAction::Verify { .. } => "verify".to_owned(),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Restart { .. }
            | StepAction::Change { .. } => step.id.to_string(),
        })
        .collect()
}

#[test]
fn an_upgrade_checks_first_and_expects_a_version() {
    let plan = compose_asm_upgrade(&mesh(|_| {}), &version("1.17.2.42")).unwrap();

    assert_eq!(kinds(&plan), ["precheck", "upgrade v1.17.2.42-gf7619883-aliyun", "verify"]);
    assert_eq!(plan.instance.as_deref(), Some("c-demo"));
    assert_eq!((&*plan.from.revision, &*plan.to.revision), ("1-16-4", "1-17-2"));
    assert!(consents(&plan, &mesh(|_| {})).contains(&Consent::NoWayBack), "S8: no rollback");
}

#[rstest]
#[case::s26_a_hot_patch_is_running(|it: &mut Instance| it.state.0 = "updating".to_owned(),
    Refusal::InstanceBusy { state: "updating".to_owned() })]
#[case::nothing_newer(|it: &mut Instance| it.target = None, Refusal::NoTarget)]
#[case::the_backend_chooses(|it: &mut Instance| it.target = "1.17.2.50".parse().ok(),
    Refusal::OtherTarget {
        wanted: Box::new(version("1.17.2.42")),
        target: Box::new(version("1.17.2.50")),
    })]
fn an_upgrade_is_refused(#[case] change: fn(&mut Instance), #[case] expected: Refusal) {
    let refused = compose_asm_upgrade(&mesh(change), &version("1.17.2.42"));

    assert_eq!(refused.unwrap_err(), expected);
}

#[rstest]
#[case::s17_standard_edition(|it: &mut Instance| it.edition = Edition::Standard,
    Refusal::EditionWithoutCanary)]
#[case::injects_everything(|it: &mut Instance| it.scope = InjectionScope::Everything,
    Refusal::InjectsEverything)]
fn a_canary_is_refused(#[case] change: fn(&mut Instance), #[case] expected: Refusal) {
    let refused = compose_asm_canary(&mesh(change), &version("1.18.0.158"));

    assert_eq!(refused.unwrap_err(), expected);
}

#[test]
fn only_the_console_deploys_a_canary() {
    let plan = compose_asm_canary(&mesh(|_| {}), &version("1.18.0.158")).unwrap();

    let hand_off = HandOff::DeployCanary { version: version("1.18.0.158") };
    assert_eq!(kinds(&plan), [format!("{hand_off:?}"), "verify".to_owned()]);
}

#[test]
fn gateways_go_one_by_one_and_only_those_that_are_behind() {
    let (mut cluster, mut asm) = (data_plane(), instance("1.17.2.42"));
    gateway(&mut cluster, &mut asm, "behind", "1.16.4.93");
    gateway(&mut cluster, &mut asm, "there", "1.17.2.37");
    let snapshot = join(cluster, &asm);

    let plan = compose_asm_gateways(&snapshot, &[]).unwrap();

    assert_eq!(ids(&plan), ["gateway-behind", "verify"], "S27: a lower asm-patch is not behind");
    assert_eq!(
        compose_asm_gateways(&snapshot, &["there".into()]).unwrap_err(),
        Refusal::NothingToDo
    );
    assert_eq!(
        compose_asm_gateways(&snapshot, &["other".into()]).unwrap_err(),
        Refusal::GatewayUnknown { gateway: "other".into() }
    );
}

#[test]
fn a_gateway_canary_needs_a_new_asm_and_a_free_name() {
    let wanted = GatewayCanary::Wanted;
    let old = compose_asm_gateway_canary(&mesh(|_| {}), &"ingressgateway".into(), wanted);
    let (mut cluster, mut asm) = (data_plane(), instance("1.22.6.114"));
    gateway(&mut cluster, &mut asm, "ingressgateway", "1.22.6.114");
    deployment(&mut cluster, "istio-system", "istio-ingressgateway-canary", 1, None);
    let taken = compose_asm_gateway_canary(&join(cluster, &asm), &"ingressgateway".into(), wanted);

    let since = Minor { major: 1, minor: 20 };
    assert_eq!(old.unwrap_err(), Refusal::GatewayCanarySince { since });
    let name = "istio-ingressgateway-canary".into();
    assert_eq!(taken.unwrap_err(), Refusal::DeploymentExists { name });
}

#[test]
fn a_namespace_that_asm_does_not_know_is_not_moved() {
    let mut cluster = canary_data_plane();
    namespace(&mut cluster, "shop", &[("istio-injection", "enabled")]);
    let snapshot = join(cluster, &canary(instance("1.16.4.93")));

    let refused = compose_move(&snapshot, &moving(&["shop"], "1-18-0", None));

    assert_eq!(refused.unwrap_err(), Refusal::NotOnAsmSide { namespace: "shop".into() });
}

#[test]
fn in_a_cluster_that_the_sync_leaves_out_labels_are_set_there() {
    let mut cluster = canary_data_plane();
    namespace(&mut cluster, "shop", &[("istio-injection", "enabled")]);
    let mut asm = canary(instance("1.16.4.93"));
    asm.sync = LabelSync::Spared;

    let plan = compose_move(&join(cluster, &asm), &moving(&["shop"], "1-18-0", None)).unwrap();

    let Some(StepAction::MoveNamespace { instance, .. }) =
        plan.steps.iter().map(|step| &step.action).find(|action| {
            matches!(action, StepAction::MoveNamespace { namespace, .. } if &**namespace == "shop")
        })
    else {
        panic!("it is moved: {:?}", plan.steps)
    };
    assert_eq!(*instance, None, "ASM's labels would never arrive");
}

#[test]
fn labels_are_set_on_asms_side_and_the_way_back_too() {
    let mut cluster = canary_data_plane();
    namespace(&mut cluster, "shop", &[("istio-injection", "enabled")]);
    let mut asm = canary(instance("1.16.4.93"));
    let labels = InjectionLabels { injection: Some("enabled".into()), revision: None };
    asm.labels.insert("shop".into(), labels);
    let snapshot = join(cluster, &asm);

    let plan = compose_move(&snapshot, &moving(&["shop"], "1-18-0", None)).unwrap();

    let StepAction::MoveNamespace { instance, to, .. } = &plan.steps[0].action else {
        panic!("the first step is {:?}", plan.steps[0])
    };
    assert_eq!(instance.as_deref(), Some("c-demo"));
    assert_eq!(to.revision.as_deref(), Some("1-18-0"), "S36: the x-y-z form");
    assert_eq!(to.injection, None, "S37: never both");
}

#[test]
fn the_old_version_is_not_unpublished_while_something_follows_it() {
    let mut cluster = crate::asm::testing::promoted_data_plane();
    namespace(&mut cluster, "shop", &[("istio.io/rev", "1-16-4")]);
    deployment(&mut cluster, "shop", "cart", 1, Some(("default", "1.16.4.93")));
    let snapshot = join(cluster, &canary(instance("1.18.0.158")));

    let refused = compose_asm_unpublish(&snapshot, &"1-16-4".into());

    assert_eq!(refused.unwrap_err(), Refusal::StillUsed { revision: "1-16-4".into(), count: 2 });
}

#[test]
fn a_promoted_version_is_not_revoked() {
    let snapshot =
        join(crate::asm::testing::promoted_data_plane(), &canary(instance("1.18.0.158")));

    let refused =
        compose_asm_revoke(&snapshot, &"1-18-0".into(), &BTreeMap::new(), &Pace::default());

    assert_eq!(refused.unwrap_err(), Refusal::IsDefault { revision: "1-18-0".into() });
}

#[test]
fn a_gateway_that_asm_upgrades_asks_what_a_restart_asks() {
    let mut mesh = mesh(|_| {});
    let (edge, workload) = mesh.workloads.iter_mut().next().unwrap();
    workload.strategy = crate::inventory::Strategy::Recreate;
    let edge = edge.clone();
    let (instance, target) = ("c-demo".into(), version("1.17.2.42"));
    let call = Call::UpgradeGateway { gateway: "ingressgateway".into(), target };
    let action = StepAction::Asm { instance, call };
    let mut plan = compose_asm_upgrade(&mesh, &version("1.17.2.42")).unwrap();
    plan.operation = Operation::UpgradeGateways;
    plan.steps = vec![Step { id: StepId("gateway".into()), action: action.clone() }];

    assert_eq!(restarted_by(&plan, &action, &mesh), std::slice::from_ref(&edge));
    assert_eq!(consents(&plan, &mesh), [Consent::Recreate { workload: edge }, Consent::NoWayBack]);
}
