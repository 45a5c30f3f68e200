//! Reads the mesh and compares it with what the plan promised.

use jiff::{SignedDuration, Timestamp};

use super::{At, Subject, wait};
use crate::inventory::{ControlPlane, Pod, Snapshot};
use crate::rollout::{Decision, Expectation, Failure, Waiting};
use crate::version::MeshVersion;

/// How long the promised state may take to show.
const LIMIT: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn decide(at: &At<'_>, expect: &[Expectation], started: Timestamp) -> Decision {
    let missing: Vec<String> = expect
        .iter()
        .filter(|expectation| !holds(at.observed.snapshot, expectation))
        .map(describe)
        .collect();
    if missing.is_empty() {
        return at.pass();
    }
    if at.is_late(None, started, LIMIT) {
        return at.ask(Subject::Step, Failure::NotVerified { what: missing });
    }
    wait(Waiting::Verification { left: u32::try_from(missing.len()).unwrap_or(u32::MAX) })
}

fn holds(snapshot: &Snapshot, expectation: &Expectation) -> bool {
    match expectation {
        Expectation::ControlPlane { revision, version } => snapshot
            .control_plane(revision)
            .is_some_and(|plane| plane.is_ready() && runs(plane, version)),
        Expectation::Proxies { workload, revision, version } => snapshot
            .pods_of(workload)
            .filter(|pod| !pod.is_finished() && !pod.terminating)
            .all(|pod| is_on(pod, revision, version)),
        Expectation::Tag { tag, revision } => snapshot
            .injectors
            .iter()
            .any(|injector| injector.tag.as_ref() == Some(tag) && injector.revision == *revision),
        Expectation::RevisionGone { revision } => {
            snapshot.control_plane(revision).is_none()
                && snapshot.injectors.iter().all(|injector| injector.revision != *revision)
                && snapshot
                    .validators
                    .iter()
                    .all(|validator| validator.revision.as_ref() != Some(revision))
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

fn describe(expectation: &Expectation) -> String {
    match expectation {
        Expectation::ControlPlane { revision, version } => {
            format!("control plane {revision} is not ready on {version}")
        }
        Expectation::Proxies { workload, revision, version } => {
            format!("{workload} has pods that are not ready on {revision} {version}")
        }
        Expectation::Tag { tag, revision } => format!("tag {tag} does not name {revision}"),
        Expectation::RevisionGone { revision } => format!("something of {revision} is left"),
    }
}
