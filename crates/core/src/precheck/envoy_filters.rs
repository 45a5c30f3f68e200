//! P-16: `EnvoyFilter` objects, which no version promises to keep working.

use regex::Regex;

use super::facts::Facts;
use super::{Finding, Problem, Severity, edit};
use crate::inventory::evidence::EnvoyFilter;

/// `EnvoyFilter` objects.
pub(super) const ID: &str = "P-16";

/// How many there are; which of them apply to other versions only; which are not typed.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let filters = &facts.evidence.envoy_filters;
    if filters.is_empty() {
        return Vec::new();
    }
    let problem = Problem::FiltersExist { count: filters.len() };
    let counted = Finding::new(ID, Severity::Warn, "EnvoyFilters", problem)
        .mended_by("kubectl get envoyfilters -A");
    let mut findings = vec![counted];
    for filter in filters {
        findings.extend(for_others(facts, filter));
        if filter.patches.iter().any(|patch| patch.untyped) {
            findings.push(found(filter, Severity::Block, Problem::FilterUntyped));
        }
    }
    findings
}

/// A patch for versions that the target is not one of stops applying.
fn for_others(facts: &Facts<'_>, filter: &EnvoyFilter) -> Option<Finding> {
    let target = facts.aim.target;
    let matches = |pattern: &str, version: &str| {
        Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(version))
    };
    let pattern =
        filter.patches.iter().filter_map(|patch| patch.proxy_version.as_ref()).find(|pattern| {
            let running = facts.source.is_none_or(|it| matches(pattern, &it.numbers()));
            running && !matches(pattern, &target.numbers())
        })?;
    let problem =
        Problem::FilterForOtherVersions { pattern: pattern.clone(), target: target.clone() };
    Some(found(filter, Severity::Warn, problem))
}

fn found(filter: &EnvoyFilter, severity: Severity, problem: Problem) -> Finding {
    let subject = format!("EnvoyFilter {}", filter.name);
    Finding::new(ID, severity, subject, problem).mended_by(edit("envoyfilter", &filter.name))
}
