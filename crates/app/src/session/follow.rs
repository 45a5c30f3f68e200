//! Keeps a session's reading true: the mesh by watches, its istiods and its lease by asking.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use meshlift_cluster::connection::Connection;
use meshlift_cluster::instance::InstanceError;
use meshlift_cluster::snapshot::{self, Reading};
use meshlift_cluster::{istiod, lease};
use meshlift_core::inventory::{ControlPlane, Name};
use meshlift_core::rollout::{Asked, Istiod};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::MeshState;
use crate::api::dto::{ConnectionState, ForeignRun};
use crate::clock::Clock;
use crate::cloud::Linked;
use crate::runner::{operation_of, person};

/// How often istiods are asked while somebody looks.
const ISTIODS_EVERY: Duration = Duration::from_secs(10);
/// How close two rounds of questions may be.
const ISTIODS_PAUSE: Duration = Duration::from_secs(1);
/// Time that the istiods of one revision get: more than being asked twice takes, which names the one
/// that is silent.
const ISTIODS_PATIENCE: Duration = Duration::from_secs(30);
/// How often the lease is looked at while somebody looks.
const LEASE_EVERY: Duration = Duration::from_secs(10);

/// Writes what it reads into the session's state.
#[derive(Clone)]
pub(super) struct Follower {
    pub(super) connection: Connection,
    /// The ASM instance whose API answers for its istiods.
    pub(super) linked: Option<Linked>,
    /// Under which name our own leases are held.
    pub(super) holder: String,
    pub(super) lease_watch: Arc<tokio::sync::Mutex<lease::Watch>>,
    pub(super) state: Arc<watch::Sender<MeshState>>,
    pub(super) clock: Clock,
    pub(super) stop: CancellationToken,
}

impl Follower {
    /// Follows the mesh until the session is closed.
    pub(super) async fn mesh(self, again: Arc<Notify>) {
        while !self.stop.is_cancelled() {
            let once = self.stop.child_token();
            let readings = snapshot::watch(self.connection.clone(), once.clone());
            tokio::select! {
                () = self.take_all(readings) => return,
                () = again.notified() => once.cancel(),
            }
            self.state.send_modify(|state| state.connection = ConnectionState::Reading);
        }
    }

    async fn take_all(&self, readings: impl Stream<Item = Reading>) {
        let mut readings = std::pin::pin!(readings);
        while let Some(reading) = readings.next().await {
            let now = self.clock.now();
            self.state.send_modify(|state| state.take(reading, now));
        }
    }

