//! Folds a pod: its phase, its proxy, and the workload at the top of its owners as far as the pod
//! itself tells.

use meshlift_core::inventory::{
    Kind, Name, Pod, PodPhase, PodRef, PodTemplate, Proxy, ProxyPlacement, RESTARTED_BY,
    REVISION_LABEL, Role, WorkloadRef,
};
use serde::Deserialize;

use super::traits::{Template, TemplateMetadata};
use super::workload::{is_injected_gateway, pod_template};
use super::{Entry, Names, version_of};
use crate::wire::{self, Container, ContainerStatus, ObjectMeta};

/// A pod and what else is known of its owner.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::snapshot) struct HeldPod {
    pub(in crate::snapshot) pod: Pod,
    /// The ReplicaSet whose name was taken apart; the Deployment named after it may not exist.
    pub(in crate::snapshot) replica_set: Option<Name>,
    /// What the template of its owner must be like, where owners of that kind are not read.
    pub(in crate::snapshot) tells: Option<Box<Told>>,
}

/// What a pod tells of a workload that is known by its pods alone.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::snapshot) struct Told {
    pub(in crate::snapshot) role: Role,
    pub(in crate::snapshot) template: PodTemplate,
}

/// What a ReplicaSet says about its own owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::snapshot) enum ReplicaSetOwner {
    /// It has one, or is the top itself.
    Known(WorkloadRef),
    /// It could not be read.
    Unknown,
}

/// A pod.
pub(in crate::snapshot) fn pod(names: &Names, object: &wire::Pod) -> Entry {
    let wire::Pod { metadata, spec, status } = object;
    let (workload, replica_set) = owner(names, metadata);
    let ready = status.conditions.iter().any(|one| one.kind == "Ready" && one.status == "True");
    let statuses = || status.init_container_statuses.iter().chain(&status.container_statuses);
    let pod = Pod {
        reference: PodRef {
            namespace: names.share(&metadata.namespace),
            name: metadata.name.as_str().into(),
        },
        workload,
        phase: phase(&status.phase),
        ready,
        terminating: metadata.deletion_timestamp.is_some(),
        restarts: statuses().map(|one| u32::try_from(one.restart_count).unwrap_or(0)).sum(),
        waiting: statuses().find_map(trouble).map(|reason| names.share(reason)),
        created: metadata.creation_timestamp.map_or(0, |time| time.seconds),
        restarted_by: metadata.annotations.get(RESTARTED_BY).map(|value| names.share(value)),
        proxy: proxy(names, metadata, spec),
        uid: metadata.uid.as_str().into(),
    };
    let kind = pod.workload.as_ref().map(|workload| workload.kind);
    let tells = (pod.proxy.is_some() && kind.is_some_and(is_unread))
        .then(|| Box::new(told(names, metadata)));
    Entry::Pod(Box::new(HeldPod { pod, replica_set, tells }))
}

/// Whether workloads of a kind are told by their pods alone.
pub(in crate::snapshot) fn is_unread(kind: Kind) -> bool {
    match kind {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => false,
        Kind::ReplicaSet | Kind::Job | Kind::CronJob | Kind::Other => true,
    }
}

/// Injection leaves labels and annotations of the template on the pod; its containers are no longer
/// those of the template, and nothing is concluded from them.
fn told(names: &Names, metadata: &ObjectMeta) -> Told {
    let annotations = metadata.annotations.clone();
    let was_injected = annotations.contains_key("sidecar.istio.io/status");
    let metadata = TemplateMetadata { labels: metadata.labels.clone(), annotations };
    let template = Template { metadata, ..Template::default() };
    let role =
        if is_injected_gateway(&template) { Role::InjectedGateway } else { Role::Application };
    let template = PodTemplate {
        has_own_proxy: !was_injected,
        ..pod_template(names, Name::default(), template, role)
    };
    Told { role, template }
}

