//! Who asks: credentials from the places where the cloud's own tools keep them. Nothing is written,
//! stored, logged or shown; keys, secrets and tokens are held in types whose debug form is empty.
//!
//! Entry points: [`find`], which says where a credential comes from without using it, [`profiles`],
//! from which a user chooses, and [`Credentials`], which has it or fetches it when the client needs it.
//! Deliberately absent: asking a user for a key.

mod environment;
mod external;
mod find;
mod ini;
mod issue;
mod issued;
mod profile;
mod way;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::api::RoleRequest;
use super::error::AsmError;
use super::sender::Sender;
use crate::programs::Programs;
use way::Way;

pub use environment::Environment;
pub use find::{Choice, FindError, Found, ProgramUse, Source, find, profiles};
pub use profile::{Listed, Mode};

/// A credential is fetched anew this many seconds before it ends, as the official SDK does.
const EARLY: i64 = 180;

/// Keys that may not do something are fetched anew no sooner than this after they were fetched: a
/// right may be missing for good, and what gives the keys may be a program that asks its user.
const SETTLED: Duration = Duration::from_secs(30);

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

    /// Whether these are the same keys: what is renewed may keep its id.
    fn are(&self, other: &Self) -> bool {
        let parts = |keys: &Self| {
            let token = keys.token.as_ref().map(|token| token.expose_secret().to_owned());
            (keys.id.expose_secret().to_owned(), token)
        };
        parts(self) == parts(other)
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
    /// It is looked for whenever it is needed, so one that the user renews meanwhile is the one in use.
    Place { environment: Arc<Environment>, choice: Choice },
}

/// A credential, or the way to it. Clones share what was fetched.
#[derive(Clone)]
pub struct Credentials {
    inner: Arc<Inner>,
}

struct Inner {
    method: Method,
    fetched: Mutex<Option<Fetched>>,
}

/// Keys that were fetched, which way and when.
struct Fetched {
    keys: Keys,
    way: Way,
    at: Instant,
}

/// What the service found wrong with keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// They are no good.
    Refused,
    /// They are good, and may not do what was asked.
    Forbidden,
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
    #[error("{source}")]
    Gone { source: FindError },
    #[error("fetching the credential was cancelled")]
    Cancelled,
}

impl Credentials {
    /// An access key that is known already, with a token if it is temporary.
    pub fn of_keys(id: &str, secret: &str, token: Option<&str>) -> Self {
        let renewal = "fetch a new one".to_owned();
        Self::new(Method::Held { keys: Keys::new(id, secret, token), renewal })
    }

    /// The credential that is found by a choice, looked for anew at every use.
    pub fn at(environment: Arc<Environment>, choice: Choice) -> Self {
        Self::new(Method::Place { environment, choice })
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
        let method = self.method()?;
        if let Method::Held { keys, renewal } = &*method {
            if keys.ends_within(0) {
                return Err(CredentialError::Ended { renewal: renewal.clone() });
            }
            return Ok(keys.clone());
        }
        let way = Way::of(&method);
        let mut fetched = self.inner.fetched.lock().await;
        let usable = |it: &&Fetched| it.way == way && !it.keys.ends_within(EARLY);
        if let Some(Fetched { keys, .. }) = fetched.as_ref().filter(usable) {
            return Ok(keys.clone());
        }
        // Were fetching to fail, what was had some other way would be kept for nothing.
        *fetched = None;
        let keys = issue::issue(&method, sender, cancel).await?;
        *fetched = Some(Fetched { keys: keys.clone(), way, at: Instant::now() });
        Ok(keys)
    }

    /// Drops keys that the service found fault with. Says whether others can be fetched.
    pub(super) async fn forget(&self, refused: &Keys, fault: Fault) -> bool {
        let Ok(method) = self.method() else { return false };
        if let Method::Held { keys, renewal: _ } = &*method {
            return !keys.are(refused);
        }
        let mut fetched = self.inner.fetched.lock().await;
        let is_due = |it: &Fetched| match fault {
            Fault::Refused => true,
            Fault::Forbidden => it.at.elapsed() >= SETTLED,
        };
        if fetched.as_ref().is_some_and(|it| it.keys.are(refused) && is_due(it)) {
            *fetched = None;
        }
        true
    }

    /// How the credential is had now.
    fn method(&self) -> Result<Cow<'_, Method>, CredentialError> {
        match &self.inner.method {
            Method::Place { environment, choice } => {
                let found = find(environment, choice);
                let found = found.map_err(|source| CredentialError::Gone { source })?;
                Ok(Cow::Owned(found.credentials.inner.method.clone()))
            }
            method @ (Method::Held { .. }
            | Method::Role { .. }
            | Method::Token { .. }
            | Method::Uri(_)
            | Method::Program { .. }) => Ok(Cow::Borrowed(method)),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}
