//! Acts against an API server in memory: what they write, what they refuse, and that asking again
//! changes nothing.

mod api;

use api::Api;
use meshlift_cluster::actuate::{self, ActErrorKind, Performed};
use meshlift_cluster::connection::Connection;
use meshlift_cluster::door::{Door, IntentId};
use meshlift_cluster::snapshot::template_hash;
use meshlift_core::inventory::{InjectionLabels, Kind, WorkloadRef};
use meshlift_core::rollout::{Act, ActId, ActKind, ObjectRef, StepId};
use rstest::rstest;
use serde_json::{Value, json};

const CART: &str = "/apis/apps/v1/namespaces/shop/deployments/cart";
const SHOP: &str = "/api/v1/namespaces/shop";
const INJECTORS: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const VALIDATORS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

fn act(step: &str, kind: ActKind) -> Act {
    Act { id: ActId { step: StepId(step.to_owned()), index: 0 }, kind }
}

async fn perform(connection: &Connection, act: &Act) -> Result<Performed, actuate::ActError> {
    actuate::perform(connection, &IntentId::new("intent-1"), act, "run-7").await
}

fn cart() -> Value {
    json!({
        "kind": "Deployment",
        "metadata": { "name": "cart", "namespace": "shop", "uid": "cart-uid" },
        "spec": { "replicas": 2, "template": {
            "metadata": { "labels": { "app": "cart" } },
            "spec": { "containers": [{ "name": "cart", "image": "cart:1" }] },
        } },
    })
}

fn restart_cart() -> Act {
    let workload =
        WorkloadRef { namespace: "shop".into(), kind: Kind::Deployment, name: "cart".into() };
    let template_hash = template_hash(&cart()["spec"]["template"]);
    act("wave-1", ActKind::Restart { workload, uid: "cart-uid".into(), template_hash })
}

