//! Why a plan was not made or not started.

use meshlift_cluster::calls::CallError;
use meshlift_core::rollout::{Difference, Refusal};
use thiserror::Error;

use crate::api::dto::{ApiError, ErrorCode, Phrase, PhraseCode};
use crate::view::words;

/// Why a plan was not made or not started.
#[derive(Debug, Error)]
pub(crate) enum PlanError {
    #[error("`{text}` is not a version")]
    Version { text: String },
    #[error("`{id}` names no workload of this mesh")]
    Workload { id: String },
    #[error("{}", said.english())]
    Unavailable { said: Box<Phrase>, code: ErrorCode },
    #[error("{source}")]
    Refused { source: Box<Refusal> },
    #[error("failed to list what belongs to revision {revision}")]
    Objects { revision: String, source: Box<CallError> },
    #[error("no plan has the digest {digest}")]
    Unknown { digest: String },
    #[error("type the name of the context, {context}, to confirm")]
    NotTyped { context: String },
    #[error("{count} blocking findings have to be resolved first")]
    Blocked { count: usize },
    #[error("consent is missing: {}", missing.join(", "))]
    NoConsent { missing: Vec<String> },
    #[error("the mesh is no longer what the plan was made from")]
    Outdated { differences: Vec<Difference> },
    #[error("read-only is on")]
    ReadOnly,
    #[error("it is a saved snapshot: nothing can be run on it")]
    Saved,
    #[error("run {number} is not finished on this mesh")]
    RunActive { number: u32 },
    #[error("the mesh of {context} could not be looked at: it is being worked on")]
    Interrupted { context: String },
}

impl From<PlanError> for ApiError {
    fn from(error: PlanError) -> Self {
        let code = match &error {
            PlanError::Version { .. } | PlanError::Workload { .. } => ErrorCode::BadRequest,
            PlanError::Unavailable { said, code } => {
                return Self::new(*code, &error).saying((**said).clone());
            }
            PlanError::Refused { .. } => ErrorCode::PlanBlocked,
            PlanError::Objects { revision: _, source } => {
                let cause = Self::from(&**source);
                return Self { detail: vec![error.to_string()], ..cause };
            }
            PlanError::Unknown { .. } => {
                return Self::new(ErrorCode::PlanUnknown, &error)
                    .hinting(Phrase::plain(PhraseCode::HintPlanAgain));
            }
            PlanError::NotTyped { .. }
            | PlanError::Blocked { .. }
            | PlanError::NoConsent { .. }
            | PlanError::Saved => ErrorCode::PlanBlocked,
            PlanError::Outdated { differences } => {
                let detail = differences.iter().map(words::difference).collect();
                return Self { detail, ..Self::new(ErrorCode::PlanOutdated, &error) }
                    .hinting(Phrase::plain(PhraseCode::HintPlanAgain));
            }
            PlanError::ReadOnly => {
                return Self::new(ErrorCode::ReadOnly, &error)
                    .hinting(Phrase::plain(PhraseCode::HintTurnOffReadOnly));
            }
            PlanError::RunActive { .. } => ErrorCode::MeshLocked,
            PlanError::Interrupted { .. } => ErrorCode::Internal,
        };
        Self::new(code, &error)
    }
}
