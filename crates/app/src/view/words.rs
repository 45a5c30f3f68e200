//! The core's plain enums as sentences of the window.
//!
//! Entry points: one function for each enum. Every match names every variant, so that a new one
//! does not compile before it has words.

use meshlift_core::inventory::{InjectionLabels, Name, WorkloadRef};
use meshlift_core::rollout::{
    ActKind, Failure, InstallPart, Outcome, Plan, Preflight, RuleChange, RuleEvent, StepAction,
    TrafficNews, Unseen, Waiting,
};
use meshlift_core::version::MeshVersion;

use super::{asm, spoken};
use crate::api::dto::{Availability, Phrase, PhraseCode as Code};

/// A button that may be pressed.
pub(crate) fn yes() -> Availability {
    Availability { available: true, reason: None }
}

/// A button that may not be pressed, and why.
pub(crate) fn no(reason: Phrase) -> Availability {
    Availability { available: false, reason: Some(reason) }
}

/// The id of a workload's row.
pub(crate) fn row_id(workload: &WorkloadRef) -> String {
    format!("{}/{}/{}", workload.namespace, workload.kind, workload.name)
}

/// A workload in a sentence, such as `shop/cart`.
pub(crate) fn named(workload: &WorkloadRef) -> String {
    format!("{}/{}", workload.namespace, workload.name)
}

/// A version that may be unknown.
pub(crate) fn version(version: Option<&MeshVersion>) -> String {
    version.map_or_else(|| "?".to_owned(), MeshVersion::numbers)
}

/// The injection label of a namespace as it is written.
pub(crate) fn label(labels: &InjectionLabels) -> Option<String> {
    match (&labels.injection, &labels.revision) {
        (Some(injection), _) => Some(format!("istio-injection={injection}")),
        (None, Some(revision)) => Some(format!("istio.io/rev={revision}")),
        (None, None) => None,
    }
}

/// What a step does.
pub(crate) fn step(plan: &Plan, action: &StepAction) -> Phrase {
    match action {
        StepAction::Install { install } => {
            let revision = install.revision.as_deref().unwrap_or("default").to_owned();
            let numbers = ("version", install.version.numbers());
            match (install.part, plan.from.revision == plan.to.revision) {
                (InstallPart::ControlPlane, false) => {
                    Phrase::with(Code::StepInstallCanary, [("revision", revision), numbers])
                }
                (InstallPart::ControlPlane, true) => {
                    Phrase::with(Code::StepInstallInPlace, [("revision", revision), numbers])
                }
                (InstallPart::Everything, _) => Phrase::with(Code::StepInstallGateways, [numbers]),
            }
        }
        StepAction::Asm { instance: _, call } => asm::step(call),
        StepAction::HandOff { instance: _, task } => asm::hand_off(task),
        StepAction::MoveNamespace { namespace, uid: _, from: _, to, instance: _ } => Phrase::with(
            Code::StepMoveNamespace,
            [
                ("namespace", namespace.to_string()),
                ("to", label(to).unwrap_or_else(|| "–".to_owned())),
            ],
        ),
        StepAction::Restart { wave } => {
            Phrase::with(Code::StepWave, [("number", wave.number.to_string())])
        }
        StepAction::Change { acts } => change(plan, acts),
        StepAction::Verify { expect: _ } => Phrase::plain(Code::StepVerify),
    }
}

/// What a step of several acts is for: its first act tells.
fn change(plan: &Plan, acts: &[ActKind]) -> Phrase {
    match acts.first() {
        Some(ActKind::Delete { object: _, uid: _ }) => {
            let gone = if plan.from.revision == plan.to.revision { &plan.to } else { &plan.from };
            Phrase::with(Code::StepRetire, [("revision", gone.revision.to_string())])
        }
        Some(ActKind::Restore { object, manifest: _, left: _ }) => {
            Phrase::with(Code::StepRestore, [("object", object.to_string())])
        }
        Some(
            ActKind::SetTag { .. }
            | ActKind::SetTagService { .. }
            | ActKind::SetDefaultValidator { .. }
            | ActKind::DeactivateInjector { .. }
            | ActKind::Install { .. }
            | ActKind::Asm { .. }
            | ActKind::Label { .. }
            | ActKind::Restart { .. },
        )
        | None => Phrase::with(Code::StepPromote, [("revision", plan.to.revision.to_string())]),
    }
}

