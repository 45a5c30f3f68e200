//! The search: versions on the way are nodes, allowed hops are edges, and the best routes of each
//! node are joined from the target backwards. A route is held as its first edge and the rank of
//! its rest among the routes of the next node, so that comparing two costs nothing.

use std::cmp::Reverse;
use std::sync::Arc;

use super::route::{PlannedHop, RefusedHop, Route, Routes, Warning};
use super::{Circumstances, kubernetes, nodes};
use crate::catalog::{Catalog, KnownBad};
use crate::policy::{Grounds, Method, Profile, Provider, Verdict, judge};
use crate::version::MeshVersion;

/// Routes that are kept per node. Long chains have thousands of mixes; nobody reads further.
const KEPT: usize = 24;
/// Refusals are told for hops over that many stops from the first version.
const TELLING: usize = 2;

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) from: &'a MeshVersion,
    pub(super) to: &'a MeshVersion,
    pub(super) profile: &'a Profile,
    pub(super) catalog: &'a Catalog,
    pub(super) circumstances: &'a Circumstances,
}

/// An allowed hop and the node that it leads to.
struct Edge {
    hop: PlannedHop,
    end: usize,
}

/// A route from a node to the target.
#[derive(Clone, Copy)]
struct Way {
    restarts: u32,
    ways_back: u32,
    hops: u32,
    /// Its first edge; none at the target itself.
    edge: Option<usize>,
    /// Which of the next node's routes follows.
    rest: usize,
}

/// Restarts, ways back, hops, the first hop, and the rank of the rest.
type Order<'a> = (u32, Reverse<u32>, u32, Option<(Method, &'a MeshVersion)>, usize);

pub(super) fn search(question: &Question<'_>) -> Routes {
    let mut found = nodes::nodes(question);
    let versions = std::mem::take(&mut found.versions);
    let mut refusals = std::mem::take(&mut found.refusals);
    let mut edges: Vec<Edge> = Vec::new();
    let mut best: Vec<Vec<Way>> = vec![Vec::new(); versions.len()];
    let mut more = false;
    if let Some(last) = best.last_mut() {
        last.push(Way { restarts: 0, ways_back: 0, hops: 0, edge: None, rest: 0 });
    }
    for start in (0..versions.len().saturating_sub(1)).rev() {
        let first = edges.len();
        refusals.extend(leave(question, &versions, start, &mut edges));
        let mut ways: Vec<Way> =
            (first..edges.len()).flat_map(|edge| before(&edges, edge, &best)).collect();
        ways.sort_by_key(|way| order(way, &edges));
        more |= ways.len() > KEPT;
        ways.truncate(KEPT);
        best[start] = ways;
    }
    let ways = if versions.len() > 1 { best[0].clone() } else { Vec::new() };
    let mut routes: Vec<Route> = ways.iter().map(|way| route(way, &edges, &best)).collect();
    for route in &mut routes {
        if let Some(minor) = question.circumstances.kubernetes {
            kubernetes::place(question, route, minor);
        }
        mark_skew(route);
    }
    routes.sort_by(Route::compare);
    Routes { routes, more, refusals: distinct(refusals), passed_over: found.passed_over }
}

/// Adds the allowed hops from a node, and gives those that are refused.
fn leave(
    question: &Question<'_>,
    versions: &[MeshVersion],
    start: usize,
    edges: &mut Vec<Edge>,
) -> Vec<RefusedHop> {
    let profile = question.profile;
    let reach = profile.in_place.max_minors.max(profile.canary.max_minors);
    let mut refusals = Vec::new();
    for end in start + 1..versions.len() {
        let (from, to) = (&versions[start], &versions[end]);
        let is_whole = start == 0 && end + 1 == versions.len();
        let is_telling = end == start + 1 || (start == 0 && end <= TELLING) || is_whole;
        let distance = to.minor().minor.saturating_sub(from.minor().minor);
        if distance > reach && !is_telling {
            continue;
        }
        let (hops, refused) = judged(question, from, to);
        edges.extend(hops.into_iter().map(|hop| Edge { hop, end }));
        if is_telling {
            refusals.extend(refused);
        }
    }
    refusals
}

