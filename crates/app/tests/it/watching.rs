//! Watches: a window that was closed and opened again shows the same.

use futures::StreamExt as _;
use meshlift_app::api::dto::*;

use crate::common::*;

#[tokio::test(start_paused = true)]
async fn a_run_is_replayed_and_then_followed() {
    let desk = Desk::at(mesh()).await;
    let done = desk.succeed(deploy()).await;
    let id = done.summary.id.clone();

    let mut first = std::pin::pin!(desk.follow(&id).await);
    let all = within(first.next()).await.unwrap().log;
    assert!(all.len() >= 6, "{all:#?}");
    let seqs: Vec<u32> = all.iter().map(|line| line.seq).collect();
    assert_eq!(seqs, (1..=u32::try_from(all.len()).unwrap()).collect::<Vec<_>>());

    let since = WatchRun { watch_id: "again".into(), run_id: id, since_seq: 4 };
    let mut again = std::pin::pin!(desk.app.run_watch(since).await.unwrap());
    let rest = within(again.next()).await.unwrap();
    assert_eq!(rest.log, all[4..], "only what the caller lacks");
    assert_eq!(rest.view.summary, done.summary, "and the same view");
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_when_it_is_told_to() {
    let desk = Desk::at(mesh()).await;
    let request = WatchMesh { watch_id: "one".into(), context: MESH.into() };
    let mut events = std::pin::pin!(desk.app.mesh_watch(request).await.unwrap());
    within(events.next()).await.expect("something is shown");

    desk.app.watch_end(WatchId { watch_id: "one".into() }).await.unwrap();

    while within(events.next()).await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn only_rows_that_changed_are_sent() {
    let desk = Desk::at(mesh()).await;
    let request = WatchMesh { watch_id: "rows".into(), context: MESH.into() };
    let mut events = std::pin::pin!(desk.app.mesh_watch(request).await.unwrap());
    loop {
        if let MeshEvent::Rows { complete: true, .. } = within(events.next()).await.unwrap() {
            break;
        }
    }

    desk.mesh.meddle("deployments.apps", "shop", "cart", |cart| {
        cart["spec"]["paused"] = true.into();
    });

    loop {
        if let MeshEvent::Rows { upserts, removes, .. } = within(events.next()).await.unwrap() {
            let ids: Vec<&str> = upserts.iter().map(|row| row.id.as_str()).collect();
            assert_eq!((ids, removes.len()), (vec!["shop/Deployment/cart"], 0));
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_button_that_may_not_be_pressed_says_why() {
    let desk = Desk::at(mesh()).await;
    let view = desk.view(|_| true).await;

    let (one, two) = (&view.in_place, &view.canary);
    let mut buttons = vec![&one.precheck, &one.upgrade, &one.gateways, &one.workloads];
    buttons.extend([&two.precheck, &two.deploy, &two.promote, &two.revoke, &two.unpublish]);
    buttons.extend([&two.gateways, &two.move_namespaces]);
    buttons.extend(view.namespaces.iter().flat_map(|one| [&one.to_canary, &one.to_stable]));
    let rows = desk.rows().await;
    buttons.extend(rows.iter().map(|row| &row.restart));

    for button in buttons {
        assert_ne!(button.available, button.reason.is_some(), "{button:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_report_tells_everything_in_three_forms() {
    let desk = Desk::at(mesh()).await;
    let run = desk.succeed(deploy()).await;

    let report = desk.app.run_report(RunId { run_id: run.summary.id }).await.unwrap();

    assert!(
        report.markdown.starts_with("# Run 1: 1.30.5 (1-30) → 1.31.1 (1-31)"),
        "{}",
        report.markdown
    );
    assert!(report.markdown.contains("istioctl install"), "{}", report.markdown);
    assert!(report.html.contains("<h2>Log</h2>") && !report.html.contains("<script"));
    let json: serde_json::Value = serde_json::from_str(&report.json).unwrap();
    assert_eq!(json["run"]["state"], "succeeded");
}
