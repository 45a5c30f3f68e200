//! Findings of a precheck and refusals of the rules, in words.
//!
//! Entry points: [`report`] and [`refusal`]. Every match names every variant, so that a new problem
//! does not compile before it has words.

mod changes;
mod problems;

use jiff::Timestamp;
use meshlift_core::inventory::Installer;
use meshlift_core::policy::{Refusal, Why};
use meshlift_core::precheck::{Finding, Report, Severity};
use meshlift_core::version::MeshVersion;

use crate::api::dto::{self, FindingView, Phrase, PhraseCode as Code, PrecheckView};
use problems::Said;

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
    let Said { what, then, mend } = problems::words(&finding.problem);
    FindingView {
        id: finding.id(),
        rule: finding.rule.to_string(),
        severity: match finding.severity {
            Severity::Block => dto::Severity::Block,
            Severity::Warn => dto::Severity::Warn,
            Severity::Info => dto::Severity::Info,
        },
        what,
        subject: finding.subject.clone(),
        consequence: then,
        remedy: Some(Phrase::plain(mend)),
        fix: finding.fix.clone(),
        acknowledgeable: finding.severity == Severity::Block,
        source: finding.source.to_string(),
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
        Why::UnknownVersion { minor } => {
            Phrase::with(Code::RefuseUnknownVersion, [("version", minor.to_string())])
        }
        Why::NoSoundPatch { minor } => {
            Phrase::with(Code::RefuseNoSoundPatch, [("version", minor.to_string())])
        }
    }
}

/// What ASM's own precheck says against an upgrade.
pub(crate) fn by_asm(why: String, severity: Severity) -> FindingView {
    FindingView {
        id: "A-12:precheck".to_owned(),
        rule: "A-12".to_owned(),
        severity: match severity {
            Severity::Block => dto::Severity::Block,
            Severity::Warn => dto::Severity::Warn,
            Severity::Info => dto::Severity::Info,
        },
        what: Phrase::plain(Code::FindAsmPrecheck),
        subject: "UpgradeMeshEditionPartially".to_owned(),
        consequence: Phrase::with(Code::FindAsmPrecheckThen, [("why", why)]),
        remedy: Some(Phrase::plain(Code::MendAsmPrecheck)),
        fix: None,
        acknowledgeable: false,
        source: "ASM's own answer".to_owned(),
    }
}

/// The tools that own a mesh, one after the other.
fn owners_listed(owners: &[Installer]) -> Phrase {
    let names = owners.iter().map(|owner| owner_name(*owner));
    let listed = names.rev().reduce(|rest, first| {
        Phrase::plain(Code::WordAndMore).saying("first", first).saying("rest", rest)
    });
    listed.unwrap_or_else(|| owner_name(Installer::Unknown))
}

/// The name of a tool, for a sentence.
pub(crate) fn owner_name(owner: Installer) -> Phrase {
    let called = |name: &str| Phrase::with(Code::WordNamed, [("name", name.to_owned())]);
    match owner {
        Installer::Istioctl => called("istioctl"),
        Installer::Asm => called("Alibaba Cloud Service Mesh"),
        Installer::Helm => called("Helm"),
        Installer::Sail => called("Sail"),
        Installer::ArgoCd => called("Argo CD"),
        Installer::Flux => called("Flux"),
        Installer::Vendor => Phrase::plain(Code::WordVendor),
        Installer::Unknown => Phrase::plain(Code::WordUnknownTool),
    }
}
