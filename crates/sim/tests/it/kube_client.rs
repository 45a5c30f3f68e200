//! The real Kubernetes client against the simulated API server.

use crate::common::{client, shop};
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{
    Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions, WatchEvent,
    WatchParams,
};
use meshlift_sim::Fault;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn code(error: kube::Error) -> u16 {
    let kube::Error::Api(status) = error else { panic!("not an answer: {error}") };
    status.code
}

#[tokio::test(start_paused = true)]
async fn a_list_comes_in_pages_that_belong_together() {
    let mesh = shop().build();
    let pods: Api<Pod> = Api::namespaced(client(&mesh), "shop");

    let first = pods.list(&ListParams::default().limit(2)).await.unwrap();
    let token = first.metadata.continue_.clone().unwrap();
    // What is written between two pages belongs to the watch, not to the second page.
    mesh.meddle("namespaces", "", "shop", |it| it["metadata"]["labels"]["x"] = json!("y"));
    let second = pods.list(&ListParams::default().limit(2).continue_token(&token)).await.unwrap();

    assert_eq!(first.items.len(), 2);
    assert_eq!(first.metadata.remaining_item_count, Some(1));
    assert_eq!(second.items.len(), 1);
    assert_eq!(second.metadata.resource_version, first.metadata.resource_version);
    assert_eq!(second.metadata.continue_, None);
}

