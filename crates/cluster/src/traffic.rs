//! Watches the rules that steer traffic, for as long as a run goes on (run semantics 8): one that
//! changes during an upgrade is reported at once, with who changed it.
//!
//! Entry point: [`watch`]. Kinds are those that the server offers in [`GROUPS`]. A change is told by
//! `metadata.generation`, which counts changes of a spec and not those of a status. Deliberately
//! absent: what a rule says, which is not read, and stopping anything because of it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use meshlift_core::inventory::Name;
use meshlift_core::rollout::{ObjectRef, RuleChange, RuleEvent, TrafficNews};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::calls::{CallError, Calls, page_path};
use crate::connection::Connection;
use crate::wire::{self, Event, Object, ObjectMeta};

/// API groups whose objects steer traffic or decide who may send it.
const GROUPS: [&str; 3] = ["networking.istio.io", "security.istio.io", "gateway.networking.k8s.io"];
/// Part of the name of every label with which an install marks the objects that it made: they change
/// with the install itself.
const INSTALLED: &str = "operator.istio.io/";
/// Lists carry metadata only, from servers that can.
const METADATA: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json";
/// Pause before a kind that could not be read is read again.
const AGAIN: Duration = Duration::from_secs(5);
/// How long a watch lasts before it is asked for again.
const WATCH_SECONDS: u32 = 290;
/// A connection that is silent for longer is taken as dead; bookmarks come every minute.
const SILENCE: Duration = Duration::from_secs(90);
/// News that may wait.
const QUEUE: usize = 64;

/// Reports every rule that is added, changed or removed from now on. Dropping it stops all reading.
pub fn watch(connection: &Connection) -> impl Stream<Item = TrafficNews> + Send + Unpin + use<> {
    let (news, inbox) = mpsc::channel(QUEUE);
    let calls = connection.calls().clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(find_and_follow(calls, news));
    Box::pin(stream::unfold((inbox, tasks), |(mut inbox, tasks)| async move {
        let found = inbox.recv().await?;
        Some((found, (inbox, tasks)))
    }))
}

/// One kind of rules, as the server offers it.
#[derive(Debug, Clone)]
struct RuleKind {
    api_version: Name,
    kind: Name,
    resource: Name,
}

/// A rule of which only its metadata is read.
#[derive(Debug, Deserialize)]
struct Rule {
    metadata: RuleMeta,
}

#[derive(Debug, Deserialize)]
struct RuleMeta {
    #[serde(flatten)]
    meta: ObjectMeta,
    #[serde(default, rename = "managedFields")]
    writers: Vec<Writer>,
}

/// An entry of `managedFields`: a program, and when it wrote last.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Writer {
    manager: String,
    time: String,
    subresource: String,
}

impl Object for Rule {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata.meta
    }
}

/// Generations by namespace and name.
type Held = BTreeMap<(Name, Name), i64>;

async fn find_and_follow(calls: Calls, news: mpsc::Sender<TrafficNews>) {
    let kinds = loop {
        match kinds(&calls).await {
            Ok(kinds) => break kinds,
            Err(error @ CallError::Forbidden { .. }) => {
                return unseen(&news, "/apis", &error).await;
            }
            Err(error) => tracing::info!(%error, "the kinds of traffic rules were not read"),
        }
        tokio::time::sleep(AGAIN).await;
    };
    let mut following: JoinSet<()> =
        kinds.into_iter().map(|kind| follow(calls.clone(), kind, news.clone())).collect();
    while following.join_next().await.is_some() {}
    // The stream ends with its reader, not because nothing can be read.
    news.closed().await;
}

