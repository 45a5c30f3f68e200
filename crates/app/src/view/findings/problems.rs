//! Problems in words: what is wrong, what follows when nobody cares, and how it is mended.

use meshlift_core::inventory::evidence::Measure;
use meshlift_core::inventory::{BalancerPart, BalancerRole};
use meshlift_core::precheck::{ChangeId, Problem};

use super::{changes, owners_listed, refusal};
use crate::api::dto::{Phrase, PhraseCode as Code};
use crate::planner::defect;
use crate::view::{spoken, why};

/// A problem in words. Each has a sentence on how it is mended: one without does not compile.
pub(super) struct Said {
    /// What is wrong, in a few words.
    pub(super) what: Phrase,
    /// What follows.
    pub(super) then: Phrase,
    /// How it is mended.
    pub(super) mend: Code,
}

/// A problem in words.
#[expect(clippy::too_many_lines, reason = "a table with one entry for each variant")]
pub(super) fn words(problem: &Problem) -> Said {
    match problem {
        Problem::PathRefused { why } => {
            let phrase = Phrase::plain(Code::FindPathThen);
            let then = match why.first() {
                Some(first) => phrase.saying("why", refusal(first)),
                None => phrase,
            };
            Said { what: Phrase::plain(Code::FindPath), then, mend: Code::MendPath }
        }
        Problem::SeveralOwners { owners } => {
            let phrase = Phrase::plain(Code::FindTwoOwnersThen);
            let then = phrase.saying("owners", owners_listed(owners));
            Said { what: Phrase::plain(Code::FindTwoOwners), then, mend: Code::MendOwner }
        }
        Problem::InstanceBusy { state } => bare(
            Code::FindInstanceBusy,
            Code::MendInstanceBusy,
            Phrase::with(Code::FindInstanceBusyThen, [("state", state.clone())]),
        ),
        Problem::InstanceFailed { why } => bare(
            Code::FindInstanceFailed,
            Code::MendInstanceFailed,
            Phrase::with(Code::FindInstanceFailedThen, [("why", why.clone())]),
        ),
        Problem::EditionWithoutCanary => {
            bare(Code::FindEdition, Code::MendEdition, Phrase::plain(Code::FindEditionThen))
        }
        Problem::InjectsEverything => {
            bare(Code::FindScope, Code::MendScope, Phrase::plain(Code::FindScopeThen))
        }
        Problem::LabelsDiffer { asm, cluster } => bare(
            Code::FindLabelsDiffer,
            Code::MendLabelsDiffer,
            Phrase::with(
                Code::FindLabelsDifferThen,
                [("asm", asm.clone()), ("cluster", cluster.clone())],
            ),
        ),
        Problem::Balancer { serves, part, why } => {
            let (what, mend) = match part {
                BalancerPart::Balancer => (Code::FindBalancer, Code::MendBalancer),
                BalancerPart::Address => (Code::FindAddress, Code::MendAddress),
            };
            let then = [("serves", balancer(*serves).to_owned()), ("why", why.clone())];
            bare(what, mend, Phrase::with(Code::FindBalancerThen, then))
        }
        Problem::SingleGateway => bare(
            Code::FindSingleGateway,
            Code::MendSingleGateway,
            Phrase::plain(Code::FindSingleGatewayThen),
        ),
        Problem::NoDrain => {
            bare(Code::FindNoDrain, Code::MendNoDrain, Phrase::plain(Code::FindNoDrainThen))
        }
        Problem::LeftOverCanary => bare(
            Code::FindLeftOverCanary,
            Code::MendLeftOverCanary,
            Phrase::plain(Code::FindLeftOverCanaryThen),
        ),
        Problem::ClusterNotRunning { state } => bare(
            Code::FindClusterDown,
            Code::MendClusterDown,
            Phrase::with(Code::FindClusterDownThen, [("state", state.clone())]),
        ),
        Problem::StricterPage { refusal: why } => bare(
            Code::FindStricter,
            Code::MendStricter,
            Phrase::with(Code::FindStricterThen, [("page", why.source.clone())])
                .saying("why", refusal(why)),
        ),
        Problem::OtherTarget { target } => bare(
            Code::FindOtherTarget,
            Code::MendOtherTarget,
            Phrase::with(Code::FindOtherTargetThen, [("target", target.numbers())]),
        ),
        Problem::NoTarget => {
            bare(Code::FindNoTarget, Code::MendNoTarget, Phrase::plain(Code::FindNoTargetThen))
        }
        Problem::CannotRestart { reason } => {
            let then = Phrase::plain(Code::FindCannotRestartThen);
            let then = then.saying("why", why::hindrance(reason, 2));
            let what = Phrase::plain(Code::FindCannotRestart);
            Said { what, then, mend: Code::MendRestart }
        }
        Problem::Changed { change, minor, at, lost } => {
            let said = changed(Code::FindChange, *change, minor, at);
            let Some(lost) = lost else { return said };
            let known = lost.values_known;
            let code = if known { Code::FindChangeLost } else { Code::FindChangeUntold };
            let but = Phrase::with(code, [("switch", lost.switch.to_string())]);
            Said { then: but.saying("then", said.then.clone()), ..said }
        }
        Problem::ChangedUnseen { change, minor } => {
            changed(Code::FindChangeUnseen, *change, minor, "")
        }
        Problem::KubernetesTooOld { version, minimum, kubernetes } => said(
            Code::FindKubernetes,
            Code::FindKubernetesThen,
            [
                ("version", version.numbers()),
                ("range", format!("≥ {minimum}")),
                ("kubernetes", kubernetes.clone()),
            ],
            Code::MendKubernetes,
        ),
        Problem::KubernetesUntested { version, range, kubernetes } => said(
            Code::FindKubernetes,
            Code::FindKubernetesUntestedThen,
            [
                ("version", version.numbers()),
                ("range", range.clone()),
                ("kubernetes", kubernetes.clone()),
            ],
            Code::MendKubernetes,
        ),
        Problem::KnownBad { id, title, version: _ } => Said {
            what: Phrase::plain(Code::FindKnownBad),
            then: Phrase::plain(Code::FindKnownBadThen).saying("problem", defect(id, title, None)),
            mend: Code::MendTarget,
        },
        Problem::EndOfLife { minor, date } => said(
            Code::FindEndOfLife,
            Code::FindEndOfLifeThen,
            [("minor", minor.clone()), ("date", date.clone())],
            Code::MendPath,
        ),
        Problem::ProxyTooOld { version, target } => said(
            Code::FindSkewOld,
            Code::FindSkewOldThen,
            [("version", version.numbers()), ("target", target.numbers())],
            Code::MendSkewOld,
        ),
        Problem::ProxyNewer { version, target } => said(
            Code::FindSkewNew,
            Code::FindSkewNewThen,
            [("version", version.numbers()), ("target", target.numbers())],
            Code::MendSkewNew,
        ),
        Problem::BothLabels { revision } => said(
            Code::FindBothLabels,
            Code::FindBothLabelsThen,
            [("revision", revision.to_string())],
            Code::MendLabels,
        ),
        Problem::OrphanLabel { label } => said(
            Code::FindOrphanLabel,
            Code::FindOrphanLabelThen,
            [("label", label.clone())],
            Code::MendOrphan,
        ),
        Problem::InjectedTwice { count } => said(
            Code::FindDouble,
            Code::FindDoubleThen,
            [("count", count.to_string())],
            Code::MendDouble,
        ),
        Problem::WouldLoseSidecar => {
            said(Code::FindWouldLose, Code::FindWouldLoseThen, [], Code::MendWouldLose)
        }
        Problem::WebhookDown => {
            said(Code::FindWebhookDown, Code::FindWebhookDownThen, [], Code::MendWebhook)
        }
        Problem::ValidatorDown => {
            said(Code::FindValidatorDown, Code::FindValidatorDownThen, [], Code::MendValidator)
        }
        Problem::BundleExpired { date } => said(
            Code::FindBundleExpired,
            Code::FindBundleExpiredThen,
            [("date", date.clone())],
            Code::MendBundle,
        ),
        Problem::NoRoom { nodes } => said(
            Code::FindNoRoom,
            Code::FindNoRoomThen,
            [("nodes", nodes.to_string())],
            Code::MendRoom,
        ),
        Problem::ImageNotPulled { pods, reason } => said(
            Code::FindUnpulled,
            Code::FindUnpulledThen,
            [("pods", pods.to_string()), ("reason", reason.to_string())],
            Code::MendUnpulled,
        ),
        Problem::OtherToolBusy { tool } => said(
            Code::FindOtherTool,
            Code::FindOtherToolThen,
            [("tool", tool.to_string())],
            Code::MendLease,
        ),
        Problem::WrittenVersion { version, by } => said(
            Code::FindApplied,
            Code::FindWrittenThen,
            [("version", version.to_string()), ("by", by.to_string())],
            Code::MendApplied,
        ),
        Problem::NotReady { revision, ready, replicas } => said(
            Code::FindNotReady,
            Code::FindNotReadyThen,
            [
                ("revision", revision.to_string()),
                ("ready", ready.to_string()),
                ("replicas", replicas.to_string()),
            ],
            Code::MendNotReady,
        ),
        Problem::SingleReplica { revision: _ } => {
            said(Code::FindSingleReplica, Code::FindSingleReplicaThen, [], Code::MendReplicas)
        }
        Problem::PinnedImage { image } => said(
            Code::FindPinned,
            Code::FindPinnedThen,
            [("image", image.to_string())],
            Code::MendPin,
        ),
        Problem::Recreate => {
            said(Code::FindRecreate, Code::FindRecreateThen, [], Code::MendRestart)
        }
        Problem::BudgetTooSmall { budget, allowed, needed } => said(
            Code::FindBudget,
            Code::FindBudgetThen,
            [
                ("budget", budget.to_string()),
                ("allowed", allowed.to_string()),
                ("needed", needed.to_string()),
            ],
            Code::MendBudget,
        ),
        Problem::CannotTell { what, why } => Said {
            what: Phrase::plain(Code::FindCannotTell),
            then: spoken::gap(what, why),
            mend: Code::MendRead,
        },
        Problem::AutoscalerAllowsOne { autoscaler } => said(
            Code::FindAutoscalerOne,
            Code::FindAutoscalerOneThen,
            [("autoscaler", autoscaler.to_string())],
            Code::MendAutoscaler,
        ),
        Problem::NoBudget { revision } => said(
            Code::FindNoBudget,
            Code::FindNoBudgetThen,
            [("revision", revision.to_string())],
            Code::MendNoBudget,
        ),
        Problem::BudgetAllowsNothing { budget } => said(
            Code::FindBudgetNothing,
            Code::FindBudgetNothingThen,
            [("budget", budget.to_string())],
            Code::MendBudget,
        ),
        Problem::StoredVersion { versions } => said(
            Code::FindStoredVersion,
            Code::FindStoredVersionThen,
            [("versions", versions.clone())],
            Code::MendStored,
        ),
        Problem::BundleTooOld { bundle, minimum } => said(
            Code::FindBundle,
            Code::FindBundleThen,
            [("bundle", bundle.to_string()), ("minimum", minimum.clone())],
            Code::MendGatewayApi,
        ),
        Problem::OwnerUnknown { revision } => said(
            Code::FindOwnerUnknown,
            Code::FindOwnerUnknownThen,
            [("revision", revision.to_string())],
            Code::MendOwner,
        ),
        Problem::FiltersExist { count } => said(
            Code::FindFilters,
            Code::FindFiltersThen,
            [("count", count.to_string())],
            Code::MendFilters,
        ),
        Problem::FilterForOtherVersions { pattern, target } => said(
            Code::FindFilterVersion,
            Code::FindFilterVersionThen,
            [("pattern", pattern.to_string()), ("target", target.numbers())],
            Code::MendFilterVersion,
        ),
        Problem::FilterUntyped => {
            said(Code::FindFilterUntyped, Code::FindFilterUntypedThen, [], Code::MendFilterUntyped)
        }
        Problem::AppliedVersion { version } => said(
            Code::FindApplied,
            Code::FindAppliedThen,
            [("version", version.to_string())],
            Code::MendApplied,
        ),
        Problem::PodSecurity { level } => said(
            Code::FindPodSecurity,
            Code::FindPodSecurityThen,
            [("level", level.to_string())],
            Code::MendPodSecurity,
        ),
        Problem::QuotaFull { quota, measure: of, needed } => said(
            Code::FindQuota,
            Code::FindQuotaThen,
            [
                ("quota", quota.to_string()),
                ("measure", measure(*of).to_owned()),
                ("needed", needed.to_string()),
            ],
            Code::MendQuota,
        ),
        Problem::RetiredHub { hub } => {
            said(Code::FindHub, Code::FindHubThen, [("hub", hub.clone())], Code::MendHub)
        }
        Problem::RootMissing => {
            said(Code::FindRootMissing, Code::FindRootMissingThen, [], Code::MendRoot)
        }
        Problem::RootExpires { date } => said(
            Code::FindRootEnds,
            Code::FindRootEndsThen,
            [("date", date.clone())],
            Code::MendRootEnds,
        ),
        Problem::OutOfSync { count } => {
            said(Code::FindSync, Code::FindSyncThen, [("count", count.to_string())], Code::MendSync)
        }
        Problem::NotConnected { count } => said(
            Code::FindNotConnected,
            Code::FindNotConnectedThen,
            [("count", count.to_string())],
            Code::MendSync,
        ),
        Problem::AtItsMaximum { autoscaler, max } => said(
            Code::FindAtMaximum,
            Code::FindAtMaximumThen,
            [("autoscaler", autoscaler.to_string()), ("max", max.to_string())],
            Code::MendMaximum,
        ),
        Problem::ScaledToZero { by } => said(
            Code::FindScaledToZero,
            Code::FindScaledToZeroThen,
            [("by", by.to_string())],
            Code::MendAsleep,
        ),
        Problem::SelfHeals { application } => said(
            Code::FindSelfHeals,
            Code::FindSelfHealsThen,
            [("application", application.to_string())],
            Code::MendSelfHeals,
        ),
        Problem::PlacementFlips { count, kubelet } => said(
            Code::FindNative,
            Code::FindNativeThen,
            [("count", count.to_string()), ("kubelet", kubelet.to_string())],
            Code::MendNative,
        ),
        Problem::AgentSkew { version, target } => said(
            Code::FindAgent,
            Code::FindAgentThen,
            [("version", version.numbers()), ("target", target.numbers())],
            Code::MendAgent,
        ),
        Problem::ManyWorkloads { count } => {
            said(Code::FindMany, Code::FindManyThen, [("count", count.to_string())], Code::MendMany)
        }
        Problem::SelectsVersion { label } => said(
            Code::FindSelectsVersion,
            Code::FindSelectsVersionThen,
            [("label", label.to_string())],
            Code::MendSelector,
        ),
        Problem::BadDelegate { to } => said(
            Code::FindDelegate,
            Code::FindDelegateThen,
            [("to", to.clone())],
            Code::MendDelegate,
        ),
        Problem::PortNotServed { port } => {
            said(Code::FindPort, Code::FindPortThen, [("port", port.to_string())], Code::MendPort)
        }
        Problem::TooFewNodes { needed, nodes } => said(
            Code::FindNodes,
            Code::FindNodesThen,
            [("needed", needed.to_string()), ("nodes", nodes.to_string())],
            Code::MendNodes,
        ),
        Problem::LeaseHeld { holder } => said(
            Code::FindLease,
            Code::FindLeaseThen,
            [("holder", holder.to_string())],
            Code::MendLease,
        ),
        Problem::ClockSkew { seconds } => said(
            Code::FindClock,
            Code::FindClockThen,
            [("seconds", seconds.to_string())],
            Code::MendClock,
        ),
        Problem::PodsNotReady { count, total } => said(
            Code::FindNotSteady,
            Code::FindNotSteadyThen,
            [("count", count.to_string()), ("total", total.to_string())],
            Code::MendSteady,
        ),
        Problem::NodeUnsteady { why } => {
            said(Code::FindNode, Code::FindNodeThen, [("why", why.clone())], Code::MendSteady)
        }
        Problem::OneReplica => {
            said(Code::FindOneReplica, Code::FindOneReplicaThen, [], Code::MendReplicas)
        }
        Problem::NoReadinessProbe => {
            said(Code::FindNoProbe, Code::FindNoProbeThen, [], Code::MendProbe)
        }
        Problem::Crashing { pods, reason } => said(
            Code::FindCrashing,
            Code::FindCrashingThen,
            [("pods", pods.to_string()), ("reason", reason.to_string())],
            Code::MendCrashing,
        ),
        Problem::RolloutUnfinished { done, wanted } => said(
            Code::FindUnfinished,
            Code::FindUnfinishedThen,
            [("done", done.to_string()), ("wanted", wanted.to_string())],
            Code::MendRollout,
        ),
        Problem::RolloutGivenUp => {
            said(Code::FindGivenUp, Code::FindGivenUpThen, [], Code::MendRollout)
        }
        Problem::BarePod => said(Code::FindBare, Code::FindBareThen, [], Code::MendBare),
        Problem::OwnProxy => said(Code::FindOwnProxy, Code::FindOwnProxyThen, [], Code::MendPin),
    }
}

