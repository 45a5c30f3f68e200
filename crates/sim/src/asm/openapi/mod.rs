//! The OpenAPI `servicemesh` 2020-01-11: HTTP/1.1 over in-process pipes.
//!
//! Entry point: [`serve`], one task per connection. A request must be signed by a known key, dated
//! by the cloud's clock and sent once; then it may meet an ordered accident, and is answered from
//! the instance.

mod auth;
mod compatibility;
mod denial;
mod detail;
mod operations;
mod reads;
mod signature;
mod upgrade;
mod writes;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::DuplexStream;

use super::core::Core;
use super::faults::{Accident, Asked, Break};
use super::instance::Instance;
use crate::cluster::Cluster;
use crate::query::Query;

pub use auth::AccessKey;
pub(super) use auth::{long_lived_key, now, temporary_key};

use denial::Denial;
use operations::{MESH, Operation, Parameters};

/// The host that requests name: a name that no resolver knows.
pub(super) const HOST: &str = "servicemesh.simulated.example";
/// Requests that are remembered at most.
const CALLS: usize = 10_000;
/// The version of the API.
const VERSION: &str = "2020-01-11";

/// One request to the OpenAPI, for tests that count. It holds no key and no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Its action.
    pub action: String,
    /// Its query, as it was written.
    pub query: String,
    /// Its form, as it was written.
    pub form: String,
}

/// Every secret that is given out or taken.
pub(super) fn secrets() -> Vec<String> {
    let mut secrets = reads::kubeconfig_secrets();
    for key in [long_lived_key(), temporary_key()] {
        secrets.push(key.secret.to_owned());
        secrets.extend(key.token.map(str::to_owned));
    }
    secrets
}

/// A connection that broke on purpose.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection broke")
    }
}

impl std::error::Error for Broken {}

type Answer = Response<UnsyncBoxBody<Bytes, Broken>>;

/// The instance and both clusters, under their locks.
struct World<'a> {
    instance: &'a mut Instance,
    control: &'a mut Cluster,
    data: &'a mut Cluster,
}

/// Serves one connection until either side ends it.
pub(super) async fn serve(core: Arc<Core>, pipe: DuplexStream) {
    let cancel = core.cancel.clone();
    let service = service_fn(move |request| answer(core.clone(), request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(pipe), service);
    tokio::select! {
        ended = connection => {
            if let Err(error) = ended {
                tracing::trace!(%error, "connection ended");
            }
        }
        () = cancel.cancelled() => {}
    }
}

async fn answer(core: Arc<Core>, request: Request<Incoming>) -> Result<Answer, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let (accident, delay) = core.with(|instance| note(instance, &parts, &body));
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    match accident {
        None => Ok(whole(decide(&core, &parts, &body))),
        Some(Accident::Hold(gate)) => {
            gate.pass().await;
            Ok(whole(decide(&core, &parts, &body)))
        }
        Some(Accident::Throttled(left)) => {
            Ok(whole(refuse(&core, &parts, &body, Denial::throttled(left))))
        }
        Some(Accident::Fails(status)) => {
            Ok(whole(refuse(&core, &parts, &body, Denial::ordered(status))))
        }
        Some(Accident::Breaks(Break::Silence)) => std::future::pending().await,
        Some(Accident::Breaks(Break::BeforeDone)) => Err(Broken),
        Some(Accident::Breaks(Break::AnswerLost)) => {
            decide(&core, &parts, &body);
            Err(Broken)
        }
        Some(Accident::Breaks(Break::HalfAnswer)) => Ok(half(decide(&core, &parts, &body))),
    }
}

/// Counts a request, and says what is to happen to it.
fn note(
    instance: &mut Instance,
    parts: &Parts,
    body: &[u8],
) -> (Option<Accident>, Option<std::time::Duration>) {
    let action = parts.headers.get("x-acs-action").and_then(|it| it.to_str().ok());
    let action = action.unwrap_or_default().to_owned();
    let form = String::from_utf8_lossy(body).into_owned();
    let accident = instance.faults.hit(Asked { action: &action, form: &form });
    if instance.calls.len() >= CALLS {
        instance.calls.drain(..CALLS / 2);
        instance.signatures.clear();
    }
    instance.signatures.extend(auth::signature(parts));
    instance.calls.push(Call {
        method: parts.method.clone(),
        action,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        form,
    });
    (accident, instance.faults.delay())
}

/// What is said, and how.
struct Reply {
    request_id: String,
    /// When, by the clock of the cloud.
    at: Timestamp,
    outcome: Result<Value, Denial>,
}

fn decide(core: &Core, parts: &Parts, body: &[u8]) -> Reply {
    core.with(|instance| {
        let (request_id, at) = (instance.chance.uid().to_uppercase(), auth::now(instance));
        let outcome = core.control.core().with(|control| {
            core.data.core().with(|data| {
                let mut world = World { instance, control, data };
                authorized(&mut world, parts, body, dispatch)
            })
        });
        Reply { request_id, at, outcome }
    })
}

/// An ordered denial: only a request that is properly signed gets that far.
fn refuse(core: &Core, parts: &Parts, body: &[u8], denial: Denial) -> Reply {
    core.with(|instance| {
        let (request_id, at) = (instance.chance.uid().to_uppercase(), auth::now(instance));
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let checked = auth::check(instance, parts, query.pairs(), body);
        Reply { request_id, at, outcome: checked.and(Err(denial)) }
    })
}

