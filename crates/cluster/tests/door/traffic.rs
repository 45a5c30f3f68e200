//! Traffic rules that change while a run goes on, and those that may not be read.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use http::header::ACCEPT;
use meshlift_cluster::door::Door;
use meshlift_cluster::traffic;
use meshlift_core::rollout::{RuleEvent, TrafficNews};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::api::{Api, Failure};

const RULES: &str = "/apis/networking.istio.io/v1/virtualservices";
const BEFORE: &str = "2026-11-24T11:00:00Z";

/// A rule of somebody who wrote it an hour before the run began.
fn rule(name: &str, generation: i64) -> Value {
    json!({"metadata": {
        "name": name, "namespace": "shop", "resourceVersion": "200", "generation": generation,
        "creationTimestamp": BEFORE,
        "managedFields": [{"manager": "kubectl-edit", "time": BEFORE}],
    }})
}

/// A server that has rules of one kind, and nothing else that steers traffic.
fn istio() -> Api {
    let api = Api::new();
    offer(
        &api,
        &json!([{"name": "virtualservices", "kind": "VirtualService", "verbs": ["watch"]}]),
    );
    api.list(RULES, vec![rule("cart", 1)]);
    api
}

fn offer(api: &Api, resources: &Value) {
    let group = json!({"name": "networking.istio.io", "versions": [{"groupVersion": "networking.istio.io/v1"}]});
    let answer = |path: &str, body: Value| api.raw(path, &[], body.to_string().into_bytes());
    answer("/apis", json!({"groups": [group]}));
    answer("/apis/networking.istio.io/v1", json!({"resources": resources}));
}

async fn watch(api: &Api) -> BoxStream<'static, TrafficNews> {
    let connection = api.connect(Door::new(true)).await;
    traffic::watch(&connection, "2026-11-24T12:00:00Z".parse().unwrap())
}

/// What is told next. The clock is paused: an hour passes at once when nothing is left to happen.
async fn told(news: &mut BoxStream<'static, TrafficNews>) -> TrafficNews {
    timeout(Duration::from_hours(1), news.next()).await.expect("news").expect("it never ends")
}

async fn change(news: &mut BoxStream<'static, TrafficNews>) -> (String, RuleEvent, u32) {
    match told(news).await {
        TrafficNews::Changed { change } => (change.rule.to_string(), change.event, change.times),
        unseen @ TrafficNews::Unseen { .. } => panic!("{unseen:?}"),
    }
}

async fn is_silent(news: &mut BoxStream<'static, TrafficNews>) -> bool {
    timeout(Duration::from_hours(1), news.next()).await.is_err()
}

#[tokio::test(start_paused = true)]
async fn who_may_not_see_the_kinds_is_told_once_and_the_run_goes_on() {
    let api = istio();
    api.fail("GET /apis", vec![Failure::of(403); 120]);
    let mut news = watch(&api).await;

    let TrafficNews::Unseen { unseen } = told(&mut news).await else { panic!("nothing is seen") };

    assert_eq!(unseen.what, None, "not even which kinds there are");
    assert!(is_silent(&mut news).await, "it is told once, and the stream does not end");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_refused_later_is_told_and_its_gap_closed() {
    let api = istio();
    let mut news = watch(&api).await;
    api.watched(RULES).await;
    api.fail(&format!("GET {RULES}"), vec![Failure::of(403); 3]);
    api.list(RULES, vec![rule("cart", 2)]);
    api.hang_up(RULES);

    let TrafficNews::Unseen { unseen } = told(&mut news).await else { panic!("it was refused") };

    assert_eq!(unseen.what.as_deref(), Some("VirtualService"));
    let expected = ("VirtualService shop/cart".to_owned(), RuleEvent::Changed, 1);
    assert_eq!(change(&mut news).await, expected, "it is read again, and compared");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_comes_during_the_run_is_watched() {
    let api = istio();
    offer(&api, &json!([]));
    let mut news = watch(&api).await;
    assert!(is_silent(&mut news).await, "there is nothing to watch");

    offer(
        &api,
        &json!([{"name": "virtualservices", "kind": "VirtualService", "verbs": ["watch"]}]),
    );

    let expected = ("VirtualService shop/cart".to_owned(), RuleEvent::Added, 1);
    assert_eq!(change(&mut news).await, expected, "whatever its rule says of its age");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_writes_all_the_time_is_told_of_once_a_minute() {
    let api = istio();
    let mut news = watch(&api).await;
    api.watched(RULES).await;

    for generation in 2..=6 {
        api.happen(RULES, "MODIFIED", &rule("cart", generation));
    }
    api.happen(RULES, "DELETED", &rule("cart", 6));

    let first = change(&mut news).await;
    assert_eq!((first.1, first.2), (RuleEvent::Changed, 1), "the first is told at once");
    let rest = change(&mut news).await;
    assert_eq!((rest.1, rest.2), (RuleEvent::Removed, 5), "the others together, as it is now");
}

#[tokio::test(start_paused = true)]
async fn only_metadata_is_asked_for() {
    let api = istio();
    let _news = watch(&api).await;
    api.watched(RULES).await;

    let asked: Vec<_> = api.requests().into_iter().filter(|asked| asked.path == RULES).collect();

    assert_eq!(asked.len(), 2, "a list and a watch: {asked:?}");
    for asked in asked {
        let accept = asked.headers[ACCEPT].to_str().unwrap();
        assert!(accept.starts_with("application/json;as=PartialObjectMetadata"), "{accept}");
    }
}
