//! The loop of one run.
//!
//! Entry point: [`Actor::drive`]. Everything that can happen arrives as one [`Happening`] and is
//! taken by one match. Between two of them the core is asked what is next, until it says to wait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use meshlift_core::inventory::{Name, WorkloadRef};
use meshlift_core::rollout::{
    Act, ActId, Answer, Decision, Event, Failure, Observed, Outcome, Question, StepId, Waiting,
    foreign_differences, next,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::acts::{self, Done as Acted};
use super::lease::{Held, Keeper};
use super::{Command, History, Live, Order, RunError, Shared};
use crate::api::dto::{AppEvent, Phrase, PhraseCode as Code};
use crate::journal::{Entry, JournalError, RunRecord};
use crate::session::{Interest, MeshState, Session};
use crate::view;

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
    rehearsed: BTreeSet<StepId>,
    rehearsing: bool,
    basis_checked: bool,
    /// Losses of the connection that were taken note of.
    losses: u64,
    /// Losses of the connection up to which the cluster was identified.
    identified: Option<u64>,
    inherited: BTreeMap<ActId, (u32, u64)>,
    doing: JoinSet<Acted>,
    children: (mpsc::UnboundedSender<Entry>, mpsc::UnboundedReceiver<Entry>),
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
        let inherited = inherited(&history);
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
            let until = match self.look(keeper).await? {
                Flow::Again => continue,
                Flow::Over => return Ok(()),
                Flow::Wait { until } => until,
            };
            let happening = self.happening(orders, keeper, until).await;
            self.take(happening).await?;
        }
    }

    // ------------------------------------------------------------------ happenings

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
                Err(_) => Happening::Closing,
            },
            changed = self.mesh.changed() => match changed {
                Ok(()) => Happening::MeshChanged,
                Err(_) => Happening::Closing,
            },
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
            Happening::MeshChanged | Happening::LeaseChanged | Happening::Due => Ok(()),
            Happening::Closing => Err(Stop::Closing),
        }
    }

    async fn obey(&mut self, order: Order) -> Result<(), Stop> {
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

    fn order_event(&self, command: Command) -> Result<Option<Event>, RunError> {
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

    async fn settle(&mut self, acted: Acted) -> Result<(), Stop> {
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
            Acted::Rehearsed { step, failed } => {
                self.rehearsing = false;
                if failed.is_empty() {
                    self.rehearsed.insert(step);
                }
                for (act, failed) in failed {
                    let id = act.id.clone();
                    self.record(Event::Intent { act, object: None, before: None }).await?;
                    let acts::Failed { why, transient } = failed;
                    self.record(Event::ActFailed { act: id, why, transient }).await?;
                }
                Ok(())
            }
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

    // ------------------------------------------------------------------ one look

    /// Asks the core once, and does what it says.
    async fn look(&mut self, keeper: &mut Keeper) -> Result<Flow, Stop> {
        let mesh = self.mesh.borrow_and_update().clone();
        let Some(snapshot) = mesh.current() else {
            let why = mesh.problem.as_ref().map(|problem| problem.message.clone());
            return Ok(self.hold(match why {
                Some(why) => Phrase::with(Code::FailConnection, [("why", why)]),
                None => Phrase::plain(Code::RunReadingMesh),
            }));
        };
        if self.losses != mesh.losses {
            self.losses = mesh.losses;
            self.basis_checked = false;
        }
        let now = self.shared.clock.now();
        let observed = Observed {
            snapshot,
            istiods: &mesh.istiods,
            answering: &self.answering,
            in_flight: &self.in_flight,
            basis_checked: self.basis_checked,
            run_id: self.record.key.as_str(),
        };
        match next(&self.record.plan, &self.history.progress, &observed, now) {
            Decision::CheckBasis => self.check_basis(&mesh).await,
            Decision::StartStep(step) => self.again(Event::StepStarted { step }).await,
            Decision::Preflight(workloads) => self.preflight(&workloads, &mesh, keeper),
            Decision::Act(acts) => self.act(acts, &mesh, keeper).await,
            Decision::WorkloadDone(step, workload) => {
                self.again(Event::WorkloadDone { step, workload }).await
            }
            Decision::PassStep(step) => self.again(Event::StepPassed { step }).await,
            Decision::Ask(question) => self.again(Event::Asked { question }).await,
            Decision::Wait { waiting, until } => Ok(self.wait(waiting, until, &mesh)),
            Decision::Finish(outcome) => {
                self.record(Event::Finished { outcome }).await?;
                Ok(Flow::Over)
            }
        }
    }

    /// Compares the plan's basis with the mesh. Before the first write a difference ends the run;
    /// after it the run keeps its place and asks.
    async fn check_basis(&mut self, mesh: &MeshState) -> Result<Flow, Stop> {
        let Some(snapshot) = mesh.current() else { return Ok(Flow::Wait { until: None }) };
        let Self { record, history, .. } = self;
        let differences = foreign_differences(&record.plan, &history.progress, snapshot);
        if differences.is_empty() {
            self.basis_checked = true;
            return Ok(Flow::Again);
        }
        let failure = Failure::Outdated { differences };
        if history.progress.acts.is_empty() {
            self.record(Event::Finished { outcome: Outcome::Failed { failure } }).await?;
            return Ok(Flow::Over);
        }
        let open = record.plan.steps.iter().find(|step| !history.progress.passed.contains_key(&step.id));
        let Some(step) = open.map(|step| step.id.clone()) else {
            self.basis_checked = true;
            return Ok(Flow::Again);
        };
        let question = Question {
            id: format!("{step}/{}", history.progress.questions + 1),
            step,
            workload: None,
            act: None,
            failure,
            answers: vec![Answer::Retry, Answer::Abort],
        };
        self.again(Event::Asked { question }).await
    }

    fn preflight(
        &mut self,
        workloads: &[WorkloadRef],
        mesh: &MeshState,
        keeper: &mut Keeper,
    ) -> Result<Flow, Stop> {
        let fresh: Vec<WorkloadRef> = workloads
            .iter()
            .filter(|workload| !self.preflighting.contains(workload))
            .cloned()
            .collect();
        if fresh.is_empty() {
            return Ok(self.wait_quietly());
        }
        // A dry-run pod is a POST: it needs the same standing as a write.
        if let Some(flow) = self.barrier(mesh, keeper) {
            return Ok(flow);
        }
        let Some(snapshot) = mesh.current() else { return Ok(Flow::Wait { until: None }) };
        for group in acts::equal_templates(snapshot, &fresh) {
            self.preflighting.extend(group.iter().cloned());
            let work = acts::preflight(self.tools(), group);
            self.doing.spawn(work);
        }
        Ok(self.wait_quietly())
    }

    async fn act(
        &mut self,
        acts: Vec<Act>,
        mesh: &MeshState,
        keeper: &mut Keeper,
    ) -> Result<Flow, Stop> {
        let fresh: Vec<Act> =
            acts.into_iter().filter(|act| !self.in_flight.contains(&act.id)).collect();
        let Some(first) = fresh.first() else { return Ok(self.wait_quietly()) };
        if let Some(flow) = self.barrier(mesh, keeper) {
            return Ok(flow);
        }
        let step = first.id.step.clone();
        if !self.rehearsed.contains(&step) {
            self.rehearse(&step);
            return Ok(self.wait_quietly());
        }
        for act in fresh {
            self.begin(act).await?;
        }
        Ok(Flow::Again)
    }

    /// Journals the intent, then lets the act begin.
    async fn begin(&mut self, act: Act) -> Result<(), Stop> {
        let (before, unread) = match acts::before(&self.session, &act.kind).await {
            Ok(before) => (before, None),
            Err(failed) => (None, Some(failed)),
        };
        let now = self.shared.clock.now();
        let key = &self.record.key;
        let intended = self.shared.journal.intend(key, now, act.clone(), before).await;
        let (entry, intent) = intended.map_err(Stop::Journal)?;
        self.note(&entry);
        if let Some(acts::Failed { why, transient }) = unread {
            return self.record(Event::ActFailed { act: act.id, why, transient }).await;
        }
        self.in_flight.insert(act.id.clone());
        let work = acts::perform(self.tools(), act, intent, self.children.0.clone());
        self.doing.spawn(work);
        Ok(())
    }

    /// Dry-runs every write of a step that is still to be done, before the first real one.
    fn rehearse(&mut self, step: &StepId) {
        if self.rehearsing {
            return;
        }
        let Some(known) = self.record.plan.step(step) else { return };
        let done = |id: &ActId| {
            self.history.progress.acts.get(id).is_some_and(|act| act.done.is_some())
        };
        let left: Vec<Act> = view::commands::acts_of(known)
            .into_iter()
            .zip(0..)
            .map(|(kind, index)| Act { id: ActId { step: step.clone(), index }, kind })
            .filter(|act| !done(&act.id))
            .collect();
        self.rehearsing = true;
        self.doing.spawn(acts::rehearse(self.tools(), step.clone(), left));
    }

    /// What has to hold before anything is written; otherwise what is done about it.
    fn barrier(&mut self, mesh: &MeshState, keeper: &mut Keeper) -> Option<Flow> {
        if self.shared.door.is_read_only() {
            return Some(self.hold(Phrase::plain(Code::FailReadOnly)));
        }
        if let Some(problem) = keeper.problem() {
            return Some(self.hold(problem));
        }
        if keeper.lapsed() {
            // The laptop slept, or the lease was lost and taken again: what is known may be old.
            self.identified = None;
            self.basis_checked = false;
            self.session.read_again();
            return Some(self.hold(Phrase::plain(Code::RunReadingMesh)));
        }
        if self.identified != Some(mesh.losses) {
            self.identify(mesh.losses);
            return Some(self.wait_held());
        }
        None
    }

    fn identify(&mut self, losses: u64) {
        if self.asking.insert(IDENTITY.into()) {
            let expected = self.record.cluster_uid.clone();
            self.doing.spawn(acts::identify(self.tools(), expected, losses));
        }
    }

    fn hold_for_identity(&mut self, uid: Result<String, String>) {
        let phrase = match uid {
            Ok(found) => Phrase::with(
                Code::FailOtherCluster,
                [("found", found), ("expected", self.record.cluster_uid.clone())],
            ),
            Err(why) => Phrase::with(Code::FailConnection, [("why", why)]),
        };
        self.hold(phrase);
    }

    fn wait(&mut self, waiting: Waiting, until: Option<Timestamp>, mesh: &MeshState) -> Flow {
        match &waiting {
            Waiting::Webhook { revision } => self.ask_webhook(revision.clone()),
            Waiting::Proxies { .. } | Waiting::Verification { .. } => self.session.ask_istiods(),
            Waiting::InFlight { .. }
            | Waiting::ControlPlane { .. }
            | Waiting::Pods { .. }
            | Waiting::Retry { .. }
            | Waiting::Pausing
            | Waiting::Paused
            | Waiting::Answer => {}
        }
        let hold = self.child_phrase();
        self.show(Some(waiting), hold);
        let _ = mesh;
        Flow::Wait { until }
    }

    fn ask_webhook(&mut self, revision: Name) {
        if self.asking.insert(revision.clone()) {
            self.doing.spawn(acts::ask_webhook(self.tools(), revision, WEBHOOK_AGAIN));
        }
    }

    // ------------------------------------------------------------------ children of an earlier life

    /// A child program whose end nobody saw is waited for, never joined by a second one.
    fn adopt_children(&mut self) {
        for (act, (pid, started)) in self.inherited.clone() {
            self.doing.spawn(acts::await_child(act, pid, started, CHILD_AGAIN));
        }
    }

    fn end_children(&self) {
        for (pid, started) in self.inherited.values().copied() {
            self.shared.tasks.spawn(meshlift_cluster::programs::end(pid, started));
        }
    }

    fn child_phrase(&self) -> Option<Phrase> {
        let (pid, _) = self.inherited.values().next()?;
        Some(Phrase::with(Code::AskChildAlive, [("pid", pid.to_string())]))
    }

    // ------------------------------------------------------------------ journal and publishing

    async fn again(&mut self, event: Event) -> Result<Flow, Stop> {
        self.record(event).await?;
        Ok(Flow::Again)
    }

    async fn record(&mut self, event: Event) -> Result<(), Stop> {
        let now = self.shared.clock.now();
        let appended = self.shared.journal.append(&self.record.key, now, event).await;
        self.note(&appended.map_err(Stop::Journal)?);
        Ok(())
    }

    fn note(&mut self, entry: &Entry) {
        self.history.take(entry);
        let history = Arc::new(self.history.clone());
        self.publish.send_modify(|live| live.history = history);
        if view::run::shows_everywhere(&entry.event) {
            self.announce();
        }
    }

    fn announce(&self) {
        let live = self.publish.borrow().clone();
        let mesh = self.mesh.borrow();
        let sight = view::run::Sight {
            record: &self.record,
            history: &live.history,
            live: Some(&live),
            snapshot: mesh.snapshot.as_deref(),
            now: self.shared.clock.now(),
        };
        let _ = self.shared.events.send(AppEvent::RunChanged { run: view::run::summary(&sight) });
    }

    fn show(&self, waiting: Option<Waiting>, hold: Option<Phrase>) {
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

    fn hold(&self, why: Phrase) -> Flow {
        self.show(None, Some(why));
        Flow::Wait { until: None }
    }

    /// Waits for own work, with whatever is shown.
    fn wait_quietly(&self) -> Flow {
        // Its own statement: the channel is locked as long as what was borrowed from it lives.
        let waiting = self.publish.borrow().waiting.clone();
        self.show(waiting, None);
        Flow::Wait { until: None }
    }

    /// Waits for own work and keeps saying what holds the run, if anything does.
    #[expect(clippy::unused_self, reason = "reads like its siblings")]
    fn wait_held(&self) -> Flow {
        Flow::Wait { until: None }
    }

    fn tools(&self) -> acts::Tools {
        acts::Tools {
            session: self.session.clone(),
            journal: self.shared.journal.clone(),
            clock: self.shared.clock,
            run: self.record.key.clone(),
            stop: self.shared.all.clone(),
            identify_again: IDENTIFY_AGAIN,
        }
    }
}

/// Stands among the revisions that are being asked for the cluster itself.
const IDENTITY: &str = "\0cluster";

/// Children of acts that nobody saw the end of.
fn inherited(history: &History) -> BTreeMap<ActId, (u32, u64)> {
    let acts = history.progress.acts.iter();
    acts.filter(|(_, act)| act.done.is_none() && act.failed.is_none())
        .filter_map(|(id, act)| Some((id.clone(), act.child?)))
        .collect()
}
