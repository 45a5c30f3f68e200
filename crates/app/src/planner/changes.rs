//! The changes that the routes cross, and which of them a mesh is hit by.

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::catalog::{Catalog, Change, Impact};
use meshlift_core::inventory::Name;
use meshlift_core::plan::Routes;
use meshlift_core::policy::Provider;
use meshlift_core::precheck::{self, Aside, ChangeId, Finding, Problem, Report};
use meshlift_core::version::MeshVersion;

use crate::api::dto::{ChangeView, HitState, ImpactWord, Phrase, PhraseCode as Code};
use crate::view;

/// Objects that are named for one change; the precheck names all.
const NAMED: usize = 20;

/// What a precheck found about changes.
#[derive(Debug, Clone)]
pub(crate) struct Hits {
    by_change: BTreeMap<String, Decision>,
    /// Why nothing was decided about any other change.
    rest: Phrase,
}

/// What was decided about one change.
#[derive(Debug, Clone)]
struct Decision {
    state: HitState,
    objects: Vec<String>,
    why: Option<Phrase>,
}

impl Decision {
    fn undecided(why: Phrase) -> Self {
        Self { state: HitState::Undecided, objects: Vec::new(), why: Some(why) }
    }

    fn clear(why: Option<Phrase>) -> Self {
        Self { state: HitState::Clear, objects: Vec::new(), why }
    }

    /// Takes one more finding in. An object that is hit outweighs what could not be read beside it.
    fn take(&mut self, finding: &Finding) {
        if is_hit(&finding.problem) {
            if self.state != HitState::Hit {
                *self = Self { state: HitState::Hit, objects: Vec::new(), why: None };
            }
            if !self.objects.contains(&finding.subject) {
                self.objects.push(finding.subject.clone());
            }
        }
    }
}

impl Hits {
    /// What a report says about changes. A rule that could not decide is never a pass.
    pub(crate) fn of(report: &Report, running: Option<&MeshVersion>) -> Self {
        let clear = |id: &Name| (id.to_string(), Decision::clear(None));
        let mut by_change: BTreeMap<String, Decision> = report.clear.iter().map(clear).collect();
        by_change.extend(report.aside.iter().map(|(id, aside)| {
            let why = Phrase::plain(match aside {
                Aside::Kept => Code::ClearKept,
                Aside::NoAmbient => Code::ClearNoAmbient,
            });
            (id.to_string(), Decision::clear(Some(why)))
        }));
        for finding in &report.findings {
            let entry = by_change
                .entry(finding.rule.to_string())
                .or_insert_with(|| Decision::undecided(why_undecided(finding)));
            entry.take(finding);
        }
        let rest = running.map_or_else(
            || Phrase::plain(Code::UndecidedVersion),
            |version| Phrase::with(Code::UndecidedWay, [("version", version.numbers())]),
        );
        Self { by_change, rest }
    }

    /// Nothing was asked, for one reason.
    pub(crate) fn not_asked(why: Phrase) -> Self {
        Self { by_change: BTreeMap::new(), rest: why }
    }

    fn about(&self, id: &str) -> Decision {
        let known = self.by_change.get(id).cloned();
        known.unwrap_or_else(|| {
            let no_detector = ChangeId::by_name(id).is_none();
            let plain = || Phrase::plain(Code::UndecidedNoDetector);
            Decision::undecided(if no_detector { plain() } else { self.rest.clone() })
        })
    }
}

fn is_hit(problem: &Problem) -> bool {
    matches!(problem, Problem::Changed { .. })
}

fn why_undecided(finding: &Finding) -> Phrase {
    if matches!(finding.problem, Problem::ChangedUnseen { .. }) {
        return Phrase::plain(Code::UndecidedUnseen);
    }
    view::findings::finding(finding).consequence
}

/// Every change that a hop of a route crosses, once.
pub(super) fn crossed(
    found: &Routes,
    catalog: &Catalog,
    provider: Provider,
    hits: Option<&Hits>,
) -> Vec<ChangeView> {
    let hops = found.routes.iter().flat_map(|route| &route.hops);
    let ids: BTreeSet<&String> = hops.flat_map(|hop| hop.changes.iter()).collect();
    catalog
        .changes
        .iter()
        .filter(|change| change.concerns(provider) && ids.contains(&change.id))
        .map(|change| view(change, hits))
        .collect()
}

/// A change as the window shows it.
pub(crate) fn view(change: &Change, hits: Option<&Hits>) -> ChangeView {
    let no_mesh = Decision { state: HitState::NoMesh, objects: Vec::new(), why: None };
    let decided = hits.map_or(no_mesh, |hits| hits.about(&change.id));
    let hits = super::count(decided.objects.len());
    ChangeView {
        id: change.id.clone(),
        minor: change.crosses.to_string(),
        impact: match change.severity {
            Impact::High => ImpactWord::High,
            Impact::Medium => ImpactWord::Medium,
            Impact::Low => ImpactWord::Low,
        },
        what: change.change.clone(),
        remedy: change.remedy.clone(),
        escape: change.escape.clone(),
        escape_gone_in: change.escape_removed_in.map(|minor| minor.to_string()),
        ambient: change.ambient,
        source: precheck::notes(&change.source, change.crosses).to_string(),
        hit: decided.state,
        objects: decided.objects.into_iter().take(NAMED).collect(),
        hits,
        why: decided.why,
    }
}
