//! P-21: proxy images that nodes may not be able to pull.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::{Finding, Problem, Severity, hub};
use crate::inventory::{Injector, Name, PodPhase};

/// Image reachability.
pub(super) const ID: &str = "P-21";

/// What a container waits for when its image can't be had.
const UNPULLED: [&str; 4] =
    ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "RegistryUnavailable"];

/// Injectors that put images of a retired registry into new pods.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let planes = facts.snapshot.control_planes.iter().filter_map(|plane| {
        let image = plane.proxy.as_ref().map_or(&plane.image, |proxy| &proxy.image);
        let place = hub::retired(image)?;
        let problem = Problem::RetiredHub { hub: place.to_owned() };
        let subject = format!("Revision {}", plane.revision);
        Some(Finding::new(ID, Severity::Warn, subject, problem))
    });
    planes.collect()
}

/// Workloads whose pods wait for an image now: a restart would stop at its first pod.
pub(super) fn unpulled(facts: &Facts<'_>) -> Vec<Finding> {
    let mut waiting = BTreeMap::new();
    for pod in facts.snapshot.pods.values().filter(|pod| pod.proxy.is_some()) {
        if let (Some(workload), Some(reason)) = (&pod.workload, &pod.waiting)
            && is_unpulled(reason)
        {
            waiting.entry(workload).or_insert((0, reason)).0 += 1;
        }
    }
    let found = waiting.into_iter().map(|(workload, (pods, reason))| {
        let problem = Problem::ImageNotPulled { pods, reason: reason.clone() };
        let fix =
            format!("kubectl -n {} get events --field-selector=reason=Failed", workload.namespace);
        Finding::new(ID, Severity::Block, workload.to_string(), problem).mended_by(fix)
    });
    found.collect()
}

/// Namespaces in which no proxy proves that its Secret lets it pull: the injector names Secrets, which
/// every namespace needs of its own, and which are never read.
pub(super) fn unproven(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for namespace in facts.meshed_namespaces() {
        let injectors = facts
            .injected()
            .filter(|(workload, _)| workload.reference.namespace == *namespace)
            .filter_map(|(_, assessment)| own_injector(facts, assessment.after.revision.as_ref()?));
        let secrets: Vec<&str> = injectors
            .filter_map(|injector| injector.config.as_ref())
            .flat_map(|config| config.pull_secrets.iter().map(|name| &**name))
            .collect();
        let Some(first) = secrets.first().filter(|_| !proves(facts, namespace)) else { continue };
        let what = format!("Secret {namespace}/{first}");
        let why = "Secrets are never read, and no proxy runs in this namespace yet".to_owned();
        let problem = Problem::CannotTell { what, why };
        found.push(Finding::new(ID, Severity::Warn, format!("Namespace {namespace}"), problem));
    }
    found
}

/// Whether a container waits because of its image.
pub(super) fn is_unpulled(reason: &str) -> bool {
    UNPULLED.contains(&reason)
}

fn own_injector<'a>(facts: &Facts<'a>, revision: &Name) -> Option<&'a Injector> {
    let own = |one: &&Injector| one.tag.is_none() && one.revision == *revision;
    facts.snapshot.injectors.iter().find(own)
}

/// Whether a proxy of the mesh's own registry runs in a namespace.
fn proves(facts: &Facts<'_>, namespace: &Name) -> bool {
    let place = |image: &str| image.rsplit_once('/').map(|(place, _)| place.to_owned());
    let own: Vec<_> = facts
        .snapshot
        .control_planes
        .iter()
        .filter_map(|plane| place(&plane.proxy.as_ref()?.image))
        .collect();
    facts.snapshot.pods.values().any(|pod| {
        let runs = pod.reference.namespace == *namespace && pod.phase == PodPhase::Running;
        let image = pod.proxy.as_ref().filter(|_| runs && pod.ready).map(|proxy| &proxy.image);
        image.and_then(|image| place(image)).is_some_and(|place| own.contains(&place))
    })
}
