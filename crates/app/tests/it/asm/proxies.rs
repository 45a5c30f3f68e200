//! Whether proxies follow their control plane is asked of ASM's API, before and during a run.

use http::StatusCode;
use meshlift_app::api::dto::*;
use meshlift_sim::Fault;
use meshlift_sim::asm::{Action, AsmFault};

use super::desk::*;
use crate::common::is_over;

fn stale() -> Fault {
    Fault::Stale { namespace: "shop".into() }
}

/// An instance after its upgrade, and the restart of everything in `shop`.
async fn restarting() -> (Desk, String) {
    let desk = Desk::at(instance()).await;
    desk.succeed(upgrade()).await;
    desk.view(|view| view.behind > 0).await;
    let rows = desk.rows().await.into_iter();
    let shop = rows.filter(|row| row.restart.available).map(|row| row.id);
    let workloads: Vec<String> = shop.filter(|id| id.starts_with("shop/")).collect();
    assert_eq!(workloads.len(), 2, "{workloads:?}");
    let id = desk.start(OperationRequest::Restart { first: None, workloads, width: None }).await;
    (desk, id)
}

fn sync(report: &PrecheckView) -> Vec<&FindingView> {
    report.findings.iter().filter(|finding| finding.rule == "P-24").collect()
}

#[tokio::test(start_paused = true)]
async fn a_stale_proxy_is_found_before_the_start() {
    let desk = Desk::at(instance()).await;
    let before = desk.precheck(Method::InPlace).await;
    assert_eq!(sync(&before), Vec::<&FindingView>::new(), "it was read, and all are in sync");
    desk.mesh.data_plane().fault(stale());

    let report = desk.precheck(Method::InPlace).await;

    let found = sync(&report);
    assert_eq!(found.len(), 1, "{:#?}", report.findings);
    assert!(found[0].consequence.english().contains('4'), "cart 3, search 1: {:?}", found[0]);
    assert_eq!(report.unknown, before.unknown, "nothing is left open");
}

#[tokio::test(start_paused = true)]
async fn an_api_that_does_not_tell_is_no_pass() {
    let desk = Desk::at(instance()).await;
    let before = desk.precheck(Method::InPlace).await;
    let on = Action::named("DescribeServiceMeshProxyStatus");
    desk.mesh.fault(AsmFault::Forbidden(on));

    let report = desk.precheck(Method::InPlace).await;

    assert_eq!(report.unknown, before.unknown + 1);
    assert_eq!(report.passed, before.passed - 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_until_the_api_sees_the_new_proxies_in_sync() {
    let (desk, id) = restarting().await;
    desk.mesh.data_plane().fault(stale());

    let checks = |view: &RunView| view.summary.sentence.code == PhraseCode::RunWaitProxies;
    let view = desk.until(&id, |view| checks(view) || is_over(view)).await;

    assert!(checks(&view), "{}", view.summary.sentence.english());
    desk.mesh.data_plane().heal();
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(desk.proxies("shop"), [IN_PLACE]);
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_an_api_that_fails_and_says_why() {
    let (desk, id) = restarting().await;
    desk.mesh.fault(AsmFault::Fails {
        on: Action::named("DescribeServiceMeshProxyStatus"),
        times: 10_000,
        status: StatusCode::INTERNAL_SERVER_ERROR,
    });

    let waits = |view: &RunView| view.summary.sentence.code == PhraseCode::RunWaitIstiods;
    let view = desk.until(&id, |view| waits(view) || is_over(view)).await;

    let says = view.summary.sentence.english();
    assert!(says.contains("DescribeServiceMeshProxyStatus"), "{says}");
    desk.mesh.heal();
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
}

#[tokio::test(start_paused = true)]
async fn the_window_says_how_many_are_connected() {
    let desk = Desk::at(instance()).await;

    let view = desk.view(|view| view.revisions[0].connected.is_some()).await;

    // Eight pods of workloads and four of gateways.
    assert_eq!(view.revisions[0].connected, Some(12));
}
