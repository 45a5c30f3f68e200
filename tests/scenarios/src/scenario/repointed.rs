//! A context's name leads to another cluster than when its run was started.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use meshlift_app::api::dto::{ErrorCode, MoveTarget, RunId};
use serde_json::Value;

use super::Work;
use super::canary::deploy;
use super::crash::start;
use super::mesh::{self, MINOR};
use crate::operator::{Desk, Operator, move_to};
use crate::patience::within;
use crate::world::{Gate, Hold, World};

const CHILD_LIMIT: Duration = Duration::from_mins(2);

/// Killed on `one`, resumed while the same context leads to `other`: refused, and both are named.
pub async fn context_repointed_between_kill_and_resume(one: &World, other: &World) -> Result<()> {
    mesh::make(one, &MINOR, &[]).await?;
    mesh::make(other, &MINOR, &[]).await?;
    let operator = Operator::open(Desk::of(one)).await?;
    deploy(&operator, MINOR.to).await?;
    operator.close().await?;
    let before = other.read().await?;

    let gate = one.gate().await?;
    let desk = Desk::of(one).through(gate.kubeconfig());
    let held = gate.hold_next_write(Hold::Request);
    let work = Work::Start(move_to(MoveTarget::Canary, &["shop"]));
    let killed = start(one, &desk, &work)?;
    within(CHILD_LIMIT, "the first write", async { held.await.context("the gate is gone") })
        .await?;
    killed.kill().await?;

    let elsewhere = other.gate().await?;
    repoint(&gate, &elsewhere)?;
    let operator = Operator::open(desk).await?;
    let run_id = operator.interrupted().await?;
    let refused = operator.app().run_resume(RunId { run_id }).await;

    let Err(error) = refused else { anyhow::bail!("the run went on in another cluster") };
    ensure!(error.code == ErrorCode::OtherCluster, "{error:?}");
    for world in [one, other] {
        let uid = uid(world).await?;
        ensure!(error.message.contains(&uid), "{uid} is not named: {}", error.message);
    }
    for gate in [&gate, &elsewhere] {
        let address = gate.address().to_string();
        ensure!(error.message.contains(&address), "{address} is not named: {}", error.message);
    }
    ensure!(other.read().await? == before, "nothing was written to the other cluster");
    operator.close().await
}

/// Lets the kubeconfig of one gate lead to another.
fn repoint(gate: &Gate, to: &Gate) -> Result<()> {
    let text = std::fs::read_to_string(gate.kubeconfig()).context("reading a kubeconfig")?;
    let text = text.replace(&gate.address().to_string(), &to.address().to_string());
    std::fs::write(gate.kubeconfig(), text).context("writing a kubeconfig")
}

async fn uid(world: &World) -> Result<String> {
    let namespace: Value = world.get("/api/v1/namespaces/kube-system").await?;
    let uid = namespace["metadata"]["uid"].as_str().context("kube-system without a UID")?;
    Ok(uid.to_owned())
}
