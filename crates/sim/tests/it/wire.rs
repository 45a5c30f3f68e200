//! The wire formats: protobuf by its field numbers, compression, metadata only, refusals.

use std::collections::HashMap;
use std::io::Read as _;

use flate2::read::GzDecoder;
use meshlift_sim::Fault;
use prost::Message as _;

use crate::common::{body, bytes, get, shop};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf, application/json";

#[derive(prost::Message)]
struct Unknown {
    #[prost(message, optional, tag = "1")]
    type_meta: Option<TypeMeta>,
    #[prost(bytes = "vec", tag = "2")]
    raw: Vec<u8>,
}

#[derive(prost::Message)]
struct TypeMeta {
    #[prost(string, tag = "1")]
    api_version: String,
    #[prost(string, tag = "2")]
    kind: String,
}

#[derive(prost::Message)]
struct ListMeta {
    #[prost(string, tag = "2")]
    resource_version: String,
    #[prost(string, tag = "3")]
    next: String,
}

#[derive(prost::Message)]
struct PodList {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ListMeta>,
    #[prost(message, repeated, tag = "2")]
    items: Vec<Pod>,
}

#[derive(prost::Message)]
struct Pod {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    spec: Option<PodSpec>,
    #[prost(message, optional, tag = "3")]
    status: Option<PodStatus>,
}

#[derive(prost::Message)]
struct ObjectMeta {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "3")]
    namespace: String,
    #[prost(message, optional, tag = "8")]
    created: Option<Time>,
    #[prost(map = "string, string", tag = "12")]
    annotations: HashMap<String, String>,
    #[prost(message, repeated, tag = "13")]
    owners: Vec<Owner>,
}

