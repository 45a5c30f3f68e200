//! What to do next: the pure heart of a run.
//!
//! Entry points: [`compose`] makes a [`Plan`] from a snapshot and an operation, [`next`] decides
//! the next move of a run from its plan, its [`Progress`] and what is observed. Calling [`next`]
//! again after a crash is the whole recovery: an act that already shows in the mesh is recognised
//! and never repeated. Deliberately absent: doing anything, waiting, and any clock but the `now`
//! that is passed in.

mod act;
mod basis;
mod fold;
mod next;
mod plan;
mod progress;

pub use act::{Act, ActId, ActKind, Install, InstallPart, ObjectRef};
pub use basis::{Basis, Difference};
pub use fold::fold;
pub use next::{annotation, next};
pub use plan::{Expectation, MeshEnd, Operation, Plan, Step, StepAction, StepId, Wave, WaveItem};
pub use progress::{
    ActProgress, Answer, ConnectedProxy, Decision, Event, Failure, Istiod, Observed, Outcome, Preflight, Progress,
    Question, Waiting,
};
