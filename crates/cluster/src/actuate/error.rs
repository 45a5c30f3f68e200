//! Why an act was not done.

use std::fmt;

use meshlift_core::rollout::ObjectRef;
use thiserror::Error;

use crate::calls::CallError;

/// Why an act was not done. Nothing more is known than that: a write whose answer was lost may have
/// happened, and is recognised when the act is tried again.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct ActError {
    /// What kind of reason it is.
    pub kind: ActErrorKind,
    /// The reason as one sentence.
    pub message: String,
    /// Whether trying the same again may help without anybody deciding anything.
    pub transient: bool,
    /// The call that failed, if one did.
    #[source]
    pub source: Option<Box<CallError>>,
}

/// What kind of reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActErrorKind {
    /// Somebody else changed the object again and again.
    Conflict,
    /// The object is not what the act was decided for.
    Guard,
    /// The object is gone.
    Gone,
    /// The user may not do it.
    Forbidden,
    /// The user is not logged in any more.
    Unauthorized,
    /// Read-only mode is on.
    ReadOnly,
    /// The server refused what was sent.
    Refused,
    /// The server could not be asked, or was too busy.
    Unavailable,
    /// A child program failed.
    Program,
    /// It was cancelled.
    Cancelled,
}

impl ActError {
    fn new(kind: ActErrorKind, message: String) -> Self {
        let transient = match kind {
            ActErrorKind::Unavailable | ActErrorKind::Conflict => true,
            ActErrorKind::Guard
            | ActErrorKind::Gone
            | ActErrorKind::Forbidden
            | ActErrorKind::Unauthorized
            | ActErrorKind::ReadOnly
            | ActErrorKind::Refused
            | ActErrorKind::Program
            | ActErrorKind::Cancelled => false,
        };
        Self { kind, message, transient, source: None }
    }

    pub(crate) fn guard(message: impl Into<String>) -> Self {
        Self::new(ActErrorKind::Guard, message.into())
    }

    pub(crate) fn gone(object: &impl fmt::Display) -> Self {
        Self::new(ActErrorKind::Gone, format!("{object} is gone"))
    }

    pub(crate) fn replaced(object: &impl fmt::Display) -> Self {
        Self::guard(format!("another object has the name of {object} now"))
    }

    pub(crate) fn conflict(object: &impl fmt::Display) -> Self {
        let message = format!("somebody else keeps changing {object}");
        Self::new(ActErrorKind::Conflict, message)
    }

    pub(crate) fn malformed(object: &ObjectRef) -> Self {
        Self::guard(format!("{object} is not built as Istio builds it"))
    }

    pub(crate) fn program(message: String) -> Self {
        Self::new(ActErrorKind::Program, message)
    }

    pub(crate) fn read_only(message: String) -> Self {
        Self::new(ActErrorKind::ReadOnly, message)
    }

    pub(crate) fn cancelled(message: String) -> Self {
        Self::new(ActErrorKind::Cancelled, message)
    }
}

impl From<CallError> for ActError {
    fn from(error: CallError) -> Self {
        let mut message = error.to_string();
        if let CallError::Forbidden { message: said, .. } = &error
            && !said.is_empty()
        {
            message = format!("{message}: {said}");
        }
        let mut made = Self::new(kind_of(&error), message);
        made.source = Some(Box::new(error));
        made
    }
}

fn kind_of(error: &CallError) -> ActErrorKind {
    match error {
        CallError::Unreachable { .. }
        | CallError::Timeout { .. }
        | CallError::TooManyRequests { .. }
        | CallError::Server { .. }
        | CallError::Gone { .. } => ActErrorKind::Unavailable,
        CallError::WrongAuthority { .. }
        | CallError::CertificateExpired { .. }
        | CallError::Insecure { .. }
        | CallError::Unauthorized { .. }
        | CallError::CredentialProgram { .. } => ActErrorKind::Unauthorized,
        CallError::Forbidden { .. } | CallError::NotAllowed { .. } => ActErrorKind::Forbidden,
        CallError::ReadOnly { .. } => ActErrorKind::ReadOnly,
        CallError::Conflict { .. } | CallError::AlreadyExists { .. } => ActErrorKind::Conflict,
        CallError::NotFound { .. } => ActErrorKind::Gone,
        CallError::NoIntent { .. } | CallError::Invalid { .. } | CallError::Decode { .. } => {
            ActErrorKind::Refused
        }
        CallError::Cancelled { .. } => ActErrorKind::Cancelled,
    }
}
