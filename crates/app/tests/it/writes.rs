//! What leaves for the cluster, in which order, and what never does: read from the requests that
//! the mesh got, past the application.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use http::Method as Verb;
use meshlift_app::api::dto::*;
use meshlift_sim::{Fault, On};
use serde_json::Value;

use crate::common::*;

/// What the query of a dry run ends with.
const DRY_RUN: &str = "&dryRun=All";

const VALIDATORS: &str = "validatingwebhookconfigurations.admissionregistration.k8s.io";

/// One write of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Write {
    /// Method and path, the same for the dry run and the real one.
    what: String,
    is_real: bool,
}

/// The writes since the requests were forgotten, in order: without leases, questions about
/// permissions and pods, which are only ever dry-run. A deletion says in its body that it is a dry
/// run, so the first one of an object is taken for that.
fn writes(desk: &Desk) -> Vec<Write> {
    let mut deleted = BTreeSet::new();
    let mut found = Vec::new();
    for request in desk.mesh.requests() {
        let is_object =
            ["/leases", "/pods", "selfsubject"].iter().all(|part| !request.path.contains(part));
        if request.method == Verb::GET || !is_object {
            continue;
        }
        let what = format!("{} {}", request.method, request.path.replace(DRY_RUN, ""));
        let is_real = match request.method {
            Verb::DELETE => !deleted.insert(what.clone()),
            _ => !request.path.ends_with(DRY_RUN),
        };
        found.push(Write { what, is_real });
    }
    found
}

fn real(writes: &[Write]) -> Vec<&str> {
    let real = writes.iter().filter(|write| write.is_real);
    real.map(|write| write.what.as_str()).collect()
}

/// Runs an operation whose writes belong to one step, and returns how many it did for real.
async fn rehearsed_whole(desk: &Desk, operation: OperationRequest) -> usize {
    desk.mesh.forget_requests();
    desk.succeed(operation).await;
    let writes = writes(desk);
    let rehearsal: Vec<&str> =
        writes.iter().take_while(|write| !write.is_real).map(|write| write.what.as_str()).collect();
    let real = real(&writes);
    let distinct = |some: &[&str]| some.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(distinct(&rehearsal), distinct(&real), "all of it, before any of it: {writes:#?}");
    real.len()
}

#[tokio::test(start_paused = true)]
async fn every_write_of_a_step_is_dry_run_before_its_first_real_one() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;

    desk.mesh.forget_requests();
    desk.succeed(move_to(MoveTarget::Canary, &["shop", "pay"], true)).await;
    let moved = writes(&desk);
    for (index, write) in moved.iter().enumerate().filter(|(_, write)| write.is_real) {
        let dry = Write { what: write.what.clone(), is_real: false };
        assert!(moved[..index].contains(&dry), "{} was not dry-run: {moved:#?}", write.what);
    }
    assert_eq!(real(&moved).len(), 2 + 5, "two namespaces and five workloads: {moved:#?}");

    assert!(rehearsed_whole(&desk, OperationRequest::Promote).await >= 2, "a tag, a validator");
    desk.succeed(OperationRequest::UpgradeGateways).await;
    desk.view(|view| view.canary.unpublish.available).await;
    let removed = rehearsed_whole(&desk, OperationRequest::Unpublish).await;
    assert!(removed > 4, "webhooks, Deployment, ConfigMap, Service: {removed}");
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_taken_before_anything_else_is_written() {
    let desk = Desk::at(mesh()).await;

    for operation in [deploy(), move_to(MoveTarget::Canary, &["shop"], true)] {
        desk.mesh.forget_requests();
        desk.succeed(operation).await;
        let requests = desk.mesh.requests();
        let first = requests.iter().find(|request| {
            request.method != Verb::GET
                && !request.path.contains("selfsubject")
                && !request.path.ends_with(DRY_RUN)
        });
        let first = first.expect("something was written");
        assert!(first.path.contains("/leases"), "{} {}", first.method, first.path);
    }
}

