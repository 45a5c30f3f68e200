use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn folded(kind: Kind, object: Value) -> HeldWorkload {
    let object: wire::Workload = serde_json::from_value(object).unwrap();
    let Some(Entry::Workload(held)) = workload(&Names::default(), kind, object) else {
        panic!("a workload is a workload")
    };
    *held
}

fn rolling(max_unavailable: u32, max_surge: u32) -> Strategy {
    Strategy::Rolling { max_unavailable, max_surge }
}

#[rstest]
#[case::defaults_of_ten(Kind::Deployment, json!({"replicas": 10}), rolling(2, 3))]
#[case::defaults_of_one(Kind::Deployment, json!({"replicas": 1}), rolling(0, 1))]
#[case::replicas_left_out(Kind::Deployment, json!({}), rolling(0, 1))]
#[case::rounded_apart(Kind::Deployment, json!({"replicas": 3, "strategy": {"type": "RollingUpdate",
    "rollingUpdate": {"maxUnavailable": "50%", "maxSurge": "50%"}}}), rolling(1, 2))]
#[case::both_none(Kind::Deployment, json!({"replicas": 3, "strategy": {"type": "RollingUpdate",
    "rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 0}}}), rolling(1, 0))]
#[case::recreate(Kind::Deployment, json!({"strategy": {"type": "Recreate"}}), Strategy::Recreate)]
#[case::one_by_one(Kind::StatefulSet, json!({"replicas": 5, "updateStrategy": {"type": "RollingUpdate",
    "rollingUpdate": {"partition": 0}}}), rolling(1, 0))]
#[case::partition(Kind::StatefulSet, json!({"updateStrategy": {"type": "RollingUpdate",
    "rollingUpdate": {"partition": 2}}}), Strategy::Partitioned { partition: 2 })]
#[case::by_hand(Kind::StatefulSet, json!({"updateStrategy": {"type": "OnDelete"}}), Strategy::OnDelete)]
#[case::node_by_node(Kind::DaemonSet, json!({"updateStrategy": {"type": "RollingUpdate"}}), rolling(1, 0))]
#[case::a_third_of_nodes(Kind::DaemonSet, json!({"updateStrategy": {"type": "RollingUpdate",
    "rollingUpdate": {"maxUnavailable": "30%"}}}), rolling(3, 0))]
#[case::surging(Kind::DaemonSet, json!({"updateStrategy": {"type": "RollingUpdate",
    "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "10%"}}}), rolling(0, 1))]
fn counts_what_a_restart_takes_down(
    #[case] kind: Kind,
    #[case] mut spec: Value,
    #[case] expected: Strategy,
) {
    spec["template"] = json!({});
    let object =
        json!({"metadata": {"name": "w"}, "spec": spec, "status": {"desiredNumberScheduled": 9}});

    assert_eq!(folded(kind, object).workload.strategy, expected, "{spec}");
}

#[rstest]
#[case::application(json!({}), json!({"spec": {"containers": [{"name": "app", "image": "a:1"}]}}), Role::Application)]
#[case::by_template(json!({}), json!({"metadata": {"annotations": {"inject.istio.io/templates": "gateway"}}}), Role::InjectedGateway)]
#[case::among_templates(json!({}), json!({"metadata": {"annotations": {"inject.istio.io/templates": "custom, gateway"}}}), Role::InjectedGateway)]
#[case::by_image(json!({}), json!({"spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}}), Role::InjectedGateway)]
#[case::sidecar_template(json!({}), json!({"metadata": {"annotations": {"inject.istio.io/templates": "sidecar"}}}), Role::Application)]
#[case::installed(json!({"operator.istio.io/component": "IngressGateways"}), json!({}), Role::InstalledGateway)]
#[case::installed_and_injected(json!({"operator.istio.io/component": "IngressGateways"}), json!({"spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}}), Role::InjectedGateway)]
#[case::managed(json!({"gateway.istio.io/managed": "istio.io-gateway-controller"}), json!({}), Role::ManagedGateway)]
#[case::istiod(json!({"app": "istiod", "operator.istio.io/component": "Pilot"}), json!({}), Role::ControlPlane)]
fn knows_what_it_is(#[case] labels: Value, #[case] template: Value, #[case] expected: Role) {
    let object =
        json!({"metadata": {"name": "w", "labels": labels}, "spec": {"template": template}});

    assert_eq!(folded(Kind::Deployment, object).workload.role, expected);
}

#[test]
fn reads_what_decides_about_injection() {
    let held = folded(
        Kind::Deployment,
        json!({
            "metadata": {"name": "w"},
            "spec": {"paused": true, "template": {
                "metadata": {"labels": {"app": "w"}, "annotations": {
                    "sidecar.istio.io/inject": "true", "sidecar.istio.io/proxyImage": "pinned:1",
                    "meshlift.dev/restarted-by": "run-1/wave-1",
                }},
                "spec": {"hostNetwork": true, "containers": [{"name": "istio-proxy", "image": "p:1.30.5"}]},
            }},
        }),
    );

    let template = &held.workload.template;
    assert!(held.workload.paused && template.host_network && template.has_own_proxy);
    assert_eq!(template.inject_annotation.as_deref(), Some("true"));
    assert_eq!(template.proxy_image.as_deref(), Some("pinned:1"));
    assert_eq!(template.restarted_by.as_deref(), Some("run-1/wave-1"));
    assert_eq!(template.labels.get("app").map(|value| &**value), Some("w"));
}

#[test]
fn a_deployment_that_gave_up_says_so() {
    let conditions =
        json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
    let held = folded(
        Kind::Deployment,
        json!({
            "metadata": {"name": "w", "generation": 2},
            "spec": {"replicas": 2, "template": {}},
            "status": {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "conditions": conditions},
        }),
    );

    assert!(held.workload.status.deadline_exceeded);
    assert_eq!((held.workload.status.desired, held.workload.status.current), (2, 3));
}
