//! What a run's journal tells: how far it is, and when each part of it happened.
//!
//! Entry point: [`History`]. Pure: entries in, facts out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use meshlift_core::inventory::WorkloadRef;
use meshlift_core::rollout::{Event, Progress, StepId, fold};

use crate::journal::Entry;

/// The fold of a run's entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Where the run is.
    pub(crate) progress: Progress,
    /// Sequence number of the last entry.
    pub(crate) seq: u32,
    /// When each workload came through its gate.
    pub(crate) workload_done: BTreeMap<(StepId, WorkloadRef), Timestamp>,
    /// Questions asked so far.
    pub(crate) questions: u32,
    /// When the last entry was taken.
    pub(crate) latest: Option<Timestamp>,
    /// When the run ended.
    pub(crate) ended: Option<Timestamp>,
}

impl History {
    /// The fold of some entries.
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut history = Self::default();
        for entry in entries {
            history.take(entry);
        }
        history
    }

    /// Takes one more entry.
    pub(crate) fn take(&mut self, entry: &Entry) {
        fold(&mut self.progress, entry.at, &entry.event);
        self.seq = entry.seq;
        self.latest = Some(entry.at);
        match &entry.event {
            Event::WorkloadDone { step, workload } => {
                self.workload_done.insert((step.clone(), workload.clone()), entry.at);
            }
            Event::Asked { question: _ } => self.questions += 1,
            Event::Finished { outcome: _ } => self.ended = Some(entry.at),
            Event::Started { .. }
            | Event::Acknowledged { .. }
            | Event::Recovered { .. }
            | Event::StepStarted { .. }
            | Event::Preflighted { .. }
            | Event::Intent { .. }
            | Event::Child { .. }
            | Event::Done { .. }
            | Event::ActFailed { .. }
            | Event::StepPassed { .. }
            | Event::Answered { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::AbortRequested { .. }
            | Event::Traffic { .. } => {}
        }
    }
}
