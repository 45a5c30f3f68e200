//! Who may call: a page or a script that knows the token, by a loopback name, from a known origin.
//!
//! A web page of another site can reach loopback ports; it cannot read the token, and its Host or
//! Origin gives it away (DNS rebinding, cross-site requests).

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Header that carries the token.
const TOKEN_HEADER: &str = "x-meshlift-token";

/// A secret that is made anew at every start.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Arc<str>);

/// What is checked of every request.
#[derive(Debug)]
pub(crate) struct Rules {
    token: Token,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Token {
    /// A fresh token: 244 random bits.
    pub fn random() -> Self {
        let (one, two) = (uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        Self(format!("{one}{two}").into())
    }

    /// The token, to be shown to the user who started the server.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares without telling by its time how much was right.
    fn is(&self, given: &[u8]) -> bool {
        let token = self.0.as_bytes();
        token.len() == given.len()
            && token.iter().zip(given).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Rules {
    pub(crate) fn new(address: SocketAddr, token: Token, more_origins: Vec<String>) -> Self {
        let port = address.port();
        let hosts = vec![format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let origins =
            hosts.iter().map(|host| format!("http://{host}")).chain(more_origins).collect();
        Self { token, hosts, origins }
    }
}

/// Refuses a request that does not carry the token.
pub(crate) async fn check_token(
    State(rules): State<Arc<Rules>>,
    request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(TOKEN_HEADER);
    if given.is_some_and(|given| rules.token.is(given.as_bytes())) {
        return next.run(request).await;
    }
    (StatusCode::UNAUTHORIZED, "the token is missing or wrong").into_response()
}

/// Refuses a request that was sent to another name or by a page of another site.
pub(crate) async fn check_origin(
    State(rules): State<Arc<Rules>>,
    request: Request,
    next: Next,
) -> Response {
    if !names_one_of(request.headers(), header::HOST, &rules.hosts) {
        return (StatusCode::FORBIDDEN, "the Host is not this server").into_response();
    }
    let from_page = request.headers().contains_key(header::ORIGIN);
    if from_page && !names_one_of(request.headers(), header::ORIGIN, &rules.origins) {
        return (StatusCode::FORBIDDEN, "the Origin is not this server").into_response();
    }
    next.run(request).await
}

/// Exactly one header of this name, with one of these values.
fn names_one_of(headers: &HeaderMap, name: header::HeaderName, known: &[String]) -> bool {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => known.iter().any(|known| known.as_bytes() == value.as_bytes()),
        (Some(_), Some(_)) | (None, _) => false,
    }
}
