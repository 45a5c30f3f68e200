//! What goes wrong on the way: the run waits or asks, keeps its place and says so.

use http::{Method as Verb, StatusCode};
use meshlift_app::api::dto::*;
use meshlift_sim::{Fault, On};
use rstest::rstest;
use serde_json::Value;

use crate::common::*;

/// Moves shop and restarts it.
fn shop() -> OperationRequest {
    move_to(MoveTarget::Canary, &["shop"], true)
}

/// Starts to move shop, and pauses while its first restart is under way: there is more to do.
async fn paused_at_its_first_restart(desk: &Desk) -> String {
    let held = desk.mesh.hold(On::method(Verb::PATCH).path("/apis/apps/"), 1);
    let run = desk.start(shop()).await;
    held.reached().await;
    desk.app.run_pause(RunId { run_id: run.clone() }).await.unwrap();
    held.release();
    desk.until(&run, is(RunState::Paused)).await;
    assert!(desk.restarts() < 3, "it was paused before its end");
    run
}

#[rstest]
#[case::too_many_requests(StatusCode::TOO_MANY_REQUESTS)]
#[case::conflict(StatusCode::CONFLICT)]
#[case::server_error(StatusCode::INTERNAL_SERVER_ERROR)]
#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_tried_again(#[case] status: StatusCode) {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let on = On::method(Verb::PATCH).path("/apis/apps/");
    desk.mesh.fault(Fault::Answer { on, times: 2, status, retry_after: None });

    desk.succeed(shop()).await;

    assert_eq!(desk.proxies("shop"), [(NEW.0.into(), NEW.1.into())]);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_recognised() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let on = On::method(Verb::PATCH).path("deployments/cart?fieldManager");
    desk.mesh.fault(Fault::AnswerLost { on, times: 1 });
    let generation = |desk: &Desk| {
        desk.mesh.object("deployments.apps", "shop", "cart").unwrap()["metadata"]["generation"]
            .as_i64()
            .unwrap()
    };
    let before = generation(&desk);

    desk.succeed(shop()).await;

    assert_eq!(generation(&desk), before + 1, "its template was changed once");
    let log = desk.log(&desk.app.run_list(Nothing {}).await.unwrap()[0].id).await;
    assert!(log.iter().any(|event| event == "actFailed"), "the answer was lost: {log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_permission_is_asked_about_and_can_be_mended() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let plan = desk.plan(shop()).await.unwrap();
    desk.mesh.fault(Fault::Denied {
        verb: "patch".into(),
        resource: "statefulsets".into(),
        namespace: Some("shop".into()),
    });
    let run = desk.confirm(&plan).await.unwrap().run_id;

    let view = desk.until(&run, is(RunState::Asking)).await;
    let asked = view.question.as_ref().unwrap().text.english();
    assert!(asked.contains("patch") && asked.contains("statefulsets"), "{asked}");

    desk.mesh.heal();
    desk.answer(&view, Answer::Retry).await;
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded);
}

/// Moves everything and restarts it: agent is in a wave with others.
fn all() -> OperationRequest {
    move_to(MoveTarget::Canary, &["shop", "pay"], true)
}

#[tokio::test(start_paused = true)]
async fn a_workload_that_may_not_be_written_is_left_out_and_the_others_go_on() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let plan = desk.plan(all()).await.unwrap();
    desk.mesh.fault(Fault::Denied {
        verb: "patch".into(),
        resource: "daemonsets".into(),
        namespace: Some("pay".into()),
    });
    let run = desk.confirm(&plan).await.unwrap().run_id;
    let view = desk.until(&run, is(RunState::Asking)).await;
    assert_eq!(wave_of(&view, "agent"), wave_of(&view, "cart"), "agent is not alone");

    desk.answer(&view, Answer::Skip).await;
    let is_through = |view: &RunView| {
        let is_done = |name| cell_of(view, name).state == CellState::Done;
        is_over(view) || (is_done("cart") && is_done("search"))
    };
    let view = desk.until(&run, is_through).await;

    assert!(!is_over(&view), "{}", view.summary.sentence.english());
    assert_eq!(cell_of(&view, "agent").state, CellState::Skipped);
    let refused = desk.log(&run).await.into_iter().filter(|event| event == "actFailed").count();
    assert_eq!(refused, 1, "what was left out is not tried again");
}

