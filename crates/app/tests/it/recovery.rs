//! The app ends at any moment, starts again, offers to resume, and nothing is done twice.

use http::Method as Verb;
use meshlift_app::api::dto::*;
use meshlift_app::journal::Trip;
use meshlift_sim::On;
use rstest::rstest;

use crate::common::*;

/// The app's end is put at every entry of a run's journal in turn: `acknowledged` or not decides
/// whether what the entry announces was still done.
#[rstest]
#[case::before_what_was_announced(false)]
#[case::after_what_was_announced(true)]
#[tokio::test(start_paused = true)]
async fn a_move_survives_the_apps_end_at_every_entry(#[case] acknowledged: bool) {
    let wanted = || move_to(MoveTarget::Canary, &["shop"], true);
    let undisturbed = Desk::at(mesh()).await;
    undisturbed.succeed(deploy()).await;
    let run = undisturbed.succeed(wanted()).await;
    let entries = u32::try_from(undisturbed.log(&run.summary.id).await.len()).unwrap();
    assert!(entries > 12, "the run has many entries: {entries}");

    for at in 1..entries - 1 {
        let desk = Desk::at(mesh()).await;
        desk.succeed(deploy()).await;
        let generations = Generations::of(&desk);
        desk.app.journal().trip(Trip { entries: at, acknowledged });
        let plan = desk.plan(wanted()).await.unwrap();
        let run = desk.confirm(&plan).await.unwrap().run_id;
        desk.until(&run, is(RunState::Interrupted)).await;

        let desk = desk.restart().await;
        let list = desk.app.run_list(Nothing {}).await.unwrap();
        assert_eq!(list[0].state, RunState::Interrupted, "at {at}: it is listed");
        let active = desk.view(|view| view.active_run.is_some()).await.active_run.unwrap();
        assert_eq!(active.id, run, "at {at}: and blocks others");
        desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
        let view = desk.until(&run, is_over).await;

        let says = view.summary.sentence.english();
        assert_eq!(view.summary.state, RunState::Succeeded, "at {at}: {says}");
        assert_eq!(desk.proxies("shop"), [(NEW.0.into(), NEW.1.into())], "at {at}");
        assert_eq!(Generations::of(&desk).risen_since(&generations), [1, 1, 1], "at {at}");
        desk.app.close().await;
    }
}

