//! The loop that takes in what the feeds tell, starts the feeds that follow from it, and says when the
//! picture is whole.
//!
//! Entry points: [`whole`] reads once, [`keep`] goes on. One task owns the [`Store`]; the feeds decode
//! and fold beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use meshlift_core::inventory::{Cluster, Kind, Name, Snapshot, WorkloadRef};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Reading;
use super::feed::Feed;
use super::fold::{Entry, Key, ReplicaSetOwner};
use super::follow::{self, News, PageOf, Reader};
use super::names::Names;
use super::store::Store;
use crate::calls::{CallError, Calls};
use crate::connection::Connection;
use crate::wire::ObjectMeta;

/// Between two tellings: at most four a second.
const PAUSE: Duration = Duration::from_millis(250);
/// News that may wait.
const QUEUE: usize = 64;
/// Owners asked for at a time.
const LOOKUPS: usize = 8;

/// Reads everything once.
pub(super) async fn whole(connection: &Connection) -> Result<Snapshot, CallError> {
    let (mut live, mut inbox) = Live::start(connection.calls().clone(), Aim::Once);
    loop {
        // The fold holds a sender itself, so there is always more to come.
        if let Some(news) = inbox.recv().await {
            live.take(news);
        }
        if let Some(error) = live.broken.pop_first() {
            return Err(error.1);
        }
        live.extend();
        if live.is_whole() {
            return Ok(live.store.picture(connection.cluster()));
        }
    }
}

/// Reads everything and keeps it true, until cancelled or until nobody listens.
pub(super) async fn keep(
    connection: Connection,
    readings: mpsc::Sender<Reading>,
    cancel: CancellationToken,
) {
    let (mut live, mut inbox) = Live::start(connection.calls().clone(), Aim::Follow);
    let mut told = Told::Nothing;
    let mut due: Option<Instant> = None;
    let mut told_at: Option<Instant> = None;
    loop {
        let reading = tokio::select! {
            Some(news) = inbox.recv() => {
                let lost = live.take(news);
                live.extend_if_whole_so_far();
                if live.changed {
                    // The first rows are waited for, and then the whole mesh.
                    let is_awaited = told == Told::Nothing && live.is_whole();
                    let told_at = told_at.filter(|_| !is_awaited);
                    let next = told_at.map_or_else(Instant::now, |moment| moment + PAUSE);
                    due = Some(due.map_or(next, |due| due.min(next)));
                }
                lost.map(Reading::Lost)
            }
            () = at(due) => {
                due = None;
                live.extend();
                let reading = live.next_reading(connection.cluster(), &mut told);
                // A moment at which there was nothing to show yet does not put off the first rows.
                told_at = reading.as_ref().map(|_| Instant::now()).or(told_at);
                reading
            }
            () = cancel.cancelled() => return,
            () = readings.closed() => return,
        };
        if let Some(reading) = reading
            && readings.send(reading).await.is_err()
        {
            return;
        }
    }
}

/// Waits for a moment, for ever if there is none.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// What a reading is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    Once,
    Follow,
}

/// What the listener knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Whole,
}

struct Live {
    aim: Aim,
    reader: Reader,
    store: Store,
    /// Feeds that run, and how to stop them.
    running: BTreeMap<Feed, AbortHandle>,
    /// Feeds whose first list is not complete.
    pending: BTreeSet<Feed>,
    /// Feeds that cannot be read now.
    broken: BTreeMap<Feed, CallError>,
    /// What a new list has brought so far.
    seen: BTreeMap<Feed, BTreeSet<Key>>,
    /// Replica sets that are being asked for.
    lookups: BTreeSet<Key>,
    allowance: Arc<Semaphore>,
    /// Whether the picture differs from the one that was told last.
    changed: bool,
    /// Dropped with the rest, which ends all feeds.
    tasks: JoinSet<()>,
}

impl Live {
    fn start(calls: Calls, aim: Aim) -> (Self, mpsc::Receiver<News>) {
        let (news, inbox) = mpsc::channel(QUEUE);
        let mut live = Self {
            aim,
            reader: Reader { calls, names: Arc::new(Names::default()), news },
            store: Store::default(),
            running: BTreeMap::new(),
            pending: BTreeSet::new(),
            broken: BTreeMap::new(),
            seen: BTreeMap::new(),
            lookups: BTreeSet::new(),
            allowance: Arc::new(Semaphore::new(LOOKUPS)),
            changed: false,
            tasks: JoinSet::new(),
        };
        for feed in Feed::BASE {
            live.follow(feed);
        }
        (live, inbox)
    }

    /// Takes in what a feed tells; gives the error when the picture is no longer kept true.
    fn take(&mut self, news: News) -> Option<CallError> {
        // A feed that was stopped may have told something just before.
        if news.feed().is_some_and(|feed| !self.running.contains_key(feed)) {
            return None;
        }
        match news {
            News::Page { feed, entries, place } => self.take_page(&feed, entries, place),
            News::Changed { feed, key, entry } => {
                self.changed |= self.store.apply(&feed, key, entry);
            }
            News::Refused { feed, error } => {
                self.pending.remove(&feed);
                self.changed |= self.store.refuse(&feed, error.to_string());
            }
            News::Broken { feed, error } => {
                let first = self.broken.is_empty();
                self.broken.insert(feed, error.clone());
                return first.then_some(error);
            }
            News::Mended { feed } => {
                // What was told last is true again, and that has to be told.
                self.changed |= self.broken.remove(&feed).is_some() && self.broken.is_empty();
            }
            News::Owner { replica_set, owner } => {
                self.lookups.remove(&replica_set);
                self.changed |= self.store.settle_owner(replica_set, owner);
            }
        }
        None
    }

