//! Routes written out: what each of their hops is, crosses and is warned of.
//!
//! Entry point: [`Writer::route`]. A hop is the same in every route that reaches it with the same
//! Kubernetes, so it is written once and shared: the routes of a long chain differ in few of theirs.

use std::collections::HashMap;
use std::sync::Arc;

use super::kubernetes;
use super::route::{PlannedHop, Route, Warning};
use super::search::{Edge, Question};
use crate::catalog::KnownBad;
use crate::policy::Provider;
use crate::version::{MeshVersion, Minor};

/// Writes the routes of one search.
pub(super) struct Writer<'a> {
    question: &'a Question<'a>,
    versions: &'a [MeshVersion],
    edges: &'a [Edge],
    /// What was written, by edge and the Kubernetes before it.
    hops: HashMap<(usize, Option<Minor>), Written>,
}

/// A hop, and the Kubernetes after it.
#[derive(Clone)]
struct Written {
    hop: Arc<PlannedHop>,
    kubernetes: Option<Minor>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        question: &'a Question<'a>,
        versions: &'a [MeshVersion],
        edges: &'a [Edge],
    ) -> Self {
        Self { question, versions, edges, hops: HashMap::new() }
    }

    /// The route that passes these edges.
    pub(super) fn route(&mut self, passes: impl Iterator<Item = usize>) -> Route {
        let mut kubernetes = self.question.circumstances.kubernetes;
        let hops = passes.map(|edge| {
            let written = self.hop(edge, kubernetes);
            kubernetes = written.kubernetes;
            written.hop
        });
        Route { hops: hops.collect() }
    }

    fn hop(&mut self, edge: usize, kubernetes: Option<Minor>) -> Written {
        let Self { question, versions, edges, hops } = self;
        hops.entry((edge, kubernetes))
            .or_insert_with(|| write(question, versions, &edges[edge], kubernetes))
            .clone()
    }
}

fn write(
    question: &Question<'_>,
    versions: &[MeshVersion],
    edge: &Edge,
    kubernetes: Option<Minor>,
) -> Written {
    let mut hop = planned(question, &versions[edge.start], &versions[edge.end], edge);
    let kubernetes = kubernetes.map(|before| kubernetes::place(question, &mut hop, before));
    // Proxies may lag one minor, so they have to follow before the next hop.
    if edge.end + 1 < versions.len() && hop.hop.restarts() > 0 {
        hop.warnings.push(Warning::Skew);
    }
    Written { hop: Arc::new(hop), kubernetes }
}

fn planned(
    question: &Question<'_>,
    from: &MeshVersion,
    to: &MeshVersion,
    edge: &Edge,
) -> PlannedHop {
    let Edge { start: _, end: _, method, grounds } = edge;
    let provider = question.profile.provider;
    let changes = question.catalog.changes_crossed(from, to, provider);
    PlannedHop {
        from: from.clone(),
        to: to.clone(),
        method: *method,
        hop: grounds.hop,
        rule: grounds.rule.clone(),
        source: grounds.source.clone(),
        way_back: grounds.way_back,
        warnings: warnings(question, from, to, edge),
        changes: changes.map(|change| change.id.clone()).collect(),
        kubernetes_first: None,
        kubernetes: None,
    }
}

fn warnings(
    question: &Question<'_>,
    from: &MeshVersion,
    to: &MeshVersion,
    edge: &Edge,
) -> Vec<Warning> {
    let catalog = question.catalog;
    let stricter = edge.grounds.stricter.clone().map(Warning::Stricter);
    let of_source = catalog.defects_of_source(from, to).into_iter();
    let of_target = catalog.defects_of_target(to).into_iter();
    stricter
        .into_iter()
        .chain(of_source.map(|defect| known_bad(defect, from)))
        .chain(of_target.map(|defect| known_bad(defect, to)))
        .chain(age(question, to))
        .collect()
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

/// What the calendar says about a target. ASM has support windows of its own.
fn age(question: &Question<'_>, to: &MeshVersion) -> Option<Warning> {
    if question.profile.provider == Provider::Asm {
        return None;
    }
    let release = question.catalog.release(to.minor())?;
    let end = release.ends?;
    let is_over = release.is_over(question.circumstances.today?);
    is_over.then_some(Warning::OutOfSupport { minor: release.minor, date: end.date })
}
