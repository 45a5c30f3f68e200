use jiff::Timestamp;

use super::*;
use crate::inventory::{InjectionLabels, REVISION_LABEL, Strategy};
use crate::rollout::{Act, ActId, Event, fold, foreign_differences};
use crate::testing::{canary_mesh, deployment, namespace, revision_injector};

fn planned() -> (Snapshot, Plan, WorkloadRef) {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    let cart = deployment(&mut mesh, "shop", "cart", 2, Some(("1-30", "1.30.5")));
    let plan = compose_move(&mesh, &moving(&["shop"], "1-31", Some(Pace::default()))).unwrap();
    (mesh, plan, cart)
}

fn foreign(plan: &Plan, progress: &Progress, mesh: &Snapshot) -> Vec<String> {
    foreign_differences(plan, progress, mesh).into_iter().map(|it| it.fact).collect()
}

/// A run that has set out to move the namespace.
fn begun(plan: &Plan) -> Progress {
    let StepAction::MoveNamespace { namespace, uid, from, to, .. } = plan.steps[0].action.clone()
    else {
        panic!("the first step moves: {:?}", plan.steps);
    };
    let id = ActId { step: plan.steps[0].id.clone(), index: 0 };
    let act = Act { id, kind: ActKind::Label { namespace, uid, from, to } };
    let mut progress = Progress::default();
    let event = Event::Intent { act, object: None, before: None };
    fold(&mut progress, Timestamp::UNIX_EPOCH, &event);
    progress
}

#[test]
fn pods_replicas_and_status_are_no_facts() {
    let (mut mesh, plan, cart) = planned();
    mesh.pods.clear();
    let workload = mesh.workloads.get_mut(&cart).unwrap();
    workload.status.desired = 7;
    workload.strategy = Strategy::Rolling { max_unavailable: 2, max_surge: 2 };
    mesh.control_planes[0].ready = 1;

    assert_eq!(foreign(&plan, &Progress::default(), &mesh), Vec::<String>::new());
    assert_eq!(plan.basis, basis_of(&plan, &mesh));
}

#[test]
fn the_digest_is_the_same_for_the_same_mesh_and_another_for_another() {
    let (mesh, plan, cart) = planned();
    let wish = moving(&["shop"], "1-31", Some(Pace::default()));
    let digest = |mesh: &Snapshot| compose_move(mesh, &wish).unwrap().digest();
    let mut scaled = mesh.clone();
    scaled.workloads.get_mut(&cart).unwrap().status.desired = 5;
    let mut changed = mesh.clone();
    changed.workloads.get_mut(&cart).unwrap().template.hash = "other".into();

    assert_eq!(digest(&mesh), plan.digest());
    assert_eq!(digest(&scaled), plan.digest(), "replicas are no part of it");
    assert_ne!(digest(&changed), plan.digest(), "a template is");
}

#[test]
fn what_somebody_else_changed_is_named_before_the_first_write() {
    type Change = fn(&mut Snapshot);
    let changes: [(&str, Change); 8] = [
        ("cluster", |mesh| mesh.cluster.uid = "other".into()),
        ("control plane 1-31", |mesh| mesh.control_planes[1].version = "1.31.2".parse().ok()),
        ("injector istio-sidecar-injector-1-31", |mesh| mesh.injectors[2].webhooks.truncate(1)),
        ("injector istio-sidecar-injector-1-29", |mesh| {
            mesh.injectors.push(revision_injector("1-29"));
        }),
        ("validator istiod-default-validator", |mesh| {
            mesh.validators[0].revision = Some("1-31".into());
        }),
        ("namespace shop: injection labels", |mesh| {
            let shop = mesh.namespaces.get_mut("shop").unwrap();
            shop.labels.insert(REVISION_LABEL.into(), "1-29".into());
        }),
        ("Deployment shop/cart: template", |mesh| {
            mesh.workloads.first_entry().unwrap().get_mut().template.hash = "other".into();
        }),
        ("Deployment shop/cart: strategy", |mesh| {
            mesh.workloads.first_entry().unwrap().get_mut().strategy = Strategy::Recreate;
        }),
    ];
    for (fact, change) in changes {
        let (mut mesh, plan, _) = planned();
        change(&mut mesh);

        assert_eq!(foreign(&plan, &Progress::default(), &mesh), [fact]);
    }
}

