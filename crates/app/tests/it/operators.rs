//! Two operators on one mesh.

use std::sync::Arc;

use meshlift_app::api::dto::*;

use crate::common::*;

#[tokio::test(start_paused = true)]
async fn the_second_operator_sees_the_first_and_may_not_write() {
    let ada = Desk::at(mesh()).await;
    ada.succeed(deploy()).await;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let bob = Desk::with(ada.mesh.clone(), folder, "bob@mill").await;
    let plan = bob.plan(move_to(MoveTarget::Canary, &["pay"], true)).await.unwrap();

    let run = ada.start(move_to(MoveTarget::Canary, &["shop"], true)).await;
    ada.app.run_pause(RunId { run_id: run.clone() }).await.unwrap();
    ada.until(&run, is(RunState::Paused)).await;

    let step = |view: &MeshView| view.foreign_run.as_ref().and_then(|run| run.step.clone());
    let view = bob.view(|view| step(view).is_some()).await;
    let place = step(&view).unwrap();
    let of = ada.until(&run, is(RunState::Paused)).await.steps.len();
    assert!(place.ends_with(&format!("/{of}")), "which of her {of} steps: {place}");
    let foreign = view.foreign_run.unwrap();
    assert_eq!(foreign.holder, "ada@loom");
    assert!(!foreign.may_take_over, "her lease is fresh");
    let reason = view.canary.promote.reason.expect("she is working");
    assert_eq!(reason.code, PhraseCode::ReasonForeignRun);
    let refused = bob.confirm(&plan).await.expect_err("she holds the lease");
    assert_eq!(refused.code, ErrorCode::MeshLocked);
    assert!(refused.message.contains("ada@loom"), "{}", refused.message);

    ada.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
    ada.until(&run, is_over).await;
    bob.view(|view| view.foreign_run.is_none()).await;
    let run = bob.confirm(&plan).await.expect("she let go").run_id;
    let view = bob.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
}

#[tokio::test(start_paused = true)]
async fn one_operator_has_one_run_at_a_time() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let second = desk.plan(move_to(MoveTarget::Canary, &["pay"], true)).await.unwrap();
    let run = desk.start(move_to(MoveTarget::Canary, &["shop"], true)).await;

    let refused = desk.confirm(&second).await.expect_err("the first is not over");

    assert_eq!(refused.code, ErrorCode::MeshLocked);
    assert!(refused.message.contains("run 2"), "{}", refused.message);
    desk.until(&run, is_over).await;
    desk.confirm(&second).await.expect("the first is over");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lease_was_taken_writes_nothing_before_it_has_it_again() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let run = desk.start(move_to(MoveTarget::Canary, &["shop"], true)).await;
    desk.app.run_pause(RunId { run_id: run.clone() }).await.unwrap();
    desk.until(&run, is(RunState::Paused)).await;
    let hold = |holder: &'static str| {
        desk.mesh.meddle("leases.coordination.k8s.io", "istio-system", "meshlift", |lease| {
            lease["spec"]["holderIdentity"] = holder.into();
        })
    };
    assert!(hold("bob@mill/another"), "the lease lies in the cluster");
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    let patched = desk.restarts();

    desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
    let view = desk.until(&run, is(RunState::Waiting)).await;
    let says = view.summary.sentence.english();
    assert!(says.contains("bob@mill"), "{says}");
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    assert_eq!(desk.restarts(), patched, "nothing was written");

    hold("");
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
}
