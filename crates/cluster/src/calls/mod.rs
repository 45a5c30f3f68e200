//! Calls to the API server: every one has a time limit and can be cancelled, reads are tried again
//! within a budget, writes never are.
//!
//! Entry point: [`Calls`], had from [`crate::connection::Connection::calls`]. A write names the intent
//! that was journaled for it. Deliberately absent: repeating a write. Whether one that was not
//! answered happened is found out by reading, and that is decided by the run.

mod error;
mod request;

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::{Body, Client};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::io::StreamReader;
use tokio_util::sync::CancellationToken;

use crate::door::{INTENT_HEADER, IntentId};

pub use error::{CallError, ProgramFault};
pub(crate) use error::{root_cause, translate};
pub(crate) use request::Asked;

/// Content type of JSON.
pub const JSON: &str = "application/json";
/// Content type of a JSON patch, which can test what it replaces.
pub const JSON_PATCH: &str = "application/json-patch+json";
/// Content type of a merge patch.
pub const MERGE_PATCH: &str = "application/merge-patch+json";
/// Content type of a strategic merge patch.
pub const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Reaching the server, TLS included.
    pub connect: Duration,
    /// One read.
    pub read: Duration,
    /// One write.
    pub write: Duration,
    /// A read is not tried again once this has passed since its first try.
    pub retry: Duration,
    /// A credential program.
    pub credential: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(10),
            write: Duration::from_secs(30),
            retry: Duration::from_secs(15),
            // A first sign-in through a browser takes a person's time.
            credential: Duration::from_mins(1),
        }
    }
}

/// Calls to one API server.
#[derive(Clone)]
pub struct Calls {
    client: Client,
    address: Arc<str>,
    limits: Limits,
    cancel: CancellationToken,
}

/// An answer that is not decoded yet.
pub(crate) struct Reply {
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) date: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

impl Calls {
    pub(crate) fn new(client: Client, address: Arc<str>, limits: Limits) -> Self {
        Self { client, address, limits, cancel: CancellationToken::new() }
    }

