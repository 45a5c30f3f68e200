//! By canary: the console's steps are handed off, the namespaces move by their labels.

use std::time::Duration;

use meshlift_app::api::dto::*;
use meshlift_sim::Pace;
use serde_json::json;

use super::desk::*;

#[tokio::test(start_paused = true)]
async fn canary_moved_promoted_and_old_version_unpublished() {
    let desk = Desk::at(instance()).await;
    let id = desk.start(deploy()).await;
    let waiting = desk.until(&id, |view| view.hand_off.is_some()).await;
    let hand_off = waiting.hand_off.expect("it waits for the console");
    assert_eq!((hand_off.task, &*hand_off.version), (HandOffTask::DeployCanary, "1.18.0.158"));
    assert_eq!(waiting.summary.state, RunState::Waiting);
    assert_eq!(desk.finish(&id).await.summary.state, RunState::Succeeded);

    let view = desk.view(|view| view.canary.canary.is_some()).await;
    assert_eq!(view.canary.canary.as_deref(), Some("1-18-0"), "S35: named x-y-z");
    desk.succeed(move_to(MoveTarget::Canary, &["shop"])).await;
    assert_eq!(desk.label("shop", "istio.io/rev").as_deref(), Some("1-18-0"), "S36, S38");
    assert_eq!(desk.label("shop", "istio-injection"), None, "S37: never both");
    assert_eq!(desk.proxies("shop"), [CANARY]);
    assert_eq!(desk.proxies("pay"), [RUNNING], "S39: the others stay");

    desk.succeed(OperationRequest::Promote).await;
    let follows = |view: &MeshView| {
        let pay = view.namespaces.iter().find(|namespace| namespace.name == "pay");
        pay.and_then(|pay| pay.follows.clone())
    };
    desk.view(|view| follows(view).as_deref() == Some("1-18-0")).await;
    desk.succeed(OperationRequest::UpgradeGateways).await;
    assert_eq!(desk.proxies("istio-system"), [CANARY]);
    let view = desk.view(|view| view.canary.canary.is_some()).await;
    let reason = view.canary.revoke.reason.expect("a promotion stays");
    assert_eq!(reason.code, PhraseCode::ReasonPromotionStays);
    let reason = view.canary.unpublish.reason.expect("pay still follows the old version");
    assert_eq!(reason.code, PhraseCode::ReasonOldRevisionUsed);

    let rows = desk.rows().await.into_iter();
    let behind = rows.filter(|row| row.restart.available).map(|row| row.id).collect();
    desk.succeed(OperationRequest::Restart { first: None, workloads: behind, width: Some(3) })
        .await;
    assert_eq!(desk.proxies("pay"), [CANARY], "S44: by Rolling Upgrade");
    desk.view(|view| view.canary.unpublish.available).await;
    desk.succeed(OperationRequest::Unpublish).await;

    let view = desk.view(|view| view.revisions.len() == 1).await;
    assert_eq!(view.revisions[0].version.as_deref(), Some("1.18.0.158"));
    assert_eq!(view.behind, 0);
}

#[tokio::test(start_paused = true)]
async fn canary_revoked_leaves_everything_as_it_was() {
    let desk = Desk::at(instance()).await;
    desk.succeed(deploy()).await;
    desk.view(|view| view.canary.canary.is_some()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["shop", "pay"])).await;
    assert_eq!(desk.proxies("pay"), [CANARY]);

    desk.succeed(OperationRequest::Revoke).await;

    for namespace in ["shop", "pay"] {
        assert_eq!(desk.proxies(namespace), [RUNNING], "{namespace}");
        assert_eq!(desk.label(namespace, "istio-injection").as_deref(), Some("enabled"));
        assert_eq!(desk.label(namespace, "istio.io/rev"), None, "{namespace}");
    }
    let view = desk.view(|view| view.revisions.len() == 1).await;
    assert_eq!(view.revisions[0].version.as_deref(), Some("1.16.4.93"));
}

