//! Asks the API server what a pod of a workload would come up as: a dry-run creation passes through
//! every webhook, quota and policy, and nothing is kept.
//!
//! Entry point: [`dry_run_pod`]. Deliberately absent: predicting it from selectors
//! (`meshlift-core::injection`), which needs no permission.

use meshlift_core::inventory::{Kind, Name, REVISION_LABEL, WorkloadRef};
use meshlift_core::rollout::Preflight;
use meshlift_core::version::MeshVersion;
use serde_json::{Value, json};

use crate::actuate::{objects, raw};
use crate::calls::CallError;
use crate::connection::Connection;
use crate::door::IntentId;

/// Name of the proxy's container.
const PROXY: &str = "istio-proxy";
/// Annotation in which the injector tells what it did.
const STATUS: &str = "sidecar.istio.io/status";
/// Image of a gateway's container before injection.
const TO_BE_INJECTED: &str = "auto";

/// What the API server would make of a new pod of a workload.
pub async fn dry_run_pod(
    connection: &Connection,
    intent: &IntentId,
    workload: &WorkloadRef,
) -> Preflight {
    let Some(object) = objects::workload(workload) else {
        return cannot_tell(format!("{workload} has no pod template"));
    };
    let live = match raw::find(connection, &objects::path(&object)).await {
        Ok(Some(live)) => live,
        Ok(None) => return cannot_tell(format!("{workload} is gone")),
        Err(error) => return cannot_tell(error.to_string()),
    };
    let Some(pod) = pod_of(workload, &live) else {
        return cannot_tell(format!("{workload} has no pod template"));
    };
    match raw::dry_run_pod(connection, intent, &workload.namespace, &pod).await {
        Ok(created) => judge(&created),
        // A quota or a policy refuses a pod in the same way as access rules do; only the server's
        // own words say which.
        Err(CallError::Forbidden { message, .. }) if !message.is_empty() => cannot_tell(message),
        Err(error) => cannot_tell(error.to_string()),
    }
}

/// The revision that injected a pod; none if none did.
pub(crate) fn injected_by(pod: &Value) -> Option<Name> {
    let status: Option<Value> =
        objects::annotation(pod, STATUS).and_then(|status| serde_json::from_str(status).ok());
    let told = status.as_ref().and_then(|status| status.get("revision")?.as_str());
    objects::annotation(pod, REVISION_LABEL).or(told).map(Into::into)
}

fn judge(pod: &Value) -> Preflight {
    let image = match proxy_image(pod) {
        None | Some(TO_BE_INJECTED) => return Preflight::NotInjected,
        Some(image) => image,
    };
    match injected_by(pod) {
        Some(revision) => {
            Preflight::Injected { revision, version: version_of(image), proven: true }
        }
        None => cannot_tell("its proxy does not say which revision injected it".to_owned()),
    }
}

fn proxy_image(pod: &Value) -> Option<&str> {
    let containers = ["/spec/containers", "/spec/initContainers"].into_iter();
    let mut containers = containers
        .filter_map(|path| pod.pointer(path)?.as_array())
        .flatten()
        .filter(|container| container.get("name").and_then(Value::as_str) == Some(PROXY));
    containers.next()?.get("image")?.as_str()
}

/// Version by an image's tag; none for a digest or an unknown tag.
fn version_of(image: &str) -> Option<MeshVersion> {
    let name = image.rsplit('/').next()?;
    let name = name.split('@').next()?;
    name.split_once(':')?.1.parse().ok()
}

