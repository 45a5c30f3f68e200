//! What a mesh looks like to somebody who asks the API server and not the application.
//!
//! Entry points: [`crate::World::read`], and [`Reading`]'s questions.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::world::World;

/// Lists in which Istio keeps objects of a revision. CRDs are left out: they stay for good.
const REVISIONED: [&str; 13] = [
    "/apis/apps/v1/deployments",
    "/api/v1/services",
    "/api/v1/configmaps",
    "/api/v1/serviceaccounts",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/rbac.authorization.k8s.io/v1/roles",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "/apis/coordination.k8s.io/v1/leases",
];

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Namespaces that belong to the cluster and not to the mesh.
const SYSTEM: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "default"];

/// One reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Pods that are not on their way out, istiod's left out.
    pub pods: Vec<Pod>,
    /// Workloads, istiod's left out.
    pub workloads: Vec<Workload>,
    /// Control planes, in revision order.
    pub istiods: Vec<Istiod>,
    /// Labels of the mesh's namespaces.
    pub labels: BTreeMap<String, BTreeMap<String, String>>,
    /// Mutating webhook configurations, without what changes by itself.
    pub injectors: Vec<Value>,
    /// Validating webhook configurations, likewise.
    pub validators: Vec<Value>,
}

/// A pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Versions of its proxies, by image tag: one for a pod that was injected once.
    pub proxies: Vec<String>,
    /// The revision that injected it.
    pub revision: Option<String>,
    /// Whether it is ready.
    pub ready: bool,
}

/// A workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How often its spec was written: 1 for one that nobody touched.
    pub generation: i64,
    /// Which step of which run restarted it last.
    pub restarted_by: Option<String>,
    /// Whether all its pods are new and ready.
    pub complete: bool,
    /// Version in its first container's image, for a gateway that the install renders.
    pub version: Option<String>,
}

/// A control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Istiod {
    /// Its revision.
    pub revision: String,
    /// Its version, by image tag.
    pub version: String,
    /// How often its spec was written.
    pub generation: i64,
}

/// Reads the mesh.
pub(crate) async fn read(world: &World) -> Result<Reading> {
    let admission = "/apis/admissionregistration.k8s.io/v1";
    let mut workloads = Vec::new();
    let mut istiods = Vec::new();
    for (kind, path) in [
        ("Deployment", "deployments"),
        ("StatefulSet", "statefulsets"),
        ("DaemonSet", "daemonsets"),
    ] {
        for object in world.list(&format!("/apis/apps/v1/{path}")).await? {
            if object["metadata"]["labels"]["app"] == "istiod" {
                istiods.push(istiod(&object));
            } else {
                workloads.push(workload(kind, &object));
            }
        }
    }
    istiods.sort_by(|one, other| one.revision.cmp(&other.revision));
    let pods = world.list("/api/v1/pods").await?;
    let namespaces = world.list("/api/v1/namespaces").await?;
    Ok(Reading {
        pods: pods.iter().filter(|pod| is_counted(pod)).map(pod).collect(),
        workloads,
        istiods,
        labels: namespaces.iter().filter_map(labels).collect(),
        injectors: configurations(world, &format!("{admission}/mutatingwebhookconfigurations"))
            .await?,
        validators: configurations(world, &format!("{admission}/validatingwebhookconfigurations"))
            .await?,
    })
}

/// Everything that is of a revision, by label or by name, but CRDs and the rest of the base: revisions
/// share it, and it carries the label of the one that was installed last.
pub async fn left_of(world: &World, revision: &str) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for path in REVISIONED {
        for object in world.list(path).await? {
            let name = text(&object["metadata"]["name"]);
            let labels = &object["metadata"]["labels"];
            let labelled = labels["istio.io/rev"] == revision;
            if labels["operator.istio.io/component"] == "Base" {
                continue;
            }
            // The tag `default` and its validator have that word in their names for good; only of a
            // lease it tells the revision.
            let named = match revision {
                "default" => path.ends_with("/leases") && name.ends_with("-default"),
                revision => name.contains(&format!("-{revision}")),
            };
            if labelled || named {
                left.push(format!("{path}: {}/{name}", text(&object["metadata"]["namespace"])));
            }
        }
    }
    Ok(left)
}

/// Labels and annotations of what revisions share, CRDs and the rest of the base, by list and name.
pub async fn shared(world: &World) -> Result<BTreeMap<String, Value>> {
    let mut shared = BTreeMap::new();
    for path in REVISIONED.into_iter().chain([CRDS]) {
        for object in world.list(path).await? {
            let metadata = &object["metadata"];
            let is_crd = path == CRDS && text(&metadata["name"]).ends_with(".istio.io");
            if is_crd || metadata["labels"]["operator.istio.io/component"] == "Base" {
                let said = json!([metadata["labels"], metadata["annotations"]]);
                shared.insert(format!("{path}/{}", text(&metadata["name"])), said);
            }
        }
    }
    Ok(shared)
}

/// What Istio keeps for a revision, each without what changes by itself, in the order of kinds and names.
pub async fn objects_of(world: &World, revision: &str) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for path in REVISIONED {
        let mut objects = world.list(path).await?;
        objects.retain(|object| object["metadata"]["labels"]["istio.io/rev"] == revision);
        objects.iter_mut().for_each(without_history);
        objects.sort_by_key(|object| text(&object["metadata"]["name"]));
        found.extend(objects);
    }
    Ok(found)
}

