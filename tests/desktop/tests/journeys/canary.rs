//! By canary from 1.30.5 to 1.31.1, over two namespaces and five workloads.

use anyhow::ensure;
use meshlift_desktop_journeys::Mesh;

use crate::at_the_mesh;

#[tokio::test]
async fn a_mesh_is_upgraded_by_canary() -> anyhow::Result<()> {
    let mesh = Mesh::install("1.30.5", "1-30").await?;
    ensure!(mesh.default_tag().await? == "1-30", "the first revisioned install sets the tag");
    let data = tempfile::tempdir()?;
    let mut journey = at_the_mesh("canary", &mesh, data.path()).await?;

    journey.show_canary("Control plane").await?;
    journey.precheck().await?;
    journey.picture("precheck").await?;
    journey.carry_out("Deploy canary…", "deploy").await?;
    mesh.expect_everything_on("1-30", "1.30.5").await?;

    // One namespace with its restart in the same run.
    journey.show_canary("Data plane").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.carry_out_waves("Move to canary… catalog", "move-catalog").await?;

    // The other one in two steps.
    journey.show_canary("Data plane").await?;
    journey.carry_out("Move to canary… shop", "move-shop").await?;
    journey.show_canary("Data plane").await?;
    journey.select_all_in("Workloads To Be Upgraded").await?;
    journey.picture("to-be-upgraded").await?;
    journey.carry_out_waves("Rolling Upgrade (3)", "restart-shop").await?;
    mesh.expect_everything_on("1-31", "1.31.1").await?;

    journey.show_canary("Control plane").await?;
    journey.carry_out("Promote…", "promote").await?;
    ensure!(mesh.default_tag().await? == "1-31", "the tag moved");

    journey.show_canary("Control plane").await?;
    journey.carry_out("Unpublish…", "unpublish").await?;
    journey.show("In-place Upgrade").await?;
    journey.picture("upgraded").await?;
    mesh.expect_everything_on("1-31", "1.31.1").await?;
    let left = mesh.objects_of("1-30").await?;
    ensure!(left.is_empty(), "of the old revision there is still {left:?}");

    journey.end().await?;
    mesh.bed.stop().await
}
