//! Changes that the installation itself runs into.

use std::collections::BTreeSet;

use super::{Crossing, Hit};
use crate::inventory::{Installer, Kind};
use crate::precheck::{Severity, hub};

/// I119-rbac: roles moved from one chart to the other.
pub(super) fn helm(crossing: &Crossing<'_>) -> Vec<Hit> {
    let planes = crossing.facts.snapshot.control_planes.iter();
    let planes = planes.filter(|plane| plane.installer == Installer::Helm);
    planes
        .map(|plane| {
            let fix = "kubectl get clusterrolebindings -o wide | grep istio";
            Hit::new(format!("Deployment {}/{}", plane.namespace, plane.deployment)).mended_by(fix)
        })
        .collect()
}

/// B123-2: an operator in the cluster, deprecated with 1.23 and gone with 1.24.
pub(super) fn operator(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let runs = facts.snapshot.workloads.values().any(|workload| {
        workload.reference.kind == Kind::Deployment
            && workload.reference.name.starts_with("istio-operator")
            && workload.status.desired > 0
    });
    if !runs {
        return Vec::new();
    }
    let severity = if crossing.crosses(24) { Severity::Block } else { Severity::Warn };
    let resources = facts.evidence.operators.iter();
    resources
        .map(|name| {
            let fix = format!(
                "kubectl -n {} get istiooperator {} -o yaml > values.yaml",
                name.namespace, name.name
            );
            Hit::new(format!("IstioOperator {name}")).weighing(severity).mended_by(fix)
        })
        .collect()
}

/// B129-4: accounts that live on roles which go.
pub(super) fn bindings(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let foreign = facts.evidence.bindings.iter().filter(|binding| {
        binding.accounts.iter().any(|account| !facts.is_istios(&account.namespace))
    });
    foreign
        .map(|binding| {
            let fix = format!("kubectl edit clusterrolebinding {}", binding.name);
            Hit::new(format!("ClusterRoleBinding {}", binding.name))
                .at(&*binding.role)
                .mended_by(fix)
        })
        .collect()
}

/// B131-1: images from places that nothing is published to any more.
pub(super) fn retired_hub(crossing: &Crossing<'_>) -> Vec<Hit> {
    let snapshot = crossing.facts.snapshot;
    let mut hits = Vec::new();
    for plane in &snapshot.control_planes {
        let images = [Some(&plane.image), plane.proxy.as_ref().map(|proxy| &proxy.image)];
        let place = images.into_iter().flatten().find_map(|image| hub::retired(image));
        hits.extend(place.map(|place| Hit::new(format!("Revision {}", plane.revision)).at(place)));
    }
    let mut seen = BTreeSet::new();
    for pod in snapshot.pods.values() {
        let (Some(workload), Some(proxy)) = (&pod.workload, &pod.proxy) else { continue };
        if let Some(place) = hub::retired(&proxy.image)
            && seen.insert(workload)
        {
            hits.push(Hit::new(workload.to_string()).at(place));
        }
    }
    hits
}
