//! Journeys through the real window. Nothing between the page and the cluster is mocked; what they
//! did is read back with kubectl and istioctl.

mod asm;
mod canary;
mod crash;
mod demo;
mod in_place;
mod read_only;
mod revoke;
mod second_start;
mod two_minors;
mod unrevisioned;

use std::path::Path;

use meshlift_desktop_journeys::{Journey, Mesh, Start};

/// How the window is started on a real mesh.
fn start_at(mesh: &Mesh, data: &Path) -> Start {
    Start { kubeconfigs: vec![mesh.bed.kubeconfig().to_owned()], ..Start::demo(data) }
}

/// The window on a real mesh, with the target's istioctl and the install's own values named.
async fn at_the_mesh(name: &str, mesh: &Mesh, data: &Path) -> anyhow::Result<Journey> {
    let mut journey = Journey::begin(name, &start_at(mesh, data)).await?;
    journey.add_istioctl(&mesh.bed.istioctl_path("1.31.1")).await?;
    journey.name_values(&mesh.context, mesh.values()).await?;
    journey.open_mesh(&mesh.context, &mesh.server()).await?;
    Ok(journey)
}
