//! The loop of one run.
//!
//! Entry point: [`Actor::drive`]. Everything that can happen arrives as one [`Happening`] and is
//! taken by one match. Between two of them the core is asked what is next, until it says to wait.

mod look;
mod publish;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{BoxStream, Fuse};
use jiff::Timestamp;
use meshlift_cluster::traffic;
use meshlift_core::inventory::{Name, WorkloadRef};
use meshlift_core::rollout::{ActId, ActKind, Event, TrafficNews};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::acts::{self, Acted};
use super::lease::{Held, Keeper};
use super::{History, Live, Order, Shared};
use crate::journal::{Entry, JournalError, RunKey, RunRecord};
use crate::session::{Interest, MeshState, Session};

/// The loop looks again after this long, even if nothing happened.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Pause before a webhook that did not answer is asked again.
const WEBHOOK_AGAIN: Duration = Duration::from_secs(2);
/// Pause before a child program of an earlier life is looked at again.
const CHILD_AGAIN: Duration = Duration::from_secs(1);
/// Pause before a cluster is identified again.
const IDENTIFY_AGAIN: Duration = Duration::from_secs(15);

/// Drives one run.
pub(super) struct Actor {
    shared: Arc<Shared>,
    record: RunRecord,
    history: History,
    session: Arc<Session>,
    mesh: watch::Receiver<MeshState>,
    publish: watch::Sender<Live>,
    in_flight: BTreeSet<ActId>,
    preflighting: BTreeSet<WorkloadRef>,
    answering: BTreeSet<Name>,
    asking: BTreeSet<Name>,
    /// Acts that the server would take.
    rehearsed: BTreeSet<ActId>,
    rehearsing: bool,
    basis_checked: bool,
    /// Losses of the connection that were taken note of.
    losses: u64,
    /// Losses of the connection up to which the cluster was identified.
    identified: Option<u64>,
    inherited: BTreeMap<ActId, (u32, u64)>,
    doing: JoinSet<Acted>,
    children: (mpsc::UnboundedSender<Entry>, mpsc::UnboundedReceiver<Entry>),
    traffic: Fuse<BoxStream<'static, TrafficNews>>,
    _interest: Interest,
}

/// Something that a run has to take note of.
enum Happening {
    /// The user said something.
    Ordered(Order),
    /// The mesh, or the connection to it, changed.
    MeshChanged,
    /// A piece of work is done.
    Acted(Acted),
    /// A child program was started and journaled.
    Child(Entry),
    /// A traffic rule changed.
    Traffic(TrafficNews),
    /// The lease was renewed, lost or taken again.
    LeaseChanged,
    /// It is time to look again.
    Due,
    /// The app is closing.
    Closing,
}

/// What follows from one look.
enum Flow {
    /// Something was recorded: look again at once.
    Again,
    /// Nothing to do before something happens.
    Wait { until: Option<Timestamp> },
    /// The run is over.
    Over,
}

/// Why an actor stops before its run is over. The run stays as its journal says.
enum Stop {
    /// The app is closing.
    Closing,
    /// Nothing can be recorded any more, so nothing may be done.
    Journal(JournalError),
}

impl Actor {
    pub(super) fn new(
        shared: Arc<Shared>,
        record: RunRecord,
        history: History,
        session: Arc<Session>,
        publish: watch::Sender<Live>,
    ) -> Self {
        let inherited = inherited(&record.key, &history);
        let since = history.latest.unwrap_or(record.started);
        let traffic = traffic::watch(&session.connection, since).fuse();
        Self {
            mesh: session.state(),
            _interest: session.interest(),
            shared,
            record,
            history,
            session,
            publish,
            in_flight: inherited.keys().cloned().collect(),
            inherited,
            preflighting: BTreeSet::new(),
            answering: BTreeSet::new(),
            asking: BTreeSet::new(),
            rehearsed: BTreeSet::new(),
            rehearsing: false,
            basis_checked: false,
            losses: 0,
            identified: None,
            doing: JoinSet::new(),
            children: mpsc::unbounded_channel(),
            traffic,
        }
    }

