//! What the user has to agree to before a plan starts.

use super::asm;
use super::install::installed_behind;
use crate::asm::Call;
use crate::dataplane;
use crate::inventory::{Name, Snapshot, WorkloadRef};
use crate::rollout::{InstallPart, Operation, Plan, Step, StepAction};

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
        for workload in restarted_by(plan, &step.action, snapshot) {
            consents.extend(of_restart(snapshot, &workload));
        }
    }
    if ends_the_way_back(plan, snapshot) {
        consents.push(Consent::NoWayBack);
    }
    consents
}

/// Workloads whose pods a step replaces: those of a wave, and the gateways of the install, which
/// `istioctl install` rolls all at once when it renders them anew, and those that ASM upgrades.
pub fn restarted_by(plan: &Plan, action: &StepAction, snapshot: &Snapshot) -> Vec<WorkloadRef> {
    match action {
        StepAction::Restart { wave } => {
            wave.items.iter().map(|item| item.workload.clone()).collect()
        }
        StepAction::Install { install } => match install.part {
            InstallPart::Everything => {
                installed_behind(snapshot, &plan.to.revision, &install.version)
            }
            InstallPart::ControlPlane => Vec::new(),
        },
        StepAction::Asm { call, instance: _ } => match call {
            Call::UpgradeGateway { gateway, target: _ } => deployed(snapshot, gateway),
            Call::Label { .. }
            | Call::Precheck { .. }
            | Call::Upgrade { .. }
            | Call::GatewayCanary { .. } => Vec::new(),
        },
        StepAction::MoveNamespace { .. }
        | StepAction::HandOff { .. }
        | StepAction::Change { .. }
        | StepAction::Verify { .. } => Vec::new(),
    }
}

/// The Deployment of a gateway of ASM.
fn deployed(snapshot: &Snapshot, gateway: &Name) -> Vec<WorkloadRef> {
    let instance = snapshot.instance.as_deref();
    let found = instance.and_then(|instance| instance.gateway(gateway));
    found.map(|gateway| asm::deployed(gateway.deployment())).into_iter().collect()
}

/// Whether gateways that a plan upgrades can go back: *Revoke* leads them to the revision that they
/// come from, as long as that one stands.
pub fn gateways_may_return(plan: &Plan, snapshot: &Snapshot) -> bool {
    plan.from.revision != plan.to.revision && snapshot.control_plane(&plan.from.revision).is_some()
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

fn ends_the_way_back(plan: &Plan, snapshot: &Snapshot) -> bool {
    match plan.operation {
        Operation::UpgradeControlPlane | Operation::Unpublish => true,
        Operation::UpgradeGateways => {
            let cannot_return = |step: &Step| match &step.action {
                StepAction::Install { .. } => !gateways_may_return(plan, snapshot),
                StepAction::Asm { call, instance: _ } => match call {
                    Call::UpgradeGateway { .. } => true,
                    Call::Label { .. }
                    | Call::Precheck { .. }
                    | Call::Upgrade { .. }
                    | Call::GatewayCanary { .. } => false,
                },
                StepAction::HandOff { .. }
                | StepAction::MoveNamespace { .. }
                | StepAction::Restart { .. }
                | StepAction::Change { .. }
                | StepAction::Verify { .. } => false,
            };
            plan.steps.iter().any(cannot_return)
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
