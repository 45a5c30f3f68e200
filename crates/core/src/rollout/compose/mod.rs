//! Makes the plan of each button of Upgrade Management.
//!
//! Entry points: one function for each operation. Every plan is complete: it names each object it
//! will touch, and carries the facts it rests on. What cannot be promised is refused, with a type
//! that says why. Deliberately absent: prechecks, consents to unclear preflights, and doing it.

mod asm;
mod back;
mod consent;
mod forecast;
mod install;
mod labels;
mod moving;
mod promote;
mod refusal;
mod restart;
mod retire;
mod roll_back;
#[cfg(test)]
mod tests;
mod waves;
pub mod what_if;

use super::{Basis, Expectation, MeshEnd, Operation, Plan, Step, StepAction, StepId, basis_of};
use crate::inventory::{ControlPlane, Name, Snapshot};
use crate::version::MeshVersion;

pub use asm::{
    compose_asm_canary, compose_asm_gateway_canary, compose_asm_gateways, compose_asm_promote,
    compose_asm_revoke, compose_asm_unpublish, compose_asm_upgrade,
};
pub use back::Changed;
pub(super) use back::named_by;
pub use consent::{Consent, consents, gateways_may_return, restarted_by};
pub use forecast::{Forecast, Harm, Passing, forecast};
pub use install::{Binary, canary_revision, compose_canary, compose_gateways, compose_in_place};
pub use labels::labels_for;
pub use moving::{Move, compose_move};
pub use promote::{changed_by_promotion, compose_promote};
pub use refusal::Refusal;
pub use restart::compose_restart;
pub use retire::{Named, Revoke, Unpublish, compose_revoke, compose_unpublish};
pub use roll_back::{NoWayBack, compose_roll_back, no_way_back};
pub use waves::Pace;
pub(super) use what_if::MUTATING;

/// A plan in the making.
struct Draft {
    operation: Operation,
    from: MeshEnd,
    to: MeshEnd,
    steps: Vec<Step>,
}

impl Draft {
    fn new(operation: Operation, from: MeshEnd, to: MeshEnd) -> Self {
        Self { operation, from, to, steps: Vec::new() }
    }

    fn step(&mut self, id: impl Into<String>, action: StepAction) {
        self.steps.push(Step { id: StepId(id.into()), action });
    }

    /// One step for each wave, numbered on from the waves that are in the plan already.
    fn waves(&mut self, waves: Vec<super::Wave>) {
        for wave in waves {
            self.step(format!("wave-{}", wave.number), StepAction::Restart { wave });
        }
    }

    /// The last step: everything that was promised is read and compared. A plan that promises
    /// nothing that can be read has none.
    fn verify(&mut self, mut expect: Vec<Expectation>) {
        let promised = self.steps.iter().flat_map(|step| match &step.action {
            StepAction::Restart { wave } => waves::promises(wave),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => Vec::new(),
        });
        expect.extend(promised);
        if !expect.is_empty() {
            self.step("verify", StepAction::Verify { expect });
        }
    }

    fn done(self, snapshot: &Snapshot) -> Plan {
        let mut plan = Plan {
            operation: self.operation,
            cluster_uid: snapshot.cluster.uid.clone(),
            instance: snapshot.instance.as_ref().map(|instance| instance.id.clone()),
            from: self.from,
            to: self.to,
            steps: self.steps,
            basis: Basis::default(),
        };
        plan.basis = basis_of(&plan, snapshot);
        plan
    }
}

/// The control plane of a revision.
fn plane<'a>(snapshot: &'a Snapshot, revision: &str) -> Result<&'a ControlPlane, Refusal> {
    snapshot
        .control_plane(revision)
        .ok_or_else(|| Refusal::NoControlPlane { revision: revision.into() })
}

/// The control plane of a revision, if it may be relied on.
fn ready_plane<'a>(snapshot: &'a Snapshot, revision: &str) -> Result<&'a ControlPlane, Refusal> {
    let found = plane(snapshot, revision)?;
    if found.is_ready() {
        return Ok(found);
    }
    let revision = found.revision.clone();
    Err(Refusal::NotReady { revision, ready: found.ready, replicas: found.replicas })
}

fn version_of(plane: &ControlPlane) -> Result<&MeshVersion, Refusal> {
    plane.version.as_ref().ok_or_else(|| Refusal::VersionUnknown {
        revision: plane.revision.clone(),
        image: plane.image.clone(),
    })
}

/// One end of an upgrade, as the mesh is now.
fn end(snapshot: &Snapshot, revision: &Name) -> MeshEnd {
    let version = snapshot.control_plane(revision).and_then(|plane| plane.version.clone());
    MeshEnd { revision: revision.clone(), version }
}

/// The control plane as it must be at the end; nothing when its version can't be told.
fn stands(plane: &ControlPlane) -> Option<Expectation> {
    let version = plane.version.clone()?;
    Some(Expectation::ControlPlane { revision: plane.revision.clone(), version })
}

fn supported(snapshot: &Snapshot) -> Result<(), Refusal> {
    match snapshot.unsupported.first() {
        Some(what) => Err(Refusal::Unsupported { what: *what }),
        None => Ok(()),
    }
}
