//! What would go wrong: rules over a snapshot, each with a finding that names the object, says
//! what follows and how to mend it.
//!
//! Entry point: [`check`]. One rule per file. A rule that lacks what it needs answers with
//! [`Problem::CannotTell`], which is never counted as passed. A passed precheck is not a promise:
//! the rules cover a part (S24). Rule numbers are those of the precheck catalogue
//! (`data/prechecks.json`); those that begin with A- are for ASM instances.

mod admission;
mod agents;
mod applied;
mod autoscalers;
mod change;
mod clock;
mod clusters;
mod control_plane;
mod crds;
mod envoy_filters;
mod facts;
mod gitops;
mod helm;
mod hub;
mod images;
mod instance;
mod kubernetes;
mod labels;
mod native;
mod operators;
mod owner;
mod path;
mod proxies;
mod quota;
mod restart;
mod room;
mod roots;
mod selectors;
mod skew;
mod source;
mod steady;
mod sync;
#[cfg(test)]
mod tests;
mod vendor;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::inventory::evidence::{Measure, Resource};
use crate::inventory::{BalancerPart, BalancerRole, Name, Snapshot};
use crate::policy::{Method, Profile};
use crate::version::MeshVersion;

pub use change::{Change, ChangeId, changes};
use facts::Facts;
pub use source::{notes, of as page};

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
    /// The name under which this operator would hold the mesh's lease.
    pub operator: &'a str,
}

/// Everything the rules found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Findings, worst first, then by rule and subject.
    pub findings: Vec<Finding>,
    /// Rules that found nothing.
    pub passed: u32,
    /// Which they are.
    #[serde(default)]
    pub clear: BTreeSet<Name>,
    /// Rules that could not tell.
    pub unknown: u32,
    /// Changes on the way that were not looked for, and why they can't hit.
    #[serde(default)]
    pub aside: BTreeMap<Name, Aside>,
}

/// Why a change on the way can't hit a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aside {
    /// A setting keeps the old behaviour, and the target still knows it.
    Kept,
    /// It is about ambient mode, which the mesh does not use.
    NoAmbient,
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
    ValidatorDown,
    BundleExpired { date: String },
    NotReady { revision: Name, ready: u32, replicas: u32 },
    SingleReplica { revision: Name },
    SeveralOwners { owners: Vec<crate::inventory::Installer> },
    PinnedImage { image: Name },
    CannotRestart { reason: crate::dataplane::Hindrance },
    Recreate,
    BudgetTooSmall { budget: Name, allowed: u32, needed: u32 },
    AutoscalerAllowsOne { autoscaler: Name },
    NoBudget { revision: Name },
    BudgetAllowsNothing { budget: Name },
    NoRoom { nodes: u32 },
    StoredVersion { versions: String },
    BundleTooOld { bundle: Name, minimum: String },
    OwnerUnknown { revision: Name },
    FiltersExist { count: usize },
    FilterForOtherVersions { pattern: Name, target: MeshVersion },
    FilterUntyped,
    AppliedVersion { version: Name },
    WrittenVersion { version: Name, by: Name },
    PodSecurity { level: Name },
    QuotaFull { quota: Name, measure: Measure, needed: u32 },
    RetiredHub { hub: String },
    ImageNotPulled { pods: usize, reason: Name },
    RootMissing,
    RootExpires { date: String },
    OutOfSync { count: usize },
    NotConnected { count: usize },
    AtItsMaximum { autoscaler: Name, max: u32 },
    ScaledToZero { by: Name },
    SelfHeals { application: Name },
    PlacementFlips { count: usize, kubelet: Name },
    AgentSkew { version: MeshVersion, target: MeshVersion },
    ManyWorkloads { count: usize },
    SelectsVersion { label: Name },
    BadDelegate { to: String },
    PortNotServed { port: u32 },
    TooFewNodes { needed: u32, nodes: u32 },
    LeaseHeld { holder: Name },
    OtherToolBusy { tool: Name },
    ClockSkew { seconds: i64 },
    PodsNotReady { count: usize, total: usize },
    NodeUnsteady { why: String },
    OneReplica,
    NoReadinessProbe,
    Crashing { pods: usize, reason: Name },
    RolloutUnfinished { done: u32, wanted: u32 },
    RolloutGivenUp,
    BarePod,
    OwnProxy,
    Changed { change: ChangeId, minor: String, at: String, lost: Option<Lost> },
    ChangedUnseen { change: ChangeId, minor: String },
    InstanceBusy { state: String },
    InstanceFailed { why: String },
    EditionWithoutCanary,
    InjectsEverything,
    LabelsDiffer { asm: String, cluster: String },
    Balancer { serves: BalancerRole, part: BalancerPart, why: String },
    SingleGateway,
    NoDrain,
    LeftOverCanary,
    ClusterNotRunning { state: String },
    StricterPage { refusal: crate::policy::Refusal },
    OtherTarget { target: MeshVersion },
    NoTarget,
    CannotTell { what: String, why: String },
}

