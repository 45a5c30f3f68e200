//! Somebody changes a traffic rule while a run goes on (run semantics 8).

use std::time::Duration;

use anyhow::{Result, ensure};
use meshlift_app::api::dto::{LogKind, MoveTarget, Nothing, PhraseCode, RunId, RunUpdate};
use serde_json::{Value, json};

use super::canary::deploy;
use super::mesh::{self, MINOR, namespace_on};
use crate::operator::{Desk, Operator, move_to};
use crate::patience::until;
use crate::world::World;

const SEEN_LIMIT: Duration = Duration::from_mins(1);

/// The change is told at once, with its object, and the run goes on to its end.
pub async fn traffic_rule_changed_during_a_run(world: &World) -> Result<()> {
    mesh::make(world, &MINOR, &[]).await?;
    world.apply(&[rule("before", 0)]).await?;
    let operator = Operator::open(Desk::of(world)).await?;
    deploy(&operator, MINOR.to).await?;

    let plan = operator.plan(move_to(MoveTarget::Canary, &["shop"])).await?;
    let run_id = operator.start_run(&plan).await?;
    operator.app().run_pause(RunId { run_id: run_id.clone() }).await?;
    // What changes before the run has looked for the first time is no change to it: so once more.
    let mut weight = 0;
    until(SEEN_LIMIT, "the changes among what the run says", || {
        weight += 1;
        let (changed, added) = (rule("before", weight % 100), rule("during", 0));
        let (operator, run_id) = (&operator, &run_id);
        async move {
            world.apply(&[changed, added]).await?;
            let told = operator.glance(run_id).await?;
            ensure!(tells(&told, PhraseCode::LogTrafficRule, "VirtualService shop/before"));
            Ok(())
        }
    })
    .await?;
    let runs = operator.app().run_list(Nothing {}).await?;
    ensure!(runs.iter().any(|run| run.id == run_id && run.ended_at.is_none()), "{runs:#?}");

    operator.resume(&run_id).await?;
    let told = operator.glance(&run_id).await?;
    ensure!(!told.view.traffic.is_empty(), "the run's page keeps showing it");
    namespace_on(&world.read().await?, "shop", MINOR.canary, MINOR.to)?;
    operator.close().await
}

/// Whether a warning in the log and on the page names what happened to an object.
fn tells(told: &RunUpdate, code: PhraseCode, object: &str) -> bool {
    let names = |phrase: &meshlift_app::api::dto::Phrase| {
        phrase.code == code && phrase.params.get("object").is_some_and(|found| found == object)
    };
    let mut lines = told.log.iter().filter(|line| line.kind == LogKind::Warn);
    lines.any(|line| names(&line.text)) && told.view.traffic.iter().any(names)
}

fn rule(name: &str, weight: u32) -> Value {
    let destination = json!({"host": "cart"});
    json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "hosts": [format!("{name}.example.com")],
            "http": [{"route": [
                {"destination": destination, "weight": weight},
                {"destination": destination, "weight": 100 - weight},
            ]}],
        },
    })
}
