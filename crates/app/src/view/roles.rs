//! What each control plane is in an upgrade: stable, canary, or old.
//!
//! Entry point: [`roles`].

use std::cmp::Reverse;

use meshlift_core::injection;
use meshlift_core::inventory::{ControlPlane, Snapshot};

use crate::api::dto::RevisionRole;

/// The control planes of a mesh by what they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles<'a> {
    /// The one that answers for `istio-injection=enabled`, else the one with most pods.
    pub(crate) stable: Option<&'a ControlPlane>,
    /// The newest that is newer than stable.
    pub(crate) canary: Option<&'a ControlPlane>,
    /// Those that are older than stable: left over after a promotion.
    pub(crate) old: Vec<&'a ControlPlane>,
}

/// Sorts the control planes of a mesh.
pub(crate) fn roles(snapshot: &Snapshot) -> Roles<'_> {
    let planes = &snapshot.control_planes;
    let named = injection::default_revision(snapshot)
        .revision
        .and_then(|revision| planes.iter().find(|plane| plane.revision == revision));
    let busiest = || {
        let pods = |plane: &&ControlPlane| pods_of(snapshot, &plane.revision);
        planes.iter().min_by_key(|plane| (Reverse(pods(plane)), plane.version.clone()))
    };
    let Some(stable) = named.or_else(busiest) else { return Roles::default() };
    let canary = planes
        .iter()
        .filter(|plane| plane.revision != stable.revision && plane.version > stable.version)
        .max_by(|a, b| a.version.cmp(&b.version));
    let old = planes
        .iter()
        .filter(|plane| plane.revision != stable.revision && plane.version <= stable.version)
        .collect();
    Roles { stable: Some(stable), canary, old }
}

impl<'a> Roles<'a> {
    /// Where namespaces are moved to: the canary, and after its promotion the same plane, as long as
    /// the old one stands.
    pub(crate) fn ahead(&self) -> Option<&'a ControlPlane> {
        self.canary.or(if self.old.is_empty() { None } else { self.stable })
    }

    /// Where they are moved back to: the plane that was there before.
    pub(crate) fn back(&self) -> Option<&'a ControlPlane> {
        match self.canary {
            Some(_) => self.stable,
            None => self.old.first().copied().or(self.stable),
        }
    }

    /// What a control plane is.
    pub(crate) fn of(&self, revision: &str) -> RevisionRole {
        let is = |plane: Option<&ControlPlane>| plane.is_some_and(|it| &*it.revision == revision);
        if is(self.stable) {
            RevisionRole::Stable
        } else if is(self.canary) {
            RevisionRole::Canary
        } else {
            RevisionRole::Other
        }
    }
}

/// Pods whose proxy a revision injected.
pub(crate) fn pods_of(snapshot: &Snapshot, revision: &str) -> u32 {
    let pods = snapshot.pods.values().filter(|pod| !pod.is_finished()).filter(|pod| {
        pod.proxy.as_ref().and_then(|proxy| proxy.revision.as_deref()) == Some(revision)
    });
    u32::try_from(pods.count()).unwrap_or(u32::MAX)
}
