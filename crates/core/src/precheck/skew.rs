//! P-03 and P-04: how far proxies may be from the control plane that they will connect to. The
//! control plane may be one minor ahead, and never behind (`domain/istio.md` §12.1).

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::{Pod, Snapshot};
use crate::policy::Method;
use crate::version::MeshVersion;

/// Proxies too old for the target.
pub(super) const ID_OLD: &str = "P-03";
/// Proxies newer than the target.
pub(super) const ID_NEW: &str = "P-04";

/// Proxies that would be more than one minor behind their control plane.
///
/// Only proxies that will connect to the new control plane count: on a canary path the others keep
/// following the old one, which goes on running, and a pod that moves is restarted by the move.
pub(super) fn too_old(facts: &Facts<'_>) -> Vec<Finding> {
    let &Facts { snapshot, aim, .. } = facts;
    match aim.method {
        Method::Canary => return Vec::new(),
        Method::InPlace => {}
    }
    let target = aim.target.minor();
    let lags = |version: &MeshVersion| {
        let minor = version.minor();
        minor.major == target.major && minor.minor + 1 < target.minor
    };
    findings(ID_OLD, proxies_of(snapshot, aim.stable), lags, |version| Problem::ProxyTooOld {
        version,
        target: aim.target.clone(),
    })
}

/// Proxies that are newer than the control plane would be. Those of another control plane that stands
/// go on following that one.
pub(super) fn too_new(facts: &Facts<'_>) -> Vec<Finding> {
    let &Facts { snapshot, aim, .. } = facts;
    let leads = |version: &MeshVersion| version.istio() > aim.target.istio();
    let follows = |pod: &&Pod| {
        let revision = pod.proxy.as_ref().and_then(|proxy| proxy.revision.as_deref());
        !revision.is_some_and(|one| one != aim.stable && snapshot.control_plane(one).is_some())
    };
    let pods = snapshot.pods.values().filter(follows);
    findings(ID_NEW, pods, leads, |version| Problem::ProxyNewer {
        version,
        target: aim.target.clone(),
    })
}

fn proxies_of<'a>(snapshot: &'a Snapshot, revision: &'a str) -> impl Iterator<Item = &'a Pod> {
    snapshot.pods.values().filter(move |pod| {
        pod.proxy.as_ref().and_then(|proxy| proxy.revision.as_deref()) == Some(revision)
    })
}

/// One finding per workload and version, not one per pod.
fn findings<'a>(
    rule: &str,
    pods: impl Iterator<Item = &'a Pod>,
    is_wrong: impl Fn(&MeshVersion) -> bool,
    problem: impl Fn(MeshVersion) -> Problem,
) -> Vec<Finding> {
    let mut wrong = BTreeSet::new();
    for pod in pods.filter(|pod| !pod.is_finished()) {
        let Some(version) = pod.proxy.as_ref().and_then(|proxy| proxy.version.as_ref()) else {
            continue;
        };
        if is_wrong(version) {
            let subject = pod
                .workload
                .as_ref()
                .map_or_else(|| format!("Pod {}", pod.reference), ToString::to_string);
            wrong.insert((subject, version.clone()));
        }
    }
    wrong
        .into_iter()
        .map(|(subject, version)| Finding::new(rule, Severity::Block, subject, problem(version)))
        .collect()
}
