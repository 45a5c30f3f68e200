//! Lists the rules of a kind and watches them then.
//!
//! Entry point: [`find_and_follow`]. After every gap a kind is listed again and compared with what was
//! held. What may not be read is told once, and again only after it could be read in between.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use meshlift_core::inventory::Name;
use meshlift_core::rollout::{RuleEvent, TrafficNews, Unseen};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::differences::{Before, Held, Rule, applied, differences, is_a_users, key};
use super::kinds::{KindKey, RuleKind, kinds};
use crate::calls::{CallError, Calls, PAGE, SILENCE, page_path, watch_path};
use crate::wire::{self, Event, Object as _};

/// Lists carry metadata only, from servers that can.
const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json";
/// The same for watches.
const METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json";
/// Pause before a kind that could not be read is read again.
const AGAIN: Duration = Duration::from_secs(5);
/// Pause before new kinds are looked for.
const KINDS_AGAIN: Duration = Duration::from_mins(1);

type News = mpsc::Sender<TrafficNews>;

/// The reader is gone: nobody wants to know.
struct Unwanted;

/// Follows every kind that the server has or gets, until nobody reads the news any more.
pub(super) async fn find_and_follow(calls: Calls, since: Timestamp, news: News) {
    let mut followed: BTreeSet<KindKey> = BTreeSet::new();
    let mut following = JoinSet::new();
    // A kind that comes later had no rules before.
    let mut before = Before::of(since);
    let mut refused = false;
    loop {
        let pause = match kinds(&calls).await {
            Ok(found) => {
                refused = false;
                for (key, kind) in found {
                    if followed.insert(key) {
                        let (calls, news) = (calls.clone(), news.clone());
                        following.spawn(follow(calls, kind, before.clone(), news));
                    }
                }
                before = Before::Held(Held::new());
                KINDS_AGAIN
            }
            Err(error) if error.is_final() => {
                if !std::mem::replace(&mut refused, true)
                    && unseen(&news, None, &error).await.is_err()
                {
                    return;
                }
                KINDS_AGAIN
            }
            Err(error) => {
                tracing::info!(%error, "the kinds of traffic rules were not read");
                AGAIN
            }
        };
        tokio::select! {
            () = news.closed() => return,
            () = sleep(pause) => {}
        }
    }
}

async fn follow(calls: Calls, kind: RuleKind, before: Before, news: News) {
    // An error means that nobody wants to know any more.
    let _ = follow_while_wanted(calls, kind, before, news).await;
}

async fn follow_while_wanted(
    calls: Calls,
    kind: RuleKind,
    mut before: Before,
    news: News,
) -> Result<(), Unwanted> {
    let mut listed = false;
    let mut refused = false;
    loop {
        match list(&calls, &kind).await {
            Ok((version, rules)) => {
                (listed, refused) = (true, false);
                for change in differences(&kind, &before, &rules) {
                    tell(&news, TrafficNews::Changed { change }).await?;
                }
                let mut held =
                    rules.iter().map(|rule| (key(rule), rule.meta().generation)).collect();
                watch_from(&calls, &kind, &version, &mut held, &news).await?;
                before = Before::Held(held);
            }
            Err(error) if error.is_final() => {
                if !std::mem::replace(&mut refused, true) {
                    unseen(&news, Some(kind.kind.clone()), &error).await?;
                }
                if !listed {
                    return Ok(());
                }
            }
            Err(error) => tracing::info!(%error, kind = %kind.kind, "traffic rules were not read"),
        }
        sleep(AGAIN).await;
    }
}

async fn tell(news: &News, what: TrafficNews) -> Result<(), Unwanted> {
    news.send(what).await.map_err(|_| Unwanted)
}

async fn unseen(news: &News, what: Option<Name>, error: &CallError) -> Result<(), Unwanted> {
    let unseen = Unseen { what, why: error.to_string() };
    tell(news, TrafficNews::Unseen { unseen }).await
}

async fn list(calls: &Calls, kind: &RuleKind) -> Result<(String, Vec<Rule>), CallError> {
    let mut rules = Vec::new();
    let mut token = String::new();
    loop {
        let path = page_path(&kind.path(), PAGE, &token);
        let reply = calls.read(&path, METADATA_LIST).await?;
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
    version: &str,
    held: &mut Held,
    news: &News,
) -> Result<(), Unwanted> {
    let path = watch_path(&kind.path(), version);
    let Ok(lines) = calls.lines(&path, METADATA).await else { return Ok(()) };
    let mut lines = std::pin::pin!(lines);
    while let Ok(Some(Ok(line))) = timeout(SILENCE, lines.next()).await {
        let change = match wire::read_event::<Rule>(line.as_bytes()) {
            Ok(Event::Applied(rule)) if is_a_users(&rule) => applied(kind, &rule, held),
            Ok(Event::Deleted(rule)) if is_a_users(&rule) => {
                held.remove(&key(&rule)).map(|_| kind.change(&key(&rule), RuleEvent::Removed, None))
            }
            Ok(Event::Applied(_) | Event::Deleted(_) | Event::Bookmark(_)) => None,
            Ok(Event::Ended(_)) | Err(_) => return Ok(()),
        };
        if let Some(change) = change {
            tell(news, TrafficNews::Changed { change }).await?;
        }
    }
    Ok(())
}
