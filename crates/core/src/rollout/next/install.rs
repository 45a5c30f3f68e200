//! `istioctl install`, and the gate after it: every replica ready, of the expected version, and the
//! webhook has answered. Readiness alone is not enough: istiod may say ready before its webhook
//! listens (`domain/istio.md` §22).

use jiff::SignedDuration;

use super::act::{Standing, standing};
use super::{At, Subject, wait};
use crate::inventory::{DEFAULT_REVISION, Name};
use crate::rollout::{ActKind, Decision, Failure, Install, Waiting};

/// How long a control plane may take to come up.
const LIMIT: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn decide(at: &At<'_>, install: &Install) -> Decision {
    let kind = ActKind::Install { install: install.clone() };
    let done = match standing(at, at.act_id(0), &kind, |_| None) {
        Standing::Due(act) => return Decision::Act(vec![act]),
        Standing::Other(decision) => return decision,
        Standing::Done(done) => done,
    };
    let revision: Name = install.revision.clone().unwrap_or_else(|| DEFAULT_REVISION.into());
    let plane = at.observed.snapshot.control_plane(&revision);
    let is_up = plane
        .is_some_and(|plane| plane.is_ready() && plane.version.as_ref() == Some(&install.version));
    if is_up && at.observed.answering.contains(&revision) {
        return at.pass();
    }
    if at.is_late(None, done, LIMIT) {
        return at.ask(Subject::Step, Failure::Timeout { minutes: 10 });
    }
    if is_up {
        return wait(Waiting::Webhook { revision });
    }
    let (ready, replicas) = plane.map_or((0, 0), |plane| (plane.ready, plane.replicas));
    wait(Waiting::ControlPlane { revision, ready, replicas })
}
