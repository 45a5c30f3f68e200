//! P-13: a Helm release that is stuck in the middle of an operation. Helm keeps that in Secrets, and
//! Secrets are never read: for a mesh of Helm it can't be told.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::Installer;

/// Stuck Helm release.
pub(super) const ID: &str = "P-13";

/// What can't be told about a mesh that Helm installed.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut planes = facts.snapshot.control_planes.iter();
    let Some(plane) = planes.find(|plane| plane.installer == Installer::Helm) else {
        return Vec::new();
    };
    let what = "the state of its Helm release".to_owned();
    let why = "Helm keeps it in a Secret, and Secrets are never read".to_owned();
    let subject = format!("Deployment {}/{}", plane.namespace, plane.deployment);
    let fix = format!("helm -n {} list --pending", plane.namespace);
    vec![
        Finding::new(ID, Severity::Warn, subject, Problem::CannotTell { what, why }).mended_by(fix),
    ]
}
