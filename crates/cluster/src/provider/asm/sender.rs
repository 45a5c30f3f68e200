//! Sends calls: signs each attempt anew, limits its time, translates what comes back, and tries
//! again where that is safe.
//!
//! Entry point: [`Sender::send`]. A read is tried again after throttling, a failure of the service, a
//! time-out or half an answer; a write only after throttling, the one answer that says that nothing
//! happened and that the same request will do. Both end with the budget of [`Limits::retry`]; each
//! pause is in the log. Whether a call may leave is asked before every sending: much can be decided
//! during a pause.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::credentials::Keys;
use super::error::{AsmError, answered, content_type, header_text};
use super::operation::Effect;
use super::parameters::Call;
use super::signature::{Signed, Stamp, sign};
use super::throttle;
use super::transport::{Answer, Transport};
use crate::calls::escape;
use crate::door::Refusal;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One read.
    pub read: Duration,
    /// One write.
    pub write: Duration,
    /// A call is not sent again if its pause would end later than this after its first try.
    pub retry: Duration,
    /// The first pause, if the service does not ask for another; later ones are longer.
    pub pause: Duration,
    /// A program that gives a credential.
    pub program: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(10),
            write: Duration::from_secs(30),
            retry: Duration::from_secs(30),
            pause: Duration::from_secs(3),
            program: Duration::from_mins(1),
        }
    }
}

/// Sends calls on one way and within the same limits.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub(super) transport: Transport,
    pub(super) limits: Limits,
}

impl Sender {
    /// The body of a good answer. `admit` says whether the call may leave.
    pub(super) async fn send(
        &self,
        call: &Call,
        keys: Option<&Keys>,
        admit: impl Fn() -> Result<(), Refusal> + Send,
        cancel: &CancellationToken,
    ) -> Result<Bytes, AsmError> {
        let started = Instant::now();
        let mut tries = 0;
        loop {
            admit()?;
            let error = match self.once(call, keys, cancel).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            tries += 1;
            let pause = error.retry_after().unwrap_or(throttle::pause(self.limits.pause, tries));
            let again = match call.operation.effect() {
                Effect::Reads => error.is_transient(),
                Effect::Writes => error.is_throttling(),
            };
            if !again || started.elapsed() + pause > self.limits.retry {
                return Err(error);
            }
            tracing::info!(operation = %call.operation, %error, tries, ?pause, "sending again after a pause");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = cancel.cancelled() => {
                    return Err(AsmError::Cancelled { operation: call.operation });
                }
            }
        }
    }

    async fn once(
        &self,
        call: &Call,
        keys: Option<&Keys>,
        cancel: &CancellationToken,
    ) -> Result<Bytes, AsmError> {
        let operation = call.operation;
        let limit = match operation.effect() {
            Effect::Reads => self.limits.read,
            Effect::Writes => self.limits.write,
        };
        if cancel.is_cancelled() {
            return Err(AsmError::Cancelled { operation });
        }
        tracing::debug!(%operation, host = call.host, "sending");
        let signed = sign(call, keys, &Stamp::now());
        let secrets = Secrets::of(call, keys, &signed);
        let answer = tokio::select! {
            answer = tokio::time::timeout(limit, self.transport.send(call, signed)) => answer,
            () = cancel.cancelled() => return Err(AsmError::Cancelled { operation }),
        };
        let answer = answer.map_err(|_| AsmError::Timeout {
            operation,
            host: call.host.clone(),
            limit,
        })??;
        read(call, &secrets, answer)
    }
}

/// The body of an answer that says yes and is JSON.
fn read(call: &Call, secrets: &Secrets, answer: Answer) -> Result<Bytes, AsmError> {
    let Answer { status, headers, body } = answer;
    let operation = call.operation;
    let request_id = header_text(&headers, "x-acs-request-id");
    tracing::debug!(%operation, %status, request_id, bytes = body.len(), "answered");
    let redirected = status.is_redirection();
    let not_the_api = || AsmError::NotTheApi {
        operation,
        host: call.host.clone(),
        status: status.as_u16(),
        what: if redirected { "a redirection".to_owned() } else { content_type(&headers) },
        request_id: request_id.clone(),
    };
    if status.is_client_error() || status.is_server_error() {
        let scrub = |text: &str| secrets.out_of(text);
        return Err(answered(operation, &call.host, status, &headers, &body, scrub));
    }
    let kind = content_type(&headers);
    let says_json = kind.contains("json") || !headers.contains_key(http::header::CONTENT_TYPE);
    if status != StatusCode::OK || !says_json {
        return Err(not_the_api());
    }
    Ok(body)
}

/// What was sent and must not come back in a sentence: a server may quote a request.
struct Secrets(Vec<SecretString>);

impl Secrets {
    fn of(call: &Call, keys: Option<&Keys>, signed: &Signed) -> Self {
        let keys = keys.map(|keys| [Some(&keys.secret), keys.token.as_ref(), Some(&keys.id)]);
        let keys = keys.into_iter().flatten().flatten().map(ExposeSecret::expose_secret);
        let token = call.form.as_ref().and_then(|form| form.value("OIDCToken"));
        let signature = signed
            .headers
            .iter()
            .find(|(name, _)| *name == "authorization")
            .and_then(|(_, value)| value.rsplit_once("Signature="))
            .map(|(_, signature)| signature);
        let plain = keys.chain(token).chain(signature).filter(|secret| !secret.is_empty());
        let both = plain.flat_map(|secret| [SecretString::from(secret), escape(secret).into()]);
        Self(both.collect())
    }

    fn out_of(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret.expose_secret(), "***"))
    }
}
