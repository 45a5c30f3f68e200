//! The work that an actor hands out: each piece ends in one [`Acted`] that it settles.
//!
//! Entry points: [`perform`], [`rehearse`], [`preflight`], [`ask_webhook`], [`identify`] and
//! [`await_child`]. Each is a future without access to the actor.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use meshlift_cluster::actuate::{self, ActError, Performed};
use meshlift_cluster::door::IntentId;
use meshlift_cluster::programs::{self, Life};
use meshlift_cluster::provider::istioctl;
use meshlift_cluster::{istiod, preflight as pods};
use meshlift_core::asm::preflighted;
use meshlift_core::inventory::{Name, Snapshot, WorkloadRef};
use meshlift_core::rollout::{Act, ActId, ActKind, Event, Install, ObjectRef, Preflight, StepId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::asm;
use crate::api::dto::{Phrase, PhraseCode as Code};
use crate::clock::Clock;
use crate::journal::{Entry, Journal, RunKey};
use crate::session::Session;

/// Dry runs under way at a time.
const REHEARSALS: usize = 8;

/// What a piece of work may use.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) session: Arc<Session>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    pub(super) run: RunKey,
    /// UID of the cluster that the run belongs to.
    pub(super) cluster: String,
    pub(super) stop: CancellationToken,
    pub(super) identify_again: Duration,
}

/// A piece of work that is done.
#[derive(Debug)]
pub(super) enum Acted {
    /// An act was tried.
    Performed {
        /// The act.
        act: ActId,
        /// What came of it.
        result: Result<Performed, Failed>,
    },
    /// The writes of a step were dry-run.
    Rehearsed {
        /// Those that the server would take.
        passed: Vec<ActId>,
        /// Those that it would refuse.
        failed: Vec<(Act, Failed)>,
    },
    /// Workloads with the same template were checked.
    Preflighted {
        /// The workloads.
        workloads: Vec<WorkloadRef>,
        /// What a restart would do to their pods.
        result: Preflight,
    },
    /// A webhook was asked whether it answers.
    WebhookAsked {
        /// Its revision.
        revision: Name,
        /// Whether it does.
        answers: bool,
    },
    /// A child program of an earlier life is over.
    ChildGone {
        /// The act that it belongs to.
        act: ActId,
    },
    /// The cluster said who it is.
    Identified {
        /// Its UID, or why it could not be read.
        uid: Result<String, String>,
        /// Losses of the connection that had been counted when it was asked.
        losses: u64,
    },
}

/// Why an act failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// One sentence.
    pub(super) why: String,
    /// Whether trying again may help without a decision.
    pub(super) transient: bool,
}

impl From<ActError> for Failed {
    fn from(error: ActError) -> Self {
        Self { why: error.to_string(), transient: error.transient }
    }
}

/// What an act will change, as it is now: it goes into the journal with the intent.
pub(super) async fn before(
    session: &Session,
    kind: &ActKind,
) -> Result<Option<(ObjectRef, Option<String>)>, Failed> {
    actuate::before(&session.connection, kind).await.map_err(Failed::from)
}

/// What came of an earlier attempt at the same act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Earlier {
    /// There was none, or it failed.
    Known,
    /// Nobody saw its end: the app ended before it.
    Unseen,
}

/// Does an act whose intent is in the journal.
pub(super) async fn perform(
    tools: Tools,
    act: Act,
    intent: IntentId,
    earlier: Earlier,
    children: mpsc::UnboundedSender<Entry>,
) -> Acted {
    let result = match &act.kind {
        ActKind::Install { install } => {
            run_install(&tools, &act.id, install, &intent, earlier, children).await
        }
        ActKind::Asm { instance, call } => {
            asm::call(&tools.session, instance, call, &intent, earlier).await
        }
        ActKind::Label { .. }
        | ActKind::Restart { .. }
        | ActKind::SetTag { .. }
        | ActKind::SetTagService { .. }
        | ActKind::SetDefaultValidator { .. }
        | ActKind::DeactivateInjector { .. }
        | ActKind::Delete { .. }
        | ActKind::Restore { .. } => {
            actuate::perform(&tools.session.connection, &intent, &act, tools.run.as_str())
                .await
                .map_err(Failed::from)
        }
    };
    Acted::Performed { act: act.id, result }
}