#[rstest]
#[case::before_what_was_announced(false)]
#[case::after_what_was_announced(true)]
#[tokio::test(start_paused = true)]
async fn a_promotion_survives_the_apps_end_between_any_two_acts(#[case] acknowledged: bool) {
    let ready = || async {
        let desk = Desk::at(mesh()).await;
        desk.succeed(deploy()).await;
        desk
    };
    let undisturbed = ready().await;
    let run = undisturbed.succeed(OperationRequest::Promote).await;
    let entries = u32::try_from(undisturbed.log(&run.summary.id).await.len()).unwrap();

    for at in 1..entries - 1 {
        let desk = ready().await;
        desk.app.journal().trip(Trip { entries: at, acknowledged });
        let plan = desk.plan(OperationRequest::Promote).await.unwrap();
        let run = desk.confirm(&plan).await.unwrap().run_id;
        desk.until(&run, is(RunState::Interrupted)).await;

        let desk = desk.restart().await;
        desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
        let view = desk.until(&run, is_over).await;
        assert_eq!(view.summary.state, RunState::Succeeded, "at {at}");

        // The way back survives as well: what was before is in the journal.
        let plan = desk.app.run_roll_back_plan(RunId { run_id: run }).await.unwrap();
        let run = desk.confirm(&plan).await.unwrap().run_id;
        let view = desk.until(&run, is_over).await;
        assert_eq!(view.summary.state, RunState::Succeeded, "at {at}");
        let view = desk.view(|_| true).await;
        assert_eq!(view.default_revision.as_deref(), Some(OLD.0), "at {at}");
        desk.app.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_canary_install_that_was_interrupted_is_finished_once() {
    let undisturbed = Desk::at(mesh()).await;
    let run = undisturbed.succeed(deploy()).await;
    let entries = u32::try_from(undisturbed.log(&run.summary.id).await.len()).unwrap();

    for at in 1..entries - 1 {
        let desk = Desk::at(mesh()).await;
        desk.app.journal().trip(Trip { entries: at, acknowledged: true });
        let plan = desk.plan(deploy()).await.unwrap();
        let run = desk.confirm(&plan).await.unwrap().run_id;
        desk.until(&run, is(RunState::Interrupted)).await;

        let desk = desk.restart().await;
        desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
        let view = desk.until(&run, is_over).await;

        let says = view.summary.sentence.english();
        assert_eq!(view.summary.state, RunState::Succeeded, "at {at}: {says}");
        desk.app.close().await;
    }
}

/// A desk whose app ends while a namespace is moved, and the run that is cut short by it.
async fn cut_short() -> (Desk, String) {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    desk.app.journal().trip(Trip { entries: 6, acknowledged: true });
    let plan = desk.plan(move_to(MoveTarget::Canary, &["shop"], true)).await.unwrap();
    let run = desk.confirm(&plan).await.unwrap().run_id;
    desk.until(&run, is(RunState::Interrupted)).await;
    (desk, run)
}

#[tokio::test(start_paused = true)]
async fn a_context_that_leads_elsewhere_is_refused_and_both_clusters_are_named() {
    let (desk, run) = cut_short().await;
    desk.mesh.fault(meshlift_sim::Fault::OtherCluster { uid: "cluster-two".into() });
    let desk = desk.restart().await;
    desk.mesh.forget_requests();

    let refused = desk.app.run_resume(RunId { run_id: run.clone() }).await.expect_err("refused");

    assert_eq!(refused.code, ErrorCode::OtherCluster);
    for name in ["cluster-one", "cluster-two"] {
        assert!(refused.message.contains(name), "{}", refused.message);
    }
    let written = desk
        .mesh
        .requests()
        .iter()
        .any(|request| request.method != "GET" && !request.path.contains("/selfsubject"));
    assert!(!written, "nothing was written");

    desk.mesh.heal();
    let desk = desk.restart().await;
    desk.app.run_resume(RunId { run_id: run.clone() }).await.expect("it leads home again");
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_can_be_given_up() {
    let (desk, run) = cut_short().await;
    let desk = desk.restart().await;

    desk.app.run_abort(RunId { run_id: run.clone() }).await.unwrap();

    let list = desk.app.run_list(Nothing {}).await.unwrap();
    assert_eq!(list[0].state, RunState::Aborted);
    desk.view(|view| view.active_run.is_none()).await;
}

#[tokio::test(start_paused = true)]
async fn giving_up_a_run_that_is_just_taken_up_ends_it_once() {
    let (desk, run) = cut_short().await;
    let desk = desk.restart().await;
    let id = RunId { run_id: run.clone() };
    let held = desk.mesh.hold(On::method(Verb::PUT).path("/leases/"), 1);

    let (app, taken_up) = (desk.app.clone(), id.clone());
    let resuming = tokio::spawn(async move { app.run_resume(taken_up).await });
    held.reached().await;
    let app = desk.app.clone();
    let giving_up = tokio::spawn(async move { app.run_abort(id).await });
    // It comes as far as it can before the lease is taken.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    held.release();

    resuming.await.unwrap().unwrap();
    giving_up.await.unwrap().unwrap();
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Aborted);
    let log = desk.log(&run).await;
    let place = |name: &str| log.iter().position(|event| event == name);
    assert!(place("recovered") < place("abortRequested"), "{log:?}");
    assert_eq!(log.iter().filter(|event| *event == "finished").count(), 1, "{log:?}");
    assert_eq!(log.last().map(String::as_str), Some("finished"), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_in_the_journal() {
    let mesh = mesh();
    mesh.meddle("deployments.apps", "shop", "cart", |cart| {
        cart["spec"]["template"]["spec"]["containers"][0]["env"] =
            serde_json::json!([{ "name": "PASSWORD", "value": "planted-secret-value" }]);
    });
    let desk = Desk::at(mesh).await;
    desk.succeed(deploy()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["shop"], true)).await;
    desk.succeed(OperationRequest::Promote).await;
    desk.succeed(OperationRequest::Revoke).await;

    let Desk { app, folder, .. } = desk;
    app.close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("planted-secret-value"), "{}", path.display());
        }
    }
}

/// Generations of shop's workloads: each change of a template raises one.
struct Generations([i64; 3]);

impl Generations {
    fn of(desk: &Desk) -> Self {
        let one = |resource: &str, name: &str| {
            let object = desk.mesh.object(resource, "shop", name).expect("it exists");
            object["metadata"]["generation"].as_i64().expect("a number")
        };
        Self([
            one("deployments.apps", "cart"),
            one("deployments.apps", "search"),
            one("statefulsets.apps", "redis"),
        ])
    }

    fn risen_since(&self, before: &Self) -> [i64; 3] {
        std::array::from_fn(|place| self.0[place] - before.0[place])
    }
}

#[cfg(target_os = "linux")]
mod child {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    use meshlift_app::journal::RunKey;
    use meshlift_core::rollout::{ActId, Event, StepId};

    use super::*;

