//! Which proxies are behind, and would a restart help.
//!
//! Entry point: [`assess`], one [`Assessment`] per workload (`domain/istio.md` §8). Comparing
//! revisions alone is not enough: after an in-place upgrade the revision is unchanged and only the
//! proxy's version tells (§1 fact 3). Deliberately absent: restarting anything (`rollout`).

mod disruption;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::injection::{self, Injection, Outcome};
use crate::inventory::{
    Kind, Name, Namespace, Pod, ProxyImage, Role, RolloutState, Snapshot, Strategy, Workload,
    WorkloadRef,
};
use crate::version::MeshVersion;

pub use disruption::{Disruption, disruption};

/// What is known of one workload's proxies, and what a restart would do to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// The workload.
    pub workload: WorkloadRef,
    /// What it is in the mesh.
    pub role: Role,
    /// Its pods by the proxy they run; pods without one under no version and no revision.
    pub now: Vec<Standing>,
    /// What a new pod of it would get.
    pub after: After,
    /// Why a new pod would get that.
    pub injection: Injection,
    /// How many webhook entries match.
    pub matches: u32,
    /// What follows.
    pub state: State,
    /// What keeps a restart from being done or from helping.
    pub hindrance: Option<Hindrance>,
}

/// Pods that run the same proxy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Revision that injected it; none without a proxy, or when nothing tells.
    pub revision: Option<Name>,
    /// Version of the proxy; none without one, or when its image does not tell.
    pub version: Option<MeshVersion>,
    /// Whether there is a proxy.
    pub has_proxy: bool,
    /// How many pods.
    pub pods: u32,
}

/// What a new pod would get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct After {
    /// Revision that would inject it; none for no sidecar.
    pub revision: Option<Name>,
    /// Version of its proxy, if that can be told.
    pub version: Option<MeshVersion>,
}

/// What follows for a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Every proxy is what a restart would give.
    UpToDate,
    /// Another revision would inject it (canary).
    NeedsRestart,
    /// The same revision would inject a newer proxy (in place).
    Behind,
    /// It has proxies and would come back without: it is never restarted.
    WouldLoseSidecar,
    /// It has no proxy and would come back with one.
    MissingSidecar,
    /// It has no proxy and would get none.
    NoSidecar,
    /// A restart would be needed and can't be done, or would not help.
    CannotRestart,
    /// A rollout is under way.
    Rolling,
    /// It can't be told.
    Unknown,
}

/// What keeps a restart from being done or from helping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Hindrance {
    /// Its rollouts are paused.
    Paused,
    /// It replaces pods only when somebody deletes them.
    OnDelete,
    /// Pods below this ordinal are kept.
    #[serde(rename_all = "camelCase")]
    Partition {
        /// The ordinal.
        partition: u32,
    },
    /// Nothing would replace its pods.
    NoController,
    /// Its pods end by themselves.
    Job,
    /// Its kind is not one that the app restarts.
    #[serde(rename_all = "camelCase")]
    Kind {
        /// The kind.
        of: Kind,
    },
    /// Its proxy image is pinned by annotation.
    #[serde(rename_all = "camelCase")]
    PinnedImage {
        /// The image.
        image: Name,
    },
    /// Its template holds its own proxy.
    OwnProxy,
    /// istiod replaces its pods when its revision changes.
    ManagedGateway,
    /// Several webhooks would inject it.
    InjectedTwice,
    /// The version of its proxies can't be told.
    #[serde(rename_all = "camelCase")]
    ProxyUnknown {
        /// The image.
        image: Name,
    },
}

/// Assesses every workload but the control planes, in the order of their names.
pub fn assess(snapshot: &Snapshot) -> Vec<Assessment> {
    let mut pods: BTreeMap<&WorkloadRef, Vec<&Pod>> = BTreeMap::new();
    for pod in snapshot.pods.values() {
        if let Some(workload) = &pod.workload {
            pods.entry(workload).or_default().push(pod);
        }
    }
    snapshot
        .workloads
        .values()
        .filter(|workload| workload.role != Role::ControlPlane)
        .map(|workload| {
            let own = pods.get(&workload.reference).map_or(&[][..], Vec::as_slice);
            assess_with(snapshot, workload, own)
        })
        .collect()
}

