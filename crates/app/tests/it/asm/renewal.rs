//! A credential that ends during a run, and an upgrade that does not: each is said in a sentence, and
//! the run goes on afterwards.

use std::time::Duration;

use jiff::SignedDuration;
use meshlift_app::api::dto::*;
use meshlift_sim::Pace;
use meshlift_sim::asm::AsmFault;

use super::desk::*;
use super::home::{Home, profile};
use crate::common::is_over;

/// A desk whose credential is a temporary key in the profile of the aliyun command.
pub(super) async fn with_a_temporary_key() -> (Desk, Home) {
    let instance = instance();
    let home = Home::with(&[profile("work", &instance.temporary_key())]);
    let desk = Desk::with(instance, Some(home.environment())).await;
    desk.view(|view| view.asm.is_some()).await;
    (desk, home)
}

fn says(view: &RunView, code: PhraseCode) -> bool {
    view.summary.sentence.code == code
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_asked_about_and_a_new_one_is_taken() {
    let (desk, home) = with_a_temporary_key().await;
    let plan = desk.plan(upgrade()).await.expect("it can be planned");
    desk.mesh.fault(AsmFault::TokenExpired);
    let id = desk.confirm(&plan).await.expect("it starts").run_id;

    let said = |view: &RunView| {
        let asked = view.question.as_ref().map(|question| question.text.english());
        asked.unwrap_or_else(|| view.summary.sentence.english())
    };
    let waits = |view: &RunView| is_over(view) || said(view).contains("has expired: sign in again");
    let view = desk.until(&id, waits).await;
    assert!(!is_over(&view), "it keeps its place: {}", said(&view));
    assert_eq!(desk.upgrades(), Vec::<String>::new(), "nothing was asked for");

    home.write(&[profile("work", &desk.mesh.access_key())]);
    let view = desk.until(&id, |view| is_over(view) || view.question.is_some()).await;
    if view.question.is_some() {
        desk.answer(&view, Answer::Retry).await;
    }
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(desk.upgrades().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_while_asm_works_holds_the_run_until_there_is_a_new_one() {
    let (desk, home) = with_a_temporary_key().await;
    desk.mesh.pace(Pace::Demo { pod_start: Duration::from_secs(1) });
    let id = desk.start(upgrade()).await;
    desk.until(&id, |view| says(view, PhraseCode::RunAsmUpgrading)).await;
    // It is said from the call on; a moment later the call is over and ASM works.
    tokio::time::sleep(Duration::from_secs(2)).await;

    desk.mesh.fault(AsmFault::TokenExpired);

    let view = desk.until(&id, |view| says(view, PhraseCode::FailInstanceUnread)).await;
    let sentence = view.summary.sentence.english();
    assert!(sentence.contains("has expired: sign in again"), "{sentence}");
    assert!(view.question.is_none() && !is_over(&view), "it waits by itself");
    let problem = desk.problem().await;
    assert_eq!(problem.code, ErrorCode::AsmCredential, "the page says it, too: {problem:?}");
    let refused = desk.plan(OperationRequest::UpgradeGateways).await.expect_err("it is not known");
    assert_eq!(refused.code, ErrorCode::AsmCredential, "{refused:?}");

    home.write(&[profile("work", &desk.mesh.access_key())]);
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(desk.upgrades().len(), 1, "it was asked for once");
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_is_stuck_is_asked_about_and_waited_for_again() {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.asm.is_some()).await;
    stuck(&desk, SignedDuration::ZERO);
    let id = desk.start(upgrade()).await;
    desk.until(&id, |view| says(view, PhraseCode::RunAsmUpgrading)).await;
    for minutes in [10, 20, 30] {
        tokio::time::sleep(Duration::from_mins(10)).await;
        stuck(&desk, SignedDuration::from_mins(-minutes));
    }

    let view = desk.until(&id, |view| view.question.is_some() || is_over(view)).await;

    let question = view.question.as_ref().expect("it asks");
    let text = question.text.english();
    assert!(text.contains("30 minutes"), "{text}");
    assert!(question.answers.contains(&Answer::Retry) && question.answers.contains(&Answer::Abort));
    desk.mesh.heal();
    desk.mesh.fault(AsmFault::ClockSkew(SignedDuration::from_mins(-30)));
    desk.answer(&view, Answer::Retry).await;
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(desk.upgrades().len(), 1, "it was asked for once");
}

/// The upgrade goes on and on. The cloud's clock runs with the test's time and requests are dated by
/// the real one, so it is set back as the test's time passes.
fn stuck(desk: &Desk, skew: SignedDuration) {
    desk.mesh.heal();
    desk.mesh.fault(AsmFault::UpgradeStuck);
    desk.mesh.fault(AsmFault::ClockSkew(skew));
}
