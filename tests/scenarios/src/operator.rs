//! Somebody at the window: does what the window does, by the application's own commands.
//!
//! Entry points: [`Operator::open`], [`Operator::run`]. Nobody answers a run's questions: a question is
//! a failure of the scenario, with everything that the run has said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::{Stream, StreamExt as _};
use meshlift_app::api::dto::{
    ApiError, Availability, ContextChange, ContextName, ContextRow, DataPlaneRow, LogLine,
    MeshEvent, MeshView, Method, MoveTarget, Nothing, OperationRequest, PathsOf, Phrase,
    PlanRequest, PlanView, PrecheckRequest, PrecheckView, RunId, RunState, RunUpdate, RunView,
    SettingsChange, Severity, StartRun, TargetChoice, WatchMesh, WatchRun,
};
use meshlift_app::settings::file::FileStore;
use meshlift_app::{KubeconfigSources, Meshlift, Options};

use crate::patience::within;
use crate::world::World;

const OPEN_LIMIT: Duration = Duration::from_mins(1);
const SIGHT_LIMIT: Duration = Duration::from_mins(1);
const RUN_LIMIT: Duration = Duration::from_mins(4);

/// What the application is given: everything that a person has beside it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Desk {
    /// The kubeconfig.
    pub kubeconfig: PathBuf,
    /// The context in it.
    pub context: String,
    /// Folder of the application's data.
    pub data: PathBuf,
    /// istioctl binaries.
    pub istioctls: Vec<PathBuf>,
    /// The values that the mesh was installed with; none for somebody who lost them.
    pub values: Option<PathBuf>,
}

/// A person with the application.
pub struct Operator {
    app: Meshlift,
    desk: Desk,
}

/// What the window shows of a mesh.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The head of Upgrade Management and both its tabs.
    pub view: MeshView,
    /// The data plane, by row id.
    pub rows: BTreeMap<String, DataPlaneRow>,
}

/// A run that is over.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its id.
    pub run_id: String,
    /// Everything that it said.
    pub log: Vec<LogLine>,
}

impl Desk {
    /// The desk of somebody who runs this world's mesh.
    pub fn of(world: &World) -> Self {
        Self {
            kubeconfig: world.kubeconfig().to_owned(),
            context: world.context().to_owned(),
            data: world.data(),
            istioctls: world.tools().paths().to_vec(),
            values: Some(world.values()),
        }
    }

    /// The same desk on which the context's name leads through another kubeconfig.
    #[must_use]
    pub fn through(mut self, kubeconfig: &Path) -> Self {
        kubeconfig.clone_into(&mut self.kubeconfig);
        self
    }
}

impl Operator {
    /// Starts the application on the desk's data folder, says what is where, and opens the context.
    pub async fn open(desk: Desk) -> Result<Self> {
        let operator = Self::start(desk).await?;
        operator.open_context(&operator.desk.context).await.map_err(into_anyhow)?;
        Ok(operator)
    }

    /// Starts the application, and opens nothing.
    pub async fn start(desk: Desk) -> Result<Self> {
        let store = Arc::new(FileStore::new(desk.data.join("settings.json")));
        let mut options = Options::new(desk.data.clone(), store);
        options.kubeconfigs =
            KubeconfigSources { env: Some(desk.kubeconfig.clone().into()), home: None };
        options.demo = None;
        options.istioctl_path = None;
        let app = Meshlift::open(options).await.context("starting the application")?;
        let operator = Self { app, desk };
        operator.set_up().await?;
        Ok(operator)
    }

    async fn set_up(&self) -> Result<()> {
        for binary in &self.desk.istioctls {
            let path = binary.display().to_string();
            let add = SettingsChange::AddPath { list: PathsOf::Istioctls, path };
            self.app.settings_change(add).await?;
        }
        let file = self.desk.values.as_ref().map(|path| path.display().to_string());
        let context = self.desk.context.clone();
        let change = ContextChange::InstallValues { file };
        self.app.settings_change(SettingsChange::Context { context, change }).await?;
        Ok(())
    }

    /// Opens a context; bounded, whatever is behind it.
    pub async fn open_context(&self, context: &str) -> Result<ContextRow, ApiError> {
        let request = ContextName { context: context.to_owned() };
        match tokio::time::timeout(OPEN_LIMIT, self.app.context_open(request)).await {
            Ok(opened) => opened,
            Err(_) => Err(ApiError::plain(
                meshlift_app::api::dto::ErrorCode::Internal,
                format!("the scenario gave up: {context} did not open within {OPEN_LIMIT:?}"),
            )),
        }
    }

