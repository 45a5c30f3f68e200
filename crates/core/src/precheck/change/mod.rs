//! P-15: changes between versions that a path crosses. What changed, since when, how bad and what
//! undoes it is data; what to look for is a detector per row.
//!
//! Entry points: [`check`], [`changes`]. A change that nothing in a cluster can tell about is said and
//! never counted as passed. Deliberately absent: words; the front end has a sentence for each
//! [`ChangeId`].

mod ambient;
mod crds;
mod data;
mod destination_rules;
mod envoy_filters;
mod gateways;
mod id;
mod install;
mod mesh_config;
mod secrets;
mod services;
mod templates;
mod tools;
mod virtual_services;

use std::sync::LazyLock;

use super::facts::{Facts, Missing};
use super::{Aside, CHANGES, Finding, Lost, Problem, Severity, native};
use crate::inventory::evidence::Resource;
use crate::policy::Provider;
use crate::version::{MeshVersion, Minor};

pub use data::Change;
pub use id::ChangeId;
use id::{DETECTORS, Detector};

static EMBEDDED: LazyLock<Vec<Change>> =
    LazyLock::new(|| data::read(data::CHANGES).unwrap_or_default());

/// Every change between versions that the app knows of, in the order of the catalogue.
pub fn changes() -> &'static [Change] {
    &EMBEDDED
}

/// Something that a change will break.
pub(super) struct Hit {
    /// The object, as a person would name it.
    subject: String,
    /// What in it; empty when the object says it all.
    at: String,
    /// A command that mends it or leads there.
    fix: Option<String>,
    /// How bad it is, where that is not the catalogue's word for all of them.
    severity: Option<Severity>,
}

impl Hit {
    fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), at: String::new(), fix: None, severity: None }
    }

    fn at(mut self, at: impl Into<String>) -> Self {
        self.at = at.into();
        self
    }

    fn mended_by(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    fn weighing(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// What a detector is asked with.
pub(super) struct Crossing<'a> {
    facts: &'a Facts<'a>,
    change: &'static Change,
    /// The minors of the change that the path crosses, lowest first.
    minors: Vec<Minor>,
}

impl Crossing<'_> {
    fn crosses(&self, minor: u64) -> bool {
        self.minors.contains(&Minor { major: 1, minor })
    }
}

