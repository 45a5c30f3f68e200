//! P-33: selectors, ports and placement that a second revision or a rolling restart runs into.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::{Finding, Problem, Severity, edit};
use crate::inventory::evidence::{IstioGateway, Service};
use crate::inventory::{Labels, Name, Role, Strategy, TemplateTrait, Workload};

/// Service selectors and scheduling.
pub(super) const ID: &str = "P-33";

/// Labels whose value an upgrade changes.
const VERSIONED: [&str; 4] =
    ["istio.io/rev", "operator.istio.io/version", "app.kubernetes.io/version", "helm.sh/chart"];

/// Services that lose their pods when a label with a version changes. istiod's own do so on purpose.
pub(super) fn versions(facts: &Facts<'_>) -> Vec<Finding> {
    let services = facts.evidence.services.iter();
    services
        .filter(|service| service.selector.get("app").is_none_or(|app| &**app != "istiod"))
        .filter_map(|service| {
            let label = VERSIONED.into_iter().find(|key| service.selector.contains_key(*key))?;
            let problem = Problem::SelectsVersion { label: label.into() };
            let subject = format!("Service {}", service.name);
            let finding = Finding::new(ID, Severity::Warn, subject, problem);
            Some(finding.mended_by(edit("service", &service.name)))
        })
        .collect()
}

/// Routes that delegate to nobody, or that also name destinations of their own.
pub(super) fn delegates(facts: &Facts<'_>) -> Vec<Finding> {
    let known: BTreeSet<_> = facts.evidence.virtual_services.iter().map(|it| &it.name).collect();
    let services = facts.evidence.virtual_services.iter();
    services
        .filter_map(|service| {
            let bad = service.delegates.iter().find(|delegate| {
                delegate.to.name.is_empty() || delegate.routes_too || !known.contains(&delegate.to)
            })?;
            let problem = Problem::BadDelegate { to: bad.to.to_string() };
            let subject = format!("VirtualService {}", service.name);
            let finding = Finding::new(ID, Severity::Warn, subject, problem);
            Some(finding.mended_by(edit("virtualservice", &service.name)))
        })
        .collect()
}

/// Ports that a Gateway opens and no Service of its pods leads to.
pub(super) fn ports(facts: &Facts<'_>) -> Vec<Finding> {
    let fronts = Fronts::of(facts);
    let gateways = facts.evidence.istio_gateways.iter();
    gateways
        .filter_map(|gateway| {
            let port = *gateway.ports.difference(&fronts.served(gateway)?).next()?;
            let subject = format!("Gateway {}", gateway.name);
            let finding =
                Finding::new(ID, Severity::Warn, subject, Problem::PortNotServed { port });
            Some(finding.mended_by(edit("gateway.networking.istio.io", &gateway.name)))
        })
        .collect()
}

/// Gateway workloads and the Services of their namespaces: of both there are few, whatever the
/// size of the mesh.
struct Fronts<'a> {
    workloads: Vec<&'a Workload>,
    services: BTreeMap<&'a Name, Vec<&'a Service>>,
}

impl<'a> Fronts<'a> {
    fn of(facts: &Facts<'a>) -> Self {
        let is_gateway = |role: Role| match role {
            Role::InjectedGateway | Role::InstalledGateway => true,
            Role::Application | Role::ManagedGateway | Role::ControlPlane => false,
        };
        let all = facts.snapshot.workloads.values();
        let workloads: Vec<_> = all.filter(|workload| is_gateway(workload.role)).collect();
        let mut services: BTreeMap<_, Vec<_>> =
            workloads.iter().map(|it| (&it.reference.namespace, Vec::new())).collect();
        for service in &facts.evidence.services {
            if let Some(here) = services.get_mut(&service.name.namespace) {
                here.push(service);
            }
        }
        Self { workloads, services }
    }

    /// Ports of the Services in front of a Gateway's pods; none when it has no pods or no Service.
    fn served(&self, gateway: &IstioGateway) -> Option<BTreeSet<u32>> {
        let has = |labels: &Labels, wanted: &Labels| {
            !wanted.is_empty() && wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
        };
        let workload =
            self.workloads.iter().find(|it| has(&it.template.labels, &gateway.selector))?;
        let here = self.services.get(&workload.reference.namespace)?.iter();
        let mut services =
            here.filter(|it| has(&workload.template.labels, &it.selector)).peekable();
        services.peek()?;
        Some(services.flat_map(|service| service.ports.iter().copied()).collect())
    }
}

/// Workloads whose pods keep apart and need more nodes during a restart than there are.
pub(super) fn room(facts: &Facts<'_>) -> Vec<Finding> {
    let usable = facts.evidence.nodes.iter().filter(|node| node.schedulable && node.ready).count();
    let nodes = u32::try_from(usable).unwrap_or(u32::MAX);
    let apart = facts
        .injected()
        .filter(|(workload, _)| workload.template.traits.contains(&TemplateTrait::KeepsApart));
    apart
        .filter_map(|(workload, _)| {
            let Strategy::Rolling { max_unavailable: 0, max_surge } = workload.strategy else {
                return None;
            };
            let needed = workload.status.desired + max_surge;
            (needed > nodes).then(|| {
                let subject = workload.reference.to_string();
                Finding::new(ID, Severity::Warn, subject, Problem::TooFewNodes { needed, nodes })
            })
        })
        .collect()
}
