//! Findings of a precheck and refusals of the rules, in words.
//!
//! Entry points: [`report`] and [`refusal`].

use jiff::Timestamp;
use meshlift_core::inventory::{BalancerRole, Installer};
use meshlift_core::policy::{Refusal, Why};
use meshlift_core::precheck::{Finding, Problem, Report, Severity};
use meshlift_core::version::MeshVersion;

use super::why;
use crate::api::dto::{self, FindingView, Phrase, PhraseCode as Code, PrecheckView};

/// A precheck's result.
pub(crate) fn report(report: &Report, target: &MeshVersion, at: Timestamp) -> PrecheckView {
    PrecheckView {
        at: at.to_string(),
        target: target.numbers(),
        findings: report.findings.iter().map(finding).collect(),
        passed: report.passed,
        unknown: report.unknown,
    }
}

/// One finding.
pub(crate) fn finding(finding: &Finding) -> FindingView {
    let (what, consequence) = words(&finding.problem);
    FindingView {
        rule: finding.rule.to_string(),
        severity: match finding.severity {
            Severity::Block => dto::Severity::Block,
            Severity::Warn => dto::Severity::Warn,
            Severity::Info => dto::Severity::Info,
        },
        what: Phrase::plain(what),
        subject: finding.subject.clone(),
        consequence,
        fix: finding.fix.clone(),
        source: finding.source.to_string(),
    }
}

