//! In place: ASM's own precheck, the control plane, gateways one by one, workloads.

use meshlift_app::api::dto::*;
use meshlift_sim::asm::AsmFault;
use serde_json::json;

use super::desk::*;

#[tokio::test(start_paused = true)]
async fn control_plane_then_gateways_then_workloads() {
    let desk = Desk::at(instance()).await;
    let view = desk.view(|view| view.target.is_some()).await;
    let asm = view.asm.expect("it is ASM's");
    assert_eq!(view.provider, ProviderKind::Asm);
    assert_eq!((asm.edition, asm.settled), (AsmEdition::Enterprise, true));
    assert_eq!(view.target.as_deref(), Some("1.17.2.42"), "the backend chose it");
    let reason = view.in_place.upgrade.reason.expect("nothing is upgraded unchecked");
    assert_eq!(reason.code, PhraseCode::ReasonPrecheckFirst);

    let report = desk.precheck(Method::InPlace).await;
    let blocks = report.findings.iter().filter(|finding| finding.severity == Severity::Block);
    assert_eq!(blocks.count(), 0, "{:#?}", report.findings);
    desk.view(|view| view.in_place.upgrade.available).await;
    desk.succeed(upgrade()).await;
    let view = desk.view(|view| view.behind > 0).await;
    assert_eq!(view.revisions[0].version.as_deref(), Some("1.17.2.42"));
    assert_eq!(view.target.as_deref(), Some("1.17.2.42"), "the data plane comes before a next hop");
    assert_eq!(desk.proxies("shop"), [RUNNING], "S40: running proxies keep theirs");
    assert_eq!(desk.proxies("istio-system"), [RUNNING], "gateways too");

    let gateways: Vec<String> =
        view.asm.expect("it is ASM's").gateways.into_iter().map(|gateway| gateway.id).collect();
    let one = vec![gateways[1].clone()];
    desk.succeed(OperationRequest::UpgradeNamedGateways { gateways: one }).await;
    assert_eq!(desk.proxies("istio-system"), [RUNNING, IN_PLACE], "one by one");
    desk.succeed(OperationRequest::UpgradeGateways).await;
    assert_eq!(desk.proxies("istio-system"), [IN_PLACE]);

    let rows = desk.rows().await.into_iter();
    let behind = rows.filter(|row| row.restart.available).map(|row| row.id).collect();
    desk.succeed(OperationRequest::Restart { first: None, workloads: behind, width: Some(3) })
        .await;

    for namespace in ["shop", "pay"] {
        assert_eq!(desk.proxies(namespace), [IN_PLACE], "{namespace}");
    }
    let gateways = ["", "istio-system:partner", "istio-system:ingressgateway"];
    assert_eq!(desk.upgrades(), gateways, "each was asked for once");
    let view = desk.view(|view| view.behind == 0).await;
    assert_eq!(view.target.as_deref(), Some("1.18.0.158"), "now the next hop is offered");
}

#[tokio::test(start_paused = true)]
async fn the_plan_says_what_to_mind() {
    let desk = Desk::at(instance()).await;

    let plan = desk.plan(upgrade()).await.expect("it can be planned");

    assert!(!plan.reversible, "S8");
    let minds: Vec<PhraseCode> = plan.will_not.iter().map(|phrase| phrase.code).collect();
    assert!(minds.contains(&PhraseCode::AdviceTraffic), "S22: {minds:?}");
    let commands: Vec<&String> = plan.steps.iter().flat_map(|step| &step.commands).collect();
    assert!(commands[0].contains("--PreCheck true"), "{commands:?}");
    assert!(commands[1].contains("--PreCheck false"), "{commands:?}");
}

