//! The handle of one simulated Kubernetes cluster: its API server, its controllers, its time.

use std::sync::{Arc, Once};

use serde_json::Value;
use tokio::io::DuplexStream;
use tokio_util::sync::DropGuard;

use crate::api;
use crate::cluster::{Cluster, Core, Pace, RequestLine};
use crate::controllers;
use crate::faults::{Fault, Held, On};
use crate::store::Key;
use crate::writes::Update;

/// Bytes that a connection holds before its writer waits.
pub(crate) const PIPE: usize = 256 * 1024;

/// A simulated cluster. Clones are the same cluster; it ends when the last clone is dropped.
#[derive(Clone)]
pub struct SimCluster(Arc<Shared>);

struct Shared {
    core: Arc<Core>,
    started: Once,
    _end: DropGuard,
}

impl std::fmt::Debug for SimCluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimCluster").finish_non_exhaustive()
    }
}

impl SimCluster {
    pub(crate) fn of(cluster: Cluster) -> Self {
        let core = Arc::new(Core::new(cluster));
        let end = core.cancel.clone().drop_guard();
        Self(Arc::new(Shared { core, started: Once::new(), _end: end }))
    }

    /// Opens a connection to the API server. Must be called within a tokio runtime.
    pub fn dial(&self) -> DuplexStream {
        self.start();
        let (near, far) = tokio::io::duplex(PIPE);
        tokio::spawn(api::serve(self.0.core.clone(), far));
        near
    }

    /// Sets how quickly things happen from now on.
    pub fn pace(&self, pace: Pace) {
        self.0.core.with(|cluster| cluster.pace = pace);
    }

    /// Lets something go wrong.
    pub fn fault(&self, fault: Fault) {
        if matches!(fault, Fault::WatchesExpire) {
            self.0.core.with(|cluster| {
                cluster.store.compact();
                cluster.pages.clear();
            });
            self.0.core.expiries.send_modify(|count| *count += 1);
        }
        if matches!(fault, Fault::Restart) {
            self.0.core.restarts.send_modify(|count| *count += 1);
        }
        self.0.core.with(|cluster| cluster.faults.add(fault));
    }

    /// Holds the `nth` request, from 1, of those that `on` says, before it does anything: the
    /// moment to kill a client between two of its writes. Other requests go on.
    pub fn hold(&self, on: On, nth: u32) -> Held {
        self.0.core.with(|cluster| cluster.faults.hold(on, nth))
    }

    /// Ends every fault. Pods that one held back start.
    pub fn heal(&self) {
        self.0.core.with(|cluster| {
            cluster.faults.clear();
            controllers::release_held(cluster);
        });
    }

    /// Every request so far, oldest first.
    pub fn requests(&self) -> Vec<RequestLine> {
        self.0.core.with(|cluster| cluster.requests.clone())
    }

    /// Forgets the requests so far, for a test that counts from here.
    pub fn forget_requests(&self) {
        self.0.core.with(|cluster| cluster.requests.clear());
    }

    /// An object as it is now, past the API server. `resource` is the plural with its group, such
    /// as `pods` or `deployments.apps`; the namespace of a cluster-wide object is empty.
    pub fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = Key::new(resource, namespace, name);
        self.0.core.with(|cluster| cluster.store.get(&key).map(|object| Value::clone(object)))
    }

    /// All objects of a resource as they are now, past the API server.
    pub fn objects(&self, resource: &str) -> Vec<Value> {
        self.0.core.with(|cluster| {
            cluster.store.list(resource, None).map(|(_, object)| Value::clone(object)).collect()
        })
    }

    /// Changes an object behind everybody's back, as another operator would. Says whether it
    /// exists.
    pub fn meddle(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> bool {
        self.start();
        let key = Key::new(resource, namespace, name);
        self.0.core.with(|cluster| {
            let Some(kind) = cluster.registry.of_id(resource) else { return false };
            let changed = cluster.update(&kind, &key, Update::Patch, false, |current| {
                let mut object = current.clone();
                change(&mut object);
                Ok(object)
            });
            changed.is_ok()
        })
    }

    /// Waits until no pod is on its way in or out.
    pub async fn settled(&self) {
        self.start();
        let mut revisions = self.0.core.announcements();
        loop {
            revisions.borrow_and_update();
            let next = self.0.core.with(|cluster| {
                let next = cluster.step();
                if cluster.timers.pods_move() { next } else { None }
            });
            let Some(next) = next else { return };
            tokio::select! {
                _ = revisions.changed() => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    /// What is behind the handle.
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0.core
    }

    /// Starts the controllers, once.
    pub(crate) fn start(&self) {
        self.0.started.call_once(|| {
            tokio::spawn(run_controllers(self.0.core.clone()));
        });
    }
}

async fn run_controllers(core: Arc<Core>) {
    let mut revisions = core.announcements();
    loop {
        revisions.borrow_and_update();
        let next = core.with(Cluster::step);
        let timer = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = revisions.changed() => {}
            () = timer => {}
            () = core.cancel.cancelled() => return,
        }
    }
}