/// Assesses one workload.
pub fn assess_one(snapshot: &Snapshot, workload: &Workload) -> Assessment {
    let pods: Vec<&Pod> = snapshot.pods_of(&workload.reference).collect();
    assess_with(snapshot, workload, &pods)
}

fn assess_with(snapshot: &Snapshot, workload: &Workload, pods: &[&Pod]) -> Assessment {
    let nowhere = Namespace { name: workload.reference.namespace.clone(), ..Namespace::default() };
    let namespace = snapshot.namespaces.get(&workload.reference.namespace).unwrap_or(&nowhere);
    let injection = injection::predict(&snapshot.injectors, namespace, &workload.template);
    let after = after(snapshot, workload, &injection);
    let now = standings(pods);
    let mut hindrance = hindrance(workload, &injection);
    let found = state(workload, &now, &after, &injection, &mut hindrance, pods);
    let is_stuck = is_pinned_behind(snapshot, &after, hindrance.as_ref());
    let state = if found == State::UpToDate && is_stuck { State::CannotRestart } else { found };
    Assessment {
        workload: workload.reference.clone(),
        role: workload.role,
        matches: u32::try_from(injection.matches.len()).unwrap_or(u32::MAX),
        now,
        after,
        injection,
        state,
        hindrance,
    }
}

/// Pods grouped by the proxy they run. Ended pods and pods that are being deleted don't count.
fn standings(pods: &[&Pod]) -> Vec<Standing> {
    let mut groups: BTreeMap<(Option<Name>, Option<MeshVersion>, bool), u32> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| !pod.is_finished() && !pod.terminating) {
        let proxy = pod.proxy.as_ref();
        let key = (
            proxy.and_then(|proxy| proxy.revision.clone()),
            proxy.and_then(|proxy| proxy.version.clone()),
            proxy.is_some(),
        );
        *groups.entry(key).or_default() += 1;
    }
    groups
        .into_iter()
        .map(|((revision, version, has_proxy), pods)| Standing {
            revision,
            version,
            has_proxy,
            pods,
        })
        .collect()
}

fn after(snapshot: &Snapshot, workload: &Workload, injection: &Injection) -> After {
    let revision = match &injection.outcome {
        Outcome::Injected { revision } => revision.clone(),
        Outcome::Twice | Outcome::NotInjected => return After::default(),
    };
    let pinned = workload.template.proxy_image.as_ref().map(|image| image_version(image));
    let version = pinned.unwrap_or_else(|| {
        let proxy = snapshot.control_plane(&revision).and_then(|plane| plane.proxy.as_ref());
        proxy.and_then(|ProxyImage { version, .. }| version.clone())
    });
    After { revision: Some(revision), version }
}

/// Whether a pinned image keeps proxies on another version than their control plane gives to others:
/// a restart would change nothing, and yet they are not up to date. ASM's own patch number counts as
/// little here as elsewhere (S27).
fn is_pinned_behind(snapshot: &Snapshot, after: &After, hindrance: Option<&Hindrance>) -> bool {
    if !matches!(hindrance, Some(Hindrance::PinnedImage { .. })) {
        return false;
    }
    let plane = after.revision.as_ref().and_then(|revision| snapshot.control_plane(revision));
    let given = plane.and_then(|plane| plane.proxy.as_ref()?.version.as_ref());
    given.zip(after.version.as_ref()).is_some_and(|(given, pinned)| given.istio() != pinned.istio())
}

/// Version by the tag of an image; none for a digest or a tag that is no version.
pub fn image_version(image: &str) -> Option<MeshVersion> {
    let (name, tag) = image.rsplit_once(':')?;
    let is_tag = !tag.contains('/') && !name.contains('@');
    is_tag.then(|| tag.parse().ok()).flatten()
}

