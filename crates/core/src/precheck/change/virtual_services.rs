//! Changes that `VirtualService` objects run into.

use std::collections::{BTreeMap, BTreeSet};

use super::{Crossing, Hit, envoy_filters};
use crate::inventory::evidence::{ConfigTrait, VirtualService};
use crate::precheck::edit;
use crate::precheck::facts::host;

/// B121-1: a wildcard host that covers a host of another object on the same gateway.
pub(super) fn overlapping(crossing: &Crossing<'_>) -> Vec<Hit> {
    let services = &crossing.facts.evidence.virtual_services;
    // Hosts of one gateway read backwards: what a wildcard covers stands together.
    let mut by_gateway: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (place, service) in services.iter().enumerate() {
        for gateway in &service.gateways {
            let gateway = whole_gateway(gateway, service);
            let hosts = by_gateway.entry(gateway).or_default();
            hosts.extend(service.hosts.iter().map(|name| (backwards(name, service), place)));
        }
    }
    let mut found = BTreeMap::new();
    for hosts in by_gateway.values() {
        for (wide, place) in hosts.iter().filter(|(wide, _)| wide.ends_with('*')) {
            let prefix = &wide[..wide.len() - 1];
            let covered = hosts
                .range(prefix.to_owned()..)
                .take_while(|(other, _)| other.starts_with(prefix))
                .find(|(_, other)| *other != place);
            if let Some((other, _)) = covered {
                found.entry(*place).or_insert_with(|| other.chars().rev().collect::<String>());
            }
        }
    }
    found.into_iter().map(|(place, other)| hit(&services[place]).at(other)).collect()
}

fn backwards(name: &str, service: &VirtualService) -> String {
    host(name, &service.name.namespace).chars().rev().collect()
}

/// A gateway's name as everybody means it: one without a namespace is of the object's own.
fn whole_gateway(name: &str, service: &VirtualService) -> String {
    if name == "mesh" || name.contains('/') {
        return name.to_owned();
    }
    format!("{}/{name}", service.name.namespace)
}

/// B124-3: routes with retries of their own.
pub(super) fn retries(crossing: &Crossing<'_>) -> Vec<Hit> {
    let services = crossing.facts.evidence.virtual_services.iter();
    services.filter(|service| service.retries).map(hit).collect()
}

/// B128-3: traffic that is mirrored to hosts which rules know as `-shadow`; and, in ambient mode,
/// entries that an older ztunnel refuses.
pub(super) fn shadows(crossing: &Crossing<'_>) -> Vec<Hit> {
    let evidence = crossing.facts.evidence;
    let mentions = |traits: &BTreeSet<ConfigTrait>| traits.contains(&ConfigTrait::ShadowHost);
    let mirrors = evidence.virtual_services.iter().any(|service| service.mirrors);
    let mut hits = Vec::new();
    if mirrors {
        let services = evidence.virtual_services.iter();
        hits.extend(services.filter(|service| mentions(&service.traits)).map(hit));
        let filters = evidence.envoy_filters.iter();
        hits.extend(filters.filter(|it| mentions(&it.traits)).map(envoy_filters::hit));
    }
    if crossing.facts.is_ambient() {
        let entries = evidence.service_entries.iter().filter(|it| &*it.resolution == "NONE");
        hits.extend(entries.map(|entry| Hit::new(format!("ServiceEntry {}", entry.name))));
    }
    hits
}

fn hit(service: &VirtualService) -> Hit {
    Hit::new(format!("VirtualService {}", service.name))
        .mended_by(edit("virtualservice", &service.name))
}
