//! Calls to ASM and steps in its console, in words.
//!
//! Entry points: one function for each place where the window says one of them.

use meshlift_core::asm::{Call, HandOff};
use meshlift_core::inventory::GatewayCanary;
use meshlift_core::rollout::{Operation, Plan, StepAction, Waiting};
use meshlift_core::version::MeshVersion;

use super::instance::CONSOLE;
use super::run::Sight;
use super::words::{label, version};
use crate::api::dto::{HandOffTask, HandOffView, Phrase, PhraseCode as Code};

/// What a step that calls ASM does.
pub(crate) fn step(call: &Call) -> Phrase {
    match call {
        Call::Precheck { target } => versioned(Code::StepAsmPrecheck, target),
        Call::Upgrade { target } => versioned(Code::StepAsmUpgrade, target),
        Call::UpgradeGateway { gateway, target } => at(Code::StepAsmGateway, gateway, target),
        Call::GatewayCanary { gateway, canary } => match canary {
            GatewayCanary::Wanted => gated(Code::StepGatewayCanary, gateway),
            GatewayCanary::Unwanted => gated(Code::StepGatewayCanaryEnd, gateway),
        },
        Call::Label { namespace, from: _, to } => Phrase::with(
            Code::StepMoveNamespace,
            [
                ("namespace", namespace.to_string()),
                ("to", label(to).unwrap_or_else(|| "–".to_owned())),
            ],
        ),
    }
}

/// A call, for use inside other sentences.
pub(crate) fn act(call: &Call) -> Phrase {
    match call {
        Call::Precheck { target } => versioned(Code::ActAsmPrecheck, target),
        Call::Upgrade { target } => versioned(Code::ActAsmUpgrade, target),
        Call::UpgradeGateway { gateway, target } => at(Code::ActAsmGateway, gateway, target),
        Call::GatewayCanary { gateway, canary } => match canary {
            GatewayCanary::Wanted => gated(Code::ActGatewayCanary, gateway),
            GatewayCanary::Unwanted => gated(Code::ActGatewayCanaryEnd, gateway),
        },
        Call::Label { namespace, from: _, to } => Phrase::with(
            Code::ActLabel,
            [
                ("namespace", namespace.to_string()),
                ("label", label(to).unwrap_or_else(|| "–".to_owned())),
            ],
        ),
    }
}

/// A call that is being made.
pub(crate) fn in_flight(call: &Call) -> Phrase {
    match call {
        Call::Precheck { target } => versioned(Code::RunAsmPrecheck, target),
        Call::Upgrade { target } => versioned(Code::RunAsmUpgrading, target),
        Call::UpgradeGateway { gateway, target: _ }
        | Call::GatewayCanary { gateway, canary: _ } => gated(Code::RunAsmGateway, gateway),
        Call::Label { namespace, from: _, to: _ } => {
            Phrase::with(Code::RunMoving, [("namespace", namespace.to_string())])
        }
    }
}

/// What a step in the console does.
pub(crate) fn hand_off(task: &HandOff) -> Phrase {
    match task {
        HandOff::DeployCanary { version } => versioned(Code::StepHandDeploy, version),
        HandOff::Promote { version } => versioned(Code::StepHandPromote, version),
        HandOff::Revoke { version } => versioned(Code::StepHandRevoke, version),
        HandOff::Unpublish { version } => versioned(Code::StepHandUnpublish, version),
    }
}

/// That a step in the console is waited for.
pub(crate) fn awaited(task: &HandOff) -> Phrase {
    match task {
        HandOff::DeployCanary { version } => versioned(Code::RunHandDeploy, version),
        HandOff::Promote { version } => versioned(Code::RunHandPromote, version),
        HandOff::Revoke { version } => versioned(Code::RunHandRevoke, version),
        HandOff::Unpublish { version } => versioned(Code::RunHandUnpublish, version),
    }
}

/// What the calls and console steps of a plan will do, in plain words.
pub(crate) fn will(plan: &Plan) -> Vec<Phrase> {
    let mut lines: Vec<Phrase> =
        plan.steps.iter().flat_map(|step| of(plan, &step.action)).collect();
    let gateways: Vec<String> =
        plan.steps.iter().filter_map(|step| upgraded(&step.action)).collect();
    if !gateways.is_empty() {
        lines.push(Phrase::with(Code::WillAsmGateways, [("gateways", gateways.join(", "))]));
    }
    lines
}

/// What to mind while a plan of an ASM mesh is carried out (S21, S22).
pub(crate) fn advice(plan: &Plan) -> Vec<Phrase> {
    if plan.instance.is_none() {
        return Vec::new();
    }
    let codes: &[Code] = match plan.operation {
        Operation::UpgradeControlPlane => &[Code::AdviceTraffic, Code::AdviceNoNewPods],
        Operation::DeployCanary | Operation::Promote => &[Code::AdviceTraffic],
        Operation::UpgradeGateways | Operation::Restart | Operation::Revoke => {
            &[Code::AdviceOffPeak]
        }
        Operation::MoveNamespaces
        | Operation::GatewayCanary
        | Operation::Unpublish
        | Operation::RollBack => &[],
    };
    codes.iter().map(|code| Phrase::plain(*code)).collect()
}

