//! One namespace moves: both labels in one change, then they are seen in the cluster.

use super::act::{Standing, standing};
use super::{At, Subject, UNTIL_SEEN, in_flight, wait};
use crate::inventory::{InjectionLabels, Name};
use crate::rollout::label_text;
use crate::rollout::{ActKind, Decision, Failure, Waiting};

/// What is wished for a namespace.
pub(super) struct Wish<'a> {
    pub(super) namespace: &'a Name,
    pub(super) uid: &'a Name,
    pub(super) from: &'a InjectionLabels,
    pub(super) to: &'a InjectionLabels,
    /// The ASM instance on whose side the labels are set.
    pub(super) instance: Option<&'a Name>,
}

pub(super) fn decide(at: &At<'_>, wish: &Wish<'_>) -> Decision {
    let Wish { namespace, uid, from, to, instance } = *wish;
    let kind = ActKind::label(namespace, uid, from, to, instance);
    let done = match standing(at, at.act_id(0), &kind, |_| None) {
        Standing::Due(act) => return Decision::Act(vec![act]),
        Standing::Other(decision) => return decision,
        Standing::Done(done) => done,
    };
    let Some(found) = at.observed.snapshot.namespaces.get(wish.namespace) else {
        return at.ask(Subject::Step, Failure::Gone);
    };
    let found = found.injection_labels();
    if found == *wish.to {
        return at.pass();
    }
    let namespace = wish.namespace.clone();
    match (wish.instance, at.is_late(None, done, UNTIL_SEEN)) {
        (None, true) => at.ask(Subject::Step, Failure::TemplateChanged),
        (Some(_), true) => {
            let (wanted, found) = (label_text(wish.to), label_text(&found));
            at.ask(Subject::Step, Failure::NotSynced { namespace, wanted, found })
        }
        (None, false) => wait(in_flight(kind)),
        (Some(_), false) => wait(Waiting::Sync { namespace }),
    }
}