    /// A desk whose app ended when it had announced an install, and the run of it.
    async fn interrupted() -> (Desk, String) {
        let desk = Desk::at(mesh()).await;
        desk.app.journal().trip(Trip { entries: 2, acknowledged: false });
        let plan = desk.plan(deploy()).await.unwrap();
        let run = desk.confirm(&plan).await.unwrap().run_id;
        desk.until(&run, is(RunState::Interrupted)).await;
        assert_eq!(desk.log(&run).await.last().unwrap(), "intent");
        (desk.restart().await, run)
    }

    /// A desk whose interrupted install left a child program behind that still runs.
    async fn with_child() -> (Desk, String, Child) {
        let (desk, run) = interrupted().await;
        let child = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
        let act = ActId { step: StepId("install".into()), index: 0 };
        let event = Event::Child { act, pid: child.id(), started: started(child.id()) };
        desk.app.journal().append(&RunKey::new(&run), noon(), event).await.unwrap();
        (desk, run, child)
    }

    /// The same, but the app ended before it noted that the child had started.
    async fn with_unnoted_child() -> (Desk, String, Child) {
        let (desk, run) = interrupted().await;
        let child = marked(&run);
        (desk, run, child)
    }

    /// A program that carries an intent of a run.
    fn marked(run: &str) -> Child {
        let mut sleep = Command::new("sleep");
        sleep.arg("600").stdin(Stdio::null()).process_group(0);
        sleep.env("MESHLIFT_INTENT", format!("{run}/2"));
        sleep.spawn().unwrap()
    }

    fn started(pid: u32) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let after_name = stat.rsplit_once(')').unwrap().1;
        after_name.split_whitespace().nth(19).unwrap().parse().unwrap()
    }

    fn names(pid: &str) -> impl Fn(&RunView) -> bool {
        move |view| view.summary.sentence.english().contains(pid)
    }

    fn has_canary(desk: &Desk) -> bool {
        desk.mesh.object("deployments.apps", "istio-system", "istiod-1-31").is_some()
    }

    #[rstest]
    #[case::noted(true)]
    #[case::started_right_before_the_end(false)]
    #[tokio::test]
    async fn one_that_still_runs_is_waited_for_and_no_second_is_started(#[case] noted: bool) {
        let (desk, run, mut child) =
            if noted { with_child().await } else { with_unnoted_child().await };

        desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
        let pid = child.id().to_string();
        let view = desk.until(&run, names(&pid)).await;

        assert_eq!(view.summary.state, RunState::Waiting);
        assert!(!has_canary(&desk), "no second install runs beside it");

        child.kill().unwrap();
        child.wait().unwrap();
        let view = desk.until(&run, is_over).await;
        assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
        assert!(has_canary(&desk));
    }

    #[tokio::test]
    async fn one_that_still_runs_is_ended_by_an_abort() {
        let (desk, run, mut child) = with_child().await;
        desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
        desk.until(&run, names(&child.id().to_string())).await;

        desk.app.run_abort(RunId { run_id: run.clone() }).await.unwrap();

        // Reaped on another thread: a process that is over stays in the table until then.
        let ended = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        assert!(!ended.success(), "it was ended");
        let view = desk.until(&run, is_over).await;
        assert_eq!(view.summary.state, RunState::Aborted);
        assert!(!has_canary(&desk));
    }

    #[rstest]
    #[case::noted(true)]
    #[case::started_right_before_the_end(false)]
    #[tokio::test]
    async fn one_that_still_runs_is_ended_before_its_run_is_given_up(#[case] noted: bool) {
        let (desk, run, mut child) =
            if noted { with_child().await } else { with_unnoted_child().await };

        desk.app.run_abort(RunId { run_id: run.clone() }).await.unwrap();

        let ended = child.try_wait().unwrap().expect("it is over when the run is");
        assert!(!ended.success(), "it was ended");
        let list = desk.app.run_list(Nothing {}).await.unwrap();
        assert_eq!(list[0].state, RunState::Aborted);
        let view = desk.succeed(deploy()).await;
        assert_ne!(view.summary.id, run);
    }

    #[tokio::test]
    async fn one_of_a_run_that_is_over_holds_up_the_next_install() {
        let (desk, given_up) = interrupted().await;
        desk.app.run_abort(RunId { run_id: given_up.clone() }).await.unwrap();
        let mut child = marked(&given_up);

        let run = desk.start(deploy()).await;
        desk.until(&run, names(&child.id().to_string())).await;
        assert!(!has_canary(&desk), "no second install runs beside it");

        child.kill().unwrap();
        child.wait().unwrap();
        let view = desk.until(&run, is_over).await;
        assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    }
}
