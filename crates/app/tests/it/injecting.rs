//! The injection simulator: what a change does to pods is known before it is made.

use std::collections::BTreeMap;

use meshlift_app::api::dto::*;

use crate::common::*;

async fn ask(
    desk: &Desk,
    subject: InjectionSubject,
    change: Option<InjectionChange>,
) -> InjectionView {
    let request = InjectionRequest { context: MESH.into(), subject, change };
    desk.app.injection_simulate(request).await.expect("it can be simulated")
}

fn of(operation: OperationRequest) -> InjectionChange {
    InjectionChange::Operation { operation }
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn effects(view: &InjectionView) -> BTreeMap<String, EffectKind> {
    view.pods.iter().map(|pod| (pod.name.clone(), pod.effect)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_canary_changes_nothing_and_a_move_only_its_namespace() {
    let desk = Desk::at(mesh()).await;

    let canary = ask(&desk, InjectionSubject::All, Some(of(deploy()))).await;
    assert!(canary.pods.iter().all(|pod| pod.effect == EffectKind::Unchanged), "{canary:?}");
    assert_eq!(
        (canary.workloads, canary.harmed),
        (6, 0),
        "without a binary or values being asked for"
    );

    desk.succeed(deploy()).await;
    let moved =
        ask(&desk, InjectionSubject::All, Some(of(move_to(MoveTarget::Canary, &["shop"], false))));
    let moved = moved.await;
    let effects = effects(&moved);
    assert_eq!(effects["cart"], EffectKind::Moves);
    assert_eq!(effects["ledger"], EffectKind::Unchanged, "another namespace");
    let cart = moved.pods.iter().find(|pod| pod.name == "cart").unwrap();
    assert_eq!(cart.now.said.english(), "1-30 injects proxy 1.30.5");
    assert_eq!(cart.after.said.english(), "1-31 injects proxy 1.31.1");
    assert_eq!(cart.said.english(), "moves from 1-30 to 1-31");
    assert_eq!(cart.after.matches.len(), 1, "the webhook that matches is named");
}

#[tokio::test(start_paused = true)]
async fn a_label_that_nobody_answers_is_found_before_it_is_written() {
    let desk = Desk::at(mesh()).await;
    let change = InjectionChange::Namespace {
        namespace: "shop".into(),
        labels: labels(&[("istio.io/rev", "1.31")]),
    };

    let view = ask(&desk, InjectionSubject::All, Some(change)).await;

    let lost: Vec<&str> = view.pods.iter().take(3).map(|pod| pod.name.as_str()).collect();
    assert_eq!(lost, ["cart", "search", "redis"], "harm comes first");
    assert_eq!(view.harmed, 3);
    assert_eq!(view.pods[0].said.english(), "loses its sidecar, and nothing says so");
    assert_eq!(view.pods[0].mark, Mark::Bad);
}

#[tokio::test(start_paused = true)]
async fn any_pod_can_be_asked_about() {
    let desk = Desk::at(mesh()).await;
    let pod = |pairs| InjectionSubject::Labels { namespace: "nowhere".into(), pod: labels(pairs) };

    let asks = ask(&desk, pod(&[("istio.io/rev", "1-30")]), None).await;
    assert_eq!(asks.pods[0].now.revision.as_deref(), Some("1-30"));
    let silent = ask(&desk, pod(&[]), None).await;
    assert_eq!(silent.pods[0].now.said.english(), "starts without a sidecar");
    assert_eq!(silent.pods[0].now.why.english(), "No injection label on namespace or pod");

    let row = InjectionSubject::Workload { row: "shop/Deployment/cart".into() };
    let cart = ask(&desk, row, None).await;
    let revision = cart.namespace_labels.get("istio.io/rev").map(String::as_str);
    assert_eq!(revision, Some("1-30"), "the labels to begin with");
    assert_eq!(cart.pods[0].proxies, 3);
    let unknown = InjectionSubject::Workload { row: "shop/Deployment/none".into() };
    let request = InjectionRequest { context: MESH.into(), subject: unknown, change: None };
    let refused = desk.app.injection_simulate(request).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadRequest);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_cannot_be_made_says_why() {
    let desk = Desk::at(mesh()).await;

    let view = ask(&desk, InjectionSubject::All, Some(of(OperationRequest::Unpublish))).await;

    assert!(view.refused.is_some(), "there is no old revision");
    assert!(view.pods.iter().all(|pod| pod.effect == EffectKind::Unchanged));
}

#[tokio::test(start_paused = true)]
async fn the_api_server_proves_what_was_predicted_and_keeps_nothing() {
    let desk = Desk::at(mesh()).await;
    let before = desk.mesh.objects("pods").len();
    let prove = |row: &str| {
        desk.app.injection_prove(ProofRequest { context: MESH.into(), row: row.into() })
    };

    let proof = prove("shop/Deployment/cart").await.unwrap();
    assert_eq!(proof.agrees, Some(true), "{}", proof.said.english());
    assert_eq!(desk.mesh.objects("pods").len(), before, "no pod was made");

    desk.app.read_only_set(ReadOnly { on: true }).await.unwrap();
    let refused = prove("shop/Deployment/cart").await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ReadOnly);
}
