//! Saved snapshots: everything to plan with, nothing to run on, and no secret.

use std::sync::Arc;

use meshlift_app::Meshlift;
use meshlift_app::api::dto::*;
use meshlift_sim::{Pace, SimMesh, Workload};
use serde_json::json;

use crate::common::*;

/// Stands wherever a secret could be.
const SECRET: &str = "planted-secret-value";

fn path(desk: &Desk, name: &str) -> String {
    desk.folder.path().join(name).display().to_string()
}

async fn save(desk: &Desk, name: &str) -> SavedFile {
    let request =
        SaveSnapshot { context: MESH.into(), path: path(desk, name), if_exists: IfExists::Refuse };
    desk.app.snapshot_save(request).await.expect("it is saved")
}

/// Another computer, with no mesh at all.
async fn elsewhere() -> (Meshlift, Arc<tempfile::TempDir>) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut options = options(&mesh(), folder.path(), "bo@sofa");
    options.simulated = Vec::new();
    (Meshlift::open(options).await.unwrap(), folder)
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_checked_and_planned_on_another_computer() {
    let desk = Desk::at(mesh()).await;
    let file = save(&desk, "shop.meshlift.json").await;
    let (app, _folder) = elsewhere().await;

    let row = app.snapshot_open(FileName { path: file.path.clone() }).await.unwrap();

    let context = row.name.clone();
    let saved = row.saved.unwrap();
    assert_eq!((context.as_str(), saved.context.as_str()), ("shop.meshlift.json", MESH));
    assert_eq!(saved.by, "ada@loom");
    assert!(saved.at.starts_with("2026-11-24T12:00:00"), "when it was read: {}", saved.at);
    let live = desk.precheck(Method::InPlace).await;
    let request = PrecheckRequest { context: context.clone(), method: Method::InPlace };
    let offline = app.precheck_run(request).await.unwrap();
    assert_eq!(
        (offline.findings, offline.passed, offline.unknown),
        (live.findings, live.passed, live.unknown),
        "the same rules find the same"
    );

    let operation = OperationRequest::DeployCanary { target: NEW.1.into() };
    let plan = app.plan_make(PlanRequest { context: context.clone(), operation }).await.unwrap();
    let reason = plan.start.reason.as_ref().map(Phrase::english);
    assert_eq!(reason.as_deref(), Some("This is a saved snapshot: nothing can be run on it"));
    assert!(plan.findings.iter().any(|it| it.what.code == PhraseCode::FindOffline));
    let start = StartRun {
        digest: plan.digest,
        consents: Vec::new(),
        acknowledgements: Vec::new(),
        typed_name: None,
    };
    let refused = app.run_start(start).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::PlanBlocked, "{}", refused.message);

    let prove = ProofRequest { context: context.clone(), row: "shop/Deployment/cart".into() };
    assert_eq!(app.injection_prove(prove).await.unwrap_err().code, ErrorCode::PlanBlocked);
    let routes = app
        .planner_routes(RouteRequest {
            from: OLD.1.into(),
            to: NEW.1.into(),
            profile: "istio".into(),
            kubernetes: None,
            context: Some(context),
        })
        .await
        .unwrap();
    assert_eq!(routes.mesh.unwrap().version.as_deref(), Some(OLD.1));
}

/// What an install would set is part of what prechecks look at, read anew each time.
#[tokio::test(start_paused = true)]
async fn switches_of_the_install_values_are_looked_at() {
    let desk = Desk::at(mesh()).await;
    let file = path(&desk, "values.yaml");
    let text = "spec: {values: {pilot: {env: {ENABLE_AUTO_SNI: \"false\"}}}}";
    std::fs::write(&file, text).unwrap();
    let change = ContextChange::InstallValues { file: Some(file) };
    let said = SettingsChange::Context { context: MESH.into(), change };
    desk.app.settings_change(said).await.unwrap();

    let saved = save(&desk, "shop.meshlift.json").await;

    let text = std::fs::read_to_string(saved.path).unwrap();
    let read = meshlift_core::inventory::Saved::read(&text).unwrap();
    let values = read.snapshot.evidence.unwrap().values;
    assert_eq!(values, Some([("ENABLE_AUTO_SNI".into(), "false".into())].into()));
}

