//! Small meshes for tests, made the way Istio's chart renders them.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::evidence::{MeshConfig, Node, ObjectName, Room};
use crate::inventory::{
    Budget, Cluster, ControlPlane, Evidence, Expression, INJECT_LABEL, INJECTION_LABEL, Injector,
    InjectorWebhook, Installer, Kind, Labels, Name, Namespace, Operator, Pod, PodPhase, PodRef,
    PodTemplate, Proxy, ProxyImage, ProxyPlacement, REVISION_LABEL, Role, Selector, Snapshot,
    Strategy, Validator, WebhookClient, Workload, WorkloadRef, WorkloadStatus,
};
use crate::rollout::{Asked, ConnectedProxy, Istiod, Istiods};

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

/// The injector of a revision, as the chart renders it.
pub(crate) fn revision_injector(revision: &str) -> Injector {
    let mut webhooks = by_revision(revision);
    if revision == "default" {
        webhooks.extend(by_default());
    }
    injector(&format!("istio-sidecar-injector-{revision}"), revision, None, webhooks)
}

/// The injector of a tag, as `istioctl tag set` renders it.
pub(crate) fn tag_injector(tag: &str, revision: &str) -> Injector {
    let mut webhooks = by_revision(tag);
    if tag == "default" {
        webhooks.extend(by_default());
    }
    injector(&format!("istio-revision-tag-{tag}"), revision, Some(tag), webhooks)
}

/// A ready control plane with its ConfigMap read.
pub(crate) fn control_plane(revision: &str, version: &str) -> ControlPlane {
    let deployment =
        if revision == "default" { "istiod".to_owned() } else { format!("istiod-{revision}") };
    ControlPlane {
        revision: revision.into(),
        namespace: "istio-system".into(),
        service: deployment.as_str().into(),
        uid: format!("uid-{deployment}").into(),
        deployment: deployment.into(),
        version: version.parse().ok(),
        image: format!("docker.io/istio/pilot:{version}").into(),
        replicas: 2,
        ready: 2,
        rolling: false,
        endpoints: Some(2),
        proxy: Some(ProxyImage {
            image: format!("docker.io/istio/proxyv2:{version}").into(),
            version: version.parse().ok(),
        }),
        installer: Installer::Istioctl,
        switches: BTreeMap::new(),
    }
}

/// A mesh on revision 1-30 with the tag `default`, no namespaces yet.
pub(crate) fn mesh() -> Snapshot {
    Snapshot {
        cluster: Cluster { uid: "cluster-1".into(), kubernetes: "v1.34.3".into() },
        injectors: vec![tag_injector("default", "1-30"), revision_injector("1-30")],
        validators: vec![Validator {
            name: "istiod-default-validator".into(),
            uid: "uid-validator".into(),
            revision: Some("1-30".into()),
            tag: None,
            services: vec!["istio-system/istiod-1-30".into()],
            fails_closed: false,
            ca_expires: None,
        }],
        control_planes: vec![control_plane("1-30", "1.30.5")],
        budgets: vec![Budget {
            namespace: "istio-system".into(),
            name: "istiod".into(),
            selector: Selector {
                match_labels: labels(&[("app", "istiod")]),
                ..Selector::default()
            },
            disruptions_allowed: 1,
        }],
        ..Snapshot::default()
    }
}

/// [`mesh`] with a Deployment in `shop` and with everything read that prechecks ask for: a mesh that
/// nothing speaks against.
pub(crate) fn healthy_mesh() -> Snapshot {
    let mut mesh = mesh();
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    deployment(&mut mesh, "shop", "cart", 3, Some(("1-30", "1.30.5")));
    mesh.evidence = Some(Evidence {
        mesh_configs: [("1-30".into(), MeshConfig::default())].into(),
        nodes: (1..=3).map(node).collect(),
        root_certificates: ["shop".into()].into(),
        server_clock: Some(1_795_500_000),
        local_clock: Some(1_795_500_000),
        room: Some(Room { fits: true, asked: 1, of: 3 }),
        ..Evidence::default()
    });
    mesh
}

/// A node that takes pods.
pub(crate) fn node(number: u32) -> Node {
    Node {
        name: format!("node-{number}").into(),
        kubelet: "v1.34.3".into(),
        schedulable: true,
        ready: true,
        pressure: BTreeSet::new(),
        cpu: Some(8_000),
        memory: Some(32 << 30),
    }
}

/// What was read for prechecks.
pub(crate) fn evidence(mesh: &mut Snapshot) -> &mut Evidence {
    mesh.evidence.get_or_insert_default()
}

/// The name of an object.
pub(crate) fn object(namespace: &str, name: &str) -> ObjectName {
    ObjectName { namespace: namespace.into(), name: name.into() }
}

/// [`mesh`] with the canary 1-31 beside it.
pub(crate) fn canary_mesh() -> Snapshot {
    let mut mesh = mesh();
    mesh.injectors.push(revision_injector("1-31"));
    mesh.control_planes.push(control_plane("1-31", "1.31.1"));
    mesh
}

/// Adds a namespace.
pub(crate) fn namespace(mesh: &mut Snapshot, name: &str, pairs: &[(&str, &str)]) {
    let namespace = Namespace {
        name: name.into(),
        uid: format!("uid-{name}").into(),
        labels: labels(pairs),
        terminating: false,
    };
    mesh.namespaces.insert(name.into(), namespace);
}