fn cell_of<'a>(view: &'a RunView, name: &str) -> &'a CellView {
    let mut cells = view.steps.iter().flat_map(|step| &step.cells);
    cells.find(|cell| cell.name == name).expect("it is in a wave")
}

fn wave_of(view: &RunView, name: &str) -> Option<usize> {
    view.steps.iter().position(|step| step.cells.iter().any(|cell| cell.name == name))
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_that_fails_for_a_moment_is_waited_with_while_the_others_go_on() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let on = On::method(Verb::PATCH).path("daemonsets/agent?fieldManager");
    let status = StatusCode::SERVICE_UNAVAILABLE;
    desk.mesh.fault(Fault::Answer { on, times: 4, status, retry_after: None });

    let view = desk.succeed(all()).await;

    let log = desk.log(&view.summary.id).await;
    let failed = |event: &String| event == "actFailed";
    let first = log.iter().position(failed).expect("it failed");
    let last = log.iter().rposition(failed).expect("it failed");
    let meanwhile = &log[first..last];
    assert!(meanwhile.iter().any(|event| event == "workloadDone"), "tried at once: {log:#?}");
    assert_eq!(desk.restarts(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_install_whose_objects_can_not_be_read_for_a_moment_is_tried_again() {
    let desk = Desk::at(mesh()).await;
    let plan = desk.plan(deploy()).await.unwrap();
    let on = On::method(Verb::GET).path("clusterrolebindings");
    let status = StatusCode::SERVICE_UNAVAILABLE;
    desk.mesh.fault(Fault::Answer { on, times: 15, status, retry_after: None });

    let run = desk.confirm(&plan).await.unwrap().run_id;
    let view =
        desk.until(&run, |view| is_over(view) || view.summary.state == RunState::Asking).await;

    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    let log = desk.log(&run).await;
    assert!(log.iter().any(|event| event == "actFailed"), "it could not be read: {log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_blocks_the_plan() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    desk.mesh.fault(Fault::Denied {
        verb: "patch".into(),
        resource: "namespaces".into(),
        namespace: None,
    });

    let plan = desk.plan(shop()).await.unwrap();

    let found = blocking(&plan);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].rule, "P-18");
    assert!(!plan.start.available);
    let refused = desk.confirm(&plan).await.expect_err("it is blocked");
    assert_eq!(refused.code, ErrorCode::PlanBlocked);
}

#[tokio::test(start_paused = true)]
async fn a_review_that_nobody_answers_is_told_and_never_passed() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let on = On::method(Verb::POST).path("selfsubjectaccessreviews");
    let status = StatusCode::FORBIDDEN;
    desk.mesh.fault(Fault::Answer { on, times: 100, status, retry_after: None });

    let plan = desk.plan(shop()).await.unwrap();

    let found = permissions(&plan);
    let labels = found.iter().find(|it| it.subject == "patch namespaces").expect("it is told");
    assert_eq!((labels.what.code, labels.severity), (PhraseCode::FindCannotTell, Severity::Warn));
    let said = labels.consequence.english();
    assert!(said.starts_with("Nobody could tell whether patch namespaces is allowed: "), "{said}");
    assert_eq!(labels.fix.as_deref(), Some("kubectl auth can-i patch namespaces --all-namespaces"));
    assert!(plan.start.available, "a question without an answer is no refusal");
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_try_a_pod_the_plan_says_that_the_run_can_not_tell() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    desk.mesh.fault(Fault::Denied {
        verb: "create".into(),
        resource: "pods".into(),
        namespace: Some("shop".into()),
    });

    let plan = desk.plan(shop()).await.unwrap();

    let found = permissions(&plan);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].subject, found[0].severity), ("create pods", Severity::Warn));
    assert!(found[0].consequence.english().contains("can't tell"), "{found:?}");
    assert!(plan.start.available, "its lack is no block");
    let labels_only = desk.plan(move_to(MoveTarget::Canary, &["shop"], false)).await.unwrap();
    assert_eq!(permissions(&labels_only), Vec::<&FindingView>::new(), "nothing is restarted");
}

fn permissions(plan: &PlanView) -> Vec<&FindingView> {
    plan.findings.iter().filter(|finding| finding.rule == "P-18").collect()
}

