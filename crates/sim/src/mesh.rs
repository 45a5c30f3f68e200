//! The handle of a simulated mesh: a cluster, and the `istioctl` that belongs to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::DuplexStream;

use crate::build::Builder;
use crate::cluster::{Cluster, Pace, RequestLine};
use crate::demo;
use crate::faults::{Fault, On};
use crate::handle::SimCluster;
use crate::held::Held;
use crate::istioctl::{self, Exit};

/// A simulated mesh. Clones are the same mesh; it ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct SimMesh {
    cluster: SimCluster,
    program: Arc<Program>,
}

#[derive(Debug)]
struct Program {
    version: String,
    values: String,
}

impl SimMesh {
    /// The mesh that every new user sees first: Istio 1.30.5 as revision `1-30`, about forty
    /// workloads of all kinds, and an `istioctl` 1.31.1. The same seed gives the same mesh.
    pub fn demo(seed: u64) -> Self {
        demo::mesh(seed, Timestamp::now())
    }

    /// An empty cluster to build a mesh in.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn of(cluster: Cluster, istioctl: String, values: String) -> Self {
        let program = Arc::new(Program { version: istioctl, values });
        Self { cluster: SimCluster::of(cluster), program }
    }

    /// Opens a connection to the API server. Must be called within a tokio runtime.
    pub fn dial(&self) -> DuplexStream {
        self.cluster.dial()
    }

    /// Sets how quickly things happen from now on.
    pub fn pace(&self, pace: Pace) {
        self.cluster.pace(pace);
    }

    /// Version of the mesh's own `istioctl`.
    pub fn istioctl_version(&self) -> &str {
        &self.program.version
    }

    /// The values that the mesh was installed with, as the file for `istioctl install -f`.
    pub fn values(&self) -> &str {
        &self.program.values
    }

    /// Runs the mesh's own `istioctl` with these arguments: `version`, `manifest generate` or
    /// `install`. Dropping the future kills the program where it stands. `files` are texts by the
    /// names under which the arguments have them; any other file is read from the disk.
    pub async fn program(&self, args: &[String], files: BTreeMap<String, String>) -> Exit {
        self.cluster.start();
        istioctl::run(self.cluster.core(), &self.program.version, args, files).await
    }

    /// The same with an `istioctl` of another version.
    pub async fn program_at(&self, version: &str, args: &[String]) -> Exit {
        self.cluster.start();
        istioctl::run(self.cluster.core(), version, args, BTreeMap::new()).await
    }

    /// Lets something go wrong.
    pub fn fault(&self, fault: Fault) {
        self.cluster.fault(fault);
    }

    /// Holds the `nth` request, from 1, of those that `on` says: see [`SimCluster::hold`].
    pub fn hold(&self, on: On, nth: u32) -> Held {
        self.cluster.hold(on, nth)
    }

    /// Holds the next install right after it applied the object of this kind and name: the moment to
    /// kill it halfway.
    pub fn hold_install(&self, kind: &str, name: &str) -> Held {
        self.cluster.hold_install(kind, name)
    }

    /// Ends every fault. Pods that one held back start.
    pub fn heal(&self) {
        self.cluster.heal();
    }

    /// Every request so far, oldest first.
    pub fn requests(&self) -> Vec<RequestLine> {
        self.cluster.requests()
    }

    /// Forgets the requests so far, for a test that counts from here.
    pub fn forget_requests(&self) {
        self.cluster.forget_requests();
    }

    /// An object as it is now, past the API server: see [`SimCluster::object`].
    pub fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        self.cluster.object(resource, namespace, name)
    }

    /// All objects of a resource as they are now, past the API server.
    pub fn objects(&self, resource: &str) -> Vec<Value> {
        self.cluster.objects(resource)
    }

    /// Changes an object behind everybody's back: see [`SimCluster::meddle`].
    pub fn meddle(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> bool {
        self.cluster.meddle(resource, namespace, name, change)
    }

    /// Waits until no pod is on its way in or out.
    pub async fn settled(&self) {
        self.cluster.settled().await;
    }
}
