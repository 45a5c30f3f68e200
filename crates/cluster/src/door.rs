//! The door that every request to a cluster passes.
//!
//! Entry points: [`Door`], the switch, and [`IntentId`], the ticket of a write. A request that could
//! change something leaves only with the id of a journaled intent in its headers, and never in
//! read-only mode. What may pass without a ticket is a short list in [`judge`]: the questions a user
//! asks about themselves, and port-forwards to pods that were registered as istiod. Commands in
//! containers and proxies into pods, services or nodes never pass.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::future::{self, Either, Ready};
use http::{HeaderName, Method, Request, Response};
use kube::client::Body;
use thiserror::Error;
use tower::{BoxError, Layer, Service};

/// Header that carries the intent as far as the door, which takes it off.
pub(crate) const INTENT_HEADER: HeaderName = HeaderName::from_static("meshlift-intent");

/// The read-only switch, shared by all its clones.
#[derive(Clone, Default)]
pub struct Door {
    read_only: Arc<AtomicBool>,
    forwards: Arc<Mutex<BTreeSet<String>>>,
}

/// Names an intent that the journal holds. A write without one does not leave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(String);

/// Why the door stayed shut.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Refusal {
    #[error("read-only mode is on: {request} was not sent")]
    ReadOnly { request: String },
    #[error("{request} was not sent: it changes the cluster and no intent was journaled for it")]
    NoIntent { request: String },
    #[error("{request} was not sent: such requests are never made from here")]
    NotAllowed { request: String },
}

impl Door {
    /// A door that is shut for writes or open.
    pub fn new(read_only: bool) -> Self {
        Self { read_only: Arc::new(AtomicBool::new(read_only)), forwards: Arc::default() }
    }

    /// Shuts or opens it for writes, for every clone at once.
    pub fn set_read_only(&self, read_only: bool) {
        self.read_only.store(read_only, Ordering::SeqCst);
    }

    /// Whether it is shut for writes.
    pub fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::SeqCst)
    }

    /// Lets port-forwards to this pod pass: the caller has seen that it is an istiod.
    pub fn allow_port_forward(&self, namespace: &str, pod: &str) {
        self.forwards
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(forward_path(namespace, pod));
    }

    /// Whether a write by other means than an API server's transport may leave.
    pub(crate) fn admit_write(
        &self,
        request: &str,
        intent: Option<&IntentId>,
    ) -> Result<(), Refusal> {
        let request = request.to_owned();
        if self.is_read_only() {
            return Err(Refusal::ReadOnly { request });
        }
        match intent {
            Some(intent) if !intent.as_str().is_empty() => Ok(()),
            Some(_) | None => Err(Refusal::NoIntent { request }),
        }
    }

    /// The same switch with an empty list of port-forwards: pods of one cluster open no door to
    /// another's.
    pub(crate) fn for_connection(&self) -> Self {
        Self { read_only: Arc::clone(&self.read_only), forwards: Arc::default() }
    }

    fn allows_forward(&self, path: &str) -> bool {
        self.forwards.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("read_only", &self.is_read_only()).finish_non_exhaustive()
    }
}

impl IntentId {
    /// The id under which the journal holds the intent.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Decides about one request.
fn judge(door: &Door, method: &Method, path: &str, has_intent: bool) -> Result<(), Refusal> {
    let request = || format!("{method} {path}");
    if reaches_into_a_pod(path) {
        let forward = *method == Method::GET && door.allows_forward(path);
        return if forward { Ok(()) } else { Err(Refusal::NotAllowed { request: request() }) };
    }
    if *method == Method::GET || (*method == Method::POST && is_question_about_oneself(path)) {
        return Ok(());
    }
    if door.is_read_only() {
        return Err(Refusal::ReadOnly { request: request() });
    }
    if !has_intent {
        return Err(Refusal::NoIntent { request: request() });
    }
    Ok(())
}

/// Whether it asks for a subresource whose GET can do anything that the process behind it can. Only
/// the place in the path counts: a namespace or a pod may itself be called `proxy`.
fn reaches_into_a_pod(path: &str) -> bool {
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    let subresource = match words.as_slice() {
        ["api", "v1", "namespaces", _, _, _, subresource, ..] => subresource,
        ["api", "v1", resource, _, subresource, ..] if *resource != "namespaces" => subresource,
        _ => return false,
    };
    matches!(*subresource, "exec" | "attach" | "portforward" | "proxy")
}

fn is_question_about_oneself(path: &str) -> bool {
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    matches!(
        words.as_slice(),
        ["apis", "authorization.k8s.io", _, "selfsubjectaccessreviews" | "selfsubjectrulesreviews"]
            | ["apis", "authentication.k8s.io", _, "selfsubjectreviews"]
    )
}

fn forward_path(namespace: &str, pod: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods/{pod}/portforward")
}

/// Puts the door before a transport.
#[derive(Debug, Clone)]
pub(crate) struct DoorLayer(pub(crate) Door);

/// A transport behind a door.
#[derive(Debug, Clone)]
pub(crate) struct BehindDoor<S> {
    door: Door,
    transport: S,
}

impl<S> Layer<S> for DoorLayer {
    type Service = BehindDoor<S>;

