//! P-20: quotas that leave no room for the extra pods of a rolling restart.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::{Measure, QuotaLine};
use crate::inventory::{Name, Strategy};

/// Quota headroom.
pub(super) const ID: &str = "P-20";

/// What a proxy requests and is limited to unless somebody says otherwise, in thousandths: the
/// defaults of Istio's chart.
const fn of_a_proxy(measure: Measure) -> i64 {
    match measure {
        Measure::Pods => 1000,
        Measure::RequestsCpu => 100,
        Measure::RequestsMemory => 128 * 1024 * 1024 * 1000,
        Measure::LimitsCpu => 2000,
        Measure::LimitsMemory => 1024 * 1024 * 1024 * 1000,
    }
}

/// Quotas with less room than the extra pods of one workload's restart need: counted with the proxies
/// alone, so that what is found is sure.
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
        let lacks =
            |line: &&QuotaLine| line.hard - line.used < of_a_proxy(line.of) * i64::from(surge);
        let line = quota.lines.iter().find(lacks)?;
        let name = quota.name.name.clone();
        let fix = format!("kubectl -n {} describe quota {name}", quota.name.namespace);
        let problem = Problem::QuotaFull { quota: name, measure: line.of, needed: surge };
        let subject = format!("Namespace {}", quota.name.namespace);
        Some(Finding::new(ID, Severity::Block, subject, problem).mended_by(fix))
    });
    quotas.collect()
}
