//! Building an instance: what the demo and every test start from.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::core::Core;
use super::faults::Faults;
use super::instance::{
    Beside, Edition, Identity, InjectionPolicy, Instance, NothingNewer, RecordKeys,
};
use super::objects::NAMESPACE;
use super::version::Version;
use super::{SimAsm, dataplane, gateways, mesh_crds};
use crate::build::{Builder, Workload};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::cluster::{Cluster, Pace};
use crate::handle::SimCluster;

/// The region of every built instance.
const REGION: &str = "cn-hangzhou";

/// A gateway of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Its name; its Deployment has `istio-` before it.
    pub name: String,
    /// Its pods.
    pub replicas: u32,
}

impl Gateway {
    fn object(&self, cluster_id: &str) -> Value {
        let port = |name: &str, port: u32| json!({ "name": name, "port": port, "targetPort": port, "protocol": "TCP" });
        json!({
            "apiVersion": "istio.alibabacloud.com/v1beta1",
            "kind": "IstioGateway",
            "metadata": { "namespace": NAMESPACE, "name": self.name },
            "spec": {
                "gatewayType": "ingress",
                "clusterIds": [cluster_id],
                "ports": [port("http-0", 80), port("https-1", 443)],
                "replicaCount": self.replicas,
                "minReplicas": self.replicas,
                "maxReplicas": self.replicas,
                "serviceType": "LoadBalancer",
            },
            "status": {
                "Status": "Running",
                "GatewayAddress": [gateways::address(&self.name)],
                "ClusterIdGatewayAddressMap": [
                    { "ipAddress": gateways::address(&self.name), "clusterId": cluster_id },
                ],
            },
        })
    }
}

/// Builds a [`SimAsm`]. Pieces are made in the order of the calls.
pub struct AsmBuilder {
    seed: u64,
    at: Timestamp,
    age: SignedDuration,
    pace: Pace,
    name: String,
    edition: Edition,
    injection: InjectionPolicy,
    nothing_newer: NothingNewer,
    record_keys: RecordKeys,
    version: Version,
    offers: Vec<Version>,
    kubernetes: String,
    gateways: Vec<Gateway>,
    pieces: Vec<Piece>,
}

enum Piece {
    Namespace { name: String, labels: Vec<(String, String)> },
    Workload(Box<Workload>),
    Budget { namespace: String, name: String, app: String, min_available: i64 },
    Configuration(Value),
}

impl std::fmt::Debug for AsmBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsmBuilder").field("version", &self.version).finish_non_exhaustive()
    }
}

impl AsmBuilder {
    pub(super) fn new() -> Self {
        Self {
            seed: 1,
            at: Timestamp::now(),
            age: SignedDuration::ZERO,
            pace: Pace::Instant,
            name: "mesh".to_owned(),
            edition: Edition::Enterprise,
            injection: InjectionPolicy::ByLabel,
            nothing_newer: NothingNewer::SameVersion,
            record_keys: RecordKeys::WithNamespace,
            version: Version::new("v1.16.4.93-g0123456a-aliyun"),
            offers: Vec::new(),
            kubernetes: "v1.24.6-aliyun.1".to_owned(),
            gateways: Vec::new(),
            pieces: Vec::new(),
        }
    }

    /// The seed of names, ids and delays.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What every clock shows at the beginning.
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

    /// How quickly things happen once the instance is built.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// The instance's name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Its edition; Enterprise if it is not set.
    #[must_use]
    pub fn edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// Which namespaces get sidecars; those with a label if it is not set.
    #[must_use]
    pub fn injection(mut self, policy: InjectionPolicy) -> Self {
        self.injection = policy;
        self
    }

    /// What the upgrade target is when nothing newer exists; the same version if it is not set.
    #[must_use]
    pub fn nothing_newer(mut self, answer: NothingNewer) -> Self {
        self.nothing_newer = answer;
        self
    }

    /// How the upgrade status names gateways; with their namespace if it is not set.
    #[must_use]
    pub fn record_keys(mut self, keys: RecordKeys) -> Self {
        self.record_keys = keys;
        self
    }

