//! What is in the demo's instance.

use std::collections::BTreeSet;

use meshlift_sim::SimAsm;
use serde_json::Value;

use super::client::{detail, good, versions};

const RUNNING: &str = "v1.16.4.93-g7ad2c1e5-aliyun";
const WORKLOADS: [&str; 4] =
    ["deployments.apps", "statefulsets.apps", "daemonsets.apps", "cronjobs.batch"];

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

fn pod(asm: &SimAsm, app: &str) -> Value {
    let pods = asm.data_plane().objects("pods");
    pods.into_iter().find(|pod| pod["metadata"]["labels"]["app"] == app).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_instance() {
    let names = |asm: &SimAsm| -> Vec<String> {
        let sides = [asm.control_plane(), asm.data_plane()];
        let all = sides.iter().flat_map(|side| {
            ["pods", "namespaces"].into_iter().flat_map(|kind| side.objects(kind))
        });
        let uids = all.map(|it| it["metadata"]["uid"].to_string());
        [vec![asm.mesh_id(), asm.cluster_id()], uids.collect()].concat()
    };

    assert_eq!(names(&SimAsm::demo(5)), names(&SimAsm::demo(5)));
    assert_ne!(names(&SimAsm::demo(5)), names(&SimAsm::demo(6)));
}

#[tokio::test(start_paused = true)]
async fn it_is_an_enterprise_instance_with_workloads_of_all_kinds() {
    let asm = SimAsm::demo(7);

    let mesh = detail(&asm).await;
    assert_eq!(mesh["ServiceMeshInfo"]["Name"], "shop-prod");
    assert_eq!(mesh["ServiceMeshInfo"]["Version"], RUNNING);
    assert_eq!(mesh["ClusterSpec"], "enterprise");
    assert_eq!(mesh["Clusters"][0], asm.cluster_id());
    let controllers: usize = WORKLOADS.iter().map(|it| asm.data_plane().objects(it).len()).sum();
    assert!((22..=28).contains(&controllers), "{controllers}, besides a Job and a bare pod");
    for pod in asm.data_plane().objects("pods") {
        let phase = pod["status"]["phase"].as_str().unwrap();
        assert!(["Running", "Succeeded"].contains(&phase), "{pod:#}");
    }
    for namespace in ["shop-test", "catalog", "shop", "payments", "istio-system"] {
        assert_eq!(versions(asm.data_plane(), namespace), [RUNNING], "{namespace}");
    }
    let gateways = asm.control_plane().objects("istiogateways.istio.alibabacloud.com");
    let gateways: Vec<String> = gateways.iter().map(name).collect();
    assert_eq!(gateways, ["ingressgateway", "partner-gateway"]);
}

#[tokio::test(start_paused = true)]
async fn a_sidecar_names_its_control_plane_and_no_revision() {
    let asm = SimAsm::demo(7);

    let cart = pod(&asm, "cart");
    let proxy = cart["spec"]["containers"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(proxy["name"], "istio-proxy");
    let env = |wanted: &str| {
        let all = proxy["env"].as_array().unwrap();
        all.iter().find(|it| it["name"] == wanted).map(|it| it["value"].to_string())
    };
    assert_eq!(env("CA_ADDR").unwrap(), "\"istiod-1-16-4.istio-system.svc:15012\"");
    assert!(env("PROXY_CONFIG").unwrap().contains("istiod-1-16-4.istio-system.svc:15012"));
    assert_eq!(env("ASM_ID"), Some(format!("\"{}\"", asm.mesh_id())));
    assert_eq!(env("ISTIO_META_CLUSTER_ID"), Some(format!("\"{}\"", asm.cluster_id())));
    let metadata = &cart["metadata"];
    for part in ["labels", "annotations"] {
        assert_eq!(metadata[part].get("istio.io/rev"), None, "{part}");
    }
    let status = metadata["annotations"]["sidecar.istio.io/status"].as_str().unwrap();
    assert!(status.contains("\"revision\":\"default\""), "{status}");
}

#[tokio::test(start_paused = true)]
async fn each_side_holds_its_own_objects() {
    let asm = SimAsm::demo(7);
    let (control, data) = (asm.control_plane(), asm.data_plane());

    for kind in ["pods", "deployments.apps", "nodes"] {
        assert!(control.objects(kind).is_empty(), "{kind} of the instance's own server");
    }
    for kind in ["virtualservices", "destinationrules", "envoyfilters", "gateways"] {
        let kind = format!("{kind}.networking.istio.io");
        assert_eq!(control.objects(&kind).len(), 1, "{kind}");
        assert!(data.objects(&kind).is_empty(), "{kind} of the data plane");
    }
    let root = data.object("configmaps", "shop", "istio-ca-root-cert");
    assert!(root.is_some_and(|root| root["data"]["root-cert.pem"].is_string()));
    let crds = control.objects("customresourcedefinitions.apiextensions.k8s.io");
    let crds: BTreeSet<String> = crds.iter().map(name).collect();
    assert!(crds.contains("istiogateways.istio.alibabacloud.com"));
    assert!(!crds.contains("asmreconcilenslabels.istio.alibabacloud.com"), "not before ASM 1.28");
}

#[tokio::test(start_paused = true)]
async fn no_secret_shows_but_where_it_is_asked_for() {
    let asm = SimAsm::demo(7);
    let id = asm.mesh_id();
    let secrets = asm.secrets();
    let holds = |text: &str| secrets.iter().any(|secret| text.contains(secret));

    let kubeconfig =
        good(&asm, "DescribeServiceMeshKubeconfig", &[("ServiceMeshId", &id)], &[]).await;
    assert!(holds(&kubeconfig.to_string()), "a kubeconfig is a secret");
    for action in ["DescribeServiceMeshDetail", "DescribeServiceMeshLogs"] {
        let answer = good(&asm, action, &[], &[("ServiceMeshId", &id)]).await;
        assert!(!holds(&answer.to_string()), "{action}");
    }
    assert!(!holds(&format!("{asm:?} {:?}", asm.calls())), "nor in what is remembered");
}