/// What an act does, for use inside other sentences.
pub(crate) fn act(kind: &ActKind) -> Phrase {
    match kind {
        ActKind::Install { install } => Phrase::with(
            Code::ActInstall,
            [
                ("version", install.version.numbers()),
                ("revision", install.revision.as_deref().unwrap_or("default").to_owned()),
            ],
        ),
        ActKind::Label { namespace, uid: _, from: _, to } => Phrase::with(
            Code::ActLabel,
            [
                ("namespace", namespace.to_string()),
                ("label", label(to).unwrap_or_else(|| "–".to_owned())),
            ],
        ),
        ActKind::Restart { workload, uid: _, template_hash: _ } => {
            Phrase::with(Code::ActRestart, [("workload", workload.to_string())])
        }
        ActKind::SetTag { tag, revision } => tagged(Code::ActSetTag, tag, revision),
        ActKind::SetTagService { tag, revision } => tagged(Code::ActTagService, tag, revision),
        ActKind::SetDefaultValidator { revision } => {
            Phrase::with(Code::ActValidator, [("revision", revision.to_string())])
        }
        ActKind::DeactivateInjector { name } => {
            Phrase::with(Code::ActDeactivate, [("name", name.to_string())])
        }
        ActKind::Asm { instance: _, call } => asm::act(call),
        ActKind::Delete { object, uid: _ } => {
            Phrase::with(Code::ActDelete, [("object", object.to_string())])
        }
        ActKind::Restore { object, manifest: _, left: _ } => {
            Phrase::with(Code::ActRestore, [("object", object.to_string())])
        }
    }
}

fn tagged(code: Code, tag: &Name, revision: &Name) -> Phrase {
    Phrase::with(code, [("tag", tag.to_string()), ("revision", revision.to_string())])
}

/// What went wrong.
#[expect(clippy::too_many_lines, reason = "a table with one entry for each variant")]
pub(crate) fn failure(failure: &Failure) -> Phrase {
    match failure {
        Failure::Deadline => Phrase::plain(Code::FailDeadline),
        Failure::PodWaits { pod, reason } => {
            Phrase::with(Code::FailCrash, [("pod", pod.to_string()), ("reason", reason.clone())])
        }
        Failure::WrongProxy { pod, found, expected } => Phrase::with(
            Code::FailWrongProxy,
            [("pod", pod.to_string()), ("found", found.clone()), ("expected", expected.clone())],
        ),
        Failure::NoProxy { pod } => Phrase::with(Code::FailNoProxy, [("pod", pod.to_string())]),
        Failure::Budget { budget, allowed, needed } => Phrase::with(
            Code::WhyBudget,
            [
                ("budget", budget.to_string()),
                ("allowed", allowed.to_string()),
                ("needed", needed.to_string()),
            ],
        ),
        Failure::IstiodsUnread { revision, why } => unread(Code::FailIstiodsUnread, revision, why),
        Failure::Gone => Phrase::plain(Code::FailGone),
        Failure::Replaced => Phrase::plain(Code::FailReplaced),
        Failure::TemplateChanged => Phrase::plain(Code::FailChanged),
        Failure::WouldLoseSidecar => Phrase::plain(Code::FailWouldLose),
        Failure::WouldBeInjectedTwice => Phrase::plain(Code::FailTwice),
        Failure::CannotTell { why } => {
            Phrase::plain(Code::LogCannotTell).saying("why", spoken::words(why))
        }
        Failure::OtherRevision { found, expected } => Phrase::with(
            Code::FailOtherRevision,
            [("found", found.to_string()), ("expected", expected.to_string())],
        ),
        Failure::Timeout { minutes } => {
            Phrase::with(Code::FailTimeout, [("minutes", minutes.to_string())])
        }
        Failure::Act { act: kind, why } => {
            Phrase::with(Code::LogFailed, [("why", why.clone())]).saying("act", act(kind))
        }
        Failure::Outdated { differences } => {
            let what: Vec<String> = differences.iter().map(difference).collect();
            Phrase::with(Code::FailPlanOutdated, [("what", what.join("; "))])
        }
        Failure::OtherCluster { expected, found } => Phrase::with(
            Code::FailOtherCluster,
            [("found", found.clone()), ("expected", expected.clone())],
        ),
        Failure::StillUsed { revision, count } => Phrase::with(
            Code::FailStillUsed,
            [("revision", revision.to_string()), ("count", count.to_string())],
        ),
        Failure::OtherInstance { expected, found } => Phrase::with(
            Code::FailOtherInstance,
            [
                ("expected", expected.to_string()),
                ("found", found.as_deref().unwrap_or("–").to_owned()),
            ],
        ),
        Failure::Asm { why } => Phrase::with(Code::FailAsm, [("why", why.clone())]),
        Failure::DoneOtherwise { task: _, found } => {
            Phrase::with(Code::FailDoneOtherwise, [("found", found.clone())])
        }
        Failure::NotSynced { namespace, wanted, found } => Phrase::with(
            Code::FailNotSynced,
            [
                ("namespace", namespace.to_string()),
                ("wanted", wanted.clone()),
                ("found", found.clone()),
            ],
        ),
        Failure::NotVerified { what } => {
            Phrase::with(Code::FailNotVerified, [("what", what.join("; "))])
        }
    }
}

