//! The application is killed (SIGKILL), and another one goes on where it was.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::StreamExt as _;
use meshlift_app::api::dto::{MoveTarget, OperationRequest, PhraseCode, RunId, WatchRun};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Work;
use super::canary::deploy;
use super::mesh::{self, MINOR, WITHOUT_REVISION, all_moved, namespace_on};
use crate::operator::{Desk, Operator, move_to};
use crate::patience::{until, within};
use crate::process::Process;
use crate::reading::Reading;
use crate::world::{Call, Gate, Hold, World};

const CHILD_LIMIT: Duration = Duration::from_mins(4);
/// What a promotion from an install without a revision writes, by name. The injector of such an
/// install is off from the beginning: istioctl lets the tag `default` stand for it.
const PROMOTION: [&str; 3] =
    ["istio-revision-tag-default", "istiod-default-validator", "istiod-revision-tag-default"];
/// A run of few acts that is killed more often does not get on.
const MOST_KILLS: usize = 60;

/// Every restart of a wave is killed twice: before it was sent, and before its outcome was known.
pub async fn killed_at_every_write_of_a_wave(world: &World) -> Result<()> {
    mesh::make(world, &MINOR, &[]).await?;
    let operator = Operator::open(Desk::of(world)).await?;
    deploy(&operator, MINOR.to).await?;
    operator.close().await?;

    let gate = world.gate().await?;
    let stopped =
        killed_at_every_write(world, &gate, move_to(MoveTarget::Canary, &["shop"])).await?;

    let found = world.read().await?;
    namespace_on(&found, "shop", "1-31", MINOR.to)?;
    namespace_on(&found, "tools", "1-30", MINOR.from)?;
    let shop = found.workloads_of("shop");
    let once = shop.iter().all(|workload| workload.generation == 2);
    ensure!(once, "a restart was done twice; stopped at {stopped:#?}; {shop:#?}");
    for name in ["cart", "checkout", "orders", "namespaces/shop"] {
        let count = stopped.iter().filter(|line| line.ends_with(&format!("/{name}"))).count();
        ensure!(count == 2, "{name} was to be stopped before and after: {stopped:#?}");
    }
    Ok(())
}

/// A promotion is killed before and after each of its acts.
pub async fn killed_at_every_write_of_a_promotion(world: &World) -> Result<()> {
    let before = mesh::make(world, &WITHOUT_REVISION, &[]).await?;
    let operator = Operator::open(Desk::of(world)).await?;
    deploy(&operator, WITHOUT_REVISION.to).await?;
    operator.run(move_to(MoveTarget::Canary, &["shop", "tools"])).await?;
    operator.close().await?;
    let moved = world.read().await?;

    let gate = world.gate().await?;
    let stopped = killed_at_every_write(world, &gate, OperationRequest::Promote).await?;

    let acts: BTreeSet<&str> = stopped.iter().filter_map(|line| line.rsplit('/').next()).collect();
    ensure!(acts == PROMOTION.into(), "{acts:?} of {stopped:#?}");
    for act in acts {
        let count = stopped.iter().filter(|line| line.ends_with(&format!("/{act}"))).count();
        ensure!(count == 2, "{act} was to be stopped before and after: {stopped:#?}");
    }
    let found = all_moved(world, &before, WITHOUT_REVISION.canary, WITHOUT_REVISION.to).await?;
    ensure!(
        found.tag("default") == Some(WITHOUT_REVISION.canary),
        "tag default names {:?}",
        found.tag("default")
    );
    ensure!(found.pods == moved.pods, "a promotion restarts nothing");
    promoted(world, &found).await
}

/// Nothing of a promotion is left out: the default's validator and Service belong to the canary, the
/// old injector is off, and what follows the default is injected once, by the canary.
async fn promoted(world: &World, found: &Reading) -> Result<()> {
    let canary = WITHOUT_REVISION.canary;
    let named = |list: &[Value], name: &str| {
        let found = list.iter().find(|one| one["metadata"]["name"] == name).cloned();
        found.with_context(|| format!("no {name}"))
    };
    let validator = named(&found.validators, "istiod-default-validator")?;
    ensure!(validator["metadata"]["labels"]["istio.io/rev"] == canary, "{validator:#}");
    let old = named(&found.injectors, "istio-sidecar-injector")?;
    let webhooks = old["webhooks"].as_array().context("its webhooks")?;
    let off = |webhook: &Value| {
        webhook["namespaceSelector"]["matchLabels"]["istio.io/deactivated"] == "never-match"
    };
    ensure!(!webhooks.is_empty() && webhooks.iter().all(off), "the old injector is on: {old:#}");
    let services = world.list("/api/v1/services").await?;
    let service = named(&services, "istiod-revision-tag-default")?;
    ensure!(service["spec"]["selector"]["istio.io/rev"] == canary, "{service:#}");

    let late = [meshlift_bed::Workload::deployment("late", 2)];
    world.namespace("later", &[("istio-injection", "enabled")], &late).await?;
    namespace_on(&world.read().await?, "later", canary, WITHOUT_REVISION.to)
}

