//! Runbooks of plans for an instance: each command goes to the side that it is for.

use meshlift_app::api::dto::*;
use serde_json::Value;

use super::desk::*;

/// Steps of a plan's runbook, and the whole of it.
async fn runbook(desk: &Desk, operation: OperationRequest) -> (Vec<Value>, Runbook) {
    let plan = desk.plan(operation).await.expect("it can be planned");
    let request = RunbookRequest {
        of: RunbookOf::Plan { digest: plan.digest.clone() },
        language: "en-US".into(),
        acknowledged: Vec::new(),
    };
    let made = desk.app.runbook_make(request).await.expect("a runbook");
    let document: Value = serde_json::from_str(&made.json).unwrap();
    let steps = document["parts"][0]["steps"].as_array().unwrap().clone();
    assert_eq!(steps.len(), plan.steps.len(), "every step of the plan");
    assert!(!made.json.contains("istioctl"), "no istiod runs in the cluster: {}", made.json);
    (steps, made)
}

fn commands(steps: &[Value], list: &str) -> Vec<String> {
    let all = steps.iter().flat_map(|step| match step[list].as_array() {
        Some(entries) if list == "gates" => {
            entries.iter().map(|it| it["command"].clone()).collect()
        }
        Some(entries) => entries.clone(),
        None => Vec::new(),
    });
    all.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_in_place_names_the_instance_and_asks_it() {
    let desk = Desk::at(instance()).await;
    let id = desk.mesh.mesh_id();

    let (steps, made) = runbook(&desk, upgrade()).await;

    let upgrade = format!("aliyun servicemesh UpgradeMeshEditionPartially --ServiceMeshId {id} ");
    for command in commands(&steps, "commands") {
        assert!(command.starts_with(&upgrade), "{command}");
    }
    let asked = format!("aliyun servicemesh DescribeServiceMeshDetail --ServiceMeshId {id}");
    assert!(commands(&steps, "gates").contains(&asked), "{steps:#?}");
    assert!(made.markdown.contains(&format!("**ASM instance**: {id}")), "{}", made.markdown);
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_looked_at_in_the_cluster_and_asked_of_asm() {
    let desk = Desk::at(instance()).await;
    desk.precheck(Method::InPlace).await;
    desk.view(|view| view.in_place.upgrade.available).await;
    desk.succeed(upgrade()).await;
    desk.view(|view| view.behind > 0).await;
    let rows = desk.rows().await.into_iter();
    let behind =
        rows.filter(|row| row.restart.available && !row.gateway).map(|row| row.id).collect();

    let restart = OperationRequest::Restart { first: None, workloads: behind, width: Some(3) };
    let (steps, _) = runbook(&desk, restart).await;

    for command in commands(&steps, "commands") {
        assert!(command.starts_with("kubectl --context asm-practice "), "{command}");
    }
    let gates = commands(&steps, "gates");
    let images = "kubectl --context asm-practice get pods --namespace shop --output jsonpath=";
    assert!(gates.iter().any(|gate| gate.starts_with(images)), "{gates:#?}");
    let synced = "aliyun servicemesh DescribeServiceMeshProxyStatus --ServiceMeshId ";
    assert!(gates.iter().any(|gate| gate.starts_with(synced)), "{gates:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_canary_is_handed_to_the_console_and_its_namespaces_move_on_asms_side() {
    let desk = Desk::at(instance()).await;
    let id = desk.mesh.mesh_id();
    let (steps, _) = runbook(&desk, deploy()).await;
    let back = steps[0]["back"]["what"].as_str().unwrap();
    assert!(back.contains("revoke the canary in the console"), "{back}");
    desk.succeed(deploy()).await;
    desk.view(|view| view.canary.canary.is_some()).await;

    let (steps, _) = runbook(&desk, move_to(MoveTarget::Canary, &["shop"])).await;

    let call = format!(
        "aliyun servicemesh UpdateIstioInjectionConfig --ServiceMeshId {id} --Namespace shop "
    );
    assert_eq!(steps[0]["commands"][0], format!("{call}--IstioRev 1-18-0"));
    assert_eq!(steps[0]["back"]["commands"][0], format!("{call}--EnableIstioInjection true"));
    let synced = commands(&steps[..1], "gates");
    assert!(
        synced[0].starts_with("kubectl --context asm-practice get namespace shop"),
        "{synced:?}"
    );
}
