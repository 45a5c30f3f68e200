//! How a request reaches the service: over TLS, to a server on this computer, or to the simulator
//! inside this process.
//!
//! Entry point: [`Transport`]. Whatever the way, the `Host` header is the service's own host, because
//! it is signed; only the way of the bytes differs. No connection is kept: one that the server closed
//! meanwhile would leave the end of a write unknown. Nothing is followed, cached or sent again here.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use hyper_util::rt::TokioIo;

use super::error::AsmError;
use super::parameters::Call;
use super::signature::Signed;
use crate::calls::root_cause;
use crate::connection::Dial;

/// Longest answer that is read.
const ANSWER: usize = 16 * 1024 * 1024;

/// The way to the service.
#[derive(Clone)]
pub enum Transport {
    /// Over the network, always encrypted.
    Https(reqwest::Client),
    /// In the clear to a server on this computer: for tests with a server of their own.
    Loopback {
        /// The client, which knows no proxy.
        client: reqwest::Client,
        /// Where the server listens.
        address: SocketAddr,
    },
    /// Through pipes to a simulator inside this process, one for each request.
    InProcess(Dial),
}

/// What a server answered, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Transport {
    /// Over the network. `connect` limits the time to reach a server, TLS included.
    pub fn https(connect: Duration) -> Result<Self, AsmError> {
        let client = client(connect).https_only(true).build().map_err(|error| no_client(&error))?;
        Ok(Self::Https(client))
    }

    /// To a server on this computer; any other address is refused, as nothing is encrypted.
    pub fn loopback(address: SocketAddr) -> Result<Self, AsmError> {
        if !address.ip().is_loopback() {
            return Err(AsmError::NotLoopback { address: address.to_string() });
        }
        let client = client(Duration::from_secs(5)).no_proxy().build();
        Ok(Self::Loopback { client: client.map_err(|error| no_client(&error))?, address })
    }

    /// Sends a signed call, once.
    pub(super) async fn send(&self, call: &Call, signed: Signed) -> Result<Answer, AsmError> {
        let unreachable = |error: &(dyn Error + 'static)| AsmError::Unreachable {
            operation: call.operation,
            host: call.host.clone(),
            reason: root_cause(error),
        };
        match self {
            Self::Https(client) => {
                let request = request(call, signed, &format!("https://{}", call.host))?;
                through(client, call, request).await
            }
            Self::Loopback { client, address } => {
                let request = request(call, signed, &format!("http://{address}"))?;
                through(client, call, request).await
            }
            Self::InProcess(dial) => {
                let request = request(call, signed, "")?.map(Full::new);
                let pipe = TokioIo::new(dial());
                let (mut sender, connection) = hyper::client::conn::http1::handshake(pipe)
                    .await
                    .map_err(|error| unreachable(&error))?;
                let served = tokio::spawn(connection);
                let answer = sender.send_request(request).await;
                let answer = whole(call, answer.map_err(|error| broken(call, &error))?).await;
                served.abort();
                answer
            }
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Https(_) => f.write_str("Https"),
            Self::Loopback { address, .. } => write!(f, "Loopback({address})"),
            Self::InProcess(_) => f.write_str("InProcess"),
        }
    }
}

/// A client for the one request that has no signature: a credential from a server that the user
/// named, which by custom may be asked in the clear.
pub(super) fn plain(connect: Duration) -> Result<reqwest::Client, AsmError> {
    client(connect).build().map_err(|error| no_client(&error))
}

fn client(connect: Duration) -> reqwest::ClientBuilder {
    // A second installation is refused and changes nothing; without any the client could not start.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(connect)
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("meshlift/", env!("CARGO_PKG_VERSION")))
}

fn no_client(error: &reqwest::Error) -> AsmError {
    AsmError::NoClient { reason: root_cause(error) }
}

/// The request as HTTP. What is secret is marked, so that no log of a library below shows it.
fn request(call: &Call, signed: Signed, base: &str) -> Result<Request<Bytes>, AsmError> {
    let bad = |reason: String| AsmError::Unreachable {
        operation: call.operation,
        host: call.host.clone(),
        reason,
    };
    let mut request = Request::builder()
        .method(call.operation.method())
        .uri(format!("{base}{}", signed.target))
        .body(Bytes::from(signed.body))
        .map_err(|error| bad(format!("it is not a request: {error}")))?;
    for (name, value) in signed.headers {
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| bad(format!("the header {name} has characters that can't be sent")))?;
        value.set_sensitive(matches!(
            name,
            "authorization" | "x-acs-accesskey-id" | "x-acs-security-token"
        ));
        request.headers_mut().insert(name, value);
    }
    request
        .headers_mut()
        .entry(header::USER_AGENT)
        .or_insert(HeaderValue::from_static(concat!("meshlift/", env!("CARGO_PKG_VERSION"))));
    Ok(request)
}

async fn through(
    client: &reqwest::Client,
    call: &Call,
    request: Request<Bytes>,
) -> Result<Answer, AsmError> {
    let request = reqwest::Request::try_from(request).map_err(|error| no_client(&error))?;
    let answer = client.execute(request).await.map_err(|error| {
        if error.is_connect() {
            AsmError::Unreachable {
                operation: call.operation,
                host: call.host.clone(),
                reason: root_cause(&error),
            }
        } else {
            broken(call, &error)
        }
    })?;
    whole(call, Response::<reqwest::Body>::from(answer)).await
}

async fn whole<B>(call: &Call, answer: Response<B>) -> Result<Answer, AsmError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            AsmError::TooLong { operation: call.operation, host: call.host.clone(), limit: ANSWER }
        } else {
            cut(call)
        }
    })?;
    Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
}

/// The connection ended after it was made and before an answer began.
fn broken(call: &Call, error: &(dyn Error + 'static)) -> AsmError {
    tracing::debug!(operation = %call.operation, host = call.host, reason = root_cause(error), "no answer");
    cut(call)
}

fn cut(call: &Call) -> AsmError {
    AsmError::Cut { operation: call.operation, host: call.host.clone() }
}
