//! An API server in memory, as small as the tests need: objects by path, resourceVersions that are
//! compared, three kinds of patch, dry runs, and a hook that lets a test write in between.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a part of tests: each uses some of it, and a broken one may panic"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use meshlift_cluster::connection::Connection;
use meshlift_cluster::door::Door;
use serde_json::{Value, json};

/// What a test lets happen right before a write is handled.
type Hook = Box<dyn FnMut(&mut Objects) + Send>;

/// The server. Clones share one state.
#[derive(Clone)]
pub struct Api {
    state: Arc<Mutex<State>>,
}

struct State {
    objects: Objects,
    hook: Option<Hook>,
    writes: Vec<String>,
}

/// Objects by their path.
#[derive(Default)]
pub struct Objects {
    by_path: BTreeMap<String, Value>,
    version: u64,
}

impl Objects {
    /// Puts an object there as somebody else would.
    pub fn put(&mut self, path: &str, mut object: Value) {
        self.version += 1;
        let uid = self.by_path.get(path).map(|old| old["metadata"]["uid"].clone());
        let uid = uid.unwrap_or_else(|| format!("uid-{}", self.version).into());
        let metadata = object["metadata"].as_object_mut().expect("metadata");
        metadata.entry("uid").or_insert(uid);
        metadata.insert("resourceVersion".into(), self.version.to_string().into());
        self.by_path.insert(path.to_owned(), object);
    }

    pub fn get(&self, path: &str) -> Option<&Value> {
        self.by_path.get(path)
    }

    pub fn remove(&mut self, path: &str) {
        self.by_path.remove(path);
    }

    /// Changes an object in place, which moves its resourceVersion.
    pub fn edit(&mut self, path: &str, edit: impl FnOnce(&mut Value)) {
        let mut object = self.by_path[path].clone();
        edit(&mut object);
        self.put(path, object);
    }
}

impl Api {
    pub fn new() -> Self {
        let mut objects = Objects::default();
        objects.put(
            "/api/v1/namespaces/kube-system",
            json!({ "kind": "Namespace", "metadata": { "name": "kube-system", "uid": "cluster" } }),
        );
        let state = State { objects, hook: None, writes: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub fn with(self, path: &str, object: Value) -> Self {
        self.state.lock().unwrap().objects.put(path, object);
        self
    }

    pub fn object(&self, path: &str) -> Option<Value> {
        self.state.lock().unwrap().objects.get(path).cloned()
    }

    pub fn edit(&self, path: &str, edit: impl FnOnce(&mut Value)) {
        self.state.lock().unwrap().objects.edit(path, edit);
    }

    pub fn remove(&self, path: &str) {
        self.state.lock().unwrap().objects.remove(path);
    }

    /// Every real write that was taken, as `METHOD path`.
    pub fn writes(&self) -> Vec<String> {
        self.state.lock().unwrap().writes.clone()
    }

    /// Lets something happen right before each write is handled.
    pub fn before_writes(&self, hook: impl FnMut(&mut Objects) + Send + 'static) {
        self.state.lock().unwrap().hook = Some(Box::new(hook));
    }

    pub async fn connect(&self, door: Door) -> Connection {
        let api = self.clone();
        let dial = move || {
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            let api = api.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |request| {
                    let api = api.clone();
                    async move { Ok::<_, Infallible>(api.handle(request).await) }
                });
                drop(http1::Builder::new().serve_connection(TokioIo::new(theirs), answer).await);
            });
            ours
        };
        Connection::in_process("test", Arc::new(dial), door).await.expect("a connection")
    }

    async fn handle(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let kind = head.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let query = head.uri.query().unwrap_or_default().to_owned();
        let (status, answer) =
            self.state.lock().unwrap().answer(&head.method, head.uri.path(), &query, &kind, &body);
        Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(answer.to_string())))
            .expect("a response")
    }
}

type Answer = (StatusCode, Value);

