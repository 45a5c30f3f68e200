//! Keeps a session's ASM instance true, by asking.
//!
//! Entry point: [`InstanceReader`]. What it reads is joined with the data plane in the session's
//! state, so views and runs see one mesh.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use meshlift_cluster::instance::{Cloud, InstanceError};
use meshlift_core::asm::{Call, shows};
use meshlift_core::catalog::{Compatibility, LiveVersions};
use meshlift_core::inventory::{Instance, Snapshot};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::MeshState;
use crate::catalogue::Catalogues;
use crate::clock::Clock;
use crate::cloud::{Linked, instance_error};

/// Readings that a call may take to show, before it counts as not taken.
const READINGS_UNTIL_SHOWN: u32 = 6;

/// Reads one instance into the session's state. Clones read the same one.
#[derive(Debug, Clone)]
pub(crate) struct InstanceReader {
    linked: Linked,
    state: Arc<watch::Sender<MeshState>>,
    shelf: Shelf,
}

/// Where an open context's instance puts its versions.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    pub(super) context: String,
    pub(super) catalogues: Catalogues,
    pub(super) clock: Clock,
    /// Cancelled when the context is closed: then it offers nothing any more.
    pub(super) stop: CancellationToken,
}

impl Shelf {
    /// What could not be read says nothing: an earlier answer stays.
    fn put(&self, instance: &Instance) {
        let today = self.clock.now().to_zoned(TimeZone::UTC).date();
        if let Some(live) = versions(instance, today)
            && !self.stop.is_cancelled()
        {
            self.catalogues.use_live(&self.context, Some(live));
        }
    }
}

impl InstanceReader {
    pub(super) fn new(linked: Linked, state: Arc<watch::Sender<MeshState>>, shelf: Shelf) -> Self {
        Self { linked, state, shelf }
    }

    /// The way to the instance.
    pub(crate) fn cloud(&self) -> &Cloud {
        &self.linked.cloud
    }

    /// Reads the instance now, and publishes it.
    pub(crate) async fn read(&self) -> Result<Arc<Instance>, InstanceError> {
        match self.linked.cloud.read().await {
            Ok(instance) => {
                self.shelf.put(&instance);
                let instance = Arc::new(instance);
                let known = instance.clone();
                self.state.send_if_modified(|state| state.take_instance(known));
                Ok(instance)
            }
            Err(error) => {
                let why = instance_error(&error);
                self.state.send_if_modified(|state| state.miss_instance(why));
                Err(error)
            }
        }
    }

    /// Reads until a call shows; whether it did before it counts as not taken.
    pub(crate) async fn until_shown(&self, call: &Call) -> Result<bool, InstanceError> {
        for reading in 0..READINGS_UNTIL_SHOWN {
            if reading > 0 {
                sleep(self.linked.every).await;
            }
            let instance = self.read().await?;
            if self.shows(&instance, call) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what a call asks for is there or under way.
    pub(crate) fn shows(&self, instance: &Instance, call: &Call) -> bool {
        let snapshot = self.state.borrow().snapshot.clone();
        let nothing = Snapshot::default();
        shows(snapshot.as_deref().unwrap_or(&nothing), instance, call)
    }

    /// Reads now and then while somebody looks; once in any case.
    pub(super) async fn follow(
        self,
        mut interested: watch::Receiver<u32>,
        stop: CancellationToken,
    ) {
        loop {
            let started = Instant::now();
            tokio::select! {
                () = stop.cancelled() => return,
                read = self.read() => {
                    if let Err(error) = read {
                        tracing::info!(%error, "the ASM instance was not read");
                    }
                }
            }
            let pause = self.linked.every.saturating_sub(started.elapsed());
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause.max(Duration::from_millis(10))) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                looked_at = interested.wait_for(|count| *count > 0) => {
                    if looked_at.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// What an instance says of ASM's versions, if it says anything.
fn versions(instance: &Instance, asked: Date) -> Option<LiveVersions> {
    let listed: Vec<String> = instance.offered.iter().map(ToString::to_string).collect();
    let offered = instance.target.as_ref().map(ToString::to_string);
    let compatibility: Vec<Compatibility> = instance
        .fits
        .iter()
        .map(|fit| Compatibility { asm: fit.asm, first: fit.from, last: fit.until })
        .collect();
    if listed.is_empty() && offered.is_none() && compatibility.is_empty() {
        return None;
    }
    Some(LiveVersions { asked, listed, offered, compatibility, ..LiveVersions::default() })
}