#[tokio::test(start_paused = true)]
async fn a_promotion_whose_last_write_is_refused_writes_nothing() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["shop", "pay"], true)).await;
    let plan = desk.plan(OperationRequest::Promote).await.unwrap();
    let validators = "validatingwebhookconfigurations";
    desk.mesh.fault(Fault::Denied {
        verb: "*".into(),
        resource: validators.into(),
        namespace: None,
    });
    desk.mesh.forget_requests();

    let run = desk.confirm(&plan).await.unwrap().run_id;
    let view = desk.until(&run, is(RunState::Asking)).await;

    let asked = view.question.as_ref().unwrap().text.english();
    assert!(asked.contains(validators), "{asked}");
    assert_eq!(real(&writes(&desk)), [""; 0], "half a promotion is worse than none");
    desk.mesh.heal();
    desk.answer(&view, Answer::Retry).await;
    assert_eq!(desk.until(&run, is_over).await.summary.state, RunState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_promotion_that_was_refused_at_first_is_revoked_as_a_whole() {
    let desk = Desk::at(mesh()).await;
    let names = |desk: &Desk| {
        let validator =
            desk.mesh.object(VALIDATORS, "", "istiod-default-validator").expect("it stands");
        validator["metadata"]["labels"]["istio.io/rev"].clone()
    };
    desk.succeed(deploy()).await;
    let before = names(&desk);
    let plan = desk.plan(OperationRequest::Promote).await.unwrap();
    desk.mesh.fault(Fault::Denied {
        verb: "*".into(),
        resource: "validatingwebhookconfigurations".into(),
        namespace: None,
    });
    let run = desk.confirm(&plan).await.unwrap().run_id;
    let view = desk.until(&run, is(RunState::Asking)).await;
    desk.mesh.heal();
    desk.answer(&view, Answer::Retry).await;
    desk.until(&run, is_over).await;
    assert_eq!(names(&desk), NEW.0, "it was promoted");

    desk.succeed(OperationRequest::Revoke).await;

    assert_eq!(names(&desk), before, "it names the revision that is left");
}

#[tokio::test(start_paused = true)]
async fn every_write_stands_in_the_journal_before_it_leaves() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let objects =
        ["namespaces/shop", "deployments/cart", "deployments/search", "statefulsets/redis"];
    // Of the two writes of an object the first is the dry run.
    let mut held: FuturesUnordered<_> = objects
        .iter()
        .map(|object| {
            let held = desk.mesh.hold(On::method(Verb::PATCH).path(format!("{object}?")), 2);
            async move {
                held.reached().await;
                (*object, held)
            }
        })
        .collect();

    let run = desk.start(move_to(MoveTarget::Canary, &["shop"], true)).await;

    let mut seen = 0;
    while let Some((object, write)) = within(held.next()).await {
        seen += 1;
        let open = open_intents(&desk, &run).await;
        let name = object.rsplit('/').next().unwrap();
        let is_named = |intent: &&String| intent.contains(&format!("\"{name}\""));
        assert!(open.iter().any(|it| is_named(&it)), "{object} left before its intent: {open:#?}");
        write.release();
    }
    assert_eq!(seen, objects.len(), "each write was held");
    let view = desk.until(&run, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded);
    assert_eq!(open_intents(&desk, &run).await, Vec::<String>::new(), "each has its outcome");
}

/// The acts of a run whose intent is in the journal and whose outcome is not, as JSON.
async fn open_intents(desk: &Desk, run: &str) -> Vec<String> {
    let report = desk.app.run_report(RunId { run_id: run.into() }).await.unwrap();
    let report: Value = serde_json::from_str(&report.json).unwrap();
    let mut open: Vec<Value> = Vec::new();
    for entry in report["events"].as_array().unwrap() {
        let event = &entry["event"];
        match event["event"].as_str() {
            Some("intent") => open.push(event["act"].clone()),
            Some("done" | "actFailed") => open.retain(|act| act["id"] != event["act"]),
            _ => {}
        }
    }
    open.iter().map(Value::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn a_whole_canary_never_asks_for_secrets() {
    let desk = Desk::at(mesh()).await;
    desk.precheck(Method::Canary).await;
    desk.succeed(deploy()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["shop", "pay"], true)).await;
    desk.succeed(OperationRequest::Promote).await;
    desk.succeed(OperationRequest::UpgradeGateways).await;
    desk.view(|view| view.canary.unpublish.available).await;
    desk.succeed(OperationRequest::Unpublish).await;

    let requests = desk.mesh.requests();
    assert!(requests.iter().any(|request| request.path.contains("/configmaps")), "it did read");
    let about_secrets: Vec<_> =
        requests.iter().filter(|request| request.path.contains("/secrets")).collect();
    assert!(about_secrets.is_empty(), "{about_secrets:#?}");
}
