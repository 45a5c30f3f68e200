use rstest::rstest;

use super::*;
use crate::inventory::{InjectionLabels, Kind, REVISION_LABEL, Strategy};
use crate::testing::{canary_mesh, deployment, labels, mesh, namespace, tag_injector};

/// Two namespaces on 1-30 with workloads of every class, 1-31 beside it.
fn busy() -> Snapshot {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "bank", &[("istio-injection", "enabled")]);
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    let old = Some(("1-30", "1.30.5"));
    deployment(&mut mesh, "bank", "single", 1, old);
    deployment(&mut mesh, "bank", "ledger", 3, old);
    deployment(&mut mesh, "shop", "cart", 2, old);
    deployment(&mut mesh, "shop", "bare", 2, None);
    let edge = deployment(&mut mesh, "shop", "edge", 2, old);
    mesh.workloads.get_mut(&edge).unwrap().role = Role::InjectedGateway;
    let paused = deployment(&mut mesh, "shop", "paused", 2, old);
    mesh.workloads.get_mut(&paused).unwrap().paused = true;
    let store = deployment(&mut mesh, "shop", "store", 2, old);
    as_kind(&mut mesh, &store, Kind::StatefulSet);
    mesh
}

fn as_kind(mesh: &mut Snapshot, old: &WorkloadRef, kind: Kind) {
    let mut workload = mesh.workloads.remove(old).unwrap();
    workload.reference.kind = kind;
    for pod in mesh.pods.values_mut().filter(|pod| pod.workload.as_ref() == Some(old)) {
        pod.workload = Some(workload.reference.clone());
    }
    mesh.workloads.insert(workload.reference.clone(), workload);
}

#[test]
fn a_move_relabels_each_namespace_and_restarts_in_waves() {
    let mesh = busy();

    let plan =
        compose_move(&mesh, &moving(&["shop", "bank"], "1-31", Some(Pace::default()))).unwrap();

    let steps = ["move-shop", "move-bank", "wave-1", "wave-2", "wave-3", "wave-4", "verify"];
    assert_eq!(ids(&plan), steps);
    let waves = waves_of(&plan);
    assert_eq!(names(waves[0]), ["Deployment bank/ledger"], "several replicas, stateless");
    assert_eq!(names(waves[1]), ["Deployment shop/cart", "Deployment bank/single"]);
    assert_eq!(names(waves[2]), ["StatefulSet shop/store"]);
    assert_eq!(names(waves[3]), ["Deployment shop/edge"], "gateways go last");
    assert_eq!((waves[1].width, waves[1].per_namespace), (2, 1));
    let item = &waves[0].items[0];
    assert_eq!(item.revision.as_deref(), Some("1-31"), "what the labels to come will give");
    assert_eq!(item.version, "1.31.1".parse().ok());
    assert_eq!((plan.from.revision.as_ref(), plan.to.revision.as_ref()), ("1-30", "1-31"));
}

#[test]
fn a_move_sets_both_labels_guarded_by_uid_and_old_values() {
    let plan = compose_move(&busy(), &moving(&["shop"], "1-31", None)).unwrap();

    let [Step { action: StepAction::MoveNamespace { uid, from, to, .. }, .. }] =
        plan.steps.as_slice()
    else {
        panic!("a move alone promises nothing that can be read: {:?}", plan.steps);
    };
    assert_eq!(&**uid, "uid-shop");
    let old = InjectionLabels { injection: Some("enabled".into()), revision: None };
    assert_eq!(
        (from, to),
        (&old, &InjectionLabels { injection: None, revision: Some("1-31".into()) })
    );
}

#[rstest]
#[case::chosen("cart", "Deployment shop/cart")]
#[case::chosen_gateway("edge", "Deployment shop/edge")]
fn the_user_chooses_who_goes_first(#[case] first: &str, #[case] alone: &str) {
    let mesh = busy();
    let pace = Pace { first: Some(reference(&mesh, first)), ..Pace::default() };

    let plan = compose_move(&mesh, &moving(&["shop"], "1-31", Some(pace))).unwrap();

    assert_eq!(names(waves_of(&plan)[0]), [alone]);
}

#[test]
fn the_end_of_a_move_is_verified_for_every_restarted_workload() {
    let plan = compose_move(&busy(), &moving(&["bank"], "1-31", Some(Pace::default()))).unwrap();

    let Some(Step { action: StepAction::Verify { expect }, .. }) = plan.steps.last() else {
        panic!("the last step verifies: {:?}", ids(&plan));
    };
    assert_eq!(expect.len(), 2, "ledger and single: {expect:?}");
}

