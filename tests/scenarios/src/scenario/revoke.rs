//! Canaries that are taken back: from half-way, and after they were promoted.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use meshlift_app::api::dto::{MoveTarget, OperationRequest};
use serde_json::Value;

use super::canary::{deploy, promote, rest};
use super::gateways::{GATEWAY, gateway};
use super::mesh::{self, MINOR, Upgrade, WITHOUT_REVISION, all_moved, all_on, namespace_on};
use crate::operator::{Desk, Operator, move_to};
use crate::reading::{Reading, left_of, shared, standing};
use crate::world::World;

/// The canary's control plane and half of the namespaces, and back.
pub async fn half_done_canary_revoked(world: &World) -> Result<()> {
    half_done_and_revoked(world, &MINOR).await
}

/// The same beside an install without a revision.
pub async fn half_done_canary_revoked_without_revision(world: &World) -> Result<()> {
    half_done_and_revoked(world, &WITHOUT_REVISION).await
}

async fn half_done_and_revoked(world: &World, upgrade: &Upgrade) -> Result<()> {
    let before = mesh::make(world, upgrade, &[]).await?;
    let base = shared(world).await?;
    let operator = Operator::open(Desk::of(world)).await?;
    deploy(&operator, upgrade.to).await?;
    operator.run(move_to(MoveTarget::Canary, &["shop"])).await?;
    let halfway = world.read().await?;
    namespace_on(&halfway, "shop", upgrade.canary, upgrade.to)?;
    namespace_on(&halfway, "tools", upgrade.stable, upgrade.from)?;

    let sight = operator.sight("Revoke", |sight| sight.view.canary.revoke.available).await?;
    ensure!(!sight.view.canary.unpublish.available, "nothing was promoted");
    operator.run(OperationRequest::Revoke).await?;

    let found = as_before(world, &before, upgrade).await?;
    still_shared(&base, &shared(world).await?, upgrade)?;
    let untouched = found.workloads_of("tools").iter().all(|workload| workload.generation == 1);
    ensure!(untouched, "tools never moved, so it is never restarted: {:#?}", found.workloads);
    operator.close().await
}

/// A canary that became the default, with every workload and the install's gateway on it, and back.
pub async fn promoted_canary_revoked(world: &World) -> Result<()> {
    promoted_and_revoked(world, &MINOR).await
}

/// The same beside an install without a revision, whose injector the promotion switched off.
pub async fn promoted_canary_revoked_without_revision(world: &World) -> Result<()> {
    promoted_and_revoked(world, &WITHOUT_REVISION).await
}

async fn promoted_and_revoked(world: &World, upgrade: &Upgrade) -> Result<()> {
    let before = mesh::make(world, upgrade, &[GATEWAY]).await?;
    let base = shared(world).await?;
    let stood = standing(world, GATEWAY).await?;
    let operator = Operator::open(Desk::of(world)).await?;
    promote(world, &operator, &before, upgrade).await?;
    rest(world, &operator, upgrade).await?;
    operator.sight("Upgrade Gateway", |sight| sight.view.canary.gateways.available).await?;
    operator.run(OperationRequest::UpgradeGateways).await?;
    let promoted = world.read().await?;
    all_on(&promoted, upgrade.canary, upgrade.to)?;
    ensure!(promoted.tag("default") == Some(upgrade.canary), "{:?}", promoted.tag("default"));

    operator.sight("Revoke", |sight| sight.view.canary.revoke.available).await?;
    operator.run(OperationRequest::Revoke).await?;

    let found = as_before(world, &before, upgrade).await?;
    still_shared(&base, &shared(world).await?, upgrade)?;
    ensure!(found.tag("default") == before.tag("default"), "{:?}", found.tag("default"));
    gateway(&found)?;
    let stands = standing(world, GATEWAY).await?;
    ensure!(stands == stood, "the gateway was {stood:#?} and is {stands:#?}");
    operator.close().await
}

/// Nothing is left of the canary, and everything else is what it was before it.
async fn as_before(world: &World, before: &Reading, upgrade: &Upgrade) -> Result<Reading> {
    let found = all_moved(world, before, upgrade.stable, upgrade.from).await?;
    ensure!(found.istiods.len() == 1, "one control plane is left: {:?}", found.istiods);
    ensure!(found.labels == before.labels, "labels: {:#?}", found.labels);
    same(&before.injectors, &found.injectors)?;
    same(&before.validators, &found.validators)?;
    let left = left_of(world, upgrade.canary).await?;
    ensure!(left.is_empty(), "left of the canary: {left:#?}");
    Ok(found)
}

/// What revisions share stays, and says as before whose it is, but for the name and the version of the
/// revision that was installed last.
fn still_shared(
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    upgrade: &Upgrade,
) -> Result<()> {
    ensure!(!before.is_empty(), "the base was not found");
    for (name, before) in before {
        let after = after.get(name).with_context(|| format!("{name} is gone"))?.to_string();
        let found = after.replace(upgrade.to, upgrade.from).replace(upgrade.canary, upgrade.stable);
        let found: Value = serde_json::from_str(&found)?;
        ensure!(found == *before, "{name} said {before} and says {after}");
    }
    Ok(())
}

/// Compares configurations one by one: a difference is shown as the two objects that differ.
fn same(before: &[Value], after: &[Value]) -> Result<()> {
    ensure!(before.len() == after.len(), "{} before, {} after", before.len(), after.len());
    for (before, after) in before.iter().zip(after) {
        ensure!(before == after, "was {before:#}\nis {after:#}");
    }
    Ok(())
}
