//! What a run records, and what it shows of itself.

use std::sync::Arc;

use meshlift_core::rollout::{Event, Waiting};

use super::{Actor, Flow, Stop};
use crate::api::dto::{AppEvent, Phrase};
use crate::journal::Entry;
use crate::view;

impl Actor {
    pub(super) async fn again(&mut self, event: Event) -> Result<Flow, Stop> {
        self.record(event).await?;
        Ok(Flow::Again)
    }

    pub(super) async fn record(&mut self, event: Event) -> Result<(), Stop> {
        let now = self.shared.clock.now();
        let appended = self.shared.journal.append(&self.record.key, now, event).await;
        self.note(&appended.map_err(Stop::Journal)?);
        Ok(())
    }

    pub(super) fn note(&mut self, entry: &Entry) {
        self.history.take(entry);
        let history = Arc::new(self.history.clone());
        self.publish.send_modify(|live| live.history = history);
        if view::run::shows_everywhere(&entry.event) {
            self.announce();
        }
    }

    pub(super) fn announce(&self) {
        let live = self.publish.borrow().clone();
        let mesh = self.mesh.borrow();
        let sight = view::run::Sight {
            record: &self.record,
            history: &live.history,
            live: Some(&live),
            snapshot: mesh.snapshot.as_deref(),
            simulated: false,
            now: self.shared.clock.now(),
        };
        let _ = self.shared.events.send(AppEvent::RunChanged { run: view::run::summary(&sight) });
    }

    pub(super) fn show(&self, waiting: Option<Waiting>, hold: Option<Phrase>) {
        let changed = self.publish.send_if_modified(|live| {
            let changed = live.waiting != waiting || live.hold != hold;
            live.waiting = waiting;
            live.hold = hold;
            changed
        });
        if changed {
            self.announce();
        }
    }

    pub(super) fn hold(&self, why: Phrase) -> Flow {
        self.show(None, Some(why));
        Flow::Wait { until: None }
    }

    /// Waits for own work, with whatever is shown.
    pub(super) fn wait_quietly(&self) -> Flow {
        // Its own statement: the channel is locked as long as what was borrowed from it lives.
        let waiting = self.publish.borrow().waiting.clone();
        self.show(waiting, None);
        Flow::Wait { until: None }
    }

    /// Waits for own work and keeps saying what holds the run, if anything does.
    #[expect(clippy::unused_self, reason = "reads like its siblings")]
    pub(super) fn wait_held(&self) -> Flow {
        Flow::Wait { until: None }
    }
}
