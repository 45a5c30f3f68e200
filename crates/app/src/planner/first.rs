//! What has to be done before the hops of a route: the top of a runbook.

use meshlift_core::catalog::{Advice, Catalog, KnownBad, Role};
use meshlift_core::plan::{PlannedHop, Route};

use super::words;
use crate::api::dto::{ChangeView, HitState, Phrase, PhraseCode as Code, TodoView};

/// The page that says how to go about an upgrade.
pub(crate) const PRACTICE: &str = "https://help.aliyun.com/document_detail/417835.html";
/// Where each release has its notes.
const NOTES: &str = "https://istio.io/latest/news/releases/";

/// What has to be done first, hop by hop, and then what holds for all of them.
pub(super) fn first(route: &Route, catalog: &Catalog, changes: &[ChangeView]) -> Vec<TodoView> {
    let mut todo: Vec<TodoView> = route
        .hops
        .iter()
        .zip(1..)
        .flat_map(|(hop, number)| before(hop, number, catalog, changes))
        .collect();
    if let Some(last) = route.hops.last() {
        let version = ("version", last.to.minor().to_string());
        let all = [
            (Phrase::plain(Code::FirstHold), PRACTICE),
            (Phrase::plain(Code::FirstQuietHour), PRACTICE),
            (Phrase::with(Code::FirstNotes, [version]), NOTES),
        ];
        todo.extend(all.map(|(what, rule)| TodoView { hop: None, what, source: rule.to_owned() }));
    }
    todo
}

fn before(
    hop: &PlannedHop,
    number: u32,
    catalog: &Catalog,
    changes: &[ChangeView],
) -> Vec<TodoView> {
    let todo = |what, source: &str| TodoView { hop: Some(number), what, source: source.to_owned() };
    let mut found = Vec::new();
    if let Some(upgrade) = hop.kubernetes_first {
        let path = ("path", format!("{} → {}", upgrade.from, upgrade.to));
        let what = Phrase::with(Code::FirstKubernetes, [path])
            .saying("why", words::kubernetes(hop, upgrade));
        let source = catalog.release(hop.to.minor()).map_or("", |release| &release.source);
        found.push(todo(what, source));
    }
    let defects = catalog.defects_of_source(&hop.from, &hop.to);
    // ASM has its own patches, and applies them by itself: there is none to be told to take.
    let to_patch = |defect: &&KnownBad| !hop.from.is_asm() && is_to_patch(defect);
    found.extend(defects.into_iter().filter(to_patch).map(|defect| {
        let fixed: Vec<String> = defect.fixed_in.iter().map(ToString::to_string).collect();
        let what = Phrase::with(
            Code::FirstPatch,
            [("version", hop.from.numbers()), ("fixed", fixed.join(", "))],
        )
        .saying("problem", words::defect(&defect.id, &defect.title, None));
        todo(what, &defect.source)
    }));
    let hits = changes
        .iter()
        .filter(|change| change.hit == HitState::Hit && hop.changes.contains(&change.id));
    found.extend(hits.map(|change| {
        let params = [("id", change.id.clone()), ("remedy", change.remedy.clone())];
        todo(Phrase::with(Code::FirstChange, params), &change.source)
    }));
    found
}

fn is_to_patch(defect: &KnownBad) -> bool {
    defect.role == Role::Source
        && defect.advice == Advice::SourceOnly
        && !defect.fixed_in.is_empty()
}
