//! One look: the core is asked what is next, and that is done, unless something forbids to write.

use jiff::Timestamp;
use meshlift_core::inventory::{Name, WorkloadRef};
use meshlift_core::rollout::{
    Act, ActId, Answer, Decision, Event, Failure, Observed, Outcome, Question, StepId, Waiting,
    foreign_differences, next,
};

use super::super::acts;
use super::super::lease::Keeper;
use super::{Actor, CHILD_AGAIN, Flow, IDENTITY, Stop, WEBHOOK_AGAIN};
use crate::api::dto::{ApiError, Phrase, PhraseCode as Code};
use crate::session::MeshState;

impl Actor {
    /// Asks the core once, and does what it says.
    pub(super) async fn look(&mut self, keeper: &mut Keeper) -> Result<Flow, Stop> {
        let mesh = self.mesh.borrow_and_update().clone();
        let Some(snapshot) = mesh.current() else {
            return Ok(self.hold(unread(&mesh)));
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
            Decision::Preflight(workloads) => Ok(self.preflight(&workloads, &mesh, keeper)),
            Decision::Act(acts) => self.act(acts, &mesh, keeper).await,
            Decision::WorkloadDone(step, workload) => {
                self.again(Event::WorkloadDone { step, workload }).await
            }
            Decision::PassStep(step) => self.again(Event::StepPassed { step }).await,
            Decision::Ask(question) => self.again(Event::Asked { question }).await,
            Decision::Wait { waiting, until } => Ok(self.wait(waiting, until)),
            Decision::Finish(outcome) => {
                self.record(Event::Finished { outcome }).await?;
                Ok(Flow::Over)
            }
        }
    }

