//! One call to ASM, and what it has to lead to.
//!
//! Entry point: [`decide`]. The calls answer at once and the work goes on behind them, so a step
//! passes by what is observed, never by the answer (`domain/asm.md` §11.1).

use jiff::{SignedDuration, Timestamp};

use super::act::{Standing, standing};
use super::{At, Subject, wait};
use crate::asm::{self, Call};
use crate::inventory::{
    GATEWAY_NAMESPACE, GatewayCanary, GatewayState, Instance, Kind, MeshUpgrade, Name,
    RolloutState, Workload, WorkloadRef,
};
use crate::rollout::{ActKind, Decision, Failure, Waiting};

/// How long ASM may take for one call. The Terraform provider gives up after ten minutes; nobody
/// says how long an upgrade takes, and waiting harms nothing.
const LIMIT: SignedDuration = SignedDuration::from_mins(30);

/// What is observed of a call that was made.
enum Seen {
    /// What it asked for is there.
    There,
    /// Not yet.
    UnderWay(Waiting),
    /// ASM gave up.
    Failed(Failure),
}

pub(super) fn decide(at: &At<'_>, name: &Name, call: &Call, started: Timestamp) -> Decision {
    let Some(instance) = at.observed.snapshot.instance.as_deref() else {
        // Which instance it is was asked before; without one there is nothing to look at.
        return wait(Waiting::Instance { state: String::new() });
    };
    let kind = ActKind::Asm { instance: name.clone(), call: call.clone() };
    let id = at.act_id(0);
    let done = match standing(at, id.clone(), &kind, |_| None) {
        Standing::Other(decision) => return decision,
        Standing::Due(act) => {
            let is_free = instance.is_at_rest() || asm::shows(at.observed.snapshot, instance, call);
            if is_free {
                return Decision::Act(vec![act]);
            }
            let waiting = Waiting::Instance { state: instance.state.0.clone() };
            return wait_or_ask(at, started, waiting);
        }
        Standing::Done(done) => done,
    };
    match seen(at, instance, call) {
        Seen::There => at.pass(),
        Seen::Failed(failure) => at.ask(Subject::Act(id), failure),
        Seen::UnderWay(waiting) => wait_or_ask(at, done, waiting),
    }
}

fn wait_or_ask(at: &At<'_>, since: Timestamp, waiting: Waiting) -> Decision {
    if at.is_late(None, since, LIMIT) {
        let minutes = u32::try_from(LIMIT.as_mins()).unwrap_or(u32::MAX);
        return at.ask(Subject::Step, Failure::Timeout { minutes });
    }
    Decision::Wait { waiting, until: Some(since + LIMIT) }
}

fn seen(at: &At<'_>, instance: &Instance, call: &Call) -> Seen {
    match call {
        // Its answer is all there is of it.
        Call::Precheck { target: _ } => Seen::There,
        Call::Upgrade { target } => {
            if instance.upgrade.mesh == MeshUpgrade::Failed {
                return Seen::Failed(Failure::Asm { why: why(instance) });
            }
            if asm::has_reached(instance, target) && instance.is_settled() {
                return Seen::There;
            }
            Seen::UnderWay(Waiting::Upgrade { target: target.clone() })
        }
        Call::UpgradeGateway { gateway, target } => {
            let record = instance.upgrade.of(gateway);
            if let Some(failed) = record.filter(|it| it.state == GatewayState::Failed) {
                return Seen::Failed(Failure::Asm { why: failed.message.clone() });
            }
            let runs = asm::runs(at.observed.snapshot, gateway, target);
            let deployed = deployment(at, &format!("istio-{gateway}"));
            if runs && deployed.is_some_and(is_complete) {
                return Seen::There;
            }
            Seen::UnderWay(Waiting::Gateway { gateway: gateway.clone() })
        }
        Call::GatewayCanary { gateway, canary } => {
            let deployed = deployment(at, &format!("istio-{gateway}-canary"));
            let is_there = match canary {
                GatewayCanary::Wanted => deployed.is_some_and(is_complete),
                GatewayCanary::Unwanted => deployed.is_none(),
            };
            if is_there {
                return Seen::There;
            }
            Seen::UnderWay(Waiting::Gateway { gateway: gateway.clone() })
        }
        Call::Label { namespace, from: _, to } => {
            let found = at.observed.snapshot.namespaces.get(namespace);
            if found.is_some_and(|found| found.injection_labels() == *to) {
                return Seen::There;
            }
            Seen::UnderWay(Waiting::Sync { namespace: namespace.clone() })
        }
    }
}

fn why(instance: &Instance) -> String {
    let said = instance.error.clone().filter(|error| !error.is_empty());
    said.unwrap_or_else(|| "upgrading_failed".to_owned())
}

fn deployment<'a>(at: &At<'a>, name: &str) -> Option<&'a Workload> {
    let reference = WorkloadRef {
        namespace: GATEWAY_NAMESPACE.into(),
        kind: Kind::Deployment,
        name: name.into(),
    };
    at.observed.snapshot.workloads.get(&reference)
}

fn is_complete(workload: &Workload) -> bool {
    workload.status.rollout() == RolloutState::Complete
}
