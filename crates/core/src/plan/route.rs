//! A route, its hops, and what speaks against them.

use std::cmp::{Ordering, Reverse};

use jiff::civil::Date;

use super::Hop;
use crate::catalog::KubernetesFit;
use crate::policy::{Method, Refusal};
use crate::version::{MeshVersion, Minor};

/// What the planner answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// The routes, best first.
    pub routes: Vec<Route>,
    /// Whether there are more, none of them better.
    pub more: bool,
    /// What is refused on the way, and why.
    pub refusals: Vec<RefusedHop>,
}

/// One route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Its hops, in order.
    pub hops: Vec<PlannedHop>,
}

/// One hop of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedHop {
    /// From.
    pub from: MeshVersion,
    /// To.
    pub to: MeshVersion,
    /// By which method.
    pub method: Method,
    /// What kind of hop it is.
    pub hop: Hop,
    /// Name of the rule that allows it.
    pub rule: String,
    /// Where that rule stands.
    pub source: String,
    /// Whether it has a way back before it is finished.
    pub way_back: bool,
    /// What speaks against it.
    pub warnings: Vec<Warning>,
    /// Whether Kubernetes fits its target; none when it was not asked for.
    pub kubernetes: Option<KubernetesFit>,
}

/// Something that speaks against a hop without forbidding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A stricter page would refuse it.
    Stricter(Refusal),
    /// The target has a known defect, or the source must be patched first.
    KnownBad {
        /// Id of the defect.
        id: String,
        /// The version that has it.
        version: MeshVersion,
        /// What goes wrong.
        problem: String,
        /// When it shows, if not always.
        condition: Option<String>,
    },
    /// Kubernetes is outside the documented range.
    Kubernetes {
        /// The version.
        version: MeshVersion,
        /// The documented range.
        range: String,
    },
    /// The target is out of support.
    OutOfSupport {
        /// Its minor.
        minor: Minor,
        /// The last day of support.
        date: Date,
    },
    /// The proxies have to follow before the next hop.
    Skew,
}

/// A hop that the rules refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedHop {
    /// From.
    pub from: MeshVersion,
    /// To.
    pub to: MeshVersion,
    /// By which method; none when it is refused by every one.
    pub method: Option<Method>,
    /// Why.
    pub refusal: Refusal,
}

/// Why the first route is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Best {
    /// There is no other.
    Only,
    /// It restarts the data plane less often than any other.
    FewestRestarts,
    /// It restarts as seldom as the next and has more ways back.
    MoreWaysBack,
    /// The next differs only in hops or in their order.
    AsGoodAsNext,
}

impl Route {
    /// Full restarts of the data plane.
    pub fn restarts(&self) -> u32 {
        self.hops.iter().map(|hop| hop.hop.restarts()).sum()
    }

    /// Hops that have a way back.
    pub fn ways_back(&self) -> usize {
        self.hops.iter().filter(|hop| hop.way_back).count()
    }

    /// The order of routes between the same two versions.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let cost = |route: &Self| (route.restarts(), Reverse(route.ways_back()), route.hops.len());
        let ways = |route: &Self| -> Vec<_> {
            route.hops.iter().map(|hop| (hop.method, hop.to.clone())).collect()
        };
        cost(self).cmp(&cost(other)).then_with(|| ways(self).cmp(&ways(other)))
    }
}

impl Routes {
    /// Why the first route is the first; none when there is no route.
    pub fn best(&self) -> Option<Best> {
        let first = self.routes.first()?;
        let Some(second) = self.routes.get(1) else { return Some(Best::Only) };
        Some(if first.restarts() < second.restarts() {
            Best::FewestRestarts
        } else if first.ways_back() > second.ways_back() {
            Best::MoreWaysBack
        } else {
            Best::AsGoodAsNext
        })
    }
}
