//! The gate of one restarted workload: complete, on the promised proxy, not crashing, connected.

use jiff::{SignedDuration, Timestamp};

use super::connected::{Connected, Demand, connected};
use super::{At, UNTIL_SEEN, annotation};
use crate::injection::{self, Outcome};
use crate::inventory::{Pod, RolloutState, Workload};
use crate::rollout::{Asked, Failure, Waiting, WaveItem};
use crate::version::MeshVersion;

/// How long istiods may stay silent before the user is asked.
const SILENCE: SignedDuration = SignedDuration::from_mins(2);

/// Reasons for which a container waits that do not pass by themselves.
const STUCK: [&str; 7] = [
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
];

/// What the gate says.
pub(super) enum Gate {
    /// The workload is through.
    Open,
    /// Not yet.
    Shut,
    /// It will not come through by itself.
    Failed(Failure),
    /// Its istiods are silent, so it can't be told.
    Unread(Failure),
}

/// Looks at a workload whose restart was performed at `done`.
pub(super) fn look(at: &At<'_>, item: &WaveItem, done: Timestamp) -> Gate {
    let Some(workload) = at.observed.snapshot.workloads.get(&item.workload) else {
        return Gate::Failed(Failure::Gone);
    };
    if workload.uid != item.uid {
        return Gate::Failed(Failure::Replaced);
    }
    let mark = annotation(at.observed.run_id, &at.step.id);
    if workload.template.restarted_by.as_deref() != Some(mark.as_str()) {
        // The write may not have come back yet; after a while somebody else has taken it away.
        let is_lost = at.is_late(Some(&item.workload), done, UNTIL_SEEN);
        return if is_lost { Gate::Failed(Failure::TemplateChanged) } else { Gate::Shut };
    }
    if workload.template.hash != item.template_hash {
        return Gate::Failed(Failure::TemplateChanged);
    }
    let pods: Vec<&Pod> = at
        .observed
        .snapshot
        .pods_of(&item.workload)
        .filter(|pod| !pod.is_finished() && !pod.terminating)
        .collect();
    let fresh = |pod: &&&Pod| pod.restarted_by.as_deref() == Some(mark.as_str());
    if let Some(failure) = pods.iter().filter(fresh).find_map(|pod| wrong(pod, item)) {
        return Gate::Failed(failure);
    }
    match workload.status.rollout() {
        RolloutState::DeadlineExceeded => return Gate::Failed(Failure::Deadline),
        RolloutState::Unseen | RolloutState::Rolling { .. } => return Gate::Shut,
        RolloutState::Complete => {}
    }
    let all = pods.len() >= workload.status.desired as usize;
    if all && pods.iter().all(|pod| fresh(&pod) && pod.ready) {
        return watched(at, item, &pods, done);
    }
    Gate::Shut
}

/// What istiod says of the new pods, which are ready.
fn watched(at: &At<'_>, item: &WaveItem, pods: &[&Pod], done: Timestamp) -> Gate {
    let Some(revision) = &item.revision else { return Gate::Open };
    match connected(at, pods, revision, item.version.as_ref(), Demand::InSync) {
        Connected::All => Gate::Open,
        Connected::NotAll => Gate::Shut,
        Connected::Unread { why, since } => {
            if at.is_late(Some(&item.workload), since.max(done), SILENCE) {
                let (revision, why) = (revision.clone(), why.to_owned());
                return Gate::Unread(Failure::IstiodsUnread { revision, why });
            }
            Gate::Shut
        }
    }
}

/// What is wrong with a new pod, if anything.
fn wrong(pod: &Pod, item: &WaveItem) -> Option<Failure> {
    if let Some(expected) = &item.revision {
        let Some(proxy) = &pod.proxy else {
            return Some(Failure::NoProxy { pod: pod.reference.clone() });
        };
        let is_revision = proxy.revision.as_ref() == Some(expected);
        // A build of the provider may differ without meaning anything (S27).
        let istio = |version: &Option<MeshVersion>| version.as_ref().map(|it| it.istio().clone());
        let is_version = item.version.is_none() || istio(&proxy.version) == istio(&item.version);
        if !is_revision || !is_version {
            let words = |revision: Option<&str>, version: Option<String>| {
                format!("{} {}", revision.unwrap_or("?"), version.unwrap_or_else(|| "?".to_owned()))
            };
            return Some(Failure::WrongProxy {
                pod: pod.reference.clone(),
                found: words(
                    proxy.revision.as_deref(),
                    proxy.version.as_ref().map(ToString::to_string),
                ),
                expected: words(Some(expected), item.version.as_ref().map(ToString::to_string)),
            });
        }
    }
    let reason = pod.waiting.as_deref().filter(|reason| STUCK.contains(reason))?;
    Some(Failure::PodWaits { pod: pod.reference.clone(), reason: reason.to_owned() })
}

/// Whether the webhooks, as they are read now, would do to new pods what the plan promised.
pub(super) fn prediction(at: &At<'_>, workload: &Workload, item: &WaveItem) -> Option<Failure> {
    let expected = item.revision.as_ref()?;
    let snapshot = at.observed.snapshot;
    let namespace = snapshot.namespaces.get(&item.workload.namespace)?;
    let found = injection::predict(&snapshot.injectors, namespace, &workload.template);
    match found.outcome {
        Outcome::NotInjected => Some(Failure::WouldLoseSidecar),
        Outcome::Twice => Some(Failure::WouldBeInjectedTwice),
        Outcome::Injected { revision } if revision == *expected => None,
        Outcome::Injected { revision } => {
            Some(Failure::OtherRevision { found: revision, expected: expected.clone() })
        }
    }
}

/// What a rolling workload is waiting for.
pub(super) fn waiting(at: &At<'_>, item: &WaveItem) -> Waiting {
    let workload = item.workload.clone();
    let Some(found) = at.observed.snapshot.workloads.get(&item.workload) else {
        return Waiting::Pods { workload, left: item.pods, wanted: item.pods };
    };
    let mark = annotation(at.observed.run_id, &at.step.id);
    let wanted = found.status.desired;
    let ready = at
        .observed
        .snapshot
        .pods_of(&item.workload)
        .filter(|pod| pod.ready && !pod.terminating)
        .filter(|pod| pod.restarted_by.as_deref() == Some(mark.as_str()))
        .count();
    let left = wanted.saturating_sub(u32::try_from(ready).unwrap_or(u32::MAX));
    if left == 0 && found.status.rollout() == RolloutState::Complete {
        return unread(at, item).unwrap_or(Waiting::Proxies { workload });
    }
    Waiting::Pods { workload, left, wanted }
}

fn unread(at: &At<'_>, item: &WaveItem) -> Option<Waiting> {
    let revision = item.revision.as_ref()?;
    match at.observed.istiods.get(revision)? {
        Asked::Unread { why, since: _ } => {
            Some(Waiting::Istiods { revision: revision.clone(), why: why.clone() })
        }
        Asked::Answered(_) => None,
    }
}