fn hindrance(workload: &Workload, injection: &Injection) -> Option<Hindrance> {
    if let Some(image) = &workload.template.proxy_image {
        return Some(Hindrance::PinnedImage { image: image.clone() });
    }
    if workload.template.has_own_proxy && workload.role == Role::Application {
        return Some(Hindrance::OwnProxy);
    }
    match workload.role {
        Role::ManagedGateway => return Some(Hindrance::ManagedGateway),
        Role::Application | Role::InjectedGateway | Role::InstalledGateway | Role::ControlPlane => {
        }
    }
    match workload.reference.kind {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => {}
        Kind::Job | Kind::CronJob => return Some(Hindrance::Job),
        of @ (Kind::ReplicaSet | Kind::Other) => return Some(Hindrance::Kind { of }),
    }
    if workload.paused {
        return Some(Hindrance::Paused);
    }
    if injection.outcome == Outcome::Twice {
        return Some(Hindrance::InjectedTwice);
    }
    match workload.strategy {
        Strategy::OnDelete => Some(Hindrance::OnDelete),
        Strategy::Partitioned { partition: 0 } => None,
        Strategy::Partitioned { partition } => Some(Hindrance::Partition { partition }),
        Strategy::None => Some(Hindrance::NoController),
        Strategy::Rolling { .. } | Strategy::Recreate => None,
    }
}

fn state(
    workload: &Workload,
    now: &[Standing],
    after: &After,
    injection: &Injection,
    hindrance: &mut Option<Hindrance>,
    pods: &[&Pod],
) -> State {
    let has_proxy = now.iter().any(|standing| standing.has_proxy);
    if matches!(workload.status.rollout(), RolloutState::Rolling { .. } | RolloutState::Unseen) {
        return State::Rolling;
    }
    let wanted = match &injection.outcome {
        Outcome::NotInjected if workload.template.has_own_proxy && has_proxy => {
            return State::CannotRestart;
        }
        Outcome::NotInjected if has_proxy => return State::WouldLoseSidecar,
        Outcome::NotInjected => return State::NoSidecar,
        Outcome::Twice => return State::CannotRestart,
        Outcome::Injected { revision } => revision,
    };
    let needed = needed(now, wanted, after, hindrance, pods);
    match (needed, hindrance.as_ref()) {
        // A pinned image stays what it is, and yet only a restart brings the proxy to the control
        // plane of its new revision.
        (State::NeedsRestart, Some(Hindrance::PinnedImage { .. })) => {
            *hindrance = None;
            State::NeedsRestart
        }
        (State::NeedsRestart | State::Behind | State::MissingSidecar, Some(_)) => {
            State::CannotRestart
        }
        (needed, _) => needed,
    }
}

/// What would have to be done if nothing hindered it.
fn needed(
    now: &[Standing],
    wanted: &Name,
    after: &After,
    hindrance: &mut Option<Hindrance>,
    pods: &[&Pod],
) -> State {
    if now.iter().any(|standing| !standing.has_proxy) {
        return State::MissingSidecar;
    }
    if now.iter().any(|standing| standing.revision.as_ref() != Some(wanted)) {
        return State::NeedsRestart;
    }
    let Some(version) = &after.version else {
        return State::Unknown;
    };
    if now.iter().any(|standing| standing.version.is_none()) {
        let image = pods.iter().find_map(|pod| pod.proxy.as_ref().map(|proxy| proxy.image.clone()));
        *hindrance = image.map(|image| Hindrance::ProxyUnknown { image });
        return State::Unknown;
    }
    // A difference in ASM's own patch number alone is no drift: hot patches leave proxies behind
    // on purpose (S27).
    let behind = |standing: &Standing| {
        standing.version.as_ref().is_some_and(|running| running.istio() != version.istio())
    };
    if now.iter().any(behind) { State::Behind } else { State::UpToDate }
}
