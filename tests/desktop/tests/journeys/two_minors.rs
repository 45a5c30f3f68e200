//! By canary over two minors, 1.29.8 to 1.31.1, with a gateway that the install renders.

use anyhow::ensure;
use meshlift_desktop_journeys::Mesh;

use crate::at_the_mesh;

const GATEWAY: &str = "istio-ingressgateway";

#[tokio::test]
async fn a_mesh_with_a_gateway_is_upgraded_over_two_minors() -> anyhow::Result<()> {
    let mesh = Mesh::install_with("1.29.8", "1-29", &[GATEWAY]).await?;
    let gateway = mesh.uid_of(GATEWAY).await?;
    let data = tempfile::tempdir()?;
    let mut journey = at_the_mesh("two-minors", &mesh, data.path()).await?;
    journey.show_canary("Control plane").await?;
    journey.says("1.31.1 beside 1-29").await?;
    journey.precheck().await?;
    journey.carry_out("Deploy canary…", "deploy").await?;

    journey.show_canary("Data plane").await?;
    journey.select_all_in("Namespaces").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.carry_out_waves("Move to canary (2)…", "move").await?;
    journey.show_canary("Control plane").await?;
    journey.carry_out("Promote…", "promote").await?;
    journey.show_canary("Control plane").await?;
    journey.carry_out("Upgrade Gateway…", "gateway").await?;
    journey.show_canary("Control plane").await?;
    journey.carry_out("Unpublish…", "unpublish").await?;

    mesh.expect_everything_on("1-31", "1.31.1").await?;
    ensure!(mesh.default_tag().await? == "1-31", "the tag moved");
    ensure!(mesh.uid_of(GATEWAY).await? == gateway, "the gateway is the same one");
    let left = mesh.objects_of("1-29").await?;
    ensure!(left.is_empty(), "of the old revision there is still {left:?}");
    journey.end().await?;
    mesh.bed.stop().await
}