/// One fact that changed, as `name: old → new`.
pub(crate) fn difference(difference: &meshlift_core::rollout::Difference) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    format!("{}: {} → {}", difference.fact, shown(&difference.planned), shown(&difference.found))
}

/// What a run waits for.
pub(crate) fn waiting(waiting: &Waiting) -> Phrase {
    match waiting {
        Waiting::InFlight { act: kind } => in_flight(kind),
        Waiting::ControlPlane { revision, ready, replicas } => Phrase::with(
            Code::RunWaitControlPlane,
            [
                ("ready", ready.to_string()),
                ("replicas", replicas.to_string()),
                ("revision", revision.to_string()),
            ],
        ),
        Waiting::Webhook { revision } => {
            Phrase::with(Code::RunWaitWebhook, [("revision", revision.to_string())])
        }
        Waiting::Pods { workload, left, wanted } => Phrase::with(
            Code::RunWaitPods,
            [
                ("left", left.to_string()),
                ("wanted", wanted.to_string()),
                ("workload", named(workload)),
            ],
        ),
        Waiting::Proxies { workload } => {
            Phrase::with(Code::RunWaitProxies, [("workload", named(workload))])
        }
        Waiting::Istiods { revision, why } => unread(Code::RunWaitIstiods, revision, why),
        Waiting::Instance { state } => {
            Phrase::with(Code::RunInstanceBusy, [("state", state.clone())])
        }
        Waiting::Upgrade { target } => {
            Phrase::with(Code::RunAsmUpgrading, [("version", target.numbers())])
        }
        Waiting::Gateway { gateway } => {
            Phrase::with(Code::RunAsmGateway, [("gateway", gateway.to_string())])
        }
        Waiting::Sync { namespace } => {
            Phrase::with(Code::RunAsmSync, [("namespace", namespace.to_string())])
        }
        Waiting::HandOff { task } => asm::awaited(task),
        Waiting::Verification { left: _ } => Phrase::plain(Code::RunVerifying),
        Waiting::Retry { why } => Phrase::with(Code::RunRetrying, [("why", why.clone())]),
        Waiting::Pausing => Phrase::plain(Code::RunPausing),
        Waiting::Paused => Phrase::plain(Code::RunPausedSentence),
        Waiting::Answer => Phrase::plain(Code::RunAsking),
    }
}

fn unread(code: Code, revision: &Name, why: &str) -> Phrase {
    Phrase::with(code, [("revision", revision.to_string()), ("why", why.to_owned())])
}

fn in_flight(kind: &ActKind) -> Phrase {
    match kind {
        ActKind::Install { install } => Phrase::with(
            Code::RunInstalling,
            [
                ("version", install.version.numbers()),
                ("revision", install.revision.as_deref().unwrap_or("default").to_owned()),
            ],
        ),
        ActKind::Label { namespace, uid: _, from: _, to: _ } => {
            Phrase::with(Code::RunMoving, [("namespace", namespace.to_string())])
        }
        ActKind::Restart { workload, uid: _, template_hash: _ } => {
            Phrase::with(Code::RunRestarting, [("workload", named(workload))])
        }
        ActKind::SetTag { tag: _, revision }
        | ActKind::SetTagService { tag: _, revision }
        | ActKind::SetDefaultValidator { revision } => {
            Phrase::with(Code::RunPromoting, [("revision", revision.to_string())])
        }
        ActKind::Asm { instance: _, call } => asm::in_flight(call),
        ActKind::Delete { object, uid: _ } => {
            Phrase::with(Code::RunRemoving, [("object", object.to_string())])
        }
        ActKind::DeactivateInjector { .. } | ActKind::Restore { .. } => act(kind),
    }
}

