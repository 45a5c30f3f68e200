//! Istio's own objects change, one guarded act after the other: promoting, and removing a revision
//! by a named list.

use super::act::{Standing, standing};
use super::seen::shows;
use super::{At, Subject, UNTIL_SEEN, in_flight, wait};
use crate::dataplane;
use crate::inventory::{Role, Snapshot};
use crate::rollout::{ActKind, Decision, Failure, Operation};

pub(super) fn decide(at: &At<'_>, acts: &[ActKind]) -> Decision {
    let mut unseen = None;
    let mut due = None;
    for (index, kind) in acts.iter().enumerate() {
        let id = at.act_id(index);
        match standing(at, id, kind, |_| None) {
            Standing::Done(done) if !shows(at.observed.snapshot, kind) => {
                unseen = Some((done, kind));
            }
            Standing::Done(_) => {}
            // Also when an earlier act is due: a dry run refused this one, and half a change is
            // worse than none.
            Standing::Other(decision) => return decision,
            Standing::Due(act) => due = due.or(Some(act)),
        }
    }
    if let Some(act) = due {
        let removes = matches!(act.kind, ActKind::Delete { .. });
        let in_use = removes.then(|| still_used(at)).flatten();
        return match in_use {
            Some(failure) => at.ask(Subject::Step, failure),
            None => Decision::Act(vec![act]),
        };
    }
    let Some((done, kind)) = unseen else { return at.pass() };
    if at.is_late(None, done, UNTIL_SEEN) {
        let why = "the mesh does not show it: somebody else may have changed it back".to_owned();
        return at.ask(Subject::Step, Failure::Act { act: kind.clone(), why });
    }
    wait(in_flight(kind.clone()))
}

/// A revision is removed only when nothing follows it any more (`domain/istio.md` §16). Its own
/// first objects are gone while the rest is removed, so only pods and labels count.
fn still_used(at: &At<'_>) -> Option<Failure> {
    match at.plan.operation {
        Operation::Revoke | Operation::Unpublish => {}
        Operation::UpgradeControlPlane
        | Operation::DeployCanary
        | Operation::MoveNamespaces
        | Operation::Restart
        | Operation::UpgradeGateways
        | Operation::GatewayCanary
        | Operation::Promote
        | Operation::RollBack => return None,
    }
    let revision = &at.plan.from.revision;
    let count = users_of(at.observed.snapshot, revision);
    (count > 0).then(|| Failure::StillUsed { revision: revision.clone(), count })
}

/// How many pods run a proxy of a revision, plus how many workloads its webhooks would inject.
pub fn users_of(snapshot: &Snapshot, revision: &str) -> u32 {
    let runs_it = snapshot
        .pods
        .values()
        .filter(|pod| !pod.is_finished() && !pod.terminating)
        .filter_map(|pod| pod.proxy.as_ref()?.revision.as_deref())
        .filter(|running| *running == revision);
    let follows_it = dataplane::assess(snapshot)
        .into_iter()
        .filter(|assessment| assessment.role != Role::ControlPlane)
        .filter(|assessment| assessment.after.revision.as_deref() == Some(revision));
    u32::try_from(runs_it.count() + follows_it.count()).unwrap_or(u32::MAX)
}
