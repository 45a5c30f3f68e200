//! What a run takes note of: orders of the user, and work that is done.

use meshlift_core::rollout::{Act, ActId, Event};

use super::super::acts::{self, Acted};
use super::super::{Command, Order, RunError};
use super::{Actor, IDENTITY, Stop};

impl Actor {
    pub(super) async fn obey(&mut self, order: Order) -> Result<(), Stop> {
        let Order { command, accepted } = order;
        let event = match self.order_event(command) {
            Ok(event) => event,
            Err(refused) => {
                let _ = accepted.send(Err(refused));
                return Ok(());
            }
        };
        let aborts = matches!(event, Some(Event::AbortRequested { .. }));
        // Much may have happened while the run stood still.
        if matches!(event, Some(Event::Resumed { .. })) {
            self.basis_checked = false;
            self.identified = None;
        }
        if let Some(event) = event {
            self.record(event).await?;
        }
        if aborts {
            self.end_children();
        }
        let _ = accepted.send(Ok(()));
        Ok(())
    }

    pub(super) fn order_event(&self, command: Command) -> Result<Option<Event>, RunError> {
        let progress = &self.history.progress;
        let operator = self.shared.operator.clone();
        let number = self.record.number;
        Ok(match command {
            Command::Pause if progress.paused => None,
            Command::Pause => Some(Event::Paused { operator }),
            Command::Resume if !progress.paused => None,
            Command::Resume => Some(Event::Resumed { operator }),
            Command::Abort if progress.abort_requested => None,
            Command::Abort => Some(Event::AbortRequested { operator }),
            Command::Answer { question, answer } => {
                let open = progress.question.as_ref().filter(|open| open.id == question);
                let Some(open) = open else {
                    return Err(RunError::NoQuestion { number, question });
                };
                if !open.answers.contains(&answer) {
                    return Err(RunError::NoAnswer { number });
                }
                Some(Event::Answered { question, answer, operator })
            }
        })
    }

    pub(super) async fn settle(&mut self, acted: Acted) -> Result<(), Stop> {
        match acted {
            Acted::Performed { act, result } => {
                self.in_flight.remove(&act);
                self.inherited.remove(&act);
                let event = match result {
                    Ok(done) => Event::Done { act, changed: done.changed },
                    Err(failed) => {
                        Event::ActFailed { act, transient: failed.transient, why: failed.why }
                    }
                };
                self.record(event).await
            }
            Acted::Rehearsed { passed, failed } => self.rehearsed(passed, failed).await,
            Acted::Preflighted { workloads, result } => {
                for workload in workloads {
                    self.preflighting.remove(&workload);
                    let result = result.clone();
                    self.record(Event::Preflighted { workload, result }).await?;
                }
                Ok(())
            }
            Acted::WebhookAsked { revision, answers } => {
                self.asking.remove(&revision);
                if answers {
                    self.answering.insert(revision);
                }
                Ok(())
            }
            Acted::ChildGone { act } => {
                self.in_flight.remove(&act);
                self.inherited.remove(&act);
                Ok(())
            }
            Acted::Identified { uid, losses } => {
                self.asking.remove(IDENTITY);
                if uid.as_deref() == Ok(self.record.cluster_uid.as_str()) {
                    self.identified = Some(losses);
                } else {
                    self.hold_for_identity(uid);
                }
                Ok(())
            }
        }
    }

    /// An act that was refused counts as tried, so that it is waited with, or asked about.
    async fn rehearsed(
        &mut self,
        passed: Vec<ActId>,
        failed: Vec<(Act, acts::Failed)>,
    ) -> Result<(), Stop> {
        self.rehearsing = false;
        self.rehearsed.extend(passed);
        for (act, failed) in failed {
            let id = act.id.clone();
            self.record(Event::Intent { act, object: None, before: None }).await?;
            let acts::Failed { why, transient } = failed;
            self.record(Event::ActFailed { act: id, why, transient }).await?;
        }
        Ok(())
    }
}
