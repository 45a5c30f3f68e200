//! P-35: a clock that is wrong: leases and the order of restarts depend on it.

use super::facts::Facts;
use super::{Finding, Problem, Severity};

/// Clock skew.
pub(super) const ID: &str = "P-35";

/// Seconds that the clocks may differ.
const TOLERATED: i64 = 5;

/// The difference between this computer's clock and the API server's, when it is too large.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let (Some(server), Some(local)) = (facts.evidence.server_clock, facts.evidence.local_clock)
    else {
        return Vec::new();
    };
    let seconds = (server - local).abs();
    if seconds <= TOLERATED {
        return Vec::new();
    }
    let problem = Problem::ClockSkew { seconds };
    vec![Finding::new(ID, Severity::Warn, "Clock", problem).mended_by("timedatectl status")]
}
