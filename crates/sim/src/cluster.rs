//! The whole simulated cluster as one value behind one lock: objects, time, chance, faults.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::resources::{Registry, id};
use crate::sidecar::Injection;
use crate::store::{Key, Store};

/// Requests that are remembered at most.
const REQUESTS: usize = 50_000;

/// How quickly things happen in a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Pods are ready, and are gone, as soon as the controllers run.
    Instant,
    /// As a person can follow it.
    Demo {
        /// How long a pod takes to become ready, give or take a quarter.
        pod_start: Duration,
    },
}

/// One request, for tests that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// Its method.
    pub method: http::Method,
    /// Its path and query.
    pub path: String,
    /// Whether it had a body.
    pub had_body: bool,
}

/// Everything behind the lock.
pub(crate) struct Cluster {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) clock: Clock,
    pub(crate) chance: Chance,
    pub(crate) faults: Faults,
    pub(crate) pace: Pace,
    pub(crate) kubernetes: String,
    pub(crate) requests: Vec<RequestLine>,
    pub(crate) timers: Timers,
    /// `ReplicaSet`s and other makers of pods whose last attempt was refused.
    pub(crate) blocked: BTreeSet<Key>,
    /// What a Deployment had reached, and when: for its progress deadline.
    pub(crate) progress: HashMap<String, (Value, Instant)>,
    /// Pages of lists that are not read to their end, newest last.
    pub(crate) pages: Vec<Pages>,
    /// Control planes outside the cluster that inject pods in it, by the Service before them.
    pub(crate) outside: BTreeMap<String, Injection>,
    addresses: u32,
}

/// The rest of a list, as it was when its first page was read.
pub(crate) struct Pages {
    pub(crate) id: u64,
    pub(crate) revision: u64,
    pub(crate) items: Arc<Vec<Arc<Value>>>,
}

/// What happens when its time has come.
#[derive(Debug, Clone)]
pub(crate) enum Timer {
    /// The containers of a pod run.
    Start(Key, String),
    /// A container of a pod has crashed once more.
    Crash(Key, String),
    /// A pod that was deleted is gone.
    Remove(Key, String),
    /// A controller looks again.
    Wake(Key),
}

/// Timers in the order of their time.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeMap<(Instant, u64), Timer>,
    counter: u64,
}

impl Timers {
    /// Sets a timer.
    pub(crate) fn after(&mut self, delay: Duration, timer: Timer) {
        self.counter += 1;
        self.queue.insert((Instant::now() + delay, self.counter), timer);
    }

    /// Takes the first timer whose time has come.
    pub(crate) fn due(&mut self) -> Option<Timer> {
        let first = self.queue.first_entry()?;
        (first.key().0 <= Instant::now()).then(|| first.remove())
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// Whether a pod is on its way in or out.
    pub(crate) fn pods_move(&self) -> bool {
        self.queue.values().any(|timer| matches!(timer, Timer::Start(..) | Timer::Remove(..)))
    }
}

impl Cluster {
    /// An empty cluster.
    pub(crate) fn new(seed: u64, base: Timestamp) -> Self {
        Self {
            store: Store::new(),
            registry: Registry::new(),
            clock: Clock::new(base),
            chance: Chance::new(seed),
            faults: Faults::default(),
            pace: Pace::Instant,
            kubernetes: "v1.34.3".to_owned(),
            requests: Vec::new(),
            timers: Timers::default(),
            blocked: BTreeSet::new(),
            progress: HashMap::new(),
            pages: Vec::new(),
            outside: BTreeMap::new(),
            addresses: 0,
        }
    }

    /// Remembers a request; of very many only the later half.
    pub(crate) fn note(&mut self, line: RequestLine) {
        if self.requests.len() >= REQUESTS {
            self.requests.drain(..REQUESTS / 2);
        }
        self.requests.push(line);
    }

    /// The next free pod address.
    pub(crate) fn address(&mut self) -> String {
        self.addresses += 1;
        format!(
            "10.{}.{}.{}",
            244 + (self.addresses >> 16),
            self.addresses >> 8 & 0xff,
            self.addresses & 0xff
        )
    }

    /// How long the next pod takes to become ready.
    pub(crate) fn start_delay(&mut self) -> Duration {
        match self.pace {
            Pace::Instant => Duration::ZERO,
            Pace::Demo { pod_start } => {
                let percent = u32::try_from(75 + self.chance.next() % 51).unwrap_or(100);
                pod_start * percent / 100
            }
        }
    }

    /// How long a deleted pod takes to be gone.
    pub(crate) fn stop_delay(&self) -> Duration {
        match self.pace {
            Pace::Instant => Duration::ZERO,
            Pace::Demo { pod_start } => pod_start / 2,
        }
    }

    /// Labels of a namespace.
    pub(crate) fn namespace(&self, name: &str) -> Option<&Arc<Value>> {
        self.store.find(id::NAMESPACES, "", name)
    }
}

/// The cluster behind its lock, and what ends with it.
pub(crate) struct Core {
    cluster: Mutex<Cluster>,
    announcements: watch::Receiver<u64>,
    /// Ends every task.
    pub(crate) cancel: CancellationToken,
    /// Counts restarts of the API server: open connections end.
    pub(crate) restarts: watch::Sender<u64>,
    /// Counts expiries: open watches end with 410.
    pub(crate) expiries: watch::Sender<u64>,
}

impl Core {
    /// Puts a cluster behind its lock.
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self {
            announcements: cluster.store.announcements(),
            cluster: Mutex::new(cluster),
            cancel: CancellationToken::new(),
            restarts: watch::Sender::new(0),
            expiries: watch::Sender::new(0),
        }
    }

    /// Works on the cluster, and wakes whoever waits for what was changed.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Cluster) -> R) -> R {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        let before = cluster.store.revision();
        let result = work(&mut cluster);
        if cluster.store.revision() != before {
            cluster.store.announce();
        }
        result
    }

    /// Tells about every new revision.
    pub(crate) fn announcements(&self) -> watch::Receiver<u64> {
        self.announcements.clone()
    }
}
