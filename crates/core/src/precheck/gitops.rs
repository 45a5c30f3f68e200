//! P-29: a tool that puts back what others change, a restart's annotation included.

use super::facts::Facts;
use super::{Finding, Problem, Severity, edit};

/// GitOps self-heal on workloads.
pub(super) const ID: &str = "P-29";

/// Applications of Argo CD that heal themselves over namespaces of the mesh.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let meshed = facts.meshed_namespaces();
    let healing = facts.evidence.applications.iter().filter(|application| {
        application.heals
            && !application.ignores_annotations
            && meshed.contains(&application.destination)
    });
    healing
        .map(|application| {
            let subject = format!("Namespace {}", application.destination);
            let problem = Problem::SelfHeals { application: application.name.name.clone() };
            let fix = edit("application.argoproj.io", &application.name);
            Finding::new(ID, Severity::Warn, subject, problem).mended_by(fix)
        })
        .collect()
}
