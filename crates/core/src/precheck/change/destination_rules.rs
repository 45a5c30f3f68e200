//! Changes that `DestinationRule` objects run into.

use std::collections::{BTreeMap, BTreeSet};

use super::{Crossing, Hit};
use crate::inventory::evidence::{DestinationRule, ServiceKind, TlsSetting};
use crate::precheck::edit;
use crate::precheck::facts::host;

/// B121-2: TLS without an SNI.
pub(super) fn without_sni(crossing: &Crossing<'_>) -> Vec<Hit> {
    tls(crossing, |tls| !tls.names_sni)
}

/// B121-3: TLS without a CA.
pub(super) fn unverified(crossing: &Crossing<'_>) -> Vec<Hit> {
    tls(crossing, |tls| !tls.names_trust)
}

fn tls(crossing: &Crossing<'_>, lacks: fn(&TlsSetting) -> bool) -> Vec<Hit> {
    let rules = crossing.facts.evidence.destination_rules.iter();
    rules
        .filter_map(|rule| {
            let place = rule.tls.iter().find(|tls| lacks(tls))?;
            Some(hit(rule).at(&*place.at))
        })
        .collect()
}

/// B124-4: several rules for a host, TLS of a rule and of a `ServiceEntry` for one host, and
/// `Sidecar` objects.
pub(super) fn merged(crossing: &Crossing<'_>) -> Vec<Hit> {
    let evidence = crossing.facts.evidence;
    let mut hosts: BTreeMap<String, Vec<&DestinationRule>> = BTreeMap::new();
    for rule in &evidence.destination_rules {
        hosts.entry(host(&rule.host, &rule.name.namespace)).or_default().push(rule);
    }
    let several = hosts.iter().filter(|(_, rules)| rules.len() > 1);
    let several = several.filter_map(|(name, rules)| Some(hit(rules.last()?).at(name.clone())));
    let over_tls: BTreeSet<&str> = evidence
        .service_entries
        .iter()
        .filter(|entry| entry.ports.iter().any(|it| matches!(&*it.protocol, "TLS" | "HTTPS")))
        .flat_map(|entry| entry.hosts.iter().map(|name| &**name))
        .collect();
    let doubled = hosts.iter().filter(|(name, rules)| {
        over_tls.contains(name.as_str()) && rules.len() == 1 && !rules[0].tls.is_empty()
    });
    let doubled = doubled.map(|(name, rules)| hit(rules[0]).at(name.clone()));
    let sidecars = evidence
        .sidecars
        .iter()
        .map(|name| Hit::new(format!("Sidecar {name}")).mended_by(edit("sidecar", name)));
    several.chain(doubled).chain(sidecars).collect()
}

/// B131-2: outlier detection without a floor, and Services whose clients see pods that are not ready.
pub(super) fn unhealthy(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let rules = facts.evidence.destination_rules.iter().filter(|rule| rule.ejects_outliers);
    let rules = rules.map(|rule| hit(rule).at("outlierDetection"));
    let meshed = facts.meshed_namespaces();
    let services = facts.evidence.services.iter().filter(|service| {
        meshed.contains(&service.name.namespace) && !facts.is_istios(&service.name.namespace)
    });
    let services = services.filter_map(|service| {
        let at = match (service.publishes_unready, &service.of) {
            (true, _) => "publishNotReadyAddresses",
            (false, ServiceKind::Headless) => "clusterIP: None",
            (false, ServiceKind::Addressed | ServiceKind::ExternalName { .. }) => return None,
        };
        let subject = format!("Service {}", service.name);
        Some(Hit::new(subject).at(at).mended_by(edit("service", &service.name)))
    });
    rules.chain(services).collect()
}

fn hit(rule: &DestinationRule) -> Hit {
    Hit::new(format!("DestinationRule {}", rule.name))
        .mended_by(edit("destinationrule", &rule.name))
}
