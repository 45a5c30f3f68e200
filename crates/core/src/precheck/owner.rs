//! P-12: two tools that own one control plane undo each other's changes, and what none of them owns
//! can't be upgraded by any.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::Installer;

/// Several owners, or none that is known.
pub(super) const ID: &str = "P-12";

/// Control planes of one mesh that different tools own, or that no known tool does.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    let planes = &snapshot.control_planes;
    let owners: BTreeSet<_> = planes.iter().map(|plane| plane.installer).collect();
    if owners.len() > 1 {
        let problem = Problem::SeveralOwners { owners: owners.into_iter().collect() };
        return vec![Finding::new(ID, Severity::Block, "istiod", problem)];
    }
    let unowned = planes.iter().filter(|plane| plane.installer == Installer::Unknown);
    unowned
        .map(|plane| {
            let subject = format!("Deployment {}/{}", plane.namespace, plane.deployment);
            let problem = Problem::OwnerUnknown { revision: plane.revision.clone() };
            Finding::new(ID, Severity::Block, subject, problem)
        })
        .collect()
}
