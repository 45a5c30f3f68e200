//! Every way from one version to another, best first, and why the others are refused.
//!
//! Entry point: [`routes`]. Deliberately absent: what is in the mesh (`precheck`) and doing any of
//! it (`rollout`). Works without a cluster.

mod hop;
mod kubernetes;
mod nodes;
mod passed;
mod route;
mod search;
#[cfg(test)]
mod tests;
mod written;

use jiff::civil::Date;

use crate::catalog::Catalog;
use crate::policy::Profile;
use crate::version::{MeshVersion, Minor};

pub use hop::{Hop, classify};
pub use kubernetes::{KubernetesUpgrade, Need};
pub use passed::PassedOver;
pub use route::{Best, Difference, PlannedHop, RefusedHop, Route, Routes, Warning};

/// What is known of the place where the versions would run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Kubernetes minor of the cluster, if it matters.
    pub kubernetes: Option<Minor>,
    /// Today, to tell which support windows are over.
    pub today: Option<Date>,
}

/// Every way from `from` to `to` that the rules allow: fewest restarts of the data plane first,
/// then most ways back, then fewest Kubernetes upgrades, then fewest hops, then canary before in
/// place. The order is total, so the same question always has the same answer.
pub fn routes(
    from: &MeshVersion,
    to: &MeshVersion,
    profile: &Profile,
    catalog: &Catalog,
    circumstances: &Circumstances,
) -> Routes {
    search::search(&search::Question { from, to, profile, catalog, circumstances })
}
