//! P-05 and P-26: pods that the next restart would inject twice, or not at all.

use super::{Aim, Finding, Problem, Severity};
use crate::dataplane::{self, State};
use crate::inventory::Snapshot;

/// Several webhooks match.
pub(super) const ID_TWICE: &str = "P-05";
/// No webhook matches any more.
pub(super) const ID_LOSE: &str = "P-26";

/// Workloads whose new pods several webhooks would inject.
pub(super) fn injected_twice(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    let assessments = dataplane::assess(snapshot);
    assessments
        .into_iter()
        .filter(|assessment| assessment.matches > 1)
        .map(|assessment| {
            let problem = Problem::InjectedTwice { count: assessment.matches };
            let subject = assessment.workload.to_string();
            Finding::new(ID_TWICE, Severity::Block, subject, problem)
        })
        .collect()
}

/// Workloads that have a proxy and would come back without one.
///
/// It warns: no run restarts them, and they would lose it without an upgrade as well.
pub(super) fn would_lose(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    let assessments = dataplane::assess(snapshot);
    assessments
        .into_iter()
        .filter(|assessment| match assessment.state {
            State::WouldLoseSidecar => true,
            State::UpToDate
            | State::NeedsRestart
            | State::Behind
            | State::MissingSidecar
            | State::NoSidecar
            | State::CannotRestart
            | State::Rolling
            | State::Unknown => false,
        })
        .map(|assessment| {
            let subject = assessment.workload.to_string();
            Finding::new(ID_LOSE, Severity::Warn, subject, Problem::WouldLoseSidecar)
        })
        .collect()
}
