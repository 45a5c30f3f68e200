//! P-12: two tools that own one control plane undo each other's changes.

use std::collections::BTreeSet;

use super::{Aim, Finding, Problem, Severity};
use crate::inventory::Snapshot;

/// Several owners.
pub(super) const ID: &str = "P-12";

/// Control planes of one mesh that different tools own.
pub(super) fn check(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    let owners: BTreeSet<_> = snapshot.control_planes.iter().map(|plane| plane.installer).collect();
    if owners.len() < 2 {
        return Vec::new();
    }
    let problem = Problem::SeveralOwners { owners: owners.into_iter().collect() };
    vec![Finding::new(ID, Severity::Block, "istiod", problem)]
}
