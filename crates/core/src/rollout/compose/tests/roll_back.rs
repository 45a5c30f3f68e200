//! What has no way back, and what somebody else changed since.

use jiff::Timestamp;

use super::*;
use crate::inventory::REVISION_LABEL;
use crate::rollout::{Act, ActId, Answer, Event, Failure, Question, fold};
use crate::testing::{canary_mesh, mesh, namespace};

/// A promotion of which one act was begun.
fn begun(kind: ActKind, events: &[Event]) -> (Plan, Progress) {
    let plan = compose_promote(&canary_mesh(), "1-31").unwrap();
    let act = Act { id: ActId { step: plan.steps[0].id.clone(), index: 0 }, kind };
    let object = Some(played::object("MutatingWebhookConfiguration", "istio-revision-tag-default"));
    let intent = Event::Intent { act, object, before: None };
    let mut progress = Progress::default();
    for event in std::iter::once(&intent).chain(events) {
        fold(&mut progress, Timestamp::UNIX_EPOCH, event);
        if matches!(event, Event::Recovered { .. }) {
            fold(&mut progress, Timestamp::UNIX_EPOCH, &intent);
        }
    }
    (plan, progress)
}

fn set_tag() -> ActKind {
    ActKind::SetTag { tag: "default".into(), revision: "1-31".into() }
}

fn found_done() -> Event {
    let step = StepId("promote".to_owned());
    Event::Done { act: ActId { step, index: 0 }, changed: false }
}

#[test]
fn what_was_found_done_after_a_crash_may_be_our_own_and_is_undone() {
    let recovered = Event::Recovered { operator: "sre@laptop".to_owned() };
    let (plan, progress) = begun(set_tag(), &[recovered, found_done()]);

    let mut mesh = canary_mesh();
    mesh.injectors[0].revision = "1-31".into();

    let back = compose_roll_back(&mesh, &plan, &progress, &Pace::default()).unwrap();

    assert!(matches!(acts_of(&back).as_slice(), [ActKind::Restore { .. }]), "{back:?}");
}

#[test]
fn what_was_found_done_after_a_retry_may_be_our_own_and_is_undone() {
    let id = ActId { step: StepId("promote".to_owned()), index: 0 };
    let act = Act { id: id.clone(), kind: set_tag() };
    let failure = Failure::Act { act: set_tag(), why: "the answer was lost".to_owned() };
    let question = Question {
        id: "promote/1".to_owned(),
        step: id.step.clone(),
        workload: None,
        act: Some(id.clone()),
        failure,
        answers: vec![Answer::Retry],
    };
    let (why, operator) = ("the answer was lost".to_owned(), "sre@laptop".to_owned());
    let events = [
        Event::ActFailed { act: id, why, transient: false },
        Event::Asked { question },
        Event::Answered { question: "promote/1".to_owned(), answer: Answer::Retry, operator },
        Event::Intent { act, object: None, before: None },
        found_done(),
    ];
    let (plan, progress) = begun(set_tag(), &events);

    assert_eq!(no_way_back(&plan, &progress), None);
}

#[test]
fn what_was_found_done_at_once_is_somebody_elses() {
    let (plan, progress) = begun(set_tag(), &[found_done()]);

    let refused = compose_roll_back(&canary_mesh(), &plan, &progress, &Pace::default());

    assert_eq!(refused, Err(Refusal::NothingToDo));
    assert_eq!(no_way_back(&plan, &progress), Some(NoWayBack::NothingDone));
}

#[test]
fn a_restart_alone_has_no_way_back() {
    let (_, cart) = shop(canary_mesh());
    let restart =
        ActKind::Restart { workload: cart, uid: "uid".into(), template_hash: "hash".into() };
    let (plan, progress) = begun(restart, &[]);

    let refused = compose_roll_back(&canary_mesh(), &plan, &progress, &Pace::default());

    assert_eq!(refused, Err(Refusal::NoWayBack));
    assert_eq!(no_way_back(&plan, &progress), Some(NoWayBack::RestartsOnly));
}

#[test]
fn a_deletion_has_no_way_back() {
    let object = played::object("Deployment", "istiod-1-30");
    let (plan, progress) = begun(ActKind::Delete { object, uid: "uid".into() }, &[]);

    let refused = compose_roll_back(&canary_mesh(), &plan, &progress, &Pace::default());

    assert_eq!(refused, Err(Refusal::NoWayBack));
    assert_eq!(no_way_back(&plan, &progress), Some(NoWayBack::Final));
}

#[test]
fn a_canary_is_taken_back_by_revoking_it() {
    let plan = compose_canary(&mesh(), "1-30", &binary("1.31.1")).unwrap();
    let StepAction::Install { install } = plan.steps[0].action.clone() else {
        panic!("the first step installs: {:?}", plan.steps);
    };
    let act = Act {
        id: ActId { step: plan.steps[0].id.clone(), index: 0 },
        kind: ActKind::Install { install },
    };
    let mut progress = Progress::default();
    let intent = Event::Intent { act, object: None, before: None };
    fold(&mut progress, Timestamp::UNIX_EPOCH, &intent);

    let refused = compose_roll_back(&mesh(), &plan, &progress, &Pace::default());

    assert_eq!(refused, Err(Refusal::UseRevoke { revision: "1-31".into() }));
    assert_eq!(no_way_back(&plan, &progress), Some(NoWayBack::Revoke));
}

#[test]
fn labels_that_somebody_changed_since_are_not_rolled_back() {
    let (mut mesh, _) = shop(canary_mesh());
    let plan = compose_move(&mesh, &moving(&["shop"], "1-31", None)).unwrap();
    let StepAction::MoveNamespace { namespace: name, uid, from, to, .. } =
        plan.steps[0].action.clone()
    else {
        panic!("the first step moves: {:?}", plan.steps);
    };
    let act = Act {
        id: ActId { step: plan.steps[0].id.clone(), index: 0 },
        kind: ActKind::Label { namespace: name, uid, from, to },
    };
    let mut progress = Progress::default();
    let intent = Event::Intent { act, object: None, before: None };
    fold(&mut progress, Timestamp::UNIX_EPOCH, &intent);
    namespace(&mut mesh, "shop", &[(REVISION_LABEL, "1-29")]);

    let refused = compose_roll_back(&mesh, &plan, &progress, &Pace::default());

    assert_eq!(refused, Err(Refusal::ForeignChange { object: "Namespace shop".to_owned() }));
}

#[test]
fn a_tag_that_somebody_moved_since_is_not_rolled_back() {
    let (plan, progress) = begun(set_tag(), &[]);
    let mut mesh = canary_mesh();
    mesh.injectors[0].revision = "1-32".into();

    let refused = compose_roll_back(&mesh, &plan, &progress, &Pace::default());

    let object = format!("{} istio-revision-tag-default", what_if::MUTATING);
    assert_eq!(refused, Err(Refusal::ForeignChange { object }));
}

#[test]
fn what_only_a_dry_run_refused_is_not_undone() {
    let plan = compose_promote(&canary_mesh(), "1-31").unwrap();
    let id = ActId { step: plan.steps[0].id.clone(), index: 0 };
    let act = Act { id: id.clone(), kind: set_tag() };
    let refused = Event::ActFailed { act: id, why: "forbidden".to_owned(), transient: false };
    let mut progress = Progress::default();
    for event in [Event::Intent { act, object: None, before: None }, refused] {
        fold(&mut progress, Timestamp::UNIX_EPOCH, &event);
    }

    assert_eq!(no_way_back(&plan, &progress), Some(NoWayBack::NothingDone));
}