#[tokio::test]
async fn a_restart_marks_the_template_once() {
    let api = Api::new().with(CART, cart());
    let connection = api.connect(Door::new(false)).await;

    let first = perform(&connection, &restart_cart()).await.unwrap();
    let second = perform(&connection, &restart_cart()).await.unwrap();

    assert!(first.changed && !second.changed, "asked twice, it is written once");
    let annotations = &api.object(CART).unwrap()["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations["meshlift.dev/restarted-by"], "run-7/wave-1");
    assert_eq!(api.writes(), [format!("PATCH {CART}")]);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let api = Api::new().with(CART, cart());
    let connection = api.connect(Door::new(false)).await;
    let intent = IntentId::new("intent-1");

    actuate::dry_run(&connection, &intent, &restart_cart(), "run-7").await.unwrap();

    assert_eq!(api.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_status_update_in_between_is_no_reason_to_stop() {
    let api = Api::new().with(CART, cart());
    let connection = api.connect(Door::new(false)).await;
    let mut updates = 0;
    api.before_writes(move |objects| {
        updates += 1;
        if updates <= 5 {
            objects.edit(CART, |cart| cart["status"] = json!({ "readyReplicas": updates }));
        }
    });

    let done = perform(&connection, &restart_cart()).await.unwrap();

    assert!(done.changed, "five conflicts are gone through");
}

#[tokio::test]
async fn endless_conflicts_end() {
    let api = Api::new().with(CART, cart());
    let connection = api.connect(Door::new(false)).await;
    let mut updates = 0;
    api.before_writes(move |objects| {
        updates += 1;
        objects.edit(CART, |cart| cart["status"] = json!({ "readyReplicas": updates }));
    });

    let error = perform(&connection, &restart_cart()).await.unwrap_err();

    assert_eq!(error.kind, ActErrorKind::Conflict, "{error}");
    assert_eq!(api.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_template_that_somebody_changed_is_not_restarted() {
    let api = Api::new().with(CART, cart());
    let connection = api.connect(Door::new(false)).await;
    api.before_writes(|objects| {
        objects.edit(CART, |cart| {
            cart["spec"]["template"]["spec"]["containers"][0]["image"] = "cart:2".into();
        });
    });

    let error = perform(&connection, &restart_cart()).await.unwrap_err();

    assert_eq!(error.kind, ActErrorKind::Guard);
    assert_eq!(
        error.to_string(),
        "the pod template of Deployment shop/cart was changed by somebody else"
    );
}

#[tokio::test]
async fn a_paused_a_replaced_and_a_missing_workload_are_left_alone() {
    let api = Api::new().with(CART, cart());
    let connection = api.connect(Door::new(false)).await;

    api.edit(CART, |cart| cart["spec"]["paused"] = true.into());
    let paused = perform(&connection, &restart_cart()).await.unwrap_err();
    api.edit(CART, |cart| {
        cart["spec"]["paused"] = false.into();
        cart["metadata"]["uid"] = "another".into();
    });
    let replaced = perform(&connection, &restart_cart()).await.unwrap_err();
    api.remove(CART);
    let gone = perform(&connection, &restart_cart()).await.unwrap_err();

    assert_eq!(paused.to_string(), "the rollouts of Deployment shop/cart are paused");
    assert_eq!(replaced.to_string(), "another object has the name of Deployment shop/cart now");
    assert_eq!(gone.kind, ActErrorKind::Gone);
    assert_eq!(api.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn read_only_mode_is_said_plainly() {
    let api = Api::new().with(CART, cart());
    let connection = api.connect(Door::new(true)).await;

    let error = perform(&connection, &restart_cart()).await.unwrap_err();

    assert_eq!(error.kind, ActErrorKind::ReadOnly, "{error}");
    assert_eq!(api.writes(), Vec::<String>::new());
}

fn labels(injection: Option<&str>, revision: Option<&str>) -> InjectionLabels {
    InjectionLabels { injection: injection.map(Into::into), revision: revision.map(Into::into) }
}

fn move_shop() -> Act {
    let (from, to) = (labels(Some("enabled"), None), labels(None, Some("1-31")));
    let (namespace, uid) = ("shop".into(), "shop-uid".into());
    act("move-shop", ActKind::Label { namespace, uid, from, to })
}

fn shop(labels: &Value) -> Value {
    json!({ "kind": "Namespace", "metadata": { "name": "shop", "uid": "shop-uid", "labels": labels } })
}

#[tokio::test]
async fn a_namespace_is_moved_in_one_patch() {
    let api = Api::new().with(SHOP, shop(&json!({ "team": "a", "istio-injection": "enabled" })));
    let connection = api.connect(Door::new(false)).await;

    let first = perform(&connection, &move_shop()).await.unwrap();
    let second = perform(&connection, &move_shop()).await.unwrap();

    assert!(first.changed && !second.changed);
    let expected = json!({ "team": "a", "istio.io/rev": "1-31" });
    assert_eq!(api.object(SHOP).unwrap()["metadata"]["labels"], expected);
    assert_eq!(api.writes(), [format!("PATCH {SHOP}")]);
}

#[tokio::test]
async fn a_namespace_that_somebody_relabelled_stays_as_it_is() {
    let api = Api::new().with(SHOP, shop(&json!({ "istio-injection": "enabled" })));
    let connection = api.connect(Door::new(false)).await;
    api.before_writes(|objects| {
        objects
            .edit(SHOP, |shop| shop["metadata"]["labels"]["istio-injection"] = "disabled".into());
    });

    let error = perform(&connection, &move_shop()).await.unwrap_err();

    assert_eq!(error.kind, ActErrorKind::Guard);
    assert_eq!(
        error.to_string(),
        "Namespace shop was changed by somebody else: it has istio-injection=disabled, \
         and the plan rests on istio-injection=enabled"
    );
    assert_eq!(api.writes(), Vec::<String>::new());
}

fn injector(name: &str, revision: &str, tag: Option<&str>) -> Value {
    let key = tag.unwrap_or(revision);
    let mut object = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": { "name": name, "labels": {
            "app": "sidecar-injector", "istio.io/rev": revision,
            "operator.istio.io/managed": "Reconcile", "release": "istio",
        } },
        "webhooks": [{
            "name": "rev.namespace.sidecar-injector.istio.io",
            "clientConfig": {
                "caBundle": format!("ca-of-{revision}"),
                "service": { "name": format!("istiod-{revision}"), "namespace": "istio-system", "path": "/inject", "port": 443 },
            },
            "failurePolicy": "Fail",
            "namespaceSelector": { "matchExpressions": [
                { "key": "istio.io/rev", "operator": "In", "values": [key] },
                { "key": "istio-injection", "operator": "DoesNotExist" },
                { "key": "vendor.example/managed", "operator": "DoesNotExist" },
            ] },
            "objectSelector": { "matchExpressions": [
                { "key": "sidecar.istio.io/inject", "operator": "NotIn", "values": ["false"] },
            ] },
        }],
    });
    if let Some(tag) = tag {
        object["metadata"]["labels"]["istio.io/tag"] = tag.into();
    }
    object
}

fn two_revisions() -> Api {
    Api::new()
        .with(&format!("{INJECTORS}/old"), injector("istio-sidecar-injector-1-30", "1-30", None))
        .with(&format!("{INJECTORS}/new"), injector("istio-sidecar-injector-1-31", "1-31", None))
}

fn set_tag(tag: &str) -> Act {
    act("promote", ActKind::SetTag { tag: tag.into(), revision: "1-31".into() })
}

#[tokio::test]
async fn a_new_tag_is_made_from_the_live_injector() {
    let api = two_revisions();
    let connection = api.connect(Door::new(false)).await;

    let first = perform(&connection, &set_tag("prod")).await.unwrap();
    let second = perform(&connection, &set_tag("prod")).await.unwrap();

    assert!(first.changed && !second.changed);
    assert_eq!(first.before, None, "there was none before");
    let made = api.object(&format!("{INJECTORS}/istio-revision-tag-prod")).unwrap();
    let labels = &made["metadata"]["labels"];
    assert_eq!(labels["istio.io/rev"], "1-31");
    assert_eq!(labels["istio.io/tag"], "prod");
    assert_eq!(labels.get("operator.istio.io/managed"), None, "no install may prune it");
    let webhooks = made["webhooks"].as_array().unwrap();
    let names: Vec<&str> = webhooks.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["rev.namespace.sidecar-injector.istio.io", "rev.object.sidecar-injector.istio.io"]
    );
    let namespaces = &webhooks[0]["namespaceSelector"]["matchExpressions"];
    assert_eq!(
        namespaces[0],
        json!({ "key": "istio.io/rev", "operator": "In", "values": ["prod"] })
    );
    assert_eq!(namespaces[2]["key"], "vendor.example/managed", "a vendor's requirement stays");
    assert_eq!(webhooks[1]["clientConfig"]["caBundle"], "ca-of-1-31");
}

#[tokio::test]
async fn the_default_tag_also_answers_the_legacy_label() {
    let api = two_revisions();
    let connection = api.connect(Door::new(false)).await;

    perform(&connection, &set_tag("default")).await.unwrap();

    let made = api.object(&format!("{INJECTORS}/istio-revision-tag-default")).unwrap();
    let names: Vec<&str> = made["webhooks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["name"].as_str()?.strip_suffix("sidecar-injector.istio.io"))
        .collect();
    assert_eq!(names, ["rev.namespace.", "rev.object.", "namespace.", "object."]);
}

#[tokio::test]
async fn a_tag_moves_and_goes_back_as_it_was() {
    let path = format!("{INJECTORS}/istio-revision-tag-prod");
    let old = injector("istio-revision-tag-prod", "1-30", Some("prod"));
    let api = two_revisions().with(&path, old.clone());
    let connection = api.connect(Door::new(false)).await;

    let set = set_tag("prod");
    let (object, before) = actuate::before(&connection, &set.kind).await.unwrap().unwrap();
    let moved = perform(&connection, &set).await.unwrap();
    assert!(moved.changed);
    assert_eq!(moved.object.as_ref(), Some(&object));
    assert_eq!(moved.before, before);
    let now = api.object(&path).unwrap();
    assert_eq!(now["metadata"]["labels"]["istio.io/rev"], "1-31");
    assert_eq!(now["webhooks"][0]["clientConfig"]["service"]["name"], "istiod-1-31");

    let left = Some("1-31".into());
    let back = act("restore", ActKind::Restore { object, manifest: before, left });
    assert!(perform(&connection, &back).await.unwrap().changed);
    assert!(!perform(&connection, &back).await.unwrap().changed, "it is back already");
    let restored = api.object(&path).unwrap();
    assert_eq!(restored["webhooks"], old["webhooks"]);
    assert_eq!(restored["metadata"]["labels"], old["metadata"]["labels"]);
    assert_eq!(restored["metadata"].get("annotations"), None, "no trace of ours is left");
}

#[tokio::test]
async fn a_tag_that_somebody_moved_meanwhile_stays_where_they_put_it() {
    let path = format!("{INJECTORS}/istio-revision-tag-prod");
    let api =
        two_revisions().with(&path, injector("istio-revision-tag-prod", "1-30", Some("prod")));
    let connection = api.connect(Door::new(false)).await;
    let theirs = path.clone();
    api.before_writes(move |objects| {
        objects.edit(&theirs, |tag| tag["metadata"]["labels"]["istio.io/rev"] = "1-29".into());
    });

    let error = perform(&connection, &set_tag("prod")).await.unwrap_err();

    assert_eq!(error.kind, ActErrorKind::Guard, "{error}");
    assert_eq!(api.object(&path).unwrap()["metadata"]["labels"]["istio.io/rev"], "1-29");
}

#[rstest]
#[case::moved_before(true, Some("1-29"))]
#[case::made_by_us(false, Some("1-29"))]
#[case::removed(true, None)]
#[tokio::test]
async fn a_tag_that_somebody_changed_after_us_is_not_put_back(
    #[case] stood: bool,
    #[case] theirs: Option<&str>,
) {
    let path = format!("{INJECTORS}/istio-revision-tag-prod");
    let old = injector("istio-revision-tag-prod", "1-30", Some("prod"));
    let api = if stood { two_revisions().with(&path, old) } else { two_revisions() };
    let connection = api.connect(Door::new(false)).await;
    let set = set_tag("prod");
    let (object, before) = actuate::before(&connection, &set.kind).await.unwrap().unwrap();
    perform(&connection, &set).await.unwrap();
    match theirs {
        // Our mark stays on it, as with a server-side apply of istioctl.
        Some(revision) => api.edit(&path, |tag| {
            tag["metadata"]["labels"]["istio.io/rev"] = revision.into();
        }),
        None => api.remove(&path),
    }

    let left = Some("1-31".into());
    let back = act("restore", ActKind::Restore { object, manifest: before, left });
    let error = perform(&connection, &back).await.unwrap_err();

    assert_eq!(error.kind, ActErrorKind::Guard, "{error}");
    let now = api.object(&path);
    let named = now.as_ref().and_then(|tag| tag["metadata"]["labels"]["istio.io/rev"].as_str());
    assert_eq!(named, theirs, "it stays as they put it");
}

#[tokio::test]
async fn the_way_back_removes_only_what_we_made() {
    let api = two_revisions();
    let connection = api.connect(Door::new(false)).await;
    let made = perform(&connection, &set_tag("prod")).await.unwrap();
    let object = made.object.unwrap();
    let path = format!("{INJECTORS}/istio-revision-tag-prod");

    let left = Some("1-31".into());
    let back = act("restore", ActKind::Restore { object, manifest: None, left });
    assert!(perform(&connection, &back).await.unwrap().changed);
    assert_eq!(api.object(&path), None);

    let api =
        two_revisions().with(&path, injector("istio-revision-tag-prod", "1-30", Some("prod")));
    let connection = api.connect(Door::new(false)).await;
    let error = perform(&connection, &back).await.unwrap_err();
    assert_eq!(error.kind, ActErrorKind::Guard, "{error}");
    assert!(api.object(&path).is_some(), "somebody else made this one");
}

#[tokio::test]
async fn the_default_validator_moves_with_its_rules() {
    let path = format!("{VALIDATORS}/istiod-default-validator");
    let old = json!({
        "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "istiod-default-validator", "labels": { "istio.io/rev": "1-30" } },
        "webhooks": [{
            "name": "validation.istio.io",
            "clientConfig": { "caBundle": "ca-of-1-30", "service": { "name": "istiod-1-30", "namespace": "istio-system", "path": "/validate" } },
            "failurePolicy": "Fail",
            "rules": [{ "apiGroups": ["networking.istio.io"] }],
        }],
    });
    let api = two_revisions().with(&path, old);
    let connection = api.connect(Door::new(false)).await;

    let set = act("promote", ActKind::SetDefaultValidator { revision: "1-31".into() });
    assert!(perform(&connection, &set).await.unwrap().changed);

    let now = api.object(&path).unwrap();
    let webhook = &now["webhooks"][0];
    assert_eq!(now["metadata"]["labels"]["istio.io/rev"], "1-31");
    assert_eq!(webhook["clientConfig"]["service"]["name"], "istiod-1-31");
    assert_eq!(webhook["clientConfig"]["service"]["path"], "/validate");
    assert_eq!(webhook["clientConfig"]["caBundle"], "ca-of-1-31");
    assert_eq!(webhook["failurePolicy"], "Fail", "istiod's own switch is left alone");
    assert_eq!(webhook["rules"][0]["apiGroups"][0], "networking.istio.io");
}

#[tokio::test]
async fn an_injector_is_switched_off_and_on_again() {
    let path = format!("{INJECTORS}/istio-sidecar-injector");
    let old = injector("istio-sidecar-injector", "default", None);
    let api = Api::new().with(&path, old.clone());
    let connection = api.connect(Door::new(false)).await;

    let name = "istio-sidecar-injector".into();
    let off = act("promote", ActKind::DeactivateInjector { name });
    let done = perform(&connection, &off).await.unwrap();
    let never = json!({ "matchLabels": { "istio.io/deactivated": "never-match" } });
    let now = api.object(&path).unwrap();
    assert_eq!(now["webhooks"][0]["namespaceSelector"], never);
    assert_eq!(now["webhooks"][0]["objectSelector"], never);

    let object = done.object.unwrap();
    let left = Some("default".into());
    let on = act("restore", ActKind::Restore { object, manifest: done.before, left });
    perform(&connection, &on).await.unwrap();
    assert_eq!(api.object(&path).unwrap()["webhooks"], old["webhooks"]);
}

#[tokio::test]
async fn a_deletion_names_one_object_and_no_other() {
    let path = "/api/v1/namespaces/istio-system/services/istiod-1-30";
    let service = json!({ "kind": "Service", "metadata": { "name": "istiod-1-30", "uid": "old" } });
    let api = Api::new().with(path, service);
    let connection = api.connect(Door::new(false)).await;
    let object = ObjectRef {
        api_version: "v1".into(),
        kind: "Service".into(),
        resource: "services".into(),
        namespace: Some("istio-system".into()),
        name: "istiod-1-30".into(),
    };
    let delete =
        |uid: &str| act("retire", ActKind::Delete { object: object.clone(), uid: uid.into() });

    let intent = IntentId::new("intent-1");
    actuate::dry_run(&connection, &intent, &delete("old"), "run-7").await.unwrap();
    assert_eq!(api.writes(), Vec::<String>::new(), "a dry run deletes nothing");
    let other = perform(&connection, &delete("another")).await.unwrap_err();
    assert_eq!(other.kind, ActErrorKind::Guard, "{other}");
    assert!(perform(&connection, &delete("old")).await.unwrap().changed);
    assert!(!perform(&connection, &delete("old")).await.unwrap().changed, "it is gone already");
    assert_eq!(api.writes(), [format!("DELETE {path}")]);
}

#[tokio::test]
async fn a_lease_is_deleted_when_its_istiod_has_let_it_go() {
    let path =
        "/apis/coordination.k8s.io/v1/namespaces/istio-system/leases/istio-gateway-deployment-1-30";
    let name = "istio-gateway-deployment-1-30";
    let lease = json!({
        "kind": "Lease",
        "metadata": { "name": name, "uid": "old" },
        "spec": { "holderIdentity": "istiod-1-30-abc", "leaseDurationSeconds": 30 },
    });
    let api = Api::new().with(path, lease);
    let connection = api.connect(Door::new(false)).await;
    let object = ObjectRef {
        api_version: "coordination.k8s.io/v1".into(),
        kind: "Lease".into(),
        resource: "leases".into(),
        namespace: Some("istio-system".into()),
        name: name.into(),
    };
    let delete = act("retire", ActKind::Delete { object, uid: "old".into() });

    let mut deleting = std::pin::pin!(perform(&connection, &delete));
    let soon = tokio::time::timeout(std::time::Duration::from_millis(500), &mut deleting).await;
    assert!(soon.is_err(), "istiod still stops: it would make its lease again");
    assert_eq!(api.writes(), Vec::<String>::new());

    api.edit(path, |lease| lease["spec"]["holderIdentity"] = "".into());
    assert!(deleting.await.unwrap().changed);
    assert_eq!(api.writes(), [format!("DELETE {path}")]);
}
