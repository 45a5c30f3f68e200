//! Slim messages: what a snapshot needs of each kind, and nothing else.
//!
//! Entry points: [`read_page`] for a list in either encoding, [`read_event`] for a line of a watch.
//! Each kind is one struct with two codecs: lists come as protobuf, watches as JSON. Field numbers
//! are those of Kubernetes' `generated.proto`; unknown fields are skipped by both codecs. Workloads
//! are the exception: they come as JSON on both ways, because the digest of a pod template covers
//! every field of it, known or not, and must be the same on both. Deliberately absent: anything that
//! is only shown, and Secrets.

mod admission;
mod config_map;
mod endpoints;
mod meta;
mod namespace;
mod pod;
mod quantity;
mod values;
mod workload;

use bytes::Bytes;
use http::HeaderValue;
use prost::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use admission::{
    ClientConfig, LabelSelector, MutatingConfiguration, MutatingWebhook, Requirement,
    ServiceReference, ValidatingConfiguration, ValidatingWebhook,
};
pub use config_map::ConfigMap;
pub use endpoints::{Budget, BudgetSpec, BudgetStatus, Conditions, Endpoint, EndpointSlice};
pub use meta::{ObjectMeta, Owner, Status, StatusDetails};
pub use namespace::{Namespace, NamespaceStatus};
pub use pod::{
    Condition, Container, ContainerState, ContainerStatus, Pod, PodSpec, PodStatus, Waiting,
};
pub(crate) use quantity::thousandths;
pub(crate) use values::null_as_default;
pub use values::{IntOrString, Rounding, Time};
pub use workload::{Progress, Strategy, StrategyParameters, Workload, WorkloadSpec, WorkloadState};

/// What a list asks for: protobuf where the server has it, else JSON.
pub(crate) const PROTOBUF_OR_JSON: &str = "application/vnd.kubernetes.protobuf, application/json";

/// A kind that has an identity.
pub trait Object: DeserializeOwned + Send + 'static {
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;
}

/// A kind that also comes as protobuf.
pub trait Encoded: Object + Message + Default {}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The version that a watch may go on from.
    pub resource_version: String,
    /// Where the next page starts; empty on the last one.
    pub token: String,
    /// The objects.
    pub items: Vec<T>,
}

/// One line of a watch.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<T> {
    /// The object is there, new or changed.
    Applied(T),
    /// The object is gone, or no longer matches the selector.
    Deleted(T),
    /// Nothing changed up to this version.
    Bookmark(String),
    /// The server ends the watch.
    Ended(Status),
}

/// Why bytes are not what they should be. Never quotes them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum WireError {
    #[error("its protobuf can't be read: {reason}")]
    Protobuf { reason: String },
    #[error("its JSON can't be read at line {line}, column {column}")]
    Json { line: usize, column: usize },
    #[error("it is an unknown kind of event")]
    EventKind,
}

/// Reads a page in the encoding that it came in.
pub fn read_page<T: Encoded>(
    content_type: Option<&HeaderValue>,
    body: &Bytes,
) -> Result<Page<T>, WireError> {
    if is_protobuf(content_type, body) {
        return read_protobuf_page(body);
    }
    read_json_page(body)
}

/// Reads a page of a kind that comes as JSON only.
pub fn read_json_page<T: Object>(body: &[u8]) -> Result<Page<T>, WireError> {
    let list: JsonList<T> = json(body)?;
    Ok(Page {
        resource_version: list.metadata.resource_version,
        token: list.metadata.token,
        items: list.items,
    })
}

/// Where the page after this one starts, read without its items; empty when this is the last.
pub fn next_page(content_type: Option<&HeaderValue>, body: &Bytes) -> Result<String, WireError> {
    if is_protobuf(content_type, body) {
        let list = ProtobufListHead::decode(unwrap(body)?).map_err(not_protobuf)?;
        return Ok(list.metadata.unwrap_or_default().token);
    }
    let list: JsonListHead = json(body)?;
    Ok(list.metadata.token)
}

/// Reads a line of a watch.
pub fn read_event<T: Object>(line: &[u8]) -> Result<Event<T>, WireError> {
    let JsonEvent::<T> { kind, object } = json(line)?;
    match kind.as_str() {
        "ADDED" | "MODIFIED" => Ok(Event::Applied(object)),
        "DELETED" => Ok(Event::Deleted(object)),
        "BOOKMARK" => Ok(Event::Bookmark(object.meta().resource_version.clone())),
        "ERROR" => {
            let JsonEvent::<Status> { kind: _, object } = json(line)?;
            Ok(Event::Ended(object))
        }
        _ => Err(WireError::EventKind),
    }
}

/// Reads one object that came as protobuf in its envelope.
pub fn read_protobuf<T: Message + Default>(body: &Bytes) -> Result<T, WireError> {
    T::decode(unwrap(body)?).map_err(not_protobuf)
}

/// Reads one object that came as JSON.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(body)
        .map_err(|error| WireError::Json { line: error.line(), column: error.column() })
}

fn read_protobuf_page<T: Encoded>(body: &Bytes) -> Result<Page<T>, WireError> {
    let list = ProtobufList::decode(unwrap(body)?).map_err(not_protobuf)?;
    let metadata = list.metadata.unwrap_or_default();
    let items: Result<Vec<T>, _> = list.items.into_iter().map(T::decode).collect();
    Ok(Page {
        resource_version: metadata.resource_version,
        token: metadata.token,
        items: items.map_err(not_protobuf)?,
    })
}

fn is_protobuf(content_type: Option<&HeaderValue>, body: &[u8]) -> bool {
    content_type
        .is_some_and(|value| value.as_bytes().starts_with(b"application/vnd.kubernetes.protobuf"))
        || body.starts_with(MAGIC)
}

/// What every protobuf object of Kubernetes starts with.
const MAGIC: &[u8] = b"k8s\0";

/// Takes off the magic and the envelope `runtime.Unknown`.
fn unwrap(body: &Bytes) -> Result<Bytes, WireError> {
    if !body.starts_with(MAGIC) {
        return Err(WireError::Protobuf { reason: "it lacks Kubernetes' prefix".into() });
    }
    let envelope = Unknown::decode(body.slice(MAGIC.len()..)).map_err(not_protobuf)?;
    Ok(envelope.raw)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn not_protobuf(error: prost::DecodeError) -> WireError {
    WireError::Protobuf { reason: error.to_string() }
}

#[derive(Clone, PartialEq, Message)]
struct Unknown {
    #[prost(bytes = "bytes", tag = "2")]
    raw: Bytes,
}

/// Items stay bytes at first, so that one list fits every kind.
#[derive(Clone, PartialEq, Message)]
struct ProtobufList {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ListMeta>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    items: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtobufListHead {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ListMeta>,
}

#[derive(Deserialize)]
struct JsonListHead {
    #[serde(default)]
    metadata: ListMeta,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct ListMeta {
    #[prost(string, tag = "2")]
    #[serde(rename = "resourceVersion")]
    resource_version: String,
    #[prost(string, tag = "3")]
    #[serde(rename = "continue")]
    token: String,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct JsonList<T> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default = "Vec::new", deserialize_with = "values::null_as_default")]
    items: Vec<T>,
}

#[derive(Deserialize)]
struct JsonEvent<T> {
    #[serde(rename = "type")]
    kind: String,
    object: T,
}