fn said<const N: usize>(
    what: Code,
    then: Code,
    params: [(&'static str, String); N],
    mend: Code,
) -> Said {
    Said { what: Phrase::plain(what), then: Phrase::with(then, params), mend }
}

/// What is wrong with an instance.
fn bare(what: Code, mend: Code, then: Phrase) -> Said {
    Said { what: Phrase::plain(what), then, mend }
}

/// The name that ASM's console gives a load balancer's server.
fn balancer(serves: BalancerRole) -> &'static str {
    match serves {
        BalancerRole::ApiServer => "API server",
        BalancerRole::Pilot => "Istio Pilot",
        BalancerRole::CanaryPilot => "Canary Istio Pilot",
    }
}

/// A change of a minor, and what of it was found.
fn changed(what: Code, change: ChangeId, minor: &str, at: &str) -> Said {
    let (then, mend) = changes::words(change);
    Said {
        what: Phrase::with(what, [("minor", minor.to_owned())]),
        then: Phrase::with(then, [("at", at.to_owned())]),
        mend,
    }
}

/// A resource of a quota, as Kubernetes names it.
fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Pods => "pods",
        Measure::RequestsCpu => "requests.cpu",
        Measure::RequestsMemory => "requests.memory",
        Measure::LimitsCpu => "limits.cpu",
        Measure::LimitsMemory => "limits.memory",
    }
}
