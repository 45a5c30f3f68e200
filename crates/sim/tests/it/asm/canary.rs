//! A canary of the instance: deployed, moved to, promoted or revoked.

use meshlift_sim::asm::InjectionPolicy;
use meshlift_sim::{SimAsm, Workload};
use serde_json::Value;

use super::client::{POD_START, demo, denied, detail, good, restart, versions};

const INJECTORS: &str = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
const RUNNING: &str = "v1.16.4.93-g7ad2c1e5-aliyun";
const CANARY: &str = "v1.18.0.158-gc6cf0b9c-aliyun";
const NAMESPACES: [&str; 4] = ["shop-test", "catalog", "shop", "payments"];

async fn revision(asm: &SimAsm, namespace: &str, revision: &str) -> Value {
    let id = asm.mesh_id();
    let form = [("ServiceMeshId", id.as_str()), ("Namespace", namespace), ("IstioRev", revision)];
    good(asm, "UpdateIstioInjectionConfig", &[], &form).await
}

async fn deployed() -> SimAsm {
    let asm = demo();
    asm.console_deploy_canary(CANARY).unwrap();
    asm.settled().await;
    asm
}

/// Moves a namespace to a revision and replaces everything in it, the bare pod included.
async fn move_to(asm: &SimAsm, namespace: &str, to: &str) {
    revision(asm, namespace, to).await;
    asm.settled().await;
    restart(asm.data_plane(), namespace);
    asm.settled().await;
}

fn injectors(asm: &SimAsm) -> Vec<String> {
    let all = asm.data_plane().objects(INJECTORS);
    all.iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

fn service(asm: &SimAsm, name: &str) -> bool {
    asm.data_plane().object("services", "istio-system", name).is_some()
}

#[tokio::test(start_paused = true)]
async fn a_canary_shows_its_balancer_first_and_its_endpoint_when_it_runs() {
    let asm = demo();
    assert_eq!(asm.console_canary_versions(), ["v1.17.2.42-gf7619883-aliyun", CANARY]);

    asm.console_deploy_canary(CANARY).unwrap();
    tokio::time::sleep(POD_START).await;

    let during = detail(&asm).await;
    assert_eq!(during["ServiceMeshInfo"]["State"], "updating");
    assert!(during["Spec"]["LoadBalancer"]["CanaryPilotLoadBalancerId"].is_string());
    assert!(during["Endpoints"].get("IntranetCanaryPilotEndpoint").is_none());
    asm.settled().await;
    let after = detail(&asm).await;
    assert!(after["Endpoints"]["IntranetCanaryPilotEndpoint"].is_string());
    assert_eq!(after["ServiceMeshInfo"]["Version"], RUNNING);
    assert_eq!(injectors(&asm), ["istio-sidecar-injector", "istio-sidecar-injector-1-18-0"]);
    assert!(service(&asm, "istiod-1-18-0"));
}

#[tokio::test(start_paused = true)]
async fn a_revision_can_be_chosen_only_during_a_canary() {
    let asm = demo();
    let id = asm.mesh_id();
    let form = |revision: &'static str| {
        [("ServiceMeshId", id.clone()), ("Namespace", "shop".into()), ("IstioRev", revision.into())]
    };
    let code = async |revision| {
        let form = form(revision);
        let form: Vec<(&str, &str)> =
            form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        denied(&asm, "UpdateIstioInjectionConfig", &[], &form).await
    };
    assert_eq!(code("canary").await, "InvalidParameter.IstioRev");

    asm.console_deploy_canary(CANARY).unwrap();
    asm.settled().await;

    assert_eq!(code("1-23-6").await, "InvalidParameter.IstioRev", "no such version runs");
    revision(&asm, "shop", "1-18-0").await;
    let shop = asm.control_plane().object("namespaces", "", "shop").unwrap();
    assert_eq!(shop["metadata"]["labels"]["istio.io/rev"], "1-18-0");
    assert_eq!(shop["metadata"]["labels"].get("istio-injection"), None, "they exclude each other");
}

#[tokio::test(start_paused = true)]
async fn a_canary_is_promoted_and_the_old_version_goes() {
    let asm = deployed().await;
    move_to(&asm, "shop-test", "1-18-0").await;
    assert_eq!(versions(asm.data_plane(), "shop-test"), [CANARY]);
    assert_eq!(versions(asm.data_plane(), "catalog"), [RUNNING]);

    asm.console_promote().unwrap();
    asm.settled().await;
    let promoted = detail(&asm).await;
    assert_eq!(promoted["ServiceMeshInfo"]["Version"], CANARY);
    assert!(promoted["Spec"]["LoadBalancer"]["CanaryPilotLoadBalancerId"].is_string());
    assert_eq!(injectors(&asm), ["istio-sidecar-injector", "istio-sidecar-injector-1-16-4"]);
    let refused = asm.console_unpublish().unwrap_err().to_string();
    assert!(refused.contains("still follow"), "{refused}");
    assert!(asm.console_revoke().is_err(), "it is too late for that");

    finish(&asm).await;
    asm.console_unpublish().unwrap();
    asm.settled().await;
    let done = detail(&asm).await;
    assert!(done["Spec"]["LoadBalancer"].get("CanaryPilotLoadBalancerId").is_none(), "{done}");
    assert_eq!(injectors(&asm), ["istio-sidecar-injector"]);
    assert!(!service(&asm, "istiod-1-16-4"));
    restart(asm.data_plane(), "shop-test");
    asm.settled().await;
    assert_eq!(versions(asm.data_plane(), "shop-test"), [CANARY], "its label still holds");
}

