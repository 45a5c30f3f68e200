//! A plan in plain words: what will happen, what will not, and the way back.
//!
//! Entry point: [`view`].

#[cfg(test)]
mod tests;

use meshlift_core::inventory::{Snapshot, WorkloadRef};
use meshlift_core::rollout::{
    ActKind, Consent, InstallPart, Operation, Plan, Step, StepAction, changed_by_promotion,
    gateways_may_return, restarted_by,
};

use super::words::{self, named, no, version, yes};
use super::{asm, commands, run};
use crate::api::dto::{
    Availability, ConsentView, FindingView, Phrase, PhraseCode as Code, PlanStepView, PlanView,
    Severity,
};

/// What a plan is shown with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) context: &'a str,
    pub(crate) server: &'a str,
    pub(crate) protected: bool,
    pub(crate) consents: &'a [Consent],
    pub(crate) findings: &'a [FindingView],
    pub(crate) blocked: Option<&'a Phrase>,
}

/// A plan, to be confirmed exactly as shown.
pub(crate) fn view(made: &Made<'_>) -> PlanView {
    let plan = made.plan;
    let (way_back, reversible) = way_back(made);
    PlanView {
        digest: plan.digest(),
        operation: run::operation(plan.operation),
        context: made.context.to_owned(),
        server: made.server.to_owned(),
        protected: made.protected,
        from: run::end(&plan.from),
        to: run::end(&plan.to),
        steps: plan.steps.iter().map(|step| step_view(made, step)).collect(),
        will: will(made),
        will_not: will_not(made),
        way_back,
        reversible,
        findings: made.findings.to_vec(),
        consents: made.consents.iter().map(consent).collect(),
        start: start(made),
    }
}

fn step_view(made: &Made<'_>, step: &Step) -> PlanStepView {
    let (workloads, pods) = restarts(made, std::slice::from_ref(step));
    PlanStepView {
        id: step.id.to_string(),
        title: words::step(made.plan, &step.action),
        workloads,
        pods,
        commands: commands::of_step(step, made.context),
    }
}

fn start(made: &Made<'_>) -> Availability {
    if let Some(reason) = made.blocked {
        return no(reason.clone());
    }
    let blocking =
        made.findings.iter().filter(|it| it.severity == Severity::Block && !it.acknowledgeable);
    let blocking = blocking.count();
    if blocking > 0 {
        let count = blocking.to_string();
        return no(Phrase::with(Code::ReasonBlockingFindings, [("count", count)]));
    }
    yes()
}

fn will(made: &Made<'_>) -> Vec<Phrase> {
    let plan = made.plan;
    let mut lines: Vec<Phrase> =
        plan.steps.iter().flat_map(|step| installs(made, &step.action)).collect();
    lines.extend(asm::will(plan));
    let namespaces = moved(plan);
    let to = plan.to.revision.to_string();
    if !namespaces.is_empty() {
        lines.push(Phrase::with(
            Code::WillMove,
            [("namespaces", namespaces.join(", ")), ("revision", to.clone())],
        ));
    }
    // In an ASM mesh nothing but its current version changes, and that was said.
    if is_promotion(plan) && plan.instance.is_none() {
        let followers: Vec<String> = changed_by_promotion(made.snapshot, &plan.to.revision)
            .iter()
            .map(ToString::to_string)
            .collect();
        lines.push(if followers.is_empty() {
            Phrase::with(Code::WillPromoteOnly, [("revision", to)])
        } else {
            let namespaces = followers.join(", ");
            Phrase::with(Code::WillPromote, [("revision", to), ("namespaces", namespaces)])
        });
    }
    let waves = plan.steps.iter().filter(|step| matches!(step.action, StepAction::Restart { .. }));
    let (workloads, pods) = restarts(made, waves);
    if workloads > 0 {
        lines.push(Phrase::with(
            Code::WillRestart,
            [
                ("workloads", workloads.to_string()),
                ("pods", pods.to_string()),
                ("width", width(plan).to_string()),
            ],
        ));
    }
    let deleted = deletions(plan);
    if deleted > 0 {
        lines.push(Phrase::with(
            Code::WillRetire,
            [("count", deleted.to_string()), ("revision", plan.from.revision.to_string())],
        ));
    }
    lines
}

fn installs(made: &Made<'_>, action: &StepAction) -> Vec<Phrase> {
    let plan = made.plan;
    let install = match action {
        StepAction::Install { install } => install,
        StepAction::MoveNamespace { .. }
        | StepAction::Asm { .. }
        | StepAction::HandOff { .. }
        | StepAction::Restart { .. }
        | StepAction::Change { .. }
        | StepAction::Verify { .. } => return Vec::new(),
    };
    let to = ("version", install.version.numbers());
    match (install.part, plan.from.revision == plan.to.revision) {
        (InstallPart::ControlPlane, false) => vec![
            Phrase::with(
                Code::WillInstallCanary,
                [
                    ("revision", plan.to.revision.to_string()),
                    to.clone(),
                    ("stable", plan.from.revision.to_string()),
                ],
            ),
            Phrase::with(Code::WillInstallBase, [to]),
        ],
        (InstallPart::ControlPlane, true) => vec![
            Phrase::with(
                Code::WillInstallInPlace,
                [
                    ("revision", plan.to.revision.to_string()),
                    ("from", version(plan.from.version.as_ref())),
                    ("to", install.version.numbers()),
                ],
            ),
            Phrase::plain(Code::WillInjectionGap),
        ],
        (InstallPart::Everything, _) => vec![rolled(made, action, to)],
    }
}