    /// Drives the run until it is over, or until the app is.
    pub(super) async fn drive(mut self, mut orders: mpsc::Receiver<Order>, lease: Option<Held>) {
        let mut keeper = Keeper::start(&self.shared, &self.session, &self.record, lease);
        self.announce();
        let stopped = self.turn(&mut orders, &mut keeper).await;
        orders.close();
        self.doing.shutdown().await;
        if let Err(Stop::Journal(error)) = &stopped {
            tracing::error!(run = %self.record.key, %error, "a run stopped: nothing can be recorded");
        }
        keeper.release().await;
    }

    async fn turn(
        &mut self,
        orders: &mut mpsc::Receiver<Order>,
        keeper: &mut Keeper,
    ) -> Result<(), Stop> {
        self.adopt_children();
        loop {
            keeper.at(self.place());
            let until = match self.look(keeper).await? {
                Flow::Again => continue,
                Flow::Over => return Ok(()),
                Flow::Wait { until } => until,
            };
            let happening = self.happening(orders, keeper, until).await;
            self.take(happening).await?;
        }
    }

    /// The step that is under way and the number of steps, `2/5`.
    fn place(&self) -> String {
        let steps = self.record.plan.steps.len();
        let passed = self.history.progress.passed.len();
        format!("{}/{steps}", (passed + 1).min(steps))
    }

    async fn happening(
        &mut self,
        orders: &mut mpsc::Receiver<Order>,
        keeper: &mut Keeper,
        until: Option<Timestamp>,
    ) -> Happening {
        let pause = until.map_or(LOOK_AGAIN, |until| self.pause_until(until));
        tokio::select! {
            biased;
            () = self.shared.all.cancelled() => Happening::Closing,
            Some(order) = orders.recv() => Happening::Ordered(order),
            Some(entry) = self.children.1.recv() => Happening::Child(entry),
            Some(done) = self.doing.join_next() => match done {
                Ok(acted) => Happening::Acted(acted),
                Err(error) => {
                    tracing::error!(run = %self.record.key, %error, "a piece of work broke off");
                    Happening::Closing
                }
            },
            changed = self.mesh.changed() => match changed {
                Ok(()) => Happening::MeshChanged,
                Err(_) => Happening::Closing,
            },
            Some(news) = self.traffic.next() => Happening::Traffic(news),
            () = keeper.changed() => Happening::LeaseChanged,
            () = tokio::time::sleep(pause) => Happening::Due,
        }
    }

    fn pause_until(&self, until: Timestamp) -> Duration {
        let left = until.duration_since(self.shared.clock.now());
        Duration::try_from(left).unwrap_or_default().clamp(Duration::from_millis(10), LOOK_AGAIN)
    }

    async fn take(&mut self, happening: Happening) -> Result<(), Stop> {
        match happening {
            Happening::Ordered(order) => self.obey(order).await,
            Happening::Acted(acted) => self.settle(acted).await,
            Happening::Child(entry) => {
                self.note(&entry);
                Ok(())
            }
            Happening::Traffic(news) => self.record(Event::Traffic { news }).await,
            Happening::MeshChanged | Happening::LeaseChanged | Happening::Due => Ok(()),
            Happening::Closing => Err(Stop::Closing),
        }
    }

    fn tools(&self) -> acts::Tools {
        acts::Tools {
            session: self.session.clone(),
            journal: self.shared.journal.clone(),
            clock: self.shared.clock,
            run: self.record.key.clone(),
            cluster: self.record.cluster_uid.clone(),
            stop: self.shared.all.clone(),
            identify_again: IDENTIFY_AGAIN,
        }
    }
}

/// Stands among the revisions that are being asked for the cluster itself.
const IDENTITY: &str = "\0cluster";

/// Children of acts that nobody saw the end of. One whose start was not noted any more is looked for
/// by its mark.
pub(super) fn inherited(run: &RunKey, history: &History) -> BTreeMap<ActId, (u32, u64)> {
    let acts = history.progress.acts.iter();
    acts.filter(|(_, act)| act.done.is_none() && act.failed.is_none())
        .filter_map(|(id, act)| {
            let left = || meshlift_cluster::programs::left_by(run.as_str());
            let runs_a_program = matches!(act.kind, ActKind::Install { .. });
            let child = act.child.or_else(|| runs_a_program.then(left).flatten())?;
            Some((id.clone(), child))
        })
        .collect()
}
