//! P-17: manifests in a version that the API server no longer serves, or is about to drop. The server
//! converts what it gives out; the manifest that kubectl kept tells, and what the server noted about
//! who wrote the object last. An ASM instance serves Istio's kinds itself, so its own CRDs decide.
//! Helm's manifests are in Secrets, which are never read.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::Resource;

/// Removed or deprecated API versions.
pub(super) const ID: &str = "P-17";
/// What the rule reads.
pub(super) const NEEDS: [Resource; 3] =
    [Resource::CustomResourceDefinitions, Resource::EnvoyFilters, Resource::DestinationRules];

/// Objects of Istio whose manifest can't be applied again, or not for long.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let old = facts.evidence.applied.iter().filter(|applied| {
        facts.evidence.crd_of(applied).is_some_and(|crd| {
            !crd.served.contains(&applied.version) || crd.deprecated.contains(&applied.version)
        })
    });
    old.map(|applied| {
        let subject = format!("{} {}", applied.kind, applied.name);
        let version = applied.version.clone();
        let problem = match &applied.by {
            None => Problem::AppliedVersion { version },
            Some(by) => Problem::WrittenVersion { version, by: by.clone() },
        };
        let fix = format!(
            "{} -n {} get {} {} -o yaml",
            kubectl(facts),
            applied.name.namespace,
            applied.crd,
            applied.name.name
        );
        Finding::new(ID, Severity::Warn, subject, problem).mended_by(fix)
    })
    .collect()
}

/// Istio's kinds of an ASM instance are on its own API server, which another kubeconfig is for.
fn kubectl(facts: &Facts<'_>) -> &'static str {
    match facts.snapshot.instance {
        Some(_) => "kubectl --context <asm-context>",
        None => "kubectl",
    }
}