#[derive(prost::Message)]
struct Time {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

#[derive(prost::Message)]
struct Owner {
    #[prost(string, tag = "1")]
    kind: String,
}

#[derive(prost::Message)]
struct PodSpec {
    #[prost(message, repeated, tag = "20")]
    init_containers: Vec<Container>,
}

#[derive(prost::Message)]
struct Container {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    image: String,
    #[prost(string, tag = "24")]
    restart_policy: String,
}

#[derive(prost::Message)]
struct PodStatus {
    #[prost(string, tag = "1")]
    phase: String,
}

#[derive(prost::Message)]
struct Status {
    #[prost(string, tag = "3")]
    message: String,
    #[prost(string, tag = "4")]
    reason: String,
    #[prost(int32, tag = "6")]
    code: i32,
}

fn open(bytes: &[u8]) -> (TypeMeta, Vec<u8>) {
    let unknown = Unknown::decode(bytes.strip_prefix(b"k8s\0").expect("the magic")).unwrap();
    (unknown.type_meta.unwrap(), unknown.raw)
}

#[tokio::test(start_paused = true)]
async fn pods_as_protobuf() {
    let mesh = shop().at("2026-11-24T08:00:00Z".parse().unwrap()).build();

    let answer = get(&mesh, "/api/v1/namespaces/shop/pods?limit=2", PROTOBUF).await;

    assert_eq!(answer.headers()["content-type"], "application/vnd.kubernetes.protobuf");
    let (kind, raw) = open(&bytes(answer).await);
    assert_eq!((&*kind.api_version, &*kind.kind), ("v1", "PodList"));
    let list = PodList::decode(&*raw).unwrap();
    let list_meta = list.metadata.unwrap();
    assert!(!list_meta.next.is_empty() && !list_meta.resource_version.is_empty());
    let [pod, _] = list.items.as_slice() else { panic!("{} pods", list.items.len()) };
    let metadata = pod.metadata.as_ref().unwrap();
    assert!(metadata.name.starts_with("cart-"), "{}", metadata.name);
    assert_eq!(metadata.namespace, "shop");
    assert_eq!(metadata.created.as_ref().unwrap().seconds, 1_795_507_200);
    assert_eq!(metadata.annotations["istio.io/rev"], "1-30");
    assert_eq!(metadata.owners[0].kind, "ReplicaSet");
    let sidecar = &pod.spec.as_ref().unwrap().init_containers[1];
    assert_eq!(sidecar.name, "istio-proxy");
    assert_eq!(sidecar.image, "docker.io/istio/proxyv2:1.30.5");
    assert_eq!(sidecar.restart_policy, "Always");
    assert_eq!(pod.status.as_ref().unwrap().phase, "Running");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_as_protobuf() {
    let mesh = shop().build();

    let answer = get(&mesh, "/api/v1/namespaces/shop/pods/nobody", PROTOBUF).await;

    assert_eq!(answer.status(), 404);
    let (kind, raw) = open(&bytes(answer).await);
    assert_eq!(kind.kind, "Status");
    let status = Status::decode(&*raw).unwrap();
    assert_eq!((status.code, &*status.reason), (404, "NotFound"));
    assert_eq!(status.message, "pods \"nobody\" not found");
}

#[tokio::test(start_paused = true)]
async fn custom_resources_have_no_protobuf() {
    let mesh = shop().build();
    let path = "/apis/networking.istio.io/v1/virtualservices";

    let either = get(&mesh, path, PROTOBUF).await;
    let only = get(&mesh, path, "application/vnd.kubernetes.protobuf").await;

    assert_eq!(either.headers()["content-type"], "application/json");
    assert_eq!(body(either).await["kind"], "VirtualServiceList");
    assert_eq!(only.status(), 406);
}

#[tokio::test(start_paused = true)]
async fn a_large_answer_is_compressed_and_a_small_one_is_not() {
    let mesh = shop().crowd(("istio.io/rev", "1-30"), 2, 10, 10).build();

    let large = get(&mesh, "/api/v1/pods", PROTOBUF).await;
    let small = get(&mesh, "/api/v1/namespaces", PROTOBUF).await;

    assert_eq!(large.headers()["content-encoding"], "gzip");
    assert_eq!(small.headers().get("content-encoding"), None);
    let mut plain = Vec::new();
    GzDecoder::new(&*bytes(large).await).read_to_end(&mut plain).unwrap();
    let (kind, raw) = open(&plain);
    assert_eq!(kind.kind, "PodList");
    assert_eq!(PodList::decode(&*raw).unwrap().items.len(), mesh.objects("pods").len());
}

#[tokio::test(start_paused = true)]
async fn metadata_only() {
    let mesh = shop().build();
    let json = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let protobuf =
        "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

    let list = body(get(&mesh, "/api/v1/namespaces/shop/pods", json).await).await;
    let (kind, raw) =
        open(&bytes(get(&mesh, "/api/v1/namespaces/shop/pods", protobuf).await).await);

    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["items"][0]["kind"], "PartialObjectMetadata");
    assert!(list["items"][0].get("spec").is_none());
    assert_eq!(kind.kind, "PartialObjectMetadataList");
    let pods = PodList::decode(&*raw).unwrap();
    assert_eq!(pods.items.len(), 3);
    assert!(pods.items[0].spec.is_none());
}

#[tokio::test(start_paused = true)]
async fn items_of_a_list_leave_their_kind_out() {
    let mesh = shop().build();

    let list = body(get(&mesh, "/apis/apps/v1/deployments", "application/json").await).await;

    assert_eq!(list["kind"], "DeploymentList");
    assert_eq!(list["apiVersion"], "apps/v1");
    assert!(list["items"][0].get("kind").is_none());
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_says_when_to_come_back() {
    let mesh = shop().build();
    mesh.fault(Fault::Answer {
        on: meshlift_sim::On::any(),
        times: 1,
        status: http::StatusCode::TOO_MANY_REQUESTS,
        retry_after: Some(7),
    });

    let refused = get(&mesh, "/api/v1/pods", "application/json").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "7");

    assert_eq!(get(&mesh, "/api/v1/pods", "application/json").await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn discovery_names_versions_and_resources() {
    let mesh = shop().build();

    let version = body(get(&mesh, "/version", "application/json").await).await;
    let groups = body(get(&mesh, "/apis", "application/json").await).await;
    let apps = body(get(&mesh, "/apis/apps/v1", "application/json").await).await;

    assert_eq!(version["gitVersion"], "v1.34.3");
    let names: Vec<_> = groups["groups"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert!(names.contains(&&"networking.istio.io".into()), "{names:?}");
    let resources = apps["resources"].as_array().unwrap();
    assert!(resources.iter().any(|it| it["name"] == "statefulsets"));
}
