//! What the API server fills in when an object is created.

use serde_json::{Value, json};

use crate::json;

/// Fills in what is missing.
pub(crate) fn complete(kind: &str, object: &mut Value) {
    match kind {
        "Namespace" => namespace(object),
        "Pod" => pod_spec(object, &["spec"]),
        "Deployment" => deployment(object),
        "ReplicaSet" => absent(object, &["spec", "replicas"], json!(1)),
        "StatefulSet" => stateful_set(object),
        "DaemonSet" => daemon_set(object),
        "MutatingWebhookConfiguration" => webhooks(object, true),
        "ValidatingWebhookConfiguration" => webhooks(object, false),
        _ => {}
    }
}

fn namespace(object: &mut Value) {
    let name = json::text(object, &["metadata", "name"]).to_owned();
    json::set(object, &["metadata", "labels", "kubernetes.io/metadata.name"], name);
    absent(object, &["spec", "finalizers"], json!(["kubernetes"]));
    absent(object, &["status", "phase"], json!("Active"));
}

fn deployment(object: &mut Value) {
    absent(object, &["spec", "replicas"], json!(1));
    absent(object, &["spec", "strategy", "type"], json!("RollingUpdate"));
    if json::text(object, &["spec", "strategy", "type"]) == "RollingUpdate" {
        absent(object, &["spec", "strategy", "rollingUpdate", "maxUnavailable"], json!("25%"));
        absent(object, &["spec", "strategy", "rollingUpdate", "maxSurge"], json!("25%"));
    }
    absent(object, &["spec", "revisionHistoryLimit"], json!(10));
    absent(object, &["spec", "progressDeadlineSeconds"], json!(600));
    pod_spec(object, &["spec", "template", "spec"]);
}

fn stateful_set(object: &mut Value) {
    absent(object, &["spec", "replicas"], json!(1));
    absent(object, &["spec", "podManagementPolicy"], json!("OrderedReady"));
    absent(object, &["spec", "updateStrategy", "type"], json!("RollingUpdate"));
    if json::text(object, &["spec", "updateStrategy", "type"]) == "RollingUpdate" {
        absent(object, &["spec", "updateStrategy", "rollingUpdate", "partition"], json!(0));
    }
    absent(object, &["spec", "revisionHistoryLimit"], json!(10));
    pod_spec(object, &["spec", "template", "spec"]);
}

fn daemon_set(object: &mut Value) {
    absent(object, &["spec", "updateStrategy", "type"], json!("RollingUpdate"));
    if json::text(object, &["spec", "updateStrategy", "type"]) == "RollingUpdate" {
        absent(object, &["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], json!(1));
        absent(object, &["spec", "updateStrategy", "rollingUpdate", "maxSurge"], json!(0));
    }
    absent(object, &["spec", "revisionHistoryLimit"], json!(10));
    pod_spec(object, &["spec", "template", "spec"]);
}

fn pod_spec(object: &mut Value, path: &[&str]) {
    let with = |key| [path, &[key]].concat();
    absent(object, &with("restartPolicy"), json!("Always"));
    absent(object, &with("terminationGracePeriodSeconds"), json!(30));
    absent(object, &with("dnsPolicy"), json!("ClusterFirst"));
    absent(object, &with("schedulerName"), json!("default-scheduler"));
}

fn webhooks(object: &mut Value, mutating: bool) {
    let Some(webhooks) = json::list_mut(object, &["webhooks"]) else { return };
    for webhook in webhooks {
        absent(webhook, &["failurePolicy"], json!("Fail"));
        absent(webhook, &["matchPolicy"], json!("Equivalent"));
        absent(webhook, &["namespaceSelector"], json!({}));
        absent(webhook, &["objectSelector"], json!({}));
        absent(webhook, &["timeoutSeconds"], json!(10));
        if mutating {
            absent(webhook, &["reinvocationPolicy"], json!("Never"));
        }
        if json::get(webhook, &["clientConfig", "service"]).is_some() {
            absent(webhook, &["clientConfig", "service", "port"], json!(443));
        }
    }
}

fn absent(object: &mut Value, path: &[&str], default: Value) {
    if json::get(object, path).is_none_or(Value::is_null) {
        json::set(object, path, default);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_stays() {
        let mut object = json!({ "spec": { "replicas": 0, "strategy": { "type": "Recreate" } } });

        complete("Deployment", &mut object);

        assert_eq!(json::number(&object, &["spec", "replicas"]), 0, "zero is not missing");
        assert_eq!(json::get(&object, &["spec", "strategy", "rollingUpdate"]), None);
        assert_eq!(json::number(&object, &["spec", "progressDeadlineSeconds"]), 600);
    }
}
