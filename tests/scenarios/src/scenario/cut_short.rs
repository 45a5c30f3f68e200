//! The application and its istioctl are both killed in the middle of an install, twice; what they left
//! undone is done by another one.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use meshlift_app::api::dto::OperationRequest;

use super::Work;
use super::crash::{deployed_beside, installs, kill, start};
use super::mesh::{self, MINOR};
use crate::operator::{Desk, Operator};
use crate::patience::{until, within};
use crate::reading::objects_of;
use crate::world::{Gate, Install, World};

const CHILD_LIMIT: Duration = Duration::from_mins(4);
/// istiod writes its authority into webhooks some time after an install.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// An install of a canary.
pub async fn canary_install_cut_short(world: &World) -> Result<()> {
    let before = mesh::make(world, &MINOR, &[]).await?;
    let operation = OperationRequest::DeployCanary { target: MINOR.to.to_owned() };
    cut_short_twice(world, operation, MINOR.canary).await?;
    deployed_beside(world, &before).await
}

/// An install in place, over the control plane that serves every proxy.
pub async fn install_in_place_cut_short(world: &World) -> Result<()> {
    let before = mesh::make(world, &MINOR, &[]).await?;
    let operation = OperationRequest::UpgradeControlPlane { target: MINOR.to.to_owned() };
    cut_short_twice(world, operation, MINOR.stable).await?;
    let found = world.read().await?;
    let version = found.istiod(MINOR.stable).map(|istiod| istiod.version.as_str());
    ensure!(version == Some(MINOR.to), "{:?}", found.istiods);
    ensure!(found.pods == before.pods, "running pods keep their proxy");
    Ok(())
}

async fn cut_short_twice(world: &World, operation: OperationRequest, revision: &str) -> Result<()> {
    let gate = world.gate().await?;
    let istiod = format!("istiod-{revision}");
    let crd = ("CustomResourceDefinition", "virtualservices.networking.istio.io");
    cut_short(world, &gate, &Work::Start(operation), crd).await?;
    cut_short(world, &gate, &Work::Resume, ("Deployment", &istiod)).await?;

    let operator = Operator::open(Desk::of(world).through(gate.kubeconfig())).await?;
    operator.resume(&operator.interrupted().await?).await?;
    operator.close().await?;
    // A third one only if the second had not applied everything when it was killed.
    let count = installs(world).len();
    ensure!((2..=3).contains(&count), "installs: {:?}", installs(world));
    as_undisturbed(world, revision).await
}

/// Does `work` until its install has applied an object, and kills both.
async fn cut_short(
    world: &World,
    gate: &Gate,
    work: &Work,
    (kind, name): (&str, &str),
) -> Result<()> {
    let mut held = world.hold_install(gate, kind, name);
    let desk = Desk::of(world).through(gate.kubeconfig());
    let killed = start(world, &desk, work)?;
    within(CHILD_LIMIT, &format!("{kind} {name} to be applied"), held.reached()).await?;
    killed.kill().await?;
    kill(installs(world).last().context("no install")?.pid)?;
    Ok(())
}

/// An install by hand, from its start to its end, finds nothing to add and nothing to change.
async fn as_undisturbed(world: &World, revision: &str) -> Result<()> {
    let resumed = objects_of(world, revision).await?;
    ensure!(!resumed.is_empty(), "nothing is labelled {revision}");
    world.install(Install { version: MINOR.to, revision, gateways: &[] }).await?;
    until(SETTLE_LIMIT, "the same objects as after an undisturbed install", || async {
        let undisturbed = objects_of(world, revision).await?;
        ensure!(resumed.len() == undisturbed.len(), "{resumed:#?} and {undisturbed:#?}");
        for (resumed, undisturbed) in resumed.iter().zip(&undisturbed) {
            ensure!(resumed == undisturbed, "{resumed:#} and undisturbed {undisturbed:#}");
        }
        Ok(())
    })
    .await
}
