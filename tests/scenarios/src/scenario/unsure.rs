//! Somebody who may restart workloads and may not create pods: what a restart would bring can't be told
//! beforehand, so it is asked about, and nothing is restarted before the answer.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use meshlift_app::api::dto::{Answer, MoveTarget, PhraseCode, RunAnswer, RunState, RunView};
use meshlift_bed::Bed;
use serde_json::json;

use super::canary::deploy;
use super::mesh::{self, MINOR, namespace_on};
use crate::operator::{Desk, Operator, move_to};
use crate::world::World;

const USER: &str = "restarter";

/// One question for each workload; each is restarted after it was dared, and comes back injected.
pub async fn operator_who_may_not_create_pods(world: &World) -> Result<()> {
    let bed = world.as_bed().context("only a real API server knows who may do what")?;
    let before = mesh::make(world, &MINOR, &[]).await?;
    let administrator = Operator::open(Desk::of(world)).await?;
    deploy(&administrator, MINOR.to).await?;
    administrator.close().await?;
    all_but_creating_pods(bed).await?;

    let kubeconfig = bed.kubeconfig_for(USER, &[])?;
    let operator = Operator::open(Desk::of(world).through(&kubeconfig)).await?;
    let plan = operator.plan(move_to(MoveTarget::Canary, &["shop"])).await?;
    let run_id = operator.start_run(&plan).await?;
    let mut dared = BTreeSet::new();
    loop {
        let view = operator.stands(&run_id, &dared).await?;
        match view.summary.state {
            RunState::Succeeded => break,
            RunState::Asking if dared.is_empty() => {
                let found = world.read().await?;
                ensure!(found.pods == before.pods, "nothing is restarted before it was dared");
            }
            RunState::Asking => {}
            RunState::Running
            | RunState::Pausing
            | RunState::Paused
            | RunState::Waiting
            | RunState::Interrupted
            | RunState::Failed
            | RunState::Aborted => bail!("it ended: {}", view.summary.sentence.english()),
        }
        dared.insert(dare(&operator, &view).await?);
    }

    ensure!(dared.len() == 3, "one question for each workload of shop, not {dared:?}");
    let found = world.read().await?;
    namespace_on(&found, "shop", MINOR.canary, MINOR.to)?;
    let shop = found.workloads_of("shop");
    ensure!(shop.iter().all(|workload| workload.generation == 2), "once each: {shop:#?}");
    operator.close().await
}

/// Lets the run restart what it asks about; gives the question's id.
async fn dare(operator: &Operator, view: &RunView) -> Result<String> {
    let question = view.question.as_ref().context("it asks and has no question")?;
    let told = question.text.nested.values().chain([&question.text]);
    let cannot_tell = told.into_iter().any(|phrase| phrase.code == PhraseCode::LogCannotTell);
    ensure!(cannot_tell, "another question: {}", question.text.english());
    let text = question.text.english();
    ensure!(text.contains("pods") && text.contains(USER), "the server's own words: {text}");
    ensure!(question.answers.contains(&Answer::Skip), "it may be left out: {question:?}");
    let answer = RunAnswer {
        run_id: view.summary.id.clone(),
        question_id: question.id.clone(),
        answer: Answer::Continue,
    };
    operator.app().run_answer(answer).await?;
    Ok(question.id.clone())
}

async fn all_but_creating_pods(bed: &Bed) -> Result<()> {
    let may = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let rules = json!([
        may("*", &["*"], &["get", "list", "watch"]),
        may("", &["namespaces"], &["patch"]),
        may("", &["pods/portforward"], &["create"]),
        may("apps", &["deployments", "statefulsets", "daemonsets"], &["patch"]),
        may("coordination.k8s.io", &["leases"], &["create", "update"]),
    ]);
    let group = "rbac.authorization.k8s.io";
    let api = format!("{group}/v1");
    let role = json!({
        "apiVersion": api, "kind": "ClusterRole", "metadata": {"name": USER}, "rules": rules,
    });
    let binding = json!({
        "apiVersion": api,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": USER},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": USER},
        "subjects": [{"apiGroup": group, "kind": "User", "name": USER}],
    });
    bed.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]}).to_string())
        .await
}