/// Checks an install against the mesh as it is now, then runs it. The check of the plan may be old,
/// and a second run of the same binary prunes what a first one does not.
async fn run_install(
    tools: &Tools,
    act: &ActId,
    install: &Install,
    intent: &IntentId,
    earlier: Earlier,
    children: mpsc::UnboundedSender<Entry>,
) -> Result<Performed, Failed> {
    alone(tools).await?;
    let session = &tools.session;
    let known = session.state().borrow().current().cloned();
    let Some(snapshot) = known else {
        return Err(Failed { why: "the mesh is not read".to_owned(), transient: true });
    };
    let check = istioctl::check(&session.connection, &session.programs, install, &snapshot)
        .await
        .map_err(|error| Failed::from(ActError::from(error)))?;
    if earlier == Earlier::Unseen && check.applied {
        return Ok(Performed { changed: true, before: None, object: None });
    }
    if !check.blocks.is_empty() {
        let why: Vec<String> = check.blocks.iter().map(ToString::to_string).collect();
        return Err(Failed { why: why.join("; "), transient: false });
    }
    let (journal, run, now) = (tools.journal.clone(), tools.run.clone(), tools.clock.now());
    let act = act.clone();
    // Recorded before anything else can happen: a crash must find the child that it left behind.
    let on_started = move |pid, started| {
        let event = Event::Child { act, pid, started };
        match journal.append_at_once(&run, now, event) {
            Ok(entry) => drop(children.send(entry)),
            Err(error) => tracing::error!(%error, pid, "a child program is not in the journal"),
        }
    };
    istioctl::install(
        &session.connection,
        &session.programs,
        intent,
        install,
        &tools.cluster,
        tools.stop.child_token(),
        on_started,
    )
    .await
    .map_err(Failed::from)
}

/// Whether no program that a run left behind is still at work on this cluster. The run may be over
/// meanwhile: giving it up ends what it left, where that can be done.
async fn alone(tools: &Tools) -> Result<(), Failed> {
    let looking = tokio::task::spawn_blocking(programs::left);
    let all = looking.await.map_err(|error| Failed { why: error.to_string(), transient: true })?;
    for left in all {
        let known = tools.journal.run(&RunKey::new(&left.run)).await;
        let known = known.map_err(|error| Failed { why: error.to_string(), transient: false })?;
        if let Some(record) = known.filter(|record| record.cluster_uid == tools.cluster) {
            let (number, pid) = (record.number.to_string(), left.pid.to_string());
            let phrase = Phrase::with(Code::CauseOtherInstall, [("run", number), ("pid", pid)]);
            return Err(Failed { why: phrase.english(), transient: true });
        }
    }
    Ok(())
}

/// Dry-runs acts of a step on the server.
pub(super) async fn rehearse(tools: Tools, step: StepId, acts: Vec<Act>) -> Acted {
    let intent = match probe(&tools, &format!("dry-run step {step}")).await {
        Ok(intent) => intent,
        Err(why) => {
            let failed = acts.into_iter().next().map(|act| (act, Failed { why, transient: false }));
            return Acted::Rehearsed { passed: Vec::new(), failed: failed.into_iter().collect() };
        }
    };
    let (tools, intent) = (&tools, &intent);
    let mut answers = futures::stream::iter(acts)
        .map(|act| async move {
            let connection = &tools.session.connection;
            let answer = actuate::dry_run(connection, intent, &act, tools.run.as_str()).await;
            (act, answer)
        })
        .buffered(REHEARSALS);
    let (mut passed, mut failed) = (Vec::new(), Vec::new());
    while let Some((act, answer)) = answers.next().await {
        match answer {
            Ok(()) => passed.push(act.id),
            Err(error) => failed.push((act, Failed::from(error))),
        }
    }
    Acted::Rehearsed { passed, failed }
}