/// Killed while istioctl installs, with half of it applied: the child goes on, and nobody starts a
/// second one beside it.
pub async fn killed_during_an_install(world: &World) -> Result<()> {
    let before = mesh::make(world, &MINOR, &[]).await?;
    let gate = world.gate().await?;
    let mut held = world.hold_install(
        &gate,
        "CustomResourceDefinition",
        "virtualservices.networking.istio.io",
    );
    let desk = Desk::of(world).through(gate.kubeconfig());
    let work = Work::Start(OperationRequest::DeployCanary { target: MINOR.to.to_owned() });
    let killed = start(world, &desk, &work)?;
    within(CHILD_LIMIT, "the first objects to be applied", held.reached()).await?;
    killed.kill().await?;
    let child = installs(world).first().cloned().context("no install")?;
    ensure!(lives(child.pid), "an install outlives the application");

    let operator = Operator::open(desk).await?;
    let run_id = operator.interrupted().await?;
    operator.app().run_resume(RunId { run_id: run_id.clone() }).await?;
    waits_for_its_child(&operator, &run_id).await?;
    ensure!(installs(world) == [child.clone()], "a second child: {:?}", installs(world));
    held.release(&gate);
    operator.follow(&run_id).await?;

    ensure!(installs(world) == [child], "installed twice: {:?}", installs(world));
    deployed_beside(world, &before).await?;
    operator.close().await
}

/// Killed together with its istioctl: what the child left undone is done by another one.
pub async fn killed_with_its_install(world: &World) -> Result<()> {
    let before = mesh::make(world, &MINOR, &[]).await?;
    let child = killed_beside_its_install(world).await?;
    kill(child.pid)?;
    world.tools().release()?;

    let operator = Operator::open(Desk::of(world)).await?;
    operator.resume(&operator.interrupted().await?).await?;

    ensure!(installs(world).len() == 2, "it was cut short: {:?}", installs(world));
    deployed_beside(world, &before).await?;
    operator.close().await
}

/// Deploys a canary and kills the application while its istioctl is held back.
async fn killed_beside_its_install(world: &World) -> Result<Call> {
    world.tools().hold_installs()?;
    let work = Work::Start(OperationRequest::DeployCanary { target: MINOR.to.to_owned() });
    let killed = start(world, &Desk::of(world), &work)?;
    let child = until(CHILD_LIMIT, "istioctl install to be started", || async {
        installs(world).first().cloned().context("no install yet")
    })
    .await?;
    ensure!(lives(child.pid), "the install is held, and so it lives");
    killed.kill().await?;
    Ok(child)
}

pub(super) fn installs(world: &World) -> Vec<Call> {
    world.tools().installs()
}

pub(super) async fn deployed_beside(world: &World, before: &Reading) -> Result<()> {
    let found = world.read().await?;
    let version = found.istiod(MINOR.canary).map(|istiod| istiod.version.as_str());
    ensure!(version == Some(MINOR.to), "{:?}", found.istiods);
    ensure!(found.pods == before.pods, "a new control plane touches no pod");
    Ok(())
}

/// Kills the application at every write of an operation, in turn before the write and after it, until
/// the operation is over. Gives the first lines of the requests at which it was killed.
async fn killed_at_every_write(
    world: &World,
    gate: &Gate,
    operation: OperationRequest,
) -> Result<Vec<String>> {
    let desk = Desk::of(world).through(gate.kubeconfig());
    let mut work = Work::Start(operation);
    let mut stopped = Vec::new();
    while stopped.len() < MOST_KILLS {
        let hold = if stopped.len() % 2 == 0 { Hold::Request } else { Hold::Answer };
        let next = gate.hold_next_write(hold);
        let mut child = start(world, &desk, &work)?;
        let line = within(CHILD_LIMIT, "the next write or the end", async {
            tokio::select! {
                line = next => Ok(line.ok()),
                ended = succeeded(&mut child) => ended.map(|()| None),
            }
        })
        .await
        .with_context(|| format!("after {stopped:#?}"))?;
        let Some(line) = line else {
            gate.hold_nothing();
            ensure!(child.ended().await?, "it said that it succeeded");
            return Ok(stopped);
        };
        child.kill().await?;
        // The path alone: what follows it differs between the tries.
        stopped.push(line.split('?').next().unwrap_or(&line).to_owned());
        work = Work::Resume;
    }
    bail!("it does not get on: {stopped:#?}");
}

/// Starts a process that does `work` at `desk`.
pub(super) fn start(world: &World, desk: &Desk, work: &Work) -> Result<Process> {
    let words = [
        serde_json::to_string(desk).context("writing the desk")?,
        serde_json::to_string(work).context("writing the work")?,
    ];
    Process::start(PathBuf::from(world.programs().operate).as_os_str(), &words)
}

async fn succeeded(child: &mut Process) -> Result<()> {
    while let Some(line) = child.line().await? {
        if line == "succeeded" {
            return Ok(());
        }
    }
    bail!("it ended before its run did; its reason is on the standard error");
}

async fn waits_for_its_child(operator: &Operator, run_id: &str) -> Result<()> {
    let request =
        WatchRun { watch_id: "child".to_owned(), run_id: run_id.to_owned(), since_seq: 0 };
    let mut updates = std::pin::pin!(operator.app().run_watch(request).await?);
    within(CHILD_LIMIT, "the run to say that its istioctl still runs", async {
        while let Some(update) = updates.next().await {
            let view = update.view;
            let sentences = [Some(&view.summary.sentence), view.hint.as_ref()];
            if sentences.into_iter().flatten().any(|one| one.code == PhraseCode::AskChildAlive) {
                return Ok(());
            }
        }
        bail!("its watch ended");
    })
    .await
}

pub(super) fn kill(pid: u32) -> Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("no process id")?;
    kill_process(pid, Signal::KILL).context("killing istioctl")
}

/// Whether a process of this id runs, and does not merely wait to be reaped.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which stands in parentheses and may hold anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
