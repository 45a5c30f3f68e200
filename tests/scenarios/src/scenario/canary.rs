//! Canaries that are led to the end: from a revision, from an install without one, over two minors.

use anyhow::{Result, ensure};
use meshlift_app::api::dto::{Method, MoveTarget, OperationRequest, RowState};

use super::mesh::{self, MINOR, TWO_MINORS, Upgrade, WITHOUT_REVISION, all_moved, namespace_on};
use crate::operator::{Desk, Operator, move_to, why_not};
use crate::reading::{Reading, left_of};
use crate::world::World;

/// 1.30.5 to 1.31.1, from revision 1-30 to 1-31.
pub async fn canary(world: &World) -> Result<()> {
    let before = mesh::make(world, &MINOR, &[]).await?;
    let operator = Operator::open(Desk::of(world)).await?;

    promote(world, &operator, &before, &MINOR).await?;
    finish(world, &operator, &MINOR).await?;

    ensure!(left_of(world, "1-30").await?.is_empty(), "{:#?}", left_of(world, "1-30").await?);
    let found = all_moved(world, &before, "1-31", MINOR.to).await?;
    ensure!(found.tag("default") == Some("1-31"), "tag default names {:?}", found.tag("default"));
    window_agrees(&operator, MINOR.to).await?;
    operator.close().await
}

/// From an install without a revision: after the promotion `istio-injection=enabled` means the canary,
/// also while both control planes stand.
pub async fn canary_from_an_install_without_revision(world: &World) -> Result<()> {
    let upgrade = &WITHOUT_REVISION;
    let before = mesh::make(world, upgrade, &[]).await?;
    let operator = Operator::open(Desk::of(world)).await?;

    promote(world, &operator, &before, upgrade).await?;
    let late = [meshlift_bed::Workload::deployment("late", 2)];
    world.namespace("later", &[("istio-injection", "enabled")], &late).await?;
    let both = world.read().await?;
    ensure!(both.istiods.len() == 2, "both control planes stand: {:?}", both.istiods);
    namespace_on(&both, "later", upgrade.canary, upgrade.to)?;
    finish(world, &operator, upgrade).await?;

    let found = all_moved(world, &both, upgrade.canary, upgrade.to).await?;
    ensure!(found.istiods.len() == 1, "one control plane is left: {:?}", found.istiods);
    let enabled = found
        .labels
        .values()
        .filter(|labels| labels.get("istio-injection").is_some_and(|value| value == "enabled"));
    // `shop` was moved by its label; the others kept theirs.
    ensure!(enabled.count() == 2, "tools and later follow the default: {:?}", found.labels);
    for namespace in ["tools", "later"] {
        namespace_on(&found, namespace, upgrade.canary, upgrade.to)?;
    }
    let left = left_of(world, upgrade.stable).await?;
    ensure!(left.is_empty(), "left of the old install: {left:#?}");
    world.namespace("last", &[("istio-injection", "enabled")], &late).await?;
    namespace_on(&world.read().await?, "last", upgrade.canary, upgrade.to)?;
    operator.close().await
}

/// 1.29.8 to 1.31.1 in one canary.
pub async fn canary_over_two_minors(world: &World) -> Result<()> {
    let before = mesh::make(world, &TWO_MINORS, &[]).await?;
    let operator = Operator::open(Desk::of(world)).await?;

    promote(world, &operator, &before, &TWO_MINORS).await?;
    finish(world, &operator, &TWO_MINORS).await?;

    let found = all_moved(world, &before, "1-31", TWO_MINORS.to).await?;
    ensure!(found.tag("default") == Some("1-31"), "tag default names {:?}", found.tag("default"));
    ensure!(left_of(world, "1-29").await?.is_empty(), "{:#?}", left_of(world, "1-29").await?);
    operator.close().await
}

