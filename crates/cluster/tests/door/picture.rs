//! The picture of a mesh: read in pages, kept true by watches, and made whole again after they break.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use meshlift_cluster::calls::CallError;
use meshlift_cluster::door::Door;
use meshlift_cluster::snapshot::{self, Reading};
use meshlift_core::inventory::{Kind, Role, Snapshot, Strategy, Unsupported};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::api::{Api, Failure};

const PODS: &str = "/api/v1/pods";
const NAMESPACES: &str = "/api/v1/namespaces";
const DEPLOYMENTS: &str = "/apis/apps/v1/deployments";
const BUDGETS: &str = "/apis/policy/v1/poddisruptionbudgets";
const INJECTORS: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

#[expect(clippy::needless_pass_by_value, reason = "called with json!")]
fn namespace(name: &str, labels: Value) -> Value {
    json!({"metadata": {"name": name, "uid": name, "resourceVersion": "1", "labels": labels}})
}

/// A pod of Deployment `cart` in `shop`.
fn pod(name: &str, version: &str) -> Value {
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": name, "resourceVersion": version,
            "labels": {"pod-template-hash": "abc"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "cart-abc", "controller": true}],
        },
        "spec": {"containers": [{"name": "istio-proxy", "image": "proxyv2:1.30.5"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

fn deployment(namespace: &str, name: &str, replicas: u32) -> Value {
    json!({
        "metadata": {"name": name, "namespace": namespace, "uid": name, "generation": 1},
        "spec": {"replicas": replicas, "template": {
            "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": name}]},
        }},
        "status": {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas,
                   "readyReplicas": replicas, "availableReplicas": replicas},
    })
}

/// A namespace `shop` with two pods of a Deployment.
fn shop() -> Api {
    let api = Api::new();
    api.list(NAMESPACES, vec![namespace("shop", json!({"istio.io/rev": "1-30"}))]);
    api.list(DEPLOYMENTS, vec![deployment("shop", "cart", 2)]);
    api.list(PODS, vec![pod("cart-1", "50"), pod("cart-2", "51")]);
    api
}

async fn watch(api: &Api) -> impl Stream<Item = Reading> + Unpin + use<> {
    snapshot::watch(api.connect(Door::new(true)).await, CancellationToken::new())
}

async fn ready(readings: &mut (impl Stream<Item = Reading> + Unpin)) -> Arc<Snapshot> {
    loop {
        // The clock is paused: an hour passes at once when nothing is left to happen.
        match tokio::time::timeout(Duration::from_hours(1), readings.next()).await {
            Ok(Some(Reading::Ready(snapshot))) => return snapshot,
            Ok(Some(Reading::Page(_))) => {}
            other => panic!("the mesh is readable and changes, got {other:?}"),
        }
    }
}

/// The first whole picture that satisfies `done`.
async fn until(
    readings: &mut (impl Stream<Item = Reading> + Unpin),
    done: impl Fn(&Snapshot) -> bool,
) -> Arc<Snapshot> {
    loop {
        let snapshot = ready(readings).await;
        if done(&snapshot) {
            return snapshot;
        }
    }
}

fn pods(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.pods.keys().map(|reference| &*reference.name).collect()
}

#[tokio::test(start_paused = true)]
async fn a_mesh_is_read_once() {
    let api = shop();
    let connection = api.connect(Door::new(true)).await;

    let snapshot = snapshot::read(&connection).await.unwrap();

    assert_eq!(snapshot.cluster.uid, "the-uid");
    assert_eq!(pods(&snapshot), ["cart-1", "cart-2"]);
    let (reference, cart) = snapshot.workloads.first_key_value().unwrap();
    assert_eq!(reference.to_string(), "Deployment shop/cart");
    assert_eq!(cart.role, Role::Application);
    assert_eq!(cart.strategy, Strategy::Rolling { max_unavailable: 0, max_surge: 1 });
    assert!(snapshot.pods.values().all(|pod| pod.workload.as_ref() == Some(reference)));
    assert!(snapshot.unreadable.is_empty());
    assert_eq!(api.count(&format!("WATCH {PODS}")), 0, "one reading watches nothing");
}