/// A setting that keeps a change back now, and that the install is not known to carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    /// The name of the switch.
    pub switch: Name,
    /// Whether the install's values are known; without them nobody can tell.
    pub values_known: bool,
}

/// One rule, or a part of one that needs other objects to be read.
struct Rule {
    /// Its number in the catalogue.
    id: &'static str,
    /// What it can't do without.
    needs: &'static [Resource],
    /// What it finds.
    check: fn(&Facts<'_>) -> Vec<Finding>,
}

const fn rule(
    id: &'static str,
    needs: &'static [Resource],
    check: fn(&Facts<'_>) -> Vec<Finding>,
) -> Rule {
    Rule { id, needs, check }
}

/// Every rule but the changes between versions, in the order of the catalogue.
const RULES: &[Rule] = &[
    rule(kubernetes::ID, &[], kubernetes::check),
    rule(path::ID, &[], path::check),
    rule(skew::ID_OLD, &[], skew::too_old),
    rule(skew::ID_NEW, &[], skew::too_new),
    rule(proxies::ID_TWICE, &[], proxies::injected_twice),
    rule(labels::ID_UNANSWERED, &[], labels::unanswered),
    rule(labels::ID_BOTH, &[], labels::both),
    rule(labels::ID_ORPHAN, &[], labels::orphan),
    rule(webhook::ID, &[], webhook::check),
    rule(webhook::ID, &[], webhook::validators),
    rule(control_plane::ID_SINGLE, &[], control_plane::single_replica),
    rule(control_plane::ID_SINGLE, &[], control_plane::budgets),
    rule(control_plane::ID_SINGLE, &[Resource::Autoscalers], control_plane::autoscalers),
    rule(control_plane::ID_SINGLE, &[], room::check),
    rule(control_plane::ID_READY, &[], control_plane::not_ready),
    rule(crds::ID, &[Resource::CustomResourceDefinitions], crds::check),
    rule(owner::ID, &[], owner::check),
    rule(helm::ID, &[], helm::check),
    rule(envoy_filters::ID, &[Resource::EnvoyFilters], envoy_filters::check),
    rule(applied::ID, &applied::NEEDS, applied::check),
    rule(admission::ID, &[], admission::check),
    rule(quota::ID, &[Resource::Quotas], quota::check),
    rule(images::ID, &[], images::check),
    rule(images::ID, &[], images::unpulled),
    rule(images::ID, &[], images::unproven),
    rule(roots::ID, &[Resource::RootCertificates], roots::check),
    rule(clusters::ID, &[], clusters::check),
    rule(sync::ID, &[Resource::Sync], sync::check),
    rule(restart::ID, &[], restart::check),
    rule(proxies::ID_LOSE, &[], proxies::would_lose),
    rule(restart::ID_PINNED, &[], restart::pinned),
    rule(autoscalers::ID, &[Resource::Autoscalers], autoscalers::at_maximum),
    rule(autoscalers::ID, &[Resource::ScaledObjects], autoscalers::scaled_to_zero),
    rule(gitops::ID, &[Resource::Applications], gitops::check),
    rule(native::ID, &[Resource::Nodes], native::check),
    rule(agents::ID, &[Resource::Agents], agents::check),
    rule(agents::ID, &[], agents::scale),
    rule(vendor::ID, &[], vendor::check),
    rule(selectors::ID, &[Resource::Services], selectors::versions),
    rule(selectors::ID, &[Resource::VirtualServices], selectors::delegates),
    rule(selectors::ID, &[Resource::Services, Resource::IstioGateways], selectors::ports),
    rule(selectors::ID, &[Resource::Nodes], selectors::room),
    rule(operators::ID, &[Resource::Lease], operators::check),
    rule(operators::ID, &[Resource::Sail], operators::sail),
    rule(operators::ID, &[Resource::Applications], operators::syncing),
    rule(clock::ID, &[Resource::Clock], clock::check),
    rule(steady::ID, &[Resource::Nodes], steady::check),
    rule(instance::ID_STATE, &[], instance::state),
    rule(instance::ID_EDITION, &[], instance::edition),
    rule(instance::ID_SCOPE, &[], instance::scope),
    rule(instance::ID_LABELS, &[], instance::labels),
    rule(instance::ID_BALANCER, &[], instance::balancers),
    rule(instance::ID_GATEWAY, &[], instance::gateways),
    rule(instance::ID_LEFT_OVER, &[], instance::left_over),
    rule(instance::ID_CLUSTER, &[], instance::clusters),
    rule(instance::ID_STRICTER, &[], instance::stricter),
    rule(instance::ID_TARGET, &[], instance::target),
    rule(instance::ID_UNREAD, &[], instance::unread),
];

/// Number of the rule that looks for changes between versions; a finding carries the change's own.
const CHANGES: &str = "P-15";

/// Runs every rule. All findings are collected; none stops another.
pub fn check(snapshot: &Snapshot, aim: &Aim<'_>) -> Report {
    let facts = Facts::of(snapshot, aim);
    let mut ran = BTreeSet::new();
    let mut findings = Vec::new();
    for rule in RULES {
        ran.insert(rule.id);
        match facts.missing(rule.needs) {
            Some(gap) => findings.push(unread(rule.id, gap)),
            None => findings.extend((rule.check)(&facts)),
        }
    }
    let crossed = change::check(&facts);
    ran.extend(crossed.ran);
    findings.extend(crossed.findings);
    let aside = crossed.aside.into_iter().map(|(id, why)| (Name::from(id), why)).collect();
    Report { aside, ..summed_up(&ran, findings) }
}

/// Sorts findings and counts the rules that found nothing, and those that could not tell.
fn summed_up(ran: &BTreeSet<&str>, mut findings: Vec<Finding>) -> Report {
    findings
        .sort_by(|a, b| (a.severity, &a.rule, &a.subject).cmp(&(b.severity, &b.rule, &b.subject)));
    let found: BTreeSet<&str> = findings.iter().map(|finding| &*finding.rule).collect();
    let unknown: BTreeSet<&str> =
        findings.iter().filter(|it| it.is_unknown()).map(|it| &*it.rule).collect();
    let clear: BTreeSet<Name> =
        ran.iter().filter(|id| !found.contains(*id)).map(|id| Name::from(*id)).collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (passed, unknown) = (count(clear.len()), count(unknown.len()));
    Report { findings, passed, clear, unknown, aside: BTreeMap::new() }
}

/// The finding of a rule whose objects were not read. It is one of its own, so that rules that miss
/// the same thing stay apart.
fn unread(rule: &str, gap: facts::Missing) -> Finding {
    let facts::Missing { what, why } = gap;
    Finding::new(rule, Severity::Warn, what.clone(), Problem::CannotTell { what, why })
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
            source: source::of(rule),
        }
    }

    fn mended_by(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    /// Whether its rule could not tell.
    pub fn is_unknown(&self) -> bool {
        matches!(self.problem, Problem::CannotTell { .. } | Problem::ChangedUnseen { .. })
    }

    /// Names it among the findings of one precheck, under which it is acknowledged.
    pub fn id(&self) -> String {
        format!("{}:{}", self.rule, self.subject)
    }
}

/// What a rule says that could not read one of the mesh's own kinds.
fn cannot_tell(rule: &str, snapshot: &Snapshot, what: &str) -> Option<Finding> {
    let gap = snapshot.unreadable.iter().find(|gap| gap.what == what)?;
    let problem = Problem::CannotTell { what: gap.what.clone(), why: gap.why.clone() };
    Some(Finding::new(rule, Severity::Warn, what, problem))
}

/// Command that opens an object in an editor, for what only its owner can decide.
fn edit(kind: &str, name: &crate::inventory::ObjectName) -> String {
    format!("kubectl -n {} edit {kind} {}", name.namespace, name.name)
}

/// The day of a moment that is given in seconds since the epoch.
fn date(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}
