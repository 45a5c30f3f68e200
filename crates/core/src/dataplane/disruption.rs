//! What a restart may take down at a time. A rolling update does not ask disruption budgets, so we
//! ask them before it (run semantics 2).

use serde::{Deserialize, Serialize};

use crate::injection::selects;
use crate::inventory::{Budget, Name, Snapshot, Strategy, Workload};

/// What a restart of a workload may take down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disruption {
    /// Pods that may be missing at a time.
    pub may_take: u32,
    /// Whether every pod stops before a new one starts.
    pub interrupts: bool,
    /// The budget that allows less, with what it allows.
    pub exceeds: Option<(Name, u32)>,
}

/// What restarting `workload` may take down, against the budgets that cover its pods.
pub fn disruption(snapshot: &Snapshot, workload: &Workload) -> Disruption {
    let may_take = match workload.strategy {
        Strategy::Rolling { max_unavailable, .. } => max_unavailable.min(workload.status.desired),
        Strategy::Recreate => workload.status.desired,
        // A StatefulSet replaces one pod after the other.
        Strategy::Partitioned { .. } => workload.status.desired.min(1),
        Strategy::OnDelete | Strategy::None => 0,
    };
    let covers = |budget: &&Budget| {
        budget.namespace == workload.reference.namespace
            && selects(&budget.selector, &workload.template.labels)
    };
    let exceeds = snapshot
        .budgets
        .iter()
        .filter(covers)
        .filter(|budget| may_take > budget.disruptions_allowed)
        .min_by_key(|budget| budget.disruptions_allowed)
        .map(|budget| (budget.name.clone(), budget.disruptions_allowed));
    Disruption { may_take, interrupts: workload.strategy == Strategy::Recreate, exceeds }
}
