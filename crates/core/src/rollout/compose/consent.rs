//! What the user has to agree to before a plan starts.

use crate::asm::Call;
use crate::dataplane;
use crate::inventory::{Name, Snapshot, WorkloadRef};
use crate::rollout::{Operation, Plan, Step, StepAction};

/// Something that is only done if the user agrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// All pods of a workload stop before new ones start.
    Recreate {
        /// The workload.
        workload: WorkloadRef,
    },
    /// A workload may go below a disruption budget.
    Budget {
        /// The workload.
        workload: WorkloadRef,
        /// The budget.
        budget: Name,
        /// Disruptions that it allows.
        allowed: u32,
        /// Pods that the restart may take.
        needed: u32,
    },
    /// There is no way back.
    NoWayBack,
}

impl Consent {
    /// Its id, under which a run remembers it.
    pub fn id(&self) -> String {
        let about = |what: &str, workload: &WorkloadRef| {
            format!("{what}:{}/{}/{}", workload.namespace, workload.kind, workload.name)
        };
        match self {
            Self::Recreate { workload } => about("recreate", workload),
            Self::Budget { workload, budget: _, allowed: _, needed: _ } => {
                about("budget", workload)
            }
            Self::NoWayBack => "no-way-back".to_owned(),
        }
    }
}

/// Everything that has to be agreed to before this plan may start.
pub fn consents(plan: &Plan, snapshot: &Snapshot) -> Vec<Consent> {
    let mut consents = Vec::new();
    for step in &plan.steps {
        let StepAction::Restart { wave } = &step.action else { continue };
        for item in &wave.items {
            consents.extend(of_restart(snapshot, &item.workload));
        }
    }
    if ends_the_way_back(plan) {
        consents.push(Consent::NoWayBack);
    }
    consents
}

fn of_restart(snapshot: &Snapshot, reference: &WorkloadRef) -> Vec<Consent> {
    let Some(workload) = snapshot.workloads.get(reference) else { return Vec::new() };
    let disruption = dataplane::disruption(snapshot, workload);
    let recreate = disruption.interrupts.then(|| Consent::Recreate { workload: reference.clone() });
    let needed = disruption.may_take;
    let budget = disruption.exceeds.map(|(budget, allowed)| Consent::Budget {
        workload: reference.clone(),
        budget,
        allowed,
        needed,
    });
    recreate.into_iter().chain(budget).collect()
}

fn ends_the_way_back(plan: &Plan) -> bool {
    match plan.operation {
        Operation::UpgradeControlPlane | Operation::Unpublish => true,
        Operation::UpgradeGateways => {
            let upgrades = |step: &Step| match &step.action {
                StepAction::Install { .. }
                | StepAction::Asm { call: Call::UpgradeGateway { .. }, instance: _ } => true,
                StepAction::Asm { .. }
                | StepAction::HandOff { .. }
                | StepAction::MoveNamespace { .. }
                | StepAction::Restart { .. }
                | StepAction::Change { .. }
                | StepAction::Verify { .. } => false,
            };
            plan.steps.iter().any(upgrades)
        }
        Operation::DeployCanary
        | Operation::MoveNamespaces
        | Operation::Restart
        | Operation::GatewayCanary
        | Operation::Promote
        | Operation::Revoke
        | Operation::RollBack => false,
    }
}
