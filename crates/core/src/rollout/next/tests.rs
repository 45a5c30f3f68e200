//! A run over an ideal mesh, with crashes at every point, and the single decisions that matter.

mod asm;
mod connection;
mod ideal;

use rstest::rstest;

use self::ideal::{Ideal, canary_plan, item, observed, wave};
use super::*;
use crate::inventory::{Budget, Kind, REVISION_LABEL, Selector, Strategy, WorkloadRef};
use crate::rollout::testing::Crash;
use crate::rollout::{Act, Event, Operation, Preflight, fold};
use crate::testing::{canary_mesh, deployment, labels, namespace};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn a_canary_move_ends_verified() {
    let mut mesh = Ideal::new();
    let plan = canary_plan(&mesh.snapshot);

    let progress = mesh.run(&plan, Crash::Never);

    assert!(progress.has_succeeded(), "ended with {:?}", progress.outcome);
    assert_eq!(mesh.restarts.len(), 3, "each workload was restarted");
    assert!(mesh.restarts.values().all(|times| *times == 1), "{:?}", mesh.restarts);
}

#[test]
fn a_crash_at_any_event_repeats_no_effect() {
    let mut straight = Ideal::new();
    let plan = canary_plan(&straight.snapshot);
    straight.run(&plan, Crash::Never);
    let events = straight.tape.len();

    for event in 1..events {
        for lost in [false, true] {
            let mut mesh = Ideal::new();
            let progress = mesh.run(&plan, Crash::After { event, lost });

            assert!(progress.has_succeeded(), "crash after {event}, outcome lost: {lost}");
            assert_eq!(mesh.restarts, straight.restarts, "crash after {event}, lost: {lost}");
            assert_eq!(mesh.labelled, straight.labelled, "crash after {event}, lost: {lost}");
            assert_eq!(mesh.snapshot, straight.snapshot, "crash after {event}, lost: {lost}");
        }
    }
}

#[test]
fn another_cluster_behind_the_context_ends_the_run_before_any_write() {
    let mut mesh = Ideal::new();
    let plan = canary_plan(&mesh.snapshot);
    mesh.snapshot.cluster.uid = "cluster-2".into();

    let progress = mesh.run(&plan, Crash::Never);

    let Some(Outcome::Failed { failure: Failure::OtherCluster { expected, found } }) =
        progress.outcome
    else {
        panic!("ended with {:?}", progress.outcome);
    };
    assert_eq!((expected.as_str(), found.as_str()), ("cluster-1", "cluster-2"));
    assert!(mesh.restarts.is_empty(), "nothing was written");
}

/// A wave over `pods` of shop/a..c on a canary mesh whose namespace was moved already.
fn moved() -> (Ideal, Plan) {
    let mut mesh = Ideal::new();
    namespace(&mut mesh.snapshot, "shop", &[(REVISION_LABEL, "1-31")]);
    let mut plan = canary_plan(&mesh.snapshot);
    plan.steps.retain(|step| matches!(step.action, StepAction::Restart { .. }));
    (mesh, plan)
}

fn begun(plan: &Plan, preflight: Option<&Preflight>) -> Progress {
    let mut progress = Progress::default();
    let step = plan.steps[0].id.clone();
    fold(&mut progress, at(0), &Event::StepStarted { step });
    for item in wave(plan) {
        if let Some(result) = preflight.cloned() {
            let workload = item.workload.clone();
            fold(&mut progress, at(0), &Event::Preflighted { workload, result });
        }
    }
    progress
}

fn injected() -> Preflight {
    Preflight::Injected { revision: "1-31".into(), version: None, proven: true }
}

#[rstest]
#[case::one_at_a_time(1, 5, 1)]
#[case::two_at_a_time(2, 5, 2)]
#[case::one_per_namespace(5, 1, 1)]
#[case::all(5, 5, 3)]
fn a_wave_starts_no_more_than_its_width(
    #[case] width: u32,
    #[case] per_namespace: u32,
    #[case] expected: usize,
) {
    let (mesh, mut plan) = moved();
    if let StepAction::Restart { wave } = &mut plan.steps[0].action {
        (wave.width, wave.per_namespace) = (width, per_namespace);
    }

    let decision = next(&plan, &begun(&plan, Some(&injected())), &observed(&mesh), at(1));

    let Decision::Act(acts) = decision else { panic!("decided {decision:?}") };
    assert_eq!(acts.len(), expected);
}