    fn layer(&self, transport: S) -> Self::Service {
        BehindDoor { door: self.0.clone(), transport }
    }
}

impl<S, B> Service<Request<Body>> for BehindDoor<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Either<ErrorIntoBox<S::Future>, Ready<Result<Response<B>, BoxError>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.transport.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let intent = request.headers_mut().remove(INTENT_HEADER);
        let has_intent = intent.as_ref().is_some_and(|id| !id.is_empty());
        match judge(&self.door, request.method(), request.uri().path(), has_intent) {
            Ok(()) => Either::Left(into_box(self.transport.call(request))),
            Err(refusal) => Either::Right(future::ready(Err(refusal.into()))),
        }
    }
}

type ErrorIntoBox<F> = futures::future::ErrInto<F, BoxError>;

fn into_box<F, T, E>(future: F) -> ErrorIntoBox<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    futures::TryFutureExt::err_into(future)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const POD: &str = "/api/v1/namespaces/istio-system/pods/istiod-1";

    #[rstest]
    #[case::a_list("GET", "/api/v1/pods")]
    #[case::a_pod_called_exec("GET", "/api/v1/namespaces/shop/pods/exec")]
    #[case::a_namespace_called_proxy("GET", "/api/v1/namespaces/proxy/pods/p")]
    #[case::access("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")]
    #[case::rules("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")]
    #[case::who("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews")]
    fn questions_pass_in_read_only_mode(#[case] method: &str, #[case] path: &str) {
        let passed = judge(&Door::new(true), &method.parse().unwrap(), path, false);

        assert_eq!(passed, Ok(()), "{method} {path} only asks");
    }

    #[rstest]
    #[case::patch("PATCH", "/apis/apps/v1/namespaces/shop/deployments/cart")]
    #[case::create("POST", "/api/v1/namespaces/shop/pods")]
    #[case::put("PUT", "/apis/coordination.k8s.io/v1/namespaces/istio-system/leases/meshlift")]
    #[case::delete("DELETE", "/api/v1/namespaces/shop/services/cart")]
    #[case::for_others("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews")]
    #[case::unknown_method("PURGE", "/api/v1/namespaces")]
    fn writes_need_an_open_door_and_an_intent(#[case] method: &str, #[case] path: &str) {
        let method: Method = method.parse().unwrap();
        let request = format!("{method} {path}");
        let shut = Door::new(true);
        let open = Door::new(false);

        assert_eq!(
            judge(&shut, &method, path, true),
            Err(Refusal::ReadOnly { request: request.clone() }),
            "an intent does not open a shut door"
        );
        assert_eq!(judge(&open, &method, path, false), Err(Refusal::NoIntent { request }));
        assert_eq!(judge(&open, &method, path, true), Ok(()));
    }

    #[rstest]
    #[case::exec("GET", "/api/v1/namespaces/istio-system/pods/istiod-1/exec")]
    #[case::exec_by_post("POST", "/api/v1/namespaces/istio-system/pods/istiod-1/exec")]
    #[case::attach("GET", "/api/v1/namespaces/istio-system/pods/istiod-1/attach")]
    #[case::pod_proxy("GET", "/api/v1/namespaces/shop/pods/cart-1/proxy/quitquitquit")]
    #[case::service_proxy("GET", "/api/v1/namespaces/shop/services/cart/proxy/reset")]
    #[case::node_proxy("GET", "/api/v1/nodes/worker/proxy/run/shop/cart")]
    #[case::unregistered("GET", "/api/v1/namespaces/shop/pods/cart-1/portforward")]
    fn nothing_reaches_into_a_pod(#[case] method: &str, #[case] path: &str) {
        let refused = judge(&Door::new(false), &method.parse().unwrap(), path, true);

        assert!(matches!(refused, Err(Refusal::NotAllowed { .. })), "{refused:?}");
    }

    #[test]
    fn a_registered_istiod_can_be_asked_in_read_only_mode() {
        let door = Door::new(true);
        door.allow_port_forward("istio-system", "istiod-1");
        let path = format!("{POD}/portforward");

        assert_eq!(judge(&door, &Method::GET, &path, false), Ok(()));
        assert!(
            judge(&door.for_connection(), &Method::GET, &path, false).is_err(),
            "the pods of one cluster open no door to another's"
        );
    }

    #[test]
    fn the_switch_is_shared() {
        let door = Door::new(false);
        let clone = door.clone();
        let connection = door.for_connection();

        door.set_read_only(true);

        assert!(clone.is_read_only() && connection.is_read_only());
    }
}