    /// Asks every ready istiod, now and then, while somebody looks.
    pub(super) async fn istiods(self, mut interested: watch::Receiver<u32>, again: Arc<Notify>) {
        loop {
            let looked_at = tokio::select! {
                () = self.stop.cancelled() => return,
                looked_at = interested.wait_for(|count| *count > 0) => looked_at.is_ok(),
            };
            if !looked_at {
                return;
            }
            let asked = Instant::now();
            self.ask_istiods().await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = again.notified() => sleep_until(asked + self.istiods_pause()).await,
                () = sleep_until(asked + ISTIODS_EVERY) => {}
            }
        }
    }

    /// ASM is asked no oftener than it is read.
    fn istiods_pause(&self) -> Duration {
        self.linked.as_ref().map_or(ISTIODS_PAUSE, |linked| linked.every.max(ISTIODS_PAUSE))
    }

    /// Looks at the lease, now and then, while somebody looks.
    pub(super) async fn lease(self, mut interested: watch::Receiver<u32>) {
        loop {
            let looked_at = tokio::select! {
                () = self.stop.cancelled() => return,
                looked_at = interested.wait_for(|count| *count > 0) => looked_at.is_ok(),
            };
            if !looked_at {
                return;
            }
            self.observe_lease().await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(LEASE_EVERY) => {}
            }
        }
    }

    async fn observe_lease(&self) {
        if self.state.borrow().current().is_none() {
            return;
        }
        let namespace = super::istio_namespace(&self.state.borrow());
        let seen = match lease::observe(&self.connection, &namespace).await {
            Ok(seen) => seen,
            Err(error) => {
                tracing::info!(%error, "the lease was not read");
                return;
            }
        };
        let free = self.lease_watch.lock().await.is_free(seen.as_ref(), std::time::Instant::now());
        let foreign = seen.and_then(|seen| {
            let holder = seen.holder.filter(|holder| *holder != self.holder)?;
            Some(ForeignRun {
                holder: person(&holder).to_owned(),
                step: Some(seen.marker.state.clone()).filter(|state| state.contains('/')),
                operation: operation_of(&seen.marker),
                may_take_over: free,
            })
        });
        self.state.send_if_modified(|state| {
            let changed = state.foreign != foreign;
            state.foreign = foreign;
            changed
        });
    }

    /// One round. What a control plane says is taken at once: one that is silent takes nothing away
    /// from the others and holds none of them back.
    async fn ask_istiods(&self) {
        let Some(snapshot) = self.state.borrow().current().cloned() else { return };
        let planes = &snapshot.control_planes;
        self.forget_istiods_but(planes);
        if let Some(linked) = &self.linked {
            tokio::select! {
                () = self.stop.cancelled() => {}
                told = linked.cloud.istiods(planes) => self.take_told(planes, &told),
            }
            return;
        }
        let answers = planes.iter().map(|plane| ask(&self.connection, plane));
        let mut answers = answers.collect::<FuturesUnordered<_>>();
        loop {
            let answer = tokio::select! {
                () = self.stop.cancelled() => return,
                answer = answers.next() => answer,
            };
            let Some((revision, answer)) = answer else { return };
            self.take_answer(revision, answer);
        }
    }

    /// Takes what ASM said of all its control planes, or why it did not.
    fn take_told(&self, planes: &[ControlPlane], told: &Result<Vec<Istiod>, InstanceError>) {
        for ControlPlane { revision, .. } in planes {
            let of_it = |istiod: &&Istiod| istiod.revision == *revision;
            let answer = match told {
                Ok(istiods) => Ok(istiods.iter().filter(of_it).cloned().collect()),
                Err(error) => Err(error.to_string()),
            };
            self.take_answer(revision.clone(), answer);
        }
    }

    fn take_answer(&self, revision: Name, answer: Result<Vec<Istiod>, String>) {
        let now = self.clock.now();
        self.state.send_modify(|state| {
            let istiods = Arc::make_mut(&mut state.istiods);
            let asked = Asked::after(istiods.get(&revision), answer, now);
            istiods.insert(revision, asked);
        });
    }

    fn forget_istiods_but(&self, planes: &[ControlPlane]) {
        let stays = |revision: &Name| planes.iter().any(|plane| plane.revision == *revision);
        self.state.send_if_modified(|state| {
            let some_went = !state.istiods.keys().all(stays);
            if some_went {
                Arc::make_mut(&mut state.istiods).retain(|revision, _| stays(revision));
            }
            some_went
        });
    }
}

/// What the replicas of one control plane said, or why they did not.
async fn ask(connection: &Connection, plane: &ControlPlane) -> (Name, Result<Vec<Istiod>, String>) {
    let answer = tokio::time::timeout(ISTIODS_PATIENCE, istiod::ask(connection, plane)).await;
    let answer = match answer {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} seconds", ISTIODS_PATIENCE.as_secs())),
    };
    (plane.revision.clone(), answer)
}

impl MeshState {
    fn take(&mut self, reading: Reading, now: Timestamp) {
        match reading {
            Reading::Page(snapshot) => {
                // A later partial reading must not take rows away that a whole one gave.
                if !self.complete {
                    self.take_cluster(snapshot);
                    self.connection = ConnectionState::Reading;
                }
            }
            Reading::Ready(snapshot) => {
                self.take_cluster(snapshot);
                self.complete = true;
                self.read_at = Some(now);
                self.connection = ConnectionState::Connected;
                self.problem = None;
            }
            Reading::Lost(error) => {
                self.connection = ConnectionState::Waiting;
                self.problem = Some((&error).into());
                self.losses += 1;
            }
        }
    }
}
