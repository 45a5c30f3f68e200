//! Folds a workload: its template, its strategy, its status, and what it is in the mesh.

use std::collections::BTreeMap;

use meshlift_core::inventory::{
    DEFAULT_REVISION, INJECT_LABEL, Installer, Kind, Name, PodTemplate, RESTARTED_BY,
    REVISION_LABEL, Role, Strategy, Workload, WorkloadRef, WorkloadStatus,
};
use meshlift_core::version::MeshVersion;
use serde::Deserialize;

use super::installer::installer;
use super::traits::{Template, TemplateContainer, TemplateMetadata, traits};
use super::{Entry, Names, labels, version_of};
use crate::evidence::switches;
use crate::snapshot::template_hash;
use crate::wire::{self, IntOrString, ObjectMeta, Rounding, WorkloadSpec, WorkloadState};

/// A workload and what else is asked about it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::snapshot) struct HeldWorkload {
    pub(in crate::snapshot) workload: Workload,
    /// If it is an istiod.
    pub(in crate::snapshot) plane: Option<Plane>,
    /// Its template names another network than the cluster's own.
    pub(in crate::snapshot) joins_networks: bool,
}

/// What an istiod Deployment says beyond being a workload.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::snapshot) struct Plane {
    pub(in crate::snapshot) revision: Name,
    pub(in crate::snapshot) image: Name,
    pub(in crate::snapshot) version: Option<MeshVersion>,
    pub(in crate::snapshot) installer: Installer,
    /// It serves other clusters, or knows this one by a name of its own.
    pub(in crate::snapshot) spans_clusters: bool,
    /// What is switched on or off in its environment.
    pub(in crate::snapshot) switches: BTreeMap<Name, Name>,
}

/// A workload of one of the kinds that have a pod template.
pub(in crate::snapshot) fn workload(
    names: &Names,
    kind: Kind,
    object: wire::Workload,
) -> Option<Entry> {
    let wire::Workload { metadata, spec, status } = object;
    // Written by hand or by an old controller it may hold anything; then it is not a workload to us.
    let template: Template = Template::deserialize(&spec.template).ok()?;
    let status = state(kind, &metadata, &spec, &status);
    let role = role(&metadata, &template);
    let held = HeldWorkload {
        plane: (role == Role::ControlPlane).then(|| plane(names, &metadata, &template)),
        joins_networks: template.metadata.labels.contains_key(NETWORK_LABEL),
        workload: Workload {
            reference: WorkloadRef {
                namespace: names.share(&metadata.namespace),
                kind,
                name: names.share(&metadata.name),
            },
            uid: metadata.uid.as_str().into(),
            role,
            strategy: strategy(kind, &spec, status.desired),
            paused: spec.paused,
            template: pod_template(names, template_hash(&spec.template), template, role),
            status,
        },
    };
    Some(Entry::Workload(Box::new(held)))
}

/// Label of the network that a gateway, a pod or the system namespace belongs to.
pub(in crate::snapshot) const NETWORK_LABEL: &str = "topology.istio.io/network";

/// Image of a container that injection fills in.
pub(super) const FILLED_IN: &str = "auto";

/// The parts of a template that are kept, under its digest.
pub(super) fn pod_template(
    names: &Names,
    hash: Name,
    template: Template,
    role: Role,
) -> PodTemplate {
    let traits = traits(&template, role);
    let Template { metadata, spec } = template;
    let annotation = |key: &str| metadata.annotations.get(key).map(|value| names.share(value));
    let own_proxy = |one: &TemplateContainer| one.name == "istio-proxy" && one.image != FILLED_IN;
    PodTemplate {
        hash,
        restarted_by: annotation(RESTARTED_BY),
        inject_annotation: annotation(INJECT_LABEL),
        proxy_image: annotation("sidecar.istio.io/proxyImage"),
        host_network: spec.host_network,
        has_own_proxy: spec.containers.iter().chain(&spec.init_containers).any(own_proxy),
        labels: labels(names, &metadata.labels),
        traits,
    }
}

fn role(metadata: &ObjectMeta, template: &Template) -> Role {
    let label = |key: &str| {
        metadata.labels.get(key).or_else(|| template.metadata.labels.get(key)).map(String::as_str)
    };
    if label("gateway.istio.io/managed").is_some() {
        return Role::ManagedGateway;
    }
    if is_injected_gateway(template) {
        return Role::InjectedGateway;
    }
    match (label("operator.istio.io/component"), metadata.labels.get("app").map(String::as_str)) {
        (Some("IngressGateways" | "EgressGateways"), _) => Role::InstalledGateway,
        (_, Some("istiod")) => Role::ControlPlane,
        (_, _) => Role::Application,
    }
}

