//! The API server: HTTP/1.1 over in-process pipes.
//!
//! Entry point: [`serve`], one task per connection. A request is counted, may meet an ordered
//! accident, is checked against the user's rights, and is answered from the objects.

mod discovery;
mod forward;
mod istiod;
mod path;
mod read;
mod respond;
mod reviews;
mod watch;
mod write;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::DuplexStream;

use crate::cluster::{Core, RequestLine};
use crate::faults::Accident;
use crate::query::Query;
use crate::refusal::{Asked, Refusal};

pub(crate) use istiod::COMMIT;

use path::Target;
use respond::{Form, refuse};

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;
/// An answer.
pub(crate) type Answer = Response<Body>;

/// Name of the user behind every connection.
pub(crate) const USER: &str = "demo-operator";

/// A connection that broke on purpose.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection broke")
    }
}

impl std::error::Error for Broken {}

/// Serves one connection until either side ends it.
pub(crate) async fn serve(core: Arc<Core>, pipe: DuplexStream) {
    let mut restarts = core.restarts.subscribe();
    let cancel = core.cancel.clone();
    let service = service_fn(move |request| answer(core.clone(), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(pipe), service)
        .with_upgrades();
    tokio::select! {
        ended = connection => {
            if let Err(error) = ended {
                tracing::trace!(%error, "connection ended");
            }
        }
        _ = restarts.changed() => {}
        () = cancel.cancelled() => {}
    }
}

async fn answer(core: Arc<Core>, request: Request<Incoming>) -> Result<Answer, Broken> {
    let method = request.method().clone();
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let had_body = !hyper::body::Body::is_end_stream(request.body());
    let (accident, delay) = core.with(|cluster| {
        let (method, path) = (method.clone(), path.clone());
        let accident = cluster.faults.hit(&method, &path);
        cluster.note(RequestLine { method, path, had_body });
        (accident, cluster.faults.delay())
    });
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    match accident {
        None => Ok(dispatch(&core, request).await),
        Some(Accident::Answer { status, retry_after }) => {
            let form = Form::of(request.headers());
            Ok(refuse(form, &Refusal::ordered(status, retry_after)))
        }
        Some(Accident::Hold(gate)) => {
            gate.pass().await;
            Ok(dispatch(&core, request).await)
        }
        Some(Accident::Hang) => std::future::pending().await,
        Some(Accident::Drop) => Err(Broken),
        Some(Accident::AnswerLost) => {
            dispatch(&core, request).await;
            Err(Broken)
        }
    }
}

async fn dispatch(core: &Arc<Core>, request: Request<Incoming>) -> Answer {
    let form = Form::of(request.headers());
    match try_dispatch(core, request, form).await {
        Ok(answer) => answer,
        Err(refusal) => refuse(form, &refusal),
    }
}

async fn try_dispatch(
    core: &Arc<Core>,
    mut request: Request<Incoming>,
    form: Form,
) -> Result<Answer, Refusal> {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let path = request.uri().path().to_owned();
    if let Some(answer) = core.with(|cluster| discovery::answer(cluster, &path)) {
        return Ok(answer);
    }
    if reviews::is_review(&path) {
        let body = body_of(request).await?;
        return core.with(|cluster| reviews::answer(cluster, &path, &body));
    }
    let target = core.with(|cluster| Target::parse(&cluster.registry, &path))?;
    let verb = verb(request.method(), &target, &query);
    core.with(|cluster| {
        let plural = asked(&target).plural();
        if cluster.faults.denies(verb, &plural, &target.namespace) {
            return Err(Refusal::forbidden(USER, verb, &asked(&target)));
        }
        Ok(())
    })?;
    if target.subresource == "portforward" {
        return forward::answer(core, &target, &query, &mut request);
    }
    match *request.method() {
        Method::GET if query.flag("watch") => watch::answer(core, &target, &query),
        Method::GET => core.with(|cluster| read::answer(cluster, &target, &query, form)),
        _ => {
            let method = request.method().clone();
            let kind = request
                .headers()
                .get(http::header::CONTENT_TYPE)
                .and_then(|kind| kind.to_str().ok())
                .unwrap_or("application/json")
                .to_owned();
            let body = body_of(request).await?;
            let write = write::Write { method, content_type: &kind, body: &body, form };
            core.with(|cluster| write::answer(cluster, &target, &query, &write))
        }
    }
}

fn asked(target: &Target) -> Asked<'_> {
    Asked {
        resource: &target.resource,
        subresource: &target.subresource,
        namespace: &target.namespace,
        name: &target.name,
    }
}

/// The verb that RBAC sees.
fn verb(method: &Method, target: &Target, query: &Query) -> &'static str {
    if target.subresource == "portforward" {
        return "create";
    }
    match *method {
        Method::GET if query.flag("watch") => "watch",
        Method::GET if target.name.is_empty() => "list",
        Method::GET => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if target.name.is_empty() => "deletecollection",
        Method::DELETE => "delete",
        _ => "unknown",
    }
}

/// The JSON body of a request; null when there is none.
async fn body_of(request: Request<Incoming>) -> Result<Value, Refusal> {
    let bytes = request
        .into_body()
        .collect()
        .await
        .map_err(|error| Refusal::bad_request(format!("failed to read the body: {error}")))?
        .to_bytes();
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::bad_request(format!("the body is not JSON: {error}")))
}