#[tokio::test(start_paused = true)]
async fn a_crashing_workload_is_asked_about_and_can_be_left_out() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    desk.mesh.fault(Fault::CrashLoop { namespace: "shop".into(), workload: "search".into() });
    let run = desk.start(shop()).await;

    let view = desk.until(&run, is(RunState::Asking)).await;
    let question = view.question.clone().unwrap();
    assert!(question.text.english().contains("CrashLoopBackOff"), "{}", question.text.english());
    assert_eq!(question.answers, [Answer::Retry, Answer::Skip, Answer::Abort]);
    let cells: Vec<_> = view.steps.iter().flat_map(|step| &step.cells).collect();
    let asks = cells.iter().filter(|cell| cell.state == CellState::Asks).collect::<Vec<_>>();
    assert_eq!(asks.len(), 1);
    assert_eq!(asks[0].name, "search");

    desk.answer(&view, Answer::Skip).await;
    let view =
        desk.until(&run, |view| is_over(view) || view.summary.state == RunState::Asking).await;
    let cells: Vec<_> = view.steps.iter().flat_map(|step| &step.cells).collect();
    assert!(cells.iter().any(|cell| cell.name == "search" && cell.state == CellState::Skipped));
    assert!(cells.iter().any(|cell| cell.name == "cart" && cell.state == CellState::Done));
}

