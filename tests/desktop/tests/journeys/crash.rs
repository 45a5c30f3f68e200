//! The program is killed in the middle of a wave and started again: it offers to resume, does, and
//! nothing was done twice.

use anyhow::ensure;
use meshlift_desktop_journeys::Mesh;

use crate::{at_the_mesh, start_at};

#[tokio::test]
async fn a_run_that_was_cut_short_is_resumed() -> anyhow::Result<()> {
    let mesh = Mesh::install("1.30.5", "1-30").await?;
    let data = tempfile::tempdir()?;
    let mut journey = at_the_mesh("crash", &mesh, data.path()).await?;
    journey.show_canary("Control plane").await?;
    journey.precheck().await?;
    journey.carry_out("Deploy canary…", "deploy").await?;
    journey.show_canary("Data plane").await?;
    journey.select_all_in("Namespaces").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.begin_run("Move to canary (2)…", "move").await?;
    journey.run_restarts_pods().await?;

    let mut journey = journey.crash_and_reopen(&start_at(&mesh, data.path())).await?;
    journey.press("link", "History").await?;
    journey.says("Interrupted").await?;
    journey.picture("interrupted").await?;
    journey.press("link", "Run 2").await?;
    journey.press("button", "Resume").await?;
    journey.run_to_its_end().await?;
    journey.picture("resumed").await?;

    mesh.expect_everything_on("1-31", "1.31.1").await?;
    let templates = mesh.templates().await?;
    ensure!(
        templates.values().all(|count| *count == 2),
        "every workload had one template before its one restart, and one after: {templates:?}"
    );
    journey.end().await?;
    mesh.bed.stop().await
}