#[tokio::test(start_paused = true)]
async fn the_window_says_that_it_is_a_snapshot() {
    let desk = Desk::at(mesh()).await;
    let file = save(&desk, "shop.meshlift.json").await;
    let (app, _folder) = elsewhere().await;
    let row = app.snapshot_open(FileName { path: file.path.clone() }).await.unwrap();

    let request = WatchMesh { watch_id: "saved".into(), context: row.name.clone() };
    let mut events = std::pin::pin!(app.mesh_watch(request).await.unwrap());
    let mut view = None;
    let mut states = Vec::new();
    while view.is_none() {
        use futures::StreamExt as _;
        match within(events.next()).await.expect("it begins with a view") {
            MeshEvent::View { view: new } => view = Some(new),
            MeshEvent::Connection { connection } => states.push(connection.state),
            MeshEvent::Rows { .. } => {}
        }
    }
    assert_eq!(states, [ConnectionState::Saved]);
    let view = view.unwrap();
    assert_eq!(view.saved.unwrap().file, file.path);
    assert!(view.canary.precheck.available, "it can be checked");
    assert_eq!(view.cluster_uid, "cluster-one");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_listed_until_it_is_taken_off() {
    let desk = Desk::at(mesh()).await;
    let file = save(&desk, "shop.meshlift.json").await;
    let (app, folder) = elsewhere().await;
    app.snapshot_open(FileName { path: file.path.clone() }).await.unwrap();
    app.close().await;
    drop(app);

    let mut options = options(&mesh(), folder.path(), "bo@sofa");
    options.simulated = Vec::new();
    let app = Meshlift::open(options).await.unwrap();
    let names = async || -> Vec<String> {
        let list = app.context_list(Nothing {}).await.unwrap();
        list.contexts.into_iter().map(|row| row.name).collect()
    };
    assert_eq!(names().await, ["shop.meshlift.json"], "it is there after a restart");
    let name = || ContextName { context: "shop.meshlift.json".into() };
    let summary = app.context_scan(name()).await.unwrap();
    assert_eq!(summary.versions, [OLD.1]);

    app.snapshot_forget(name()).await.unwrap();
    assert_eq!(names().await, Vec::<String>::new());
    assert!(std::fs::exists(&file.path).unwrap(), "the file stays");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_snapshot_is_refused_with_its_place() {
    let (app, folder) = elsewhere().await;
    let file = folder.path().join("other.json");
    std::fs::write(&file, "{ \"format\": \"meshlift-snapshot\", \"version\": 9 }").unwrap();
    let open = |path: String| app.snapshot_open(FileName { path });

    let newer = open(file.display().to_string()).await.unwrap_err();
    assert_eq!(newer.code, ErrorCode::FileBroken);
    assert!(newer.message.contains("format 9 is newer"), "{}", newer.message);
    assert!(newer.hint.is_some(), "it says what to do");
    let missing = open("/nowhere/shop.json".into()).await.unwrap_err();
    assert!(missing.message.contains("/nowhere/shop.json"), "{}", missing.message);
    let relative = open("shop.json".into()).await.unwrap_err();
    assert_eq!(relative.code, ErrorCode::BadRequest);
    let listed = app.context_list(Nothing {}).await.unwrap().contexts;
    assert_eq!(listed, [], "what did not open is not listed");
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn the_file_is_private_and_never_replaced_unasked() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::at(mesh()).await;
    let file = save(&desk, "shop.meshlift.json").await;

    let mode = std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let again = |if_exists| {
        desk.app.snapshot_save(SaveSnapshot {
            context: MESH.into(),
            path: file.path.clone(),
            if_exists,
        })
    };
    assert_eq!(again(IfExists::Refuse).await.unwrap_err().code, ErrorCode::FileExists);
    assert!(again(IfExists::Replace).await.is_ok());
}

/// Secrets in everything that a reading looks at.
fn with_secrets() -> SimMesh {
    let secret = |kind: &str, name: &str, data: serde_json::Value| {
        json!({
            "apiVersion": "v1", "kind": kind,
            "metadata": { "namespace": "istio-system", "name": name,
                          "annotations": { "note": SECRET } },
            "data": data,
        })
    };
    let values = format!("{{\"global\":{{\"hub\":\"hub\",\"imagePullSecret\":\"{SECRET}\"}}}}");
    let applied = format!("{{\"spec\":{{\"env\":\"{SECRET}\"}}}}");
    let cart = Workload::deployment("shop", "cart")
        .annotation("kubectl.kubernetes.io/last-applied-configuration", &applied)
        .annotation("vault.example.test/token", SECRET)
        .pod(
            "containers",
            json!([{
                "name": "app", "image": "shop/cart:1",
                "env": [{ "name": "PASSWORD", "value": SECRET }],
                "args": ["--token", SECRET],
            }]),
        );
    SimMesh::builder()
        .seed(1)
        .at(noon())
        .cluster_uid("cluster-one")
        .install(
            OLD.1,
            &format!("spec: {{ profile: minimal, meshConfig: {{ rootNamespace: {SECRET} }} }}"),
            &["revision=1-30"],
        )
        .namespace("shop", &[("istio.io/rev", "1-30")])
        .workload(cart)
        .object(secret("ConfigMap", "istio-1-29", json!({ "mesh": SECRET })))
        .object(secret(
            "ConfigMap",
            "istio-sidecar-injector-1-29",
            json!({ "values": values, "config": SECRET }),
        ))
        .object(secret("Secret", "sh.helm.release.v1.istiod.v1", json!({ "release": SECRET })))
        .object(secret("Secret", "istio-remote-secret", json!({ "config": SECRET })))
        .pace(Pace::Instant)
        .build()
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_the_mesh_is_in_the_file() {
    let mesh = with_secrets();
    let planted = serde_json::to_string(&mesh.objects("pods")).unwrap();
    assert!(planted.contains(SECRET), "the pods do carry it");
    let desk = Desk::at(mesh).await;

    let file = save(&desk, "shop.meshlift.json").await;

    let bytes = std::fs::read(&file.path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\"cart\""), "the workload is in it");
    assert!(!text.contains(SECRET), "{text}");
    let encoded = "cGxhbnRlZC1zZWNyZXQtdmFsdWU";
    assert!(!text.contains(encoded), "nor in base64");
}