#[tokio::test(start_paused = true)]
async fn a_pause_starts_nothing_and_a_resume_goes_on() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let run = paused_at_its_first_restart(&desk).await;
    let id = RunId { run_id: run.clone() };
    let patched = desk.restarts();

    tokio::time::sleep(std::time::Duration::from_mins(2)).await;
    assert_eq!(desk.restarts(), patched, "nothing was started in two minutes");
    assert!(patched < 3, "it was paused before its end");

    desk.app.run_resume(id).await.unwrap();
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded);
    assert_eq!(desk.restarts(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_abort_leaves_everything_where_it_is() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let run = paused_at_its_first_restart(&desk).await;
    let id = RunId { run_id: run.clone() };

    desk.app.run_abort(id.clone()).await.unwrap();
    let view = desk.until(&run, is_over).await;

    assert_eq!(view.summary.state, RunState::Aborted);
    let refused = desk.app.run_resume(id).await.expect_err("it is over");
    assert_eq!(refused.code, ErrorCode::RunState);
}

#[tokio::test(start_paused = true)]
async fn a_mesh_that_changed_since_the_plan_stops_the_run_before_its_first_write() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let plan = desk.plan(shop()).await.unwrap();
    desk.mesh.meddle("namespaces", "", "shop", |namespace| {
        namespace["metadata"]["labels"]["istio.io/rev"] = "1-29".into();
    });
    desk.view(|view| {
        view.namespaces.iter().any(|one| one.label.as_deref() == Some("istio.io/rev=1-29"))
    })
    .await;

    let refused = desk.confirm(&plan).await.expect_err("the plan no longer holds");

    assert_eq!(refused.code, ErrorCode::PlanOutdated);
    assert!(refused.detail.iter().any(|line| line.contains("1-29")), "{:?}", refused.detail);
    assert_eq!(desk.restarts(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_read_only_switch_holds_a_run_and_lets_it_go_on() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let run = paused_at_its_first_restart(&desk).await;
    desk.app.read_only_set(ReadOnly { on: true }).await.unwrap();
    desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
    let patched = desk.restarts();

    let view = desk.until(&run, is(RunState::Waiting)).await;
    assert_eq!(view.summary.sentence.code, PhraseCode::FailReadOnly);
    assert_eq!(desk.restarts(), patched);

    desk.app.read_only_set(ReadOnly { on: false }).await.unwrap();
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn an_api_server_that_restarts_is_waited_for() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let run = desk.start(shop()).await;
    desk.until(&run, |view| {
        view.steps.iter().any(|step| !step.cells.is_empty() && step.state == StepState::Current)
    })
    .await;

    desk.mesh.fault(Fault::Restart);
    desk.mesh.fault(Fault::WatchesExpire);

    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(desk.restarts(), 3, "nothing was done twice");
}

#[tokio::test(start_paused = true)]
async fn another_cluster_behind_the_same_address_gets_no_write() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let run = paused_at_its_first_restart(&desk).await;
    let patched = desk.restarts();
    desk.mesh.fault(Fault::OtherCluster { uid: "cluster-two".into() });
    desk.mesh.forget_requests();

    desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
    let view = desk
        .until(&run, |view| {
            is_over(view) || view.summary.sentence.english().contains("cluster-two")
        })
        .await;

    let says = view.summary.sentence.english();
    assert!(says.contains("cluster-one") && says.contains("cluster-two"), "{says}");

    // Long enough for the lease to run out.
    tokio::time::sleep(std::time::Duration::from_mins(5)).await;
    let view = desk.until(&run, |_| true).await;
    let says = view.summary.sentence.english();
    assert!(says.contains("cluster-two"), "it is still said: {says}");
    assert_eq!(written(&desk), Vec::<String>::new(), "not even its lease");

    desk.mesh.heal();
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "it goes on when its own is back");
    assert_eq!(desk.restarts(), 3 - patched);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_another_cluster_lacks_is_not_made_there() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    paused_at_its_first_restart(&desk).await;
    desk.mesh.fault(Fault::OtherCluster { uid: "cluster-two".into() });
    let status = StatusCode::NOT_FOUND;
    let on = On::any().path("/leases/");
    desk.mesh.fault(Fault::Answer { on, times: u32::MAX, status, retry_after: None });
    desk.mesh.forget_requests();

    tokio::time::sleep(std::time::Duration::from_mins(5)).await;
    desk.app.close().await;

    assert_eq!(written(&desk), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_not_started_on_another_cluster() {
    let desk = Desk::at(mesh()).await;
    let plan = desk.plan(deploy()).await.unwrap();
    desk.mesh.fault(Fault::OtherCluster { uid: "cluster-two".into() });
    desk.mesh.forget_requests();

    let refused = desk.confirm(&plan).await.expect_err("it was made for another");

    assert_eq!(refused.code, ErrorCode::OtherCluster);
    for name in ["the plan", "cluster-one", "cluster-two"] {
        assert!(refused.message.contains(name), "{}", refused.message);
    }
    assert_eq!(written(&desk), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_changes_while_an_install_is_checked_gets_no_install() {
    let desk = Desk::at(mesh()).await;
    let plan = desk.plan(deploy()).await.unwrap();
    // The check of the install reads which definitions there are.
    let held = desk.mesh.hold(On::any().path("/customresourcedefinitions"), 1);
    let run = desk.confirm(&plan).await.unwrap().run_id;
    held.reached().await;
    desk.mesh.fault(Fault::OtherCluster { uid: "cluster-two".into() });
    held.release();

    let view = desk.until(&run, is(RunState::Asking)).await;

    let asked = view.question.as_ref().unwrap().text.english();
    assert!(asked.contains("cluster-one") && asked.contains("cluster-two"), "{asked}");
    let istiod = desk.mesh.object("deployments.apps", "istio-system", "istiod-1-31");
    assert!(istiod.is_none(), "nothing was installed");
}

/// What was written since the requests were forgotten; questions about oneself write nothing.
fn written(desk: &Desk) -> Vec<String> {
    let requests = desk.mesh.requests();
    let written = requests
        .iter()
        .filter(|request| request.method != "GET" && !request.path.contains("/selfsubject"));
    written.map(|request| format!("{} {}", request.method, request.path)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_replica_of_istiod_that_is_silent_is_named_and_waited_for() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let replicas = istiods_of(&desk, NEW.0);
    assert_eq!(replicas.len(), 2, "{replicas:?}");
    let silent = &replicas[1];
    desk.mesh.fault(Fault::Hang {
        on: On::any().path(format!("/pods/{silent}/portforward")),
        times: u32::MAX,
    });

    let run = desk.start(shop()).await;
    let says = |view: &RunView| view.summary.sentence.english().contains(silent.as_str());
    let view = desk.until(&run, |view| is_over(view) || says(view)).await;

    assert!(
        !is_over(&view),
        "half of the proxies are not seen: {}",
        view.summary.sentence.english()
    );
    assert!(desk.restarts() < 3, "no wave follows one that nobody vouches for");

    desk.mesh.heal();
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(desk.restarts(), 3);
}

/// The pods of a revision's istiod.
fn istiods_of(desk: &Desk, revision: &str) -> Vec<String> {
    let pods = desk.mesh.objects("pods");
    let label = |pod: &Value, key: &str| pod["metadata"]["labels"][key].as_str().map(str::to_owned);
    let of_revision = pods.iter().filter(|pod| {
        label(pod, "app").as_deref() == Some("istiod")
            && label(pod, "istio.io/rev").as_deref() == Some(revision)
    });
    of_revision.map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}
