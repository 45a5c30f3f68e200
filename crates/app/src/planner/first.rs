//! What has to be done before the hops of a route: the top of a runbook.

use meshlift_core::catalog::{Advice, Catalog, KnownBad, Role};
use meshlift_core::plan::{PlannedHop, Route};
use meshlift_core::policy::Provider;

use super::words;
use crate::api::dto::{ChangeView, HitState, Phrase, PhraseCode as Code, TodoView};

/// The page on which ASM says how to go about an upgrade.
const ASM_PRACTICE: &str = "https://help.aliyun.com/document_detail/417835.html";
/// Where each release has its notes.
const NOTES: &str = "https://istio.io/latest/news/releases/";

/// The page on which a provider says how to go about an upgrade. Istio has none that says to hold other
/// changes or to wait for a quiet hour, and another provider's page binds nobody.
pub(crate) fn practice(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::Asm => Some(ASM_PRACTICE),
        Provider::Istio => None,
    }
}

/// What has to be done first, hop by hop, and then what holds for all of them.
pub(super) fn first(
    route: &Route,
    provider: Provider,
    catalog: &Catalog,
    changes: &[ChangeView],
) -> Vec<TodoView> {
    let mut todo: Vec<TodoView> = route
        .hops
        .iter()
        .zip(1..)
        .flat_map(|(hop, number)| before(hop, number, catalog, changes))
        .collect();
    if let Some(last) = route.hops.last() {
        let version = ("version", last.to.minor().to_string());
        let all = [
            (Phrase::plain(Code::FirstHold), practice(provider)),
            (Phrase::plain(Code::FirstQuietHour), practice(provider)),
            (Phrase::with(Code::FirstNotes, [version]), Some(NOTES)),
        ];
        todo.extend(all.map(|(what, source)| TodoView {
            hop: None,
            what,
            source: source.map(str::to_owned),
        }));
    }
    todo
}

fn before(
    hop: &PlannedHop,
    number: u32,
    catalog: &Catalog,
    changes: &[ChangeView],
) -> Vec<TodoView> {
    let todo = |what, source: &str| {
        let source = Some(source).filter(|source| !source.is_empty()).map(str::to_owned);
        TodoView { hop: Some(number), what, source }
    };
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
