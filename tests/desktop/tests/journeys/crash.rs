//! The program is killed in the middle of a wave, or of an install, and started again: it offers to
//! resume, does, and nothing was done twice.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use meshlift_desktop_journeys::{Journey, Mesh};

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

#[tokio::test]
async fn an_install_that_outlived_the_window_is_not_started_again() -> anyhow::Result<()> {
    let mesh = Mesh::install("1.30.5", "1-30").await?;
    let data = tempfile::tempdir()?;
    let calls = data.path().join("installs");
    let counted = counting(data.path(), &mesh.bed.istioctl_path("1.31.1"), &calls)?;
    let mut journey = Journey::begin("crash-install", &start_at(&mesh, data.path())).await?;
    journey.add_istioctl(&counted).await?;
    journey.name_values(&mesh.context, mesh.values()).await?;
    journey.open_mesh(&mesh.context, &mesh.server()).await?;
    journey.show_canary("Control plane").await?;
    journey.precheck().await?;
    journey.begin_run("Deploy canary…", "deploy").await?;
    mesh.object_appears("serviceaccount", "istiod-1-31").await?;

    let mut journey = journey.crash_and_reopen(&start_at(&mesh, data.path())).await?;
    journey.press("link", "History").await?;
    journey.says("Interrupted").await?;
    journey.press("link", "Run 1").await?;
    journey.press("button", "Resume").await?;
    journey.picture("resumed").await?;
    journey.run_to_its_end().await?;

    mesh.bed.istiod_ready("1-31", "1.31.1").await?;
    let calls = std::fs::read_to_string(&calls).context("no install was noted")?;
    ensure!(calls.lines().count() == 1, "installs: {calls:?}");
    mesh.expect_everything_on("1-30", "1.30.5").await?;
    journey.end().await?;
    mesh.bed.stop().await
}

/// The same istioctl, which notes every install in `calls`.
fn counting(folder: &Path, istioctl: &Path, calls: &Path) -> anyhow::Result<PathBuf> {
    let script = format!(
        "#!/bin/sh\n[ \"$1\" != install ] || echo install >> '{}'\nexec '{}' \"$@\"\n",
        calls.display(),
        istioctl.display()
    );
    let path = folder.join("istioctl");
    std::fs::write(&path, script).context("failed to write the counting istioctl")?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))
        .context("failed to make it a program")?;
    Ok(path)
}
