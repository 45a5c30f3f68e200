//! Changes that the mesh config, `Telemetry` and access policies run into.

use std::collections::{BTreeMap, BTreeSet};

use super::{Crossing, Hit, envoy_filters};
use crate::injection::selects;
use crate::inventory::evidence::{ConfigTrait, MeshConfig, ObjectName, Resource, Telemetry};
use crate::inventory::{Labels, Name, TemplateTrait};
use crate::precheck::edit;

/// B122-1: what depends on how proxies ask for their configuration.
pub(super) fn delta_xds(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let set = facts
        .injected()
        .map(|(workload, _)| workload)
        .filter(|workload| workload.template.traits.contains(&TemplateTrait::SetsDeltaXds));
    let set = set.map(|workload| Hit::new(workload.reference.to_string()));
    let configs = configs(crossing).filter(|(_, it)| it.variables.contains("ISTIO_DELTA_XDS"));
    let configs = configs.map(|(revision, _)| config(revision).at("ISTIO_DELTA_XDS"));
    let filters = facts.evidence.envoy_filters.iter();
    let filters =
        filters.filter(|it| it.traits.contains(&ConfigTrait::Xds)).map(envoy_filters::hit);
    set.chain(configs).chain(filters).collect()
}

/// B122-2: tracing that went to the default address.
pub(super) fn zipkin(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let telemetries = &facts.evidence.telemetries;
    let named = configs(crossing).any(|(_, config)| config.names_tracer)
        || telemetries.iter().any(|telemetry| !telemetry.providers.is_empty());
    if named {
        return Vec::new();
    }
    let service = facts.evidence.services.iter().find(|service| {
        &*service.name.name == "zipkin" && facts.is_istios(&service.name.namespace)
    });
    let traced = configs(crossing).filter(|(_, config)| config.traces);
    let tracing = telemetries.iter().filter(|telemetry| telemetry.traces);
    let services = service.into_iter().map(|service| Hit::new(format!("Service {}", service.name)));
    services
        .chain(traced.map(|(revision, _)| config(revision).at("enableTracing")))
        .chain(tracing.map(hit))
        .collect()
}

/// What B122-3 reads: every kind of Istio's objects.
pub(super) const SCOPED: &[Resource] = &[
    Resource::MeshConfig,
    Resource::EnvoyFilters,
    Resource::DestinationRules,
    Resource::VirtualServices,
    Resource::ServiceEntries,
    Resource::Sidecars,
    Resource::Telemetries,
    Resource::AuthorizationPolicies,
    Resource::PeerAuthentications,
    Resource::RequestAuthentications,
    Resource::WasmPlugins,
    Resource::WorkloadEntries,
    Resource::IstioGateways,
];

/// B122-3: namespaces with Istio's objects that istiod will no longer look at.
pub(super) fn out_of_scope(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let config = facts.evidence.mesh_configs.get(facts.aim.stable);
    let Some(config) = config.filter(|config| !config.discovery_selectors.is_empty()) else {
        return Vec::new();
    };
    if facts.switch("ENABLE_ENHANCED_RESOURCE_SCOPING") == Some("true") {
        return Vec::new();
    }
    let mut counts: BTreeMap<&Name, usize> = BTreeMap::new();
    for name in objects(crossing) {
        *counts.entry(&name.namespace).or_default() += 1;
    }
    let nothing = Labels::new();
    counts
        .into_iter()
        .filter(|(namespace, _)| {
            let labels =
                facts.snapshot.namespaces.get(*namespace).map_or(&nothing, |it| &it.labels);
            !config.discovery_selectors.iter().any(|selector| selects(selector, labels))
        })
        .map(|(namespace, count)| Hit::new(format!("Namespace {namespace}")).at(count.to_string()))
        .collect()
}

