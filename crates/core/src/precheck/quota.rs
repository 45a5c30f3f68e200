//! P-20: quotas that leave no room for the extra pods of a rolling restart.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::{Measure, QuotaLine};
use crate::inventory::{Name, Strategy};

/// Quota headroom.
pub(super) const ID: &str = "P-20";

/// What a proxy needs, and whether the injector says so: where it was not read, it may be less than
/// the defaults of Istio's chart, and a finding is a warning.
fn of_a_proxy(facts: &Facts<'_>, measure: Measure) -> (i64, Severity) {
    let mut injectors = facts.snapshot.injectors.iter();
    let config = injectors.find_map(|injector| {
        (&*injector.revision == facts.aim.stable).then_some(injector.config.as_ref()?)
    });
    match (measure, config.and_then(|config| config.resources.as_ref())) {
        (Measure::Pods, _) => (by_default(measure), Severity::Block),
        (_, Some(said)) => (said.get(&measure).copied().unwrap_or_default(), Severity::Block),
        (_, None) => (by_default(measure), Severity::Warn),
    }
}

/// In thousandths.
const fn by_default(measure: Measure) -> i64 {
    match measure {
        Measure::Pods => 1000,
        Measure::RequestsCpu => 100,
        Measure::RequestsMemory => 128 * 1024 * 1024 * 1000,
        Measure::LimitsCpu => 2000,
        Measure::LimitsMemory => 1024 * 1024 * 1024 * 1000,
    }
}

/// Quotas with less room than the extra pods of one workload's restart need, counted with the proxies
/// alone: what the workload itself needs comes on top.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut surges: BTreeMap<&Name, u32> = BTreeMap::new();
    for (workload, _) in facts.injected() {
        if let Strategy::Rolling { max_unavailable: _, max_surge } = workload.strategy {
            let surge = surges.entry(&workload.reference.namespace).or_default();
            *surge = max_surge.min(workload.status.desired).max(*surge);
        }
    }
    let quotas = facts.evidence.quotas.iter().filter_map(|quota| {
        let surge = *surges.get(&quota.name.namespace)?;
        let lacks = |line: &QuotaLine| {
            let (needs, severity) = of_a_proxy(facts, line.of);
            (line.hard - line.used < needs * i64::from(surge)).then_some((severity, line.of))
        };
        // The worst of them, in the order of the quota.
        let (severity, of) = quota.lines.iter().filter_map(lacks).min_by_key(|(it, _)| *it)?;
        let name = quota.name.name.clone();
        let fix = format!("kubectl -n {} describe quota {name}", quota.name.namespace);
        let problem = Problem::QuotaFull { quota: name, measure: of, needed: surge };
        let subject = format!("Namespace {}", quota.name.namespace);
        Some(Finding::new(ID, severity, subject, problem).mended_by(fix))
    });
    quotas.collect()
}
