//! What to do next: the pure heart of a run.
//!
//! Entry points: the `compose_…` functions make a [`Plan`] from a snapshot, [`next`] decides
//! the next move of a run from its plan, its [`Progress`] and what is observed. Calling [`next`]
//! again after a crash is the whole recovery: an act that already shows in the mesh is recognised
//! and never repeated. Deliberately absent: doing anything, waiting, and any clock but the `now`
//! that is passed in.

mod act;
mod basis;
mod compose;
mod decision;
mod event;
mod facts;
mod fold;
mod istiods;
mod next;
mod plan;
mod progress;
mod question;
#[cfg(test)]
mod testing;
mod traffic;

pub use act::{Act, ActId, ActKind, Install, InstallPart, ObjectRef};
pub use basis::{Basis, Difference};
pub use compose::{
    Binary, Changed, Consent, Forecast, Harm, Move, Named, NoWayBack, Pace, Passing, Refusal,
    Revoke, Unpublish, canary_revision, changed_by_promotion, compose_asm_canary,
    compose_asm_gateway_canary, compose_asm_gateways, compose_asm_promote, compose_asm_revoke,
    compose_asm_unpublish, compose_asm_upgrade, compose_canary, compose_gateways, compose_in_place,
    compose_move, compose_promote, compose_restart, compose_revoke, compose_roll_back,
    compose_unpublish, consents, forecast, gateways_may_return, labels_for, no_way_back,
    restarted_by, what_if,
};
pub use decision::{Decision, Observed, Waiting};
pub use event::{Event, Outcome};
pub use facts::{basis_of, foreign_differences, label_text};
pub use fold::fold;
pub use istiods::{Asked, ConnectedProxy, Istiod, Istiods};
pub use next::{annotation, next, users_of};
pub use plan::{Expectation, MeshEnd, Operation, Plan, Step, StepAction, StepId, Wave, WaveItem};
pub use progress::{ActProgress, Preflight, Progress};
pub use question::{Answer, Failure, Question};
pub use traffic::{RuleChange, RuleEvent, Traffic, TrafficNews, Unseen};
