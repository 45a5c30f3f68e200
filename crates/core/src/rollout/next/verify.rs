//! Reads the mesh and compares it with what the plan promised.

use jiff::{SignedDuration, Timestamp};

use super::connected::{Connected, Demand, connected};
use super::{At, Subject, wait};
use crate::inventory::{ControlPlane, Name, Pod, WorkloadRef};
use crate::rollout::{Decision, Expectation, Failure, Waiting};
use crate::version::MeshVersion;

/// How long the promised state may take to show.
const LIMIT: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn decide(at: &At<'_>, expect: &[Expectation], started: Timestamp) -> Decision {
    let missing: Vec<String> =
        expect.iter().filter_map(|expectation| missing(at, expectation)).collect();
    if missing.is_empty() {
        return at.pass();
    }
    if at.is_late(None, started, LIMIT) {
        return at.ask(Subject::Step, Failure::NotVerified { what: missing });
    }
    wait(Waiting::Verification { left: u32::try_from(missing.len()).unwrap_or(u32::MAX) })
}

/// What of an expectation does not hold, as one sentence.
fn missing(at: &At<'_>, expectation: &Expectation) -> Option<String> {
    let snapshot = at.observed.snapshot;
    let (holds, otherwise) = match expectation {
        Expectation::ControlPlane { revision, version } => {
            let is_there = snapshot
                .control_plane(revision)
                .is_some_and(|plane| plane.is_ready() && runs(plane, version));
            (is_there, format!("control plane {revision} is not ready on {version}"))
        }
        Expectation::Proxies { workload, revision, version } => {
            return missing_proxies(at, workload, revision, version);
        }
        Expectation::Tag { tag, revision } => {
            let names_it = snapshot.injectors.iter().any(|injector| {
                injector.tag.as_ref() == Some(tag) && injector.revision == *revision
            });
            (names_it, format!("tag {tag} does not name {revision}"))
        }
        Expectation::RevisionGone { revision } => {
            let is_gone = snapshot.control_plane(revision).is_none()
                && snapshot.injectors.iter().all(|injector| injector.revision != *revision)
                && snapshot
                    .validators
                    .iter()
                    .all(|validator| validator.revision.as_ref() != Some(revision));
            (is_gone, format!("something of {revision} is left"))
        }
    };
    (!holds).then_some(otherwise)
}

/// A workload needs as many pods as are wanted of it, each with the promised proxy, and its istiods
/// have to see them.
fn missing_proxies(
    at: &At<'_>,
    workload: &WorkloadRef,
    revision: &Name,
    version: &MeshVersion,
) -> Option<String> {
    let snapshot = at.observed.snapshot;
    let Some(found) = snapshot.workloads.get(workload) else {
        return Some(format!("{workload} is gone"));
    };
    let pods: Vec<&Pod> =
        snapshot.pods_of(workload).filter(|pod| !pod.is_finished() && !pod.terminating).collect();
    if pods.len() < found.status.desired as usize {
        return Some(format!("{workload} has {} of {} pods", pods.len(), found.status.desired));
    }
    if !pods.iter().all(|pod| is_on(pod, revision, version)) {
        return Some(format!("{workload} has pods that are not ready on {revision} {version}"));
    }
    match connected(at, &pods, revision, Some(version), Demand::Listed) {
        Connected::All => None,
        Connected::NotAll => {
            Some(format!("{workload} has proxies that no istiod of {revision} sees on {version}"))
        }
        Connected::Unread { why, since: _ } => {
            Some(format!("the istiods of {revision} can't be asked about {workload}: {why}"))
        }
    }
}

/// Versions are compared as far as the mesh names them: ASM raises its own patch number unannounced
/// (S26).
fn runs(plane: &ControlPlane, promised: &MeshVersion) -> bool {
    plane.version.as_ref().is_some_and(|version| version.keeps(promised))
}

fn is_on(pod: &Pod, revision: &str, promised: &MeshVersion) -> bool {
    pod.ready
        && pod.proxy.as_ref().is_some_and(|proxy| {
            let runs = proxy.version.as_ref().map(MeshVersion::istio);
            // A lower build of the provider is no drift (S27).
            proxy.revision.as_deref() == Some(revision) && runs == Some(promised.istio())
        })
}