pub(super) fn is_injected_gateway(template: &Template) -> bool {
    let key = "inject.istio.io/templates";
    let TemplateMetadata { labels, annotations } = &template.metadata;
    let named = annotations.get(key).or_else(|| labels.get(key));
    let asks = named.is_some_and(|list| list.split(',').any(|one| one.trim() == "gateway"));
    asks || template.spec.containers.iter().any(|container| container.image == FILLED_IN)
}

fn plane(names: &Names, metadata: &ObjectMeta, template: &Template) -> Plane {
    let revision = metadata.labels.get(REVISION_LABEL).filter(|revision| !revision.is_empty());
    let revision = names.share(revision.map_or(DEFAULT_REVISION, String::as_str));
    let containers = &template.spec.containers;
    let container = containers.iter().find(|one| one.name == "discovery").or(containers.first());
    let image = container.map_or("", |one| one.image.as_str());
    let version = version_of(image);
    let variable = |name: &str| {
        let found = container?.env.iter().find(|variable| variable.name == name)?;
        (!found.value.is_empty()).then_some(found.value.as_str())
    };
    let environment = container.into_iter().flat_map(|one| &one.env);
    let environment: BTreeMap<String, String> =
        environment.map(|one| (one.name.clone(), one.value.clone())).collect();
    let renamed = variable("CLUSTER_ID").is_some_and(|id| id != "Kubernetes");
    Plane {
        installer: installer(metadata, &revision, version.as_ref()),
        spans_clusters: renamed || variable("EXTERNAL_ISTIOD") == Some("true"),
        switches: switches(&environment),
        image: names.share(image),
        revision,
        version,
    }
}

fn state(
    kind: Kind,
    metadata: &ObjectMeta,
    spec: &WorkloadSpec,
    status: &WorkloadState,
) -> WorkloadStatus {
    let count = |number: i32| u32::try_from(number).unwrap_or_default();
    let given_up = |one: &wire::Progress| {
        one.kind == "Progressing" && one.reason == "ProgressDeadlineExceeded"
    };
    let common = WorkloadStatus {
        generation: metadata.generation,
        observed_generation: status.observed_generation,
        deadline_exceeded: status.conditions.iter().any(given_up),
        ..WorkloadStatus::default()
    };
    if kind == Kind::DaemonSet {
        return WorkloadStatus {
            desired: count(status.desired_number_scheduled),
            current: count(status.current_number_scheduled),
            updated: count(status.updated_number_scheduled),
            ready: count(status.number_ready),
            available: count(status.number_available),
            ..common
        };
    }
    WorkloadStatus {
        desired: count(spec.replicas.unwrap_or(1)),
        current: count(status.replicas),
        updated: count(status.updated_replicas),
        ready: count(status.ready_replicas),
        available: count(status.available_replicas),
        ..common
    }
}

/// The strategy in pods, with the defaults and the rounding of the kind's own controller.
fn strategy(kind: Kind, spec: &WorkloadSpec, desired: u32) -> Strategy {
    let chosen = spec.strategy.as_ref().or(spec.update_strategy.as_ref());
    let (name, parameters) = match chosen {
        Some(chosen) => (chosen.kind.as_str(), chosen.rolling_update.clone().unwrap_or_default()),
        None => ("", wire::StrategyParameters::default()),
    };
    match (kind, name) {
        (_, "Recreate") => return Strategy::Recreate,
        (_, "OnDelete") => return Strategy::OnDelete,
        (Kind::StatefulSet, _) => {
            if let Some(partition @ 1..) = parameters.partition {
                return Strategy::Partitioned { partition: partition.unsigned_abs() };
            }
        }
        (_, _) => {}
    }
    let figure = |value: Option<&IntOrString>, default: IntOrString, rounding| {
        value.unwrap_or(&default).of(desired, rounding).unwrap_or_default()
    };
    let quarter = IntOrString::text("25%");
    let none = IntOrString::number(0);
    let one = IntOrString::number(1);
    let (unavailable, surge) = (parameters.max_unavailable.as_ref(), parameters.max_surge.as_ref());
    let (max_unavailable, max_surge) = if kind == Kind::Deployment {
        (figure(unavailable, quarter.clone(), Rounding::Down), figure(surge, quarter, Rounding::Up))
    } else {
        (figure(unavailable, one, Rounding::Up), figure(surge, none, Rounding::Up))
    };
    // Every controller takes one pod when both figures come out as none: else nothing would move.
    let stuck = max_unavailable == 0 && max_surge == 0;
    Strategy::Rolling { max_unavailable: if stuck { 1 } else { max_unavailable }, max_surge }
}

#[cfg(test)]
mod tests;
