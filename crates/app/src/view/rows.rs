//! The data plane: one row for each workload.
//!
//! Entry point: [`rows`]. Pure: a snapshot and what is assessed of it become rows.

use meshlift_cluster::actuate::command_line;
use meshlift_core::asm::Call;
use meshlift_core::dataplane::{Assessment, Hindrance, Standing, State};
use meshlift_core::inventory::{ControlPlane, Name, Role, RolloutState, Snapshot, Workload};
use meshlift_core::rollout::ActKind;
use meshlift_core::version::MeshVersion;

use super::behind::behind;
use super::roles::roles;
use super::tabs::needs_restart;
use super::targets::InPlaceAhead;
use super::why;
use super::words::{no, row_id, yes};
use crate::api::dto::{Availability, DataPlaneRow, Mark, Phrase, PhraseCode as Code, RowState};

/// One row for each assessed workload that has to do with the mesh.
pub(crate) fn rows(
    snapshot: &Snapshot,
    assessments: &[Assessment],
    context: &str,
    blocked: Option<&Phrase>,
    ahead: Option<InPlaceAhead<'_>>,
) -> Vec<DataPlaneRow> {
    assessments
        .iter()
        .filter_map(|assessment| {
            let workload = snapshot.workloads.get(&assessment.workload)?;
            let row = row(snapshot, assessment, workload, context, blocked);
            Some(match ahead.filter(|ahead| comes_later(snapshot, assessment, ahead)) {
                Some(ahead) => later(row, ahead, blocked),
                None => row,
            })
        })
        .collect()
}

/// The state of an installed gateway: it is not injected, so it is compared with the control plane
/// that its next upgrade brings it to.
pub(crate) fn state(snapshot: &Snapshot, assessment: &Assessment) -> State {
    match assessment.role {
        Role::InstalledGateway => {}
        Role::Application | Role::InjectedGateway | Role::ManagedGateway | Role::ControlPlane => {
            return assessment.state;
        }
    }
    let Some(plane) = installed_after(snapshot) else { return State::Unknown };
    let Some(newest) = &plane.version else { return State::Unknown };
    let versions = || assessment.now.iter().map(|standing| standing.version.as_ref());
    if versions().any(|version| version.is_none()) {
        return State::Unknown;
    }
    // After a promotion it still hangs on the old revision, whatever its version.
    let elsewhere =
        |standing: &Standing| standing.revision.as_ref().is_some_and(|own| *own != plane.revision);
    if assessment.now.iter().any(elsewhere) {
        return State::NeedsRestart;
    }
    let is_behind = versions().flatten().any(|version| version.istio() < newest.istio());
    if is_behind { State::Behind } else { State::UpToDate }
}

/// Whether a workload is up to date only until the upgrade that lies ahead, and its restart helps then.
pub(crate) fn comes_later(
    snapshot: &Snapshot,
    assessment: &Assessment,
    ahead: &InPlaceAhead<'_>,
) -> bool {
    let follows = match assessment.role {
        Role::InstalledGateway => true,
        Role::Application | Role::InjectedGateway | Role::ManagedGateway | Role::ControlPlane => {
            let goes = assessment.after.revision.as_deref() == Some(ahead.revision);
            goes && assessment.hindrance.is_none()
        }
    };
    follows && state(snapshot, assessment) == State::UpToDate
}

/// The row of a workload whose restart is a later step.
fn later(row: DataPlaneRow, ahead: InPlaceAhead<'_>, blocked: Option<&Phrase>) -> DataPlaneRow {
    let first = || Phrase::plain(Code::ReasonControlPlaneFirst);
    let code = if row.gateway { Code::RowGatewayLater } else { Code::RowLater };
    DataPlaneRow {
        proxy_after: Some(ahead.version.numbers()),
        state: RowState::Later,
        label: Phrase::plain(code),
        mark: Mark::Idle,
        restart: no(blocked.cloned().unwrap_or_else(first)),
        ..row
    }
}

/// The control plane that an upgrade of the install's gateways brings them to.
pub(crate) fn installed_after(snapshot: &Snapshot) -> Option<&ControlPlane> {
    roles(snapshot).stable
}

fn row(
    snapshot: &Snapshot,
    assessment: &Assessment,
    workload: &Workload,
    context: &str,
    blocked: Option<&Phrase>,
) -> DataPlaneRow {
    let state = state(snapshot, assessment);
    let held = held(assessment, state);
    let status = &workload.status;
    let installed = assessment.role == Role::InstalledGateway;
    let proxy_after = if installed {
        installed_after(snapshot).and_then(|plane| plane.version.as_ref())
    } else {
        assessment.after.version.as_ref()
    };
    let revision_after = if installed {
        installed_after(snapshot).map(|plane| plane.revision.clone())
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
        behind: behind(snapshot, assessment),
        proxy_after: proxy_after.map(MeshVersion::numbers),
        revision_now: revisions(assessment),
        revision_after: revision_after.map(|revision| revision.to_string()),
        state: if held.is_some() { RowState::Held } else { row_state(state) },
        label: held.map_or_else(|| label(state, workload), Phrase::plain),
        mark: mark(state),
        why: if snapshot.instance.is_some() && installed {
            Phrase::plain(Code::WhyAsmGateway)
        } else {
            why::why(assessment)
        },
        detail: why::detail(assessment),
        restart: restart(snapshot, assessment, state, blocked),
        command: command_line(&act_of(snapshot, workload), context),
    }
}

/// The act that brings a workload's proxies forward: ASM upgrades its own gateways.
fn act_of(snapshot: &Snapshot, workload: &Workload) -> ActKind {
    let name = &workload.reference.name;
    let gateway = snapshot.instance.as_deref().and_then(|instance| {
        let found = instance.gateways.iter().find(|gateway| gateway.deployment() == **name)?;
        let call =
            Call::UpgradeGateway { gateway: found.name.clone(), target: instance.version.clone()? };
        Some(ActKind::Asm { instance: instance.id.clone(), call })
    });
    gateway.unwrap_or_else(|| restart_of(workload))
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

/// What is up to date and would stay what it is: said before an upgrade, not after it.
fn held(assessment: &Assessment, state: State) -> Option<Code> {
    if state != State::UpToDate || assessment.role == Role::InstalledGateway {
        return None;
    }
    match assessment.hindrance.as_ref()? {
        Hindrance::PinnedImage { image: _ } => Some(Code::RowPinned),
        Hindrance::Paused
        | Hindrance::OnDelete
        | Hindrance::Partition { partition: _ }
        | Hindrance::NoController
        | Hindrance::Kind { of: _ }
        | Hindrance::OwnProxy
        | Hindrance::InjectedTwice
        | Hindrance::ProxyUnknown { image: _ } => Some(Code::RowHeld),
        // New pods of it come by themselves.
        Hindrance::Job | Hindrance::ManagedGateway => None,
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

fn restart(
    snapshot: &Snapshot,
    assessment: &Assessment,
    state: State,
    blocked: Option<&Phrase>,
) -> Availability {
    if let Some(reason) = blocked {
        return no(reason.clone());
    }
    let by_asm = snapshot.instance.is_some() && assessment.role == Role::InstalledGateway;
    if by_asm && needs_restart(state) {
        return yes();
    }
    if by_asm {
        return no(Phrase::plain(Code::ReasonNothingToRestart));
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
