//! What goes wrong in the cloud ends in a clear sentence and a run that can go on.

use std::time::Duration;

use http::StatusCode;
use meshlift_app::api::dto::*;
use meshlift_sim::asm::{Action, AsmFault, Break};
use rstest::rstest;

use super::desk::*;
use crate::common::is_over;

fn writes() -> Action {
    Action::named("UpgradeMeshEditionPartially")
}

/// It passes by itself, and each upgrade was asked for once.
#[rstest]
#[case::throttled(AsmFault::Throttled {
    on: writes(), times: 2, time_left: Some(Duration::from_millis(200)),
})]
#[case::service_unavailable(AsmFault::Fails {
    on: writes(), times: 1, status: StatusCode::SERVICE_UNAVAILABLE,
})]
#[case::answer_lost(AsmFault::Breaks { on: writes(), times: 2, how: Break::AnswerLost })]
#[case::half_an_answer(AsmFault::Breaks { on: writes(), times: 2, how: Break::HalfAnswer })]
#[case::never_arrived(AsmFault::Breaks { on: writes(), times: 1, how: Break::BeforeDone })]
#[case::reads_fail(AsmFault::Fails {
    on: Action::named("DescribeServiceMeshDetail"),
    times: 3,
    status: StatusCode::INTERNAL_SERVER_ERROR,
})]
#[tokio::test(start_paused = true)]
async fn what_passes_is_got_over(#[case] fault: AsmFault) {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.asm.is_some()).await;
    let id = desk.start(upgrade()).await;
    desk.mesh.fault(fault);

    let view = desk.until(&id, is_over).await;

    let says = view.summary.sentence.english();
    assert_eq!(view.summary.state, RunState::Succeeded, "{says}");
    let view = desk.view(|view| view.revisions[0].version.as_deref() == Some("1.17.2.42")).await;
    assert_eq!(view.revisions.len(), 1);
}

/// It asks in a sentence with what happened, and goes on once it is mended.
#[rstest]
#[case::precheck(AsmFault::PrecheckFails("an EnvoyFilter names a legacy filter".into()),
    "an EnvoyFilter names a legacy filter")]
#[case::another_target(AsmFault::TargetMoved("v1.17.2.50-gffffffff-aliyun".into()),
    "another version than the expected one")]
#[case::locked(AsmFault::Locked, "locked")]
#[case::forbidden(AsmFault::Forbidden(writes()), "not allowed")]
#[case::upgrade_failed(AsmFault::UpgradeFails("the control plane did not start".into()),
    "the control plane did not start")]
#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_asked_about(#[case] fault: AsmFault, #[case] says: &str) {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.asm.is_some()).await;
    let id = desk.start(upgrade()).await;
    desk.mesh.fault(fault);

    let view = desk.until(&id, |view| view.question.is_some() || is_over(view)).await;

    let question = view.question.as_ref().unwrap_or_else(|| panic!("it asks: {view:#?}"));
    let text = question.text.english();
    assert!(text.contains(says), "`{text}` says `{says}`");
    desk.mesh.heal();
    desk.answer(&view, Answer::Retry).await;
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
}

#[tokio::test(start_paused = true)]
async fn a_failed_precheck_blocks_the_button() {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.asm.is_some()).await;
    desk.mesh.fault(AsmFault::PrecheckFails("an EnvoyFilter names a legacy filter".into()));

    let report = desk.precheck(Method::InPlace).await;

    let own = report.findings.iter().find(|finding| finding.rule == "A-12").expect("ASM's own");
    assert_eq!(own.severity, Severity::Block);
    assert!(own.consequence.english().contains("legacy filter"), "{own:?}");
    let view = desk.view(|view| view.in_place.findings.is_some()).await;
    let reason = view.in_place.upgrade.reason.expect("it may not be pressed");
    assert_eq!(reason.code, PhraseCode::ReasonBlockingFindings);
}