#[tokio::test(start_paused = true)]
async fn istios_objects_are_looked_for_on_asms_side() {
    let filter = json!({
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"namespace": "istio-system", "name": "request-id"},
        "spec": {"configPatches": []},
    });
    let bare = Desk::at(instance()).await.precheck(Method::InPlace).await;
    let desk = Desk::at(described().configuration(filter).build()).await;

    let report = desk.precheck(Method::InPlace).await;

    let of = |report: &PrecheckView| {
        report.findings.iter().filter(|finding| finding.rule == "P-16").count()
    };
    assert_eq!((of(&bare), of(&report)), (0, 1), "{:#?}", report.findings);
    assert_eq!(bare.unknown, report.unknown, "there is none, which is not the same as unread");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_cuts_gateways_off_is_found() {
    let asm = instance();
    asm.fault(AsmFault::NoDrain);
    let desk = Desk::at(asm).await;

    let report = desk.precheck(Method::InPlace).await;

    let found = report.findings.iter().find(|finding| finding.rule == "A-06");
    let found = found.unwrap_or_else(|| panic!("{:#?}", report.findings));
    assert_eq!(found.subject, format!("Cluster {}", desk.mesh.cluster_id()));
    assert_eq!(found.what.code, PhraseCode::FindNoDrain);
}

#[tokio::test(start_paused = true)]
async fn every_operation_says_what_to_mind() {
    let desk = Desk::at(instance()).await;
    let plan = desk.plan(upgrade()).await.expect("it can be planned");
    let wills: Vec<PhraseCode> = plan.will.iter().map(|phrase| phrase.code).collect();
    assert!(wills.contains(&PhraseCode::WillAsmPrecheck), "S24: {wills:?}");

    desk.succeed(upgrade()).await;
    desk.view(|view| view.behind > 0).await;
    let plan = desk.plan(OperationRequest::UpgradeGateways).await.expect("it can be planned");
    let minds = |plan: &PlanView| plan.will_not.iter().map(|it| it.code).collect::<Vec<_>>();
    assert!(minds(&plan).contains(&PhraseCode::AdviceOffPeak), "S21: {:?}", minds(&plan));

    let rows = desk.rows().await.into_iter();
    let behind = rows.filter(|row| row.restart.available).map(|row| row.id);
    let workloads = behind.filter(|id| !id.starts_with("istio-system/")).collect();
    let restart = OperationRequest::Restart { first: None, workloads, width: None };
    let plan = desk.plan(restart).await.expect("it can be planned");
    assert!(minds(&plan).contains(&PhraseCode::AdviceOffPeak), "S21: {:?}", minds(&plan));
}

#[tokio::test(start_paused = true)]
async fn the_changes_of_the_target_are_read_first() {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.target.as_deref() == Some("1.17.2.42")).await;
    let request = RouteRequest {
        from: "1.16.4.93".into(),
        to: "1.17.2.42".into(),
        profile: "asm-seed".into(),
        kubernetes: None,
        context: Some(CONTEXT.into()),
    };

    let list = desk.app.planner_routes(request).await.expect("there are ways");

    let methods: Vec<Method> = list.routes.iter().map(|route| route.hops[0].method).collect();
    assert_eq!(methods.len(), 2, "target and method are chosen: {methods:?}");
    for route in &list.routes {
        assert!(!route.hops[0].changes.is_empty(), "the changes of 1.17 are named: {route:?}");
        let first: Vec<String> = route.first.iter().map(|todo| todo.what.english()).collect();
        let notes = "Read the release notes of 1.17";
        assert!(first.iter().any(|todo| todo.starts_with(notes)), "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn read_only_mode_asks_and_changes_nothing() {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.asm.is_some()).await;
    desk.app.read_only_set(ReadOnly { on: true }).await.unwrap();

    let report = desk.precheck(Method::InPlace).await;
    let view = desk.view(|view| view.read_only).await;

    assert!(report.unknown > 0, "ASM's own precheck is a call that it does not make");
    let reason = view.in_place.upgrade.reason.expect("it may not be pressed");
    assert_eq!(reason.code, PhraseCode::ReasonReadOnly);
    assert!(desk.mesh.calls().iter().all(|call| call.action.starts_with("Describe")));
}
