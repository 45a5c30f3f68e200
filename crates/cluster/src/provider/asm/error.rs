//! What can go wrong with a call to the cloud API, each as one sentence with the request id.
//!
//! Entry points: [`AsmError`], [`AsmError::outcome`] for whether a write may have happened, and
//! `answered`, which reads a refusal. Errors are told apart by their codes and never by their words.
//! A group of codes is a variant, because what a user does about it is the same (asm.md §7.6).

use std::time::Duration;

use thiserror::Error;

use super::credentials::CredentialError;
use super::operation::Operation;
use crate::door::Refusal;

mod codes;
pub(super) use codes::{LONGEST, answered, content_type, header_text, within};

/// A refusal, as the API gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The operation that was refused.
    pub operation: Operation,
    /// The HTTP status.
    pub status: u16,
    /// The API's own code; empty if it gave none.
    pub code: String,
    /// The API's own words, without keys and tokens, on one line and cut at a length.
    pub message: String,
    /// The id under which Alibaba Cloud keeps the request; empty if it gave none.
    pub request_id: String,
}

/// Why a call gave no answer that could be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum AsmError {
    #[error("read-only mode is on: {request} was not sent")]
    ReadOnly { request: String },
    #[error("{request} was not sent: it changes the mesh and no intent was journaled for it")]
    NoIntent { request: String },
    #[error("{request} was not sent: such requests are never made from here")]
    NotAllowed { request: String },
    #[error("`{region}` is not the id of a region")]
    Region { region: String },
    #[error("`{address}` is not an address of this computer, and plain HTTP goes nowhere else")]
    NotLoopback { address: String },
    #[error("no client for secure connections can be made: {reason}")]
    NoClient { reason: String },
    #[error("{0}")]
    Credential(#[from] CredentialError),
    #[error("{operation} was cancelled")]
    Cancelled { operation: Operation },
    #[error("{host} does not answer {operation}: {reason}")]
    Unreachable { operation: Operation, host: String, reason: String },
    #[error("{host} did not answer {operation} within {} s", limit.as_secs_f32())]
    Timeout { operation: Operation, host: String, limit: Duration },
    #[error("the answer of {host} to {operation} broke off before its end")]
    Cut { operation: Operation, host: String },
    #[error("the answer of {host} to {operation} is longer than {limit} bytes")]
    TooLong { operation: Operation, host: String, limit: usize },
    #[error(
        "{host} answered {operation} with {status} and {what}, not with the API's JSON{}",
        id(request_id)
    )]
    NotTheApi { operation: Operation, host: String, status: u16, what: String, request_id: String },
    #[error("the answer to {operation} does not have the documented form{}", id(request_id))]
    Undecodable { operation: Operation, request_id: String },
    #[error("the access key is unknown to Alibaba Cloud or switched off{}", place(.0))]
    UnknownKey(Reply),
    #[error("the secret does not belong to the access key: the signature was refused{}", place(.0))]
    WrongSecret(Reply),
    #[error("the temporary credential has expired: sign in again{}", place(.0))]
    ExpiredToken(Reply),
    #[error("the temporary credential is not valid{}", place(.0))]
    InvalidToken(Reply),
    #[error("{}{}", skew(*ahead), place(reply))]
    ClockSkew {
        /// Seconds by which this computer is ahead of the server, negative if behind; none if the
        /// server did not say its time.
        ahead: Option<i64>,
        reply: Reply,
    },
    #[error("the request arrived twice, and the second copy was refused{}", place(.0))]
    ArrivedTwice(Reply),
    #[error("this user is not allowed to do this{}{}", words(.0), place(.0))]
    Forbidden(Reply),
    #[error("the upgrade would lead to another version than the expected one, so nothing was started{}{}", words(.0), place(.0))]
    VersionNotExpected(Reply),
    #[error("Alibaba Cloud does not know the instance or the object{}{}", words(.0), place(.0))]
    NotFound(Reply),
    #[error("the instance is locked{}{}", words(.0), place(.0))]
    Locked(Reply),
    #[error("the name is taken{}{}", words(.0), place(.0))]
    NameTaken(Reply),
    #[error("the instance or its cluster is not ready for this yet{}{}", words(.0), place(.0))]
    NotReady(Reply),
    #[error("something still uses it{}{}", words(.0), place(.0))]
    InUse(Reply),
    #[error("Alibaba Cloud asks to call less often{}{}", wait(*retry_after), place(reply))]
    Throttled { retry_after: Option<Duration>, reply: Reply },
    #[error("the service is not available at the moment{}{}", words(.0), place(.0))]
    Unavailable(Reply),
    #[error("the service failed{}{}", words(.0), place(.0))]
    Server(Reply),
    #[error("the request was refused{}{}", words(.0), place(.0))]
    Rejected(Reply),
}