/// Adds a Deployment whose pods run this proxy: revision and version, or none.
pub(crate) fn deployment(
    mesh: &mut Snapshot,
    namespace: &str,
    name: &str,
    pods: u32,
    proxy: Option<(&str, &str)>,
) -> WorkloadRef {
    let reference =
        WorkloadRef { namespace: namespace.into(), kind: Kind::Deployment, name: name.into() };
    let workload = Workload {
        reference: reference.clone(),
        uid: format!("uid-{namespace}-{name}").into(),
        role: Role::Application,
        template: PodTemplate {
            labels: labels(&[("app", name)]),
            hash: format!("hash-{name}").into(),
            ..PodTemplate::default()
        },
        strategy: Strategy::Rolling { max_unavailable: 0, max_surge: 1 },
        paused: false,
        status: WorkloadStatus {
            generation: 1,
            observed_generation: 1,
            desired: pods,
            current: pods,
            updated: pods,
            ready: pods,
            available: pods,
            deadline_exceeded: false,
        },
    };
    mesh.workloads.insert(reference.clone(), workload);
    for number in 0..pods {
        let pod = pod(&reference, number, proxy);
        mesh.pods.insert(pod.reference.clone(), pod);
    }
    reference
}

/// One running pod of a workload.
pub(crate) fn pod(workload: &WorkloadRef, number: u32, proxy: Option<(&str, &str)>) -> Pod {
    let name: Name = format!("{}-{number}", workload.name).into();
    Pod {
        reference: PodRef { namespace: workload.namespace.clone(), name: name.clone() },
        uid: format!("uid-{name}").into(),
        workload: Some(workload.clone()),
        phase: PodPhase::Running,
        ready: true,
        terminating: false,
        restarts: 0,
        waiting: None,
        created: 0,
        restarted_by: None,
        proxy: proxy.map(|(revision, version)| Proxy {
            image: format!("docker.io/istio/proxyv2:{version}").into(),
            version: version.parse().ok(),
            revision: Some(revision.into()),
            placement: ProxyPlacement::Native,
        }),
    }
}

/// Istiods that see every proxy of their revision, in sync.
pub(crate) fn seeing_all(mesh: &Snapshot) -> Istiods {
    let sees = |revision: &Name| {
        let proxies = mesh.pods.values().filter_map(|pod| {
            let proxy = pod.proxy.as_ref().filter(|it| it.revision.as_ref() == Some(revision))?;
            let version = proxy.version.clone();
            Some((pod.reference.clone(), ConnectedProxy { version, synced: true, error: None }))
        });
        proxies.collect()
    };
    let istiods = mesh.control_planes.iter().map(|plane| {
        let istiod = Istiod {
            pod: PodRef { namespace: plane.namespace.clone(), name: plane.deployment.clone() },
            revision: plane.revision.clone(),
            version: plane.version.clone(),
            proxies: sees(&plane.revision),
        };
        (plane.revision.clone(), Asked::Answered(vec![istiod]))
    });
    istiods.collect()
}

fn injector(
    name: &str,
    revision: &str,
    tag: Option<&str>,
    mut webhooks: Vec<InjectorWebhook>,
) -> Injector {
    let service: Name = match (tag, revision) {
        (Some(tag), _) => format!("istiod-revision-tag-{tag}").into(),
        (None, "default") => "istiod".into(),
        (None, revision) => format!("istiod-{revision}").into(),
    };
    for webhook in &mut webhooks {
        let (namespace, name) = ("istio-system".into(), service.clone());
        webhook.client = WebhookClient::Service { namespace, name };
    }
    Injector {
        name: name.into(),
        uid: format!("uid-{name}").into(),
        revision: revision.into(),
        tag: tag.map(Into::into),
        webhooks,
        config: None,
    }
}

/// The two entries that every revision and every tag has.
fn by_revision(named: &str) -> Vec<InjectorWebhook> {
    let is_named = || expression(REVISION_LABEL, Operator::In, &[named]);
    vec![
        webhook("rev.namespace.", vec![is_named(), absent(INJECTION_LABEL)], vec![not_false()]),
        webhook(
            "rev.object.",
            vec![absent(REVISION_LABEL), absent(INJECTION_LABEL)],
            vec![not_false(), is_named()],
        ),
    ]
}

/// The two entries that only the default revision or the tag `default` has.
fn by_default() -> Vec<InjectorWebhook> {
    let enabled = expression(INJECTION_LABEL, Operator::In, &["enabled"]);
    let wanted = expression(INJECT_LABEL, Operator::In, &["true"]);
    vec![
        webhook("namespace.", vec![enabled], vec![not_false()]),
        webhook(
            "object.",
            vec![absent(INJECTION_LABEL), absent(REVISION_LABEL)],
            vec![wanted, absent(REVISION_LABEL)],
        ),
    ]
}

fn webhook(name: &str, namespace: Vec<Expression>, object: Vec<Expression>) -> InjectorWebhook {
    InjectorWebhook {
        name: format!("{name}sidecar-injector.istio.io").into(),
        namespace_selector: Selector { match_labels: Labels::new(), expressions: namespace },
        object_selector: Selector { match_labels: Labels::new(), expressions: object },
        client: WebhookClient::Service { namespace: "istio-system".into(), name: "istiod".into() },
        has_ca_bundle: true,
        ca_expires: None,
    }
}

fn expression(key: &str, operator: Operator, values: &[&str]) -> Expression {
    let values = values.iter().map(|value| (*value).into()).collect();
    Expression { key: key.into(), operator, values }
}

fn not_false() -> Expression {
    expression(INJECT_LABEL, Operator::NotIn, &["false"])
}

fn absent(key: &str) -> Expression {
    expression(key, Operator::DoesNotExist, &[])
}