    /// The application's commands.
    pub fn app(&self) -> &Meshlift {
        &self.app
    }

    /// What the window shows once it is complete and satisfies `wanted`.
    pub async fn sight(&self, what: &str, wanted: impl Fn(&Sight) -> bool) -> Result<Sight> {
        let request = WatchMesh { watch_id: fresh_id("mesh"), context: self.desk.context.clone() };
        let mut events = std::pin::pin!(self.app.mesh_watch(request).await?);
        let mut seen = Seen::default();
        let found = tokio::time::timeout(SIGHT_LIMIT, seen.until(&mut events, &wanted)).await;
        match found {
            Ok(found) => found.with_context(|| what.to_owned()),
            Err(_) => bail!("the window never showed {what}; it shows {seen:#?}"),
        }
    }

    /// Chooses a target and runs the precheck for a method, which must not block.
    pub async fn aim(&self, target: &str, method: Method) -> Result<PrecheckView> {
        let context = self.desk.context.clone();
        let choice = TargetChoice { context: context.clone(), target: Some(target.to_owned()) };
        self.app.target_choose(choice).await?;
        let found = self.app.precheck_run(PrecheckRequest { context, method }).await?;
        ensure!(found.target == target, "the precheck was for {}", found.target);
        let blocking: Vec<_> = found
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Block)
            .map(|finding| format!("{} {}", finding.rule, finding.consequence.english()))
            .collect();
        ensure!(blocking.is_empty(), "the precheck blocks {target}: {blocking:#?}");
        Ok(found)
    }

    /// The plan of an operation.
    pub async fn plan(&self, operation: OperationRequest) -> Result<PlanView, ApiError> {
        self.app.plan_make(PlanRequest { context: self.desk.context.clone(), operation }).await
    }

    /// Confirms a plan with all its consents.
    pub async fn start_run(&self, plan: &PlanView) -> Result<String> {
        ensure!(
            plan.start.available,
            "{:?} may not start: {}; findings {:#?}",
            plan.operation,
            why_not(&plan.start),
            plan.findings
        );
        ensure!(plan.context == self.desk.context, "the plan names its context");
        ensure!(!plan.steps.is_empty(), "a plan without steps");
        let started = self
            .app
            .run_start(StartRun {
                digest: plan.digest.clone(),
                consents: plan.consents.iter().map(|consent| consent.id.clone()).collect(),
                acknowledgements: Vec::new(),
                typed_name: None,
            })
            .await?;
        Ok(started.run_id)
    }

    /// Plans, confirms and follows an operation to its good end.
    pub async fn run(&self, operation: OperationRequest) -> Result<Ended> {
        let what = format!("{operation:?}");
        let plan = self.plan(operation).await.with_context(|| format!("planning {what}"))?;
        let run_id = self.start_run(&plan).await?;
        self.follow(&run_id).await.with_context(|| what)
    }

    /// Takes up an interrupted run and follows it to its good end.
    pub async fn resume(&self, run_id: &str) -> Result<Ended> {
        self.app.run_resume(RunId { run_id: run_id.to_owned() }).await?;
        self.follow(run_id).await
    }

    /// The run that waits to be resumed.
    pub async fn interrupted(&self) -> Result<String> {
        let runs = self.app.run_list(Nothing {}).await?;
        let waiting: Vec<_> =
            runs.iter().filter(|run| run.state == RunState::Interrupted).collect();
        match waiting[..] {
            [one] => Ok(one.id.clone()),
            _ => bail!("one run should be interrupted: {runs:#?}"),
        }
    }

    /// Follows a run until it has succeeded.
    pub async fn follow(&self, run_id: &str) -> Result<Ended> {
        let request =
            WatchRun { watch_id: fresh_id("run"), run_id: run_id.to_owned(), since_seq: 0 };
        let mut updates = std::pin::pin!(self.app.run_watch(request).await?);
        let mut log = Vec::new();
        let mut last = None;
        let ended =
            tokio::time::timeout(RUN_LIMIT, follow(&mut updates, &mut log, &mut last)).await;
        let said: Vec<_> = log.iter().map(told).collect();
        match ended {
            Ok(Ok(())) => Ok(Ended { run_id: run_id.to_owned(), log }),
            Ok(Err(error)) => Err(error.context(format!("the run said {said:#?}"))),
            Err(_) => {
                bail!("the run is not over after {RUN_LIMIT:?}: {last:#?}; it said {said:#?}")
            }
        }
    }

    /// What a run has said so far, and its view.
    pub async fn glance(&self, run_id: &str) -> Result<RunUpdate> {
        let request =
            WatchRun { watch_id: fresh_id("glance"), run_id: run_id.to_owned(), since_seq: 0 };
        let mut updates = std::pin::pin!(self.app.run_watch(request).await?);
        updates.next().await.context("the run's watch told nothing")
    }

    /// A run once it is over or asks something that is not among the answered questions.
    pub async fn stands(&self, run_id: &str, answered: &BTreeSet<String>) -> Result<RunView> {
        let request =
            WatchRun { watch_id: fresh_id("stand"), run_id: run_id.to_owned(), since_seq: 0 };
        let mut updates = std::pin::pin!(self.app.run_watch(request).await?);
        within(RUN_LIMIT, "a run to ask or to end", async {
            while let Some(RunUpdate { view, log: _ }) = updates.next().await {
                // An answer shows a moment later.
                let asked = view.question.as_ref().map(|question| &question.id);
                match view.summary.state {
                    RunState::Asking if asked.is_none_or(|id| answered.contains(id)) => {}
                    RunState::Running
                    | RunState::Pausing
                    | RunState::Waiting
                    | RunState::Paused => {}
                    RunState::Asking
                    | RunState::Succeeded
                    | RunState::Interrupted
                    | RunState::Failed
                    | RunState::Aborted => return Ok(view),
                }
            }
            bail!("its watch ended");
        })
        .await
    }

    /// Ends the application as its window does.
    pub async fn close(self) -> Result<()> {
        within(OPEN_LIMIT, "closing the application", async {
            self.app.close().await;
            Ok(())
        })
        .await
    }
}