    /// The version that runs, in ASM's whole spelling.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        self.version = Version::new(version);
        self
    }

    /// A version that the cloud offers, for an upgrade in place or for a canary.
    #[must_use]
    pub fn offer(mut self, version: &str) -> Self {
        self.offers.push(Version::new(version));
        self.offers.sort_by(Version::order);
        self
    }

    /// Git version of the data-plane cluster's API server, such as `v1.24.6-aliyun.1`.
    #[must_use]
    pub fn kubernetes(mut self, version: &str) -> Self {
        version.clone_into(&mut self.kubernetes);
        self
    }

    /// An ingress gateway of so many pods.
    #[must_use]
    pub fn gateway(mut self, name: &str, replicas: u32) -> Self {
        self.gateways.push(Gateway { name: name.to_owned(), replicas });
        self
    }

    /// A namespace with labels, on both sides.
    #[must_use]
    pub fn namespace(self, name: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.with(Piece::Namespace { name: name.to_owned(), labels: labels.collect() })
    }

    /// A workload of the data-plane cluster; its namespace must be there.
    #[must_use]
    pub fn workload(self, workload: Workload) -> Self {
        self.with(Piece::Workload(Box::new(workload)))
    }

    /// A `PodDisruptionBudget` over the pods labelled `app=<app>`.
    #[must_use]
    pub fn budget(self, namespace: &str, name: &str, app: &str, min_available: i64) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        self.with(Piece::Budget { namespace, name, app: app.to_owned(), min_available })
    }

    /// An object of the instance's own API server, with kind and apiVersion: a `VirtualService`
    /// and the like.
    #[must_use]
    pub fn configuration(self, object: Value) -> Self {
        self.with(Piece::Configuration(object))
    }

    /// The instance, with every pod ready.
    ///
    /// # Panics
    /// When a piece is refused: a mistake of the caller, told in the API server's words.
    pub fn build(self) -> SimAsm {
        let identity = self.identity();
        let (mut control, mut data) = self.clusters(&identity);
        let mut instance = self.instance(identity);
        data.clock.set_back(self.age);
        gateways::advance(&mut instance, &control, &mut data);
        dataplane::trust(&mut data);
        data.step();
        data.clock.set_back(SignedDuration::ZERO);
        for cluster in [&mut control, &mut data] {
            cluster.store.compact();
            cluster.pace = self.pace;
        }
        SimAsm::of(Core::new(instance, SimCluster::of(control), SimCluster::of(data)))
    }

    fn identity(&self) -> Identity {
        let mut chance = Chance::new(self.seed);
        let mut id = || format!("c{:016x}{:012x}", chance.next(), chance.next() >> 16);
        Identity {
            mesh_id: id(),
            name: self.name.clone(),
            region: REGION.to_owned(),
            edition: self.edition,
            injection: self.injection,
            created: self.at.saturating_sub(self.age).unwrap_or(self.at),
            cluster_id: id(),
            cluster_name: format!("{}-ack", self.name),
            kubernetes: self.kubernetes.clone(),
        }
    }

    fn clusters(&self, identity: &Identity) -> (Cluster, Cluster) {
        let begin = |empty: Builder, seed| {
            let empty = empty.seed(seed).at(self.at).age(self.age);
            empty.kubernetes(&self.kubernetes).namespace(NAMESPACE, &[])
        };
        let version = self.version.clone();
        let mut control = begin(Builder::without_nodes(), self.seed ^ 0xa5a5)
            .step(move |cluster| mesh_crds::install(cluster, &version));
        let (version, mesh) = (self.version.clone(), identity.clone());
        let mut data = begin(Builder::new(), self.seed)
            .step(move |cluster| dataplane::show(cluster, &mesh, &version, &Beside::Nothing));
        for gateway in &self.gateways {
            control = control.object(gateway.object(&identity.cluster_id));
        }
        for piece in &self.pieces {
            (control, data) = piece.make(control, data);
        }
        (control.cluster(), data.cluster())
    }

    fn instance(&self, identity: Identity) -> Instance {
        Instance {
            updated: identity.created,
            identity,
            version: self.version.clone(),
            beside: Beside::Nothing,
            work: None,
            failure: None,
            rolls: Vec::new(),
            next_roll: Instant::now(),
            offers: self.offers.clone(),
            nothing_newer: self.nothing_newer,
            record_keys: self.record_keys,
            log: VecDeque::new(),
            clock: Clock::new(self.at),
            pace: self.pace,
            chance: Chance::new(self.seed ^ 0x5a5a),
            faults: Faults::default(),
            nonces: HashMap::new(),
            calls: Vec::new(),
            signatures: Vec::new(),
            copies: BTreeMap::new(),
        }
    }

    fn with(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }
}

impl Piece {
    /// Adds the piece to the side that it belongs to.
    fn make(&self, control: Builder, data: Builder) -> (Builder, Builder) {
        match self {
            Self::Namespace { name, labels } => {
                let labels: Vec<(&str, &str)> =
                    labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                (control.namespace(name, &labels), data.namespace(name, &labels))
            }
            Self::Workload(workload) => (control, data.workload(Workload::clone(workload))),
            Self::Budget { namespace, name, app, min_available } => {
                (control, data.budget(namespace, name, app, *min_available))
            }
            Self::Configuration(object) => (control.object(object.clone()), data),
        }
    }
}