/// The kinds of [`GROUPS`] that can be watched, each in the server's preferred version that has it.
async fn kinds(calls: &Calls) -> Result<Vec<RuleKind>, CallError> {
    #[derive(Deserialize)]
    struct Groups {
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        name: String,
        versions: Vec<Version>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        group_version: Name,
    }
    #[derive(Deserialize)]
    struct Resources {
        resources: Vec<Resource>,
    }
    #[derive(Deserialize)]
    struct Resource {
        name: Name,
        kind: Name,
        verbs: Vec<String>,
    }
    let found: Groups = calls.get("/apis").await?;
    let mut kinds: BTreeMap<(String, Name), RuleKind> = BTreeMap::new();
    for group in found.groups.into_iter().filter(|group| GROUPS.contains(&group.name.as_str())) {
        for Version { group_version } in group.versions {
            let offered: Resources = calls.get(&format!("/apis/{group_version}")).await?;
            let watched = offered.resources.into_iter().filter(|resource| {
                !resource.name.contains('/') && resource.verbs.iter().any(|verb| verb == "watch")
            });
            for Resource { name, kind, verbs: _ } in watched {
                let key = (group.name.clone(), name.clone());
                let api_version = group_version.clone();
                kinds.entry(key).or_insert(RuleKind { api_version, kind, resource: name });
            }
        }
    }
    Ok(kinds.into_values().collect())
}

