//! P-05 and P-26: pods that the next restart would inject twice, or not at all.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::dataplane::State;

/// Several webhooks match.
pub(super) const ID_TWICE: &str = "P-05";
/// No webhook matches any more.
pub(super) const ID_LOSE: &str = "P-26";

/// Workloads whose new pods several webhooks would inject.
pub(super) fn injected_twice(facts: &Facts<'_>) -> Vec<Finding> {
    let twice = facts.assessments.iter().filter(|assessment| assessment.matches > 1);
    twice
        .map(|assessment| {
            let problem = Problem::InjectedTwice { count: assessment.matches };
            let subject = assessment.workload.to_string();
            Finding::new(ID_TWICE, Severity::Block, subject, problem)
        })
        .collect()
}

/// Workloads that have a proxy and would come back without one.
///
/// It warns, where the catalogue blocks: no run restarts them, and they would lose it without an
/// upgrade as well.
pub(super) fn would_lose(facts: &Facts<'_>) -> Vec<Finding> {
    let losing = facts.assessments.iter().filter(|it| it.state == State::WouldLoseSidecar);
    losing
        .map(|assessment| {
            let subject = assessment.workload.to_string();
            Finding::new(ID_LOSE, Severity::Warn, subject, Problem::WouldLoseSidecar)
        })
        .collect()
}