#[test]
fn nothing_restarts_before_it_was_checked() {
    let (mesh, plan) = moved();

    let decision = next(&plan, &begun(&plan, None), &observed(&mesh), at(1));

    assert!(matches!(decision, Decision::Preflight(_)), "decided {decision:?}");
}

#[test]
fn a_workload_that_would_lose_its_sidecar_is_never_restarted() {
    let (mut mesh, plan) = moved();
    mesh.snapshot.injectors.retain(|injector| &*injector.revision != "1-31");

    let decision = next(&plan, &begun(&plan, Some(&injected())), &observed(&mesh), at(1));

    let Decision::Ask(question) = decision else { panic!("decided {decision:?}") };
    assert_eq!(question.failure, Failure::WouldLoseSidecar);
    assert!(!question.answers.contains(&Answer::Continue), "there is no way to do it anyway");
}

#[test]
fn a_dry_run_pod_without_a_sidecar_is_believed_over_the_prediction() {
    let (mesh, plan) = moved();

    let decision =
        next(&plan, &begun(&plan, Some(&Preflight::NotInjected)), &observed(&mesh), at(1));

    let Decision::Ask(question) = decision else { panic!("decided {decision:?}") };
    assert_eq!(question.failure, Failure::WouldLoseSidecar);
}

#[test]
fn what_cannot_be_told_needs_consent_and_goes_alone() {
    let (mesh, plan) = moved();
    let unsure = Preflight::CannotTell { why: "may not create pods".to_owned() };
    let mut progress = begun(&plan, Some(&unsure));

    for workload in ["a", "b", "cart"] {
        let refused = next(&plan, &progress, &observed(&mesh), at(1));
        let Decision::Ask(question) = refused else { panic!("without consent: {refused:?}") };
        let about = question.workload.as_ref().map(|about| &*about.name);
        assert_eq!(about, Some(workload), "each of those that could start is asked about");
        assert!(question.answers.contains(&Answer::Continue), "it may be dared: {question:?}");
        let (id, operator) = (question.id.clone(), "ada@desk".to_owned());
        fold(&mut progress, at(1), &Event::Asked { question });
        let dared = Event::Answered { question: id, answer: Answer::Continue, operator };
        fold(&mut progress, at(1), &dared);
    }
    let allowed = next(&plan, &progress, &observed(&mesh), at(1));

    let Decision::Act(acts) = allowed else { panic!("with consent: {allowed:?}") };
    assert_eq!(acts.len(), 1, "the first real pod is seen before the second workload");
}

#[test]
fn a_restart_that_may_break_a_budget_waits_for_consent() {
    let (mut mesh, plan) = moved();
    let first = wave(&plan)[0].workload.clone();
    let workload = mesh.snapshot.workloads.get_mut(&first).unwrap();
    workload.strategy = Strategy::Rolling { max_unavailable: 1, max_surge: 0 };
    mesh.snapshot.budgets.push(Budget {
        namespace: "shop".into(),
        name: "a".into(),
        selector: Selector { match_labels: labels(&[("app", "a")]), ..Selector::default() },
        disruptions_allowed: 0,
    });
    let mut progress = begun(&plan, Some(&injected()));

    let refused = next(&plan, &progress, &observed(&mesh), at(1));
    progress.consents.insert("budget:shop/Deployment/a".to_owned());
    let allowed = next(&plan, &progress, &observed(&mesh), at(1));

    let Decision::Ask(question) = refused else { panic!("without consent: {refused:?}") };
    let (budget, allowed_pods, needed) = ("a".into(), 0, 1);
    assert_eq!(question.failure, Failure::Budget { budget, allowed: allowed_pods, needed });
    assert!(matches!(allowed, Decision::Act(_)), "with consent: {allowed:?}");
}

