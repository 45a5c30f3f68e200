//! Started read-only, the window shows the mesh and its findings, refuses every button with the reason,
//! and writes nothing.

use anyhow::ensure;
use meshlift_desktop_journeys::{Journey, Mesh, Start};

use crate::start_at;

const REASON: &str = "Read-only is on";

#[tokio::test]
async fn a_read_only_window_writes_nothing() -> anyhow::Result<()> {
    let mesh = Mesh::install("1.30.5", "1-30").await?;
    let before = mesh.written().await?;
    let data = tempfile::tempdir()?;
    let start = Start { read_only: true, ..start_at(&mesh, data.path()) };
    let mut journey = Journey::begin("read-only", &start).await?;
    journey.open_mesh(&mesh.context, &mesh.server()).await?;

    journey.show("In-place Upgrade").await?;
    journey.precheck().await?;
    journey.refuses("Upgrade", REASON).await?;
    journey.picture("in-place").await?;
    journey.show_canary("Control plane").await?;
    for button in ["Deploy canary…", "Promote…", "Revoke…", "Unpublish…"] {
        journey.refuses(button, REASON).await?;
    }
    journey.picture("canary").await?;
    journey.end().await?;

    let after = mesh.written().await?;
    ensure!(after == before, "something was written:\n{before:#?}\n{after:#?}");
    let leases = mesh.bed.kubectl(&["-n", "istio-system", "get", "leases", "-o", "name"]).await?;
    let leases = leases.checked()?;
    ensure!(!leases.contains("/meshlift"), "nobody took the lease: {leases}");
    mesh.bed.stop().await
}