/// The hops between two versions that are allowed, and those that are not.
fn judged(
    question: &Question<'_>,
    from: &MeshVersion,
    to: &MeshVersion,
) -> (Vec<PlannedHop>, Vec<RefusedHop>) {
    let mut hops = Vec::new();
    let mut refusals = Vec::new();
    for method in [Method::Canary, Method::InPlace] {
        match judge(from, to, method, question.profile) {
            Verdict::Allowed(grounds) => hops.push(planned(question, from, to, method, grounds)),
            Verdict::Refused(refusal) => refusals.push(RefusedHop {
                from: from.clone(),
                to: to.clone(),
                method: Some(method),
                refusal,
            }),
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
    let catalog = question.catalog;
    let provider = question.profile.provider;
    let mut warnings: Vec<Warning> = grounds.stricter.map(Warning::Stricter).into_iter().collect();
    let defects = |found: Vec<&KnownBad>, version: &MeshVersion| -> Vec<Warning> {
        found.into_iter().map(|defect| known_bad(defect, version)).collect()
    };
    warnings.extend(defects(catalog.defects_of_source(from, to), from));
    warnings.extend(defects(catalog.defects_of_target(to), to));
    // ASM has support windows of its own.
    if provider == Provider::Istio {
        warnings.extend(age(question, to));
    }
    let changes = catalog.changes_crossed(from, to, provider);
    PlannedHop {
        from: from.clone(),
        to: to.clone(),
        method,
        hop: grounds.hop,
        rule: grounds.rule.into(),
        source: grounds.source.into(),
        way_back: grounds.way_back,
        warnings,
        changes: changes.map(|change| change.id.clone()).collect::<Arc<[String]>>(),
        kubernetes_first: None,
        kubernetes: None,
    }
}

fn known_bad(defect: &KnownBad, version: &MeshVersion) -> Warning {
    Warning::KnownBad {
        id: defect.id.clone(),
        version: version.clone(),
        problem: defect.problem.clone(),
        condition: defect.condition.clone(),
        fixed_in: defect.fixed_in.iter().map(ToString::to_string).collect(),
    }
}

/// What the calendar says about a target.
fn age(question: &Question<'_>, to: &MeshVersion) -> Option<Warning> {
    let release = question.catalog.release(to.minor())?;
    let end = release.ends?;
    let is_over = release.is_over(question.circumstances.today?);
    is_over.then_some(Warning::OutOfSupport { minor: release.minor, date: end.date })
}

/// The routes that begin with an edge.
fn before(edges: &[Edge], edge: usize, best: &[Vec<Way>]) -> Vec<Way> {
    let Edge { hop, end } = &edges[edge];
    let rests = best[*end].iter().enumerate();
    rests
        .map(|(rest, way)| Way {
            restarts: way.restarts + hop.hop.restarts(),
            ways_back: way.ways_back + u32::from(hop.way_back),
            hops: way.hops + 1,
            edge: Some(edge),
            rest,
        })
        .collect()
}

/// Where a way stands among those of its node. Two that begin with the same edge have rests of the
/// same node, whose ranks are their order.
fn order<'a>(way: &Way, edges: &'a [Edge]) -> Order<'a> {
    let first = way.edge.map(|edge| (edges[edge].hop.method, &edges[edge].hop.to));
    (way.restarts, Reverse(way.ways_back), way.hops, first, way.rest)
}

fn route(way: &Way, edges: &[Edge], best: &[Vec<Way>]) -> Route {
    let mut hops = Vec::new();
    let mut way = way;
    while let Some(edge) = way.edge {
        let Edge { hop, end } = &edges[edge];
        hops.push(hop.clone());
        way = &best[*end][way.rest];
    }
    Route { hops }
}

/// Proxies may lag one minor, so they have to follow before the next hop.
fn mark_skew(route: &mut Route) {
    let followed = route.hops.len().saturating_sub(1);
    for hop in route.hops.iter_mut().take(followed).filter(|hop| hop.hop.restarts() > 0) {
        hop.warnings.push(Warning::Skew);
    }
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