/// A pod as the workload's controller would make it, as far as admission looks at it.
fn pod_of(workload: &WorkloadRef, live: &Value) -> Option<Value> {
    let template = match workload.kind {
        Kind::CronJob => live.pointer("/spec/jobTemplate/spec/template")?,
        Kind::Deployment
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::ReplicaSet
        | Kind::Job
        | Kind::Other => live.pointer("/spec/template")?,
    };
    let mut spec = template.get("spec")?.clone();
    if let Some(fields) = spec.as_object_mut() {
        // A pod with a node would be checked against that node alone.
        fields.shift_remove("nodeName");
    }
    if workload.kind == Kind::StatefulSet {
        add_claims(&mut spec, &workload.name, live);
    }
    let part = |name: &str| template.pointer(&format!("/metadata/{name}")).cloned();
    Some(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": format!("{}-", workload.name),
            "namespace": workload.namespace,
            "labels": part("labels").unwrap_or_else(|| json!({})),
            "annotations": part("annotations").unwrap_or_else(|| json!({})),
        },
        "spec": spec,
    }))
}

/// The volumes that a StatefulSet's controller puts in for its claims: without them the pod would
/// be refused for mounts that name no volume.
fn add_claims(spec: &mut Value, set: &str, live: &Value) {
    let templates = live.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    let names = templates.into_iter().flatten().filter_map(|claim| objects::meta(claim, "name"));
    let volumes: Vec<Value> = names
        .map(|name| {
            let claim = format!("{name}-{set}-0");
            json!({ "name": name, "persistentVolumeClaim": { "claimName": claim } })
        })
        .collect();
    let Some(fields) = spec.as_object_mut() else { return };
    let list = fields.entry("volumes").or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.extend(volumes);
    }
}

fn cannot_tell(why: String) -> Preflight {
    Preflight::CannotTell { why }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn injected(revision: &str, version: Option<&str>) -> Preflight {
        Preflight::Injected {
            revision: revision.into(),
            version: version.map(|version| version.parse().unwrap()),
            proven: true,
        }
    }

    #[rstest]
    #[case::classic(
        json!({
            "metadata": { "annotations": { "istio.io/rev": "1-31" } },
            "spec": { "containers": [{ "name": "app" }, { "name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.31.1" }] },
        }),
        injected("1-31", Some("1.31.1"))
    )]
    #[case::native(
        json!({
            "metadata": { "annotations": { "istio.io/rev": "default" } },
            "spec": { "containers": [], "initContainers": [{ "name": "istio-proxy", "image": "hub:5000/istio/proxyv2:1.30.5-distroless" }] },
        }),
        injected("default", Some("1.30.5-distroless"))
    )]
    #[case::only_the_status_tells(
        json!({
            "metadata": { "annotations": { "sidecar.istio.io/status": "{\"revision\":\"1-17\"}" } },
            "spec": { "containers": [{ "name": "istio-proxy", "image": "istio/proxyv2@sha256:0123" }] },
        }),
        injected("1-17", None)
    )]
    #[case::no_proxy(json!({ "spec": { "containers": [{ "name": "app" }] } }), Preflight::NotInjected)]
    #[case::gateway_that_nothing_injects(
        json!({ "spec": { "containers": [{ "name": "istio-proxy", "image": "auto" }] } }),
        Preflight::NotInjected
    )]
    fn reads_what_came_of_the_pod(#[case] pod: Value, #[case] expected: Preflight) {
        assert_eq!(judge(&pod), expected);
    }

    #[test]
    fn makes_the_pod_of_a_stateful_set_with_its_claims() {
        let live = json!({ "spec": {
            "template": {
                "metadata": { "labels": { "app": "ledger" } },
                "spec": { "nodeName": "n1", "containers": [{ "name": "ledger" }] },
            },
            "volumeClaimTemplates": [{ "metadata": { "name": "data" } }],
        } });
        let ledger = WorkloadRef {
            namespace: "shop".into(),
            kind: Kind::StatefulSet,
            name: "ledger".into(),
        };
        let pod = pod_of(&ledger, &live).unwrap();
        assert_eq!(pod["metadata"]["generateName"], "ledger-");
        assert_eq!(pod["metadata"]["labels"]["app"], "ledger");
        assert_eq!(pod["spec"].get("nodeName"), None, "no node is asked for");
        assert_eq!(
            pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"],
            "data-ledger-0"
        );
    }
}
