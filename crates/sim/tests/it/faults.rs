//! Ordered accidents.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use meshlift_sim::{Fault, On, RequestLine};
use serde_json::json;

use crate::common::{body, get, request, shop};

const JSON: &str = "application/json";

fn label(value: &str) -> Request<String> {
    let patch = json!({ "metadata": { "labels": { "istio.io/rev": value } } });
    Request::patch("/api/v1/namespaces/shop")
        .header("content-type", "application/merge-patch+json")
        .body(patch.to_string())
        .unwrap()
}

fn revision(mesh: &meshlift_sim::SimMesh) -> String {
    let shop = mesh.object("namespaces", "", "shop").unwrap();
    shop["metadata"]["labels"]["istio.io/rev"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_dropped_write_was_never_done() {
    let mesh = shop().build();
    mesh.fault(Fault::Drop { on: On::writes(), times: 1 });

    assert!(request(&mesh, label("1-31")).await.is_none(), "no answer");
    assert_eq!(revision(&mesh), "1-30");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_hides_a_write_that_was_done() {
    let mesh = shop().build();
    mesh.fault(Fault::AnswerLost { on: On::writes(), times: 1 });

    assert!(request(&mesh, label("1-31")).await.is_none(), "no answer");
    assert_eq!(revision(&mesh), "1-31");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_request_is_never_answered() {
    let mesh = shop().build();
    mesh.fault(Fault::Hang { on: On::any(), times: 1 });

    let hour = Duration::from_hours(1);
    let answered = tokio::time::timeout(hour, get(&mesh, "/version", JSON)).await;

    assert!(answered.is_err(), "it was answered");
    assert_eq!(get(&mesh, "/version", JSON).await.status(), 200, "the next one is");
}

#[tokio::test(start_paused = true)]
async fn a_held_write_is_done_when_it_is_released() {
    let mesh = shop().build();
    let held = mesh.hold(On::writes(), 2);
    assert_eq!(request(&mesh, label("1-31")).await.unwrap().status(), 200, "the first goes on");

    let second = tokio::spawn({
        let mesh = mesh.clone();
        async move { request(&mesh, label("1-32")).await }
    });
    held.reached().await;
    assert_eq!(revision(&mesh), "1-31", "the second waits before it writes");

    held.release();
    assert_eq!(second.await.unwrap().unwrap().status(), 200);
    assert_eq!(revision(&mesh), "1-32");
}

#[tokio::test(start_paused = true)]
async fn a_held_write_of_a_client_that_is_gone_is_never_done() {
    let mesh = shop().build();
    let held = mesh.hold(On::writes(), 1);
    let client = tokio::spawn({
        let mesh = mesh.clone();
        async move { request(&mesh, label("1-31")).await }
    });
    held.reached().await;

    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    mesh.fault(Fault::Restart);
    tokio::task::yield_now().await;
    held.release();
    tokio::task::yield_now().await;

    assert_eq!(revision(&mesh), "1-30");
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_was_never_done() {
    let mesh = shop().build();
    mesh.fault(Fault::Answer {
        on: On::method(Method::PATCH).path("/namespaces/shop"),
        times: 1,
        status: StatusCode::CONFLICT,
        retry_after: None,
    });

    assert_eq!(request(&mesh, label("1-31")).await.unwrap().status(), 409);
    assert_eq!(revision(&mesh), "1-30");
    assert_eq!(request(&mesh, label("1-31")).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_restart_breaks_open_connections() {
    let mesh = shop().build();
    let watch = get(&mesh, "/api/v1/namespaces?watch=true&resourceVersion=1000000", JSON).await;

    mesh.fault(Fault::Restart);

    let ended = http_body_util::BodyExt::collect(watch.into_body()).await;
    assert!(ended.is_err() || ended.unwrap().to_bytes().is_empty(), "the watch went on");
    assert_eq!(get(&mesh, "/version", JSON).await.status(), 200, "new connections work");
}

#[tokio::test(start_paused = true)]
async fn another_cluster_answers_under_another_uid() {
    let mesh = shop().cluster_uid("first").build();
    let uid = async || {
        let system = get(&mesh, "/api/v1/namespaces/kube-system", JSON).await;
        body(system).await["metadata"]["uid"].clone()
    };
    assert_eq!(uid().await, "first");

    mesh.fault(Fault::OtherCluster { uid: "second".into() });
    assert_eq!(uid().await, "second");

    mesh.heal();
    assert_eq!(uid().await, "first");
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted() {
    let mesh = shop().build();

    get(&mesh, "/version", JSON).await;
    request(&mesh, label("1-31")).await;

    let line = |method, path: &str, had_body| RequestLine { method, path: path.into(), had_body };
    assert_eq!(
        mesh.requests(),
        [
            line(Method::GET, "/version", false),
            line(Method::PATCH, "/api/v1/namespaces/shop", true),
        ],
    );
    mesh.forget_requests();
    assert!(mesh.requests().is_empty());
}
