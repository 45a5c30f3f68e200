//! Somebody adds, changes and removes traffic rules while a run goes on (run semantics 8).

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use meshlift_app::api::dto::{LogKind, MoveTarget, Nothing, Phrase, PhraseCode, RunId, RunUpdate};
use serde_json::{Value, json};

use super::canary::deploy;
use super::mesh::{self, MINOR, namespace_on};
use crate::operator::{Desk, Operator, move_to};
use crate::patience::until;
use crate::world::World;

const SEEN_LIMIT: Duration = Duration::from_mins(1);
const RULES: &str = "/apis/networking.istio.io/v1/namespaces/shop/virtualservices";
/// The field manager of `kubectl apply`.
const KUBECTL: &str = "kubectl-client-side-apply";

/// What happens to rules is told with its object and, where the server says, with who did it. The run
/// goes on to its end.
pub async fn traffic_rule_changed_during_a_run(world: &World) -> Result<()> {
    mesh::make(world, &MINOR, &[]).await?;
    world.apply(&[rule("changed", 0), rule("removed", 0)]).await?;
    let operator = Operator::open(Desk::of(world)).await?;
    deploy(&operator, MINOR.to).await?;

    let plan = operator.plan(move_to(MoveTarget::Canary, &["shop"])).await?;
    let run_id = operator.start_run(&plan).await?;
    operator.app().run_pause(RunId { run_id: run_id.clone() }).await?;
    let first = added(world, &operator, &run_id).await?;
    world.apply(&[rule("changed", 10)]).await?;
    world.delete(&format!("{RULES}/removed")).await?;
    for (code, name) in [
        (PhraseCode::LogTrafficRuleChanged, "changed"),
        (PhraseCode::LogTrafficRuleRemoved, "removed"),
    ] {
        until(SEEN_LIMIT, "the changes among what the run says", || async {
            let told = operator.glance(&run_id).await?;
            ensure!(tells(&told, code, name), "{code:?} {name}: {:#?}", told.view);
            Ok(())
        })
        .await?;
    }
    let told = operator.glance(&run_id).await?;
    if world.as_bed().is_some() {
        ensure!(who(&told, &first) == Some(KUBECTL), "{:#?}", told.view.traffic_changes);
        ensure!(who(&told, "changed") == Some(KUBECTL), "{:#?}", told.view.traffic_changes);
    }
    let runs = operator.app().run_list(Nothing {}).await?;
    ensure!(runs.iter().any(|run| run.id == run_id && run.ended_at.is_none()), "{runs:#?}");

    operator.resume(&run_id).await?;
    let told = operator.glance(&run_id).await?;
    ensure!(told.view.traffic_changes.len() >= 3, "the run's page keeps showing each rule");
    ensure!(told.view.traffic_unseen.is_empty(), "{:#?}", told.view.traffic_unseen);
    namespace_on(&world.read().await?, "shop", MINOR.canary, MINOR.to)?;
    operator.close().await
}

/// Adds rules until one of them is told of: the run has looked then, and what follows is a change to it.
/// Gives its name.
async fn added(world: &World, operator: &Operator, run_id: &str) -> Result<String> {
    let mut count = 0;
    until(SEEN_LIMIT, "a new rule among what the run says", || {
        count += 1;
        async move {
            world.apply(&[rule(&format!("added-{count}"), 0)]).await?;
            let told = operator.glance(run_id).await?;
            let mut names = (1..=count).map(|number| format!("added-{number}"));
            names
                .find(|name| tells(&told, PhraseCode::LogTrafficRuleAdded, name))
                .with_context(|| format!("{:#?}", told.view.traffic_changes))
        }
    })
    .await
}

/// Whether a warning in the log and on the page tells what happened to a rule.
fn tells(told: &RunUpdate, code: PhraseCode, name: &str) -> bool {
    let says = |phrase: &Phrase| phrase.code == code && is_about(phrase, name);
    let mut lines = told.log.iter().filter(|line| line.kind == LogKind::Warn);
    lines.any(|line| says(&line.text)) && told.view.traffic_changes.iter().any(says)
}

fn is_about(phrase: &Phrase, name: &str) -> bool {
    phrase.params.get("object").is_some_and(|found| *found == format!("VirtualService shop/{name}"))
}

/// Who changed a rule, as the page says.
fn who<'a>(told: &'a RunUpdate, name: &str) -> Option<&'a str> {
    let change = told.view.traffic_changes.iter().find(|phrase| is_about(phrase, name))?;
    change.params.get("who").map(String::as_str)
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
