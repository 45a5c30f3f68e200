//! From an install without a revision, whose namespaces say `istio-injection=enabled`.

use anyhow::ensure;
use meshlift_desktop_journeys::Mesh;

use crate::at_the_mesh;

#[tokio::test]
async fn an_install_without_a_revision_is_upgraded_by_canary() -> anyhow::Result<()> {
    let mesh = Mesh::install("1.30.5", "default").await?;
    let data = tempfile::tempdir()?;
    let mut journey = at_the_mesh("unrevisioned", &mesh, data.path()).await?;
    journey.show_canary("Control plane").await?;
    journey.precheck().await?;
    journey.carry_out("Deploy canary…", "deploy").await?;
    journey.show_canary("Data plane").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.carry_out_waves("Move to canary… catalog", "move-catalog").await?;

    // The other namespace keeps its label, which means the new revision from now on.
    journey.show_canary("Control plane").await?;
    journey.carry_out("Promote…", "promote").await?;
    let tag = mesh.default_tag().await?;
    ensure!(tag == "1-31-1", "the tag names the new revision, and not {tag}");
    journey.show_canary("Data plane").await?;
    journey.select_all_in("Workloads To Be Upgraded").await?;
    journey.picture("to-be-upgraded").await?;
    journey.carry_out_waves("Rolling Upgrade (3)", "restart-shop").await?;
    mesh.expect_everything_on("1-31-1", "1.31.1").await?;
    ensure!(mesh.label("shop", "istio-injection").await?.as_deref() == Some("enabled"));

    journey.show_canary("Control plane").await?;
    journey.carry_out("Unpublish…", "unpublish").await?;
    mesh.expect_everything_on("1-31-1", "1.31.1").await?;
    let left = mesh.objects_of("default").await?;
    ensure!(left.is_empty(), "of the old install there is still {left:?}");

    journey.end().await?;
    mesh.bed.stop().await
}