/// UIDs of the Deployment and of the Service of this name, with their namespaces: one that is deleted
/// and made again is another one, and its load balancer may be too.
pub async fn standing(world: &World, name: &str) -> Result<Vec<String>> {
    let mut standing = Vec::new();
    for path in ["/apis/apps/v1/deployments", "/api/v1/services"] {
        let objects = world.list(path).await?;
        let mut named = objects.iter().map(|object| &object["metadata"]);
        let Some(metadata) = named.find(|metadata| metadata["name"] == name) else {
            bail!("{path}: no {name}")
        };
        let uid = metadata["uid"].as_str().with_context(|| format!("{path}: {name} has no UID"))?;
        standing.push(format!("{path}: {}/{name} {uid}", text(&metadata["namespace"])));
    }
    Ok(standing)
}

impl Reading {
    /// Pods with a proxy, gateways included.
    pub fn injected(&self) -> Vec<&Pod> {
        self.pods.iter().filter(|pod| !pod.proxies.is_empty()).collect()
    }

    /// Pods of a namespace.
    pub fn pods_of(&self, namespace: &str) -> Vec<&Pod> {
        self.pods.iter().filter(|pod| pod.namespace == namespace).collect()
    }

    /// Workloads of a namespace.
    pub fn workloads_of(&self, namespace: &str) -> Vec<&Workload> {
        self.workloads.iter().filter(|workload| workload.namespace == namespace).collect()
    }

    /// The revision that a tag names.
    pub fn tag(&self, tag: &str) -> Option<&str> {
        self.injectors
            .iter()
            .find(|injector| injector["metadata"]["labels"]["istio.io/tag"] == tag)
            .and_then(|injector| injector["metadata"]["labels"]["istio.io/rev"].as_str())
    }

    /// The control plane of a revision.
    pub fn istiod(&self, revision: &str) -> Option<&Istiod> {
        self.istiods.iter().find(|istiod| istiod.revision == revision)
    }
}

async fn configurations(world: &World, path: &str) -> Result<Vec<Value>> {
    let mut found = world.list(path).await?;
    found.iter_mut().for_each(without_history);
    found.sort_by_key(|one| text(&one["metadata"]["name"]));
    Ok(found)
}

/// Who wrote an object when, and how often, and how it fares, is not what it says.
fn without_history(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for key in ["managedFields", "resourceVersion", "generation", "creationTimestamp"] {
            metadata.remove(key);
        }
    }
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
}

fn is_counted(pod: &Value) -> bool {
    pod["metadata"]["deletionTimestamp"].is_null()
        && pod["metadata"]["labels"]["app"] != "istiod"
        && !SYSTEM.contains(&text(&pod["metadata"]["namespace"]).as_str())
}

fn pod(pod: &Value) -> Pod {
    let metadata = &pod["metadata"];
    let containers = ["containers", "initContainers"]
        .into_iter()
        .filter_map(|list| pod["spec"][list].as_array())
        .flatten();
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    Pod {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        proxies: containers
            .filter(|container| container["name"] == "istio-proxy")
            .map(|container| tag_of(&container["image"]))
            .collect(),
        revision: metadata["annotations"]["istio.io/rev"].as_str().map(str::to_owned),
        ready: conditions
            .into_iter()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True"),
    }
}

fn workload(kind: &str, object: &Value) -> Workload {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    let annotations = &spec["template"]["metadata"]["annotations"];
    let container = &spec["template"]["spec"]["containers"][0];
    Workload {
        namespace: text(&metadata["namespace"]),
        kind: kind.to_owned(),
        name: text(&metadata["name"]),
        generation: metadata["generation"].as_i64().unwrap_or_default(),
        restarted_by: annotations["meshlift.dev/restarted-by"].as_str().map(str::to_owned),
        complete: is_complete(kind, object),
        version: (container["name"] == "istio-proxy").then(|| tag_of(&container["image"])),
    }
}

/// By the rules of `kubectl rollout status`.
fn is_complete(kind: &str, object: &Value) -> bool {
    let status = &object["status"];
    let number = |key: &str| status[key].as_i64().unwrap_or_default();
    let seen =
        number("observedGeneration") >= object["metadata"]["generation"].as_i64().unwrap_or(1);
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    seen && match kind {
        "DaemonSet" => {
            let desired = number("desiredNumberScheduled");
            desired > 0
                && number("updatedNumberScheduled") == desired
                && number("numberAvailable") == desired
        }
        "StatefulSet" => {
            number("readyReplicas") == wanted
                && number("replicas") == wanted
                && status["updateRevision"] == status["currentRevision"]
        }
        _ => {
            number("updatedReplicas") == wanted
                && number("replicas") == wanted
                && number("availableReplicas") == wanted
        }
    }
}

fn istiod(object: &Value) -> Istiod {
    let metadata = &object["metadata"];
    Istiod {
        revision: metadata["labels"]["istio.io/rev"].as_str().unwrap_or("default").to_owned(),
        version: tag_of(&object["spec"]["template"]["spec"]["containers"][0]["image"]),
        generation: metadata["generation"].as_i64().unwrap_or_default(),
    }
}

fn labels(namespace: &Value) -> Option<(String, BTreeMap<String, String>)> {
    let name = text(&namespace["metadata"]["name"]);
    let labels = namespace["metadata"]["labels"].as_object().into_iter().flatten();
    let labels = labels.map(|(key, value)| (key.clone(), text(value))).collect();
    (!SYSTEM.contains(&name.as_str())).then_some((name, labels))
}

/// A variant (`-distroless`) is the same version.
fn tag_of(image: &Value) -> String {
    let image = text(image);
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    tag.split('-').next().unwrap_or_default().to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
