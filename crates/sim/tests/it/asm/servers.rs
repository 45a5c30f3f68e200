//! The real Kubernetes client against both API servers.

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, WatchEvent, WatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use meshlift_sim::{Fault, SimAsm};
use serde_json::json;

use super::client::{demo, good};
use crate::common::client_of;

fn control(asm: &SimAsm) -> Client {
    let asm = asm.clone();
    client_of(move || asm.dial_control_plane())
}

fn data(asm: &SimAsm) -> Client {
    let asm = asm.clone();
    client_of(move || asm.dial_data_plane())
}

fn gateways(asm: &SimAsm) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("istio.alibabacloud.com", "v1beta1", "IstioGateway");
    let resource = ApiResource::from_gvk(&kind);
    Api::namespaced_with(control(asm), "istio-system", &resource)
}

#[tokio::test(start_paused = true)]
async fn gateways_are_listed_patched_and_watched() {
    let asm = demo();
    let gateways = gateways(&asm);
    let list = gateways.list(&ListParams::default()).await.unwrap();
    assert_eq!(list.items.len(), 2);
    let version = list.metadata.resource_version.unwrap();
    let mut events = gateways.watch(&WatchParams::default(), &version).await.unwrap().boxed();

    let patch = Patch::Merge(json!({ "spec": { "replicaCount": 3 } }));
    gateways.patch("ingressgateway", &PatchParams::default(), &patch).await.unwrap();

    let Some(WatchEvent::Modified(seen)) = events.try_next().await.unwrap() else {
        panic!("no change was seen");
    };
    assert_eq!(seen.data["spec"]["replicaCount"], 3);
    asm.settled().await;
    let found = asm.data_plane().object("deployments.apps", "istio-system", "istio-ingressgateway");
    assert_eq!(found.unwrap()["status"]["availableReplicas"], 3, "its Deployment follows");

    gateways.delete("partner-gateway", &kube::api::DeleteParams::default()).await.unwrap();
    asm.settled().await;
    let gone = asm.data_plane().object("deployments.apps", "istio-system", "istio-partner-gateway");
    assert!(gone.is_none(), "and goes with it");
}

#[tokio::test(start_paused = true)]
async fn before_1_22_the_mesh_serves_no_v1() {
    let asm = demo();
    let filters = |version: &str| {
        let kind = GroupVersionKind::gvk("networking.istio.io", version, "VirtualService");
        Api::<DynamicObject>::all_with(control(&asm), &ApiResource::from_gvk(&kind))
    };

    assert_eq!(filters("v1beta1").list(&ListParams::default()).await.unwrap().items.len(), 1);
    assert!(filters("v1").list(&ListParams::default()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_two_servers_are_two_clusters() {
    let asm = demo();
    let system = async |client| {
        let namespaces: Api<Namespace> = Api::all(client);
        namespaces.get("kube-system").await.unwrap().metadata.uid.unwrap()
    };

    assert_ne!(system(control(&asm)).await, system(data(&asm)).await);
    let pods: Api<Pod> = Api::all(data(&asm));
    assert!(pods.list(&ListParams::default()).await.unwrap().items.len() > 40);
    let version = data(&asm).apiserver_version().await.unwrap();
    assert_eq!(version.git_version, "v1.24.6-aliyun.1");
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_data_plane_are_its_own() {
    let asm = demo();
    let id = asm.mesh_id();
    asm.data_plane().fault(Fault::Stale { namespace: "catalog".into() });
    asm.data_plane().fault(Fault::WebhookDown { revision: "1-16-4".into() });

    let form = [("ServiceMeshId", id.as_str())];
    let body = good(&asm, "DescribeServiceMeshProxyStatus", &[], &form).await;
    let stale = body["ProxyStatus"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|proxy| proxy["ClusterSynced"] == "STALE");
    assert!(stale.count() > 0, "proxies that do not acknowledge are told");
    let pods: Api<Pod> = Api::namespaced(data(&asm), "shop");
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": "extra" },
        "spec": { "containers": [{ "name": "extra", "image": "registry.example/extra:1" }] },
    }))
    .unwrap();
    let refused = pods.create(&kube::api::PostParams::default(), &pod).await.unwrap_err();
    assert!(refused.to_string().contains("failed calling webhook"), "{refused}");

    asm.heal();
    assert!(pods.create(&kube::api::PostParams::default(), &pod).await.is_ok());
}