/// The Canary tab up to the promotion, with one namespace moved.
pub(super) async fn promote(
    world: &World,
    operator: &Operator,
    before: &Reading,
    upgrade: &Upgrade,
) -> Result<()> {
    deploy(operator, upgrade.to).await?;
    let deployed = world.read().await?;
    ensure!(deployed.pods == before.pods, "a new control plane touches no pod");
    ensure!(deployed.labels == before.labels, "nor a label");
    ensure!(deployed.tag("default") == before.tag("default"), "nor the default");

    operator.run(move_to(MoveTarget::Canary, &["shop"])).await?;
    let halfway = world.read().await?;
    namespace_on(&halfway, "shop", upgrade.canary, upgrade.to)?;
    namespace_on(&halfway, "tools", upgrade.stable, upgrade.from)?;

    operator.sight("Promote", |sight| sight.view.canary.promote.available).await?;
    operator.run(OperationRequest::Promote).await?;
    Ok(())
}

/// The Canary tab from the promotion to its end.
async fn finish(world: &World, operator: &Operator, upgrade: &Upgrade) -> Result<()> {
    rest(world, operator, upgrade).await?;
    operator.sight("Unpublish", |sight| sight.view.canary.unpublish.available).await?;
    operator.run(OperationRequest::Unpublish).await?;
    Ok(())
}

/// Moves and restarts whatever the promotion left behind: namespaces with the old revision's label are
/// moved; those that follow the default need their restart only.
pub(super) async fn rest(world: &World, operator: &Operator, upgrade: &Upgrade) -> Result<()> {
    let sight = operator
        .sight("tools to be moved or restarted", |sight| {
            let tools = sight.view.namespaces.iter().find(|found| found.name == "tools");
            tools.is_some_and(|tools| {
                tools.to_canary.available || tools.follows.as_deref() == Some(upgrade.canary)
            })
        })
        .await?;
    let tools = sight.view.namespaces.iter().find(|found| found.name == "tools");
    if tools.is_some_and(|tools| tools.to_canary.available) {
        operator.run(move_to(MoveTarget::Canary, &["tools"])).await?;
        return Ok(());
    }
    let follows = world.read().await?;
    ensure!(follows.labels["tools"].contains_key("istio-injection"), "{:?}", follows.labels);
    restart_all(operator, "tools").await
}

/// *Rolling Upgrade* of every row of a namespace that needs it.
pub(super) async fn restart_all(operator: &Operator, namespace: &str) -> Result<()> {
    let sight = operator
        .sight("rows to restart", |sight| {
            sight.rows.values().any(|row| row.namespace == namespace && row.restart.available)
        })
        .await?;
    let rows = sight.rows.values();
    let workloads: Vec<_> = rows
        .filter(|row| row.namespace == namespace && row.restart.available)
        .map(|row| row.id.clone())
        .collect();
    let operation = OperationRequest::Restart { workloads, first: None, width: None };
    operator.run(operation).await?;
    Ok(())
}

/// *Deploy canary*, with its precheck before it.
pub(super) async fn deploy(operator: &Operator, target: &str) -> Result<()> {
    operator
        .sight("the target", |sight| {
            let mut targets = sight.view.targets.iter();
            targets.any(|one| one.version == target && one.canary.available)
        })
        .await?;
    operator.aim(target, Method::Canary).await?;
    let sight = operator.sight("Deploy canary", |sight| sight.view.canary.deploy.available).await?;
    ensure!(!sight.view.canary.promote.available, "{}", why_not(&sight.view.canary.promote));
    operator.run(OperationRequest::DeployCanary { target: target.to_owned() }).await?;
    Ok(())
}

/// What the window shows is what the API server says.
pub(super) async fn window_agrees(operator: &Operator, version: &str) -> Result<()> {
    operator
        .sight("every row up to date", |sight| {
            let mut mesh = sight.rows.values().filter(|row| row.proxy_after.is_some()).peekable();
            mesh.peek().is_some()
                && mesh.all(|row| row.state == RowState::UpToDate && row.proxy_now == [version])
        })
        .await?;
    Ok(())
}
