//! The changes that the routes cross, and which of them a mesh is hit by.

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::catalog::{Catalog, Change, Impact};
use meshlift_core::plan::Routes;
use meshlift_core::policy::Provider;
use meshlift_core::precheck::{Problem, Report};

use crate::api::dto::{ChangeView, HitState, ImpactWord};

/// Objects that are named for one change; the precheck names all.
const NAMED: usize = 20;

/// What a precheck found about changes, by the id of the change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hits {
    found: BTreeMap<String, (HitState, Vec<String>)>,
}

impl Hits {
    /// What a report says about changes. A rule that could not decide is never a pass.
    pub(crate) fn take(&mut self, report: &Report) {
        for finding in &report.findings {
            let is_hit = !matches!(finding.problem, Problem::CannotTell { .. });
            let entry = self
                .found
                .entry(finding.rule.to_string())
                .or_insert_with(|| (HitState::Undecided, Vec::new()));
            if is_hit {
                entry.0 = HitState::Hit;
                if !entry.1.contains(&finding.subject) {
                    entry.1.push(finding.subject.clone());
                }
            }
        }
    }

    fn of(&self, id: &str) -> (HitState, Vec<String>) {
        let (state, mut objects) =
            self.found.get(id).cloned().unwrap_or((HitState::Undecided, Vec::new()));
        objects.truncate(NAMED);
        (state, objects)
    }
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
    let (hit, objects) = hits.map_or((HitState::NoMesh, Vec::new()), |hits| hits.of(&change.id));
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
        source: change.source.clone(),
        hit,
        objects,
    }
}
