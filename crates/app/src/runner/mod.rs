//! Runs: one actor for each, which observes, asks the core what is next, journals the intent, acts,
//! journals the outcome and publishes.
//!
//! Entry points: [`Runs::start`] for a confirmed plan, [`Runs::resume`] for a run that the app's end
//! interrupted: the same loop, after a `Recovered` event. Deliberately absent: deciding anything
//! about the mesh (`meshlift_core::rollout`).

mod actor;
mod acts;
mod asm;
mod error;
mod history;
mod lease;
mod live;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use meshlift_cluster::connection::IdentityError;
use meshlift_cluster::door::Door;
use meshlift_cluster::programs::{self, Life};
use meshlift_core::rollout::{Answer, Event};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use error::{RunError, TwoClusters};
pub(crate) use history::History;
pub(crate) use lease::{operation_of, person};
pub(crate) use live::Live;

use crate::api::dto::AppEvent;
use crate::clock::Clock;
use crate::journal::{Journal, NewRun, RunKey, RunRecord};
use crate::session::Session;

/// Every run that an actor drives, and the way to the journal of the others.
#[derive(Clone)]
pub(crate) struct Runs {
    shared: Arc<Shared>,
}

/// What every actor needs.
pub(crate) struct Shared {
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) door: Door,
    pub(crate) operator: String,
    /// Who holds leases: the operator, and the number of this installation.
    pub(crate) holder: String,
    pub(crate) events: broadcast::Sender<AppEvent>,
    pub(crate) all: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) driven: Driven,
}

/// The actors, by the run that each drives.
pub(crate) type Driven = Mutex<BTreeMap<RunKey, Handle>>;

/// The way to an actor.
#[derive(Clone)]
pub(crate) struct Handle {
    context: String,
    orders: mpsc::Sender<Order>,
    live: watch::Receiver<Live>,
}

/// What a user may tell a run.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Finish what is in flight and start nothing.
    Pause,
    /// Go on.
    Resume,
    /// End.
    Abort,
    /// The answer to its question.
    Answer {
        /// The question.
        question: String,
        /// The answer.
        answer: Answer,
    },
}

/// A command and where its acceptance is awaited.
#[derive(Debug)]
pub(crate) struct Order {
    command: Command,
    accepted: oneshot::Sender<Result<(), RunError>>,
}

impl Runs {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// Records a confirmed plan as a run and drives it.
    pub(crate) async fn start(
        &self,
        new: NewRun,
        session: Arc<Session>,
    ) -> Result<RunKey, RunError> {
        let home = new.plan.cluster_uid.as_str();
        at_home(&session, None, &new.context, home, &new.server).await?;
        let lease = Box::pin(lease::take(&self.shared, &session, None)).await?;
        let begun = self.shared.journal.begin(new).await;
        let (record, first) = match begun {
            Ok(begun) => begun,
            Err(source) => {
                lease.release(&session).await;
                return Err(source.into());
            }
        };
        let key = record.key.clone();
        let history = History::of(std::slice::from_ref(&first));
        self.drive(record, history, session, Some(lease));
        Ok(key)
    }

    /// Takes up a run that was interrupted.
    pub(crate) async fn resume(
        &self,
        record: RunRecord,
        session: Arc<Session>,
    ) -> Result<(), RunError> {
        if self.live(&record.key).is_some() {
            return Err(RunError::State { number: record.number, what: "is in progress already" });
        }
        let (number, home) = (Some(record.number), record.cluster_uid.as_str());
        at_home(&session, number, &record.context, home, &record.server).await?;
        let mut history = self.history(&record.key).await?;
        if history.progress.outcome.is_some() {
            return Err(RunError::State { number: record.number, what: "is over" });
        }
        let recovered = Event::Recovered { operator: self.shared.operator.clone() };
        let lease = Box::pin(lease::take(&self.shared, &session, Some(&record.key))).await?;
        for event in [Some(recovered), self.unpaused(&history)].into_iter().flatten() {
            match self.append(&record.key, event).await {
                Ok(entry) => history.take(&entry),
                Err(error) => {
                    lease.release(&session).await;
                    return Err(error);
                }
            }
        }
        self.drive(record, history, session, Some(lease));
        Ok(())
    }

