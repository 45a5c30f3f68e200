//! A simulated mesh, an application on it, and the words of an operator.
//!
//! [`DeskOf`] has the words that are the same for every mesh; [`Desk`] is the one at a self-run Istio.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use meshlift_app::api::dto::*;
use meshlift_app::settings::file::FileStore;
use meshlift_app::{Clock, KubeconfigSources, Meshlift, Options, SimulatedMesh};
use meshlift_sim::{Pace, SimMesh, Workload};
use serde_json::Value;
use tempfile::TempDir;

/// Name of the context in these tests.
pub(crate) const MESH: &str = "practice";
/// The running revision and version, and those to go to.
pub(crate) const OLD: (&str, &str) = ("1-30", "1.30.5");
pub(crate) const NEW: (&str, &str) = ("1-31", "1.31.1");

const VALUES: &str = "\
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata:
  namespace: istio-system
spec:
  profile: minimal
  values:
    pilot:
      autoscaleMin: 2
";

/// A mesh with two namespaces, five workloads and an injected gateway.
pub(crate) fn mesh() -> SimMesh {
    SimMesh::builder()
        .seed(1)
        .at(noon())
        .cluster_uid("cluster-one")
        .install(OLD.1, VALUES, &["revision=1-30"])
        .istioctl(NEW.1)
        .namespace("shop", &[("istio.io/rev", "1-30")])
        .workload(Workload::deployment("shop", "cart").replicas(3))
        .workload(Workload::deployment("shop", "search"))
        .workload(Workload::stateful_set("shop", "redis").replicas(2))
        .namespace("pay", &[("istio-injection", "enabled")])
        .workload(Workload::deployment("pay", "ledger").replicas(2))
        .workload(Workload::daemon_set("pay", "agent"))
        .namespace("edge", &[("istio-injection", "enabled")])
        .workload(Workload::gateway("edge", "ingress").replicas(2))
        .pace(Pace::Instant)
        .build()
}

pub(crate) fn noon() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

/// An operator at a computer, before a mesh.
pub(crate) struct DeskOf<M> {
    pub(crate) app: Meshlift,
    pub(crate) mesh: M,
    pub(crate) folder: Arc<TempDir>,
    context: &'static str,
}

/// An operator before a self-run Istio.
pub(crate) type Desk = DeskOf<SimMesh>;

impl<M> DeskOf<M> {
    /// Starts the app and opens its one context.
    pub(crate) async fn open_at(
        context: &'static str,
        mesh: M,
        options: Options,
        folder: Arc<TempDir>,
    ) -> Self {
        let app = Meshlift::open(options).await.expect("it opens");
        let desk = Self { app, mesh, folder, context };
        desk.open().await.expect("the mesh can be reached");
        desk
    }

    pub(crate) async fn open(&self) -> Result<ContextRow, ApiError> {
        self.app.context_open(ContextName { context: self.context.into() }).await
    }

    /// The view of the mesh, once it is read as a whole and says what is asked of it.
    pub(crate) async fn view(&self, says: impl Fn(&MeshView) -> bool) -> MeshView {
        let request = WatchMesh { watch_id: "view".into(), context: self.context.into() };
        let events = self.app.mesh_watch(request).await.expect("it is open");
        let mut events = std::pin::pin!(events);
        let mut view = None;
        let mut complete = false;
        while let Some(event) = within(events.next()).await {
            match event {
                MeshEvent::View { view: new } => view = Some(new),
                MeshEvent::Rows { complete: all, .. } => complete |= all,
                MeshEvent::Connection { .. } => {}
            }
            if let Some(view) = view.as_ref().filter(|view| complete && says(view)) {
                return (**view).clone();
            }
        }
        panic!("the watch ended")
    }

    /// Why the mesh is not read, as the page says it.
    pub(crate) async fn problem(&self) -> ApiError {
        let request = WatchMesh { watch_id: "problem".into(), context: self.context.into() };
        let events = self.app.mesh_watch(request).await.expect("it is open");
        let mut events = std::pin::pin!(events);
        while let Some(event) = within(events.next()).await {
            if let MeshEvent::Connection { connection: Connection { problem: Some(problem), .. } } =
                event
            {
                return problem;
            }
        }
        panic!("the watch ended")
    }

