//! The search: versions on the way are nodes, allowed hops are edges, and the best routes of each
//! node are joined from the target backwards.

use super::route::{PlannedHop, RefusedHop, Route, Routes, Warning};
use super::{Circumstances, Hop, classify};
use crate::catalog::{Catalog, KnownBad, KubernetesFit};
use crate::policy::{Grounds, Method, Profile, Provider, Refusal, Verdict, Why, judge};
use crate::version::{MeshVersion, Minor};

/// Routes that are kept per node. Long chains have thousands of mixes; nobody reads further.
const KEPT: usize = 24;

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) from: &'a MeshVersion,
    pub(super) to: &'a MeshVersion,
    pub(super) profile: &'a Profile,
    pub(super) catalog: &'a Catalog,
    pub(super) circumstances: &'a Circumstances,
}

pub(super) fn search(question: &Question<'_>) -> Routes {
    let (nodes, mut refusals) = nodes(question);
    // Suffixes of the last node: nothing more to do.
    let mut best: Vec<Vec<Route>> = vec![Vec::new(); nodes.len()];
    let mut more = false;
    if let Some(last) = best.last_mut() {
        last.push(Route::default());
    }
    for start in (0..nodes.len().saturating_sub(1)).rev() {
        let mut found = Vec::new();
        for end in start + 1..nodes.len() {
            let is_telling = end == start + 1 || (start == 0 && end + 1 == nodes.len());
            let (hops, refused) = edges(question, &nodes[start], &nodes[end]);
            if is_telling {
                refusals.extend(refused);
            }
            found.extend(hops.iter().flat_map(|hop| before(hop, &best[end])));
        }
        found.sort_by(Route::compare);
        more |= found.len() > KEPT;
        found.truncate(KEPT);
        best[start] = found;
    }
    let mut routes = if nodes.len() > 1 { std::mem::take(&mut best[0]) } else { Vec::new() };
    routes.iter_mut().for_each(mark_skew);
    Routes { routes, more, refusals: distinct(refusals) }
}

/// The versions that a route may stop at, from the first to the last: one for every minor between.
fn nodes(question: &Question<'_>) -> (Vec<MeshVersion>, Vec<RefusedHop>) {
    let Question { from, to, .. } = *question;
    let refuse =
        |method, refusal| RefusedHop { from: from.clone(), to: to.clone(), method, refusal };
    let unknown = |minor| refuse(None, refusal(question, Why::UnknownVersion { minor }));
    let is_upstream = question.profile.provider == Provider::Istio;
    if is_upstream && question.catalog.release(to.minor()).is_none() {
        return (Vec::new(), vec![unknown(to.minor())]);
    }
    let mut nodes = vec![from.clone()];
    let mut refusals = Vec::new();
    if let Hop::Minor { crossed: _ } = classify(from, to) {
        let major = from.minor().major;
        for number in from.minor().minor + 1..to.minor().minor {
            let minor = Minor { major, minor: number };
            match stop(question, minor) {
                Some(version) => nodes.push(version),
                None => refusals.push(unknown(minor)),
            }
        }
    }
    nodes.push(to.clone());
    (nodes, refusals)
}

/// The version to stop at in a minor on the way.
fn stop(question: &Question<'_>, minor: Minor) -> Option<MeshVersion> {
    match question.profile.provider {
        Provider::Istio => question.catalog.newest_sound(minor),
        Provider::Asm => {
            question.catalog.asm.iter().filter(|version| version.minor() == minor).max().cloned()
        }
    }
}

/// The hops between two versions that are allowed, and those that are not.
fn edges(
    question: &Question<'_>,
    from: &MeshVersion,
    to: &MeshVersion,
) -> (Vec<PlannedHop>, Vec<RefusedHop>) {
    let refused =
        |method, refusal| RefusedHop { from: from.clone(), to: to.clone(), method, refusal };
    let fit = fit(question, to);
    if let (Some(KubernetesFit::Refused { minimum }), Some(kubernetes)) =
        (fit, question.circumstances.kubernetes)
    {
        let why = Why::Kubernetes { version: to.clone(), kubernetes, minimum };
        return (Vec::new(), vec![refused(None, refusal(question, why))]);
    }
    let mut hops = Vec::new();
    let mut refusals = Vec::new();
    for method in [Method::Canary, Method::InPlace] {
        match judge(from, to, method, question.profile) {
            Verdict::Refused(refusal) => refusals.push(refused(Some(method), refusal)),
            Verdict::Allowed(grounds) => hops.push(planned(question, from, to, method, grounds)),
        }
    }
    (hops, merge_methods(refusals))
}

