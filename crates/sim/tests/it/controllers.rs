//! The controllers, on a clock that the test moves.

use std::time::Duration;

use meshlift_sim::{Builder, Fault, Pace, SimMesh, Workload};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::common::{VALUES, pods, proxy_image};

const START: Duration = Duration::from_secs(2);

fn slow(workload: Workload) -> Builder {
    SimMesh::builder()
        .install("1.30.5", VALUES, &["revision=1-30"])
        .namespace("shop", &[("istio.io/rev", "1-30")])
        .workload(workload)
        .pace(Pace::Demo { pod_start: START })
}

fn restart(mesh: &SimMesh, resource: &str, name: &str) {
    let found = mesh.meddle(resource, "shop", name, |it| {
        it["spec"]["template"]["metadata"]["annotations"] =
            json!({ "meshlift.dev/restarted-by": "run/wave-1" });
    });
    assert!(found, "{resource} {name} is there");
}

fn is_new(pod: &Value) -> bool {
    pod["metadata"]["annotations"]["meshlift.dev/restarted-by"] == "run/wave-1"
}

fn is_stopping(pod: &Value) -> bool {
    pod["metadata"].get("deletionTimestamp").is_some()
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
    !is_stopping(pod) && conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
}

fn count(pods: &[Value], such: impl Fn(&Value) -> bool) -> usize {
    pods.iter().filter(|pod| such(pod)).count()
}