/// Moves namespaces and restarts their workloads.
pub fn move_to(to: MoveTarget, namespaces: &[&str]) -> OperationRequest {
    OperationRequest::MoveNamespaces {
        namespaces: namespaces.iter().map(|&name| name.to_owned()).collect(),
        to,
        restart: true,
    }
}

/// Why a button is disabled.
pub fn why_not(button: &Availability) -> String {
    button.reason.as_ref().map_or_else(|| "no reason given".to_owned(), Phrase::english)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn into_anyhow(error: ApiError) -> anyhow::Error {
    anyhow::anyhow!("{:?}: {} {:?}", error.code, error.message, error.detail)
}

async fn follow(
    updates: &mut (impl Stream<Item = RunUpdate> + Unpin),
    log: &mut Vec<LogLine>,
    last: &mut Option<meshlift_app::api::dto::RunView>,
) -> Result<()> {
    while let Some(RunUpdate { view, log: more }) = updates.next().await {
        log.extend(more);
        let summary = &view.summary;
        match summary.state {
            RunState::Succeeded => return Ok(()),
            RunState::Running | RunState::Pausing | RunState::Waiting | RunState::Paused => {}
            RunState::Asking => {
                let question = view.question.as_ref().map(|question| question.text.english());
                bail!("it asks: {}", question.unwrap_or_default());
            }
            RunState::Interrupted | RunState::Failed | RunState::Aborted => {
                bail!("it is {:?}: {}", summary.state, summary.sentence.english());
            }
        }
        *last = Some(view);
    }
    bail!("its watch ended before it did");
}

fn told(line: &LogLine) -> String {
    format!("{} {:?} {}", line.at, line.kind, line.text.english())
}

fn fresh_id(kind: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{kind}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What was delivered so far.
#[derive(Debug, Default)]
struct Seen {
    view: Option<Box<MeshView>>,
    rows: BTreeMap<String, DataPlaneRow>,
    complete: bool,
    problem: Option<String>,
}

impl Seen {
    async fn until(
        &mut self,
        events: &mut (impl Stream<Item = MeshEvent> + Unpin),
        wanted: &impl Fn(&Sight) -> bool,
    ) -> Result<Sight> {
        while let Some(event) = events.next().await {
            self.take(event);
            if !self.complete {
                continue;
            }
            let Some(view) = &self.view else { continue };
            let sight = Sight { view: (**view).clone(), rows: self.rows.clone() };
            if wanted(&sight) {
                return Ok(sight);
            }
        }
        bail!("the mesh's watch ended: {self:#?}");
    }

    fn take(&mut self, event: MeshEvent) {
        match event {
            MeshEvent::View { view } => self.view = Some(view),
            MeshEvent::Rows { upserts, removes, complete } => {
                self.rows.extend(upserts.into_iter().map(|row| (row.id.clone(), row)));
                for id in removes {
                    self.rows.remove(&id);
                }
                self.complete = complete;
            }
            MeshEvent::Connection { connection } => {
                self.problem = connection.problem.map(|problem| problem.message);
            }
        }
    }
}