/// Workloads grouped by what a preflight can tell apart: namespace and template.
pub(super) fn equal_templates(
    snapshot: &Snapshot,
    workloads: &[WorkloadRef],
) -> Vec<Vec<WorkloadRef>> {
    let mut groups: BTreeMap<(Name, Option<Name>), Vec<WorkloadRef>> = BTreeMap::new();
    for workload in workloads {
        let template = snapshot.workloads.get(workload).map(|found| found.template.hash.clone());
        groups.entry((workload.namespace.clone(), template)).or_default().push(workload.clone());
    }
    groups.into_values().collect()
}

/// Asks the server what it would make of a new pod of workloads that share a template.
pub(super) async fn preflight(tools: Tools, workloads: Vec<WorkloadRef>) -> Acted {
    let Some(first) = workloads.first() else {
        let result = Preflight::CannotTell { why: "no workload was named".to_owned() };
        return Acted::Preflighted { workloads, result };
    };
    let result = match probe(&tools, &format!("dry-run a pod of {first}")).await {
        Ok(intent) => {
            let said = pods::dry_run_pod(&tools.session.connection, &intent, first).await;
            if tools.session.instance.is_some() { preflighted(said) } else { said }
        }
        Err(why) => Preflight::CannotTell { why },
    };
    Acted::Preflighted { workloads, result }
}

/// Asks a revision's webhook whether it answers; after a no, waits before it says so.
pub(super) async fn ask_webhook(tools: Tools, revision: Name, pause: Duration) -> Acted {
    // The question is a dry-run pod: it goes to the run's own cluster or nowhere.
    let is_home = tools.session.connection.is_still(&tools.cluster).await;
    let is_home = is_home
        .inspect_err(|error| tracing::info!(%revision, %error, "its webhook is not asked"))
        .is_ok();
    let known = tools.session.state().borrow().current().filter(|_| is_home).cloned();
    let answers = match (known, probe(&tools, &format!("ask the webhook of {revision}")).await) {
        (Some(snapshot), Ok(intent)) => {
            istiod::webhook_answers(&tools.session.connection, &intent, &revision, &snapshot)
                .await
                .inspect_err(|error| tracing::info!(%revision, %error, "no answer of the webhook"))
                .unwrap_or(false)
        }
        (None, _) | (_, Err(_)) => false,
    };
    if !answers {
        tokio::time::sleep(pause).await;
    }
    Acted::WebhookAsked { revision, answers }
}

/// Asks the cluster who it is; after a failure or a surprise, waits before it says so.
pub(super) async fn identify(tools: Tools, expected: String, losses: u64) -> Acted {
    let asked = tools.session.connection.read_cluster().await;
    let uid = asked.map(|cluster| cluster.uid).map_err(|error| error.to_string());
    if uid.as_ref() != Ok(&expected) {
        tokio::time::sleep(tools.identify_again).await;
    }
    Acted::Identified { uid, losses }
}

/// Waits until a child program of an earlier life is over.
pub(super) async fn await_child(act: ActId, pid: u32, started: u64, pause: Duration) -> Acted {
    loop {
        match programs::ended(pid, started).await {
            Life::Gone => return Acted::ChildGone { act },
            Life::Running | Life::CannotTell => tokio::time::sleep(pause).await,
        }
    }
}

async fn probe(tools: &Tools, purpose: &str) -> Result<IntentId, String> {
    let now = tools.clock.now();
    let recorded = tools.journal.probe(Some(&tools.run), now, purpose).await;
    recorded.map_err(|error| error.to_string())
}
