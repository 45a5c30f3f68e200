//! Changes that programs beside the mesh run into.

use semver::Version;

use super::{Crossing, Hit};
use crate::inventory::evidence::{Tool, ToolKind};
use crate::inventory::{TemplateTrait, Workload};
use crate::precheck::agents::set_on_istiod;

/// B123-1: metric rules that ask for labels whose meaning changed.
pub(super) fn metric_rules(crossing: &Crossing<'_>) -> Vec<Hit> {
    let rules = crossing.facts.evidence.metric_rules.iter();
    rules
        .map(|name| {
            let fix = format!("kubectl -n {} edit prometheusrule {}", name.namespace, name.name);
            Hit::new(format!("PrometheusRule {name}")).mended_by(fix)
        })
        .collect()
}

/// B124-6: a signer that fails the stricter handshake.
pub(super) fn istio_csr(crossing: &Crossing<'_>) -> Vec<Hit> {
    let newest = Version::new(0, 12, 0);
    let is_old = |tool: &&Tool| {
        let version = tool.version.as_ref().and_then(|text| Version::parse(text).ok());
        tool.kind == ToolKind::IstioCsr && version.is_some_and(|version| version <= newest)
    };
    let tools = crossing.facts.evidence.tools.iter().filter(is_old);
    tools
        .map(|tool| {
            let version = tool.version.as_deref().unwrap_or_default().to_owned();
            let fix = format!(
                "helm -n {} upgrade {} jetstack/cert-manager-istio-csr",
                tool.name.namespace, tool.name.name
            );
            Hit::new(format!("Deployment {}", tool.name)).at(version).mended_by(fix)
        })
        .collect()
}

/// B129-1: programs of other namespaces that ask istiod's debug endpoints.
pub(super) fn debug_readers(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let tools = facts
        .evidence
        .tools
        .iter()
        .filter(|tool| tool.kind == ToolKind::Kiali && !facts.is_istios(&tool.name.namespace));
    let tools = tools.map(|tool| {
        allowed(Hit::new(format!("Deployment {}", tool.name)), crossing, &tool.name.namespace)
    });
    let others = asking(crossing, TemplateTrait::AsksDebug).map(|workload| {
        let reference = &workload.reference;
        allowed(Hit::new(reference.to_string()), crossing, &reference.namespace)
    });
    tools.chain(others).collect()
}

/// B130-4 and B131-6: programs of other namespaces that read istiod's xDS.
pub(super) fn xds_readers(crossing: &Crossing<'_>) -> Vec<Hit> {
    let readers = asking(crossing, TemplateTrait::AsksXds);
    readers.map(|workload| Hit::new(workload.reference.to_string())).collect()
}

fn asking<'a>(
    crossing: &'a Crossing<'_>,
    wanted: TemplateTrait,
) -> impl Iterator<Item = &'a Workload> {
    let facts = crossing.facts;
    facts.snapshot.workloads.values().filter(move |workload| {
        workload.template.traits.contains(&wanted)
            && !facts.is_istios(&workload.reference.namespace)
    })
}

/// Puts a namespace on istiod's list of those that may ask.
fn allowed(hit: Hit, crossing: &Crossing<'_>, namespace: &str) -> Hit {
    let list = "DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES";
    match set_on_istiod(crossing.facts, list, namespace) {
        Some(fix) => hit.mended_by(fix),
        None => hit,
    }
}
