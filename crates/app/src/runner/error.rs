//! Why a run was not started, resumed or told something.

use std::fmt;

use meshlift_cluster::calls::CallError;
use thiserror::Error;

use crate::api::dto::{ApiError, ErrorCode};
use crate::journal::JournalError;

/// Why a run was not started, resumed or told something.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    #[error("no run has the id {run}")]
    Unknown { run: String },
    #[error("run {number} {what}")]
    State { number: u32, what: &'static str },
    #[error("run {number} has no open question {question}")]
    NoQuestion { number: u32, question: String },
    #[error("run {number} can't be answered so: this question has no such answer")]
    NoAnswer { number: u32 },
    #[error("{}", source)]
    Journal { source: Box<JournalError> },
    #[error("{holder} holds the lease of this mesh")]
    Held { holder: String },
    #[error("failed to take the lease of this mesh: {why}")]
    Lease { why: String },
    #[error("failed to identify the cluster of context {context}")]
    Identify { context: String, source: Box<CallError> },
    #[error("{0}")]
    OtherCluster(Box<TwoClusters>),
}

/// A run's own cluster, and the one that its context leads to now. A run that is not begun has no
/// number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TwoClusters {
    pub(crate) number: Option<u32>,
    pub(crate) context: String,
    pub(crate) expected: String,
    pub(crate) server: String,
    pub(crate) found: String,
    pub(crate) found_server: String,
}

impl fmt::Display for TwoClusters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, context, expected, server, found, found_server } = self;
        match number {
            Some(number) => write!(f, "run {number}")?,
            None => f.write_str("the plan")?,
        }
        write!(
            f,
            " belongs to cluster {expected} at {server}; context {context} now leads \
             to cluster {found} at {found_server}"
        )
    }
}

impl From<JournalError> for RunError {
    fn from(source: JournalError) -> Self {
        Self::Journal { source: Box::new(source) }
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        let code = match &error {
            RunError::Unknown { .. } => ErrorCode::RunUnknown,
            RunError::State { .. } => ErrorCode::RunState,
            RunError::NoQuestion { .. } | RunError::NoAnswer { .. } => ErrorCode::RunState,
            RunError::Held { .. } => ErrorCode::MeshLocked,
            RunError::Lease { .. } => {
                return Self::new(ErrorCode::MeshLocked, &error).retryable();
            }
            RunError::OtherCluster(_) => ErrorCode::OtherCluster,
            RunError::Journal { .. } => ErrorCode::Storage,
            RunError::Identify { context: _, source } => {
                let cause = Self::from(&**source);
                return Self { detail: vec![error.to_string()], ..cause };
            }
        };
        Self::new(code, &error)
    }
}