    /// Compares the plan's basis with the mesh. Before the first write a difference ends the run;
    /// after it the run keeps its place and asks.
    pub(super) async fn check_basis(&mut self, mesh: &MeshState) -> Result<Flow, Stop> {
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
        let open =
            record.plan.steps.iter().find(|step| !history.progress.passed.contains_key(&step.id));
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

    pub(super) fn preflight(
        &mut self,
        workloads: &[WorkloadRef],
        mesh: &MeshState,
        keeper: &mut Keeper,
    ) -> Flow {
        let fresh: Vec<WorkloadRef> = workloads
            .iter()
            .filter(|workload| !self.preflighting.contains(workload))
            .cloned()
            .collect();
        if fresh.is_empty() {
            return self.wait_quietly();
        }
        // A dry-run pod is a POST: it needs the same standing as a write.
        if let Some(flow) = self.barrier(mesh, keeper) {
            return flow;
        }
        let Some(snapshot) = mesh.current() else { return Flow::Wait { until: None } };
        for group in acts::equal_templates(snapshot, &fresh) {
            self.preflighting.extend(group.iter().cloned());
            let work = acts::preflight(self.tools(), group);
            self.doing.spawn(work);
        }
        self.wait_quietly()
    }

    pub(super) async fn act(
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
        // What is being dry-run is not written at the same time: each would find the other's state.
        if self.rehearsing {
            return Ok(self.wait_quietly());
        }
        let step = first.id.step.clone();
        let mut left = self.left_to_do(&step, &fresh);
        left.retain(|act| !self.rehearsed.contains(&act.id));
        if !left.is_empty() {
            self.rehearsing = true;
            self.doing.spawn(acts::rehearse(self.tools(), step, left));
            return Ok(self.wait_quietly());
        }
        for act in fresh {
            self.begin(act).await?;
        }
        Ok(Flow::Again)
    }

    /// Journals the intent, then lets the act begin.
    pub(super) async fn begin(&mut self, act: Act) -> Result<(), Stop> {
        let (before, unread) = match acts::before(&self.session, &act.kind).await {
            Ok(before) => (before, None),
            Err(failed) => (None, Some(failed)),
        };
        let earlier = match self.history.progress.acts.get(&act.id) {
            Some(known) if known.done.is_none() && known.failed.is_none() => acts::Earlier::Unseen,
            Some(_) | None => acts::Earlier::Known,
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
        let work = acts::perform(self.tools(), act, intent, earlier, self.children.0.clone());
        self.doing.spawn(work);
        Ok(())
    }

    /// Every write of a step that is still to come: all of it is dry-run before the first real one.
    fn left_to_do(&self, step: &StepId, due: &[Act]) -> Vec<Act> {
        let Some(known) = self.record.plan.step(step) else { return Vec::new() };
        let acts = known.acts().into_iter().zip(0..);
        acts.map(|(kind, index)| Act { id: ActId { step: step.clone(), index }, kind })
            .filter(|act| due.contains(act) || self.is_left(act))
            .collect()
    }

    fn is_left(&self, act: &Act) -> bool {
        let progress = &self.history.progress;
        let known = progress.acts.get(&act.id);
        if self.in_flight.contains(&act.id) || known.is_some_and(|known| known.done.is_some()) {
            return false;
        }
        // A restart that failed waits by itself, and the others of its wave do not wait with it.
        act.kind.restarted().is_none_or(|workload| {
            known.is_none_or(|known| known.failed.is_none())
                && !progress.is_settled(&act.id.step, workload)
        })
    }

    /// What has to hold before anything is written; otherwise what is done about it.
    pub(super) fn barrier(&mut self, mesh: &MeshState, keeper: &mut Keeper) -> Option<Flow> {
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

    pub(super) fn identify(&mut self, losses: u64) {
        if self.asking.insert(IDENTITY.into()) {
            let expected = self.record.cluster_uid.clone();
            self.doing.spawn(acts::identify(self.tools(), expected, losses));
        }
    }

    pub(super) fn hold_for_identity(&mut self, uid: Result<String, String>) {
        let phrase = match uid {
            Ok(found) => Phrase::with(
                Code::FailOtherCluster,
                [("found", found), ("expected", self.record.cluster_uid.clone())],
            ),
            Err(why) => Phrase::with(Code::FailConnection, [("why", why)]),
        };
        self.hold(phrase);
    }

    pub(super) fn wait(&mut self, waiting: Waiting, until: Option<Timestamp>) -> Flow {
        match &waiting {
            Waiting::Webhook { revision } => self.ask_webhook(revision.clone()),
            Waiting::Proxies { .. } | Waiting::Istiods { .. } | Waiting::Verification { .. } => {
                self.session.ask_istiods();
            }
            Waiting::InFlight { .. }
            | Waiting::ControlPlane { .. }
            | Waiting::Pods { .. }
            | Waiting::Retry { .. }
            | Waiting::Instance { .. }
            | Waiting::Upgrade { .. }
            | Waiting::Gateway { .. }
            | Waiting::Sync { .. }
            | Waiting::HandOff { .. }
            | Waiting::Pausing
            | Waiting::Paused
            | Waiting::Answer => {}
        }
        let hold = self.child_phrase();
        self.show(Some(waiting), hold);
        Flow::Wait { until }
    }

    pub(super) fn ask_webhook(&mut self, revision: Name) {
        if self.asking.insert(revision.clone()) {
            self.doing.spawn(acts::ask_webhook(self.tools(), revision, WEBHOOK_AGAIN));
        }
    }

    // ------------------------------------------------------------------ children of an earlier life

    /// A child program whose end nobody saw is waited for, never joined by a second one.
    pub(super) fn adopt_children(&mut self) {
        for (act, (pid, started)) in self.inherited.clone() {
            self.doing.spawn(acts::await_child(act, pid, started, CHILD_AGAIN));
        }
    }

    pub(super) fn end_children(&self) {
        for (pid, started) in self.inherited.values().copied() {
            self.shared.tasks.spawn(meshlift_cluster::programs::end(pid, started));
        }
    }

    pub(super) fn child_phrase(&self) -> Option<Phrase> {
        let (pid, _) = self.inherited.values().next()?;
        Some(Phrase::with(Code::AskChildAlive, [("pid", pid.to_string())]))
    }
}

/// Why the mesh is not known as it is now.
fn unread(mesh: &MeshState) -> Phrase {
    let why = |problem: &ApiError| [("why", problem.message.clone())];
    match (&mesh.problem, mesh.instance.problem()) {
        (Some(problem), _) => Phrase::with(Code::FailConnection, why(problem)),
        (None, Some(problem)) => Phrase::with(Code::FailInstanceUnread, why(problem)),
        (None, None) => Phrase::plain(Code::RunReadingMesh),
    }
}