#[tokio::test(start_paused = true)]
async fn the_newer_page_warns_and_its_profile_refuses() {
    let desk = Desk::at(instance()).await;
    desk.app
        .target_choose(TargetChoice { context: CONTEXT.into(), target: Some("1.18.0.158".into()) })
        .await
        .unwrap();
    let report = desk.precheck(Method::Canary).await;
    let warned = report.findings.iter().find(|finding| finding.rule == "A-09");
    let warned = warned.expect("the newer page would refuse two minors");
    assert!(warned.consequence.english().contains("2026-03-11"), "it names the page: {warned:?}");

    let link = AsmLink {
        instance: desk.mesh.mesh_id(),
        region: "cn-hangzhou".into(),
        profile: Some("asm-strict".into()),
        cli_profile: None,
    };
    let change = ContextChange::Asm { link: Some(link) };
    let strict = SettingsChange::Context { context: CONTEXT.into(), change };
    desk.app.settings_change(strict).await.unwrap();
    desk.app.context_open(ContextName { context: CONTEXT.into() }).await.unwrap();

    let refused = desk.plan(deploy()).await.expect_err("asm-strict refuses it");
    assert_eq!(refused.code, ErrorCode::PlanBlocked, "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_label_set_in_the_cluster_alone_is_said() {
    // The copy of labels takes a while, as with the real one.
    let pace = Pace::Demo { pod_start: Duration::from_mins(2) };
    let desk = Desk::at(described().pace(pace).build()).await;
    desk.view(|view| view.asm.is_some()).await;
    desk.mesh.settled().await;
    let says = |view: &MeshView| {
        let notes = view.asm.iter().flat_map(|asm| &asm.notes);
        notes.filter(|note| note.code == PhraseCode::NoteDiffering).map(Phrase::english).next()
    };
    let found = async || {
        let report = desk.precheck(Method::InPlace).await;
        report.findings.into_iter().find(|finding| finding.rule == "A-04")
    };
    assert_eq!(says(&desk.view(|_| true).await), None, "nobody touched a label");
    assert_eq!(found().await, None);

    desk.mesh.data_plane().meddle("namespaces", "", "shop", |shop| {
        shop["metadata"]["labels"]["istio-injection"] = json!("disabled");
    });
    let view = desk.view(|view| says(view).is_some()).await;
    assert!(says(&view).is_some_and(|note| note.starts_with('1')), "one namespace: {view:?}");
    let finding = found().await.expect("it is found");
    assert_eq!(finding.subject, "Namespace shop");
    assert!(finding.consequence.english().contains("disabled"), "{finding:?}");

    desk.view(|view| says(view).is_none()).await;
    let label = desk.label("shop", "istio-injection");
    assert_eq!(label.as_deref(), Some("enabled"), "ASM put its own back");
    assert_eq!(found().await, None);
}

#[tokio::test(start_paused = true)]
async fn where_the_label_sync_leaves_the_cluster_out_a_namespace_moves_by_its_own_labels() {
    let policy = json!({
        "apiVersion": "istio.alibabacloud.com/v1beta1",
        "kind": "ASMReconcileNSLabels",
        "metadata": { "name": "default" },
        "spec": { "syncPolicy": { "enabled": true, "clusters": [] } },
    });
    let newer = described().version("v1.28.4.10-g0123456a-aliyun").kubernetes("v1.32.1-aliyun.1");
    let newer = newer.offer("v1.29.1.12-g0123456b-aliyun").configuration(policy);
    let desk = Desk::at(newer.build()).await;
    let says = |view: &MeshView, code| {
        view.asm.iter().flat_map(|asm| &asm.notes).any(|note| note.code == code)
    };
    desk.mesh.data_plane().meddle("namespaces", "", "pay", |pay| {
        pay["metadata"]["labels"]["istio-injection"] = json!("disabled");
    });
    let view = desk.view(|view| says(view, PhraseCode::NoteSpared)).await;
    assert!(!says(&view, PhraseCode::NoteDiffering), "nobody puts it back: {view:?}");
    let report = desk.precheck(Method::InPlace).await;
    assert!(report.findings.iter().all(|finding| finding.rule != "A-04"), "{report:?}");

    desk.succeed(OperationRequest::DeployCanary { target: "1.29.1.12".into() }).await;
    desk.view(|view| view.canary.canary.is_some()).await;
    desk.succeed(move_to(MoveTarget::Canary, &["shop"])).await;

    assert_eq!(desk.label("shop", "istio.io/rev").as_deref(), Some("1-29-1"));
    assert_eq!(desk.label("shop", "istio-injection"), None);
    assert_eq!(desk.proxies("shop"), ["v1.29.1.12-g0123456b-aliyun"]);
    assert_eq!(desk.asked("UpdateIstioInjectionConfig"), 0, "its labels would never arrive");
    assert_eq!(desk.label("pay", "istio-injection").as_deref(), Some("disabled"));
}

#[tokio::test(start_paused = true)]
async fn a_real_console_is_not_touched() {
    let desk = Desk::at(instance()).await;
    let id = desk.start(deploy()).await;
    desk.until(&id, |view| view.hand_off.is_some()).await;
    desk.app.read_only_set(ReadOnly { on: true }).await.unwrap();

    let refused = desk.app.hand_off_simulate(RunId { run_id: id }).await.expect_err("read-only");

    assert_eq!(refused.code, ErrorCode::ReadOnly);
}
