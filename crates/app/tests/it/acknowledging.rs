//! Blocking findings that somebody goes on over, and values that are never shown.

use std::path::Path;

use meshlift_app::api::dto::*;
use meshlift_sim::{Pace, SimMesh, Workload};
use serde_json::json;

use crate::common::*;

/// What stands in the install's own values and must stay there.
const PLANTED: &str = "planted-password";

fn values(password: &str) -> String {
    format!(
        "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata:\n  namespace: \
         istio-system\nspec:\n  profile: minimal\n  values:\n    pilot:\n      autoscaleMin: 2\n    \
         global:\n      registry:\n        password: {password}\n"
    )
}

/// A mesh with a virtual machine that the target would go on reaching in plaintext (B131-4).
fn mesh_with_a_fault() -> SimMesh {
    SimMesh::builder()
        .seed(1)
        .at(noon())
        .install(OLD.1, &values(PLANTED), &["revision=1-30"])
        .istioctl(NEW.1)
        .namespace("shop", &[("istio.io/rev", "1-30")])
        .workload(Workload::deployment("shop", "cart").replicas(3))
        .object(json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "WorkloadEntry",
            "metadata": {
                "name": "vm-1",
                "namespace": "shop",
                "annotations": { "istio.io/autoRegistrationController": "istiod" },
            },
            "spec": { "address": "10.0.0.7" },
        }))
        .pace(Pace::Instant)
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_blocking_finding_is_gone_on_over_only_with_a_reason() {
    let desk = Desk::at(mesh_with_a_fault()).await;
    let plan = desk.plan(deploy()).await.expect("it can be planned");
    let found = blocking(&plan);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].rule.as_str(), found[0].acknowledgeable), ("B131-4", true));
    assert!(plan.start.available, "it is asked for its reason when it is confirmed");

    for reason in ["", "  "] {
        let refused = desk.app.run_start(start(&plan, reason)).await.expect_err("no reason");
        assert_eq!(refused.code, ErrorCode::PlanBlocked, "{reason:?}");
    }
    let reason = "vm-1 is switched off on Friday";
    let run = desk.app.run_start(start(&plan, reason)).await.expect("a reason").run_id;
    desk.until(&run, is_over).await;

    let report = desk.app.run_report(RunId { run_id: run }).await.expect("a report");
    for text in [&report.markdown, &report.html, &report.json] {
        assert!(text.contains(reason) && text.contains("B131-4"), "{text}");
    }
    let who = "ada@loom";
    assert!(report.markdown.contains(&format!("| B131-4 | WorkloadEntry shop/vm-1 | {who} |")));
}

#[tokio::test(start_paused = true)]
async fn a_password_in_the_values_stays_in_the_values() {
    let desk = Desk::at(mesh_with_a_fault()).await;
    let plan = desk.plan(deploy()).await.expect("it can be planned");
    let run = desk.app.run_start(start(&plan, "it is a test")).await.expect("it starts").run_id;
    desk.until(&run, is_over).await;
    let report = desk.app.run_report(RunId { run_id: run }).await.expect("a report");

    let file = desk.folder.path().join("other.yaml");
    std::fs::write(&file, values("planted-password-of-the-file")).expect("it can be written");
    let change = ContextChange::InstallValues { file: Some(file.display().to_string()) };
    let said = SettingsChange::Context { context: MESH.into(), change };
    desk.app.settings_change(said).await.expect("settings");
    let other = desk.plan(OperationRequest::UpgradeGateways).await;
    let other = other.map_or_else(|error| format!("{error:?}"), |plan| format!("{plan:?}"));

    let shown = [format!("{plan:?}"), other, report.markdown, report.html, report.json];
    for text in shown {
        assert!(!text.contains(PLANTED), "{text}");
    }
    let mut looked_at = 0;
    for path in files_below(desk.folder.path()).into_iter().filter(|path| !holds_values(path)) {
        let bytes = std::fs::read(&path).expect("it can be read");
        let found = bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes());
        assert!(!found, "{} holds it", path.display());
        looked_at += 1;
    }
    assert!(looked_at > 1, "the journal and the settings are there");
}

/// The copy that istioctl is given, and the file that this test wrote.
fn holds_values(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "values") || path.ends_with("other.yaml")
}
