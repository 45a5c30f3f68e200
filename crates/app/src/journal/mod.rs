//! The journal of runs: `SQLite`, append-only, one writer.
//!
//! Entry point: [`Journal`]. Nothing reaches a cluster without an intent that was committed here
//! first: this module alone mints an [`IntentId`]. History, reports and the run view are reads of
//! it. Deliberately absent: what an event means (`meshlift_core::rollout::fold`).

mod error;
mod file;
mod records;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use meshlift_cluster::door::IntentId;
use meshlift_core::rollout::{Act, Event, ObjectRef, Plan};
use rusqlite::Connection;

pub use error::JournalError;
pub use records::{Acknowledged, Entry, NewRun, RunKey, RunRecord};

/// The journal. Clones share one connection, and so one writer.
#[derive(Debug, Clone)]
pub struct Journal {
    held: Arc<Mutex<Held>>,
}

/// The connection, and the lock that keeps a second process off the folder.
#[derive(Debug)]
struct Held {
    connection: Connection,
    /// Every run, newest first, once it was read. A recorded run never changes, and its plan is long.
    runs: Option<Vec<RunRecord>>,
    trip: Option<Trip>,
    _lock: std::fs::File,
}

/// Where the journal stops working, as if the computer had lost its power there. For tests of
/// recovery: they put it at every event in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trip {
    /// How many more entries are committed.
    pub entries: u32,
    /// Whether the last of them is acknowledged to its writer.
    pub acknowledged: bool,
}

impl Journal {
    /// Opens the journal of a data folder, and makes both if they are missing.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let (connection, lock) = file::open(folder)?;
        let held = Held { connection, runs: None, trip: None, _lock: lock };
        Ok(Self { held: Arc::new(Mutex::new(held)) })
    }

    /// Records a confirmed plan as a new run, together with its first event.
    pub async fn begin(&self, run: NewRun) -> Result<(RunRecord, Entry), JournalError> {
        self.blocking(move |held| records::begin(held, run)).await
    }

    /// Appends an event to a run.
    pub async fn append(
        &self,
        run: &RunKey,
        at: Timestamp,
        event: Event,
    ) -> Result<Entry, JournalError> {
        let run = run.clone();
        self.blocking(move |held| records::append(held, &run, at, event)).await
    }

    /// Appends an event before it returns, on the caller's own thread. For the one moment that can't
    /// wait: a child program has just started.
    pub fn append_at_once(
        &self,
        run: &RunKey,
        at: Timestamp,
        event: Event,
    ) -> Result<Entry, JournalError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        records::append(&mut held, run, at, event)
    }

    /// Records that an act is about to be done, and gives the id without which no write leaves.
    pub async fn intend(
        &self,
        run: &RunKey,
        at: Timestamp,
        act: Act,
        before: Option<(ObjectRef, Option<String>)>,
    ) -> Result<(Entry, IntentId), JournalError> {
        let (object, before) = before.unzip();
        let event = Event::Intent { act, object, before: before.flatten() };
        let entry = self.append(run, at, event).await?;
        let id = IntentId::new(format!("{run}/{}", entry.seq));
        Ok((entry, id))
    }

    /// Records a write that changes nothing of the mesh, such as a dry run or the lease, and gives
    /// its id. It may be used again for the same purpose.
    pub async fn probe(
        &self,
        run: Option<&RunKey>,
        at: Timestamp,
        purpose: &str,
    ) -> Result<IntentId, JournalError> {
        let (run, purpose) = (run.cloned(), purpose.to_owned());
        let row =
            self.blocking(move |held| records::probe(held, run.as_ref(), at, &purpose)).await?;
        Ok(IntentId::new(format!("probe/{row}")))
    }

    /// The number of this installation: made once, kept with the journal.
    pub async fn installation(&self) -> Result<String, JournalError> {
        self.blocking(|held| records::installation(held)).await
    }

    /// A run and its plan.
    pub async fn run(&self, run: &RunKey) -> Result<Option<RunRecord>, JournalError> {
        let run = run.clone();
        self.blocking(move |held| records::run(held, &run)).await
    }

    /// Every run, newest first.
    pub async fn runs(&self) -> Result<Vec<RunRecord>, JournalError> {
        self.blocking(records::runs).await
    }

    /// Runs that have no end, newest first: an actor drives them, or they were interrupted.
    pub async fn unfinished(&self) -> Result<Vec<RunRecord>, JournalError> {
        self.blocking(records::unfinished).await
    }

    /// The entries of a run after a sequence number, in order.
    pub async fn entries(&self, run: &RunKey, since: u32) -> Result<Vec<Entry>, JournalError> {
        let run = run.clone();
        self.blocking(move |held| records::entries(held, &run, since)).await
    }

    /// Makes the journal fail at a chosen place.
    pub fn trip(&self, trip: Trip) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).trip = Some(trip);
    }

    /// `SQLite` blocks, and a paused test clock must not run on while it works.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Held) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let held = self.held.clone();
        tokio::task::spawn_blocking(move || {
            work(&mut held.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
        .map_err(|_| JournalError::Stopped)?
    }
}

/// The digest by which a run and its plan are known.
pub(crate) fn digest_of(plan: &Plan) -> String {
    plan.digest()
}
