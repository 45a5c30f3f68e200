//! An API server with as much behaviour as the tests need: lists in pages, watches that tests write to,
//! and failures on demand.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use meshlift_cluster::connection::{Connection, Dial};
use meshlift_cluster::door::Door;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

/// The server. Clones are the same server.
#[derive(Clone, Default)]
pub(crate) struct Api {
    state: Arc<Mutex<State>>,
    watched: Arc<Notify>,
}

#[derive(Default)]
struct State {
    lists: BTreeMap<String, Vec<Value>>,
    raw: BTreeMap<String, (HeaderMap, Bytes)>,
    failures: BTreeMap<String, VecDeque<Failure>>,
    watches: BTreeMap<String, Vec<Watch>>,
    requests: Vec<Asked>,
    page: Option<usize>,
    version: u64,
}

type Watch = mpsc::UnboundedSender<String>;
type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// One request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
}

/// One failure.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

impl Failure {
    pub(crate) fn of(status: u16) -> Self {
        Self { status, headers: Vec::new() }
    }
}

impl Api {
    /// A cluster with kube-system and nothing else.
    pub(crate) fn new() -> Self {
        let api = Self::default();
        api.state().version = 100;
        api
    }

    pub(crate) async fn connect(&self, door: Door) -> Connection {
        Connection::in_process("test", self.dial(), door).await.unwrap()
    }

    fn dial(&self) -> Dial {
        let api = self.clone();
        Arc::new(move || {
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            let api = api.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let api = api.clone();
                    async move { Ok::<_, Infallible>(api.answer(&request)) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(theirs), service);
                // A client that goes away is the end of a connection, not a failure.
                let _ = connection.await;
            });
            ours
        })
    }

    /// What a list holds from now on.
    pub(crate) fn list(&self, path: &str, items: Vec<Value>) {
        let mut state = self.state();
        state.version += 1;
        state.lists.insert(path.to_owned(), items);
    }

    /// Answers a path with these bytes.
    pub(crate) fn raw(&self, path: &str, headers: &[(&'static str, &'static str)], body: Vec<u8>) {
        let headers = headers
            .iter()
            .map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        self.state().raw.insert(path.to_owned(), (headers, body.into()));
    }

    /// Objects in one page, whatever the client asks for.
    pub(crate) fn pages_of(&self, objects: usize) {
        self.state().page = Some(objects);
    }

    /// Lets the next requests of `METHOD path` fail, one after the other; `WATCH path` for watches, and
    /// `NEXT path` for further pages.
    pub(crate) fn fail(&self, request: &str, failures: impl IntoIterator<Item = Failure>) {
        self.state().failures.entry(request.to_owned()).or_default().extend(failures);
    }

    /// Tells the watches of a path that something happened.
    pub(crate) fn happen(&self, path: &str, kind: &str, object: &Value) {
        let line = format!("{}\n", json!({"type": kind, "object": object}));
        for watch in self.state().watches.get(path).into_iter().flatten() {
            // A watch that ended is not told.
            let _ = watch.send(line.clone());
        }
    }

    /// Ends the watches of a path.
    pub(crate) fn hang_up(&self, path: &str) {
        self.state().watches.remove(path);
    }

    /// Waits until somebody watches a path.
    pub(crate) async fn watched(&self, path: &str) {
        loop {
            let next = self.watched.notified();
            let live = |watches: &Vec<Watch>| watches.iter().any(|watch| !watch.is_closed());
            if self.state().watches.get(path).is_some_and(live) {
                return;
            }
            next.await;
        }
    }

    /// Waits until nobody watches a path any more.
    pub(crate) async fn left(&self, path: &str) {
        let watches = self.state().watches.get(path).cloned().unwrap_or_default();
        for watch in watches {
            watch.closed().await;
        }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.state().requests.clone()
    }

    /// How often `METHOD path` was asked for.
    pub(crate) fn count(&self, request: &str) -> usize {
        let named = |asked: &&Asked| format!("{} {}", asked.verb(), asked.path) == request;
        self.state().requests.iter().filter(named).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn answer(&self, request: &Request<Incoming>) -> Answer {
        let asked = Asked {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: request.headers().clone(),
        };
        let name = format!("{} {}", asked.verb(), asked.path);
        let mut state = self.state();
        state.requests.push(asked.clone());
        if let Some(failure) = state.failures.get_mut(&name).and_then(VecDeque::pop_front) {
            return refused(&failure);
        }
        match asked.verb() {
            "WATCH" => {
                let (sender, receiver) = mpsc::unbounded_channel();
                state.watches.entry(asked.path).or_default().push(sender);
                self.watched.notify_waiters();
                stream(receiver)
            }
            "GET" | "NEXT" => state.get(&asked),
            _ => whole(StatusCode::OK, &json!({"kind": "Status", "status": "Success"})),
        }
    }
}

impl State {
    fn get(&self, asked: &Asked) -> Answer {
        if let Some((headers, body)) = self.raw.get(&asked.path) {
            let mut answer = Response::new(Full::new(body.clone()).boxed_unsync());
            *answer.headers_mut() = headers.clone();
            return answer;
        }
        match asked.path.as_str() {
            "/version" => return whole(StatusCode::OK, &json!({"gitVersion": "v1.34.3"})),
            "/api/v1/namespaces/kube-system" => {
                let body = json!({"metadata": {"name": "kube-system", "uid": "the-uid"}});
                return whole(StatusCode::OK, &body);
            }
            _ => {}
        }
        if !asked.query.contains("limit=") {
            return refused(&Failure::of(404));
        }
        let items = self.lists.get(&asked.path).cloned().unwrap_or_default();
        let start = asked.number("continue=").unwrap_or(0);
        let size = self.page.unwrap_or(items.len().max(1));
        let page: Vec<&Value> = items.iter().skip(start).take(size).collect();
        let next = start + page.len();
        let token = if next < items.len() { next.to_string() } else { String::new() };
        let metadata = json!({"resourceVersion": self.version.to_string(), "continue": token});
        whole(StatusCode::OK, &json!({"metadata": metadata, "items": page}))
    }
}

impl Asked {
    fn verb(&self) -> &str {
        match self.method {
            Method::GET if self.query.contains("watch=1") => "WATCH",
            Method::GET if self.query.contains("continue=") => "NEXT",
            ref other => other.as_str(),
        }
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.query.split('&').find_map(|part| part.strip_prefix(name))?.parse().ok()
    }
}

fn whole(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())).boxed_unsync());
    *answer.status_mut() = status;
    answer.headers_mut().insert("content-type", "application/json".parse().unwrap());
    answer
}

fn refused(failure: &Failure) -> Answer {
    let status = StatusCode::from_u16(failure.status).unwrap();
    let body = json!({"kind": "Status", "code": failure.status, "message": "as the test wishes"});
    let mut answer = whole(status, &body);
    for (name, value) in &failure.headers {
        answer.headers_mut().insert(*name, value.parse().unwrap());
    }
    answer
}

fn stream(lines: mpsc::UnboundedReceiver<String>) -> Answer {
    let lines = futures::stream::unfold(lines, |mut lines| async move {
        let line = lines.recv().await?;
        Some((line, lines))
    });
    let frames = lines.map(|line| Ok::<_, Infallible>(Frame::data(Bytes::from(line))));
    Response::new(StreamBody::new(frames).boxed_unsync())
}