/// Follows a workload in small steps of time until `done`, and shows every state to `see`.
async fn follow(
    mesh: &SimMesh,
    app: &str,
    mut see: impl FnMut(&[Value]),
    done: impl Fn(&[Value]) -> bool,
) -> Duration {
    let began = Instant::now();
    loop {
        let now = pods(mesh, "shop", app);
        see(&now);
        if done(&now) {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_mins(5), "it never ends: {now:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_rolls_within_surge_and_unavailability() {
    let strategy = json!({ "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 1 } });
    let mesh =
        slow(Workload::deployment("shop", "cart").replicas(4).spec("strategy", strategy)).build();

    restart(&mesh, "deployments.apps", "cart");
    let (mut least, mut most) = (usize::MAX, 0);
    follow(
        &mesh,
        "cart",
        |pods| {
            least = least.min(count(pods, is_ready));
            most = most.max(count(pods, |pod| !is_stopping(pod)));
        },
        |pods| pods.len() == 4 && pods.iter().all(|pod| is_new(pod) && is_ready(pod)),
    )
    .await;

    assert_eq!((least, most), (3, 5), "one less and one more than four");
    let status = mesh.object("deployments.apps", "shop", "cart").unwrap();
    assert_eq!(status["status"]["observedGeneration"], 2);
    assert_eq!(status["status"]["updatedReplicas"], 4);
    assert_eq!(status["status"]["replicas"], 4);
    assert_eq!(status["status"]["availableReplicas"], 4);
}

#[tokio::test(start_paused = true)]
async fn a_status_lags_behind_its_spec() {
    let mesh = slow(Workload::deployment("shop", "cart")).build();

    restart(&mesh, "deployments.apps", "cart");
    let cart = mesh.object("deployments.apps", "shop", "cart").unwrap();

    assert_eq!(cart["metadata"]["generation"], 2);
    assert_eq!(cart["status"]["observedGeneration"], 1, "no controller has run yet");
}

#[tokio::test(start_paused = true)]
async fn recreate_takes_all_pods_before_it_makes_new_ones() {
    let recreate = json!({ "type": "Recreate" });
    let mesh =
        slow(Workload::deployment("shop", "cart").replicas(2).spec("strategy", recreate)).build();

    restart(&mesh, "deployments.apps", "cart");
    let mut together = false;
    follow(
        &mesh,
        "cart",
        |pods| together |= pods.iter().any(is_new) && !pods.iter().all(is_new),
        |pods| pods.len() == 2 && pods.iter().all(|pod| is_new(pod) && is_ready(pod)),
    )
    .await;

    assert!(!together, "an old and a new pod never stand side by side");
}

#[tokio::test(start_paused = true)]
async fn a_paused_deployment_keeps_its_pods() {
    let mesh = slow(Workload::deployment("shop", "cart").spec("paused", json!(true))).build();

    restart(&mesh, "deployments.apps", "cart");
    mesh.settled().await;

    assert!(!pods(&mesh, "shop", "cart").iter().any(is_new));
    let cart = mesh.object("deployments.apps", "shop", "cart").unwrap();
    assert_eq!(cart["status"]["observedGeneration"], 2, "it was seen all the same");
}

#[tokio::test(start_paused = true)]
async fn a_stateful_set_replaces_one_pod_at_a_time_from_above() {
    let mesh = slow(Workload::stateful_set("shop", "store").replicas(3)).build();

    restart(&mesh, "statefulsets.apps", "store");
    let mut order: Vec<String> = Vec::new();
    let mut least = usize::MAX;
    follow(
        &mesh,
        "store",
        |pods| {
            least = least.min(count(pods, is_ready));
            for pod in pods.iter().filter(|pod| is_new(pod)) {
                let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
                if !order.contains(&name) {
                    order.push(name);
                }
            }
        },
        |pods| pods.len() == 3 && pods.iter().all(|pod| is_new(pod) && is_ready(pod)),
    )
    .await;

    assert_eq!(order, ["store-2", "store-1", "store-0"]);
    assert_eq!(least, 2);
    let status = &mesh.object("statefulsets.apps", "shop", "store").unwrap()["status"];
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    assert_eq!(status["updatedReplicas"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_partition_keeps_the_pods_below_it() {
    let strategy = json!({ "type": "RollingUpdate", "rollingUpdate": { "partition": 1 } });
    let store =
        Workload::stateful_set("shop", "store").replicas(2).spec("updateStrategy", strategy);
    let mesh = slow(store).build();

    restart(&mesh, "statefulsets.apps", "store");
    follow(&mesh, "store", |_| {}, |pods| count(pods, |pod| is_new(pod) && is_ready(pod)) == 1)
        .await;
    mesh.settled().await;

    let new: Vec<_> = pods(&mesh, "shop", "store").into_iter().filter(is_new).collect();
    assert_eq!(new.len(), 1);
    assert_eq!(new[0]["metadata"]["name"], "store-1");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_set_replaces_one_node_at_a_time() {
    let mesh = slow(Workload::daemon_set("shop", "cache")).build();

    restart(&mesh, "daemonsets.apps", "cache");
    let mut least = usize::MAX;
    follow(
        &mesh,
        "cache",
        |pods| least = least.min(count(pods, is_ready)),
        |pods| pods.len() == 3 && pods.iter().all(|pod| is_new(pod) && is_ready(pod)),
    )
    .await;

    assert_eq!(least, 2);
    let status = &mesh.object("daemonsets.apps", "shop", "cache").unwrap()["status"];
    assert_eq!(status["updatedNumberScheduled"], 3);
    assert_eq!(status["numberAvailable"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_surging_daemon_set_never_misses_a_node() {
    let strategy = json!({ "type": "RollingUpdate",
        "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } });
    let mesh = slow(Workload::daemon_set("shop", "cache").spec("updateStrategy", strategy)).build();

    restart(&mesh, "daemonsets.apps", "cache");
    let mut least = usize::MAX;
    follow(
        &mesh,
        "cache",
        |pods| least = least.min(count(pods, is_ready)),
        |pods| pods.len() == 3 && pods.iter().all(|pod| is_new(pod) && is_ready(pod)),
    )
    .await;

    assert_eq!(least, 3);
}

#[tokio::test(start_paused = true)]
async fn on_delete_waits_for_somebody_to_delete() {
    let strategy = json!({ "type": "OnDelete" });
    let mesh = slow(Workload::daemon_set("shop", "cache").spec("updateStrategy", strategy)).build();

    restart(&mesh, "daemonsets.apps", "cache");
    mesh.settled().await;

    assert!(!pods(&mesh, "shop", "cache").iter().any(is_new));
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_runs_into_the_progress_deadline() {
    let cart = Workload::deployment("shop", "cart").spec("progressDeadlineSeconds", json!(60));
    let mesh = slow(cart).build();
    mesh.fault(Fault::CrashLoop { namespace: "shop".into(), workload: "cart".into() });

    restart(&mesh, "deployments.apps", "cart");
    tokio::time::sleep(Duration::from_secs(90)).await;

    let crashing = pods(&mesh, "shop", "cart").into_iter().find(is_new).unwrap();
    let status = &crashing["status"]["containerStatuses"][0];
    assert_eq!(status["state"]["waiting"]["reason"], "CrashLoopBackOff");
    assert!(status["restartCount"].as_i64().unwrap() > 1);
    let cart = mesh.object("deployments.apps", "shop", "cart").unwrap();
    let progressing = &cart["status"]["conditions"][1];
    assert_eq!(progressing["status"], "False");
    assert_eq!(progressing["reason"], "ProgressDeadlineExceeded");
    assert_eq!(count(&pods(&mesh, "shop", "cart"), is_ready), 1, "the old pod still serves");
}

#[tokio::test(start_paused = true)]
async fn a_healed_crash_loop_recovers() {
    let mesh = slow(Workload::deployment("shop", "cart")).build();
    mesh.fault(Fault::CrashLoop { namespace: "shop".into(), workload: "cart".into() });
    restart(&mesh, "deployments.apps", "cart");
    follow(&mesh, "cart", |_| {}, |pods| pods.iter().any(is_new)).await;

    mesh.heal();

    let done = |pods: &[Value]| pods.len() == 1 && is_new(&pods[0]) && is_ready(&pods[0]);
    follow(&mesh, "cart", |_| {}, done).await;
}

#[tokio::test(start_paused = true)]
async fn pods_without_a_node_stay_pending_until_there_is_one() {
    let mesh = slow(Workload::deployment("shop", "cart")).build();
    mesh.fault(Fault::Pending { namespace: "shop".into(), workload: "cart".into() });
    restart(&mesh, "deployments.apps", "cart");
    mesh.settled().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let waiting = pods(&mesh, "shop", "cart").into_iter().find(is_new).unwrap();
    assert_eq!(waiting["status"]["phase"], "Pending");

    mesh.heal();

    let done = |pods: &[Value]| pods.len() == 1 && is_new(&pods[0]) && is_ready(&pods[0]);
    follow(&mesh, "cart", |_| {}, done).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollout_waits_for_its_webhook_and_goes_on() {
    let mesh = slow(Workload::deployment("shop", "cart")).build();
    mesh.fault(Fault::WebhookDown { revision: "1-30".into() });
    restart(&mesh, "deployments.apps", "cart");
    tokio::time::sleep(Duration::from_secs(10)).await;
    let cart = mesh.object("deployments.apps", "shop", "cart").unwrap();
    let failure = &cart["status"]["conditions"][2];
    assert_eq!(failure["type"], "ReplicaFailure");
    assert!(failure["message"].as_str().unwrap().contains("failed calling webhook"), "{failure}");
    assert!(!pods(&mesh, "shop", "cart").iter().any(is_new));

    mesh.heal();

    let done = |pods: &[Value]| pods.len() == 1 && is_new(&pods[0]) && is_ready(&pods[0]);
    follow(&mesh, "cart", |_| {}, done).await;
}

#[tokio::test(start_paused = true)]
async fn a_budget_counts_what_it_can_spare() {
    let mesh = slow(Workload::deployment("shop", "cart").replicas(3))
        .budget("shop", "cart", "cart", 2)
        .build();
    let allowed = || {
        let budget = mesh.object("poddisruptionbudgets.policy", "shop", "cart").unwrap();
        budget["status"]["disruptionsAllowed"].clone()
    };
    assert_eq!(allowed(), 1);

    let name = pods(&mesh, "shop", "cart")[0]["metadata"]["name"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/namespaces/shop/pods/{name}");
    let delete = http::Request::delete(path).body(String::new()).unwrap();
    crate::common::request(&mesh, delete).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(allowed(), 0, "one is on its way out");

    mesh.settled().await;
    assert_eq!(allowed(), 1, "its successor is ready");
}

#[tokio::test(start_paused = true)]
async fn the_next_pod_follows_the_labels_of_its_namespace() {
    let mesh = slow(Workload::deployment("shop", "cart")).build();
    mesh.meddle("namespaces", "", "shop", |it| {
        it["metadata"]["labels"] = json!({});
    });

    restart(&mesh, "deployments.apps", "cart");
    let done = |pods: &[Value]| pods.len() == 1 && is_new(&pods[0]) && is_ready(&pods[0]);
    follow(&mesh, "cart", |_| {}, done).await;

    assert_eq!(proxy_image(&pods(&mesh, "shop", "cart")[0]), None, "no label, no sidecar");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_injection_cannot_pull_its_image() {
    let mesh = SimMesh::builder()
        .install("1.30.5", VALUES, &["revision=1-30"])
        .namespace("edge", &[("istio-injection", "disabled")])
        .workload(Workload::gateway("edge", "istio-ingressgateway"))
        .build();

    let gateway = &pods(&mesh, "edge", "istio-ingressgateway")[0];

    let status = &gateway["status"]["containerStatuses"][0];
    assert_eq!(status["state"]["waiting"]["reason"], "ImagePullBackOff");
}
