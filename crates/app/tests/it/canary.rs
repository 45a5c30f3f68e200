//! Canary: deploy, move, verify, promote, move the rest, retire; and the ways back.

use meshlift_app::api::dto::*;

use crate::common::*;

#[tokio::test(start_paused = true)]
async fn a_canary_goes_all_the_way() {
    let desk = Desk::at(mesh()).await;
    let check = desk.precheck(Method::Canary).await;
    assert!(check.passed > 5, "most rules find nothing: {check:?}");

    desk.succeed(deploy()).await;
    let view = desk.view(|view| view.canary.canary.is_some()).await;
    assert_eq!(view.canary.canary.as_deref(), Some(NEW.0));
    assert_eq!(desk.proxies("shop"), [pair(OLD)], "nothing was restarted");

    let moved = desk.succeed(move_to(MoveTarget::Canary, &["shop", "pay"], true)).await;
    assert_eq!(moved.summary.pods_done, moved.summary.pods_total);
    assert!(moved.summary.pods_total >= 8, "all pods were counted: {:?}", moved.summary);
    assert_eq!(desk.proxies("shop"), [pair(NEW)]);
    assert_eq!(desk.proxies("pay"), [pair(NEW)]);
    assert_eq!(desk.proxies("edge"), [pair(OLD)], "what was not moved stays");

    desk.succeed(OperationRequest::Promote).await;
    let view = desk.view(|view| view.default_revision.as_deref() == Some(NEW.0)).await;
    assert!(view.tags.iter().any(|tag| tag.name == "default" && tag.revision == NEW.0));
    let reason = view.canary.unpublish.reason.expect("the gateway still runs the old proxy");
    assert_eq!(reason.code, PhraseCode::ReasonOldRevisionUsed);

    desk.succeed(OperationRequest::UpgradeGateways).await;
    assert_eq!(desk.proxies("edge"), [pair(NEW)]);
    desk.view(|view| view.canary.unpublish.available).await;

    desk.succeed(OperationRequest::Unpublish).await;
    let view = desk.view(|view| view.revisions.len() == 1).await;
    assert_eq!(view.revisions[0].name, NEW.0);
    assert!(view.canary.steps.iter().all(|step| step.state == StepState::Done), "{view:#?}");
    assert!(desk.mesh.object("deployments.apps", "istio-system", "istiod-1-30").is_none());
}

#[tokio::test(start_paused = true)]
async fn values_that_the_mesh_can_not_vouch_for_are_told() {
    let desk = Desk::at(mesh()).await;
    let told = |plan: &PlanView| {
        let found = plan.findings.iter().find(|finding| finding.rule == "P-14");
        found.map(|finding| (finding.severity, finding.consequence.english()))
    };
    assert_eq!(told(&desk.plan(deploy()).await.unwrap()), None, "they are compared");

    // As with releases that keep none.
    assert!(desk.mesh.meddle("configmaps", "istio-system", "values-1-30", |values| {
        values["data"] = serde_json::json!({});
    }));

    let plan = desk.plan(deploy()).await.unwrap();
    let (severity, said) = told(&plan).expect("it is told where it is confirmed");
    assert_eq!(severity, Severity::Warn);
    assert!(said.contains("keeps no values"), "{said}");
    assert!(plan.start.available, "it is for a person to judge");
}

#[tokio::test(start_paused = true)]
async fn a_half_done_canary_is_revoked_and_everything_is_as_before() {
    let desk = Desk::at(mesh()).await;
    let before = Footprint::of(&desk);

    desk.succeed(deploy()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["pay"], true)).await;
    assert_eq!(desk.proxies("pay"), [pair(NEW)]);
    desk.succeed(OperationRequest::Revoke).await;

    assert_eq!(Footprint::of(&desk), before, "labels, tags, webhooks and validators");
    for namespace in ["shop", "pay", "edge"] {
        assert_eq!(desk.proxies(namespace), [pair(OLD)], "{namespace}");
    }
    assert!(desk.mesh.object("deployments.apps", "istio-system", "istiod-1-31").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_namespace_moves_back_to_the_very_label_it_had() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["pay"], false)).await;
    assert_eq!(desk.label("pay", "istio-injection"), None, "the two labels exclude each other");

    desk.view(|view| {
        view.namespaces.iter().any(|one| one.name == "pay" && one.to_stable.available)
    })
    .await;
    desk.succeed(move_to(MoveTarget::Stable, &["pay"], false)).await;

    assert_eq!(desk.label("pay", "istio-injection").as_deref(), Some("enabled"));
    assert_eq!(desk.label("pay", "istio.io/rev"), None);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_rolled_back_by_a_plan_of_its_own() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let moved = desk.succeed(move_to(MoveTarget::Canary, &["shop"], true)).await;
    assert!(moved.roll_back.available, "{:?}", moved.roll_back);

    let request = RunId { run_id: moved.summary.id };
    let plan = desk.app.run_roll_back_plan(request).await.expect("there is a way back");
    assert_eq!(plan.operation, OperationKind::RollBack);
    let run = desk.confirm(&plan).await.expect("it starts").run_id;
    let view = desk.until(&run, is_over).await;

    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(desk.label("shop", "istio.io/rev").as_deref(), Some("1-30"));
    assert_eq!(desk.proxies("shop"), [pair(OLD)]);
}

/// What must not differ after a revoke.
#[derive(Debug, PartialEq)]
struct Footprint(Vec<(String, serde_json::Value)>);

impl Footprint {
    fn of(desk: &Desk) -> Self {
        let mut found = Vec::new();
        for resource in [
            "namespaces",
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
        ] {
            for object in desk.mesh.objects(resource) {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                let part = match resource {
                    "namespaces" => object["metadata"]["labels"].clone(),
                    _ => object["webhooks"].clone(),
                };
                found.push((format!("{resource} {name}"), part));
            }
        }
        Self(found)
    }
}

fn pair((revision, version): (&str, &str)) -> (String, String) {
    (revision.to_owned(), version.to_owned())
}

/// Four requests for each workload (a dry run and a write, each after a read), and one read for
/// its dry-run pod, which workloads with equal templates share.
#[tokio::test(start_paused = true)]
async fn a_restart_costs_few_requests() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["shop", "pay"], false)).await;
    let due: Vec<String> = desk
        .rows()
        .await
        .into_iter()
        .filter(|row| row.restart.available)
        .map(|row| row.id)
        .collect();
    assert_eq!(due.len(), 5, "{due:?}");
    desk.mesh.forget_requests();

    desk.succeed(OperationRequest::Restart { workloads: due, first: None, width: Some(5) }).await;

    let requests = desk.mesh.requests();
    let about_workloads: Vec<String> = requests
        .iter()
        .filter(|request| request.path.contains("/apis/apps/v1/namespaces/"))
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    assert!(
        about_workloads.len() <= 5 * (4 + 1),
        "{}: {about_workloads:#?}",
        about_workloads.len()
    );
}