/// How a run ended.
pub(crate) fn outcome(outcome: &Outcome) -> Phrase {
    match outcome {
        Outcome::Succeeded => Phrase::plain(Code::RunSucceeded),
        Outcome::Failed { failure: why } => {
            Phrase::plain(Code::RunFailed).saying("why", failure(why))
        }
        Outcome::Aborted => Phrase::plain(Code::RunAborted),
    }
}

/// What a preflight said.
pub(crate) fn preflight(result: &Preflight) -> Phrase {
    match result {
        Preflight::Injected { revision, version: _, proven: _ } => {
            Phrase::with(Code::LogInjectedBy, [("revision", revision.to_string())])
        }
        Preflight::NotInjected => Phrase::plain(Code::FailWouldLose),
        Preflight::CannotTell { why } => {
            Phrase::plain(Code::LogCannotTell).saying("why", spoken::words(why))
        }
    }
}

/// What was learnt of traffic rules during a run.
pub(crate) fn traffic(news: &TrafficNews) -> Phrase {
    match news {
        TrafficNews::Changed { change } => rule_change(change),
        TrafficNews::Unseen { unseen } => unseen_rules(unseen),
    }
}

/// What happened to a traffic rule, and how often if more than once.
pub(crate) fn rule_change(change: &RuleChange) -> Phrase {
    let RuleChange { rule, event, by, times } = change;
    let code = match event {
        RuleEvent::Added => Code::LogTrafficRuleAdded,
        RuleEvent::Changed => Code::LogTrafficRuleChanged,
        RuleEvent::Removed => Code::LogTrafficRuleRemoved,
    };
    let object = ("object", rule.to_string());
    let once = match by {
        Some(who) => Phrase::with(code, [object, ("who", who.to_string())]),
        None => Phrase::with(code, [object]).saying("who", Phrase::plain(Code::WordSomebody)),
    };
    match times {
        0 | 1 => once,
        _ => Phrase::with(Code::LogTrafficRuleTimes, [("times", times.to_string())])
            .saying("change", once),
    }
}

/// Which traffic rules are not watched, and why.
pub(crate) fn unseen_rules(Unseen { what, why }: &Unseen) -> Phrase {
    let why = ("why", why.clone());
    match what {
        Some(kind) => Phrase::with(Code::LogTrafficUnseen, [("what", kind.to_string()), why]),
        None => Phrase::with(Code::LogTrafficUnseen, [why])
            .saying("what", Phrase::plain(Code::WordTrafficRules)),
    }
}

#[cfg(test)]
mod tests {
    use meshlift_core::inventory::Kind;
    use meshlift_core::rollout::ObjectRef;

    use super::*;

    #[test]
    fn a_workload_that_restarts_is_not_said_to_be_checked() {
        let workload =
            WorkloadRef { namespace: "shop".into(), kind: Kind::Deployment, name: "cart".into() };
        let act =
            ActKind::Restart { workload, uid: "uid".into(), template_hash: "template".into() };
        assert_eq!(waiting(&Waiting::InFlight { act }).english(), "Restarting shop/cart");
    }

    #[test]
    fn a_rule_that_changed_often_is_told_with_how_often() {
        let says = |times| {
            let rule = ObjectRef {
                api_version: "networking.istio.io/v1".into(),
                kind: "VirtualService".into(),
                resource: "virtualservices".into(),
                namespace: Some("shop".into()),
                name: "cart".into(),
            };
            let by = Some("flagger".into());
            rule_change(&RuleChange { rule, event: RuleEvent::Changed, by, times }).english()
        };
        let once = "VirtualService shop/cart was changed by flagger";
        assert_eq!(says(1), once);
        assert_eq!(says(12), format!("{once}; 12 changes in all"));
    }

    #[test]
    fn rules_of_unknown_kinds_are_called_traffic_rules() {
        let unseen = Unseen { what: None, why: "forbidden".to_owned() };
        let says = unseen_rules(&unseen).english();
        assert_eq!(says, "changes of traffic rules are not seen: forbidden");
    }
}
