//! How an answer is written: JSON or protobuf, whole or metadata only, compressed when large.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::Value;

use super::Answer;
use crate::json;
use crate::proto;
use crate::refusal::Refusal;
use crate::resources::Resource;

/// Answers above this size are compressed, as in the real API server.
const COMPRESS_ABOVE: usize = 128 * 1024;

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The form that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent wishes of a client")]
pub(super) struct Form {
    /// Protobuf, where there is one.
    pub(super) protobuf: bool,
    /// JSON, where there is no protobuf.
    pub(super) json: bool,
    /// Only metadata.
    pub(super) partial: bool,
    gzip: bool,
}

impl Form {
    /// By the headers of a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let accept = text(ACCEPT).unwrap_or(JSON);
        let wishes: Vec<&str> = accept.split(',').map(str::trim).collect();
        let first = wishes.first().copied().unwrap_or(JSON);
        Self {
            protobuf: first.starts_with(PROTOBUF),
            json: wishes.iter().any(|wish| !wish.starts_with(PROTOBUF)),
            partial: first.contains("as=PartialObjectMetadata"),
            gzip: text(ACCEPT_ENCODING).is_some_and(|accepted| accepted.contains("gzip")),
        }
    }

    fn table(self, resource: &Resource) -> Result<Option<&'static proto::Message>, Refusal> {
        let table = if self.partial { Some(&proto::PARTIAL) } else { resource.schema };
        match table.filter(|_| self.protobuf) {
            None if self.protobuf && !self.json => Err(Refusal::not_acceptable()),
            table => Ok(table),
        }
    }
}

/// An object.
pub(super) fn object(
    form: Form,
    status: StatusCode,
    resource: &Resource,
    value: &Value,
) -> Result<Answer, Refusal> {
    let (api_version, kind) = if form.partial {
        ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadata")
    } else {
        (resource.api_version(), &*resource.kind)
    };
    if let Some(table) = form.table(resource)? {
        let bytes = proto::object(&api_version, kind, table, value);
        return Ok(finish(form, status, PROTOBUF, bytes));
    }
    let only = form.partial.then_some("metadata");
    let typed = Typed { api_version: &api_version, kind, value, only };
    Ok(finish(form, status, JSON, bytes_of(&typed)))
}

/// A list.
pub(super) fn list<'a>(
    form: Form,
    resource: &Resource,
    metadata: &Value,
    items: impl Iterator<Item = &'a Value>,
) -> Result<Answer, Refusal> {
    let (api_version, kind) = if form.partial {
        ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadataList".to_owned())
    } else {
        (resource.api_version(), format!("{}List", resource.kind))
    };
    if let Some(table) = form.table(resource)? {
        let bytes = proto::list(&api_version, &kind, table, metadata, items);
        return Ok(finish(form, StatusCode::OK, PROTOBUF, bytes));
    }
    // Built-in kinds leave their type out of the items; custom ones do not.
    let typed = resource.custom || form.partial;
    let item_version = resource.api_version();
    let items: Vec<Item<'_>> = items
        .map(|value| {
            let (api_version, kind) = if form.partial {
                (api_version.as_str(), "PartialObjectMetadata")
            } else {
                (item_version.as_str(), &*resource.kind)
            };
            let only = form.partial.then_some("metadata");
            if typed {
                Item::Typed(Typed { api_version, kind, value, only })
            } else {
                Item::Bare(value)
            }
        })
        .collect();
    let list = List { kind: &kind, api_version: &api_version, metadata, items };
    Ok(finish(form, StatusCode::OK, JSON, bytes_of(&list)))
}

/// A `Status` that says no.
pub(super) fn refuse(form: Form, refusal: &Refusal) -> Answer {
    let status = refusal.status();
    let mut answer = match proto::schema("Status").filter(|_| form.protobuf) {
        Some(table) => {
            finish(form, refusal.code, PROTOBUF, proto::object("v1", "Status", table, &status))
        }
        None => plain(refusal.code, &typed("v1", "Status", &status)),
    };
    if let Some(seconds) = refusal.retry_after() {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// A JSON value as it is.
pub(super) fn plain(status: StatusCode, value: &Value) -> Answer {
    let form = Form { protobuf: false, json: true, partial: false, gzip: false };
    finish(form, status, JSON, bytes_of(value))
}

/// An object with its type in front.
pub(super) fn typed(api_version: &str, kind: &str, value: &Value) -> Value {
    let typed = Typed { api_version, kind, value, only: None };
    serde_json::to_value(&typed).unwrap_or(Value::Null)
}

/// A text.
pub(super) fn text(status: StatusCode, text: &'static str) -> Answer {
    let form = Form { protobuf: false, json: true, partial: false, gzip: false };
    finish(form, status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
}

fn finish(form: Form, status: StatusCode, kind: &'static str, bytes: Vec<u8>) -> Answer {
    let compress = form.gzip && bytes.len() > COMPRESS_ABOVE;
    let bytes = if compress { zipped(&bytes) } else { bytes };
    let mut answer = Response::new(Full::new(Bytes::from(bytes)).boxed_unsync());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if compress {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory has no way to fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn bytes_of(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

struct Typed<'a> {
    api_version: &'a str,
    kind: &'a str,
    value: &'a Value,
    only: Option<&'a str>,
}

impl Serialize for Typed<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("kind", self.kind)?;
        map.serialize_entry("apiVersion", self.api_version)?;
        for (key, value) in self.value.as_object().into_iter().flatten() {
            if self.only.is_none_or(|only| only == key) {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Item<'a> {
    Typed(Typed<'a>),
    Bare(&'a Value),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    kind: &'a str,
    api_version: &'a str,
    metadata: &'a Value,
    items: Vec<Item<'a>>,
}

/// What a successful deletion says.
pub(super) fn deleted(resource: &Resource, gone: &Value) -> Value {
    serde_json::json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {
            "name": json::text(gone, &["metadata", "name"]),
            "group": resource.group,
            "kind": resource.plural,
            "uid": json::text(gone, &["metadata", "uid"]),
        },
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing(None, (false, true, false))]
    #[case::protobuf("application/vnd.kubernetes.protobuf".into(), (true, false, false))]
    #[case::either(
        "application/vnd.kubernetes.protobuf, application/json".into(), (true, true, false))]
    #[case::partial(
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1".into(),
        (false, true, true))]
    fn the_form_by_its_header(
        #[case] accept: Option<&'static str>,
        #[case] expected: (bool, bool, bool),
    ) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }

        let form = Form::of(&headers);

        assert_eq!((form.protobuf, form.json, form.partial), expected, "{accept:?}");
    }
}
