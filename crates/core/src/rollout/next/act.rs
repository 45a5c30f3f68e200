//! Where one act stands, and whether to hand it out again.

use jiff::{SignedDuration, Timestamp};

use super::{At, Subject, in_flight, paused, wait};
use crate::rollout::{Act, ActId, ActKind, Decision, Failure, Waiting};

/// Attempts at an act whose failure may pass by itself, before the user is asked.
const MOST_ATTEMPTS: u32 = 5;

/// Where an act stands.
pub(super) enum Standing {
    /// It was done at this time.
    Done(Timestamp),
    /// It has to be done, now.
    Due(Act),
    /// Something else is decided first.
    Other(Decision),
}

/// Where the act of this id stands. A paused run hands out nothing new.
pub(super) fn standing(
    at: &At<'_>,
    id: ActId,
    kind: &ActKind,
    about: impl FnOnce(ActId) -> Option<Decision>,
) -> Standing {
    if at.observed.in_flight.contains(&id) {
        return Standing::Other(wait(in_flight(kind.clone())));
    }
    let due = |id| Standing::Due(Act { id, kind: kind.clone() });
    let Some(known) = at.progress.acts.get(&id) else {
        return if at.progress.paused { Standing::Other(paused()) } else { due(id) };
    };
    if let Some(done) = known.done {
        return Standing::Done(done);
    }
    let Some(why) = &known.failed else {
        // An intent without an outcome: the app ended in between. Performing it again observes
        // first.
        return if at.progress.paused { Standing::Other(paused()) } else { due(id) };
    };
    if !known.transient || known.attempts >= MOST_ATTEMPTS {
        let failure = Failure::Act { act: kind.clone(), why: why.clone() };
        let decision = about(id.clone()).unwrap_or_else(|| at.ask(Subject::Act(id), failure));
        return Standing::Other(decision);
    }
    let again = known.intended + backoff(known.attempts);
    if at.now < again {
        let waiting = Waiting::Retry { why: why.clone() };
        return Standing::Other(Decision::Wait { waiting, until: Some(again) });
    }
    if at.progress.paused { Standing::Other(paused()) } else { due(id) }
}

/// 2, 4, 8, 16 seconds: short enough for a person who watches, long enough for a busy server.
fn backoff(attempts: u32) -> SignedDuration {
    SignedDuration::from_secs(1 << attempts.min(6))
}