/// What is wrong, and what follows from it.
#[expect(clippy::too_many_lines, reason = "a table with one entry for each variant")]
fn words(problem: &Problem) -> (Code, Phrase) {
    let then = |code, params: &[(&str, String)]| {
        let mut phrase = Phrase::plain(code);
        phrase
            .params
            .extend(params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        phrase
    };
    match problem {
        Problem::KubernetesTooOld { version, minimum, kubernetes } => (
            Code::FindKubernetes,
            then(
                Code::FindKubernetesThen,
                &[
                    ("version", version.numbers()),
                    ("range", format!("≥ {minimum}")),
                    ("kubernetes", kubernetes.clone()),
                ],
            ),
        ),
        Problem::KubernetesUntested { version, range, kubernetes } => (
            Code::FindKubernetes,
            then(
                Code::FindKubernetesUntestedThen,
                &[
                    ("version", version.numbers()),
                    ("range", range.clone()),
                    ("kubernetes", kubernetes.clone()),
                ],
            ),
        ),
        Problem::PathRefused { why } => {
            let phrase = Phrase::plain(Code::FindPathThen);
            let phrase = match why.first() {
                Some(first) => phrase.saying("why", refusal(first)),
                None => phrase,
            };
            (Code::FindPath, phrase)
        }
        Problem::KnownBad { id, title, version: _ } => (
            Code::FindKnownBad,
            then(Code::FindKnownBadThen, &[("problem", format!("{title} ({id})"))]),
        ),
        Problem::EndOfLife { minor, date } => (
            Code::FindEndOfLife,
            then(Code::FindEndOfLifeThen, &[("minor", minor.clone()), ("date", date.clone())]),
        ),
        Problem::ProxyTooOld { version, target } => (
            Code::FindSkewOld,
            then(
                Code::FindSkewOldThen,
                &[("version", version.numbers()), ("target", target.numbers())],
            ),
        ),
        Problem::ProxyNewer { version, target } => (
            Code::FindSkewNew,
            then(
                Code::FindSkewNewThen,
                &[("version", version.numbers()), ("target", target.numbers())],
            ),
        ),
        Problem::BothLabels { revision } => (
            Code::FindBothLabels,
            then(Code::FindBothLabelsThen, &[("revision", revision.to_string())]),
        ),
        Problem::OrphanLabel { label } => {
            (Code::FindOrphanLabel, then(Code::FindOrphanLabelThen, &[("label", label.clone())]))
        }
        Problem::InjectedTwice { count } => {
            (Code::FindDouble, then(Code::FindDoubleThen, &[("count", count.to_string())]))
        }
        Problem::WouldLoseSidecar => (Code::FindWouldLose, then(Code::FindWouldLoseThen, &[])),
        Problem::WebhookDown => (Code::FindWebhookDown, then(Code::FindWebhookDownThen, &[])),
        Problem::NotReady { revision, ready, replicas } => (
            Code::FindNotReady,
            then(
                Code::FindNotReadyThen,
                &[
                    ("revision", revision.to_string()),
                    ("ready", ready.to_string()),
                    ("replicas", replicas.to_string()),
                ],
            ),
        ),
        Problem::SingleReplica { revision: _ } => {
            (Code::FindSingleReplica, then(Code::FindSingleReplicaThen, &[]))
        }
        Problem::SeveralOwners { owners } => {
            let owners: Vec<&str> = owners.iter().map(|owner| owner_name(*owner)).collect();
            (Code::FindTwoOwners, then(Code::FindTwoOwnersThen, &[("owners", owners.join(", "))]))
        }
        Problem::PinnedImage { image } => {
            (Code::FindPinned, then(Code::FindPinnedThen, &[("image", image.to_string())]))
        }
        Problem::CannotRestart { reason } => (
            Code::FindCannotRestart,
            then(Code::FindCannotRestartThen, &[]).saying("why", why::hindrance(reason, 2)),
        ),
        Problem::Recreate => (Code::FindRecreate, then(Code::FindRecreateThen, &[])),
        Problem::BudgetTooSmall { budget, allowed, needed } => (
            Code::FindBudget,
            then(
                Code::FindBudgetThen,
                &[
                    ("budget", budget.to_string()),
                    ("allowed", allowed.to_string()),
                    ("needed", needed.to_string()),
                ],
            ),
        ),
        Problem::InstanceBusy { state } => {
            (Code::FindInstanceBusy, then(Code::FindInstanceBusyThen, &[("state", state.clone())]))
        }
        Problem::InstanceFailed { why } => {
            (Code::FindInstanceFailed, then(Code::FindInstanceFailedThen, &[("why", why.clone())]))
        }
        Problem::EditionWithoutCanary => (Code::FindEdition, then(Code::FindEditionThen, &[])),
        Problem::InjectsEverything => (Code::FindScope, then(Code::FindScopeThen, &[])),
        Problem::LabelsDiffer { asm, cluster } => (
            Code::FindLabelsDiffer,
            then(Code::FindLabelsDifferThen, &[("asm", asm.clone()), ("cluster", cluster.clone())]),
        ),
        Problem::Balancer { serves, why } => (
            Code::FindBalancer,
            then(
                Code::FindBalancerThen,
                &[("serves", balancer(*serves).to_owned()), ("why", why.clone())],
            ),
        ),
        Problem::SingleGateway => (Code::FindSingleGateway, then(Code::FindSingleGatewayThen, &[])),
        Problem::LeftOverCanary => {
            (Code::FindLeftOverCanary, then(Code::FindLeftOverCanaryThen, &[]))
        }
        Problem::ClusterNotRunning { state } => {
            (Code::FindClusterDown, then(Code::FindClusterDownThen, &[("state", state.clone())]))
        }
        Problem::StricterPage { refusal: why } => (
            Code::FindStricter,
            then(Code::FindStricterThen, &[("page", why.source.clone())])
                .saying("why", refusal(why)),
        ),
        Problem::OtherTarget { target } => (
            Code::FindOtherTarget,
            then(Code::FindOtherTargetThen, &[("target", target.numbers())]),
        ),
        Problem::NoTarget => (Code::FindNoTarget, then(Code::FindNoTargetThen, &[])),
        Problem::CannotTell { what, why } => (
            Code::FindCannotTell,
            then(Code::FindCannotTellThen, &[("what", what.clone()), ("why", why.clone())]),
        ),
    }
}

/// Why the rules refuse a hop.
pub(crate) fn refusal(refusal: &Refusal) -> Phrase {
    match &refusal.why {
        Why::Same => Phrase::plain(Code::RefuseSame),
        Why::Downgrade => Phrase::plain(Code::RefuseDowngrade),
        Why::Major => Phrase::plain(Code::RefuseMajor),
        Why::BuildUnknown => Phrase::plain(Code::RefuseBuildUnknown),
        Why::InPlaceSkip => Phrase::plain(Code::RefuseInPlaceSkip),
        Why::CanarySkip { max } => Phrase::with(Code::RefuseCanarySkip, [("max", max.to_string())]),
        Why::TooOldFor { minimum } => {
            Phrase::with(Code::RefuseCanaryVersion, [("version", minimum.numbers())])
        }
        Why::NotForPatches => Phrase::plain(Code::RefuseCanaryPatch),
        Why::Kubernetes { minimum, kubernetes, version } => Phrase::with(
            Code::RefuseKubernetes,
            [
                ("minimum", minimum.to_string()),
                ("kubernetes", kubernetes.to_string()),
                ("version", version.numbers()),
            ],
        ),
        Why::UnknownVersion { minor } => {
            Phrase::with(Code::RefuseUnknownVersion, [("version", minor.to_string())])
        }
    }
}

/// What ASM's own precheck says against an upgrade.
pub(crate) fn by_asm(why: String, severity: Severity) -> FindingView {
    FindingView {
        rule: "A-12".to_owned(),
        severity: match severity {
            Severity::Block => dto::Severity::Block,
            Severity::Warn => dto::Severity::Warn,
            Severity::Info => dto::Severity::Info,
        },
        what: Phrase::plain(Code::FindAsmPrecheck),
        subject: "UpgradeMeshEditionPartially".to_owned(),
        consequence: Phrase::with(Code::FindAsmPrecheckThen, [("why", why)]),
        fix: None,
        source: "ASM's own answer".to_owned(),
    }
}

/// The name that ASM's console gives a load balancer's server.
fn balancer(serves: BalancerRole) -> &'static str {
    match serves {
        BalancerRole::ApiServer => "API server",
        BalancerRole::Pilot => "Istio Pilot",
        BalancerRole::CanaryPilot => "Canary Istio Pilot",
    }
}

/// The name of a tool, for a sentence.
pub(crate) fn owner_name(owner: Installer) -> &'static str {
    match owner {
        Installer::Istioctl => "istioctl",
        Installer::Asm => "Alibaba Cloud Service Mesh",
        Installer::Helm => "Helm",
        Installer::Sail => "Sail",
        Installer::ArgoCd => "Argo CD",
        Installer::Flux => "Flux",
        Installer::Vendor => "the cloud vendor",
        Installer::Unknown => "an unknown tool",
    }
}