/// Two refusals for the same reason are one, of every method.
fn merge_methods(mut refusals: Vec<RefusedHop>) -> Vec<RefusedHop> {
    if let [first, second] = refusals.as_mut_slice()
        && first.refusal.why == second.refusal.why
    {
        first.method = None;
        refusals.truncate(1);
    }
    refusals
}

fn planned(
    question: &Question<'_>,
    from: &MeshVersion,
    to: &MeshVersion,
    method: Method,
    grounds: Grounds,
) -> PlannedHop {
    let kubernetes = fit(question, to);
    let mut warnings: Vec<Warning> = grounds.stricter.map(Warning::Stricter).into_iter().collect();
    let catalog = question.catalog;
    let defects = |found: Vec<&KnownBad>, version: &MeshVersion| -> Vec<Warning> {
        found.into_iter().map(|defect| known_bad(defect, version)).collect()
    };
    warnings.extend(defects(catalog.defects_of_source(from, to), from));
    warnings.extend(defects(catalog.defects_of_target(to), to));
    if question.profile.provider == Provider::Istio {
        warnings.extend(age(question, to, kubernetes));
    }
    PlannedHop {
        from: from.clone(),
        to: to.clone(),
        method,
        hop: grounds.hop,
        rule: grounds.rule,
        source: grounds.source,
        way_back: grounds.way_back,
        warnings,
        kubernetes,
    }
}

fn known_bad(defect: &KnownBad, version: &MeshVersion) -> Warning {
    Warning::KnownBad {
        id: defect.id.clone(),
        version: version.clone(),
        problem: defect.problem.clone(),
        condition: defect.condition.clone(),
    }
}

/// What the calendar and Kubernetes say about a target.
fn age(
    question: &Question<'_>,
    to: &MeshVersion,
    kubernetes: Option<KubernetesFit>,
) -> Vec<Warning> {
    let Some(release) = question.catalog.release(to.minor()) else { return Vec::new() };
    let mut warnings = Vec::new();
    match kubernetes {
        Some(KubernetesFit::Tested | KubernetesFit::Undocumented) => {
            let range = release.kubernetes_range();
            warnings.push(Warning::Kubernetes { version: to.clone(), range });
        }
        Some(KubernetesFit::Supported | KubernetesFit::Refused { .. } | KubernetesFit::Unknown)
        | None => {}
    }
    if let (Some(today), Some(end)) = (question.circumstances.today, release.ends)
        && release.is_over(today)
    {
        warnings.push(Warning::OutOfSupport { minor: release.minor, date: end.date });
    }
    warnings
}

/// Kubernetes by Istio's own data. For ASM the live instance decides, so nothing is told here.
fn fit(question: &Question<'_>, version: &MeshVersion) -> Option<KubernetesFit> {
    let kubernetes = question.circumstances.kubernetes?;
    Some(match question.profile.provider {
        Provider::Istio => question.catalog.fit(version, kubernetes),
        Provider::Asm => KubernetesFit::Unknown,
    })
}

fn before<'a>(hop: &'a PlannedHop, rests: &'a [Route]) -> impl Iterator<Item = Route> + use<'a> {
    rests.iter().map(move |rest| {
        let hops = std::iter::once(hop).chain(&rest.hops).cloned().collect();
        Route { hops }
    })
}

/// Proxies may lag one minor, so they have to follow before the next hop.
fn mark_skew(route: &mut Route) {
    let followed = route.hops.len().saturating_sub(1);
    for hop in route.hops.iter_mut().take(followed).filter(|hop| hop.hop.restarts() > 0) {
        hop.warnings.push(Warning::Skew);
    }
}

fn refusal(question: &Question<'_>, why: Why) -> Refusal {
    let rule = match &why {
        Why::Kubernetes { .. } => "Kubernetes",
        Why::UnknownVersion { .. } => "catalogue",
        Why::Same
        | Why::Downgrade
        | Why::Major
        | Why::BuildUnknown
        | Why::NotForPatches
        | Why::InPlaceSkip
        | Why::CanarySkip { .. }
        | Why::TooOldFor { .. } => "order",
    };
    let source = format!("release data of {}", question.catalog.as_of);
    Refusal { why, rule: rule.to_owned(), source }
}

fn distinct(refusals: Vec<RefusedHop>) -> Vec<RefusedHop> {
    let mut kept: Vec<RefusedHop> = Vec::with_capacity(refusals.len());
    for refused in refusals {
        if !kept.contains(&refused) {
            kept.push(refused);
        }
    }
    kept
}
