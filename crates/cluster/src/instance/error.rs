//! Why an instance was not read, or a call to it not made.

use thiserror::Error;

use crate::calls::CallError;
use crate::provider::asm::{AsmError, Outcome};

/// Why an instance was not read, or a call to it not made.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum InstanceError {
    #[error("{source}")]
    Read { source: Box<AsmError> },
    #[error("{source}")]
    Call { source: Box<AsmError> },
    #[error("gateway {gateway} was not changed: {source}")]
    Gateway { gateway: String, source: Box<CallError> },
    #[error("gateway {gateway} does not exist any more")]
    GatewayGone { gateway: String },
    #[error("ASM has no call that leads to the labels of {namespace}")]
    NoCall { namespace: String },
    #[error("ASM's own API server is not reached: {why}")]
    NoApiServer { why: String },
}

impl InstanceError {
    /// Whether trying again may help without anybody deciding anything. A call that may have been
    /// taken counts: what the instance shows is looked at before it is made again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Read { source } | Self::Call { source } => {
                source.is_transient() || source.outcome() == Outcome::Unknown
            }
            Self::Gateway { gateway: _, source } => source.is_transient() || source.is_conflict(),
            Self::NoApiServer { .. } => true,
            Self::GatewayGone { .. } | Self::NoCall { .. } => false,
        }
    }

    /// Whether the call may have been taken although it failed.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Call { source } => source.outcome() == Outcome::Unknown,
            Self::Gateway { .. } => true,
            Self::Read { .. }
            | Self::GatewayGone { .. }
            | Self::NoCall { .. }
            | Self::NoApiServer { .. } => false,
        }
    }
}
