//! GET of one object, and lists in pages.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::path::Target;
use super::respond::{self, Form};
use super::{Answer, discovery};
use crate::cluster::{Cluster, Pages};
use crate::json;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::selector::Filter;

/// Lists that can be read on at the same time; the oldest is forgotten, as after five minutes.
const OPEN_LISTS: usize = 16;

pub(super) fn answer(
    cluster: &mut Cluster,
    target: &Target,
    query: &Query,
    form: Form,
) -> Result<Answer, Refusal> {
    if target.name.is_empty() {
        return list(cluster, target, query, form);
    }
    let found = cluster.store.get(&target.key());
    let found = found.ok_or_else(|| Refusal::not_found(&target.resource, &target.name))?;
    if target.subresource == "scale" || !matches!(&*target.subresource, "" | "status") {
        return Err(Refusal::no_such_resource());
    }
    let shown = discovery::disguise(cluster, target, found.clone());
    respond::object(form, StatusCode::OK, &target.resource, &shown)
}

fn list(
    cluster: &mut Cluster,
    target: &Target,
    query: &Query,
    form: Form,
) -> Result<Answer, Refusal> {
    let limit = query.number("limit").filter(|limit| *limit > 0);
    let filter = Filter::parse(query.text("labelSelector"), query.text("fieldSelector"))
        .map_err(Refusal::bad_request)?;
    let (pages, start) = match query.text("continue") {
        "" => (first_page(cluster, target, &filter), 0),
        token => next_page(cluster, token)?,
    };
    let rest = pages.items.get(start..).unwrap_or_default();
    let size = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(rest.len());
    let page = rest.get(..size.min(rest.len())).unwrap_or_default();
    let left = rest.len() - page.len();
    let mut metadata = json!({ "resourceVersion": pages.revision.to_string() });
    if left > 0 {
        let token = format!("{}:{}", pages.id, start + page.len());
        metadata["continue"] = json!(URL_SAFE_NO_PAD.encode(token));
        if filter.is_open() {
            metadata["remainingItemCount"] = json!(left);
        }
    }
    let answer = respond::list(form, &target.resource, &metadata, page.iter().map(|item| &**item));
    if left > 0 && start == 0 {
        cluster.pages.push(pages);
        if cluster.pages.len() > OPEN_LISTS {
            cluster.pages.remove(0);
        }
    }
    answer
}

fn first_page(cluster: &mut Cluster, target: &Target, filter: &Filter) -> Pages {
    let items: Vec<Arc<Value>> = cluster
        .store
        .list(&target.resource.id, target.within())
        .filter(|(_, object)| filter.passes(object))
        .map(|(_, object)| discovery::disguise(cluster, target, object.clone()))
        .collect();
    Pages { id: cluster.chance.next(), revision: cluster.store.revision(), items: Arc::new(items) }
}

fn next_page(cluster: &Cluster, token: &str) -> Result<(Pages, usize), Refusal> {
    let bad = || Refusal::bad_request("continue key is not valid");
    let decoded = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
    let decoded = String::from_utf8(decoded).map_err(|_| bad())?;
    let (id, start) = decoded.split_once(':').ok_or_else(bad)?;
    let (id, start) = (id.parse::<u64>().map_err(|_| bad())?, start.parse().map_err(|_| bad())?);
    let open = cluster.pages.iter().find(|pages| pages.id == id).ok_or_else(|| {
        Refusal::expired(
            "The provided continue parameter is too old to display a consistent list result. You \
             can start a new list without the continue parameter, or use the continue token in \
             this response to retrieve the remainder of the results.",
        )
    })?;
    Ok((Pages { id, revision: open.revision, items: open.items.clone() }, start))
}

/// The resourceVersion of a watch or list; none when it is not a number.
pub(super) fn revision(text: &str) -> Option<u64> {
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

/// The resourceVersion of an object.
pub(super) fn revision_of(object: &Value) -> u64 {
    json::text(object, &["metadata", "resourceVersion"]).parse().unwrap_or_default()
}
