//! Names and paths of the objects that acts write, and what of an object belongs to the server.
//!
//! Entry points: [`path`], [`manifest`].

use meshlift_core::inventory::{Kind, WorkloadRef};
use meshlift_core::rollout::ObjectRef;
use serde_json::Value;

/// Path of an object on the API server.
pub(crate) fn path(object: &ObjectRef) -> String {
    format!("{}/{}", collection(object), object.name)
}

/// Path of the list that an object stands in.
pub(crate) fn collection(object: &ObjectRef) -> String {
    let group = if object.api_version.contains('/') { "apis" } else { "api" };
    let version = &object.api_version;
    match &object.namespace {
        Some(namespace) => format!("/{group}/{version}/namespaces/{namespace}/{}", object.resource),
        None => format!("/{group}/{version}/{}", object.resource),
    }
}

/// A mutating webhook configuration.
pub(crate) fn injector(name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "admissionregistration.k8s.io/v1".into(),
        kind: "MutatingWebhookConfiguration".into(),
        resource: "mutatingwebhookconfigurations".into(),
        namespace: None,
        name: name.into(),
    }
}

/// A validating webhook configuration.
pub(crate) fn validator(name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "admissionregistration.k8s.io/v1".into(),
        kind: "ValidatingWebhookConfiguration".into(),
        resource: "validatingwebhookconfigurations".into(),
        namespace: None,
        name: name.into(),
    }
}

/// A Service.
pub(crate) fn service(namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".into(),
        kind: "Service".into(),
        resource: "services".into(),
        namespace: Some(namespace.into()),
        name: name.into(),
    }
}

/// A namespace.
pub(crate) fn namespace(name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".into(),
        kind: "Namespace".into(),
        resource: "namespaces".into(),
        namespace: None,
        name: name.into(),
    }
}

/// A workload that has a pod template; none for kinds that the app does not know.
pub(crate) fn workload(workload: &WorkloadRef) -> Option<ObjectRef> {
    let (api_version, resource) = match workload.kind {
        Kind::Deployment => ("apps/v1", "deployments"),
        Kind::StatefulSet => ("apps/v1", "statefulsets"),
        Kind::DaemonSet => ("apps/v1", "daemonsets"),
        Kind::ReplicaSet => ("apps/v1", "replicasets"),
        Kind::Job => ("batch/v1", "jobs"),
        Kind::CronJob => ("batch/v1", "cronjobs"),
        Kind::Other => return None,
    };
    Some(ObjectRef {
        api_version: api_version.into(),
        kind: workload.kind.to_string().into(),
        resource: resource.into(),
        namespace: Some(workload.namespace.clone()),
        name: workload.name.clone(),
    })
}

/// An object without what the server fills in: what may be written again, and what two readings of
/// it are compared by.
pub(crate) fn manifest(object: &Value) -> Value {
    let mut manifest = object.clone();
    if let Some(fields) = manifest.as_object_mut() {
        fields.shift_remove("status");
    }
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in SERVER_SIDE {
            metadata.shift_remove(*field);
        }
    }
    manifest
}

const SERVER_SIDE: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// A text in an object's metadata.
pub(crate) fn meta<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    object.get("metadata")?.get(field)?.as_str()
}

/// The value of a label.
pub(crate) fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(key)?.as_str()
}

/// The value of an annotation.
pub(crate) fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

/// The map under `metadata` of this name, made when it is missing.
pub(crate) fn meta_map<'a>(
    object: &'a mut Value,
    field: &str,
) -> Option<&'a mut serde_json::Map<String, Value>> {
    let map = serde_json::Map::new;
    let metadata = object.as_object_mut()?.entry("metadata").or_insert_with(|| map().into());
    metadata.as_object_mut()?.entry(field).or_insert_with(|| map().into()).as_object_mut()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_the_path_of_core_and_grouped_objects() {
        assert_eq!(
            path(&service("istio-system", "istiod")),
            "/api/v1/namespaces/istio-system/services/istiod"
        );
        assert_eq!(
            path(&injector("istio-revision-tag-default")),
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-revision-tag-default"
        );
    }

    #[test]
    fn takes_away_what_the_server_fills_in() {
        let read = json!({
            "metadata": {
                "name": "istiod", "uid": "u", "resourceVersion": "7", "generation": 2,
                "managedFields": [], "labels": { "app": "istiod" },
            },
            "spec": { "replicas": 1 },
            "status": { "replicas": 1 },
        });
        let expected = json!({
            "metadata": { "name": "istiod", "labels": { "app": "istiod" } },
            "spec": { "replicas": 1 },
        });
        assert_eq!(manifest(&read), expected);
    }
}