fn phase(phase: &str) -> PodPhase {
    match phase {
        "Running" => PodPhase::Running,
        "Succeeded" => PodPhase::Succeeded,
        "Failed" => PodPhase::Failed,
        "Pending" | "" => PodPhase::Pending,
        _ => PodPhase::Unknown,
    }
}

/// Why a container waits, unless it simply has not started yet.
fn trouble(status: &ContainerStatus) -> Option<&str> {
    let reason = status.state.as_ref()?.waiting.as_ref()?.reason.as_str();
    (!matches!(reason, "" | "ContainerCreating" | "PodInitializing")).then_some(reason)
}

const PROXY: &str = "istio-proxy";

fn proxy(names: &Names, metadata: &ObjectMeta, spec: &wire::PodSpec) -> Option<Proxy> {
    let called_proxy = |container: &&Container| container.name == PROXY;
    let native = |container: &&Container| container.restart_policy == "Always";
    let classic = spec.containers.iter().find(called_proxy);
    let (container, placement) = if let Some(container) = classic {
        (container, ProxyPlacement::Classic)
    } else {
        let container = spec.init_containers.iter().filter(called_proxy).find(native)?;
        (container, ProxyPlacement::Native)
    };
    Some(Proxy {
        image: names.share(&container.image),
        version: version_of(&container.image),
        revision: revision(metadata).map(|revision| names.share(&revision)),
        placement,
    })
}

/// The revision that injected it; pods of before 1.18 say it only in the status annotation.
fn revision(metadata: &ObjectMeta) -> Option<String> {
    #[derive(Deserialize)]
    struct Injected {
        revision: Option<String>,
    }
    if let Some(revision) = metadata.annotations.get(REVISION_LABEL) {
        return Some(revision.clone());
    }
    let status = metadata.annotations.get("sidecar.istio.io/status")?;
    serde_json::from_str::<Injected>(status).ok()?.revision
}

