//! The tour: the demo's canary upgrade, as somebody without a cluster makes it.

use meshlift_desktop_journeys::{Journey, Start};

const DEMO: &str = "demo-istio";

#[tokio::test]
async fn the_demo_is_upgraded_by_canary() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut journey = Journey::begin("demo", &Start::demo(data.path())).await?;
    journey.press("link", "Meshes").await?;
    journey.picture("meshes").await?;
    journey.open_mesh(DEMO, "").await?;
    journey.says("This mesh is simulated").await?;
    journey.picture("upgrade-management").await?;

    journey.show_canary("Control plane").await?;
    journey.precheck().await?;
    journey.picture("precheck").await?;
    journey.carry_out("Deploy canary…", "deploy").await?;

    journey.show_canary("Data plane").await?;
    journey.picture("namespaces").await?;
    journey.select_all_in("Namespaces").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.carry_out_waves("Move to canary (*", "move").await?;

    journey.show_canary("Control plane").await?;
    journey.carry_out("Promote…", "promote").await?;
    journey.show_canary("Control plane").await?;
    journey.carry_out("Upgrade Gateway…", "gateways").await?;
    journey.show_canary("Control plane").await?;
    journey.carry_out("Unpublish…", "unpublish").await?;
    // The demo has what real meshes have: a workload that no webhook would inject again. It is left
    // alone, and it is said.
    journey.press("link", "Upgrade Management").await?;
    journey.says("Would lose its sidecar").await?;
    journey.picture("upgraded").await?;

    journey.press("link", "Planner").await?;
    journey.find("region", "Routes").await?;
    journey.picture("planner").await?;
    journey.press("link", "History").await?;
    journey.find("link", "Run 5").await?;
    journey.picture("history").await?;
    journey.end().await
}