/// Lists a kind, then watches it; after every gap it is listed again and compared with what was held.
async fn follow(calls: Calls, kind: RuleKind, news: mpsc::Sender<TrafficNews>) {
    let mut held: Option<Held> = None;
    loop {
        match list(&calls, &kind).await {
            Ok((version, rules)) => {
                let before = held.take();
                let now = rules.iter().map(|rule| (key(rule), rule.meta().generation)).collect();
                for change in before.iter().flat_map(|before| differences(&kind, before, &rules)) {
                    if news.send(TrafficNews::Changed { change }).await.is_err() {
                        return;
                    }
                }
                let now = held.insert(now);
                watch_from(&calls, &kind, version, now, &news).await;
            }
            Err(error @ CallError::Forbidden { .. }) if held.is_none() => {
                return unseen(&news, &kind.kind, &error).await;
            }
            Err(error) => tracing::info!(%error, kind = %kind.kind, "traffic rules were not read"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn unseen(news: &mpsc::Sender<TrafficNews>, what: &str, error: &CallError) {
    let told = TrafficNews::Unseen { what: what.into(), why: error.to_string() };
    // An error means that nobody wants to know any more.
    let _ = news.send(told).await;
}

async fn list(calls: &Calls, kind: &RuleKind) -> Result<(String, Vec<Rule>), CallError> {
    let mut rules = Vec::new();
    let mut token = String::new();
    loop {
        let path = page_path(&kind.path(), &token);
        let reply = calls.read(&path, METADATA).await?;
        let page: wire::Page<Rule> = wire::read_json_page(&reply.body).map_err(|error| {
            CallError::Decode { request: path.clone(), reason: error.to_string() }
        })?;
        rules.extend(page.items.into_iter().filter(is_a_users));
        if page.token.is_empty() {
            return Ok((page.resource_version, rules));
        }
        token = page.token;
    }
}

/// Reports changes until the watch ends for whatever reason; a new list follows.
async fn watch_from(
    calls: &Calls,
    kind: &RuleKind,
    version: String,
    held: &mut Held,
    news: &mpsc::Sender<TrafficNews>,
) {
    let path = format!(
        "{}?watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}",
        kind.path()
    );
    let Ok(lines) = calls.lines(&path).await else { return };
    let mut lines = std::pin::pin!(lines);
    while let Ok(Some(Ok(line))) = timeout(SILENCE, lines.next()).await {
        let change = match wire::read_event::<Rule>(line.as_bytes()) {
            Ok(Event::Applied(rule)) if is_a_users(&rule) => applied(kind, &rule, held),
            Ok(Event::Deleted(rule)) if is_a_users(&rule) => {
                held.remove(&key(&rule)).map(|_| kind.change(&key(&rule), RuleEvent::Removed, None))
            }
            Ok(Event::Applied(_) | Event::Deleted(_) | Event::Bookmark(_)) => None,
            Ok(Event::Ended(_)) | Err(_) => return,
        };
        if let Some(change) = change
            && news.send(TrafficNews::Changed { change }).await.is_err()
        {
            return;
        }
    }
}

/// What a rule that is there now means, compared with what was held.
fn applied(kind: &RuleKind, rule: &Rule, held: &mut Held) -> Option<RuleChange> {
    let key = key(rule);
    let event = match held.insert(key.clone(), rule.meta().generation) {
        None => RuleEvent::Added,
        Some(before) if before != rule.meta().generation => RuleEvent::Changed,
        Some(_) => return None,
    };
    Some(kind.change(&key, event, last_writer(rule)))
}

/// What changed between two lists.
fn differences(kind: &RuleKind, before: &Held, rules: &[Rule]) -> Vec<RuleChange> {
    let mut left = before.clone();
    let mut changes: Vec<RuleChange> = Vec::new();
    for rule in rules {
        let mut held = left.remove_entry(&key(rule)).into_iter().collect();
        changes.extend(applied(kind, rule, &mut held));
    }
    changes.extend(left.keys().map(|key| kind.change(key, RuleEvent::Removed, None)));
    changes
}

/// Whether somebody other than the install made it.
fn is_a_users(rule: &Rule) -> bool {
    !rule.meta().labels.keys().any(|label| label.contains(INSTALLED))
}

/// The program that wrote the spec last; times of `managedFields` sort as text.
fn last_writer(rule: &Rule) -> Option<Name> {
    let writers = rule.metadata.writers.iter().filter(|writer| writer.subresource.is_empty());
    writers.max_by_key(|writer| &writer.time).map(|writer| writer.manager.as_str().into())
}

fn key(rule: &Rule) -> (Name, Name) {
    (rule.meta().namespace.as_str().into(), rule.meta().name.as_str().into())
}

impl RuleKind {
    fn path(&self) -> String {
        format!("/apis/{}/{}", self.api_version, self.resource)
    }

    fn change(
        &self,
        (namespace, name): &(Name, Name),
        event: RuleEvent,
        by: Option<Name>,
    ) -> RuleChange {
        let rule = ObjectRef {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            resource: self.resource.clone(),
            namespace: Some(namespace.clone()).filter(|namespace| !namespace.is_empty()),
            name: name.clone(),
        };
        RuleChange { rule, event, by }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind() -> RuleKind {
        RuleKind {
            api_version: "networking.istio.io/v1".into(),
            kind: "VirtualService".into(),
            resource: "virtualservices".into(),
        }
    }

    fn rule(name: &str, generation: i64) -> Rule {
        serde_json::from_value(json!({ "metadata": {
            "namespace": "shop", "name": name, "generation": generation,
            "managedFields": [
                { "manager": "kubectl-edit", "time": "2026-11-23T10:00:00Z" },
                { "manager": "pilot", "time": "2026-11-23T11:00:00Z", "subresource": "status" },
                { "manager": "kubectl-create", "time": "2026-11-22T10:00:00Z" },
            ],
        } }))
        .unwrap()
    }

    #[test]
    fn a_change_of_the_spec_is_told_with_who_wrote_it_last() {
        let mut held = Held::from([(key(&rule("cart", 1)), 1)]);
        let change = applied(&kind(), &rule("cart", 2), &mut held).unwrap();
        assert_eq!(change.event, RuleEvent::Changed);
        assert_eq!(change.by.as_deref(), Some("kubectl-edit"), "a status is nobody's change");
        assert_eq!(change.rule.to_string(), "VirtualService shop/cart");
        assert_eq!(applied(&kind(), &rule("cart", 2), &mut held), None, "it is told once");
    }

    #[test]
    fn a_gap_is_closed_by_comparing_two_lists() {
        let before = ["same", "changed", "removed"].map(|name| (key(&rule(name, 1)), 1)).into();
        let now = [rule("same", 1), rule("changed", 2), rule("added", 1)];
        let told: Vec<(String, RuleEvent)> = differences(&kind(), &before, &now)
            .into_iter()
            .map(|change| (change.rule.name.to_string(), change.event))
            .collect();
        let expected = [
            ("changed", RuleEvent::Changed),
            ("added", RuleEvent::Added),
            ("removed", RuleEvent::Removed),
        ];
        assert_eq!(told, expected.map(|(name, event)| (name.to_owned(), event)));
    }

    #[test]
    fn what_an_install_made_is_not_a_users_rule() {
        let mut installed = rule("stats-filter", 1);
        let label = "install.operator.istio.io/owning-resource".to_owned();
        installed.metadata.meta.labels.insert(label, "unknown".to_owned());
        assert!(!is_a_users(&installed));
        assert!(is_a_users(&rule("cart", 1)));
    }
}
