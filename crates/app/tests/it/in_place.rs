//! In place: control plane, then gateways, then workloads.

use meshlift_app::api::dto::*;

use crate::common::*;

#[tokio::test(start_paused = true)]
async fn control_plane_then_gateways_then_workloads() {
    let desk = Desk::at(mesh()).await;
    let view = desk.view(|view| view.target.is_some()).await;
    assert_eq!(view.target.as_deref(), Some(NEW.1));
    let reason = view.in_place.upgrade.reason.expect("nothing is upgraded unchecked");
    assert_eq!(reason.code, PhraseCode::ReasonPrecheckFirst);

    desk.precheck(Method::InPlace).await;
    desk.view(|view| view.in_place.upgrade.available).await;
    desk.succeed(OperationRequest::UpgradeControlPlane { target: NEW.1.into() }).await;
    let view = desk.view(|view| view.behind > 0).await;
    assert_eq!(view.revisions.len(), 1, "no second control plane");
    assert_eq!(view.revisions[0].version.as_deref(), Some(NEW.1));
    assert_eq!(desk.proxies("shop"), [(OLD.0.into(), OLD.1.into())], "running pods keep theirs");

    desk.succeed(OperationRequest::UpgradeGateways).await;
    assert_eq!(desk.proxies("edge"), [(OLD.0.into(), NEW.1.into())]);

    let behind: Vec<String> = desk
        .rows()
        .await
        .into_iter()
        .filter(|row| row.restart.available)
        .map(|row| row.id)
        .collect();
    assert_eq!(behind.len(), 5, "{behind:?}");
    desk.succeed(OperationRequest::Restart {
        first: Some("shop/Deployment/search".into()),
        workloads: behind,
        width: Some(3),
    })
    .await;

    for namespace in ["shop", "pay"] {
        assert_eq!(desk.proxies(namespace), [(OLD.0.into(), NEW.1.into())], "{namespace}");
    }
    let view = desk.view(|view| view.behind == 0).await;
    assert!(view.in_place.steps.iter().all(|step| step.state == StepState::Done), "{view:#?}");
}

#[tokio::test(start_paused = true)]
async fn no_way_back_has_to_be_agreed_to() {
    let desk = Desk::at(mesh()).await;
    let wanted = OperationRequest::UpgradeControlPlane { target: NEW.1.into() };
    let plan = desk.plan(wanted).await.expect("it can be planned");
    assert!(!plan.reversible);

    let silent = StartRun {
        digest: plan.digest.clone(),
        consents: Vec::new(),
        acknowledgements: Vec::new(),
        typed_name: None,
    };
    let refused = desk.app.run_start(silent).await.expect_err("consent is missing");

    assert_eq!(refused.code, ErrorCode::PlanBlocked);
    assert!(refused.message.contains("no way back"), "{}", refused.message);
}

#[tokio::test(start_paused = true)]
async fn a_protected_context_asks_for_its_name() {
    let desk = Desk::at(mesh()).await;
    let change = ContextChange::Tag { tag: Some("prod".into()) };
    let prod = SettingsChange::Context { context: MESH.into(), change };
    desk.app.settings_change(prod).await.unwrap();

    let plan = desk.plan(deploy()).await.unwrap();
    assert!(plan.protected);
    let start = |typed: Option<&str>| StartRun {
        digest: plan.digest.clone(),
        consents: Vec::new(),
        acknowledgements: Vec::new(),
        typed_name: typed.map(str::to_owned),
    };
    for typed in [None, Some(""), Some("practise")] {
        let refused = desk.app.run_start(start(typed)).await.expect_err("the name is not typed");
        assert_eq!(refused.code, ErrorCode::PlanBlocked, "{typed:?}");
    }
    desk.app.run_start(start(Some(MESH))).await.expect("the name is typed");
}
