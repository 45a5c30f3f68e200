//! A route, its hops, and what speaks against them.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::civil::Date;

use super::Hop;
use super::kubernetes::KubernetesUpgrade;
use super::passed::PassedOver;
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
    /// Versions on the way that no route stops at, and why.
    pub passed_over: Vec<PassedOver>,
}

/// One route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Its hops, in order. Routes share those that they have in common.
    pub hops: Vec<Arc<PlannedHop>>,
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
    /// Ids of the changes that it crosses, by the minor that brings them, the worst first.
    pub changes: Vec<String>,
    /// Kubernetes upgrade that comes before it.
    pub kubernetes_first: Option<KubernetesUpgrade>,
    /// Whether Kubernetes fits its target then; none when it was not asked for.
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
        /// The first fixed patch of each line.
        fixed_in: Vec<String>,
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

/// How two routes to the same version differ, by what counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// One restarts the whole data plane less often.
    Restarts {
        /// How many times less.
        fewer: u32,
    },
    /// One has more hops with a way back.
    WaysBack {
        /// How many more.
        more: u32,
    },
    /// One is interrupted by fewer Kubernetes upgrades.
    KubernetesUpgrades {
        /// How many fewer.
        fewer: u32,
    },
    /// One has fewer hops.
    Hops {
        /// How many fewer.
        fewer: u32,
    },
    /// They differ only in where they use which method, canaries first.
    Order,
}

/// Why the first route is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Best {
    /// There is no other.
    Only,
    /// It is ahead of the next by this.
    Ahead(Difference),
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

    /// Kubernetes upgrades that come first or in between.
    pub fn kubernetes_upgrades(&self) -> usize {
        self.hops.iter().filter(|hop| hop.kubernetes_first.is_some()).count()
    }

    /// By what this route is ahead of another one that is ordered after it.
    pub fn ahead_of(&self, other: &Self) -> Difference {
        let less =
            |this: usize, that: usize| u32::try_from(that.saturating_sub(this)).unwrap_or(u32::MAX);
        if self.restarts() < other.restarts() {
            Difference::Restarts { fewer: other.restarts() - self.restarts() }
        } else if self.ways_back() > other.ways_back() {
            Difference::WaysBack { more: less(other.ways_back(), self.ways_back()) }
        } else if self.kubernetes_upgrades() < other.kubernetes_upgrades() {
            let fewer = less(self.kubernetes_upgrades(), other.kubernetes_upgrades());
            Difference::KubernetesUpgrades { fewer }
        } else if self.hops.len() < other.hops.len() {
            Difference::Hops { fewer: less(self.hops.len(), other.hops.len()) }
        } else {
            Difference::Order
        }
    }

    /// What routes between the same two versions are ordered by.
    pub(super) fn cost(&self) -> (u32, Reverse<usize>, usize, usize) {
        let back = Reverse(self.ways_back());
        (self.restarts(), back, self.kubernetes_upgrades(), self.hops.len())
    }
}

impl Routes {
    /// Why the first route is the first; none when there is no route.
    pub fn best(&self) -> Option<Best> {
        let first = self.routes.first()?;
        Some(self.routes.get(1).map_or(Best::Only, |next| Best::Ahead(first.ahead_of(next))))
    }
}
