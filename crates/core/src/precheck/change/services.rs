//! Changes that Services, `ServiceEntry` and `WorkloadEntry` objects run into.

use std::collections::{BTreeMap, BTreeSet};

use super::templates::DNS_CAPTURE;
use super::{Crossing, Hit};
use crate::inventory::evidence::{ServiceEntry, ServiceKind};
use crate::precheck::edit;
use crate::precheck::facts::host;

/// B121-4: `ExternalName` Services that traffic rules name.
pub(super) fn external_names(crossing: &Crossing<'_>) -> Vec<Hit> {
    let evidence = crossing.facts.evidence;
    let mut named: BTreeSet<String> = BTreeSet::new();
    for rule in &evidence.destination_rules {
        named.insert(host(&rule.host, &rule.name.namespace));
    }
    for service in &evidence.virtual_services {
        let hosts = service.hosts.iter().chain(&service.destinations);
        named.extend(hosts.map(|name| host(name, &service.name.namespace)));
    }
    let services = crossing.facts.service_hosts().into_iter();
    services
        .filter(|(name, _)| named.contains(name))
        .filter_map(|(_, service)| match &service.of {
            ServiceKind::ExternalName { host } => Some(
                Hit::new(format!("Service {}", service.name))
                    .at(&**host)
                    .mended_by(edit("service", &service.name)),
            ),
            ServiceKind::Addressed | ServiceKind::Headless => None,
        })
        .collect()
}

/// B122-4: entries that pass traffic through and name another port behind theirs.
pub(super) fn target_ports(crossing: &Crossing<'_>) -> Vec<Hit> {
    let entries = crossing.facts.evidence.service_entries.iter();
    entries
        .filter(|entry| &*entry.resolution == "NONE")
        .filter_map(|entry| {
            let port = entry.ports.iter().find(|it| it.target.is_some_and(|to| to != it.number))?;
            let target = port.target.unwrap_or_default();
            Some(hit(entry).at(format!("{} → {target}", port.number)))
        })
        .collect()
}

/// B124-5: entries that get an address of their own where proxies answer DNS. istiod allocates none for
/// what is passed through, nor for wildcards.
pub(super) fn addresses(crossing: &Crossing<'_>) -> Vec<Hit> {
    if crossing.facts.switch(DNS_CAPTURE) != Some("true") {
        return Vec::new();
    }
    let entries = crossing.facts.evidence.service_entries.iter();
    let allocated = entries.filter(|entry| {
        let named = entry.hosts.iter().any(|host| !host.starts_with('*'));
        !entry.has_addresses && named && &*entry.resolution != "NONE"
    });
    allocated.map(hit).collect()
}

/// B130-3: one hostname that several namespaces claim.
pub(super) fn twice(crossing: &Crossing<'_>) -> Vec<Hit> {
    let services = crossing.facts.service_hosts();
    let mut claims: BTreeMap<&str, Vec<&ServiceEntry>> = BTreeMap::new();
    let exported = crossing.facts.evidence.service_entries.iter().filter(|entry| {
        entry.export_to.is_empty() || entry.export_to.iter().any(|to| &**to != ".")
    });
    for entry in exported {
        for name in &entry.hosts {
            claims.entry(name).or_default().push(entry);
        }
    }
    let several = claims.into_iter().filter(|(name, entries)| {
        let namespaces: BTreeSet<_> = entries.iter().map(|it| &it.name.namespace).collect();
        namespaces.len() > 1 || services.contains_key(*name)
    });
    several.filter_map(|(name, entries)| Some(hit(entries.last()?).at(name))).collect()
}

/// B131-4: workloads that registered themselves and do not say that they speak HBONE.
pub(super) fn untunnelled(crossing: &Crossing<'_>) -> Vec<Hit> {
    let entries = crossing.facts.evidence.workload_entries.iter();
    entries
        .filter(|entry| entry.registered_itself && !entry.tunnelled)
        .map(|entry| {
            let fix = format!(
                "kubectl -n {} label workloadentry {} networking.istio.io/tunnel=http",
                entry.name.namespace, entry.name.name
            );
            Hit::new(format!("WorkloadEntry {}", entry.name)).mended_by(fix)
        })
        .collect()
}

fn hit(entry: &ServiceEntry) -> Hit {
    Hit::new(format!("ServiceEntry {}", entry.name)).mended_by(edit("serviceentry", &entry.name))
}
