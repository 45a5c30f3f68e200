//! Who asks: credentials from the places where the cloud's own tools keep them. Nothing is written,
//! stored, logged or shown; keys, secrets and tokens are held in types whose debug form is empty.
//!
//! Entry points: [`find`], which says where a credential comes from without using it, and
//! [`Credentials`], which has it or fetches it when the client needs it. Deliberately absent: asking a
//! user for a key.

mod environment;
mod external;
mod find;
mod ini;
mod issue;
mod issued;
mod profile;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::api::RoleRequest;
use super::error::AsmError;
use super::sender::Sender;
use crate::programs::Programs;

pub use environment::Environment;
pub use find::{Choice, FindError, Found, ProgramUse, Source, find};
pub use profile::Mode;

/// A credential is fetched anew this many seconds before it ends, as the official SDK does.
const EARLY: i64 = 180;

/// An access key, with a token if it is temporary.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) id: SecretString,
    pub(super) secret: SecretString,
    pub(super) token: Option<SecretString>,
    until: Option<Timestamp>,
}

impl Keys {
    pub(super) fn new(id: &str, secret: &str, token: Option<&str>) -> Self {
        let token = token.filter(|token| !token.is_empty()).map(SecretString::from);
        Self { id: id.into(), secret: secret.into(), token, until: None }
    }

    pub(super) fn until(self, until: Option<Timestamp>) -> Self {
        Self { until, ..self }
    }

    fn ends_within(&self, seconds: i64) -> bool {
        let now = Timestamp::now().as_second();
        self.until.is_some_and(|until| until.as_second() - now <= seconds)
    }
}

/// How a credential is had.
#[derive(Debug, Clone)]
enum Method {
    /// It is there. Where it ends by itself, `renewal` says what a user does then.
    Held { keys: Keys, renewal: String },
    /// A role is taken with another credential.
    Role { base: Box<Method>, role: RoleRequest, host: String },
    /// A role is taken with a token that somebody keeps fresh in a file.
    Token { role: RoleRequest, provider: String, file: std::path::PathBuf, host: String },
    /// A server gives it.
    Uri(SecretString),
    /// A program gives it.
    Program { words: Vec<String>, programs: Programs },
}

/// A credential, or the way to it. Clones share what was fetched.
#[derive(Clone)]
pub struct Credentials {
    inner: Arc<Inner>,
}

struct Inner {
    method: Method,
    fetched: Mutex<Option<Keys>>,
}

/// Why there is no credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum CredentialError {
    #[error("the temporary credential has ended: {renewal}")]
    Ended { renewal: String },
    #[error("the role {role} could not be taken: {source}")]
    Role { role: String, source: Box<AsmError> },
    #[error("the answer about the role {role} holds no usable credential")]
    NoKeys { role: String },
    #[error("the token in {file} can't be read: {reason}")]
    TokenFile { file: String, reason: String },
    #[error("the credentials address {reason}")]
    Uri { reason: String },
    #[error("the credential program `{program}` {reason}")]
    Program { program: String, reason: String },
    #[error("fetching the credential was cancelled")]
    Cancelled,
}

impl Credentials {
    /// An access key that is known already, with a token if it is temporary.
    pub fn of_keys(id: &str, secret: &str, token: Option<&str>) -> Self {
        let renewal = "fetch a new one".to_owned();
        Self::new(Method::Held { keys: Keys::new(id, secret, token), renewal })
    }

    fn new(method: Method) -> Self {
        Self { inner: Arc::new(Inner { method, fetched: Mutex::default() }) }
    }

    /// The keys to sign with; fetched if there are none or if they end soon.
    pub(super) async fn current(
        &self,
        sender: &Sender,
        cancel: &CancellationToken,
    ) -> Result<Keys, CredentialError> {
        if let Method::Held { keys, renewal } = &self.inner.method {
            if keys.ends_within(0) {
                return Err(CredentialError::Ended { renewal: renewal.clone() });
            }
            return Ok(keys.clone());
        }
        let mut fetched = self.inner.fetched.lock().await;
        if let Some(keys) = fetched.as_ref().filter(|keys| !keys.ends_within(EARLY)) {
            return Ok(keys.clone());
        }
        let keys = issue::issue(&self.inner.method, sender, cancel).await?;
        *fetched = Some(keys.clone());
        Ok(keys)
    }

    /// Drops keys that the service refused. Says whether others can be fetched.
    pub(super) async fn forget(&self, refused: &Keys) -> bool {
        if let Method::Held { .. } = self.inner.method {
            return false;
        }
        let mut fetched = self.inner.fetched.lock().await;
        let id = refused.id.expose_secret();
        if fetched.as_ref().is_some_and(|keys| keys.id.expose_secret() == id) {
            *fetched = None;
        }
        true
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}
