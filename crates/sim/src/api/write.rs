//! POST, PUT, PATCH and DELETE.

use http::{Method, StatusCode};
use serde_json::Value;

use super::Answer;
use super::path::Target;
use super::respond::{self, Form};
use crate::cluster::Cluster;
use crate::json;
use crate::patch::{self, Format};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::resources::id;
use crate::writes::{Deletion, Update};

/// A request that writes.
pub(super) struct Write<'a> {
    pub(super) method: Method,
    pub(super) content_type: &'a str,
    pub(super) body: &'a Value,
    pub(super) form: Form,
}

pub(super) fn answer(
    cluster: &mut Cluster,
    target: &Target,
    query: &Query,
    write: &Write<'_>,
) -> Result<Answer, Refusal> {
    if !matches!(&*target.subresource, "" | "status") {
        return Err(Refusal::no_such_resource());
    }
    let on_object = !target.name.is_empty();
    match write.method {
        Method::POST if !on_object => create(cluster, target, query, write),
        Method::PUT if on_object => replace(cluster, target, query, write),
        Method::PATCH if on_object => patch(cluster, target, query, write),
        Method::DELETE if on_object => delete(cluster, target, query, write),
        _ => Err(Refusal::method_not_allowed()),
    }
}

fn create(
    cluster: &mut Cluster,
    target: &Target,
    query: &Query,
    write: &Write<'_>,
) -> Result<Answer, Refusal> {
    check_kind(target, write.body)?;
    let body = write.body.clone();
    let dry_run = query.is_dry_run();
    let made = cluster.create(&target.resource, &target.namespace, body, dry_run)?;
    respond::object(write.form, StatusCode::CREATED, &target.resource, &made)
}

fn replace(
    cluster: &mut Cluster,
    target: &Target,
    query: &Query,
    write: &Write<'_>,
) -> Result<Answer, Refusal> {
    check_kind(target, write.body)?;
    let kind = if target.subresource == "status" { Update::Status } else { Update::Replace };
    let body = write.body.clone();
    let dry_run = query.is_dry_run();
    let put = cluster.update(&target.resource, &target.key(), kind, dry_run, |_| Ok(body))?;
    respond::object(write.form, StatusCode::OK, &target.resource, &put)
}

fn patch(
    cluster: &mut Cluster,
    target: &Target,
    query: &Query,
    write: &Write<'_>,
) -> Result<Answer, Refusal> {
    let format = Format::of(write.content_type)
        .filter(|format| !(target.resource.custom && *format == Format::Strategic))
        .ok_or_else(|| Refusal::unsupported_media_type(write.content_type))?;
    let kind = if target.subresource == "status" { Update::Status } else { Update::Patch };
    let dry_run = query.is_dry_run();
    let patched = cluster.update(&target.resource, &target.key(), kind, dry_run, |current| {
        patch::apply(format, current, write.body).ok_or_else(Refusal::patch_does_not_apply)
    })?;
    respond::object(write.form, StatusCode::OK, &target.resource, &patched)
}

fn delete(
    cluster: &mut Cluster,
    target: &Target,
    query: &Query,
    write: &Write<'_>,
) -> Result<Answer, Refusal> {
    // As in the real API server, the query counts only without a body.
    let query = write.body.is_null().then_some(query);
    let asked = |path: &[&str]| Some(json::text(write.body, path).to_owned());
    let given = |text: &String| !text.is_empty();
    let policy = query.map_or_else(
        || json::text(write.body, &["propagationPolicy"]),
        |query| query.text("propagationPolicy"),
    );
    let grace = query.map_or_else(
        || write.body.get("gracePeriodSeconds").and_then(Value::as_u64),
        |query| query.number("gracePeriodSeconds"),
    );
    let how = Deletion {
        uid: asked(&["preconditions", "uid"]).filter(given),
        revision: asked(&["preconditions", "resourceVersion"]).filter(given),
        orphan: policy == "Orphan",
        at_once: grace == Some(0),
        dry_run: query.map_or_else(
            || json::items(write.body, &["dryRun"]).iter().any(|value| value == "All"),
            Query::is_dry_run,
        ),
    };
    let gone = cluster.delete(&target.resource, &target.key(), &how)?;
    // What takes its time is answered with the object, what is gone with a Status.
    if &*target.resource.id == id::PODS {
        return respond::object(write.form, StatusCode::OK, &target.resource, &gone);
    }
    Ok(respond::plain(StatusCode::OK, &respond::deleted(&target.resource, &gone)))
}

fn check_kind(target: &Target, body: &Value) -> Result<(), Refusal> {
    if !body.is_object() {
        return Err(Refusal::bad_request("the body of the request is not an object"));
    }
    let (kind, version) = (json::text(body, &["kind"]), json::text(body, &["apiVersion"]));
    let wanted = target.resource.api_version();
    let group_of = |version: &str| version.split_once('/').map(|(group, _)| group.to_owned());
    if (!kind.is_empty() && kind != &*target.resource.kind)
        || (!version.is_empty() && group_of(version) != group_of(&wanted))
    {
        return Err(Refusal::bad_request(format!(
            "{kind} in version \"{version}\" cannot be handled as a {}",
            target.resource.kind,
        )));
    }
    Ok(())
}
