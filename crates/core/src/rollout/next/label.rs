//! One namespace moves: both labels in one patch, then they are seen.

use super::act::{Standing, standing};
use super::{At, Subject, UNTIL_SEEN, in_flight, wait};
use crate::inventory::{InjectionLabels, Name};
use crate::rollout::{ActKind, Decision, Failure};

pub(super) fn decide(
    at: &At<'_>,
    namespace: &Name,
    uid: &Name,
    from: &InjectionLabels,
    to: &InjectionLabels,
) -> Decision {
    let kind = ActKind::Label {
        namespace: namespace.clone(),
        uid: uid.clone(),
        from: from.clone(),
        to: to.clone(),
    };
    let done = match standing(at, at.act_id(0), &kind, |_| None) {
        Standing::Due(act) => return Decision::Act(vec![act]),
        Standing::Other(decision) => return decision,
        Standing::Done(done) => done,
    };
    let Some(found) = at.observed.snapshot.namespaces.get(namespace) else {
        return at.ask(Subject::Step, Failure::Gone);
    };
    if found.injection_labels() == *to {
        return at.pass();
    }
    if at.is_late(None, done, UNTIL_SEEN) {
        return at.ask(Subject::Step, Failure::TemplateChanged);
    }
    wait(in_flight(kind))
}
