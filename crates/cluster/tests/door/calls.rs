//! What leaves through the door, what is tried again, and what is not.

use std::time::Duration;

use http::{Method, Request};
use kube::client::Body;
use meshlift_cluster::calls::{CallError, MERGE_PATCH};
use meshlift_cluster::door::{Door, IntentId};
use meshlift_core::inventory::Snapshot;
use rstest::rstest;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::api::{Api, Failure};

const CART: &str = "/apis/apps/v1/namespaces/shop/deployments/cart";

fn intent() -> IntentId {
    IntentId::new("run-1/7")
}

#[tokio::test(start_paused = true)]
async fn a_write_leaves_with_an_intent_and_without_its_name() {
    let api = Api::new();
    let door = Door::new(false);
    let connection = api.connect(door.clone()).await;

    connection.calls().patch(CART, MERGE_PATCH, &json!({}), &intent()).await.unwrap();

    let requests = api.requests();
    let patch = requests.iter().find(|asked| asked.method == Method::PATCH).unwrap();
    assert_eq!(patch.headers["content-type"], MERGE_PATCH);
    assert!(!patch.headers.contains_key("meshlift-intent"), "the server has no use for it");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_in_read_only_mode() {
    let api = Api::new();
    let door = Door::new(false);
    let connection = api.connect(door.clone()).await;
    let calls = connection.calls();
    door.set_read_only(true);

    let refused = [
        calls.patch(CART, MERGE_PATCH, &json!({}), &intent()).await,
        calls.post("/api/v1/namespaces/shop/pods?dryRun=All", &json!({}), &intent()).await,
        calls.put(CART, &json!({}), &intent()).await,
        calls.delete(CART, None, &intent()).await,
    ];

    for answer in refused {
        assert!(matches!(answer, Err(CallError::ReadOnly { .. })), "{answer:?}");
    }
    let wrote = api.requests().into_iter().find(|asked| asked.method != Method::GET);
    assert!(wrote.is_none(), "{wrote:?} reached the server");

    connection.user().await;
    assert_eq!(api.count("POST /apis/authentication.k8s.io/v1/selfsubjectreviews"), 1);

    door.set_read_only(false);
    assert!(calls.put(CART, &json!({}), &intent()).await.is_ok(), "the switch works at once");
}

#[tokio::test(start_paused = true)]
async fn no_write_leaves_without_an_intent_on_any_way() {
    let api = Api::new();
    let connection = api.connect(Door::new(false)).await;
    for intent in [None, Some("")] {
        let mut request = Request::patch(CART);
        if let Some(intent) = intent {
            request = request.header("meshlift-intent", intent);
        }

        let refused = connection.client().send(request.body(Body::empty()).unwrap()).await;

        let error = refused.expect_err("kube's own client stands behind the same door");
        assert!(error.to_string().contains("no intent was journaled for it"), "{error}");
    }
    assert_eq!(api.count(&format!("PATCH {CART}")), 0);
}

#[rstest]
#[case::unavailable(503)]
#[case::gateway(502)]
#[case::busy(429)]
#[tokio::test(start_paused = true)]
async fn a_read_is_tried_again(#[case] status: u16) {
    let api = Api::new();
    let connection = api.connect(Door::new(true)).await;
    api.fail("GET /version", [Failure::of(status), Failure::of(status)]);

    let version: Value = connection.calls().get("/version").await.unwrap();

    assert_eq!(version["gitVersion"], "v1.34.3");
}

#[tokio::test(start_paused = true)]
async fn a_read_waits_as_long_as_the_server_asks() {
    let api = Api::new();
    let connection = api.connect(Door::new(true)).await;
    api.fail("GET /version", [Failure { status: 429, headers: vec![("retry-after", "7")] }]);
    let started = tokio::time::Instant::now();

    let _: Value = connection.calls().get("/version").await.unwrap();

    assert!(started.elapsed() >= Duration::from_secs(7), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_read_is_not_tried_for_ever() {
    let api = Api::new();
    let connection = api.connect(Door::new(true)).await;
    let before = api.count("GET /version");
    api.fail("GET /version", std::iter::repeat_n(Failure::of(503), 100));

    let given_up = connection.calls().get::<Value>("/version").await;

    assert!(matches!(given_up, Err(CallError::Server { status: 503, .. })), "{given_up:?}");
    assert_eq!(api.count("GET /version") - before, 5, "once, and four times again");
}

#[rstest]
#[case::unavailable(503)]
#[case::timed_out(504)]
#[case::busy(429)]
#[tokio::test(start_paused = true)]
async fn a_write_is_never_tried_again(#[case] status: u16) {
    let api = Api::new();
    let connection = api.connect(Door::new(false)).await;
    api.fail(&format!("PUT {CART}"), [Failure::of(status)]);

    let failed = connection.calls().put(CART, &json!({}), &intent()).await;

    assert!(failed.is_err(), "it may have happened, so it is observed first");
    assert_eq!(api.count(&format!("PUT {CART}")), 1);
}

#[rstest]
#[case::conflict(409, |error: &CallError| matches!(error, CallError::Conflict { .. }))]
#[case::gone(410, |error: &CallError| matches!(error, CallError::Gone { .. }))]
#[case::missing(404, |error: &CallError| matches!(error, CallError::NotFound { .. }))]
#[case::invalid(422, |error: &CallError| matches!(error, CallError::Invalid { .. }))]
#[tokio::test(start_paused = true)]
async fn refusals_are_told_apart(#[case] status: u16, #[case] expected: fn(&CallError) -> bool) {
    let api = Api::new();
    let connection = api.connect(Door::new(false)).await;
    api.fail(&format!("PUT {CART}"), [Failure::of(status)]);

    let error = connection.calls().put(CART, &json!({}), &intent()).await.unwrap_err();

    assert!(expected(&error), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_to_its_end() {
    let api = Api::new();
    let connection = api.connect(Door::new(true)).await;
    api.pages_of(2);
    api.list("/api/v1/services", (0..5).map(|number| json!({"number": number})).collect());

    let items: Vec<Value> = connection.calls().list("/api/v1/services").await.unwrap();

    assert_eq!(items.len(), 5);
    assert_eq!(api.count("NEXT /api/v1/services"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_cancelled() {
    let api = Api::new();
    let connection = api.connect(Door::new(true)).await;
    let cancel = CancellationToken::new();
    let calls = connection.calls().until(cancel.clone());
    cancel.cancel();

    let cancelled = calls.get::<Value>("/version").await;

    assert!(matches!(cancelled, Err(CallError::Cancelled { .. })), "{cancelled:?}");
}

#[tokio::test(start_paused = true)]
async fn pods_come_compressed_and_as_protobuf() {
    use std::io::Write;
    let api = Api::new();
    let connection = api.connect(Door::new(true)).await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(include_bytes!("../fixtures/pods-native.pb")).unwrap();
    let headers =
        [("content-type", "application/vnd.kubernetes.protobuf"), ("content-encoding", "gzip")];
    api.raw("/api/v1/pods", &headers, packed.finish().unwrap());

    let snapshot: Snapshot = meshlift_cluster::snapshot::read(&connection).await.unwrap();

    let pods: Vec<String> = snapshot.pods.keys().map(ToString::to_string).collect();
    assert_eq!(pods, ["shop/orders-0"]);
    let requests = api.requests();
    let asked = requests.iter().find(|asked| asked.path == "/api/v1/pods").unwrap();
    assert_eq!(asked.headers["accept"], "application/vnd.kubernetes.protobuf, application/json");
    assert!(asked.headers["accept-encoding"].to_str().unwrap().contains("gzip"));
    assert!(asked.query.ends_with("limit=100"), "the first page comes soon: {}", asked.query);
}
