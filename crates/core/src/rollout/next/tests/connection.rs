//! What istiod says of new proxies, at the gate of a workload and at the end of a run.

use rstest::rstest;

use super::ideal::{Ideal, observed, wave};
use super::{at, begun, injected, moved};
use crate::inventory::PodRef;
use crate::rollout::{
    Answer, Asked, ConnectedProxy, Decision, Event, Expectation, Failure, Istiod, Plan, Progress,
    Question, Step, StepAction, StepId, Waiting, fold, next,
};

/// The first workload of the wave is restarted and all its pods are new and ready.
fn restarted() -> (Ideal, Plan, Progress) {
    let (mut mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    mesh.restart_first_of(&plan, &mut progress, at(1));
    (mesh, plan, progress)
}

fn is_through(mesh: &Ideal, plan: &Plan, progress: &Progress, second: i64) -> bool {
    matches!(next(plan, progress, &observed(mesh), at(second)), Decision::WorkloadDone(..))
}

fn unread() -> Asked {
    Asked::Unread { why: "no answer".to_owned(), since: at(0) }
}

/// Changes what the new revision's istiod tells of one proxy of the first workload.
fn say(mesh: &mut Ideal, plan: &Plan, change: impl FnOnce(&mut ConnectedProxy)) {
    let first = &wave(plan)[0].workload;
    let pod = PodRef { namespace: "shop".into(), name: format!("{}-0", first.name).into() };
    change(new_istiod(mesh).proxies.get_mut(&pod).unwrap());
}

fn new_istiod(mesh: &mut Ideal) -> &mut Istiod {
    match mesh.istiods.get_mut("1-31") {
        Some(Asked::Answered(istiods)) => &mut istiods[0],
        other => panic!("an ideal mesh answers: {other:?}"),
    }
}

#[rstest]
#[case::seen_in_sync(|_: &mut ConnectedProxy| {}, true)]
#[case::of_another_version(|it: &mut ConnectedProxy| it.version = "1.30.5".parse().ok(), false)]
#[case::of_no_version(|it: &mut ConnectedProxy| it.version = None, false)]
#[case::not_in_sync(|it: &mut ConnectedProxy| it.synced = false, false)]
#[case::refusing(|it: &mut ConnectedProxy| it.error = Some("LDS: no".to_owned()), false)]
fn the_gate_opens_when_istiod_sees_the_promised_proxies_in_sync(
    #[case] change: fn(&mut ConnectedProxy),
    #[case] opens: bool,
) {
    let (mut mesh, plan, progress) = restarted();
    say(&mut mesh, &plan, change);

    assert_eq!(is_through(&mesh, &plan, &progress, 2), opens);
}

#[test]
fn nobody_connected_is_not_connected() {
    let (mut mesh, plan, progress) = restarted();
    mesh.istiods.insert("1-31".into(), Asked::Answered(Vec::new()));

    assert!(!is_through(&mesh, &plan, &progress, 2), "no istiod sees the pods");
}

#[test]
fn a_silent_istiod_of_another_revision_does_not_matter() {
    let (mut mesh, plan, progress) = restarted();
    mesh.istiods.insert("1-30".into(), unread());

    assert!(is_through(&mesh, &plan, &progress, 2), "the new one answers");
}

#[test]
fn an_istiod_not_asked_yet_keeps_the_gate_shut() {
    let (mut mesh, plan, progress) = restarted();
    mesh.istiods.clear();

    assert!(!is_through(&mesh, &plan, &progress, 2), "nothing is known of the new pods");
}

#[test]
fn a_silent_istiod_is_waited_for_then_asked_about_once() {
    let (mut mesh, plan, mut progress) = restarted();
    mesh.istiods.insert("1-31".into(), unread());
    // The other two may not start, so that only the gate of the first is looked at.
    progress.paused = true;

    let soon = next(&plan, &progress, &observed(&mesh), at(60));
    let Decision::Ask(question) = next(&plan, &progress, &observed(&mesh), at(200)) else {
        panic!("two minutes are over");
    };
    let answers = [Answer::Retry, Answer::Continue, Answer::Abort];
    fold(&mut progress, at(200), &Event::Asked { question: question.clone() });
    let (operator, answer) = ("sre@laptop".to_owned(), Answer::Continue);
    let id = question.id.clone();
    fold(&mut progress, at(210), &Event::Answered { question: id, answer, operator });

    assert!(matches!(soon, Decision::Wait { .. }), "decided {soon:?}");
    let (revision, why) = ("1-31".into(), "no answer".to_owned());
    assert_eq!(question.failure, Failure::IstiodsUnread { revision, why });
    assert_eq!(question.answers, answers, "it was restarted, so it can't be left out");
    assert!(is_through(&mesh, &plan, &progress, 211), "the user goes on without");
    mesh.istiods.insert("1-31".into(), Asked::Answered(Vec::new()));
    assert!(!is_through(&mesh, &plan, &progress, 212), "when it answers, it is believed again");
}

#[test]
fn a_run_says_that_it_waits_for_silent_istiods() {
    let (mut mesh, plan, progress) = restarted();
    mesh.istiods.insert("1-31".into(), unread());
    let step = plan.steps[0].id.clone();
    let mut progress = progress;
    for item in &wave(&plan)[1..] {
        let (step, workload) = (step.clone(), item.workload.clone());
        fold(&mut progress, at(1), &Event::WorkloadDone { step, workload });
    }

    let decision = next(&plan, &progress, &observed(&mesh), at(2));

    let (revision, why) = ("1-31".into(), "no answer".to_owned());
    let waiting = Waiting::Istiods { revision, why };
    assert_eq!(decision, Decision::Wait { waiting, until: None });
}

/// A run whose last step verifies the first workload, which was restarted.
fn verifying() -> (Ideal, Plan, Progress) {
    let (mesh, mut plan, _) = restarted();
    let workload = wave(&plan)[0].workload.clone();
    let (revision, version) = ("1-31".into(), "1.31.1".parse().unwrap());
    let expect = vec![Expectation::Proxies { workload, revision, version }];
    plan.steps =
        vec![Step { id: StepId("verify".to_owned()), action: StepAction::Verify { expect } }];
    let mut progress = Progress::default();
    let step = plan.steps[0].id.clone();
    fold(&mut progress, at(0), &Event::StepStarted { step });
    (mesh, plan, progress)
}

/// What verification finds missing after its time, if anything.
fn unverified(mesh: &Ideal, plan: &Plan, progress: &Progress) -> Option<String> {
    let decision = next(plan, progress, &observed(mesh), at(400));
    if matches!(decision, Decision::PassStep(_)) {
        return None;
    }
    let Decision::Ask(Question { failure: Failure::NotVerified { what }, .. }) = decision else {
        panic!("decided {decision:?}")
    };
    Some(what.join("; "))
}

#[test]
fn what_was_promised_is_verified() {
    let (mesh, plan, progress) = verifying();

    assert_eq!(unverified(&mesh, &plan, &progress), None);
}

/// Gives every pod a proxy of this revision and version.
fn old_proxies(mesh: &mut Ideal, revision: &str, version: &str) {
    for pod in mesh.snapshot.pods.values_mut() {
        let proxy = pod.proxy.as_mut().unwrap();
        proxy.revision = Some(revision.into());
        proxy.version = version.parse().ok();
    }
}

#[rstest]
#[case::no_pods(|mesh: &mut Ideal| mesh.snapshot.pods.clear(), "has 0 of 2 pods")]
#[case::on_the_old_version(|mesh: &mut Ideal| old_proxies(mesh, "1-31", "1.30.5"), "not ready on 1-31 1.31.1")]
#[case::on_the_old_revision(|mesh: &mut Ideal| old_proxies(mesh, "1-30", "1.31.1"), "not ready on 1-31 1.31.1")]
#[case::no_workload(|mesh: &mut Ideal| mesh.snapshot.workloads.clear(), "is gone")]
#[case::nobody_connected(|mesh: &mut Ideal| new_istiod(mesh).proxies.clear(), "no istiod of 1-31 sees")]
#[case::silent(|mesh: &mut Ideal| { mesh.istiods.insert("1-31".into(), unread()); }, "no answer")]
fn what_does_not_hold_is_named(#[case] change: fn(&mut Ideal), #[case] expected: &str) {
    let (mut mesh, plan, progress) = verifying();
    change(&mut mesh);

    let missing = unverified(&mesh, &plan, &progress);

    assert!(missing.as_deref().is_some_and(|what| what.contains(expected)), "{missing:?}");
}
