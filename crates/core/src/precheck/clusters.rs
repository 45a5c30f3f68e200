//! P-23: a mesh over several clusters. Which of them are connected, istiod knows from Secrets, and
//! Secrets are never read.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::Unsupported;

/// Multi-cluster state.
pub(super) const ID: &str = "P-23";

/// What can't be told about a mesh over several clusters.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !facts.snapshot.unsupported.contains(&Unsupported::MultiCluster) {
        return Vec::new();
    }
    let what = "whether every remote cluster is in sync".to_owned();
    let why = "they are joined by Secrets, and Secrets are never read".to_owned();
    let problem = Problem::CannotTell { what, why };
    vec![Finding::new(ID, Severity::Warn, "Mesh", problem).mended_by("istioctl remote-clusters")]
}