/// Everything that is left after the promotion.
async fn finish(asm: &SimAsm) {
    let id = asm.mesh_id();
    let all = [("ServiceMeshId", id.as_str()), ("ASMGatewayContinue", "true")];
    good(asm, "UpgradeMeshEditionPartially", &[], &all).await;
    asm.settled().await;
    for namespace in NAMESPACES {
        restart(asm.data_plane(), namespace);
        asm.settled().await;
    }
    delete_pods(asm, &["debug-shell", "ledger-0", "ledger-1"]).await;
    let jobs = asm.data_plane().objects("pods");
    let jobs: Vec<String> = jobs
        .iter()
        .filter_map(|pod| pod["metadata"]["name"].as_str())
        .filter(|name| name.starts_with("stock-sync"))
        .map(str::to_owned)
        .collect();
    delete_pods(asm, &jobs.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

async fn delete_pods(asm: &SimAsm, names: &[&str]) {
    use http::Request;
    use hyper_util::rt::TokioIo;
    for pod in asm.data_plane().objects("pods") {
        let (namespace, name) = (&pod["metadata"]["namespace"], &pod["metadata"]["name"]);
        if !names.contains(&name.as_str().unwrap()) {
            continue;
        }
        let pipe = TokioIo::new(asm.dial_data_plane());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(pipe).await.unwrap();
        tokio::spawn(connection);
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}",
            namespace.as_str().unwrap(),
            name.as_str().unwrap()
        );
        let answer = sender.send_request(Request::delete(path).body(String::new()).unwrap()).await;
        assert_eq!(answer.unwrap().status(), 200);
    }
    asm.settled().await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_is_revoked_when_nobody_is_on_it() {
    let asm = deployed().await;
    move_to(&asm, "shop-test", "canary").await;
    assert_eq!(versions(asm.data_plane(), "shop-test"), [CANARY]);
    let refused = asm.console_revoke().unwrap_err().to_string();
    assert!(refused.contains("shop-test"), "{refused}");

    revision(&asm, "shop-test", "stable").await;
    asm.settled().await;
    let refused = asm.console_revoke().unwrap_err().to_string();
    assert!(refused.contains("pods still follow"), "a label alone moves nobody: {refused}");
    restart(asm.data_plane(), "shop-test");
    asm.settled().await;
    asm.console_revoke().unwrap();
    asm.settled().await;

    let after = detail(&asm).await;
    assert_eq!(after["ServiceMeshInfo"]["Version"], RUNNING);
    assert!(after["Endpoints"].get("IntranetCanaryPilotEndpoint").is_none());
    assert_eq!(injectors(&asm), ["istio-sidecar-injector"]);
    assert!(!service(&asm, "istiod-1-18-0"));
    assert_eq!(versions(asm.data_plane(), "shop-test"), [RUNNING]);
}

#[tokio::test(start_paused = true)]
async fn proxies_report_the_control_plane_that_they_follow() {
    let asm = deployed().await;
    move_to(&asm, "shop-test", "1-18-0").await;
    let id = asm.mesh_id();

    let body = good(&asm, "DescribeServiceMeshProxyStatus", &[], &[("ServiceMeshId", &id)]).await;

    let of = |suffix: &str| {
        let all = body["ProxyStatus"].as_array().unwrap();
        let found = all.iter().find(|it| it["ProxyId"].as_str().unwrap().ends_with(suffix));
        let found = found.unwrap();
        assert_eq!(found["ClusterSynced"], "SYNCED");
        (found["ProxyVersion"].clone(), found["IstioVersion"].clone())
    };
    assert_eq!(of(".shop-test"), ("1.18.0".into(), "1.18.0".into()));
    assert_eq!(of(".catalog"), ("1.16.4".into(), "1.16.4".into()));
}

#[tokio::test(start_paused = true)]
async fn with_injection_everywhere_a_namespace_needs_no_label() {
    let asm = SimAsm::builder()
        .injection(InjectionPolicy::Everywhere)
        .namespace("shop", &[])
        .workload(Workload::deployment("shop", "cart"))
        .build();

    assert_eq!(versions(asm.data_plane(), "shop").len(), 1, "it is injected");
    let injector = &detail(&asm).await["Spec"]["MeshConfig"]["SidecarInjector"];
    assert_eq!(injector["EnableNamespacesByDefault"], true);
}