    fn take_page(&mut self, feed: &Feed, entries: Vec<(Key, Option<Entry>)>, place: PageOf) {
        if place.first {
            self.seen.insert(feed.clone(), BTreeSet::new());
        }
        let seen = self.seen.entry(feed.clone()).or_default();
        for (key, entry) in entries {
            if entry.is_some() {
                seen.insert(key.clone());
            }
            self.changed |= self.store.apply(feed, key, entry);
        }
        if place.last {
            let seen = self.seen.remove(feed).unwrap_or_default();
            self.changed |= self.store.relisted(feed, &seen);
            // Even an empty list completes the picture.
            self.changed |= self.pending.remove(feed);
        }
    }

    /// Whether everything was read that belongs to the picture.
    fn is_whole(&self) -> bool {
        self.pending.is_empty() && self.lookups.is_empty()
    }

    /// Before the first picture the further feeds start at once; later they wait for the next telling.
    fn extend_if_whole_so_far(&mut self) {
        if self.is_whole() && !self.running.keys().any(|feed| matches!(feed, Feed::Configs(_))) {
            self.extend();
        }
    }

    /// Starts and stops the feeds that follow from what was read.
    fn extend(&mut self) {
        if Feed::BASE.iter().any(|feed| self.pending.contains(feed)) {
            return;
        }
        for namespace in self.store.plane_namespaces() {
            self.follow(Feed::Configs(Name::clone(&namespace)));
            self.follow(Feed::Endpoints(namespace));
        }
        let strays = self.store.stray_namespaces();
        self.leave_others(&strays);
        for namespace in strays {
            self.follow(Feed::OtherPods(namespace));
        }
        for replica_set in self.store.doubtful_replica_sets() {
            self.look_up(replica_set);
        }
    }

    /// Stops reading pods outside the mesh where none of them belongs in it any more.
    fn leave_others(&mut self, strays: &BTreeSet<Name>) {
        let held = self.store.held_strays();
        let over: Vec<Feed> = self
            .running
            .keys()
            .filter(|feed| {
                feed.other_pods_in().is_some_and(|namespace| {
                    !self.pending.contains(*feed)
                        && !strays.contains(namespace)
                        && !held.contains(namespace)
                })
            })
            .cloned()
            .collect();
        for feed in over {
            if let Some(task) = self.running.remove(&feed) {
                task.abort();
            }
            self.broken.remove(&feed);
            self.changed |= self.store.relisted(&feed, &BTreeSet::new());
        }
    }

    fn follow(&mut self, feed: Feed) {
        if self.running.contains_key(&feed) {
            return;
        }
        let reader = self.reader.clone();
        let started = feed.clone();
        let task = match self.aim {
            Aim::Once => self.tasks.spawn(async move {
                // An error means that nobody waits for it any more.
                let _ = follow::list_once(reader, started).await;
            }),
            Aim::Follow => self.tasks.spawn(async move {
                let _ = follow::follow(reader, started).await;
            }),
        };
        self.pending.insert(feed.clone());
        self.running.insert(feed, task);
    }

    fn look_up(&mut self, replica_set: Key) {
        if !self.lookups.insert(replica_set.clone()) {
            return;
        }
        let reader = self.reader.clone();
        let allowance = Arc::clone(&self.allowance);
        self.tasks.spawn(async move {
            let Ok(_one_of_few) = allowance.acquire_owned().await else { return };
            let owner = owner_of(&reader.calls, &replica_set).await;
            let _ = reader.tell(News::Owner { replica_set, owner }).await;
        });
    }

    fn next_reading(&mut self, cluster: &Cluster, told: &mut Told) -> Option<Reading> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        if !self.broken.is_empty() {
            // Told once it is mended.
            self.changed = true;
            return None;
        }
        let whole = self.is_whole() || *told == Told::Whole;
        if !whole && !self.shows_rows() {
            self.changed = true;
            return None;
        }
        let picture = Arc::new(self.store.picture(cluster));
        if whole {
            *told = Told::Whole;
            return Some(Reading::Ready(picture));
        }
        Some(Reading::Page(picture))
    }

    /// Whether a part of the picture says anything: pods, and what decides about their injection.
    fn shows_rows(&self) -> bool {
        let has_decided = [Feed::Namespaces, Feed::Injectors];
        !self.store.pods.is_empty() && !has_decided.iter().any(|feed| self.pending.contains(feed))
    }
}

/// Asks a ReplicaSet for its owner.
async fn owner_of(calls: &Calls, replica_set: &Key) -> ReplicaSetOwner {
    #[derive(Deserialize)]
    struct Owned {
        metadata: ObjectMeta,
    }
    let Key { namespace, name } = replica_set;
    let path = format!("/apis/apps/v1/namespaces/{namespace}/replicasets/{name}");
    let Ok(Owned { metadata }) = calls.get(&path).await else { return ReplicaSetOwner::Unknown };
    let (kind, name) = match metadata.controller() {
        Some(owner) if owner.kind == "Deployment" => (Kind::Deployment, owner.name.as_str().into()),
        Some(owner) => (Kind::Other, owner.name.as_str().into()),
        None => (Kind::ReplicaSet, Name::clone(name)),
    };
    ReplicaSetOwner::Known(WorkloadRef { namespace: Name::clone(namespace), kind, name })
}
