//! The state of the instance itself: what the cloud remembers between two requests.
//!
//! Deliberately absent: what follows from it in the two clusters (`dataplane`, `gateways`,
//! `labels`) and how it changes over time (`work`).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::faults::Faults;
use super::version::Version;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::cluster::Pace;

/// Lines of the log that are kept.
const LOG: usize = 200;

/// The edition of an instance: `ClusterSpec` of its answers (§7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// Without canary upgrades.
    Standard,
    /// With them.
    Enterprise,
    /// With them.
    Ultimate,
}

impl Edition {
    /// Its word in `ClusterSpec`.
    pub(crate) fn spec(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Enterprise => "enterprise",
            Self::Ultimate => "ultimate",
        }
    }

    /// Its word in `Profile` and among the versions.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::Standard => "Default",
            Self::Enterprise | Self::Ultimate => "Pro",
        }
    }

    /// Whether it has canary upgrades (S17).
    pub(crate) fn has_canary(self) -> bool {
        match self {
            Self::Standard => false,
            Self::Enterprise | Self::Ultimate => true,
        }
    }
}

/// What `DescribeUpgradeVersion` says when nothing newer exists: no source tells (§14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NothingNewer {
    /// An answer without a version.
    NoVersion,
    /// The version that runs.
    SameVersion,
    /// `ERR404`.
    NotFound,
}

/// How `GatewayStatusRecord` names gateways: no source tells (§14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKeys {
    /// `istio-system:ingressgateway`.
    WithNamespace,
    /// `ingressgateway`.
    NameAlone,
    /// `<cluster>/istio-system:ingressgateway`.
    WithCluster,
}

/// Which namespaces get sidecars: the injection policy of the console (§3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectionPolicy {
    /// Those whose label asks for it: what a canary upgrade needs.
    ByLabel,
    /// All of them but system namespaces.
    Everywhere,
}

/// What never changes, or only by somebody's decision.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) mesh_id: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) edition: Edition,
    pub(crate) injection: InjectionPolicy,
    pub(crate) created: Timestamp,
    /// Of the data-plane cluster.
    pub(crate) cluster_id: String,
    pub(crate) cluster_name: String,
    pub(crate) kubernetes: String,
}

/// A second control plane beside the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Beside {
    /// There is none.
    Nothing,
    /// The canary.
    Canary(Version),
    /// The one that was current until the canary was promoted.
    Former(Version),
}

/// What the instance is busy with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    Upgrade(Version),
    DeployCanary(Version),
    Promote,
    Revoke,
    Unpublish,
}

/// A task and its time. Before `begins` nothing of it shows: an accepted write is not yet a
/// changed state (§11.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) task: Task,
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
}

/// How far the upgrade of a gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roll {
    /// It waits for its turn.
    Pending,
    /// Its pods are replaced.
    Rolling,
    /// Its pods did not become ready in time.
    Failed(String),
}

/// One line of `DescribeServiceMeshLogs`.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) text: String,
}

/// The instance.
pub(crate) struct Instance {
    pub(crate) identity: Identity,
    pub(crate) version: Version,
    pub(crate) beside: Beside,
    pub(crate) work: Option<Work>,
    /// Why the last upgrade failed.
    pub(crate) failure: Option<String>,
    /// Gateways on their way to the current version, by name, in the order of their turn.
    pub(crate) rolls: Vec<(String, Roll)>,
    /// When the first gateway of the queue may begin.
    pub(crate) next_roll: Instant,
    /// Versions that the cloud offers, oldest first.
    pub(crate) offers: Vec<Version>,
    pub(crate) nothing_newer: NothingNewer,
    pub(crate) record_keys: RecordKeys,
    pub(crate) log: VecDeque<Line>,
    pub(crate) updated: Timestamp,
    pub(crate) clock: Clock,
    pub(crate) pace: Pace,
    pub(crate) chance: Chance,
    pub(crate) faults: Faults,
    /// Nonces of the last requests, and when they came.
    pub(crate) nonces: HashMap<String, Timestamp>,
    pub(crate) calls: Vec<super::Call>,
    /// Their signatures.
    pub(crate) signatures: Vec<String>,
    /// When the labels of a namespace are copied.
    pub(crate) copies: BTreeMap<String, Instant>,
}

impl Instance {
    /// The only version that the cloud upgrades to in place: the newest of the next minor, or a
    /// newer patch of the same one.
    pub(crate) fn target(&self) -> Option<&Version> {
        let newer = |ahead| {
            self.offers.iter().rev().find(move |offer| {
                offer.is_after(&self.version) && offer.minors_ahead_of(&self.version) == ahead
            })
        };
        newer(1).or_else(|| newer(0))
    }

    /// Versions that a canary may have: up to two minors ahead (S17, and K1 for the doubt).
    pub(crate) fn canary_offers(&self) -> Vec<&Version> {
        let near = |offer: &&Version| (1..=2).contains(&offer.minors_ahead_of(&self.version));
        self.offers.iter().filter(|offer| offer.is_after(&self.version)).filter(near).collect()
    }

    /// Whether the instance is at rest.
    pub(crate) fn state(&self, now: Instant) -> &'static str {
        match &self.work {
            Some(work) if work.begins <= now => "updating",
            Some(_) | None if self.failure.is_some() => "upgrading_failed",
            Some(_) | None => "running",
        }
    }

    /// `MeshStatus` of the upgrade status (§7.2).
    pub(crate) fn mesh_status(&self, now: Instant) -> &'static str {
        match &self.work {
            Some(Work { task: Task::Upgrade(_), begins, .. }) if *begins <= now => "upgrading",
            Some(_) | None if self.failure.is_some() => "upgrading_failed",
            Some(_) | None => "running",
        }
    }

    /// Whether a second Pilot has a load balancer: from the first moment of its deployment on.
    pub(crate) fn has_second_balancer(&self) -> bool {
        let begun = self.work.as_ref().filter(|work| work.begins <= Instant::now());
        self.beside != Beside::Nothing
            || begun.is_some_and(|work| matches!(work.task, Task::DeployCanary(_)))
    }

    /// Adds a line to the log.
    pub(crate) fn note(&mut self, text: &str) {
        let (request, user) = (self.chance.uid().to_uppercase(), "UID-1000000000000001");
        let id = &self.identity.mesh_id;
        let line = format!("[RequestID: {request}, {user}] {id} - | {text}");
        let at = self.clock.now();
        self.log.push_back(Line { at, text: line });
        if self.log.len() > LOG {
            self.log.pop_front();
        }
        self.updated = at;
    }

    /// How long things take.
    pub(crate) fn spans(&self) -> Spans {
        match self.pace {
            Pace::Instant => Spans::of(Duration::ZERO),
            Pace::Demo { pod_start } => Spans::of(pod_start),
        }
    }
}

/// How long the cloud takes, measured in starts of a pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spans {
    /// Until an accepted write shows.
    pub(crate) queue: Duration,
    /// The upgrade of the control plane.
    pub(crate) upgrade: Duration,
    /// A second control plane.
    pub(crate) deploy: Duration,
    /// Making another control plane the current one, or taking one away.
    pub(crate) switch: Duration,
    /// Copying labels to the data-plane cluster.
    pub(crate) copy: Duration,
}

impl Spans {
    fn of(pod_start: Duration) -> Self {
        Self {
            queue: pod_start / 2,
            upgrade: pod_start * 6,
            deploy: pod_start * 5,
            switch: pod_start * 3,
            copy: pod_start / 3,
        }
    }
}