/// The workload that a pod's controller names, or that follows from the controller's name.
fn owner(names: &Names, metadata: &ObjectMeta) -> (Option<WorkloadRef>, Option<Name>) {
    let Some(controller) = metadata.controller() else { return (None, None) };
    let reference = |kind, name: &str| {
        Some(WorkloadRef {
            namespace: names.share(&metadata.namespace),
            kind,
            name: names.share(name),
        })
    };
    let name = controller.name.as_str();
    let kind = match controller.kind.as_str() {
        "ReplicaSet" => {
            let named_after = |label: &str| {
                let hash = metadata.labels.get(label)?;
                name.strip_suffix(hash.as_str())?.strip_suffix('-')
            };
            if let Some(rollout) = named_after("rollouts-pod-template-hash") {
                return (reference(Kind::Other, rollout), None);
            }
            let replica_set = names.share(name);
            return match named_after("pod-template-hash") {
                Some(deployment) => (reference(Kind::Deployment, deployment), Some(replica_set)),
                None => (reference(Kind::ReplicaSet, name), Some(replica_set)),
            };
        }
        "StatefulSet" => Kind::StatefulSet,
        "DaemonSet" => Kind::DaemonSet,
        "Job" => Kind::Job,
        _ => Kind::Other,
    };
    (reference(kind, name), None)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn folded(object: Value) -> HeldPod {
        let object: wire::Pod = serde_json::from_value(object).unwrap();
        let Entry::Pod(held) = pod(&Names::default(), &object) else { panic!("a pod is a pod") };
        *held
    }

    fn with_owner(kind: &str, name: &str, labels: &Value) -> Value {
        json!({"metadata": {
            "name": "p", "namespace": "shop", "uid": "1", "labels": labels,
            "ownerReferences": [{"kind": kind, "name": name, "controller": true}],
        }})
    }

    #[rstest]
    #[case::deployment("ReplicaSet", "cart-6d4f", json!({"pod-template-hash": "6d4f"}), Kind::Deployment, "cart")]
    #[case::dashes("ReplicaSet", "my-cart-6d4f", json!({"pod-template-hash": "6d4f"}), Kind::Deployment, "my-cart")]
    #[case::rollout("ReplicaSet", "cart-6d4f", json!({"rollouts-pod-template-hash": "6d4f"}), Kind::Other, "cart")]
    #[case::replica_set("ReplicaSet", "cart", json!({}), Kind::ReplicaSet, "cart")]
    #[case::stateful_set("StatefulSet", "db", json!({}), Kind::StatefulSet, "db")]
    #[case::daemon_set("DaemonSet", "agent", json!({}), Kind::DaemonSet, "agent")]
    #[case::job("Job", "nightly-1", json!({}), Kind::Job, "nightly-1")]
    #[case::other("StrimziPodSet", "kafka", json!({}), Kind::Other, "kafka")]
    fn finds_the_workload(
        #[case] owner: &str,
        #[case] name: &str,
        #[case] labels: Value,
        #[case] kind: Kind,
        #[case] expected: &str,
    ) {
        let held = folded(with_owner(owner, name, &labels));

        let workload = held.pod.workload.unwrap();
        assert_eq!((workload.kind, &*workload.name), (kind, expected));
    }

    #[test]
    fn a_bare_pod_has_no_workload() {
        let held = folded(json!({"metadata": {"name": "p", "namespace": "shop",
            "ownerReferences": [{"kind": "Node", "name": "n", "controller": false}]}}));

        assert_eq!(
            held.pod.workload, None,
            "an owner that does not control it is not its workload"
        );
    }

    #[rstest]
    #[case::classic(json!({"containers": [{"name": "app"}, {"name": "istio-proxy", "image": "i:1.30.5"}]}), Some(ProxyPlacement::Classic))]
    #[case::native(json!({"initContainers": [{"name": "istio-proxy", "image": "i:1.30.5", "restartPolicy": "Always"}]}), Some(ProxyPlacement::Native))]
    #[case::init_only(json!({"initContainers": [{"name": "istio-proxy", "image": "i:1.30.5"}]}), None)]
    #[case::none(json!({"containers": [{"name": "app"}]}), None)]
    fn finds_the_proxy(#[case] spec: Value, #[case] expected: Option<ProxyPlacement>) {
        let held = folded(json!({"metadata": {"name": "p"}, "spec": spec}));

        assert_eq!(held.pod.proxy.map(|proxy| proxy.placement), expected);
    }

    #[rstest]
    #[case::annotation(json!({"istio.io/rev": "1-30", "sidecar.istio.io/status": "{\"revision\":\"old\"}"}), Some("1-30"))]
    #[case::status(json!({"sidecar.istio.io/status": "{\"revision\":\"default\"}"}), Some("default"))]
    #[case::neither(json!({"sidecar.istio.io/status": "not json"}), None)]
    fn finds_the_revision(#[case] annotations: Value, #[case] expected: Option<&str>) {
        let held = folded(json!({"metadata": {"name": "p", "annotations": annotations},
            "spec": {"containers": [{"name": "istio-proxy", "image": "i:1.30.5"}]}}));

        assert_eq!(held.pod.proxy.unwrap().revision.as_deref(), expected);
    }

    #[test]
    fn tells_trouble_from_a_start() {
        let status = |reason: &str| {
            json!({
            "phase": "Pending", "containerStatuses": [
                {"restartCount": 2, "state": {"waiting": {"reason": "PodInitializing"}}},
                {"restartCount": 5, "state": {"waiting": {"reason": reason}}},
            ]})
        };

        let crashing = folded(json!({"metadata": {}, "status": status("CrashLoopBackOff")})).pod;
        let starting = folded(json!({"metadata": {}, "status": status("ContainerCreating")})).pod;

        assert_eq!(crashing.waiting.as_deref(), Some("CrashLoopBackOff"));
        assert_eq!(crashing.restarts, 7);
        assert_eq!(starting.waiting, None);
    }
}
