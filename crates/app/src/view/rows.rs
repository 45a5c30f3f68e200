//! The data plane: one row for each workload.
//!
//! Entry point: [`rows`]. Pure: a snapshot and what is assessed of it become rows.

use meshlift_cluster::actuate::command_line;
use meshlift_core::dataplane::{Assessment, State};
use meshlift_core::inventory::{Name, Role, RolloutState, Snapshot, Workload};
use meshlift_core::rollout::ActKind;
use meshlift_core::version::MeshVersion;

use super::words::{no, row_id, yes};
use super::why;
use crate::api::dto::{Availability, DataPlaneRow, Mark, Phrase, PhraseCode as Code, RowState};

/// One row for each assessed workload that has to do with the mesh.
pub(crate) fn rows(
    snapshot: &Snapshot,
    assessments: &[Assessment],
    context: &str,
    blocked: Option<&Phrase>,
) -> Vec<DataPlaneRow> {
    assessments
        .iter()
        .filter_map(|assessment| {
            let workload = snapshot.workloads.get(&assessment.workload)?;
            Some(row(snapshot, assessment, workload, context, blocked))
        })
        .collect()
}

/// The state of an installed gateway: it is not injected, so only its version can be compared.
pub(crate) fn state(snapshot: &Snapshot, assessment: &Assessment) -> State {
    match assessment.role {
        Role::InstalledGateway => {}
        Role::Application | Role::InjectedGateway | Role::ManagedGateway | Role::ControlPlane => {
            return assessment.state;
        }
    }
    let Some(newest) = installed_after(snapshot, assessment) else { return State::Unknown };
    let versions = || assessment.now.iter().map(|standing| standing.version.as_ref());
    if versions().any(|version| version.is_none()) {
        return State::Unknown;
    }
    let is_behind = versions().flatten().any(|version| version.istio() < newest.istio());
    if is_behind { State::Behind } else { State::UpToDate }
}

/// Version that the control plane of an installed gateway has.
pub(crate) fn installed_after<'a>(
    snapshot: &'a Snapshot,
    assessment: &Assessment,
) -> Option<&'a MeshVersion> {
    let own = assessment.now.iter().find_map(|standing| standing.revision.as_deref());
    let plane = own
        .and_then(|revision| snapshot.control_plane(revision))
        .or_else(|| snapshot.control_planes.first())?;
    plane.version.as_ref()
}

fn row(
    snapshot: &Snapshot,
    assessment: &Assessment,
    workload: &Workload,
    context: &str,
    blocked: Option<&Phrase>,
) -> DataPlaneRow {
    let state = state(snapshot, assessment);
    let status = &workload.status;
    let installed = assessment.role == Role::InstalledGateway;
    let proxy_after = if installed {
        installed_after(snapshot, assessment)
    } else {
        assessment.after.version.as_ref()
    };
    let revision_after = if installed {
        assessment.now.iter().find_map(|standing| standing.revision.clone())
    } else {
        assessment.after.revision.clone()
    };
    DataPlaneRow {
        id: row_id(&workload.reference),
        namespace: workload.reference.namespace.to_string(),
        name: workload.reference.name.to_string(),
        kind: workload.reference.kind.to_string(),
        gateway: is_gateway(assessment.role),
        ready: status.ready,
        pods: status.desired,
        proxy_now: versions(assessment),
        proxy_after: proxy_after.map(MeshVersion::numbers),
        revision_now: revisions(assessment),
        revision_after: revision_after.map(|revision| revision.to_string()),
        state: row_state(state),
        label: label(state, workload),
        mark: mark(state),
        why: why::why(assessment),
        detail: why::detail(assessment),
        restart: restart(assessment, state, blocked),
        command: command_line(&restart_of(workload), context),
    }
}

/// The act that restarts a workload.
fn restart_of(workload: &Workload) -> ActKind {
    ActKind::Restart {
        workload: workload.reference.clone(),
        uid: workload.uid.clone(),
        template_hash: workload.template.hash.clone(),
    }
}

pub(crate) fn is_gateway(role: Role) -> bool {
    match role {
        Role::InjectedGateway | Role::InstalledGateway | Role::ManagedGateway => true,
        Role::Application | Role::ControlPlane => false,
    }
}

fn versions(assessment: &Assessment) -> Vec<String> {
    let mut found: Vec<&MeshVersion> =
        assessment.now.iter().filter_map(|standing| standing.version.as_ref()).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(MeshVersion::numbers).collect()
}

fn revisions(assessment: &Assessment) -> Vec<String> {
    let mut found: Vec<&Name> =
        assessment.now.iter().filter_map(|standing| standing.revision.as_ref()).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(ToString::to_string).collect()
}

fn row_state(state: State) -> RowState {
    match state {
        State::UpToDate => RowState::UpToDate,
        State::NeedsRestart => RowState::NeedsRestart,
        State::Behind => RowState::Behind,
        State::WouldLoseSidecar => RowState::WouldLoseSidecar,
        State::MissingSidecar => RowState::MissingSidecar,
        State::NoSidecar => RowState::NoSidecar,
        State::CannotRestart => RowState::CannotRestart,
        State::Rolling => RowState::Rolling,
        State::Unknown => RowState::Unknown,
    }
}

fn label(state: State, workload: &Workload) -> Phrase {
    let code = match state {
        State::UpToDate => Code::RowUpToDate,
        State::NeedsRestart => Code::RowNeedsRestart,
        State::Behind => Code::RowBehind,
        State::WouldLoseSidecar => Code::RowWouldLose,
        State::MissingSidecar => Code::RowMissing,
        State::NoSidecar => Code::RowNoSidecar,
        State::CannotRestart => Code::RowCannotRestart,
        State::Unknown => Code::RowUnknown,
        State::Rolling => return rolling(workload),
    };
    Phrase::plain(code)
}

fn rolling(workload: &Workload) -> Phrase {
    let (done, wanted) = match workload.status.rollout() {
        RolloutState::Rolling { done, wanted } => (done, wanted),
        RolloutState::Unseen | RolloutState::Complete | RolloutState::DeadlineExceeded => {
            (0, workload.status.desired)
        }
    };
    Phrase::with(Code::RowRolling, [("done", done.to_string()), ("wanted", wanted.to_string())])
}

fn mark(state: State) -> Mark {
    match state {
        State::UpToDate => Mark::Ok,
        State::NeedsRestart | State::Behind | State::MissingSidecar => Mark::Warning,
        State::WouldLoseSidecar => Mark::Bad,
        State::NoSidecar => Mark::Outside,
        State::CannotRestart | State::Unknown => Mark::Warning,
        State::Rolling => Mark::Busy,
    }
}

fn restart(assessment: &Assessment, state: State, blocked: Option<&Phrase>) -> Availability {
    if let Some(reason) = blocked {
        return no(reason.clone());
    }
    if assessment.role == Role::InstalledGateway {
        return no(cannot(Phrase::plain(Code::WhyInstalledGateway)));
    }
    if let Some(hindrance) = &assessment.hindrance {
        return no(cannot(why::hindrance(hindrance, assessment.matches)));
    }
    match state {
        State::NeedsRestart | State::Behind | State::MissingSidecar => yes(),
        // A plain restart of what is up to date changes nothing of the mesh.
        State::UpToDate | State::NoSidecar => no(Phrase::plain(Code::ReasonNothingToRestart)),
        State::WouldLoseSidecar | State::CannotRestart | State::Rolling | State::Unknown => {
            no(cannot(why::why(assessment)))
        }
    }
}

fn cannot(why: Phrase) -> Phrase {
    Phrase::plain(Code::ReasonCannotRestart).saying("why", why)
}