/// What is known about a write that ended in an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did not happen.
    NothingHappened,
    /// It may have happened: only reading tells.
    Unknown,
}

/// What an error says about a call: whether it may have happened, and whether the same read may well
/// succeed in a moment.
type Bearing = (Outcome, bool);

/// The API, or this side of it, said no. A refusal is an answer: nothing happened.
const REFUSED: Bearing = (Outcome::NothingHappened, false);
/// It said: not now.
const NOT_NOW: Bearing = (Outcome::NothingHappened, true);
/// No answer, half of one, or a failure inside the service.
const LOST: Bearing = (Outcome::Unknown, true);
/// As little is known, and asking at once again would not tell more.
const DARK: Bearing = (Outcome::Unknown, false);

impl AsmError {
    /// What this error says about a write.
    pub fn outcome(&self) -> Outcome {
        self.bearing().0
    }

    /// Whether the same read may well succeed in a moment.
    pub fn is_transient(&self) -> bool {
        self.bearing().1
    }

    fn bearing(&self) -> Bearing {
        match self {
            Self::ReadOnly { .. }
            | Self::NoIntent { .. }
            | Self::NotAllowed { .. }
            | Self::Region { .. }
            | Self::NotLoopback { .. }
            | Self::NoClient { .. }
            | Self::Credential(_)
            | Self::UnknownKey(_)
            | Self::WrongSecret(_)
            | Self::ExpiredToken(_)
            | Self::InvalidToken(_)
            | Self::ClockSkew { .. }
            | Self::Forbidden(_)
            | Self::VersionNotExpected(_)
            | Self::NotFound(_)
            | Self::Locked(_)
            | Self::NameTaken(_)
            | Self::NotReady(_)
            | Self::InUse(_)
            | Self::Rejected(_) => REFUSED,
            Self::Throttled { .. } => NOT_NOW,
            Self::Timeout { .. } | Self::Cut { .. } | Self::Unavailable(_) | Self::Server(_) => {
                LOST
            }
            Self::Cancelled { .. }
            | Self::Unreachable { .. }
            | Self::TooLong { .. }
            | Self::NotTheApi { .. }
            | Self::Undecodable { .. }
            | Self::ArrivedTwice(_) => DARK,
        }
    }

    /// How long the service asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Throttled { retry_after, .. } = self { *retry_after } else { None }
    }

    /// Whether nothing was done because of the pace of the calls, so that even a write may be sent
    /// again.
    pub(super) fn is_throttling(&self) -> bool {
        matches!(self, Self::Throttled { .. })
    }
}

impl From<Refusal> for AsmError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::ReadOnly { request } => Self::ReadOnly { request },
            Refusal::NoIntent { request } => Self::NoIntent { request },
            Refusal::NotAllowed { request } => Self::NotAllowed { request },
        }
    }
}

fn id(request_id: &str) -> String {
    if request_id.is_empty() { String::new() } else { format!(" (request id {request_id})") }
}

/// Operation, code and request id of a refusal, in brackets.
fn place(reply: &Reply) -> String {
    let code = if reply.code.is_empty() { reply.status.to_string() } else { reply.code.clone() };
    let id = match reply.request_id.as_str() {
        "" => "no request id".to_owned(),
        id => format!("request id {id}"),
    };
    format!(" ({}, {code}, {id})", reply.operation)
}

/// The API's own words, if it has any.
fn words(reply: &Reply) -> String {
    let message = reply.message.trim_end_matches(['.', '。']);
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn wait(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(time) => format!(", and to wait {} s", time.as_secs_f32()),
        None => String::new(),
    }
}

fn skew(ahead: Option<i64>) -> String {
    let off = match ahead {
        None => return "the clock of this computer differs too much from the server's".to_owned(),
        Some(ahead) if ahead >= 0 => format!("{} ahead of", span(ahead)),
        Some(ahead) => format!("{} behind", span(-ahead)),
    };
    format!("the clock of this computer is {off} the server's: set it right and try again")
}

fn span(seconds: i64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}