/// What the changes came to.
#[derive(Default)]
pub(super) struct Crossed {
    pub(super) findings: Vec<Finding>,
    /// Rules that ran.
    pub(super) ran: Vec<&'static str>,
    /// Changes on the way that need no look, and why.
    pub(super) aside: Vec<(&'static str, Aside)>,
}

/// Runs the detector of every change that the path crosses.
pub(super) fn check(facts: &Facts<'_>) -> Crossed {
    let Some(source) = facts.source else {
        let what = format!("version of revision {}", facts.aim.stable);
        let why = "without it nobody knows which changes the path crosses".to_owned();
        let problem = Problem::CannotTell { what, why };
        let unknown = Finding::new(CHANGES, Severity::Warn, "Mesh", problem);
        return Crossed { findings: vec![unknown], ran: vec![CHANGES], aside: Vec::new() };
    };
    let mut crossed = Crossed { ran: vec![CHANGES], ..Crossed::default() };
    // Somebody named values and they could not be read: which settings stay is not known.
    let unread = facts.evidence.gap(Resource::InstallValues).map(Missing::from);
    crossed.findings.extend(unread.map(|gap| super::unread(CHANGES, gap)));
    for change in changes().iter().filter(|change| is_for_provider(facts, change)) {
        let minors = minors_crossed(facts, change, source);
        if minors.is_empty() {
            continue;
        }
        let kept = kept_back(facts, change);
        if let Some(aside) = aside(facts, change, kept) {
            crossed.aside.push((change.id.as_str(), aside));
            continue;
        }
        crossed.ran.push(change.id.as_str());
        crossed.findings.extend(found(&Crossing { facts, change, minors }, kept));
    }
    crossed
}

/// Whether a change is about meshes of this kind.
fn is_for_provider(facts: &Facts<'_>, change: &Change) -> bool {
    !(facts.aim.profile.provider == Provider::Asm && change.self_run_only)
}

/// Why a change on the way can't hit this mesh, without looking for objects.
fn aside(facts: &Facts<'_>, change: &Change, kept: Kept) -> Option<Aside> {
    if change.ambient && !facts.is_ambient() {
        return Some(Aside::NoAmbient);
    }
    match kept {
        Kept::Still => Some(Aside::Kept),
        Kept::Not | Kept::Lost(_) => None,
    }
}

/// Whether a setting keeps the old behaviour.
#[derive(Clone, Copy)]
enum Kept {
    /// None does, or the target no longer knows it.
    Not,
    /// One does, and still will.
    Still,
    /// This one does, and the install is not known to carry it.
    Lost(&'static str),
}

fn kept_back(facts: &Facts<'_>, change: &'static Change) -> Kept {
    let known = change.escapes_until.is_none_or(|gone| facts.aim.target.minor() < gone);
    // A change with several switches is undone by all of them together only.
    if !known || change.escapes.is_empty() {
        return Kept::Not;
    }
    let then = |(name, value): &(String, String)| facts.carried(name) == Some(value);
    let Some((lost, _)) = change.escapes.iter().find(|escape| !then(escape)) else {
        return Kept::Still;
    };
    let now = |(name, value): &(String, String)| facts.switch(name) == Some(value);
    if change.escapes.iter().all(now) { Kept::Lost(lost) } else { Kept::Not }
}

/// Where a change comes with a managed mesh, when that is not where it comes with Istio. The catalogue
/// dates changes by Istio's versions, which ASM's follow but for this one: ASM made native sidecars the
/// default at 1.22, on Kubernetes 1.30 (`domain/asm.md` §5.1, D10), five minors before Istio. P-30 asks
/// the same question of the same bounds, so both take them from one place, and one row does not make a
/// column of the catalogue.
fn asm_crosses(change: &Change) -> Option<Minor> {
    (change.id == ChangeId::B127Native).then_some(native::ASM_SINCE)
}

fn minors_crossed(facts: &Facts<'_>, change: &Change, source: &MeshVersion) -> Vec<Minor> {
    let target = facts.aim.target;
    let (from, to) = (source.minor(), target.minor());
    let of_asm = match facts.aim.profile.provider {
        Provider::Asm => asm_crosses(change),
        Provider::Istio => None,
    };
    let crosses = of_asm.as_ref().map_or(change.crosses.as_slice(), std::slice::from_ref);
    let mut minors: Vec<Minor> =
        crosses.iter().copied().filter(|minor| from < *minor && *minor <= to).collect();
    // A patch may bring a change as well; then no minor has to be crossed.
    let by_patch = change.patches.iter().find(|patch| {
        let within = patch.minor() == to && patch.istio() <= target.istio();
        within && source.istio() < patch.istio()
    });
    minors.extend(by_patch.map(MeshVersion::minor));
    minors.sort_unstable();
    minors.dedup();
    minors
}

fn found(crossing: &Crossing<'_>, kept: Kept) -> Vec<Finding> {
    let Crossing { facts, change, minors } = crossing;
    let minor = minors.last().map(ToString::to_string).unwrap_or_default();
    let detector = &DETECTORS[change.id as usize];
    let named = |severity, subject: String, problem| {
        let finding = Finding::new(change.id.as_str(), severity, subject, problem);
        Finding { source: change.source.clone(), ..finding }
    };
    let (needs, detect) = match detector {
        Detector::Note => {
            let problem = Problem::ChangedUnseen { change: change.id, minor };
            return vec![named(Severity::Info, "Mesh".to_owned(), problem)];
        }
        Detector::Unread(unread) => {
            let Some((what, why)) = unread(crossing) else { return Vec::new() };
            let problem = Problem::CannotTell { what: what.to_owned(), why: why.to_owned() };
            return vec![named(Severity::Warn, "Mesh".to_owned(), problem)];
        }
        Detector::Reads(needs, detect) => (needs, detect),
    };
    if let Some(missing) = facts.missing(needs) {
        let finding = super::unread(change.id.as_str(), missing);
        return vec![Finding { source: change.source.clone(), ..finding }];
    }
    let severity = severity(facts, change);
    let values_known = facts.evidence.values.is_some();
    let lost = match kept {
        Kept::Lost(name) => Some(Lost { switch: name.into(), values_known }),
        Kept::Not | Kept::Still => None,
    };
    let hits = detect(crossing).into_iter();
    hits.map(|hit| {
        let lost = lost.clone();
        let problem =
            Problem::Changed { change: change.id, minor: minor.clone(), at: hit.at, lost };
        let finding = named(hit.severity.unwrap_or(severity), hit.subject, problem);
        Finding { fix: hit.fix, ..finding }
    })
    .collect()
}

/// The weight that the catalogue of this kind of mesh gives a change; the stronger one's where it
/// says nothing (P-15).
fn severity(facts: &Facts<'_>, change: &Change) -> Severity {
    let own = match facts.aim.profile.provider {
        Provider::Asm => change.weight_asm,
        Provider::Istio => change.weight_istio,
    };
    own.unwrap_or(change.weight)
}

impl ChangeId {
    /// The change of an id, as the catalogue writes it.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|id| id.as_str() == name)
    }
}

#[cfg(test)]
pub(super) mod tests;
