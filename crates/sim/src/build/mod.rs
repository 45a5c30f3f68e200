//! Building a mesh piece by piece: what the demo and every test start from.
//!
//! The pieces are made through the same API server, webhooks and controllers that run later, so
//! a built mesh is one that could have grown that way.

mod workload;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Pace};
use crate::istioctl::{self, Settings};
use crate::json;
use crate::mesh::SimMesh;
use crate::resources::id;
use crate::store::Key;
use crate::writes::Deletion;

pub use workload::Workload;

/// Builds a [`SimMesh`]. Pieces are made in the order of the calls.
pub struct Builder {
    seed: u64,
    at: Timestamp,
    age: SignedDuration,
    pace: Pace,
    istioctl: Option<String>,
    pieces: Vec<Piece>,
}

enum Piece {
    Kubernetes(String),
    ClusterUid(String),
    Nodes(u32),
    Install { version: String, values: String, set: Vec<String> },
    Retire(String),
    Namespace { name: String, labels: Vec<(String, String)> },
    Workload(Box<Workload>),
    Budget { namespace: String, name: String, app: String, min_available: i64 },
    Object(Value),
    Step(Box<dyn FnOnce(&mut Cluster) + Send>),
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            seed: 1,
            at: Timestamp::now(),
            age: SignedDuration::ZERO,
            pace: Pace::Instant,
            istioctl: None,
            pieces: vec![Piece::Nodes(3)],
        }
    }

    /// The seed of names, UIDs and delays.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What the mesh's clock shows at the beginning.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = at;
        self
    }

    /// How old everything is at the beginning.
    #[must_use]
    pub fn age(mut self, age: SignedDuration) -> Self {
        self.age = age;
        self
    }

    /// How quickly things happen once the mesh is built.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Git version of the API server, such as `v1.34.3`.
    #[must_use]
    pub fn kubernetes(self, version: &str) -> Self {
        self.with(Piece::Kubernetes(version.to_owned()))
    }

    /// UID of the kube-system namespace.
    #[must_use]
    pub fn cluster_uid(self, uid: &str) -> Self {
        self.with(Piece::ClusterUid(uid.to_owned()))
    }

    /// Adds nodes to the three that every cluster has.
    #[must_use]
    pub fn nodes(self, number: u32) -> Self {
        self.with(Piece::Nodes(number))
    }

    /// Runs `istioctl install` of a version with the text of a values file and `--set` pairs.
    /// Without `revision=` among them it is an install without a revision.
    #[must_use]
    pub fn install(self, version: &str, values: &str, set: &[&str]) -> Self {
        self.with(Piece::Install {
            version: version.to_owned(),
            values: values.to_owned(),
            set: set.iter().map(|&pair| pair.to_owned()).collect(),
        })
    }

    /// Removes every object of a revision but the base, as an earlier upgrade did at its end.
    #[must_use]
    pub fn retire(self, revision: &str) -> Self {
        self.with(Piece::Retire(revision.to_owned()))
    }

    /// Version of the mesh's own `istioctl`; that of the last install if it is not set.
    #[must_use]
    pub fn istioctl(mut self, version: &str) -> Self {
        self.istioctl = Some(version.to_owned());
        self
    }

    /// Makes a namespace with labels.
    #[must_use]
    pub fn namespace(self, name: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.with(Piece::Namespace { name: name.to_owned(), labels: labels.collect() })
    }

    /// Makes a workload; its namespace must be there.
    #[must_use]
    pub fn workload(self, workload: Workload) -> Self {
        self.with(Piece::Workload(Box::new(workload)))
    }

    /// Makes a `PodDisruptionBudget` over the pods labelled `app=<app>`.
    #[must_use]
    pub fn budget(self, namespace: &str, name: &str, app: &str, min_available: i64) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        self.with(Piece::Budget { namespace, name, app: app.to_owned(), min_available })
    }

    /// Makes any object, with kind and apiVersion.
    #[must_use]
    pub fn object(self, object: Value) -> Self {
        self.with(Piece::Object(object))
    }

    /// Makes namespaces `ns-000`… with the label, each with as many Deployments `app-000`… of as
    /// many replicas: 20 × 50 × 10 is a mesh of ten thousand pods.
    #[must_use]
    pub fn crowd(
        mut self,
        label: (&str, &str),
        namespaces: u32,
        deployments: u32,
        replicas: u32,
    ) -> Self {
        for namespace in 0..namespaces {
            let namespace = format!("ns-{namespace:03}");
            self = self.namespace(&namespace, &[label]);
            for deployment in 0..deployments {
                let name = format!("app-{deployment:03}");
                self = self.workload(Workload::deployment(&namespace, &name).replicas(replicas));
            }
        }
        self
    }

    /// The mesh, with every pod ready.
    ///
    /// # Panics
    /// When a piece is refused: a mistake of the caller, told in the API server's words.
    pub fn build(self) -> SimMesh {
        let (mut version, mut used) = (String::new(), String::new());
        for piece in &self.pieces {
            if let Piece::Install { version: installed, values, .. } = piece {
                version.clone_from(installed);
                used.clone_from(values);
            }
        }
        let istioctl = self.istioctl.clone().unwrap_or(version);
        SimMesh::of(self.cluster(), istioctl, used)
    }

    /// A cluster without the nodes that others have: nothing runs in it.
    pub(crate) fn without_nodes() -> Self {
        Self { pieces: Vec::new(), ..Self::new() }
    }

    /// Adds a step of the simulator's own.
    pub(crate) fn step(self, step: impl FnOnce(&mut Cluster) + Send + 'static) -> Self {
        self.with(Piece::Step(Box::new(step)))
    }

    /// The cluster alone, with every pod ready.
    pub(crate) fn cluster(self) -> Cluster {
        let mut cluster = Cluster::new(self.seed, self.at);
        cluster.clock.set_back(self.age);
        begin(&mut cluster);
        for piece in self.pieces {
            make(&mut cluster, piece);
            cluster.step();
            // Nobody watches yet, and the history of a large mesh is larger than the mesh.
            cluster.store.compact();
        }
        cluster.clock.set_back(SignedDuration::ZERO);
        cluster.pace = self.pace;
        cluster
    }

    fn with(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }
}