#[test]
fn what_was_checked_before_a_crash_is_checked_again() {
    let (mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    let operator = "sre@laptop".to_owned();
    fold(&mut progress, at(1), &Event::Recovered { operator });

    let decision = next(&plan, &progress, &observed(&mesh), at(1));

    assert!(matches!(decision, Decision::Preflight(_)), "decided {decision:?}");
}

#[test]
fn a_template_changed_by_somebody_else_is_asked_about() {
    let (mut mesh, plan) = moved();
    let first = wave(&plan)[0].workload.clone();
    mesh.snapshot.workloads.get_mut(&first).unwrap().template.hash = "other".into();

    let decision = next(&plan, &begun(&plan, Some(&injected())), &observed(&mesh), at(1));

    let Decision::Ask(question) = decision else { panic!("decided {decision:?}") };
    assert_eq!(question.failure, Failure::TemplateChanged);
}

#[test]
fn a_paused_run_starts_nothing_and_says_so() {
    let (mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    progress.paused = true;

    let decision = next(&plan, &progress, &observed(&mesh), at(1));

    assert_eq!(decision, Decision::Wait { waiting: Waiting::Paused, until: None });
}

#[test]
fn a_paused_run_goes_on_looking_at_what_is_in_flight() {
    let (mut mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    mesh.restart_first_of(&plan, &mut progress, at(1));
    progress.paused = true;

    let decision = next(&plan, &progress, &observed(&mesh), at(2));

    let first = wave(&plan)[0].workload.clone();
    assert_eq!(decision, Decision::WorkloadDone(plan.steps[0].id.clone(), first));
}

#[test]
fn a_new_pod_on_the_wrong_proxy_stops_the_wave() {
    let (mut mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    mesh.restart_first_of(&plan, &mut progress, at(1));
    let first = wave(&plan)[0].workload.clone();
    for pod in mesh.snapshot.pods.values_mut().filter(|pod| pod.workload == Some(first.clone())) {
        pod.proxy.as_mut().unwrap().version = "1.30.5".parse().ok();
    }

    let decision = next(&plan, &progress, &observed(&mesh), at(2));

    let Decision::Ask(question) = decision else { panic!("decided {decision:?}") };
    assert!(matches!(question.failure, Failure::WrongProxy { .. }), "{:?}", question.failure);
    assert_eq!(question.answers, [Answer::Retry, Answer::Skip, Answer::Abort]);
}

#[test]
fn a_crash_looping_pod_is_asked_about_and_may_be_skipped() {
    let (mut mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    mesh.restart_first_of(&plan, &mut progress, at(1));
    let first = wave(&plan)[0].workload.clone();
    for pod in mesh.snapshot.pods.values_mut().filter(|pod| pod.workload == Some(first.clone())) {
        pod.waiting = Some("CrashLoopBackOff".into());
    }
    let Decision::Ask(question) = next(&plan, &progress, &observed(&mesh), at(2)) else {
        panic!("a crash loop must be asked about");
    };
    fold(&mut progress, at(2), &Event::Asked { question: question.clone() });
    let waiting = next(&plan, &progress, &observed(&mesh), at(3));
    let (operator, answer) = ("sre@laptop".to_owned(), Answer::Skip);
    fold(&mut progress, at(3), &Event::Answered { question: question.id, answer, operator });

    let after = next(&plan, &progress, &observed(&mesh), at(4));

    assert_eq!(waiting, Decision::Wait { waiting: Waiting::Answer, until: None });
    let Decision::Act(acts) = after else { panic!("after the answer: {after:?}") };
    assert_eq!(acts.len(), 2, "the other two go on");
}

#[test]
fn a_rollout_that_takes_too_long_is_asked_about_and_a_retry_starts_its_time_anew() {
    let (mut mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    mesh.restart_first_of(&plan, &mut progress, at(1));
    let first = wave(&plan)[0].workload.clone();
    mesh.snapshot.workloads.get_mut(&first).unwrap().status.available = 0;

    let Decision::Ask(question) = next(&plan, &progress, &observed(&mesh), at(700)) else {
        panic!("ten minutes are over");
    };
    assert_eq!(question.failure, Failure::Timeout { minutes: 10 });
    fold(&mut progress, at(700), &Event::Asked { question: question.clone() });
    let (operator, answer) = ("sre@laptop".to_owned(), Answer::Retry);
    fold(&mut progress, at(710), &Event::Answered { question: question.id, answer, operator });

    let after = next(&plan, &progress, &observed(&mesh), at(720));
    assert!(!matches!(after, Decision::Ask(_)), "decided {after:?}");
}

#[rstest]
#[case::passes_by_itself(true, 1, false)]
#[case::passed_not_in_five(true, 5, true)]
#[case::does_not_pass(false, 1, true)]
fn a_failed_act_is_tried_again_only_while_that_may_help(
    #[case] transient: bool,
    #[case] attempts: u32,
    #[case] asks: bool,
) {
    let (mesh, plan) = moved();
    let mut progress = begun(&plan, Some(&injected()));
    let Decision::Act(acts) = next(&plan, &progress, &observed(&mesh), at(1)) else {
        panic!("the first acts are due");
    };
    for _ in 0..attempts {
        let (act, id) = (acts[0].clone(), acts[0].id.clone());
        fold(&mut progress, at(1), &Event::Intent { act, object: None, before: None });
        let why = "the API server is busy".to_owned();
        fold(&mut progress, at(1), &Event::ActFailed { act: id, why, transient });
    }

    let soon = next(&plan, &progress, &observed(&mesh), at(2));

    assert_eq!(matches!(soon, Decision::Ask(_)), asks, "decided {soon:?}");
}

#[test]
fn a_revision_that_is_still_used_is_not_removed() {
    let mut snapshot = canary_mesh();
    namespace(&mut snapshot, "shop", &[(REVISION_LABEL, "1-30")]);
    deployment(&mut snapshot, "shop", "cart", 2, Some(("1-30", "1.30.5")));

    assert_eq!(change::users_of(&snapshot, "1-30"), 3, "two pods and one workload");
    assert_eq!(change::users_of(&snapshot, "1-31"), 0);
}

#[test]
fn a_promotion_passes_only_when_the_mesh_shows_it() {
    let mut snapshot = canary_mesh();
    let (tag, revision) = ("default".into(), "1-31".into());
    let kind = ActKind::SetTag { tag, revision };
    let (_, mut plan) = moved();
    plan.operation = Operation::Promote;
    plan.steps = vec![Step {
        id: StepId("promote".to_owned()),
        action: StepAction::Change { acts: vec![kind.clone()] },
    }];
    let mut progress = begun(&plan, None);
    let act = Act { id: ActId { step: plan.steps[0].id.clone(), index: 0 }, kind: kind.clone() };
    let id = act.id.clone();
    fold(&mut progress, at(1), &Event::Intent { act, object: None, before: None });
    fold(&mut progress, at(1), &Event::Done { act: id, changed: true });
    let mut mesh = Ideal::new();
    mesh.snapshot = snapshot.clone();

    let stale = next(&plan, &progress, &observed(&mesh), at(2));
    let late = next(&plan, &progress, &observed(&mesh), at(90));
    snapshot.injectors[0].revision = "1-31".into();
    mesh.snapshot = snapshot;
    let fresh = next(&plan, &progress, &observed(&mesh), at(2));

    assert_eq!(stale, wait(in_flight(kind)), "the reading is older than the write");
    assert!(matches!(late, Decision::Ask(_)), "somebody changed it back: {late:?}");
    assert_eq!(fresh, Decision::PassStep(plan.steps[0].id.clone()));
}

#[test]
fn the_mark_is_run_and_step_and_nothing_else() {
    assert_eq!(annotation("run-7", &StepId("wave-1".to_owned())), "run-7/wave-1");
}

#[test]
fn an_item_names_what_it_guards() {
    let mesh = Ideal::new();
    let cart =
        WorkloadRef { namespace: "shop".into(), kind: Kind::Deployment, name: "cart".into() };

    let item = item(&mesh.snapshot, &cart);

    assert_eq!((&*item.uid, &*item.template_hash), ("uid-shop-cart", "hash-cart"));
}