    pub(crate) async fn rows(&self) -> Vec<DataPlaneRow> {
        let request = WatchMesh { watch_id: "rows".into(), context: self.context.into() };
        let events = self.app.mesh_watch(request).await.expect("it is open");
        let mut events = std::pin::pin!(events);
        let mut rows = Vec::new();
        while let Some(event) = within(events.next()).await {
            if let MeshEvent::Rows { upserts, complete, .. } = event {
                rows.extend(upserts);
                if complete {
                    return rows;
                }
            }
        }
        panic!("the watch ended")
    }

    pub(crate) async fn precheck(&self, method: Method) -> PrecheckView {
        let request = PrecheckRequest { context: self.context.into(), method };
        self.app.precheck_run(request).await.expect("it can be checked")
    }

    pub(crate) async fn plan(&self, operation: OperationRequest) -> Result<PlanView, ApiError> {
        self.app.plan_make(PlanRequest { context: self.context.into(), operation }).await
    }

    /// Confirms a plan with everything that it asks for.
    pub(crate) async fn confirm(&self, plan: &PlanView) -> Result<RunStarted, ApiError> {
        let consents = plan.consents.iter().map(|consent| consent.id.clone()).collect();
        let typed_name = plan.protected.then(|| plan.context.clone());
        let request = StartRun {
            digest: plan.digest.clone(),
            consents,
            acknowledgements: Vec::new(),
            typed_name,
        };
        self.app.run_start(request).await
    }

    /// Follows a run until it is as asked.
    pub(crate) async fn until(&self, run: &str, is_so: impl Fn(&RunView) -> bool) -> RunView {
        let mut updates = std::pin::pin!(self.follow(run).await);
        let mut last = None;
        let found = async {
            while let Some(update) = updates.next().await {
                if is_so(&update.view) {
                    return update.view;
                }
                last = Some(update.view);
            }
            panic!("the watch ended")
        };
        let limit = std::time::Duration::from_hours(2);
        let found = tokio::time::timeout(limit, found).await;
        found.unwrap_or_else(|_| panic!("it did not come so far: {last:#?}"))
    }

    pub(crate) async fn follow(&self, run: &str) -> impl Stream<Item = RunUpdate> + use<M> {
        let request =
            WatchRun { watch_id: format!("watch-{run}"), run_id: run.into(), since_seq: 0 };
        self.app.run_watch(request).await.expect("the run is known")
    }

    pub(crate) async fn answer(&self, view: &RunView, answer: Answer) {
        let question = view.question.as_ref().expect("it asks");
        let request =
            RunAnswer { run_id: view.summary.id.clone(), question_id: question.id.clone(), answer };
        self.app.run_answer(request).await.expect("it takes the answer");
    }

    /// The whole log of a run, in English.
    pub(crate) async fn log(&self, run: &str) -> Vec<String> {
        let report = self.app.run_report(RunId { run_id: run.into() }).await.expect("a report");
        let report: Value = serde_json::from_str(&report.json).expect("JSON");
        let events = report["events"].as_array().expect("events");
        events
            .iter()
            .map(|event| event["event"]["event"].as_str().unwrap_or("?").to_owned())
            .collect()
    }
}

impl DeskOf<SimMesh> {
    /// Sits down at a mesh with an empty data folder.
    pub(crate) async fn at(mesh: SimMesh) -> Self {
        Self::with(mesh, Arc::new(tempfile::tempdir().expect("a folder")), "ada@loom").await
    }

    /// Sits down at a mesh with a data folder and a name.
    pub(crate) async fn with(mesh: SimMesh, folder: Arc<TempDir>, operator: &str) -> Self {
        let options = options(&mesh, folder.path(), operator);
        Self::open_at(MESH, mesh, options, folder).await
    }

    /// The app is closed and started again on the same data.
    pub(crate) async fn restart(self) -> Self {
        let Self { app, mesh, folder, context: _ } = self;
        app.close().await;
        drop(app);
        Self::with(mesh, folder, "ada@loom").await
    }