impl State {
    fn answer(
        &mut self,
        method: &Method,
        path: &str,
        query: &str,
        kind: &str,
        body: &[u8],
    ) -> Answer {
        if path == "/version" {
            return (
                StatusCode::OK,
                json!({ "gitVersion": "v1.34.3", "major": "1", "minor": "34" }),
            );
        }
        if *method == Method::GET {
            return self.read(path, query);
        }
        if let Some(mut hook) = self.hook.take() {
            hook(&mut self.objects);
            self.hook = Some(hook);
        }
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let made = match *method {
            Method::POST => self.post(path, sent),
            Method::PUT => self.put(path, sent),
            Method::PATCH => self.patch(path, kind, &sent),
            Method::DELETE => return self.delete(path, &sent),
            _ => Err(refuse(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed")),
        };
        match made {
            Err(refusal) => refusal,
            Ok((path, object)) => {
                if !query.contains("dryRun=All") {
                    self.writes.push(format!("{method} {path}"));
                    self.objects.put(&path, object.clone());
                }
                (StatusCode::OK, self.objects.get(&path).cloned().unwrap_or(object))
            }
        }
    }

    fn read(&self, path: &str, query: &str) -> Answer {
        if let Some(found) = self.objects.get(path) {
            return (StatusCode::OK, found.clone());
        }
        let selector =
            query.split('&').find_map(|part| part.strip_prefix("labelSelector=")).map(|selector| {
                selector
                    .replace("%3D", "=")
                    .replace("%2F", "/")
                    .replace("%2C", ",")
                    .replace("%21", "!")
            });
        let Some(selector) = selector else {
            return refuse(StatusCode::NOT_FOUND, "NotFound");
        };
        let items: Vec<&Value> = self
            .objects
            .by_path
            .iter()
            .filter(|(at, _)| at.starts_with(&format!("{path}/")))
            .map(|(_, object)| object)
            .filter(|object| selector.split(',').all(|one| matches(object, one)))
            .collect();
        (StatusCode::OK, json!({ "kind": "List", "metadata": {}, "items": items }))
    }

    fn post(&self, path: &str, sent: Value) -> Result<(String, Value), Answer> {
        let path = format!("{path}/{}", sent["metadata"]["name"].as_str().unwrap_or_default());
        match self.objects.get(&path) {
            Some(_) => Err(refuse(StatusCode::CONFLICT, "AlreadyExists")),
            None => Ok((path, sent)),
        }
    }

    fn put(&self, path: &str, sent: Value) -> Result<(String, Value), Answer> {
        let found =
            self.objects.get(path).ok_or_else(|| refuse(StatusCode::NOT_FOUND, "NotFound"))?;
        same_version(found, &sent)?;
        Ok((path.to_owned(), sent))
    }

    fn patch(&self, path: &str, kind: &str, change: &Value) -> Result<(String, Value), Answer> {
        let found =
            self.objects.get(path).ok_or_else(|| refuse(StatusCode::NOT_FOUND, "NotFound"))?;
        let mut object = found.clone();
        if kind.starts_with("application/json-patch") {
            for operation in change.as_array().expect("operations") {
                apply(&mut object, operation)
                    .ok_or_else(|| refuse(StatusCode::UNPROCESSABLE_ENTITY, "Invalid"))?;
            }
        } else {
            same_version(found, change)?;
            merge(&mut object, change);
        }
        Ok((path.to_owned(), object))
    }

    fn delete(&mut self, path: &str, options: &Value) -> Answer {
        let Some(found) = self.objects.get(path) else {
            return refuse(StatusCode::NOT_FOUND, "NotFound");
        };
        if options["preconditions"]["uid"] != found["metadata"]["uid"] {
            return refuse(StatusCode::CONFLICT, "Conflict");
        }
        // As the real server does: options in the body, and none in the query.
        if options["dryRun"] != json!(["All"]) {
            self.writes.push(format!("DELETE {path}"));
            self.objects.remove(path);
        }
        (StatusCode::OK, json!({ "kind": "Status", "status": "Success" }))
    }
}

fn same_version(found: &Value, sent: &Value) -> Result<(), Answer> {
    for field in ["uid", "resourceVersion"] {
        let sent = &sent["metadata"][field];
        if !sent.is_null() && *sent != found["metadata"][field] {
            return Err(refuse(StatusCode::CONFLICT, "Conflict"));
        }
    }
    Ok(())
}

fn refuse(status: StatusCode, reason: &str) -> Answer {
    let code = status.as_u16();
    (
        status,
        json!({ "kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": reason }),
    )
}

fn matches(object: &Value, requirement: &str) -> bool {
    let label = |key: &str| object["metadata"]["labels"].get(key).and_then(Value::as_str);
    match (requirement.strip_prefix('!'), requirement.split_once('=')) {
        (Some(key), _) => label(key).is_none(),
        (None, Some((key, value))) => label(key) == Some(value),
        (None, None) => label(requirement).is_some(),
    }
}

fn merge(into: &mut Value, patch: &Value) {
    match patch.as_object() {
        Some(fields) if into.is_object() => {
            for (key, value) in fields {
                merge(&mut into[key.as_str()], value);
            }
        }
        Some(_) | None => *into = patch.clone(),
    }
}

/// One operation of a JSON patch: test, add or remove.
fn apply(object: &mut Value, operation: &Value) -> Option<()> {
    let path = operation["path"].as_str()?;
    let value = operation["value"].clone();
    let (parent, key) = path.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match operation["op"].as_str()? {
        "test" => (object.pointer(path) == Some(&value)).then_some(()),
        "add" => {
            object.pointer_mut(parent)?.as_object_mut()?.insert(key, value);
            Some(())
        }
        "remove" => object.pointer_mut(parent)?.as_object_mut()?.shift_remove(&key).map(drop),
        _ => None,
    }
}