fn begin(cluster: &mut Cluster) {
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        object(
            cluster,
            json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name },
            }),
        );
    }
}

fn make(cluster: &mut Cluster, piece: Piece) {
    match piece {
        Piece::Kubernetes(version) => cluster.kubernetes = version,
        Piece::ClusterUid(uid) => {
            let key = Key::new(id::NAMESPACES, "", "kube-system");
            if let Some(system) = cluster.store.get(&key).cloned() {
                let mut system = Value::clone(&system);
                json::set(&mut system, &["metadata", "uid"], uid);
                cluster.store.put(key, system);
            }
        }
        Piece::Nodes(number) => nodes(cluster, number),
        Piece::Install { version, values, set } => install(cluster, &version, &values, &set),
        Piece::Retire(revision) => retire(cluster, &revision),
        Piece::Namespace { name, labels } => {
            let labels: serde_json::Map<String, Value> =
                labels.into_iter().map(|(key, value)| (key, json!(value))).collect();
            object(
                cluster,
                json!({
                    "apiVersion": "v1",
                    "kind": "Namespace",
                    "metadata": { "name": name, "labels": labels },
                }),
            );
        }
        Piece::Workload(workload) => workload.make(cluster),
        Piece::Budget { namespace, name, app, min_available } => object(
            cluster,
            json!({
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": { "namespace": namespace, "name": name },
                "spec": {
                    "minAvailable": min_available,
                    "selector": { "matchLabels": { "app": app } },
                },
            }),
        ),
        Piece::Object(given) => object(cluster, given),
        Piece::Step(step) => step(cluster),
    }
}

/// Creates an object as its own kind says.
#[expect(clippy::panic, reason = "a mesh that cannot be built is a mistake in the building code")]
fn object(cluster: &mut Cluster, object: Value) {
    let namespace = json::text(&object, &["metadata", "namespace"]).to_owned();
    let created = match cluster.registry.of_object(&object) {
        Some(resource) => cluster.create(&resource, &namespace, object, false).map(drop),
        None => panic!("no such kind: {object}"),
    };
    if let Err(refusal) = created {
        panic!("{}", refusal.message);
    }
}

#[expect(clippy::panic, reason = "a mesh that cannot be built is a mistake in the building code")]
fn install(cluster: &mut Cluster, version: &str, values: &str, set: &[String]) {
    let set: Vec<&str> = set.iter().map(String::as_str).collect();
    let installed = Settings::of_text(version, values, &set).and_then(|settings| {
        if cluster.namespace(&settings.namespace).is_none() {
            object(
                cluster,
                json!({
                    "apiVersion": "v1",
                    "kind": "Namespace",
                    "metadata": { "name": settings.namespace },
                }),
            );
        }
        istioctl::apply_now(cluster, &settings)
    });
    if let Err(why) = installed {
        panic!("istioctl install {version}: {why}");
    }
}

fn nodes(cluster: &mut Cluster, number: u32) {
    let kubelet = cluster.kubernetes.clone();
    let there = cluster.store.list(id::NODES, None).count();
    for place in 0..number {
        let name = format!("node-{}", there + place as usize + 1);
        object(
            cluster,
            json!({
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": { "name": name, "labels": { "kubernetes.io/hostname": name } },
                "spec": {},
            }),
        );
        // A node is made without a status; its kubelet tells it at once.
        let key = Key::new(id::NODES, "", &name);
        if let Some(node) = cluster.store.get(&key).cloned() {
            let mut node = Value::clone(&node);
            let status = json!({
                "conditions": [{ "type": "Ready", "status": "True" }],
                "nodeInfo": { "kubeletVersion": kubelet },
                "allocatable": { "cpu": "16", "memory": "64Gi", "pods": "110" },
            });
            json::set(&mut node, &["status"], status);
            cluster.store.put(key, node);
        }
    }
}

fn retire(cluster: &mut Cluster, revision: &str) {
    let resources: Vec<_> = cluster.registry.all().cloned().collect();
    for resource in resources.iter().filter(|resource| &*resource.id != id::PODS) {
        let keys: Vec<Key> = cluster
            .store
            .list(&resource.id, None)
            .filter(|(_, object)| {
                let component = json::label(object, "operator.istio.io/component");
                json::label(object, "istio.io/rev") == Some(revision)
                    && component.is_some_and(|component| component != "Base")
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            // Gone already is as good as deleted.
            drop(cluster.delete(resource, &key, &Deletion::default()));
        }
    }
}
