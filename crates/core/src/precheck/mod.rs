//! What would go wrong: rules over a snapshot, each with a finding that names the object, says
//! what follows and how to mend it.
//!
//! Entry point: [`check`]. One rule per file. A rule that lacks what it needs answers with
//! [`Problem::CannotTell`], which is never counted as passed. A passed precheck is not a promise:
//! the rules cover a part (S24). Rule numbers are those of the precheck catalogue
//! (`domain/istio.md` §17); those that begin with A- are for ASM instances.

mod control_plane;
mod instance;
mod kubernetes;
mod labels;
mod owner;
mod path;
mod proxies;
mod restart;
mod skew;
#[cfg(test)]
mod tests;
mod webhook;

use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::inventory::{Name, Snapshot};
use crate::policy::{Method, Profile};
use crate::version::MeshVersion;

/// What the mesh is checked for.
#[derive(Debug, Clone, Copy)]
pub struct Aim<'a> {
    /// The method.
    pub method: Method,
    /// The revision that the mesh is on.
    pub stable: &'a str,
    /// The version it goes to.
    pub target: &'a MeshVersion,
    /// The rules of the road.
    pub profile: &'a Profile,
    /// What is known of versions.
    pub catalog: &'a Catalog,
    /// Today, for support windows.
    pub today: jiff::civil::Date,
}

/// Everything the rules found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Findings, worst first, then by rule and subject.
    pub findings: Vec<Finding>,
    /// Rules that found nothing.
    pub passed: u32,
    /// Rules that could not tell.
    pub unknown: u32,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its rule, such as `P-06`.
    pub rule: Name,
    /// How bad it is.
    pub severity: Severity,
    /// The object, as a person would name it.
    pub subject: String,
    /// What is wrong.
    pub problem: Problem,
    /// A command line that mends it, where one does.
    pub fix: Option<String>,
    /// Where the rule comes from.
    pub source: Name,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Nothing starts before it is solved.
    Block,
    /// It deserves a look.
    Warn,
    /// Good to know.
    Info,
}

/// What a finding says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[expect(missing_docs, reason = "variants and fields are named after what they say")]
pub enum Problem {
    KubernetesTooOld { version: MeshVersion, minimum: String, kubernetes: String },
    KubernetesUntested { version: MeshVersion, range: String, kubernetes: String },
    PathRefused { why: Vec<crate::policy::Refusal> },
    KnownBad { id: String, title: String, version: MeshVersion },
    EndOfLife { minor: String, date: String },
    ProxyTooOld { version: MeshVersion, target: MeshVersion },
    ProxyNewer { version: MeshVersion, target: MeshVersion },
    BothLabels { revision: Name },
    OrphanLabel { label: String },
    InjectedTwice { count: u32 },
    WouldLoseSidecar,
    WebhookDown,
    NotReady { revision: Name, ready: u32, replicas: u32 },
    SingleReplica { revision: Name },
    SeveralOwners { owners: Vec<crate::inventory::Installer> },
    PinnedImage { image: Name },
    CannotRestart { reason: crate::dataplane::Hindrance },
    Recreate,
    BudgetTooSmall { budget: Name, allowed: u32, needed: u32 },
    InstanceBusy { state: String },
    InstanceFailed { why: String },
    EditionWithoutCanary,
    InjectsEverything,
    LabelsDiffer { asm: String, cluster: String },
    Balancer { serves: crate::inventory::BalancerRole, why: String },
    SingleGateway,
    LeftOverCanary,
    ClusterNotRunning { state: String },
    StricterPage { refusal: crate::policy::Refusal },
    OtherTarget { target: MeshVersion },
    NoTarget,
    CannotTell { what: String, why: String },
}

type Rule = fn(&Snapshot, &Aim<'_>) -> Vec<Finding>;

/// Every rule with its number, in the order of the catalogue.
const RULES: &[(&str, Rule)] = &[
    (kubernetes::ID, kubernetes::check),
    (path::ID, path::check),
    (skew::ID_OLD, skew::too_old),
    (skew::ID_NEW, skew::too_new),
    (proxies::ID_TWICE, proxies::injected_twice),
    (labels::ID_BOTH, labels::both),
    (labels::ID_ORPHAN, labels::orphan),
    (webhook::ID, webhook::check),
    (control_plane::ID_SINGLE, control_plane::single_replica),
    (control_plane::ID_READY, control_plane::not_ready),
    (owner::ID, owner::check),
    (restart::ID, restart::check),
    (proxies::ID_LOSE, proxies::would_lose),
    (restart::ID_PINNED, restart::pinned),
    (instance::ID_STATE, instance::state),
    (instance::ID_EDITION, instance::edition),
    (instance::ID_SCOPE, instance::scope),
    (instance::ID_LABELS, instance::labels),
    (instance::ID_BALANCER, instance::balancers),
    (instance::ID_GATEWAY, instance::gateways),
    (instance::ID_LEFT_OVER, instance::left_over),
    (instance::ID_CLUSTER, instance::clusters),
    (instance::ID_STRICTER, instance::stricter),
    (instance::ID_TARGET, instance::target),
    (instance::ID_UNREAD, instance::unread),
];

/// Runs every rule. All findings are collected; none stops another.
pub fn check(snapshot: &Snapshot, aim: &Aim<'_>) -> Report {
    let mut report = Report::default();
    for (_, rule) in RULES {
        let found = rule(snapshot, aim);
        if found.is_empty() {
            report.passed += 1;
        } else if found.iter().any(Finding::is_unknown) {
            report.unknown += 1;
        }
        report.findings.extend(found);
    }
    report
        .findings
        .sort_by(|a, b| (a.severity, &a.rule, &a.subject).cmp(&(b.severity, &b.rule, &b.subject)));
    report
}

impl Report {
    /// How many findings block.
    pub fn blocking(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Block).count()
    }
}

impl Finding {
    fn new(rule: &str, severity: Severity, subject: impl Into<String>, problem: Problem) -> Self {
        Self {
            rule: rule.into(),
            severity,
            subject: subject.into(),
            problem,
            fix: None,
            source: format!("domain/istio.md §17 {rule}").into(),
        }
    }

    fn mended_by(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    fn is_unknown(&self) -> bool {
        matches!(self.problem, Problem::CannotTell { .. })
    }
}

/// The finding of a rule whose input could not be read.
fn cannot_tell(rule: &str, snapshot: &Snapshot, what: &str) -> Option<Finding> {
    let gap = snapshot.unreadable.iter().find(|gap| gap.what == what)?;
    let problem = Problem::CannotTell { what: gap.what.clone(), why: gap.why.clone() };
    Some(Finding::new(rule, Severity::Warn, what, problem))
}
