//! In place from 1.30.5 to 1.31.1, from an install without a revision and with a gateway.

use anyhow::ensure;
use meshlift_desktop_journeys::Mesh;

use crate::at_the_mesh;

const GATEWAY: &str = "istio-ingressgateway";

#[tokio::test]
async fn a_mesh_is_upgraded_in_place() -> anyhow::Result<()> {
    let mesh = Mesh::install_with("1.30.5", "default", &[GATEWAY]).await?;
    let gateway = mesh.uid_of(GATEWAY).await?;
    let data = tempfile::tempdir()?;
    let mut journey = at_the_mesh("in-place", &mesh, data.path()).await?;

    journey.show("In-place Upgrade").await?;
    journey.precheck().await?;
    journey.picture("precheck").await?;
    journey.carry_out("Upgrade", "upgrade").await?;

    journey.show("In-place Upgrade").await?;
    journey.picture("gateway").await?;
    journey.carry_out("Upgrade Gateway", "gateway").await?;
    journey.show("In-place Upgrade").await?;
    journey.select_all_in("Data Plane").await?;
    journey.picture("data-plane").await?;
    journey.carry_out_waves("Rolling Upgrade (5)", "restart").await?;
    mesh.expect_everything_on("default", "1.31.1").await?;
    ensure!(mesh.uid_of(GATEWAY).await? == gateway, "the gateway is the same one");

    journey.end().await?;
    mesh.bed.stop().await
}