#[rstest]
#[case::forward_by_name(&[("istio-injection", "enabled")], "1-31", None, (None, Some("1-31")))]
#[case::forward_from_a_revision(&[("istio.io/rev", "1-30")], "1-31", None, (None, Some("1-31")))]
#[case::back_to_the_default(&[("istio.io/rev", "1-31")], "1-30", None, (Some("enabled"), None))]
#[case::back_to_what_it_was(
    &[("istio.io/rev", "1-31")], "1-30", Some((None, Some("1-30"))), (None, Some("1-30"))
)]
#[case::back_to_a_tag(
    &[("istio.io/rev", "1-31")], "1-30", Some((None, Some("prod"))), (None, Some("prod"))
)]
#[case::what_it_was_leads_elsewhere(
    &[("istio.io/rev", "1-31")], "1-30", Some((None, Some("1-29"))), (Some("enabled"), None)
)]
fn a_namespace_gets_the_label_that_leads_there(
    #[case] now: &[(&str, &str)],
    #[case] to: &str,
    #[case] earlier: Option<(Option<&str>, Option<&str>)>,
    #[case] expected: (Option<&str>, Option<&str>),
) {
    let mut mesh = canary_mesh();
    mesh.injectors.push(tag_injector("prod", "1-30"));
    namespace(&mut mesh, "shop", now);
    let both = |(injection, revision): (Option<&str>, Option<&str>)| InjectionLabels {
        injection: injection.map(Into::into),
        revision: revision.map(Into::into),
    };
    let earlier = earlier.map(both);

    let found = labels_for(&mesh, &mesh.namespaces["shop"], to, earlier.as_ref());

    assert_eq!(found, both(expected));
}

#[test]
fn after_a_promotion_a_namespace_that_named_its_revision_goes_on_naming_it() {
    let mut mesh = canary_mesh();
    mesh.injectors[0].revision = "1-31".into();
    namespace(&mut mesh, "shop", &[("istio.io/rev", "1-30")]);

    let found = labels_for(&mesh, &mesh.namespaces["shop"], "1-31", None);

    assert_eq!(found, InjectionLabels { injection: None, revision: Some("1-31".into()) });
}

#[rstest]
#[case::short_like_the_stable_one("1-30", &[], "1-31")]
#[case::long_like_the_stable_one("1-30-5", &[], "1-31-1")]
#[case::without_a_revision("default", &[], "1-31-1")]
#[case::short_one_is_taken("1-30", &["1-31"], "1-31-1")]
#[case::both_are_taken("1-30", &["1-31", "1-31-1"], "1-31-1-2")]
fn a_canary_is_named_like_the_stable_revision(
    #[case] stable: &str,
    #[case] taken: &[&str],
    #[case] expected: &str,
) {
    let mut mesh = mesh();
    for revision in taken {
        mesh.control_planes.push(crate::testing::control_plane(revision, "1.29.8"));
    }

    assert_eq!(&*canary_revision(&mesh, stable, &"1.31.1".parse().unwrap()), expected);
}

#[test]
fn a_tag_takes_a_name_as_well_as_a_revision() {
    let mut mesh = mesh();
    mesh.injectors.push(tag_injector("1-31", "1-30"));

    let name = canary_revision(&mesh, "1-30", &"1.31.1".parse().unwrap());

    assert_eq!(&*name, "1-31-1", "istioctl refuses a revision named like a tag");
}

#[test]
fn a_canary_installs_the_control_plane_alone_and_leaves_stable_ready() {
    let plan = compose_canary(&mesh(), "1-30", &binary("1.31.1")).unwrap();

    assert_eq!(ids(&plan), ["install", "verify"]);
    let StepAction::Install { install } = &plan.steps[0].action else { panic!("{plan:?}") };
    assert_eq!(install.revision.as_deref(), Some("1-31"));
    assert_eq!(install.part, crate::rollout::InstallPart::ControlPlane);
    let StepAction::Verify { expect } = &plan.steps[1].action else { panic!("{plan:?}") };
    assert_eq!(expect.len(), 2, "the canary and the stable one: {expect:?}");
}

#[test]
fn an_install_without_a_revision_is_upgraded_without_one() {
    let mut mesh = mesh();
    mesh.control_planes = vec![crate::testing::control_plane("default", "1.30.5")];

    let plan = compose_in_place(&mesh, "default", &binary("1.31.1")).unwrap();

    let StepAction::Install { install } = &plan.steps[0].action else { panic!("{plan:?}") };
    assert_eq!(install.revision, None);
    assert_eq!(plan.from.revision, plan.to.revision);
}

#[test]
fn a_promotion_changes_tag_service_and_validator_in_this_order() {
    let acts = acts_of(&compose_promote(&canary_mesh(), "1-31").unwrap());

    let (tag, revision): (Name, Name) = ("default".into(), "1-31".into());
    let set = ActKind::SetTag { tag: tag.clone(), revision: revision.clone() };
    let service = ActKind::SetTagService { tag, revision: revision.clone() };
    assert_eq!(acts, [set, service, ActKind::SetDefaultValidator { revision }]);
}

#[test]
fn before_1_28_a_tag_has_no_service() {
    let mut mesh = canary_mesh();
    mesh.control_planes[0].version = "1.26.8".parse().ok();
    mesh.control_planes[1].version = "1.27.9".parse().ok();

    let acts = acts_of(&compose_promote(&mesh, "1-31").unwrap());

    assert!(!acts.iter().any(|act| matches!(act, ActKind::SetTagService { .. })), "{acts:?}");
}