#[test]
fn a_replaced_object_is_another_object() {
    let (mut mesh, plan, cart) = planned();
    mesh.namespaces.get_mut("shop").unwrap().uid = "new".into();
    mesh.workloads.get_mut(&cart).unwrap().uid = "new".into();

    let found = foreign(&plan, &Progress::default(), &mesh);

    assert_eq!(found, ["Deployment shop/cart", "namespace shop"]);
}

#[test]
fn what_the_run_set_out_to_do_is_not_foreign_and_something_else_is() {
    let (mut mesh, plan, _) = planned();
    let progress = begun(&plan);
    let set = |mesh: &mut Snapshot, revision: &str| {
        let to = InjectionLabels { injection: None, revision: Some(revision.into()) };
        what_if::labelled(mesh, &"shop".into(), &to);
    };

    set(&mut mesh, "1-31");
    assert_eq!(foreign(&plan, &progress, &mesh), Vec::<String>::new(), "its own label");
    set(&mut mesh, "1-29");
    assert_eq!(foreign(&plan, &progress, &mesh), ["namespace shop: injection labels"]);
}

#[test]
fn an_install_of_its_own_is_not_foreign_whatever_variant_of_the_image_it_chose() {
    let mut mesh = crate::testing::mesh();
    let plan = compose_in_place(&mesh, "1-30", &binary("1.31.1")).unwrap();
    let StepAction::Install { install } = plan.steps[0].action.clone() else {
        panic!("the first step installs: {:?}", plan.steps);
    };
    let id = ActId { step: plan.steps[0].id.clone(), index: 0 };
    let act = Act { id, kind: ActKind::Install { install } };
    let mut progress = Progress::default();
    let intent = Event::Intent { act, object: None, before: None };
    fold(&mut progress, Timestamp::UNIX_EPOCH, &intent);

    mesh.control_planes[0].version = "1.31.1-distroless".parse().ok();
    assert_eq!(foreign(&plan, &progress, &mesh), Vec::<String>::new());
    mesh.control_planes[0].version = "1.31.2".parse().ok();
    assert_eq!(foreign(&plan, &progress, &mesh), ["control plane 1-30"], "that is another's");
}

#[test]
fn what_is_through_its_gate_is_no_fact_any_more() {
    let (mut mesh, plan, cart) = planned();
    let mut progress = begun(&plan);
    mesh.workloads.get_mut(&cart).unwrap().strategy = Strategy::Recreate;
    let before = foreign(&plan, &progress, &mesh);
    let done = Event::WorkloadDone { step: plan.steps[1].id.clone(), workload: cart };
    fold(&mut progress, Timestamp::UNIX_EPOCH, &done);

    assert_eq!(before, ["Deployment shop/cart: strategy"]);
    assert_eq!(foreign(&plan, &progress, &mesh), Vec::<String>::new());
}

#[test]
fn once_begun_a_changed_template_is_left_to_the_wave() {
    let (mut mesh, plan, cart) = planned();
    let workload = mesh.workloads.get_mut(&cart).unwrap();
    workload.template.hash = "other".into();

    assert_eq!(foreign(&plan, &begun(&plan), &mesh), Vec::<String>::new());

    mesh.workloads.get_mut(&cart).unwrap().strategy = Strategy::Recreate;
    assert_eq!(
        foreign(&plan, &begun(&plan), &mesh),
        ["Deployment shop/cart: strategy"],
        "nobody consented to an interruption"
    );
}
