//! Which proxies are behind: one count for the Meshes page, the head of a mesh and its rows.
//!
//! Entry point: [`behind`]. A proxy is behind when it is not what its control plane would give it
//! now, whether or not a restart may mend that. Deliberately absent: what a restart would do, which
//! is the state of a row.

use meshlift_core::dataplane::{Assessment, Standing};
use meshlift_core::inventory::{ControlPlane, Role, Snapshot};
use meshlift_core::version::MeshVersion;

use super::roles::roles;
use super::rows::installed_after;

/// How many proxies of a workload are behind.
pub(crate) fn behind(snapshot: &Snapshot, assessment: &Assessment) -> u32 {
    let is_behind = |standing: &&Standing| match assessment.role {
        Role::ControlPlane => false,
        Role::InstalledGateway => is_old_gateway(snapshot, standing),
        Role::Application | Role::InjectedGateway | Role::ManagedGateway => {
            is_old_sidecar(snapshot, assessment, standing)
        }
    };
    let proxies = assessment.now.iter().filter(|standing| standing.has_proxy);
    proxies.filter(is_behind).map(|standing| standing.pods).sum()
}

/// A gateway of the install goes where the install goes.
fn is_old_gateway(snapshot: &Snapshot, standing: &Standing) -> bool {
    let Some(plane) = installed_after(snapshot) else { return false };
    let elsewhere = standing.revision.as_ref().is_some_and(|own| *own != plane.revision);
    let versions = standing.version.as_ref().zip(plane.version.as_ref());
    elsewhere || versions.is_some_and(|(own, newest)| own.istio() < newest.istio())
}

/// A sidecar goes where its labels say. One that nothing would inject again is held against the
/// control plane that it came from, or the mesh's own where that one is gone.
fn is_old_sidecar(snapshot: &Snapshot, assessment: &Assessment, standing: &Standing) -> bool {
    let wanted = assessment.after.revision.as_ref();
    if wanted.is_some() && standing.revision.as_ref() != wanted {
        return true;
    }
    let own = wanted.or(standing.revision.as_ref());
    let plane = own.and_then(|revision| snapshot.control_plane(revision));
    let given = plane.or_else(|| roles(snapshot).stable).and_then(proxy_version);
    // ASM's own patch number counts as little here as in the state of a row (S27).
    given.zip(standing.version.as_ref()).is_some_and(|(given, own)| given.istio() != own.istio())
}

fn proxy_version(plane: &ControlPlane) -> Option<&MeshVersion> {
    plane.proxy.as_ref()?.version.as_ref()
}
