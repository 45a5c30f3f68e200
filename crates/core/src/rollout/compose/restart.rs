//! *Rolling Upgrade* of workloads, and of gateways that are injected.

use super::{Draft, MeshEnd, Operation, Pace, Refusal, end, supported, waves};
use crate::dataplane::{self, Assessment, Hindrance, Standing, State};
use crate::inventory::{Name, Role, Snapshot, WorkloadRef};
use crate::rollout::Plan;
use crate::version::MeshVersion;

/// A plan that restarts these workloads and verifies their proxies.
pub fn compose_restart(
    snapshot: &Snapshot,
    workloads: &[WorkloadRef],
    pace: &Pace,
) -> Result<Plan, Refusal> {
    supported(snapshot)?;
    let mut due = Vec::new();
    for workload in workloads {
        due.extend(asked_for(snapshot, workload)?);
    }
    let Some(first) = due.first() else { return Err(Refusal::NothingToDo) };
    if let Some(alone) = pace.first.as_ref().filter(|it| !workloads.contains(it)) {
        return Err(Refusal::WorkloadUnknown { workload: alone.clone() });
    }
    let to: Name = first.after.revision.clone().unwrap_or_else(|| "".into());
    let to = end(snapshot, &to);
    let mut draft = Draft::new(Operation::Restart, now(first, &to), to);
    draft.waves(waves::waves(snapshot, &due, pace));
    draft.verify(Vec::new());
    Ok(draft.done(snapshot))
}

/// The assessment of a workload that is to be restarted; nothing when it needs no restart.
fn asked_for(snapshot: &Snapshot, reference: &WorkloadRef) -> Result<Option<Assessment>, Refusal> {
    let workload = snapshot
        .workloads
        .get(reference)
        .ok_or_else(|| Refusal::WorkloadUnknown { workload: reference.clone() })?;
    match workload.role {
        Role::InstalledGateway | Role::ControlPlane => {
            return Err(Refusal::InstalledGateway { workload: reference.clone() });
        }
        Role::Application | Role::InjectedGateway | Role::ManagedGateway => {}
    }
    let assessment = dataplane::assess_one(snapshot, workload);
    let cannot = |hindrance| Refusal::CannotRestart { workload: reference.clone(), hindrance };
    match assessment.state {
        State::UpToDate | State::NoSidecar => Ok(None),
        State::NeedsRestart | State::Behind | State::MissingSidecar => Ok(Some(assessment)),
        State::Rolling | State::Unknown => match assessment.hindrance.clone() {
            // What can't be told is restarted when it is asked for: the new proxy is what the
            // webhook says.
            Some(Hindrance::ProxyUnknown { .. }) => Ok(Some(assessment)),
            Some(hindrance) => Err(cannot(hindrance)),
            None if assessment.state == State::Unknown => Ok(Some(assessment)),
            None => Ok(needs(&assessment).then_some(assessment)),
        },
        State::WouldLoseSidecar => Err(Refusal::WouldLoseSidecar { workload: reference.clone() }),
        State::CannotRestart => Err(cannot(assessment.hindrance.unwrap_or(Hindrance::OwnProxy))),
    }
}

/// Whether some pod runs another proxy than a restart would give it. A difference in the provider's
/// own build alone is none (S27).
pub(super) fn needs(assessment: &Assessment) -> bool {
    let after = &assessment.after;
    let is_other = |standing: &Standing| {
        let running = standing.version.as_ref().map(MeshVersion::istio);
        let is_other_version =
            after.version.as_ref().is_some_and(|version| running != Some(version.istio()));
        standing.revision != after.revision || is_other_version
    };
    after.revision.is_some()
        && assessment.now.iter().any(|standing| standing.has_proxy && is_other(standing))
}

/// Where a workload comes from: what its first pods run.
fn now(assessment: &Assessment, to: &MeshEnd) -> MeshEnd {
    let standing = assessment.now.iter().find(|standing| standing.has_proxy);
    standing.map_or_else(
        || MeshEnd { revision: to.revision.clone(), version: None },
        |standing| MeshEnd {
            revision: standing.revision.clone().unwrap_or_else(|| to.revision.clone()),
            version: standing.version.clone(),
        },
    )
}
