//! Watches: changes from a resourceVersion on, as a stream of JSON lines.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Answer;
use super::path::Target;
use super::read::{revision, revision_of};
use super::respond::typed;
use crate::cluster::{Cluster, Core};
use crate::json;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::selector::Filter;
use crate::store::Change;

/// How often a quiet watch gets a bookmark.
const BOOKMARK_EVERY: Duration = Duration::from_mins(1);

struct Watch {
    core: Arc<Core>,
    target: Target,
    filter: Filter,
    seen: u64,
    queue: VecDeque<Value>,
    revisions: watch::Receiver<u64>,
    expiries: watch::Receiver<u64>,
    bookmarks: bool,
    next_bookmark: Instant,
    until: Instant,
    over: bool,
}

pub(super) fn answer(core: &Arc<Core>, target: &Target, query: &Query) -> Result<Answer, Refusal> {
    let mut fields = query.text("fieldSelector").to_owned();
    if !target.name.is_empty() {
        fields = format!("metadata.name={}", target.name);
    }
    let filter =
        Filter::parse(query.text("labelSelector"), &fields).map_err(Refusal::bad_request)?;
    let from = revision(query.text("resourceVersion"))
        .ok_or_else(|| Refusal::bad_request("resourceVersion: Invalid value"))?;
    let seconds = query.number("timeoutSeconds").unwrap_or(3600);
    let now = Instant::now();
    let mut watch = Watch {
        core: core.clone(),
        target: target.clone(),
        filter,
        seen: from,
        queue: VecDeque::new(),
        revisions: core.announcements(),
        expiries: core.expiries.subscribe(),
        bookmarks: query.flag("allowWatchBookmarks"),
        next_bookmark: now + BOOKMARK_EVERY,
        until: now + Duration::from_secs(seconds),
        over: false,
    };
    if from == 0 {
        watch.begin_with_what_is(query.flag("sendInitialEvents"));
    }
    let lines = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        let line = Bytes::from(format!("{event}\n"));
        Some((Ok::<_, Infallible>(Frame::data(line)), watch))
    });
    let mut answer = Response::new(StreamBody::new(lines).boxed_unsync());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

impl Watch {
    /// A watch from nowhere starts with everything that is there.
    fn begin_with_what_is(&mut self, mark_end: bool) {
        let core = self.core.clone();
        core.with(|cluster| {
            let events: Vec<Value> = cluster
                .store
                .list(&self.target.resource.id, self.target.within())
                .filter(|(_, object)| self.filter.passes(object))
                .map(|(_, object)| self.event("ADDED", object))
                .collect();
            self.queue.extend(events);
            self.seen = cluster.store.revision();
        });
        if mark_end {
            let mut end = self.bookmark();
            json::set(
                &mut end,
                &["object", "metadata", "annotations", "k8s.io/initial-events-end"],
                "true",
            );
            self.queue.push_back(end);
        }
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            self.revisions.borrow_and_update();
            if self.collect() || !self.queue.is_empty() {
                continue;
            }
            self.wait().await;
        }
    }

    async fn wait(&mut self) {
        let bookmark = self.next_bookmark;
        tokio::select! {
            changed = self.revisions.changed() => self.over = changed.is_err(),
            expired = self.expiries.changed() => {
                self.over = true;
                if expired.is_ok() {
                    self.queue.push_back(too_old(self.seen));
                }
            }
            () = tokio::time::sleep_until(bookmark), if self.bookmarks => {
                self.next_bookmark = bookmark + BOOKMARK_EVERY;
                let bookmark = self.bookmark();
                self.queue.push_back(bookmark);
            }
            () = tokio::time::sleep_until(self.until) => self.over = true,
        }
    }

    /// Fetches new changes and says whether that ended the watch.
    fn collect(&mut self) -> bool {
        let core = self.core.clone();
        core.with(|cluster: &mut Cluster| {
            let Some(changes) = cluster.store.since(self.seen) else {
                self.queue.push_back(too_old(self.seen));
                self.over = true;
                return true;
            };
            let events: Vec<Value> = changes.filter_map(|change| self.tell(change)).collect();
            self.queue.extend(events);
            // A future revision stays: its changes are still to come.
            self.seen = self.seen.max(cluster.store.revision());
            false
        })
    }

    /// The event of a change, as seen through the selectors.
    fn tell(&self, change: &Change) -> Option<Value> {
        let here = change.key.resource == self.target.resource.id
            && self.target.within().is_none_or(|within| *change.key.namespace == *within);
        if !here {
            return None;
        }
        let seen = |object: &Option<Arc<Value>>| {
            object.clone().filter(|object| self.filter.passes(object))
        };
        match (seen(&change.old), seen(&change.new)) {
            (None, None) => None,
            (None, Some(new)) => Some(self.event("ADDED", &new)),
            (Some(_), Some(new)) => Some(self.event("MODIFIED", &new)),
            (Some(mut last), None) => {
                // As it was when it still passed, under the revision that took it away.
                let revision = change.revision.to_string();
                json::set(Arc::make_mut(&mut last), &["metadata", "resourceVersion"], revision);
                Some(self.event("DELETED", &last))
            }
        }
    }

    fn event(&self, kind: &str, object: &Value) -> Value {
        let resource = &self.target.resource;
        json!({ "type": kind, "object": typed(&resource.api_version(), &resource.kind, object) })
    }

    fn bookmark(&self) -> Value {
        let object = json!({ "metadata": { "resourceVersion": self.seen.to_string() } });
        debug_assert!(revision_of(&object) == self.seen, "bookmarks carry what was seen");
        self.event("BOOKMARK", &object)
    }
}

fn too_old(revision: u64) -> Value {
    let refusal = Refusal::expired(format!("too old resource version: {revision}"));
    json!({ "type": "ERROR", "object": typed("v1", "Status", &refusal.status()) })
}
