//! The simulated `istioctl`, and what it leaves in the cluster.

use std::time::Duration;

use meshlift_sim::{Exit, Fault, Pace, SimMesh, Workload};
use serde_json::{Value, json};

use crate::common::{VALUES, pods, proxy_image, shop};

const INJECTORS: &str = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
const VALIDATORS: &str = "validatingwebhookconfigurations.admissionregistration.k8s.io";

async fn istioctl(mesh: &SimMesh, version: &str, args: &str) -> Exit {
    let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
    mesh.program_at(version, &args).await
}

fn names(mesh: &SimMesh, resource: &str) -> Vec<String> {
    let objects = mesh.objects(resource);
    objects.iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

fn revision_of_tag(mesh: &SimMesh) -> Value {
    let tag = mesh.object(INJECTORS, "", "istio-revision-tag-default").unwrap();
    tag["metadata"]["labels"]["istio.io/rev"].clone()
}

fn version_of(mesh: &SimMesh, deployment: &str) -> String {
    let istiod = mesh.object("deployments.apps", "istio-system", deployment).unwrap();
    let image = &istiod["spec"]["template"]["spec"]["containers"][0]["image"];
    image.as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_canary_stands_beside_and_leaves_the_tag() {
    let mesh = shop().build();

    let exit = istioctl(
        &mesh,
        "1.31.1",
        "install -y --kubeconfig k --context c --set profile=minimal --set revision=1-31",
    )
    .await;

    assert_eq!(exit.status, 0, "{}", exit.stderr);
    assert!(exit.stdout.contains("✔ Installation complete"), "{}", exit.stdout);
    assert_eq!(version_of(&mesh, "istiod-1-30"), "1.30.5");
    assert_eq!(version_of(&mesh, "istiod-1-31"), "1.31.1");
    assert_eq!(revision_of_tag(&mesh), "1-30");
    assert_eq!(
        names(&mesh, INJECTORS),
        [
            "istio-revision-tag-default",
            "istio-sidecar-injector-1-30",
            "istio-sidecar-injector-1-31"
        ],
    );
    let new = mesh.object(INJECTORS, "", "istio-sidecar-injector-1-31").unwrap();
    assert!(new["webhooks"][0]["clientConfig"]["caBundle"].is_string(), "istiod put its CA in");
    let validator = mesh.object(VALIDATORS, "", "istio-validator-1-31-istio-system").unwrap();
    assert_eq!(validator["webhooks"][0]["failurePolicy"], "Fail", "istiod closed it");
    assert!(
        names(&mesh, "customresourcedefinitions.apiextensions.k8s.io")
            .contains(&"trafficextensions.extensions.istio.io".to_owned()),
        "the CRDs are the new version's",
    );
}

#[tokio::test(start_paused = true)]
async fn an_install_without_revision_takes_the_default_and_switches_its_injector_off() {
    let mesh = SimMesh::builder()
        .install("1.30.5", VALUES, &[])
        .namespace("shop", &[("istio-injection", "enabled")])
        .workload(Workload::deployment("shop", "cart"))
        .build();

    assert_eq!(revision_of_tag(&mesh), "default");
    let injector = mesh.object(INJECTORS, "", "istio-sidecar-injector").unwrap();
    for entry in injector["webhooks"].as_array().unwrap() {
        assert_eq!(
            entry["namespaceSelector"]["matchLabels"],
            json!({ "istio.io/deactivated": "never-match" }),
        );
    }
    let cart = &pods(&mesh, "shop", "cart")[0];
    assert_eq!(cart["metadata"]["annotations"]["istio.io/rev"], "default");
    assert_eq!(proxy_image(cart), Some("docker.io/istio/proxyv2:1.30.5"));
}

#[tokio::test(start_paused = true)]
async fn in_place_changes_the_version_and_the_next_pods() {
    let mesh = SimMesh::builder()
        .install("1.30.5", VALUES, &[])
        .namespace("shop", &[("istio-injection", "enabled")])
        .workload(Workload::deployment("shop", "cart"))
        .build();

    let exit = istioctl(&mesh, "1.31.1", "install -y --set profile=minimal").await;

    assert_eq!(exit.status, 0, "{}", exit.stderr);
    assert_eq!(version_of(&mesh, "istiod"), "1.31.1");
    assert_eq!(revision_of_tag(&mesh), "default");
    let old = Some("docker.io/istio/proxyv2:1.30.5");
    assert_eq!(proxy_image(&pods(&mesh, "shop", "cart")[0]), old, "running pods are left alone");
    mesh.meddle("deployments.apps", "shop", "cart", |it| {
        it["spec"]["template"]["metadata"]["annotations"] = json!({ "a": "b" });
    });
    mesh.settled().await;
    assert_eq!(
        proxy_image(&pods(&mesh, "shop", "cart")[0]),
        Some("docker.io/istio/proxyv2:1.31.1"),
    );
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_the_values_forget_is_pruned_by_its_own_version_only() {
    let mesh = SimMesh::builder().install("1.30.5", "spec: {}", &["revision=1-30"]).build();
    let gateway = || mesh.object("deployments.apps", "istio-system", "istio-ingressgateway");
    assert!(gateway().is_some(), "the default profile has one");
    let without = "install -y --set profile=minimal --set revision=1-30";

    let other = istioctl(&mesh, "1.31.1", without).await;
    assert_eq!(other.status, 0, "{}", other.stderr);
    assert!(gateway().is_some(), "its version label is another: not this program's to remove");

    let mesh = SimMesh::builder().install("1.30.5", "spec: {}", &["revision=1-30"]).build();
    let same = istioctl(&mesh, "1.30.5", without).await;
    assert!(
        same.stdout.contains("Removed apps/v1, Kind=Deployment/istio-ingressgateway"),
        "{}",
        same.stdout
    );
    assert!(mesh.object("deployments.apps", "istio-system", "istio-ingressgateway").is_none());
}

#[tokio::test(start_paused = true)]
async fn an_installed_gateway_moves_with_an_install_that_has_it() {
    let mesh = SimMesh::demo(1);
    let values = mesh.values().to_owned();
    assert!(values.contains("istio-egressgateway"));
    let egress = || pods(&mesh, "istio-system", "istio-egressgateway");
    assert_eq!(proxy_image(&egress()[0]), Some("docker.io/istio/proxyv2:1.30.5"));

    let canary = "install -y --set profile=minimal --set revision=1-31";
    assert_eq!(istioctl(&mesh, "1.31.1", canary).await.status, 0);
    assert_eq!(proxy_image(&egress()[0]), Some("docker.io/istio/proxyv2:1.30.5"));

    let whole = format!("{canary} --set components.egressGateways.[0].enabled=true");
    let exit = istioctl(&mesh, "1.31.1", &whole).await;
    assert_eq!(exit.status, 0, "{}", exit.stderr);
    mesh.settled().await;
    assert_eq!(proxy_image(&egress()[0]), Some("docker.io/istio/proxyv2:1.31.1"));
    assert_eq!(egress()[0]["metadata"]["annotations"]["istio.io/rev"], "1-31");
}

#[tokio::test(start_paused = true)]
async fn a_rendered_manifest_is_yaml_and_writes_nothing() {
    let mesh = shop().build();
    let before = mesh.objects("deployments.apps").len();

    let exit =
        istioctl(&mesh, "1.31.1", "manifest generate --set profile=minimal --revision 1-31").await;

    assert_eq!(mesh.objects("deployments.apps").len(), before);
    let documents: Vec<Value> = exit
        .stdout
        .split("\n---\n")
        .filter(|text| !text.trim().is_empty())
        .map(|text| serde_saphyr::from_str(text).unwrap())
        .collect();
    let istiod = documents.iter().find(|it| it["kind"] == "Deployment").unwrap();
    assert_eq!(istiod["metadata"]["name"], "istiod-1-31");
    let injector =
        documents.iter().find(|it| it["kind"] == "MutatingWebhookConfiguration").unwrap();
    assert_eq!(
        injector["webhooks"][0]["namespaceSelector"]["matchExpressions"][0]["values"],
        json!(["1-31"]),
    );
}

#[tokio::test(start_paused = true)]
async fn an_install_waits_for_its_istiod() {
    let mesh = shop().pace(Pace::Demo { pod_start: Duration::from_secs(2) }).build();
    let began = tokio::time::Instant::now();

    let exit = istioctl(&mesh, "1.31.1", "install -y --set profile=minimal -r 1-31").await;

    assert_eq!(exit.status, 0, "{}", exit.stderr);
    assert!(began.elapsed() >= Duration::from_millis(1500), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_istiod_that_never_starts_fails_the_install() {
    let mesh = shop().build();
    mesh.fault(Fault::Pending { namespace: "istio-system".into(), workload: "istiod-1-31".into() });

    let args = "install -y --set profile=minimal -r 1-31 --readiness-timeout 90s";
    let exit = istioctl(&mesh, "1.31.1", args).await;

    assert_eq!(exit.status, 1);
    assert!(exit.stderr.contains("Deployment/istio-system/istiod-1-31"), "{}", exit.stderr);
}

#[tokio::test(start_paused = true)]
async fn a_killed_install_leaves_what_it_had_applied() {
    let mesh = shop().pace(Pace::Demo { pod_start: Duration::from_secs(2) }).build();

    let install = istioctl(&mesh, "1.31.1", "install -y --set profile=minimal -r 1-31");
    let killed = tokio::time::timeout(Duration::from_millis(1200), install).await;

    assert!(killed.is_err(), "it was still at work");
    assert!(
        mesh.object(
            "customresourcedefinitions.apiextensions.k8s.io",
            "",
            "trafficextensions.extensions.istio.io"
        )
        .is_some()
    );
    let again = istioctl(&mesh, "1.31.1", "install -y --set profile=minimal -r 1-31").await;
    assert_eq!(again.status, 0, "the second one finishes it: {}", again.stderr);
}

#[tokio::test(start_paused = true)]
async fn a_failed_install_is_half_applied() {
    let mesh = shop().build();
    mesh.fault(Fault::InstallFails);

    let exit = istioctl(&mesh, "1.31.1", "install -y --set profile=minimal -r 1-31").await;

    assert_eq!(exit.status, 1);
    assert!(mesh.object("configmaps", "istio-system", "istio-1-31").is_some());
    assert!(mesh.object(INJECTORS, "", "istio-sidecar-injector-1-31").is_none());
}

#[tokio::test(start_paused = true)]
async fn without_yes_nothing_is_installed() {
    let mesh = shop().build();

    let exit = istioctl(&mesh, "1.31.1", "install --set profile=minimal -r 1-31").await;

    assert_eq!(exit.status, 1);
    assert!(mesh.object("deployments.apps", "istio-system", "istiod-1-31").is_none());
}

#[tokio::test(start_paused = true)]
async fn values_may_come_from_a_file() {
    let mesh = shop().build();
    let file = std::env::temp_dir().join(format!("meshlift-sim-{}.yaml", std::process::id()));
    std::fs::write(
        &file,
        "spec:\n  profile: minimal\n  values:\n    pilot:\n      autoscaleMin: 3\n",
    )
    .unwrap();

    let args = format!("install -y -r 1-31 -f {}", file.display());
    let exit = istioctl(&mesh, "1.31.1", &args).await;
    std::fs::remove_file(&file).unwrap();

    assert_eq!(exit.status, 0, "{}", exit.stderr);
    let istiod = mesh.object("deployments.apps", "istio-system", "istiod-1-31").unwrap();
    assert_eq!(istiod["status"]["readyReplicas"], 3);
}

#[tokio::test(start_paused = true)]
async fn the_version_in_json_counts_the_proxies_of_a_revision() {
    let mesh = shop().build();
    mesh.settled().await;

    let own = istioctl(&mesh, "1.31.1", "version -o json --revision 1-30").await;
    let other = istioctl(&mesh, "1.31.1", "version -o json --revision 1-31").await;
    let client = istioctl(&mesh, "1.31.1", "version --remote=false -o json").await;

    let [own, other, client] =
        [own, other, client].map(|exit| serde_json::from_str::<Value>(&exit.stdout).unwrap());
    assert_eq!(client["clientVersion"]["version"], "1.31.1");
    assert!(client["dataPlaneVersion"].is_null(), "nobody was asked: {client}");
    let proxies = own["dataPlaneVersion"].as_array().unwrap();
    let injected = mesh.objects("pods").iter().filter(|pod| proxy_image(pod).is_some()).count();
    assert_eq!(proxies.len(), injected, "{own}");
    assert!(proxies.iter().all(|proxy| proxy["IstioVersion"] == "1.30.5"), "{own}");
    assert_eq!(other["dataPlaneVersion"], json!([]), "no such revision");
}