/// The gateways that an install upgrades, which it restarts all at once.
fn rolled(made: &Made<'_>, action: &StepAction, to: (&'static str, String)) -> Phrase {
    let gateways = restarted_by(made.plan, action, made.snapshot);
    let names: Vec<String> = gateways.iter().map(named).collect();
    let pods: u32 = gateways.iter().map(|gateway| wanted(made.snapshot, gateway)).sum();
    let gateways = ("gateways", names.join(", "));
    Phrase::with(Code::WillUpgradeGateways, [to, gateways, ("pods", pods.to_string())])
}

fn will_not(made: &Made<'_>) -> Vec<Phrase> {
    let plan = made.plan;
    let (workloads, _) = restarts(made, &plan.steps);
    let mut lines = Vec::new();
    if workloads == 0 {
        lines.push(Phrase::plain(Code::WillNotRunningPods));
    }
    match plan.operation {
        Operation::UpgradeControlPlane | Operation::DeployCanary | Operation::Promote => {
            lines.push(Phrase::plain(Code::WillNotGateways));
        }
        Operation::MoveNamespaces | Operation::Restart => {
            lines.push(Phrase::plain(Code::WillNotOtherNamespaces));
        }
        // An instance's CRDs are ASM's own concern.
        Operation::Revoke if plan.instance.is_none() => {
            lines.push(Phrase::plain(Code::WillNotBase));
        }
        Operation::UpgradeGateways
        | Operation::GatewayCanary
        | Operation::Revoke
        | Operation::Unpublish
        | Operation::RollBack => {}
    }
    lines.push(Phrase::plain(Code::WillNotTrafficRules));
    lines.extend(asm::advice(plan));
    lines
}

fn way_back(made: &Made<'_>) -> (Phrase, bool) {
    let plan = made.plan;
    if let Some(way_back) = asm::way_back(plan) {
        return way_back;
    }
    match plan.operation {
        Operation::UpgradeGateways if gateways_may_return(plan, made.snapshot) => {
            let from = plan.from.revision.to_string();
            (Phrase::with(Code::WayBackGateways, [("revision", from)]), true)
        }
        Operation::DeployCanary => (Phrase::plain(Code::WayBackRevoke), true),
        Operation::MoveNamespaces => (Phrase::plain(Code::WayBackMove), true),
        Operation::Promote => (Phrase::plain(Code::WayBackLabels), true),
        Operation::Restart => {
            (Phrase::with(Code::WayBackRestart, [("revision", plan.to.revision.to_string())]), true)
        }
        Operation::UpgradeControlPlane
        | Operation::UpgradeGateways
        | Operation::GatewayCanary
        | Operation::Revoke
        | Operation::Unpublish
        | Operation::RollBack => (Phrase::plain(Code::WayBackNone), false),
    }
}

fn consent(consent: &Consent) -> ConsentView {
    let question = match consent {
        Consent::Recreate { workload } => {
            Phrase::with(Code::ConsentRecreate, [("workload", named(workload))])
        }
        Consent::Budget { workload, budget, allowed, needed } => Phrase::with(
            Code::ConsentBudget,
            [
                ("workload", named(workload)),
                ("budget", budget.to_string()),
                ("allowed", allowed.to_string()),
                ("needed", needed.to_string()),
            ],
        ),
        Consent::NoWayBack => Phrase::plain(Code::ConsentNoWayBack),
    };
    ConsentView { id: consent.id(), question }
}

/// Workloads and pods that some steps restart, by a wave or by an install.
fn restarts<'a>(made: &Made<'_>, steps: impl IntoIterator<Item = &'a Step>) -> (u32, u32) {
    let mut workloads = 0;
    let mut pods = 0;
    for step in steps {
        for workload in restarted_by(made.plan, &step.action, made.snapshot) {
            workloads += 1;
            pods += wanted(made.snapshot, &workload);
        }
    }
    (workloads, pods)
}

/// Pods that a workload is to have.
fn wanted(snapshot: &Snapshot, workload: &WorkloadRef) -> u32 {
    snapshot.workloads.get(workload).map_or(0, |found| found.status.desired)
}

fn width(plan: &Plan) -> u32 {
    plan.steps.iter().filter_map(Step::wave).map(|wave| wave.width).max().unwrap_or(1)
}

fn moved(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .filter_map(|step| match &step.action {
            StepAction::MoveNamespace { namespace, .. } => Some(namespace.to_string()),
            StepAction::Install { .. }
            | StepAction::Restart { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => None,
        })
        .collect()
}

fn acts(plan: &Plan) -> impl Iterator<Item = ActKind> {
    plan.steps.iter().flat_map(Step::acts)
}

fn deletions(plan: &Plan) -> usize {
    acts(plan).filter(|act| matches!(act, ActKind::Delete { .. })).count()
}

fn is_promotion(plan: &Plan) -> bool {
    plan.operation == Operation::Promote
}