    /// The same calls, which all end when `cancel` does.
    #[must_use]
    pub fn until(&self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self.clone() }
    }

    /// How long things may take.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Reads one object or list as JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        decode(path, &self.read(path, JSON).await?.body)
    }

    /// Reads one object that may be missing.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, CallError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(CallError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every item of a list, page by page; `path` may hold a selector.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, CallError> {
        let mut items = Vec::new();
        self.pages(path, PAGE, |page| items.extend(page)).await?;
        Ok(items)
    }

    /// Reads a list in pages of `size` and hands each over as it comes, so that only one is held.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        size: u32,
        mut take: impl FnMut(Vec<T>),
    ) -> Result<(), CallError> {
        let mut token = String::new();
        loop {
            let page: Page<T> = self.get(&page_path(path, size, &token)).await?;
            take(page.items);
            match page.metadata.token {
                Some(next) if !next.is_empty() => token = next,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// The API server's clock, to the second: the `Date` of an answer. None when it sends none.
    pub(crate) async fn server_clock(&self) -> Result<Option<jiff::Timestamp>, CallError> {
        let date = self.read("/version", JSON).await?.date;
        let text = date.as_ref().and_then(|date| date.to_str().ok());
        let parsed = text.and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        Ok(parsed.map(|moment| moment.timestamp()))
    }

    /// Asks one of the questions that a user may ask about themselves.
    pub async fn ask(&self, path: &str, question: &Value) -> Result<Value, CallError> {
        let body = serde_json::to_vec(question).map_err(|error| undecodable(path, &error))?;
        let request = self.request(&Method::POST, path, JSON)?.body(body.into());
        let reply = self.once(built(path, request)?, self.limits.read).await?;
        decode(path, &reply.body)
    }

    /// Creates an object in the collection at `path`.
    pub async fn post(
        &self,
        path: &str,
        object: &Value,
        intent: &IntentId,
    ) -> Result<Value, CallError> {
        self.write(&Method::POST, path, JSON, Some(object), intent).await
    }

    /// Replaces the object at `path`.
    pub async fn put(
        &self,
        path: &str,
        object: &Value,
        intent: &IntentId,
    ) -> Result<Value, CallError> {
        self.write(&Method::PUT, path, JSON, Some(object), intent).await
    }

    /// Patches the object at `path`; `encoding` is one of the content types of patches.
    pub async fn patch(
        &self,
        path: &str,
        encoding: &'static str,
        change: &Value,
        intent: &IntentId,
    ) -> Result<Value, CallError> {
        self.write(&Method::PATCH, path, encoding, Some(change), intent).await
    }

    /// Deletes the object at `path`, with its preconditions as `options`.
    pub async fn delete(
        &self,
        path: &str,
        options: Option<&Value>,
        intent: &IntentId,
    ) -> Result<Value, CallError> {
        self.write(&Method::DELETE, path, JSON, options, intent).await
    }

    /// Reads bytes, as one of the types that `accept` names. Tried again within the budget.
    pub(crate) async fn read(&self, path: &str, accept: &str) -> Result<Reply, CallError> {
        let started = Instant::now();
        let budget = self.limits.retry;
        let attempt = || async {
            let request = self.request(&Method::GET, path, accept)?.body(Body::empty());
            self.once(built(path, request)?, self.limits.read).await
        };
        attempt
            .retry(
                ExponentialBuilder::default()
                    .with_min_delay(Duration::from_millis(200))
                    .with_max_delay(Duration::from_secs(3))
                    .with_max_times(4),
            )
            .when(|error: &CallError| error.is_transient() && started.elapsed() < budget)
            .adjust(|error: &CallError, planned| match error.retry_after() {
                Some(asked) => Some(asked.min(budget)),
                None => planned,
            })
            .await
    }

    /// Reads lines for as long as the server sends some, as one of the types that `accept` names. Not
    /// tried again, and without a limit once the server has answered.
    pub(crate) async fn lines(
        &self,
        path: &str,
        accept: &str,
    ) -> Result<impl Stream<Item = Result<String, CallError>> + Send + use<>, CallError> {
        let request = self
            .request(&Method::GET, path, accept)?
            // Newer servers compress every event on its own, which our decoder reads as one.
            .header(header::ACCEPT_ENCODING, "identity")
            .body(Body::empty());
        let request = built(path, request)?;
        let asked = Asked::of(&request);
        let answer = self.limited(&asked, self.limits.read, self.answer(request)).await?;
        let address = Arc::clone(&self.address);
        let data = answer.into_body().into_data_stream().map_err(std::io::Error::other);
        let lines = FramedRead::new(StreamReader::new(data), LinesCodec::new());
        Ok(lines.map(move |line| {
            line.map_err(|error| CallError::Unreachable {
                address: address.to_string(),
                reason: root_cause(&error),
            })
        }))
    }

    /// What a status means that came where an answer should have been.
    pub(crate) fn failed(&self, path: &str, code: i32, message: String) -> CallError {
        let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        error::said_no(&self.address, &Asked::to_get(path), status, None, message)
    }

    async fn write(
        &self,
        method: &Method,
        path: &str,
        content_type: &'static str,
        body: Option<&Value>,
        intent: &IntentId,
    ) -> Result<Value, CallError> {
        let body = match body {
            Some(value) => serde_json::to_vec(value).map_err(|error| undecodable(path, &error))?,
            None => Vec::new(),
        };
        let request = self
            .request(method, path, JSON)?
            .header(header::CONTENT_TYPE, content_type)
            .header(INTENT_HEADER, intent.as_str())
            .body(body.into());
        let reply = self.once(built(path, request)?, self.limits.write).await?;
        if reply.body.is_empty() {
            return Ok(Value::Null);
        }
        decode(path, &reply.body)
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        accept: &str,
    ) -> Result<http::request::Builder, CallError> {
        if self.cancel.is_cancelled() {
            return Err(CallError::Cancelled { request: format!("{method} {path}") });
        }
        let builder = Request::builder().method(method.clone()).uri(path);
        let builder = builder.header(header::ACCEPT, accept);
        Ok(match *method {
            Method::POST => builder.header(header::CONTENT_TYPE, JSON),
            _ => builder,
        })
    }

    async fn once(&self, request: Request<Body>, limit: Duration) -> Result<Reply, CallError> {
        let asked = Asked::of(&request);
        let whole = async {
            let answer = self.answer(request).await?;
            let content_type = answer.headers().get(header::CONTENT_TYPE).cloned();
            let date = answer.headers().get(header::DATE).cloned();
            let body = answer
                .into_body()
                .collect()
                .await
                .map_err(|error| translate(&error, &self.address, &asked))?;
            Ok(Reply { content_type, date, body: body.to_bytes() })
        };
        self.limited(&asked, limit, whole).await
    }

    async fn limited<T>(
        &self,
        asked: &Asked,
        limit: Duration,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        tokio::select! {
            answered = tokio::time::timeout(limit, call) => match answered {
                Ok(answer) => answer,
                Err(_) => Err(CallError::Timeout {
                    address: self.address.to_string(),
                    request: asked.to_string(),
                    limit,
                }),
            },
            () = self.cancel.cancelled() => {
                Err(CallError::Cancelled { request: asked.to_string() })
            }
        }
    }

    /// An answer that says yes; a refusal is read to its end and becomes an error.
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, CallError> {
        let asked = Asked::of(&request);
        let answer = self
            .client
            .send(request)
            .await
            .map_err(|error| translate(&error, &self.address, &asked))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let retry_after = retry_after(&answer);
        // What could not be read of a refusal is not worth another error.
        let body = answer.into_body().collect().await.map(http_body_util::Collected::to_bytes);
        Err(error::refusal(&self.address, &asked, status, retry_after, &body.unwrap_or_default()))
    }
}

#[derive(serde::Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default = "Vec::new")]
    items: Vec<T>,
}

#[derive(Default, serde::Deserialize)]
struct PageMetadata {
    #[serde(rename = "continue")]
    token: Option<String>,
}

/// Objects in one page, of most lists.
pub(crate) const PAGE: u32 = 1000;

/// The path of a page of a list, with at most `size` objects; `token` is where it starts.
pub(crate) fn page_path(path: &str, size: u32, token: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut page = format!("{path}{joint}limit={size}");
    if !token.is_empty() {
        page.push_str("&continue=");
        page.push_str(&escape(token));
    }
    page
}

/// How long a watch lasts before it is asked for again.
const WATCH_SECONDS: u32 = 290;
/// Servers send a bookmark every minute; a watch that is silent for longer is taken as dead, which is
/// how a laptop that slept or changed its network notices.
pub(crate) const SILENCE: Duration = Duration::from_secs(90);

/// The path of a watch of a list, from a version on.
pub(crate) fn watch_path(path: &str, version: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!(
        "{path}{joint}watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}\
         &resourceVersion={version}"
    )
}

/// Escapes a value of a query.
pub(crate) fn escape(value: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn built(
    path: &str,
    request: Result<Request<Body>, http::Error>,
) -> Result<Request<Body>, CallError> {
    request.map_err(|error| CallError::Decode {
        request: path.to_owned(),
        reason: format!("it is not a request: {error}"),
    })
}

fn undecodable(path: &str, error: &serde_json::Error) -> CallError {
    // Only the place: the words of the error may quote what was read.
    CallError::Decode {
        request: path.to_owned(),
        reason: format!("line {}, column {}", error.line(), error.column()),
    }
}

pub(crate) fn decode<T: DeserializeOwned>(path: &str, body: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(body).map_err(|error| undecodable(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_follows_a_token() {
        assert_eq!(page_path("/api/v1/pods", PAGE, ""), "/api/v1/pods?limit=1000");
        assert_eq!(
            page_path("/api/v1/pods?labelSelector=a", PAGE, "x=/+"),
            "/api/v1/pods?labelSelector=a&limit=1000&continue=x%3D%2F%2B"
        );
    }
}