/// The way back from a plan of an ASM mesh, where it differs from that of another.
pub(crate) fn way_back(plan: &Plan) -> Option<(Phrase, bool)> {
    plan.instance.as_ref()?;
    match plan.operation {
        Operation::DeployCanary => Some((Phrase::plain(Code::WayBackAsmRevoke), true)),
        Operation::Promote => {
            let revision = ("revision", plan.from.revision.to_string());
            Some((Phrase::with(Code::WayBackAsmPromote, [revision]), false))
        }
        Operation::GatewayCanary => Some((Phrase::plain(Code::WayBackGatewayCanary), true)),
        Operation::UpgradeControlPlane
        | Operation::MoveNamespaces
        | Operation::Restart
        | Operation::UpgradeGateways
        | Operation::Revoke
        | Operation::Unpublish
        | Operation::RollBack => None,
    }
}

fn of(plan: &Plan, action: &StepAction) -> Vec<Phrase> {
    match action {
        StepAction::Asm { instance: _, call } => call_will(plan, call),
        StepAction::HandOff { instance: _, task } => task_will(plan, task),
        StepAction::Install { .. }
        | StepAction::MoveNamespace { .. }
        | StepAction::Restart { .. }
        | StepAction::Change { .. }
        | StepAction::Verify { .. } => Vec::new(),
    }
}

fn call_will(plan: &Plan, call: &Call) -> Vec<Phrase> {
    match call {
        Call::Precheck { target: _ } => vec![Phrase::plain(Code::WillAsmPrecheck)],
        Call::Upgrade { target } => vec![
            Phrase::with(
                Code::WillAsmUpgrade,
                [("from", version(plan.from.version.as_ref())), ("to", target.numbers())],
            ),
            Phrase::plain(Code::WillInjectionGap),
        ],
        Call::GatewayCanary { gateway, canary } => vec![match canary {
            GatewayCanary::Wanted => gated(Code::WillGatewayCanary, gateway),
            GatewayCanary::Unwanted => gated(Code::WillGatewayCanaryEnd, gateway),
        }],
        // Gateways and namespaces are said once for all of them.
        Call::UpgradeGateway { .. } | Call::Label { .. } => Vec::new(),
    }
}

fn task_will(plan: &Plan, task: &HandOff) -> Vec<Phrase> {
    let first = match task {
        HandOff::DeployCanary { version } => Phrase::with(
            Code::WillDeployAsm,
            [
                ("version", version.numbers()),
                ("stable", super::words::version(plan.from.version.as_ref())),
            ],
        ),
        HandOff::Promote { version } => versioned(Code::WillPromoteAsm, version),
        HandOff::Revoke { version } => versioned(Code::WillRevokeAsm, version),
        HandOff::Unpublish { version } => versioned(Code::WillUnpublishAsm, version),
    };
    let cost = match task {
        HandOff::DeployCanary { version: _ } => Some(Phrase::plain(Code::WillBalancer)),
        HandOff::Promote { .. } | HandOff::Revoke { .. } | HandOff::Unpublish { .. } => None,
    };
    [Some(first), Some(Phrase::plain(Code::WillHandOff)), cost].into_iter().flatten().collect()
}

fn upgraded(action: &StepAction) -> Option<String> {
    match action {
        StepAction::Asm { call: Call::UpgradeGateway { gateway, .. }, instance: _ } => {
            Some(gateway.to_string())
        }
        StepAction::Asm { .. }
        | StepAction::HandOff { .. }
        | StepAction::Install { .. }
        | StepAction::MoveNamespace { .. }
        | StepAction::Restart { .. }
        | StepAction::Change { .. }
        | StepAction::Verify { .. } => None,
    }
}

fn versioned(code: Code, version: &MeshVersion) -> Phrase {
    Phrase::with(code, [("version", version.numbers())])
}

fn gated(code: Code, gateway: &str) -> Phrase {
    Phrase::with(code, [("gateway", gateway.to_owned())])
}

fn at(code: Code, gateway: &str, version: &MeshVersion) -> Phrase {
    Phrase::with(code, [("gateway", gateway.to_owned()), ("version", version.numbers())])
}

/// The step in the console that a run waits for, if it waits for one.
pub(crate) fn hand_off_view(sight: &Sight<'_>) -> Option<HandOffView> {
    let Some(Waiting::HandOff { task }) = &sight.live?.waiting else { return None };
    let (name, version) = match task {
        HandOff::DeployCanary { version } => (HandOffTask::DeployCanary, version),
        HandOff::Promote { version } => (HandOffTask::Promote, version),
        HandOff::Revoke { version } => (HandOffTask::Revoke, version),
        HandOff::Unpublish { version } => (HandOffTask::Unpublish, version),
    };
    let instance = sight.snapshot.and_then(|snapshot| snapshot.instance.as_deref());
    Some(HandOffView {
        task: name,
        version: version.numbers(),
        instance: instance.map(|instance| instance.name.clone()).unwrap_or_default(),
        console: CONSOLE.to_owned(),
        simulated: sight.simulated,
    })
}
