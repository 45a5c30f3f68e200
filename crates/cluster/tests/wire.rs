//! The slim messages against bytes of a real API server (v1.34.3, with Istio 1.30.5): both encodings of
//! an object give the same value, and that value says what the object says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use bytes::Bytes;
use http::HeaderValue;
use meshlift_cluster::wire::{
    self, Budget, ConfigMap, Encoded, EndpointSlice, Event, MutatingConfiguration, Namespace, Page,
    Pod, Status, ValidatingConfiguration, WireError,
};

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/vnd.kubernetes.protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

macro_rules! both {
    ($kind:ty, $name:literal) => {
        same::<$kind>(
            include_bytes!(concat!("fixtures/", $name, ".pb")),
            include_bytes!(concat!("fixtures/", $name, ".json")),
        )
    };
}

/// Reads both encodings, compares them, and gives the objects.
fn same<T>(protobuf: &'static [u8], json: &'static [u8]) -> Vec<T>
where
    T: Encoded + PartialEq + std::fmt::Debug,
{
    let from_protobuf: Page<T> =
        wire::read_page(Some(&PROTOBUF), &Bytes::from_static(protobuf)).unwrap();
    let from_json: Page<T> = wire::read_page(Some(&JSON), &Bytes::from_static(json)).unwrap();

    assert_eq!(from_protobuf.items, from_json.items, "the two encodings mean the same");
    assert_eq!(from_protobuf.token.is_empty(), from_json.token.is_empty());
    assert!(!from_protobuf.resource_version.is_empty(), "a watch goes on from here");
    for (content_type, body, token) in
        [(PROTOBUF, protobuf, &from_protobuf.token), (JSON, json, &from_json.token)]
    {
        let next = wire::next_page(Some(&content_type), &Bytes::from_static(body)).unwrap();
        assert_eq!(next, *token, "the next page is known before this one is read");
    }
    from_protobuf.items
}

#[test]
fn a_pod_with_a_native_sidecar() {
    let pods = both!(Pod, "pods-native");

    let [pod] = pods.as_slice() else { panic!("one pod, got {}", pods.len()) };
    assert_eq!((pod.metadata.namespace.as_str(), pod.metadata.name.as_str()), ("shop", "orders-0"));
    assert_eq!(pod.metadata.controller().unwrap().kind, "StatefulSet");
    assert_eq!(pod.metadata.annotations["istio.io/rev"], "1-30");
    assert!(pod.metadata.creation_timestamp.unwrap().seconds > 1_790_000_000);
    let proxy = pod.spec.init_containers.iter().find(|one| one.name == "istio-proxy").unwrap();
    assert_eq!(proxy.restart_policy, "Always");
    assert!(proxy.image.ends_with("proxyv2:1.30.5"), "{}", proxy.image);
    assert_eq!(pod.status.phase, "Running");
    assert!(pod.status.conditions.iter().any(|one| one.kind == "Ready" && one.status == "True"));
    assert!(!pod.status.container_statuses.is_empty());
}

#[test]
fn a_pod_of_a_gateway() {
    let pods = both!(Pod, "pods-classic");

    assert_eq!(pods[0].spec.containers[0].name, "istio-proxy");
    assert_eq!(pods[0].metadata.controller().unwrap().kind, "ReplicaSet");
    assert!(pods[0].metadata.labels.contains_key("pod-template-hash"));
}

#[test]
fn a_namespace() {
    let namespaces = both!(Namespace, "namespaces");

    assert_eq!(namespaces[0].metadata.labels["istio.io/rev"], "1-30");
    assert_eq!(namespaces[0].status.phase, "Active");
}

#[test]
fn an_injector() {
    let injectors = both!(MutatingConfiguration, "mutatingwebhookconfigurations");

    let names: Vec<&str> = injectors[0].webhooks.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "rev.namespace.sidecar-injector.istio.io",
            "rev.object.sidecar-injector.istio.io",
            "namespace.sidecar-injector.istio.io",
            "object.sidecar-injector.istio.io",
        ]
    );
    let first = &injectors[0].webhooks[0];
    assert!(!first.client_config.ca_bundle.is_empty());
    assert_eq!(first.client_config.service.as_ref().unwrap().name, "istiod-1-30");
    assert_eq!(first.namespace_selector.match_expressions[0].operator, "In");
    assert_eq!(first.namespace_selector.match_expressions[0].values, ["default"]);
    assert_eq!(first.object_selector.match_expressions[0].key, "sidecar.istio.io/inject");
}

