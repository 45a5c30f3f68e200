//! Changes that gateways run into.

use std::collections::BTreeSet;

use super::templates::is_managed;
use super::{Crossing, Hit};
use crate::inventory::Name;
use crate::inventory::evidence::{KubernetesGateway, ObjectName, Resource};
use crate::precheck::edit;
use crate::version::MeshVersion;

/// The label that managed gateways no longer carry.
const OLD_LABEL: &str = "istio.io/gateway-name";

/// Gateways of the Gateway API for which istiod makes a Deployment.
fn managed<'a>(crossing: &'a Crossing<'_>) -> impl Iterator<Item = &'a KubernetesGateway> {
    let gateways = crossing.facts.evidence.kubernetes_gateways.iter();
    gateways.filter(|gateway| &*gateway.class == "istio" && !gateway.has_addresses)
}

/// B117-1: gateways whose objects get new names.
pub(super) fn renamed(crossing: &Crossing<'_>) -> Vec<Hit> {
    let unnamed = managed(crossing)
        .filter(|gateway| !gateway.annotations.contains("gateway.istio.io/name-override"));
    unnamed
        .map(|gateway| {
            let ObjectName { namespace, name } = &gateway.name;
            let fix = format!(
                "kubectl -n {namespace} annotate gateway.gateway.networking.k8s.io {name} \
                 gateway.istio.io/name-override={name} gateway.istio.io/service-account={name}"
            );
            hit(gateway).mended_by(fix)
        })
        .collect()
}

/// B118-1: gateways that roll by themselves, and break when the source is too old.
pub(super) fn rolled(crossing: &Crossing<'_>) -> Vec<Hit> {
    let Some(source) = crossing.facts.source.map(MeshVersion::istio) else {
        return Vec::new();
    };
    let patched = match source.minor {
        16 => source.patch >= 5,
        17 => source.patch >= 3,
        _ => false,
    };
    if patched {
        return Vec::new();
    }
    managed(crossing).map(|gateway| hit(gateway).at(source.to_string())).collect()
}

/// What B121-5 reads: every kind that selects a gateway's pods by their labels.
pub(super) const SELECTING: &[Resource] = &[
    Resource::AuthorizationPolicies,
    Resource::PeerAuthentications,
    Resource::RequestAuthentications,
    Resource::WasmPlugins,
    Resource::Telemetries,
    Resource::EnvoyFilters,
    Resource::IstioGateways,
    Resource::Services,
    Resource::NetworkPolicies,
    Resource::ServiceMonitors,
];

/// B121-5: selectors by the label that went.
pub(super) fn old_label(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let evidence = facts.evidence;
    let policies = evidence.access_policies.iter().filter(|it| names_it(&it.selects_by));
    let policies = policies.map(|it| selecting("AuthorizationPolicy", &it.name));
    let telemetries = evidence.telemetries.iter().filter(|it| names_it(&it.selects_by));
    let telemetries = telemetries.map(|it| selecting("Telemetry", &it.name));
    let filters = evidence.envoy_filters.iter().filter(|it| names_it(&it.selects_by));
    let filters = filters.map(|it| selecting("EnvoyFilter", &it.name));
    let gateways = evidence.istio_gateways.iter();
    let gateways = gateways.filter(|it| it.selector.contains_key(OLD_LABEL)).map(|it| {
        Hit::new(format!("Gateway {}", it.name))
            .mended_by(edit("gateway.networking.istio.io", &it.name))
    });
    let services = evidence.services.iter().filter(|it| it.selector.contains_key(OLD_LABEL));
    let services = services.map(|it| selecting("Service", &it.name));
    let others = evidence.label_uses.iter().chain(&evidence.other_policies);
    let others = others.filter(|it| names_it(&it.keys)).map(|it| selecting(&it.kind, &it.name));
    let budgets = facts.snapshot.budgets.iter().filter(|budget| {
        let by_label = budget.selector.match_labels.keys().any(|key| &**key == OLD_LABEL);
        by_label || budget.selector.expressions.iter().any(|it| &*it.key == OLD_LABEL)
    });
    let budgets = budgets.map(|budget| {
        let fix = format!("kubectl -n {} edit pdb {}", budget.namespace, budget.name);
        Hit::new(format!("PodDisruptionBudget {}/{}", budget.namespace, budget.name)).mended_by(fix)
    });
    let of_istio = policies.chain(telemetries).chain(filters).chain(gateways);
    of_istio.chain(services).chain(others).chain(budgets).collect()
}

fn selecting(kind: &str, name: &ObjectName) -> Hit {
    Hit::new(format!("{kind} {name}")).mended_by(edit(&kind.to_lowercase(), name))
}

fn names_it(keys: &BTreeSet<Name>) -> bool {
    keys.contains(OLD_LABEL)
}

/// B131-3: Istio's gateways that configure managed proxies of another namespace.
pub(super) fn merged(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let all = facts.snapshot.workloads.values();
    let proxies: Vec<_> = all.filter(|workload| is_managed(workload)).collect();
    let gateways = facts.evidence.istio_gateways.iter().filter(|it| !it.selector.is_empty());
    gateways
        .filter_map(|gateway| {
            let other = proxies.iter().find(|workload| {
                let labels = &workload.template.labels;
                let selected =
                    gateway.selector.iter().all(|(key, value)| labels.get(key) == Some(value));
                selected && workload.reference.namespace != gateway.name.namespace
            })?;
            let hit = Hit::new(format!("Gateway {}", gateway.name)).at(other.reference.to_string());
            Some(hit.mended_by(edit("gateway.networking.istio.io", &gateway.name)))
        })
        .collect()
}

/// A gateway of the Gateway API, and how to open it.
pub(super) fn hit(gateway: &KubernetesGateway) -> Hit {
    Hit::new(format!("Gateway {}", gateway.name))
        .mended_by(edit("gateway.gateway.networking.k8s.io", &gateway.name))
}
