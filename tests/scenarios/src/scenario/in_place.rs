//! In place: the control plane, then the workloads, then it is verified.

use anyhow::{Result, ensure};
use meshlift_app::api::dto::{Method, OperationRequest, RowState};

use super::canary::{restart_all, window_agrees};
use super::mesh::{self, MINOR, Upgrade, WITHOUT_REVISION, all_moved, all_on};
use crate::operator::{Desk, Operator};
use crate::world::World;

/// 1.30.5 to 1.31.1 under the same revision.
pub async fn in_place(world: &World) -> Result<()> {
    upgraded(world, &MINOR).await
}

/// The same from an install without a revision.
pub async fn in_place_without_revision(world: &World) -> Result<()> {
    upgraded(world, &WITHOUT_REVISION).await
}

async fn upgraded(world: &World, upgrade: &Upgrade) -> Result<()> {
    let before = mesh::make(world, upgrade, &[]).await?;
    let operator = Operator::open(Desk::of(world)).await?;

    upgrade_control_plane(&operator, upgrade.to).await?;
    let upgraded = world.read().await?;
    ensure!(upgraded.pods == before.pods, "running pods keep their proxy");
    all_on(&upgraded, upgrade.stable, upgrade.from)?;
    ensure!(upgraded.labels == before.labels, "labels stay");
    let istiod = upgraded.istiod(upgrade.stable).map(|istiod| istiod.version.as_str());
    ensure!(istiod == Some(upgrade.to), "{:?}", upgraded.istiods);
    operator
        .sight("all workloads behind", |sight| {
            let mut rows = sight.rows.values().filter(|row| row.proxy_after.is_some());
            rows.all(|row| row.state == RowState::NeedsRestart || row.state == RowState::Behind)
                && sight.view.in_place.workloads.available
        })
        .await?;

    restart_all(&operator, "shop").await?;
    restart_all(&operator, "tools").await?;

    let found = all_moved(world, &before, upgrade.stable, upgrade.to).await?;
    let once = found
        .workloads
        .iter()
        .filter(|workload| workload.namespace != "plain")
        .all(|workload| workload.generation == 2 && workload.restarted_by.is_some());
    ensure!(once, "each was restarted once: {:#?}", found.workloads);
    window_agrees(&operator, upgrade.to).await?;
    operator.close().await
}

/// *Upgrade*, with its precheck before it.
pub(super) async fn upgrade_control_plane(operator: &Operator, target: &str) -> Result<()> {
    operator.aim(target, Method::InPlace).await?;
    operator.sight("Upgrade", |sight| sight.view.in_place.upgrade.available).await?;
    operator.run(OperationRequest::UpgradeControlPlane { target: target.to_owned() }).await?;
    Ok(())
}
