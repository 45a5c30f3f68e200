//! A canary that is given up half way: everything is as before, but for the CRDs.

use std::collections::BTreeSet;

use anyhow::ensure;
use meshlift_desktop_journeys::Mesh;

use crate::at_the_mesh;

#[tokio::test]
async fn a_half_done_canary_is_revoked() -> anyhow::Result<()> {
    half_done_and_revoked("revoke", "1-30", "1-31").await
}

#[tokio::test]
async fn a_canary_beside_an_install_without_a_revision_is_revoked() -> anyhow::Result<()> {
    half_done_and_revoked("unrevisioned-revoke", "default", "1-31-1").await
}

async fn half_done_and_revoked(name: &str, stable: &str, canary: &str) -> anyhow::Result<()> {
    let mesh = Mesh::install("1.30.5", stable).await?;
    let (before, objects) = (mesh.fingerprint().await?, mesh.objects().await?);
    let data = tempfile::tempdir()?;
    let mut journey = at_the_mesh(name, &mesh, data.path()).await?;

    journey.show_canary("Control plane").await?;
    journey.precheck().await?;
    journey.carry_out("Deploy canary…", "deploy").await?;
    journey.show_canary("Data plane").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.carry_out_waves("Move to canary… shop", "move-shop").await?;
    let half: BTreeSet<_> = mesh.proxies().await?.into_values().map(|proxy| proxy.0).collect();
    let both = BTreeSet::from([stable, canary].map(str::to_owned));
    ensure!(half == both, "half of the mesh has moved: {half:?}");

    journey.show_canary("Control plane").await?;
    journey.carry_out_waves("Revoke…", "revoke").await?;

    mesh.expect_everything_on(stable, "1.30.5").await?;
    let after = mesh.fingerprint().await?;
    ensure!(after == before, "labels, tags, webhooks, validators:\n{before:#?}\n{after:#?}");
    let found = mesh.objects().await?;
    let differ: Vec<_> = found.symmetric_difference(&objects).collect();
    ensure!(differ.is_empty(), "left of the canary, or lost with it: {differ:?}");
    let leases = mesh.leases_of(canary).await?;
    ensure!(leases.is_empty(), "leases of the canary: {leases:?}");

    journey.end().await?;
    mesh.bed.stop().await
}