#[test]
fn a_validator() {
    let validators = both!(ValidatingConfiguration, "validatingwebhookconfigurations");

    assert!(validators[0].webhooks[0].name.ends_with("validation.istio.io"));
}

#[test]
fn a_config_map() {
    let maps = both!(ConfigMap, "configmaps");

    assert!(maps[0].data["mesh"].contains("istiod-1-30"), "{:?}", maps[0].data.keys());
}

#[test]
fn endpoints() {
    let slices = both!(EndpointSlice, "endpointslices");

    assert_eq!(slices[0].address_type, "IPv4");
    assert!(slices[0].endpoints[0].is_ready());
    assert!(slices[0].metadata.labels.contains_key("kubernetes.io/service-name"));
}

#[test]
fn a_budget() {
    let budgets = both!(Budget, "poddisruptionbudgets");

    let selector = budgets[0].spec.selector.as_ref().unwrap();
    assert_eq!(selector.match_labels["app"], "cart");
    assert_eq!(selector.match_expressions[0].values, ["a", "b"]);
    assert_eq!(budgets[0].status.disruptions_allowed, 1);
}

#[test]
fn a_refusal() {
    let protobuf = Status::read(include_bytes!("fixtures/status.pb")).unwrap();
    let json = Status::read(include_bytes!("fixtures/status.json")).unwrap();

    assert_eq!(protobuf, json);
    assert_eq!((json.code, json.reason.as_str()), (404, "NotFound"));
    assert_eq!(Status::read(b"<html>a proxy in between</html>"), None);
}

#[test]
fn an_empty_list_that_go_writes_as_null() {
    let body = Bytes::from_static(br#"{"metadata":{"resourceVersion":"7"},"items":null}"#);

    let page: Page<Pod> = wire::read_page(Some(&JSON), &body).unwrap();

    assert_eq!((page.items.len(), page.resource_version.as_str()), (0, "7"));
}

#[test]
fn bytes_that_are_cut_off_are_an_error() {
    let whole = include_bytes!("fixtures/pods-native.pb");
    for cut in [3, 10, 100, whole.len() - 1] {
        let page = wire::read_page::<Pod>(Some(&PROTOBUF), &Bytes::from_static(&whole[..cut]));

        assert!(matches!(page, Err(WireError::Protobuf { .. })), "{cut} bytes gave {page:?}");
    }
    let json = wire::read_page::<Pod>(Some(&JSON), &Bytes::from_static(br#"{"items":[{"spec":"#));
    assert!(matches!(json, Err(WireError::Json { .. })), "{json:?}");
}

#[test]
fn lines_of_a_watch() {
    let event = |line: &str| wire::read_event::<Namespace>(line.as_bytes());
    let named = |namespace: &Namespace| namespace.metadata.name.clone();

    let Ok(Event::Applied(added)) =
        event(r#"{"type":"ADDED","object":{"metadata":{"name":"a","labels":null}}}"#)
    else {
        panic!("an object that is there")
    };
    assert_eq!(named(&added), "a");
    let Ok(Event::Deleted(gone)) =
        event(r#"{"type":"DELETED","object":{"metadata":{"name":"b"}}}"#)
    else {
        panic!("an object that is gone")
    };
    assert_eq!(named(&gone), "b");
    assert_eq!(
        event(r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"42"}}}"#),
        Ok(Event::Bookmark("42".into()))
    );
    let Ok(Event::Ended(status)) = event(
        r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#,
    ) else {
        panic!("the end of a watch")
    };
    assert_eq!(status.code, 410);
    assert_eq!(event(r#"{"type":"SURPRISE","object":{}}"#), Err(WireError::EventKind));
}
