//! The search: versions on the way are nodes, allowed hops are edges, and the best routes of each
//! node are joined from the target backwards. A route is held as its first edge and the rank of
//! its rest among the routes of the next node, so that comparing two costs nothing. Only the routes
//! that are told are written out (`written`).

use std::cmp::Reverse;

use super::route::{RefusedHop, Route, Routes};
use super::written::Writer;
use super::{Circumstances, nodes};
use crate::catalog::Catalog;
use crate::policy::{Grounds, Method, Profile, Verdict, judge};
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

/// An allowed hop between two nodes.
pub(super) struct Edge {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) method: Method,
    pub(super) grounds: Grounds,
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
type Order = (u32, Reverse<u32>, u32, Option<(Method, usize)>, usize);

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
    let ways = if versions.len() > 1 { best[0].as_slice() } else { &[] };
    let mut writer = Writer::new(question, &versions, &edges);
    let mut routes: Vec<Route> =
        ways.iter().map(|way| writer.route(passes(way, &edges, &best))).collect();
    // Among equals the ways are in their order already, and stay in it.
    routes.sort_by_cached_key(Route::cost);
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
        let mut refused = Vec::new();
        for method in [Method::Canary, Method::InPlace] {
            match judge(from, to, method, profile) {
                Verdict::Allowed(grounds) => edges.push(Edge { start, end, method, grounds }),
                Verdict::Refused(refusal) => refused.push(RefusedHop {
                    from: from.clone(),
                    to: to.clone(),
                    method: Some(method),
                    refusal,
                }),
            }
        }
        if is_telling {
            refusals.extend(merge_methods(refused));
        }
    }
    refusals
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

/// The routes that begin with an edge.
fn before(edges: &[Edge], edge: usize, best: &[Vec<Way>]) -> impl Iterator<Item = Way> {
    let Edge { start: _, end, method: _, grounds } = &edges[edge];
    let (restarts, way_back) = (grounds.hop.restarts(), u32::from(grounds.way_back));
    best[*end].iter().enumerate().map(move |(rest, way)| Way {
        restarts: way.restarts + restarts,
        ways_back: way.ways_back + way_back,
        hops: way.hops + 1,
        edge: Some(edge),
        rest,
    })
}

/// Where a way stands among those of its node. Two that begin with the same edge have rests of the
/// same node, whose ranks are their order; nodes rise, so that their numbers order as their versions.
fn order(way: &Way, edges: &[Edge]) -> Order {
    let first = way.edge.map(|edge| (edges[edge].method, edges[edge].end));
    (way.restarts, Reverse(way.ways_back), way.hops, first, way.rest)
}

/// The edges that a way passes, in order.
fn passes(way: &Way, edges: &[Edge], best: &[Vec<Way>]) -> impl Iterator<Item = usize> {
    let mut rest = *way;
    std::iter::from_fn(move || {
        let edge = rest.edge?;
        rest = best[edges[edge].end][rest.rest];
        Some(edge)
    })
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
