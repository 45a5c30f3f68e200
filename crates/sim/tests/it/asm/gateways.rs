//! ASM gateways and their canaries.

use meshlift_sim::{Fault, SimAsm};
use serde_json::{Value, json};

use super::client::{POD_START, good, status};

const GATEWAYS: &str = "istiogateways.istio.alibabacloud.com";
const CANARY: &str = "asm.alibabacloud.com/enable-canary-deployment";
const OLD: &str = "v1.22.6.114-g0123456a-aliyun";
const NEW: &str = "v1.23.6.20-g0123456b-aliyun";

fn instance(version: &str, target: &str, kubernetes: &str) -> SimAsm {
    SimAsm::builder()
        .version(version)
        .offer(target)
        .kubernetes(kubernetes)
        .gateway("ingressgateway", 2)
        .pace(meshlift_sim::Pace::Demo { pod_start: POD_START })
        .build()
}

async fn upgraded() -> SimAsm {
    let asm = instance(OLD, NEW, "v1.28.3-aliyun.1");
    let id = asm.mesh_id();
    good(&asm, "UpgradeMeshVersion", &[("ServiceMeshId", &id)], &[]).await;
    asm.settled().await;
    asm
}

fn deployment(asm: &SimAsm, name: &str) -> Option<Value> {
    asm.data_plane().object("deployments.apps", "istio-system", name)
}

fn image(deployment: &Value) -> String {
    deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
}

fn annotate(asm: &SimAsm, value: &Value) {
    asm.control_plane().meddle(GATEWAYS, "istio-system", "ingressgateway", |it| {
        it["metadata"]["annotations"][CANARY] = value.clone();
    });
}

#[tokio::test(start_paused = true)]
async fn a_gateway_stands_in_the_data_plane_without_an_istiod() {
    let asm = instance(OLD, NEW, "v1.28.3-aliyun.1");

    let gateway = deployment(&asm, "istio-ingressgateway").unwrap();
    assert_eq!(gateway["status"]["availableReplicas"], 2);
    assert!(image(&gateway).ends_with(OLD));
    let env = gateway["spec"]["template"]["spec"]["containers"][0]["env"].to_string();
    assert!(env.contains("istiod-1-22-6.istio-system.svc:15012"), "{env}");
    assert!(env.contains(&asm.mesh_id()) && env.contains(&asm.cluster_id()), "{env}");
    let names: Vec<String> = asm
        .data_plane()
        .objects("deployments.apps")
        .iter()
        .map(|it| it["metadata"]["name"].to_string())
        .collect();
    assert!(names.iter().all(|name| !name.contains("istiod")), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn a_canary_takes_part_of_the_traffic_and_goes_with_its_annotation() {
    let asm = upgraded().await;

    annotate(&asm, &json!("true"));
    asm.settled().await;

    let canary = deployment(&asm, "istio-ingressgateway-canary").unwrap();
    assert_eq!(canary["spec"]["replicas"], 1);
    assert!(image(&canary).ends_with(NEW), "{}", image(&canary));
    assert!(image(&deployment(&asm, "istio-ingressgateway").unwrap()).ends_with(OLD));
    let slices = asm.data_plane().objects("endpointslices.discovery.k8s.io");
    let behind = slices.iter().find(|slice| {
        slice["metadata"]["labels"]["kubernetes.io/service-name"] == "istio-ingressgateway"
    });
    assert_eq!(behind.unwrap()["endpoints"].as_array().map(Vec::len), Some(3), "one of three");

    asm.control_plane().meddle(GATEWAYS, "istio-system", "ingressgateway", |it| {
        it["metadata"]["annotations"] = json!({});
    });
    asm.settled().await;
    assert!(deployment(&asm, "istio-ingressgateway-canary").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_deployment_of_the_canarys_name_is_not_overwritten() {
    let asm = upgraded().await;
    let canary = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "istio-ingressgateway-canary", "namespace": "istio-system" },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": "mine" } },
            "template": {
                "metadata": { "labels": { "app": "mine" } },
                "spec": { "containers": [{ "name": "mine", "image": "registry.example/mine:1" }] },
            },
        },
    });
    create(&asm, "/apis/apps/v1/namespaces/istio-system/deployments", &canary).await;

    annotate(&asm, &json!("true"));
    asm.settled().await;
    assert!(image(&deployment(&asm, "istio-ingressgateway-canary").unwrap()).ends_with("mine:1"));

    annotate(&asm, &json!("false"));
    asm.settled().await;
    assert!(deployment(&asm, "istio-ingressgateway-canary").is_some(), "nor removed");
}

#[tokio::test(start_paused = true)]
async fn before_asm_1_20_the_annotation_does_nothing() {
    let target = "v1.17.2.42-gf7619883-aliyun";
    let asm = instance("v1.16.4.93-g0123456a-aliyun", target, "v1.24.6-aliyun.1");

    annotate(&asm, &json!("true"));
    asm.settled().await;

    assert!(deployment(&asm, "istio-ingressgateway-canary").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_gateway_whose_pods_do_not_start_has_failed_and_can_be_tried_again() {
    let asm = upgraded().await;
    let id = asm.mesh_id();
    let form = [
        ("ServiceMeshId", id.as_str()),
        ("ASMGatewayContinue", "true"),
        ("UpgradeGatewayRecords", "ingressgateway"),
    ];
    asm.data_plane().fault(Fault::CrashLoop {
        namespace: "istio-system".into(),
        workload: "istio-ingressgateway".into(),
    });

    good(&asm, "UpgradeMeshEditionPartially", &[], &form).await;
    tokio::time::sleep(std::time::Duration::from_mins(12)).await;
    let record = &status(&asm).await["GatewayStatusRecord"]["istio-system:ingressgateway"];
    assert_eq!(record["Status"], "failed", "{record}");

    asm.heal();
    good(&asm, "UpgradeMeshEditionPartially", &[], &form).await;
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    let record = &status(&asm).await["GatewayStatusRecord"]["istio-system:ingressgateway"];
    assert_eq!(record["Status"], "finished", "{record}");
}

async fn create(asm: &SimAsm, path: &str, object: &Value) {
    use hyper_util::rt::TokioIo;
    let pipe = TokioIo::new(asm.dial_data_plane());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(pipe).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(path).body(object.to_string()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 201);
}
