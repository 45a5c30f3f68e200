//! An ASM mesh in a file: the same findings and plans on a computer without the instance, and no secret.

use std::sync::Arc;

use meshlift_app::Meshlift;
use meshlift_app::api::dto::*;
use tempfile::TempDir;

use super::desk::*;

async fn save(desk: &Desk) -> SavedFile {
    let path = desk.folder.path().join("practice.meshlift.json").display().to_string();
    let request = SaveSnapshot { context: CONTEXT.into(), path, if_exists: IfExists::Refuse };
    desk.app.snapshot_save(request).await.expect("it is saved")
}

/// Another computer, without a mesh and without a credential.
async fn elsewhere() -> (Meshlift, Arc<TempDir>) {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let mut options = options(&instance(), folder.path(), None);
    options.simulated_instances = Vec::new();
    (Meshlift::open(options).await.expect("it opens"), folder)
}

/// Without what ASM alone decides: its own precheck is a call.
fn without_asms_own(report: PrecheckView) -> Vec<FindingView> {
    report.findings.into_iter().filter(|finding| finding.rule != "A-12").collect()
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_asm_is_checked_and_planned_on_another_computer() {
    let desk = Desk::at(described().gateway("lonely", 1).build()).await;
    let live = desk.precheck(Method::InPlace).await;
    let file = save(&desk).await;
    let (app, _folder) = elsewhere().await;

    let row = app.snapshot_open(FileName { path: file.path }).await.expect("it can be read");

    let context = row.name;
    let request = PrecheckRequest { context: context.clone(), method: Method::InPlace };
    let offline = app.precheck_run(request).await.expect("it can be checked");
    let (live, offline) = (without_asms_own(live), without_asms_own(offline));
    assert_eq!(offline, live, "the same rules find the same");
    assert!(live.iter().any(|finding| finding.rule == "A-06"), "the instance is in it: {live:#?}");

    let request = PlanRequest { context, operation: upgrade() };
    let plan = app.plan_make(request).await.expect("it can be planned");
    let commands: Vec<&String> = plan.steps.iter().flat_map(|step| &step.commands).collect();
    assert!(commands[1].contains("UpgradeMeshEditionPartially"), "{commands:?}");
    let reason = plan.start.reason.expect("nothing runs on a file");
    assert_eq!(reason.code, PhraseCode::ReasonSaved);
    assert!(plan.findings.iter().any(|it| it.what.code == PhraseCode::FindOffline));
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_the_instance_is_in_the_file() {
    let desk = Desk::at(instance()).await;
    desk.precheck(Method::InPlace).await;

    let file = save(&desk).await;

    let bytes = std::fs::read(&file.path).expect("the file");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(&desk.mesh.mesh_id()), "the instance is in it");
    let secrets = desk.mesh.secrets();
    assert!(secrets.len() > 3, "keys, tokens and the kubeconfig's");
    for secret in secrets {
        assert!(!text.contains(&secret), "the file has `{secret}`");
    }
    for signature in desk.mesh.signatures() {
        assert!(!text.contains(&signature), "the file has a signature");
    }
}

#[tokio::test(start_paused = true)]
async fn rules_come_with_the_crds_of_the_api_server_that_keeps_them() {
    let desk = Desk::at(instance()).await;
    desk.precheck(Method::InPlace).await;

    let file = save(&desk).await;

    let text = std::fs::read(&file.path).expect("the file");
    let saved: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let names = |of: &str| {
        let crds = saved.pointer(&format!("/snapshot/evidence/{of}")).and_then(|it| it.as_array());
        let names = crds.into_iter().flatten().filter_map(|crd| crd["name"].as_str());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let kept = "destinationrules.networking.istio.io".to_owned();
    assert!(names("ruleCrds").contains(&kept), "{:?}", names("ruleCrds"));
    assert!(!names("crds").contains(&kept), "the cluster has none: {:?}", names("crds"));
}