#[test]
fn a_removal_deletes_webhooks_first_and_the_service_last() {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    let kinds = [
        "Service",
        "ConfigMap",
        "ClusterRole",
        "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
        "Deployment",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    ];
    let named = |kind: &&str| (super::played::object(kind, "istiod-1-31"), Name::from("uid"));
    let wish = Revoke {
        canary: "1-31".into(),
        stable: "1-30".into(),
        earlier: BTreeMap::default(),
        promoted: Vec::new(),
        objects: kinds.iter().chain(&kinds[..1]).map(named).collect(),
        stable_install: None,
        pace: Pace::default(),
    };

    let plan = compose_revoke(&mesh, &wish).unwrap();

    let mut order = Vec::new();
    for act in acts_of(&plan) {
        let ActKind::Delete { object, .. } = act else { panic!("a removal deletes: {act:?}") };
        order.push(object.kind.to_string());
    }
    let expected = [
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "ConfigMap",
        "ClusterRole",
        "Service",
    ];
    assert_eq!(order, expected, "each once");
}

#[test]
fn what_interrupts_or_ends_the_way_back_needs_consent() {
    let mut mesh = busy();
    let cart = reference(&mesh, "cart");
    mesh.workloads.get_mut(&cart).unwrap().strategy = Strategy::Recreate;
    mesh.budgets.push(crate::inventory::Budget {
        namespace: "shop".into(),
        name: "cart".into(),
        selector: crate::inventory::Selector {
            match_labels: labels(&[("app", "cart")]),
            ..crate::inventory::Selector::default()
        },
        disruptions_allowed: 1,
    });

    let moved = compose_move(&mesh, &moving(&["shop"], "1-31", Some(Pace::default()))).unwrap();
    let in_place = compose_in_place(&mesh, "1-30", &binary("1.31.1")).unwrap();

    let ids = |plan: &Plan| consents(plan, &mesh).iter().map(Consent::id).collect::<Vec<_>>();
    assert_eq!(ids(&moved), ["recreate:shop/Deployment/cart", "budget:shop/Deployment/cart"]);
    assert_eq!(ids(&in_place), ["no-way-back"]);
}

/// The canary is promoted; the install's gateway still runs the old proxy.
fn old_gateway() -> (Snapshot, WorkloadRef) {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "istio-system", &[]);
    let edge = deployment(&mut mesh, "istio-system", "edge", 2, Some(("1-30", "1.30.5")));
    let found = mesh.workloads.get_mut(&edge).unwrap();
    found.role = Role::InstalledGateway;
    found.template.has_own_proxy = true;
    (mesh, edge)
}

#[rstest]
#[case::recreate(Strategy::Recreate, &["recreate:istio-system/Deployment/edge", "budget:istio-system/Deployment/edge"])]
#[case::one_at_a_time(Strategy::Rolling { max_unavailable: 1, max_surge: 0 }, &["budget:istio-system/Deployment/edge"])]
#[case::surging(Strategy::Rolling { max_unavailable: 0, max_surge: 1 }, &[])]
fn an_install_that_rolls_gateways_asks_what_a_restart_asks(
    #[case] strategy: Strategy,
    #[case] expected: &[&str],
) {
    let (mut mesh, edge) = old_gateway();
    mesh.workloads.get_mut(&edge).unwrap().strategy = strategy;
    mesh.budgets.push(crate::inventory::Budget {
        namespace: "istio-system".into(),
        name: "edge".into(),
        selector: crate::inventory::Selector {
            match_labels: labels(&[("app", "edge")]),
            ..crate::inventory::Selector::default()
        },
        disruptions_allowed: 0,
    });

    let pace = Pace::default();
    let plan = compose_gateways(&mesh, "1-31", Some(&binary("1.31.1")), &pace).unwrap();

    let asked: Vec<_> = consents(&plan, &mesh).iter().map(Consent::id).collect();
    assert_eq!(asked, expected, "while the old revision stands there is a way back");
    assert_eq!(restarted_by(&plan, &plan.steps[0].action, &mesh), [edge]);
}

#[test]
fn gateways_have_no_way_back_without_the_revision_they_come_from() {
    let (mut mesh, _) = old_gateway();
    mesh.control_planes.retain(|plane| &*plane.revision != "1-30");

    let pace = Pace::default();
    let plan = compose_gateways(&mesh, "1-31", Some(&binary("1.31.1")), &pace).unwrap();

    assert_eq!(consents(&plan, &mesh), [Consent::NoWayBack]);
}

#[test]
fn a_pod_label_is_no_business_of_a_move() {
    let mut mesh = busy();
    let cart = reference(&mesh, "cart");
    let template = &mut mesh.workloads.get_mut(&cart).unwrap().template;
    template.labels.insert(REVISION_LABEL.into(), "1-30".into());

    let plan = compose_move(&mesh, &moving(&["shop"], "1-31", Some(Pace::default()))).unwrap();

    let restarted: Vec<_> = waves_of(&plan).into_iter().flat_map(names).collect();
    assert!(restarted.contains(&"Deployment shop/cart".to_owned()), "the namespace's label wins");
}
