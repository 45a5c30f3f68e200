//! An install that renders a gateway: it is upgraded in its own step, and never lost.

use anyhow::{Result, bail, ensure};
use meshlift_app::api::dto::{
    Availability, ErrorCode, Method, MoveTarget, OperationRequest, PhraseCode, RowState,
};

use super::canary::{deploy, restart_all};
use super::in_place::upgrade_control_plane;
use super::mesh::{self, MINOR, all_moved};
use crate::operator::{Desk, Operator, move_to, why_not};
use crate::reading::{Reading, Workload, left_of, standing};
use crate::world::World;

pub(super) const GATEWAY: &str = "istio-ingressgateway";

/// In place.
pub async fn extra_gateway_in_place(world: &World) -> Result<()> {
    let before = mesh::make(world, &MINOR, &[GATEWAY]).await?;
    ensure!(gateway(&before)?.namespace == "istio-system", "{:?}", gateway(&before)?);
    let stood = standing(world, GATEWAY).await?;
    let operator = Operator::open(Desk::of(world)).await?;

    upgrade_control_plane(&operator, MINOR.to).await?;
    gateway(&world.read().await?)?;
    operator.close().await?;
    gateways_stay_without_the_values(world).await?;
    let operator = Operator::open(Desk::of(world)).await?;
    operator.sight("Upgrade Gateway", |sight| sight.view.in_place.gateways.available).await?;
    operator.run(OperationRequest::UpgradeGateways).await?;
    restart_all(&operator, "shop").await?;
    restart_all(&operator, "tools").await?;

    let found = all_moved(world, &before, "1-30", MINOR.to).await?;
    gateway(&found)?;
    still_stands(world, &stood).await?;
    operator.close().await
}

/// By canary; the old revision is retired.
pub async fn extra_gateway_by_canary(world: &World) -> Result<()> {
    let before = mesh::make(world, &MINOR, &[GATEWAY]).await?;
    let stood = standing(world, GATEWAY).await?;
    let operator = Operator::open(Desk::of(world)).await?;

    deploy(&operator, MINOR.to).await?;
    let deployed = world.read().await?;
    ensure!(deployed.pods == before.pods, "the gateway stays as it is until its own step");
    operator.run(move_to(MoveTarget::Canary, &["shop", "tools"])).await?;
    operator.sight("Promote", |sight| sight.view.canary.promote.available).await?;
    operator.run(OperationRequest::Promote).await?;
    let sight =
        operator.sight("Upgrade Gateway", |sight| sight.view.canary.gateways.available).await?;
    ensure!(!sight.view.canary.unpublish.available, "the gateway still follows the old revision");
    operator.run(OperationRequest::UpgradeGateways).await?;
    operator.sight("Unpublish", |sight| sight.view.canary.unpublish.available).await?;
    operator.run(OperationRequest::Unpublish).await?;

    let found = all_moved(world, &before, "1-31", MINOR.to).await?;
    gateway(&found)?;
    still_stands(world, &stood).await?;
    ensure!(found.istiods.len() == 1, "the old revision is retired: {:?}", found.istiods);
    let left = left_of(world, "1-30").await?;
    ensure!(left.is_empty(), "left of the old revision: {left:#?}");
    operator.close().await
}

/// Somebody without the install's own values gets no istioctl to write with.
pub async fn no_istioctl_writes_without_the_values(world: &World) -> Result<()> {
    let before = world.read().await?;
    let desk = Desk { values: None, ..Desk::of(world) };
    let operator = Operator::open(desk).await?;
    // Checked first, so that the values are all that is missing.
    operator.aim(MINOR.to, Method::InPlace).await?;
    operator.aim(MINOR.to, Method::Canary).await?;
    let missing = |button: &Availability| {
        let reason = button.reason.as_ref().map(|reason| reason.code);
        !button.available && reason == Some(PhraseCode::ReasonValuesMissing)
    };
    operator
        .sight("both buttons to miss the values", |sight| {
            missing(&sight.view.in_place.upgrade) && missing(&sight.view.canary.deploy)
        })
        .await?;
    let target = || MINOR.to.to_owned();
    for operation in [
        OperationRequest::UpgradeControlPlane { target: target() },
        OperationRequest::DeployCanary { target: target() },
    ] {
        match operator.plan(operation.clone()).await {
            Err(refused) => {
                ensure!(refused.code == ErrorCode::ValuesMissing, "{operation:?}: {refused:?}");
            }
            Ok(plan) if plan.start.available => bail!("{operation:?} may start"),
            Ok(plan) => ensure!(plan.start.reason.is_some(), "{}", why_not(&plan.start)),
        }
    }
    ensure!(world.tools().installs().is_empty(), "{:?}", world.tools().installs());
    ensure!(world.read().await? == before, "nothing changed");
    operator.close().await
}

/// A gateway that is behind is upgraded by an install too: not without its values.
async fn gateways_stay_without_the_values(world: &World) -> Result<()> {
    let (before, installs) = (world.read().await?, world.tools().installs());
    let operator = Operator::open(Desk { values: None, ..Desk::of(world) }).await?;
    operator
        .sight("the gateway to be behind", |sight| {
            sight.rows.values().any(|row| row.gateway && row.state != RowState::UpToDate)
        })
        .await?;
    match operator.plan(OperationRequest::UpgradeGateways).await {
        Err(refused) => ensure!(refused.code == ErrorCode::ValuesMissing, "{refused:?}"),
        Ok(plan) => bail!("gateways may be upgraded without the values: {plan:#?}"),
    }
    ensure!(world.tools().installs() == installs, "{:?}", world.tools().installs());
    ensure!(world.read().await? == before, "nothing changed");
    operator.close().await
}

/// The gateway was upgraded where it stood, and not deleted and made again.
async fn still_stands(world: &World, stood: &[String]) -> Result<()> {
    let stands = standing(world, GATEWAY).await?;
    ensure!(stands == stood, "the gateway was {stood:#?} and is {stands:#?}");
    Ok(())
}

pub(super) fn gateway(found: &Reading) -> Result<&Workload> {
    let gateways: Vec<_> =
        found.workloads.iter().filter(|workload| workload.name == GATEWAY).collect();
    match gateways[..] {
        [one] if one.complete => Ok(one),
        _ => bail!("the gateway is not there, or not whole: {:#?}", found.workloads),
    }
}