#[tokio::test(start_paused = true)]
async fn a_continue_token_expires_with_the_history() {
    let mesh = shop().build();
    let pods: Api<Pod> = Api::namespaced(client(&mesh), "shop");
    let first = pods.list(&ListParams::default().limit(2)).await.unwrap();
    let token = first.metadata.continue_.unwrap();

    mesh.fault(Fault::WatchesExpire);

    let next = ListParams::default().limit(2).continue_token(&token);
    assert_eq!(code(pods.list(&next).await.unwrap_err()), 410);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_leaves_the_selector_is_deleted_for_its_watch() {
    let mesh = shop().build();
    let namespaces: Api<Namespace> = Api::all(client(&mesh));
    let selected = ListParams::default().labels("istio.io/rev=1-30");
    let version = namespaces.list(&selected).await.unwrap().metadata.resource_version.unwrap();
    let watched = WatchParams::default().labels("istio.io/rev=1-30");
    let mut events = namespaces.watch(&watched, &version).await.unwrap().boxed();

    let label = |value: &str| json!({ "metadata": { "labels": { "istio.io/rev": value } } });
    for value in ["1-31", "1-30"] {
        let patch = Patch::Merge(label(value));
        namespaces.patch("shop", &PatchParams::default(), &patch).await.unwrap();
    }

    let gone = events.try_next().await.unwrap().unwrap();
    let back = events.try_next().await.unwrap().unwrap();
    assert!(matches!(gone, WatchEvent::Deleted(it) if it.metadata.name.as_deref() == Some("shop")));
    assert!(matches!(back, WatchEvent::Added(it) if it.metadata.name.as_deref() == Some("shop")));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_gets_bookmarks() {
    let mesh = shop().build();
    let namespaces: Api<Namespace> = Api::all(client(&mesh));
    let list = namespaces.list(&ListParams::default()).await.unwrap();
    let version = list.metadata.resource_version.unwrap();

    let mut events = namespaces.watch(&WatchParams::default(), &version).await.unwrap().boxed();

    let event = events.try_next().await.unwrap().unwrap();
    assert!(matches!(event, WatchEvent::Bookmark(it) if it.metadata.resource_version == version));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_expires_says_410_and_ends() {
    let mesh = shop().build();
    let namespaces: Api<Namespace> = Api::all(client(&mesh));
    let list = namespaces.list(&ListParams::default()).await.unwrap();
    let version = list.metadata.resource_version.unwrap();
    let mut events = namespaces.watch(&WatchParams::default(), &version).await.unwrap().boxed();
    let other: Api<Namespace> = Api::all(client(&mesh));
    other
        .patch(
            "shop",
            &PatchParams::default(),
            &Patch::Merge(json!({ "metadata": { "labels": { "a": "b" } } })),
        )
        .await
        .unwrap();
    assert!(matches!(events.try_next().await.unwrap(), Some(WatchEvent::Modified(_))));

    mesh.fault(Fault::WatchesExpire);

    let event = events.try_next().await.unwrap();
    assert!(matches!(event, Some(WatchEvent::Error(status)) if status.code == 410));
    assert!(events.try_next().await.unwrap().is_none(), "the stream ends");
    let mut again = other.watch(&WatchParams::default(), &version).await.unwrap().boxed();
    let event = again.try_next().await.unwrap();
    assert!(matches!(event, Some(WatchEvent::Error(status)) if status.code == 410));
}

#[tokio::test(start_paused = true)]
async fn a_write_on_an_old_version_is_a_conflict() {
    let mesh = shop().build();
    let deployments: Api<Deployment> = Api::namespaced(client(&mesh), "shop");
    let seen = deployments.get("cart").await.unwrap();
    mesh.meddle("deployments.apps", "shop", "cart", |it| {
        it["metadata"]["labels"]["x"] = json!("y");
    });

    let patch = |uid: &str, version: &str| {
        Patch::Strategic(json!({
            "metadata": { "uid": uid, "resourceVersion": version },
            "spec": { "template": { "metadata": { "annotations": { "a": "b" } } } },
        }))
    };
    let (uid, version) = (seen.metadata.uid.unwrap(), seen.metadata.resource_version.unwrap());
    let stale = deployments.patch("cart", &PatchParams::default(), &patch(&uid, &version)).await;

    assert_eq!(code(stale.unwrap_err()), 409);
    let now = deployments.get("cart").await.unwrap().metadata.resource_version.unwrap();
    let other = deployments.patch("cart", &PatchParams::default(), &patch("other", &now)).await;
    assert_eq!(code(other.unwrap_err()), 422, "a UID can't be patched");
    let good =
        deployments.patch("cart", &PatchParams::default(), &patch(&uid, &now)).await.unwrap();
    assert_eq!(good.metadata.generation, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_json_patch_tests_before_it_writes() {
    let mesh = shop().build();
    let patch = async |from: &str, to: &str| {
        let label = "/metadata/labels/istio.io~1rev";
        let operations = json!([
            { "op": "test", "path": label, "value": from },
            { "op": "replace", "path": label, "value": to },
        ]);
        let request = http::Request::patch("/api/v1/namespaces/shop")
            .header("content-type", "application/json-patch+json");
        let request = request.body(operations.to_string()).unwrap();
        crate::common::request(&mesh, request).await.unwrap()
    };

    assert_eq!(patch("1-29", "1-31").await.status(), 422);
    let right = patch("1-30", "1-31").await;

    assert_eq!(right.status(), 200);
    assert_eq!(crate::common::body(right).await["metadata"]["labels"]["istio.io/rev"], "1-31");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_names_the_object_that_was_meant() {
    let mesh = shop().build();
    let deployments: Api<Deployment> = Api::namespaced(client(&mesh), "shop");
    let named = |uid: &str| DeleteParams {
        preconditions: Some(Preconditions { uid: Some(uid.into()), resource_version: None }),
        ..DeleteParams::default()
    };

    let wrong = deployments.delete("cart", &named("another")).await;
    assert_eq!(code(wrong.unwrap_err()), 409);

    let uid = deployments.get("cart").await.unwrap().metadata.uid.unwrap();
    deployments.delete("cart", &named(&uid)).await.unwrap();
    mesh.settled().await;
    assert!(crate::common::pods(&mesh, "shop", "cart").is_empty(), "what it owned goes with it");
    assert_eq!(code(deployments.get("cart").await.unwrap_err()), 404);
}

#[tokio::test(start_paused = true)]
async fn the_query_of_a_deletion_counts_only_without_a_body() {
    let mesh = shop().build();
    let delete = async |body: &str| {
        let path = "/apis/apps/v1/namespaces/shop/deployments/cart?dryRun=All";
        let request = http::Request::delete(path).body(body.to_owned()).unwrap();
        crate::common::request(&mesh, request).await.unwrap().status()
    };
    let is_there = || mesh.object("deployments.apps", "shop", "cart").is_some();

    assert_eq!(delete("").await, 200);
    assert!(is_there(), "a dry run by query");
    assert_eq!(delete(r#"{ "dryRun": ["All"] }"#).await, 200);
    assert!(is_there(), "a dry run by body");
    assert_eq!(delete(r#"{ "kind": "DeleteOptions" }"#).await, 200);
    assert!(!is_there(), "the body does not say dry run, so the query does not count");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_pod_shows_its_sidecar_and_leaves_nothing() {
    let mesh = shop().build();
    let pods: Api<Pod> = Api::namespaced(client(&mesh), "shop");
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "generateName": "try-", "labels": { "app": "try" } },
        "spec": { "containers": [{ "name": "app", "image": "registry.example/app:1" }] },
    }))
    .unwrap();

    let tried = pods.create(&PostParams { dry_run: true, ..PostParams::default() }, &pod).await;

    let tried = tried.unwrap();
    assert_eq!(tried.metadata.annotations.unwrap()["istio.io/rev"], "1-30");
    let sidecar = tried.spec.unwrap().init_containers.unwrap().remove(1);
    assert_eq!(sidecar.image.as_deref(), Some("docker.io/istio/proxyv2:1.30.5"));
    assert_eq!(sidecar.restart_policy.as_deref(), Some("Always"));
    assert!(crate::common::pods(&mesh, "shop", "try").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pod_is_refused_while_its_webhook_is_down() {
    let mesh = shop().build();
    let pods: Api<Pod> = Api::namespaced(client(&mesh), "shop");
    mesh.fault(Fault::WebhookDown { revision: "1-30".into() });
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": "late" },
        "spec": { "containers": [{ "name": "app", "image": "registry.example/app:1" }] },
    }))
    .unwrap();

    let refused = pods.create(&PostParams::default(), &pod).await.unwrap_err();

    let kube::Error::Api(status) = refused else { panic!("{refused}") };
    assert_eq!(status.code, 500);
    assert!(
        status.message.starts_with(
            "Internal error occurred: failed calling webhook \
             \"rev.namespace.sidecar-injector.istio.io\""
        ),
        "{}",
        status.message,
    );
}

#[tokio::test(start_paused = true)]
async fn denied_is_denied_in_the_review_and_in_deed() {
    let mesh = shop().build();
    mesh.fault(Fault::Denied { verb: "list".into(), resource: "pods".into(), namespace: None });
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client(&mesh));
    let review: SelfSubjectAccessReview = serde_json::from_value(json!({
        "spec": { "resourceAttributes": { "verb": "list", "resource": "pods" } },
    }))
    .unwrap();

    let answer = reviews.create(&PostParams::default(), &review).await.unwrap();
    let pods: Api<Pod> = Api::all(client(&mesh));
    let refused = pods.list(&ListParams::default()).await.unwrap_err();

    assert!(!answer.status.unwrap().allowed);
    let kube::Error::Api(status) = refused else { panic!("{refused}") };
    assert_eq!(
        status.message,
        "pods is forbidden: User \"demo-operator\" cannot list resource \"pods\" in API group \
         \"\" at the cluster scope",
    );
}

async fn ask_istiod(mesh: &meshlift_sim::SimMesh, path: &str) -> String {
    let pods: Api<Pod> = Api::namespaced(client(mesh), "istio-system");
    let istiod = pods.list(&ListParams::default().labels("app=istiod")).await.unwrap();
    let name = istiod.items[0].metadata.name.clone().unwrap();
    let mut forward = pods.portforward(&name, &[15014]).await.unwrap();
    let mut stream = forward.take_stream(15014).unwrap();
    let asked = format!("GET {path} HTTP/1.1\r\nHost: istiod\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(start_paused = true)]
async fn istiod_tells_its_version_and_proxies_through_a_port_forward() {
    let mesh = shop().build();

    let version = ask_istiod(&mesh, "/version").await;
    assert!(version.starts_with("HTTP/1.1 200"), "{version}");
    assert!(version.contains("1.30.5-"), "{version}");

    let syncz = ask_istiod(&mesh, "/debug/syncz").await;
    let (_, rows) = syncz.split_once("\r\n\r\n").unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(rows).unwrap();
    assert_eq!(rows.len(), 3, "one per pod of cart");
    for row in rows {
        let (_, namespace) = row["proxy"].as_str().unwrap().split_once('.').unwrap();
        assert_eq!(namespace, "shop", "{row}");
        assert_eq!(row["istio_version"], "1.30.5");
        assert_eq!(row["cluster_sent"], row["cluster_acked"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_proxy_has_not_acknowledged() {
    let mesh = shop().build();
    mesh.fault(Fault::Stale { namespace: "shop".into() });

    let syncz = ask_istiod(&mesh, "/debug/syncz").await;

    let (_, rows) = syncz.split_once("\r\n\r\n").unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(rows).unwrap();
    assert_ne!(rows[0]["cluster_sent"], rows[0]["cluster_acked"]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_port_says_so_on_the_error_channel() {
    let mesh = shop().build();
    let pods: Api<Pod> = Api::namespaced(client(&mesh), "shop");
    let cart = pods.list(&ListParams::default()).await.unwrap().items.remove(0);
    let name = cart.metadata.name.unwrap();

    let mut forward = pods.portforward(&name, &[8080]).await.unwrap();

    let error = forward.take_error(8080).unwrap().await.unwrap();
    assert!(error.contains("connection refused"), "{error}");
}