    pub(crate) async fn start(&self, operation: OperationRequest) -> String {
        let plan = self.plan(operation).await.expect("it can be planned");
        assert_eq!(blocking(&plan), Vec::<&FindingView>::new(), "nothing speaks against it");
        self.confirm(&plan).await.expect("it starts").run_id
    }

    /// Runs an operation to its end.
    pub(crate) async fn run(&self, operation: OperationRequest) -> RunView {
        let id = self.start(operation).await;
        self.until(&id, is_over).await
    }

    /// Runs an operation and expects it to succeed.
    pub(crate) async fn succeed(&self, operation: OperationRequest) -> RunView {
        let view = self.run(operation).await;
        assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
        view
    }

    /// Revision and version of every proxy in a namespace, without repeats.
    pub(crate) fn proxies(&self, namespace: &str) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = self
            .mesh
            .objects("pods")
            .iter()
            .filter(|pod| pod["metadata"]["namespace"] == namespace)
            .filter_map(proxy_of)
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// An injection label of a namespace.
    pub(crate) fn label(&self, namespace: &str, key: &str) -> Option<String> {
        let namespace = self.mesh.object("namespaces", "", namespace)?;
        namespace["metadata"]["labels"][key].as_str().map(str::to_owned)
    }

    /// How often each workload was patched for real.
    pub(crate) fn restarts(&self) -> usize {
        let real = |path: &str| path.contains("/apis/apps/") && !path.contains("dryRun");
        self.mesh
            .requests()
            .iter()
            .filter(|request| request.method == "PATCH" && real(&request.path))
            .count()
    }
}

pub(crate) fn options(mesh: &SimMesh, folder: &Path, operator: &str) -> Options {
    let store = Arc::new(FileStore::new(folder.join("settings.json")));
    Options {
        kubeconfigs: KubeconfigSources::default(),
        demo: None,
        simulated: vec![SimulatedMesh { context: MESH.into(), mesh: mesh.clone() }],
        istioctl_path: None,
        operator: operator.into(),
        clock: Clock::runtime(noon()),
        ..Options::new(folder.to_owned(), store)
    }
}

pub(crate) fn deploy() -> OperationRequest {
    OperationRequest::DeployCanary { target: NEW.1.into() }
}

pub(crate) fn move_to(to: MoveTarget, namespaces: &[&str], restart: bool) -> OperationRequest {
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    OperationRequest::MoveNamespaces { namespaces, to, restart }
}

pub(crate) fn is_over(view: &RunView) -> bool {
    matches!(view.summary.state, RunState::Succeeded | RunState::Failed | RunState::Aborted)
}

pub(crate) fn is(state: RunState) -> impl Fn(&RunView) -> bool {
    move |view| view.summary.state == state
}

pub(crate) fn blocking(plan: &PlanView) -> Vec<&FindingView> {
    plan.findings.iter().filter(|finding| finding.severity == Severity::Block).collect()
}

fn proxy_of(pod: &Value) -> Option<(String, String)> {
    let containers = pod["spec"]["containers"].as_array()?.iter();
    let all = containers.chain(pod["spec"]["initContainers"].as_array().into_iter().flatten());
    let proxy = all.into_iter().find(|container| container["name"] == "istio-proxy")?;
    let version = proxy["image"].as_str()?.rsplit_once(':')?.1.to_owned();
    let revision = pod["metadata"]["annotations"]["istio.io/rev"].as_str()?.to_owned();
    Some((revision, version))
}

/// A bound on waiting, in the test's own time.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    let limit = std::time::Duration::from_mins(15);
    tokio::time::timeout(limit, future).await.expect("something happens in a quarter of an hour")
}

/// Confirms a plan, with every consent, and takes what blocks it upon oneself for this reason.
pub(crate) fn start(plan: &PlanView, reason: &str) -> StartRun {
    let acknowledge = |finding: &&FindingView| Acknowledgement {
        finding: finding.id.clone(),
        reason: reason.to_owned(),
    };
    StartRun {
        digest: plan.digest.clone(),
        consents: plan.consents.iter().map(|consent| consent.id.clone()).collect(),
        acknowledgements: blocking(plan).iter().map(acknowledge).collect(),
        typed_name: None,
    }
}

/// Every file of a folder and of those in it.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file"));
    let paths = entries.map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
