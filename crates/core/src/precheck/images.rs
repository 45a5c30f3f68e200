//! P-21: proxy images that nodes may not be able to pull.

use super::facts::Facts;
use super::{Finding, Problem, Severity, hub};

/// Image reachability.
pub(super) const ID: &str = "P-21";

/// Injectors that put images of a retired registry into new pods.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let planes = facts.snapshot.control_planes.iter().filter_map(|plane| {
        let image = plane.proxy.as_ref().map_or(&plane.image, |proxy| &proxy.image);
        let place = hub::retired(image)?;
        let problem = Problem::RetiredHub { hub: place.to_owned() };
        let subject = format!("Revision {}", plane.revision);
        Some(Finding::new(ID, Severity::Warn, subject, problem))
    });
    planes.collect()
}
