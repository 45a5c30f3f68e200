//! P-32: the gates of a managed mesh, which only its vendor's API knows.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::Installer;
use crate::policy::Provider;

/// Managed-mesh specifics.
pub(super) const ID: &str = "P-32";

/// What the cluster alone does not tell about a managed mesh.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let planes = &facts.snapshot.control_planes;
    let managed = match facts.aim.profile.provider {
        Provider::Asm => true,
        Provider::Istio => planes.iter().any(|plane| plane.installer == Installer::Vendor),
    };
    // A linked instance was read, and has rules of its own.
    if !managed || facts.snapshot.instance.is_some() {
        return Vec::new();
    }
    let what = "the vendor's own gates".to_owned();
    let why = "edition, channel and load balancer are known to the vendor's API only".to_owned();
    vec![Finding::new(ID, Severity::Warn, "Mesh", Problem::CannotTell { what, why })]
}
