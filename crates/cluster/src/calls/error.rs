//! What can go wrong with a call, each as one sentence that names the server or the object.
//!
//! Entry points: [`CallError`], [`ProgramFault`]; [`translate`] for what the transport says, [`refusal`] for what the
//! server says. Errors are told apart by their types and by the server's codes, never by their words.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::StatusCode;
use rustls::{AlertDescription, CertificateError};
use thiserror::Error;

use super::Asked;
use super::request::Access;
use crate::door::Refusal;
use crate::wire;

/// How a credential program failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramFault {
    /// There is no such program, or it could not be started.
    NotStarted,
    /// It ended with this exit code.
    Exit {
        /// The code.
        code: i32,
    },
    /// It gave no credential: it was too slow, was ended, or printed something else.
    NoCredential,
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum CallError {
    #[error("{address} does not answer: {reason}")]
    Unreachable { address: String, reason: String },
    #[error("{address} did not answer within {} s ({request})", limit.as_secs_f32())]
    Timeout { address: String, request: String, limit: Duration },
    #[error(
        "the certificate of {address} was not issued by the authority that the kubeconfig names"
    )]
    WrongAuthority { address: String },
    #[error("{certificate} has expired")]
    CertificateExpired { certificate: String },
    #[error("no secure connection to {address}: {reason}")]
    Insecure { address: String, reason: String },
    #[error("{address} did not accept the credentials of this context")]
    Unauthorized { address: String },
    #[error("{address} does not let this user {verb} {resource} {}", place(namespace.as_deref()))]
    Forbidden {
        address: String,
        verb: String,
        resource: String,
        namespace: Option<String>,
        /// The server's own words: quotas and policies refuse in the same way as access rules.
        message: String,
    },
    #[error("the credential program `{command}` {reason}")]
    CredentialProgram { command: String, fault: ProgramFault, reason: String },
    #[error("read-only mode is on: {request} was not sent")]
    ReadOnly { request: String },
    #[error("{request} was not sent: it changes the cluster and no intent was journaled for it")]
    NoIntent { request: String },
    #[error("{request} was not sent: such requests are never made from here")]
    NotAllowed { request: String },
    #[error("somebody else changed the object meanwhile ({request}): {message}")]
    Conflict { request: String, message: String },
    #[error("the object is there already ({request})")]
    AlreadyExists { request: String },
    #[error("the server no longer keeps what was asked for ({request})")]
    Gone { request: String },
    #[error("there is no such object ({request})")]
    NotFound { request: String },
    #[error("the server does not accept the request ({request}): {message}")]
    Invalid { request: String, message: String },
    #[error("{address} is too busy")]
    TooManyRequests { address: String, retry_after: Option<Duration> },
    #[error("{address} failed with {status} ({request}): {message}")]
    Server { address: String, request: String, status: u16, message: String },
    #[error("the answer to {request} can't be read: {reason}")]
    Decode { request: String, reason: String },
    #[error("{request} was cancelled")]
    Cancelled { request: String },
}

fn place(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("in namespace {namespace}"),
        None => "in the whole cluster".to_owned(),
    }
}

impl CallError {
    /// Whether the same read may well succeed in a moment.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooManyRequests { .. } => true,
            Self::Server { status, .. } => matches!(*status, 500 | 502..=504),
            Self::Timeout { .. }
            | Self::WrongAuthority { .. }
            | Self::CertificateExpired { .. }
            | Self::Insecure { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::CredentialProgram { .. }
            | Self::ReadOnly { .. }
            | Self::NoIntent { .. }
            | Self::NotAllowed { .. }
            | Self::Conflict { .. }
            | Self::AlreadyExists { .. }
            | Self::Gone { .. }
            | Self::NotFound { .. }
            | Self::Invalid { .. }
            | Self::Decode { .. }
            | Self::Cancelled { .. } => false,
        }
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::TooManyRequests { retry_after, .. } = self { *retry_after } else { None }
    }

    /// A refusal of which only the status is known.
    pub(crate) fn refused(address: &str, path: &str, status: StatusCode) -> Self {
        refusal(address, &Asked::to_get(path), status, None, &[])
    }

    /// Whether asking again would not help: the user may not read it, or it is not there.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Forbidden { .. } | Self::NotFound { .. })
    }

    /// Whether the write lost against another one.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