    /// Tells a driven run something, and waits until it is in the journal.
    pub(crate) async fn order(&self, record: &RunRecord, command: Command) -> Result<(), RunError> {
        let handle = self.handle(&record.key);
        let Some(handle) = handle else {
            return Err(RunError::State { number: record.number, what: "is not running" });
        };
        let (accepted, answer) = oneshot::channel();
        let gone = RunError::State { number: record.number, what: "has just ended" };
        if handle.orders.send(Order { command, accepted }).await.is_err() {
            return Err(gone);
        }
        answer.await.unwrap_or(Err(gone))
    }

    /// Ends a run that nobody drives, and the program that it left at work. What both did stays as
    /// it is.
    pub(crate) async fn abandon(&self, record: &RunRecord) -> Result<(), RunError> {
        let history = self.history(&record.key).await?;
        if history.progress.outcome.is_some() {
            return Err(RunError::State { number: record.number, what: "is over" });
        }
        let operator = self.shared.operator.clone();
        self.append(&record.key, Event::AbortRequested { operator }).await?;
        // A run that is over lets others begin: nothing of it may be at work any more.
        let left = actor::inherited(&record.key, &history);
        let ends = left.into_values().map(|(pid, started)| programs::end(pid, started));
        if join_all(ends).await.contains(&Life::Running) {
            let what = "has an istioctl at work that does not end: try again once it is gone";
            return Err(RunError::State { number: record.number, what });
        }
        let outcome = meshlift_core::rollout::Outcome::Aborted;
        self.append(&record.key, Event::Finished { outcome }).await?;
        Ok(())
    }

    /// What a run's actor does right now, if one drives it.
    pub(crate) fn live(&self, run: &RunKey) -> Option<watch::Receiver<Live>> {
        self.handle(run).map(|handle| handle.live)
    }

    /// The run that an actor drives on a context.
    pub(crate) fn driven_on(&self, context: &str) -> Option<RunKey> {
        let driven = self.shared.driven.lock().unwrap_or_else(PoisonError::into_inner);
        driven.iter().find(|(_, handle)| handle.context == context).map(|(key, _)| key.clone())
    }

    /// What a run's journal tells.
    pub(crate) async fn history(&self, run: &RunKey) -> Result<History, RunError> {
        let entries = self.shared.journal.entries(run, 0).await?;
        Ok(History::of(&entries))
    }

    fn handle(&self, run: &RunKey) -> Option<Handle> {
        let driven = self.shared.driven.lock().unwrap_or_else(PoisonError::into_inner);
        driven.get(run).filter(|handle| !handle.orders.is_closed()).cloned()
    }

    /// Taking a run up means going on with it, also when it had been paused.
    fn unpaused(&self, history: &History) -> Option<Event> {
        let operator = self.shared.operator.clone();
        history.progress.paused.then_some(Event::Resumed { operator })
    }

    async fn append(&self, run: &RunKey, event: Event) -> Result<crate::journal::Entry, RunError> {
        let at = self.shared.clock.now();
        Ok(self.shared.journal.append(run, at, event).await?)
    }

    fn drive(
        &self,
        record: RunRecord,
        history: History,
        session: Arc<Session>,
        lease: Option<lease::Held>,
    ) {
        let (orders, received) = mpsc::channel(8);
        let (publish, live) = watch::channel(Live::starting(&history));
        let key = record.key.clone();
        let handle = Handle { context: record.context.clone(), orders, live };
        self.shared
            .driven
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.clone(), handle);
        let shared = self.shared.clone();
        self.shared.tasks.spawn(async move {
            let actor = actor::Actor::new(shared.clone(), record, history, session, publish);
            Box::pin(actor.drive(received, lease)).await;
            shared.driven.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            // Nobody answers before the actor is off the list: what is shown next is the journal.
            let _ = shared.events.send(AppEvent::RunEnded { run_id: key.to_string() });
        });
    }
}

/// Whether the session still leads to the cluster of this UID: nothing is written to another one, not
/// even a lease.
async fn at_home(
    session: &Session,
    number: Option<u32>,
    context: &str,
    uid: &str,
    server: &str,
) -> Result<(), RunError> {
    let context = context.to_owned();
    session.connection.is_still(uid).await.map_err(|error| match error {
        IdentityError::Unread { source } => {
            RunError::Identify { context, source: Box::new(source) }
        }
        IdentityError::Other { expected, found } => RunError::OtherCluster(Box::new(TwoClusters {
            number,
            context,
            expected,
            server: server.to_owned(),
            found,
            found_server: session.connection.server().to_owned(),
        })),
    })
}
