//! Labels of namespaces: copied from the instance to its data plane, and put back there.

use meshlift_sim::{Pace, SimAsm};
use serde_json::{Value, json};

use super::client::{POD_START, demo, good};

fn labels(asm: &SimAsm, namespace: &str) -> Value {
    let found = asm.data_plane().object("namespaces", "", namespace).unwrap();
    found["metadata"]["labels"].clone()
}

fn relabel(asm: &SimAsm, namespace: &str, key: &str, value: &str) {
    asm.data_plane().meddle("namespaces", "", namespace, |it| {
        it["metadata"]["labels"][key] = json!(value);
    });
}

#[tokio::test(start_paused = true)]
async fn a_label_of_the_instance_reaches_the_data_plane_after_a_moment() {
    let asm = demo();
    let id = asm.mesh_id();
    let form =
        [("ServiceMeshId", id.as_str()), ("Namespace", "batch"), ("EnableIstioInjection", "true")];

    good(&asm, "UpdateIstioInjectionConfig", &[], &form).await;

    assert_eq!(labels(&asm, "batch")["istio-injection"], Value::Null, "not at once");
    tokio::time::sleep(POD_START).await;
    assert_eq!(labels(&asm, "batch")["istio-injection"], "enabled");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_in_the_data_plane_is_put_back() {
    let asm = demo();
    asm.settled().await;

    relabel(&asm, "shop", "istio-injection", "disabled");
    relabel(&asm, "shop", "istio.io/rev", "1-18-0");
    relabel(&asm, "shop", "team", "checkout");
    assert_eq!(labels(&asm, "shop")["istio-injection"], "disabled", "for a moment it stays");
    asm.settled().await;

    let after = labels(&asm, "shop");
    assert_eq!(after["istio-injection"], "enabled");
    assert_eq!(after.get("istio.io/rev"), None);
    assert_eq!(after["team"], "checkout", "other labels are the cluster's own");
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_leave_the_cluster_out() {
    let asm = SimAsm::builder()
        .version("v1.28.4.10-g0123456a-aliyun")
        .kubernetes("v1.32.1-aliyun.1")
        .namespace("shop", &[("istio-injection", "enabled")])
        .pace(Pace::Demo { pod_start: POD_START })
        .build();
    let policy = |clusters: Vec<String>| {
        json!({
            "apiVersion": "istio.alibabacloud.com/v1beta1",
            "kind": "ASMReconcileNSLabels",
            "metadata": { "name": "default" },
            "spec": { "syncPolicy": { "enabled": false, "clusters": clusters } },
        })
    };
    create(&asm, &policy(vec![asm.cluster_id()])).await;

    relabel(&asm, "shop", "istio-injection", "disabled");
    asm.settled().await;

    assert_eq!(labels(&asm, "shop")["istio-injection"], "disabled", "nobody puts it back");
}

#[tokio::test(start_paused = true)]
async fn labels_can_be_taken_over_from_the_data_plane() {
    let asm = demo();
    let (id, cluster) = (asm.mesh_id(), asm.cluster_id());
    asm.settled().await;
    relabel(&asm, "batch", "istio-injection", "enabled");
    let form = [("ServiceMeshId", id.as_str()), ("K8sClusterId", cluster.as_str())];

    good(&asm, "UpdateASMNamespaceFromGuestCluster", &[], &form).await;
    asm.settled().await;

    let batch = asm.control_plane().object("namespaces", "", "batch").unwrap();
    assert_eq!(batch["metadata"]["labels"]["istio-injection"], "enabled");
    assert_eq!(labels(&asm, "batch")["istio-injection"], "enabled");
}

async fn create(asm: &SimAsm, object: &Value) {
    use hyper_util::rt::TokioIo;
    let pipe = TokioIo::new(asm.dial_control_plane());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(pipe).await.unwrap();
    tokio::spawn(connection);
    let path = "/apis/istio.alibabacloud.com/v1beta1/asmreconcilenslabels";
    let request = http::Request::post(path).body(object.to_string()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 201);
}