impl From<Refusal> for CallError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::ReadOnly { request } => Self::ReadOnly { request },
            Refusal::NoIntent { request } => Self::NoIntent { request },
            Refusal::NotAllowed { request } => Self::NotAllowed { request },
        }
    }
}

/// What the server says when it says no.
pub(super) fn refusal(
    address: &str,
    asked: &Asked,
    status: StatusCode,
    retry_after: Option<Duration>,
    body: &[u8],
) -> CallError {
    let said = wire::Status::read(body).unwrap_or_default();
    if status == StatusCode::CONFLICT && said.reason == "AlreadyExists" {
        return CallError::AlreadyExists { request: asked.to_string() };
    }
    let retry_after = retry_after.or_else(|| said.retry_after());
    said_no(address, asked, status, retry_after, said.message)
}

/// What a status means.
pub(super) fn said_no(
    address: &str,
    asked: &Asked,
    status: StatusCode,
    retry_after: Option<Duration>,
    message: String,
) -> CallError {
    let address = address.to_owned();
    let request = asked.to_string();
    match status {
        StatusCode::UNAUTHORIZED => CallError::Unauthorized { address },
        StatusCode::FORBIDDEN => {
            let Access { verb, resource, namespace } = asked.access();
            CallError::Forbidden { address, verb: verb.to_owned(), resource, namespace, message }
        }
        StatusCode::NOT_FOUND => CallError::NotFound { request },
        StatusCode::CONFLICT => CallError::Conflict { request, message },
        StatusCode::GONE => CallError::Gone { request },
        StatusCode::TOO_MANY_REQUESTS => CallError::TooManyRequests { address, retry_after },
        status if status.is_client_error() => CallError::Invalid { request, message },
        status => CallError::Server { address, request, status: status.as_u16(), message },
    }
}

/// What the transport says when there is no answer at all.
pub(crate) fn translate(error: &(dyn Error + 'static), address: &str, asked: &Asked) -> CallError {
    for cause in causes(error) {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return refusal.clone().into();
        }
        if let Some(known) = cause.downcast_ref::<CallError>() {
            return known.clone();
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return insecure(tls, address);
        }
    }
    let reason = match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => "the connection was refused".to_owned(),
        Some(io::ErrorKind::TimedOut) => "connecting to it took too long".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "the connection was cut".to_owned()
        }
        Some(io::ErrorKind::UnexpectedEof) => "the connection ended too early".to_owned(),
        Some(_) | None => root_cause(error),
    };
    tracing::debug!(%asked, reason, "no answer");
    CallError::Unreachable { address: address.to_owned(), reason }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another library's errors, of which a few have words of their own"
)]
fn insecure(error: &rustls::Error, address: &str) -> CallError {
    let address = address.to_owned();
    match error {
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => CallError::WrongAuthority { address },
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => CallError::CertificateExpired { certificate: format!("the certificate of {address}") },
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => CallError::Insecure { address, reason: "its certificate is for another name".into() },
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => {
            CallError::CertificateExpired {
                certificate: "the client certificate of this context".into(),
            }
        }
        rustls::Error::InvalidMessage(_) => {
            CallError::Insecure { address, reason: "it does not speak TLS".into() }
        }
        other => CallError::Insecure { address, reason: other.to_string() },
    }
}

/// The last words of an error: its innermost cause.
pub(crate) fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .find(|kind| *kind != io::ErrorKind::Other)
}

/// An error and what it was caused by. An I/O error hides what it wraps from `source`.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| caused_by(*error))
}

fn caused_by<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