/// Names of all of Istio's objects that were read.
fn objects<'a>(crossing: &'a Crossing<'_>) -> impl Iterator<Item = &'a ObjectName> {
    let evidence = crossing.facts.evidence;
    let filters = evidence.envoy_filters.iter().map(|it| &it.name);
    filters
        .chain(evidence.destination_rules.iter().map(|it| &it.name))
        .chain(evidence.virtual_services.iter().map(|it| &it.name))
        .chain(evidence.service_entries.iter().map(|it| &it.name))
        .chain(evidence.telemetries.iter().map(|it| &it.name))
        .chain(evidence.access_policies.iter().map(|it| &it.name))
        .chain(evidence.other_policies.iter().map(|it| &it.name))
        .chain(evidence.workload_entries.iter().map(|it| &it.name))
        .chain(evidence.istio_gateways.iter().map(|it| &it.name))
        .chain(evidence.sidecars.iter())
}

/// I124-cel: expressions with attributes that went.
pub(super) fn peer_attributes(crossing: &Crossing<'_>) -> Vec<Hit> {
    let mentions =
        |traits: &BTreeSet<ConfigTrait>| traits.contains(&ConfigTrait::OldPeerAttributes);
    let evidence = crossing.facts.evidence;
    let telemetries = evidence.telemetries.iter().filter(|it| mentions(&it.traits)).map(hit);
    let filters = evidence.envoy_filters.iter().filter(|it| mentions(&it.traits));
    telemetries.chain(filters.map(envoy_filters::hit)).collect()
}

/// B125-1: rules that rest on who is taken for internal.
pub(super) fn internal_addresses(crossing: &Crossing<'_>) -> Vec<Hit> {
    let evidence = crossing.facts.evidence;
    let mentions = |traits: &BTreeSet<ConfigTrait>| traits.contains(&ConfigTrait::ForwardedHeaders);
    let filters = evidence.envoy_filters.iter().filter(|it| mentions(&it.traits));
    let services = evidence.virtual_services.iter().filter(|it| mentions(&it.traits)).map(|it| {
        Hit::new(format!("VirtualService {}", it.name)).mended_by(edit("virtualservice", &it.name))
    });
    let policies = evidence.access_policies.iter();
    let policies = policies.filter(|it| it.by_client_address || mentions(&it.traits)).map(|it| {
        Hit::new(format!("AuthorizationPolicy {}", it.name))
            .mended_by(edit("authorizationpolicy", &it.name))
    });
    let configs = configs(crossing).filter(|(_, config)| config.trusts_proxies);
    let configs = configs.map(|(revision, _)| config(revision).at("numTrustedProxies"));
    filters.map(envoy_filters::hit).chain(services).chain(policies).chain(configs).collect()
}

/// B125-3: tracers that went: `OpenCensus` with 1.25, Lightstep with 1.27.
pub(super) fn tracers(crossing: &Crossing<'_>) -> Vec<Hit> {
    let mut gone: Vec<&str> = Vec::new();
    gone.extend(crossing.crosses(25).then_some("opencensus"));
    gone.extend(crossing.crosses(27).then_some("lightstep"));
    let is_gone = |kind: &str| gone.contains(&kind.to_ascii_lowercase().as_str());
    let mut names: BTreeSet<&Name> = BTreeSet::new();
    let mut hits = Vec::new();
    for (revision, found) in configs(crossing) {
        for provider in found.providers.iter().filter(|provider| is_gone(&provider.kind)) {
            names.insert(&provider.name);
            hits.push(config(revision).at(&*provider.kind));
        }
    }
    let telemetries = crossing.facts.evidence.telemetries.iter().filter(|telemetry| {
        telemetry.providers.iter().any(|name| names.contains(name) || is_gone(name))
    });
    hits.extend(telemetries.map(hit));
    hits
}

/// The mesh configs, by revision.
fn configs<'a>(crossing: &'a Crossing<'_>) -> impl Iterator<Item = (&'a Name, &'a MeshConfig)> {
    crossing.facts.evidence.mesh_configs.iter()
}

fn config(revision: &str) -> Hit {
    Hit::new(format!("Mesh config of {revision}"))
}

fn hit(telemetry: &Telemetry) -> Hit {
    Hit::new(format!("Telemetry {}", telemetry.name)).mended_by(edit("telemetry", &telemetry.name))
}