#[tokio::test(start_paused = true)]
async fn the_first_rows_come_before_the_last() {
    let api = shop();
    api.pages_of(10);
    api.list(PODS, (0..1000).map(|number| pod(&format!("cart-{number:04}"), "50")).collect());
    let mut readings = watch(&api).await;

    let mut partly = 0;
    let whole = loop {
        match readings.next().await {
            Some(Reading::Page(page)) => partly = page.pods.len(),
            Some(Reading::Ready(snapshot)) => break snapshot,
            other => panic!("{other:?}"),
        }
    };

    assert!((1..1000).contains(&partly), "{partly} pods were shown first");
    assert_eq!(whole.pods.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn what_changes_is_told() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;
    api.watched(NAMESPACES).await;

    api.happen(PODS, "ADDED", &pod("cart-3", "200"));
    until(&mut readings, |found| pods(found) == ["cart-1", "cart-2", "cart-3"]).await;
    api.happen(PODS, "DELETED", &pod("cart-1", "201"));
    until(&mut readings, |found| pods(found) == ["cart-2", "cart-3"]).await;
    api.happen(NAMESPACES, "MODIFIED", &namespace("shop", json!({"istio.io/rev": "1-31"})));
    let moved = until(&mut readings, |found| {
        found.namespaces["shop"].injection_labels().revision.as_deref() == Some("1-31")
    });
    assert_eq!(pods(&*moved.await), ["cart-2", "cart-3"]);
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_told_a_few_times_and_to_its_end() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;
    let started = Instant::now();

    let told = {
        let api = api.clone();
        let burst = async move {
            for number in 0..400 {
                api.happen(PODS, "ADDED", &pod(&format!("new-{number}"), "200"));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::spawn(burst);
        let mut told = 0;
        while ready(&mut readings).await.pods.len() < 402 {
            told += 1;
        }
        told
    };

    let seconds = started.elapsed().as_secs_f32();
    assert!(
        f32::from(u16::try_from(told).unwrap()) <= seconds * 4.0 + 2.0,
        "{told} in {seconds} s"
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_changes_nothing_is_not_told() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;

    api.happen(PODS, "MODIFIED", &pod("cart-1", "999"));
    let silent = tokio::time::timeout(Duration::from_secs(5), readings.next()).await;

    assert!(silent.is_err(), "a new resourceVersion alone is nothing to see: {silent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_goes_on_where_it_was() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;
    api.happen(PODS, "BOOKMARK", &json!({"metadata": {"resourceVersion": "4711"}}));
    api.happen(PODS, "ADDED", &pod("cart-3", "4712"));
    until(&mut readings, |found| found.pods.len() == 3).await;

    api.hang_up(PODS);
    api.watched(PODS).await;
    api.happen(PODS, "ADDED", &pod("cart-4", "4713"));
    until(&mut readings, |found| found.pods.len() == 4).await;

    let watches = api.requests().into_iter().filter(|asked| asked.query.contains("watch=1"));
    let last = watches.filter(|asked| asked.path == PODS).last().unwrap();
    assert!(last.query.contains("resourceVersion=4712"), "{}", last.query);
    assert!(last.query.contains("allowWatchBookmarks=true"), "{}", last.query);
    assert_eq!(api.count(&format!("GET {PODS}")), 1, "nothing was listed again");
}

#[rstest]
#[case::by_status(true)]
#[case::by_event(false)]
#[tokio::test(start_paused = true)]
async fn an_outdated_watch_means_a_new_list_without_a_flicker(#[case] by_status: bool) {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;

    // While nobody looked, one pod went and one came.
    api.list(PODS, vec![pod("cart-2", "300"), pod("cart-9", "301")]);
    if by_status {
        api.fail(&format!("WATCH {PODS}"), [Failure::of(410)]);
        api.hang_up(PODS);
    } else {
        let expired = json!({"kind": "Status", "code": 410, "reason": "Expired"});
        api.happen(PODS, "ERROR", &expired);
    }

    loop {
        let snapshot = ready(&mut readings).await;
        assert!(pods(&snapshot).contains(&"cart-2"), "what stayed is never missing");
        if pods(&snapshot) == ["cart-2", "cart-9"] {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_whose_token_expires_starts_again() {
    let api = shop();
    api.pages_of(1);
    api.fail(&format!("NEXT {PODS}"), [Failure::of(410)]);
    let mut readings = watch(&api).await;

    assert_eq!(pods(&*ready(&mut readings).await), ["cart-1", "cart-2"]);
    assert_eq!(api.count(&format!("GET {PODS}")), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_away_is_told_once_and_its_return_too() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;

    api.fail(&format!("WATCH {PODS}"), std::iter::repeat_n(Failure::of(503), 6));
    api.hang_up(PODS);

    let lost = readings.next().await;
    assert!(matches!(lost, Some(Reading::Lost(CallError::Server { status: 503, .. }))), "{lost:?}");
    let back = readings.next().await;
    assert!(matches!(back, Some(Reading::Ready(_))), "six failures are one loss: {back:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_falls_silent_is_asked_again() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;
    let before = api.count(&format!("WATCH {PODS}"));

    let silent = tokio::time::timeout(Duration::from_mins(5), readings.next()).await;

    assert!(silent.is_err(), "the mesh is as it was: {silent:?}");
    assert!(api.count(&format!("WATCH {PODS}")) > before, "bookmarks would have come");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_cannot_be_read_is_got_past() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;

    api.list(PODS, vec![pod("cart-7", "300")]);
    api.happen(PODS, "MODIFIED", &json!({"metadata": "no metadata at all"}));

    until(&mut readings, |found| pods(found) == ["cart-7"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_may_not_be_read_is_noted() {
    let api = shop();
    api.fail(&format!("GET {BUDGETS}"), [Failure::of(403)]);
    let connection = api.connect(Door::new(true)).await;

    let snapshot = snapshot::read(&connection).await.unwrap();

    assert_eq!(snapshot.unreadable.len(), 1);
    assert_eq!(snapshot.unreadable[0].what, "poddisruptionbudgets");
    assert!(snapshot.unreadable[0].why.contains("list poddisruptionbudgets"));
    assert_eq!(pods(&snapshot).len(), 2, "the rest is there");
}

#[tokio::test(start_paused = true)]
async fn without_the_pods_there_is_no_picture() {
    let api = shop();
    api.fail(&format!("GET {PODS}"), std::iter::repeat_n(Failure::of(403), 3));
    let connection = api.connect(Door::new(true)).await;

    let refused = snapshot::read(&connection).await.unwrap_err();
    assert!(matches!(refused, CallError::Forbidden { .. }), "{refused:?}");

    let mut readings = snapshot::watch(connection, CancellationToken::new());
    let lost = readings.next().await;
    assert!(matches!(lost, Some(Reading::Lost(CallError::Forbidden { .. }))), "{lost:?}");
    assert_eq!(pods(&*ready(&mut readings).await).len(), 2, "once it is permitted");
}

#[rstest]
#[case::rollout(json!([{"kind": "Rollout", "name": "cart", "controller": true}]), Some((Kind::Other, "cart")))]
#[case::nobody(json!([]), Some((Kind::ReplicaSet, "cart-abc")))]
#[case::another_name(json!([{"kind": "Deployment", "name": "basket", "controller": true}]), Some((Kind::Deployment, "basket")))]
#[tokio::test(start_paused = true)]
async fn a_replica_set_is_asked_when_names_do_not_tell(
    #[case] owners: Value,
    #[case] expected: Option<(Kind, &str)>,
) {
    let api = shop();
    api.list(DEPLOYMENTS, vec![]);
    let object = json!({"metadata": {"name": "cart-abc", "ownerReferences": owners}});
    let path = "/apis/apps/v1/namespaces/shop/replicasets/cart-abc";
    api.raw(path, &[("content-type", "application/json")], object.to_string().into());
    let connection = api.connect(Door::new(true)).await;

    let snapshot = snapshot::read(&connection).await.unwrap();

    for pod in snapshot.pods.values() {
        let owner = pod.workload.as_ref().map(|workload| (workload.kind, &*workload.name));
        assert_eq!(owner, expected);
    }
    assert_eq!(api.count(&format!("GET {path}")), 1, "once for all its pods");
}

/// A pod of the mesh whose owner is of a kind that is not read.
fn owned(kind: &str, name: &str, number: u32, phase: &str) -> Value {
    let mut pod = pod(&format!("{name}-{number}"), &format!("6{number}"));
    pod["metadata"]["ownerReferences"] = json!([{"kind": kind, "name": name, "controller": true}]);
    pod["metadata"]["labels"] = json!({"app": name});
    pod["metadata"]["annotations"] = json!({"sidecar.istio.io/status": "{}", "sidecar.istio.io/proxyImage": "hub/proxyv2:1.30.4"});
    pod["status"]["phase"] = json!(phase);
    pod
}

#[tokio::test(start_paused = true)]
async fn what_owns_proxies_is_told_by_its_pods_where_its_kind_is_not_read() {
    let api = shop();
    let pods = [
        owned("CloneSet", "kart", 1, "Running"),
        owned("CloneSet", "kart", 2, "Running"),
        owned("Job", "nightly", 1, "Running"),
        owned("Job", "weekly", 1, "Succeeded"),
    ];
    api.list(PODS, pods.into());
    let connection = api.connect(Door::new(true)).await;

    let snapshot = snapshot::read(&connection).await.unwrap();

    let told: Vec<(String, u32)> = snapshot
        .workloads
        .values()
        .filter(|workload| workload.reference.kind != Kind::Deployment)
        .map(|workload| (workload.reference.to_string(), workload.status.desired))
        .collect();
    let expected = [("Job shop/nightly", 1), ("Other shop/kart", 2)];
    assert_eq!(told, expected.map(|(name, pods)| (name.to_owned(), pods)), "an ended Job is over");
    let kart = snapshot.workloads.values().find(|it| it.reference.kind == Kind::Other).unwrap();
    assert_eq!(kart.strategy, Strategy::None);
    assert_eq!(kart.template.labels.get("app").map(|it| &**it), Some("kart"));
    assert_eq!(kart.template.proxy_image.as_deref(), Some("hub/proxyv2:1.30.4"));
    assert!(!kart.template.has_own_proxy, "the webhook gave it");
}

#[tokio::test(start_paused = true)]
async fn a_replica_set_that_is_gone_leaves_its_pods_without_a_workload() {
    let api = shop();
    api.list(DEPLOYMENTS, vec![]);
    let connection = api.connect(Door::new(true)).await;

    let snapshot = snapshot::read(&connection).await.unwrap();

    assert!(snapshot.pods.values().all(|pod| pod.workload.is_none()));
}

#[tokio::test(start_paused = true)]
async fn pods_that_were_not_injected_are_found_where_they_should_have_been() {
    let other = |namespace: &str| format!("/api/v1/namespaces/{namespace}/pods");
    let api = shop();
    let bare = json!({
        "metadata": {
            "name": "web-1", "namespace": "late", "uid": "web-1", "resourceVersion": "9",
            "labels": {"pod-template-hash": "x"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-x", "controller": true}],
        },
        "status": {"phase": "Running"},
    });
    let mut opted_out = deployment("late", "quiet", 1);
    opted_out["spec"]["template"]["metadata"]["labels"]["sidecar.istio.io/inject"] = json!("false");
    api.list(
        DEPLOYMENTS,
        vec![
            deployment("shop", "cart", 2),
            deployment("late", "web", 1),
            deployment("plain", "job", 1),
            opted_out,
        ],
    );
    api.list(
        NAMESPACES,
        vec![
            namespace("shop", json!({"istio.io/rev": "1-30"})),
            namespace("late", json!({"istio-injection": "enabled"})),
            namespace("plain", json!({})),
        ],
    );
    api.list(&other("late"), vec![bare.clone()]);
    let mut readings = watch(&api).await;

    let found = ready(&mut readings).await;

    let pod = found.pods.values().find(|pod| &*pod.reference.name == "web-1").unwrap();
    assert_eq!(pod.proxy, None);
    assert_eq!(pod.workload.as_ref().unwrap().to_string(), "Deployment late/web");
    for namespace in ["shop", "plain"] {
        let asked = api.count(&format!("GET {}", other(namespace)));
        assert_eq!(asked, 0, "nothing is missing in {namespace}");
    }

    // It is restarted, and comes back with a sidecar.
    api.watched(&other("late")).await;
    let mut injected = bare.clone();
    injected["metadata"]["name"] = json!("web-2");
    injected["spec"] = json!({"containers": [{"name": "istio-proxy", "image": "p:1.30.5"}]});
    api.watched(PODS).await;
    api.happen(PODS, "ADDED", &injected);
    api.happen(&other("late"), "DELETED", &bare);
    until(&mut readings, |found| pods(found) == ["web-2", "cart-1", "cart-2"]).await;
    api.left(&other("late")).await;
}

#[rstest]
#[case::ambient_namespace(NAMESPACES, namespace("mesh", json!({"istio.io/dataplane-mode": "ambient"})), Unsupported::Ambient)]
#[case::ztunnel(
    "/apis/apps/v1/daemonsets",
    deployment("istio-system", "ztunnel", 1),
    Unsupported::Ambient
)]
#[case::external(INJECTORS, json!({"metadata": {"name": "i"}, "webhooks": [
    {"name": "rev.namespace.sidecar-injector.istio.io", "clientConfig": {"url": "https://elsewhere"}},
]}), Unsupported::ExternalControlPlane)]
#[tokio::test(start_paused = true)]
async fn installations_that_are_declined_are_recognised(
    #[case] path: &str,
    #[case] object: Value,
    #[case] expected: Unsupported,
) {
    let api = shop();
    api.list(path, vec![object]);

    let snapshot = snapshot::read(&api.connect(Door::new(true)).await).await.unwrap();

    assert_eq!(snapshot.unsupported, [expected]);
}

#[rstest]
#[case::renamed(json!([{"name": "CLUSTER_ID", "value": "east"}]), &[Unsupported::MultiCluster])]
#[case::serves_others(json!([{"name": "EXTERNAL_ISTIOD", "value": "true"}]), &[Unsupported::MultiCluster])]
#[case::by_itself(json!([{"name": "CLUSTER_ID", "value": "Kubernetes"}]), &[])]
#[tokio::test(start_paused = true)]
async fn a_mesh_of_several_clusters_is_recognised(
    #[case] env: Value,
    #[case] expected: &[Unsupported],
) {
    let api = shop();
    let mut istiod = deployment("istio-system", "istiod", 1);
    istiod["metadata"]["labels"] = json!({"app": "istiod"});
    istiod["spec"]["template"]["spec"]["containers"] =
        json!([{"name": "discovery", "image": "pilot:1.30.5", "env": env}]);
    api.list(DEPLOYMENTS, vec![istiod]);

    let snapshot = snapshot::read(&api.connect(Door::new(true)).await).await.unwrap();

    assert_eq!(snapshot.unsupported, expected);
    let [plane] = snapshot.control_planes.as_slice() else { panic!("one istiod") };
    assert_eq!((&*plane.revision, &*plane.service), ("default", "istiod"));
    assert_eq!(plane.version.as_ref().unwrap().numbers(), "1.30.5");
    assert_eq!(plane.endpoints, Some(0), "read, and nothing is behind it");
    assert!(plane.is_ready());
}

#[tokio::test(start_paused = true)]
async fn dropping_or_cancelling_a_watch_ends_all_reading() {
    let api = shop();
    let mut readings = watch(&api).await;
    ready(&mut readings).await;
    api.watched(PODS).await;
    api.watched(NAMESPACES).await;

    drop(readings);

    api.left(PODS).await;
    api.left(NAMESPACES).await;

    let cancel = CancellationToken::new();
    let mut readings = snapshot::watch(api.connect(Door::new(true)).await, cancel.clone());
    ready(&mut readings).await;
    cancel.cancel();
    assert!(readings.next().await.is_none(), "a cancelled watch is over");
}