fn authorized(
    world: &mut World<'_>,
    parts: &Parts,
    body: &[u8],
    go_on: fn(&mut World<'_>, Operation, &Parameters) -> Result<Value, Denial>,
) -> Result<Value, Denial> {
    if auth::header(parts, "x-acs-version")? != VERSION {
        return Err(Denial::not_found(
            "InvalidVersion",
            "Specified parameter Version is not valid.",
        ));
    }
    let action = auth::header(parts, "x-acs-action")?;
    let operation = Operation::named(action)?;
    if !matches!(parts.method, Method::GET | Method::POST) || parts.uri.path() != "/" {
        return Err(Denial::bad("UnsupportedHTTPMethod", "This http method is not supported."));
    }
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    auth::check(world.instance, parts, query.pairs(), body)?;
    if world.instance.faults.forbids(Asked { action, form: &String::from_utf8_lossy(body) }) {
        return Err(Denial::forbidden_by_ram(action));
    }
    let form = form(parts, body)?;
    let parameters = Parameters::read(operation, query.pairs(), form.pairs())?;
    go_on(world, operation, &parameters)
}

fn form(parts: &Parts, body: &[u8]) -> Result<Query, Denial> {
    if body.is_empty() {
        return Ok(Query::parse(""));
    }
    if !auth::header(parts, "content-type")?.starts_with("application/x-www-form-urlencoded") {
        return Err(Denial::bad("UnsupportedContentType", "The body is not a form."));
    }
    Ok(Query::parse(&String::from_utf8_lossy(body)))
}

fn dispatch(
    world: &mut World<'_>,
    operation: Operation,
    parameters: &Parameters,
) -> Result<Value, Denial> {
    if parameters.has(MESH) && parameters.text(MESH) != world.instance.identity.mesh_id {
        let message = "The specified ASM instance does not exist.";
        return Err(Denial::not_found("ServiceMesh.NotFound", message));
    }
    match operation {
        Operation::DescribeCcmVersion => Ok(reads::ccm_version(world)),
        Operation::DescribeClustersInServiceMesh => Ok(reads::clusters(world)),
        Operation::DescribeGuestClusterNamespaces => reads::namespaces(world, parameters),
        Operation::DescribeGuestClusterPods => reads::pods(world, parameters),
        Operation::DescribeMetadata => Ok(compatibility::metadata(world.instance)),
        Operation::DescribeServiceMeshAdditionalStatus => {
            Ok(detail::additional_status(world.instance))
        }
        Operation::DescribeServiceMeshDetail => Ok(detail::detail(world.instance)),
        Operation::DescribeServiceMeshKubeconfig => reads::kubeconfig(world, parameters),
        Operation::DescribeServiceMeshLogs => Ok(reads::logs(world)),
        Operation::DescribeServiceMeshProxyStatus => Ok(reads::proxy_status(world)),
        Operation::DescribeServiceMeshUpgradeStatus => Ok(upgrade::status(world, parameters)),
        Operation::DescribeServiceMeshes => Ok(detail::list(world.instance, parameters)),
        Operation::DescribeUpgradeVersion => upgrade::target(world),
        Operation::DescribeUserPermissions => Ok(reads::permissions(world)),
        Operation::DescribeVersions => Ok(compatibility::versions(world.instance)),
        Operation::ModifyServiceMeshName => writes::rename(world, parameters),
        Operation::UpdateAsmGateway => writes::gateway(world, parameters),
        Operation::UpdateAsmNamespaceFromGuestCluster => writes::copy_namespaces(world, parameters),
        Operation::UpdateIstioInjectionConfig => writes::injection(world, parameters),
        Operation::UpgradeMeshEditionPartially => upgrade::partially(world, parameters),
        Operation::UpgradeMeshVersion => upgrade::control_plane(world, parameters),
    }
}

fn written(reply: &Reply) -> (StatusCode, Vec<u8>) {
    let (status, body) = match &reply.outcome {
        Ok(fields) => {
            let mut body = serde_json::json!({ "RequestId": reply.request_id });
            for (key, value) in fields.as_object().into_iter().flatten() {
                body[key] = value.clone();
            }
            (StatusCode::OK, body)
        }
        Err(denial) => (denial.status, denial.body(&reply.request_id)),
    };
    (status, serde_json::to_vec(&body).unwrap_or_default())
}

#[expect(clippy::needless_pass_by_value, reason = "an answer is given once")]
fn whole(reply: Reply) -> Answer {
    let (status, bytes) = written(&reply);
    let body = Full::new(Bytes::from(bytes)).map_err(|never: Infallible| match never {});
    with_headers(&reply, status, body.boxed_unsync())
}

/// The headers promise the whole answer; half of it comes.
#[expect(clippy::needless_pass_by_value, reason = "an answer is given once")]
fn half(reply: Reply) -> Answer {
    let (status, bytes) = written(&reply);
    let length = HeaderValue::from(bytes.len());
    let first = Bytes::copy_from_slice(bytes.get(..bytes.len() / 2).unwrap_or_default());
    let frames = stream::iter([Ok(Frame::data(first)), Err(Broken)]);
    let mut answer = with_headers(&reply, status, StreamBody::new(frames).boxed_unsync());
    answer.headers_mut().insert(http::header::CONTENT_LENGTH, length);
    answer
}

fn with_headers(reply: &Reply, status: StatusCode, body: UnsyncBoxBody<Bytes, Broken>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let json = HeaderValue::from_static("application/json;charset=utf-8");
    headers.insert(http::header::CONTENT_TYPE, json);
    let date = reply.at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        headers.insert(http::header::DATE, date);
    }
    if let Ok(id) = HeaderValue::from_str(&reply.request_id) {
        headers.insert("x-acs-request-id", id);
    }
    let left = reply.outcome.as_ref().err().and_then(|denial| denial.time_left);
    if let Some(left) = left {
        let text = format!("Limit:100,Remain:0,TimeLeft:{left},Reset:{left}");
        for name in ["x-ratelimit-user-api", "x-ratelimit-user"] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
    answer
}
