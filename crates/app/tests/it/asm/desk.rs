//! A simulated ASM instance, an application on it, and the words of an operator.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use meshlift_app::api::dto::*;
use meshlift_app::settings::file::FileStore;
use meshlift_app::{Clock, KubeconfigSources, Meshlift, Options, SimulatedInstance};
use meshlift_sim::asm::SimAsm;
use meshlift_sim::{Pace, Workload};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{is_over, within};

/// Name of the context in these tests.
pub(super) const CONTEXT: &str = "asm-practice";
pub(super) const RUNNING: &str = "v1.16.4.93-g7ad2c1e5-aliyun";
pub(super) const IN_PLACE: &str = "v1.17.2.42-gf7619883-aliyun";
pub(super) const CANARY: &str = "v1.18.0.158-gc6cf0b9c-aliyun";

/// An Enterprise instance with two gateways, two namespaces and four workloads.
pub(super) fn instance() -> SimAsm {
    SimAsm::builder()
        .seed(1)
        .at(Timestamp::now())
        .name("practice")
        .version(RUNNING)
        .offer(IN_PLACE)
        .offer(CANARY)
        .gateway("ingressgateway", 2)
        .gateway("partner", 2)
        .namespace("shop", &[("istio-injection", "enabled")])
        .workload(Workload::deployment("shop", "cart").replicas(3))
        .workload(Workload::deployment("shop", "search"))
        .namespace("pay", &[("istio-injection", "enabled")])
        .workload(Workload::deployment("pay", "ledger").replicas(2))
        .workload(Workload::stateful_set("pay", "store").replicas(2))
        .pace(Pace::Instant)
        .build()
}

/// An operator at a computer.
pub(super) struct Desk {
    pub(super) app: Meshlift,
    pub(super) instance: SimAsm,
    folder: Arc<TempDir>,
}

impl Desk {
    pub(super) async fn at(instance: SimAsm) -> Self {
        Self::with(instance, Arc::new(tempfile::tempdir().expect("a folder"))).await
    }

    async fn with(instance: SimAsm, folder: Arc<TempDir>) -> Self {
        let store = Arc::new(FileStore::new(folder.path().join("settings.json")));
        let simulated = SimulatedInstance { context: CONTEXT.into(), instance: instance.clone() };
        let options = Options {
            kubeconfigs: KubeconfigSources::default(),
            demo: None,
            simulated_instances: vec![simulated],
            istioctl_path: None,
            operator: "ada@loom".into(),
            clock: Clock::runtime(Timestamp::now()),
            ..Options::new(folder.path().to_owned(), store)
        };
        let app = Meshlift::open(options).await.expect("it opens");
        let desk = Self { app, instance, folder };
        let request = ContextName { context: CONTEXT.into() };
        desk.app.context_open(request).await.expect("the data plane can be reached");
        desk
    }

    /// The app is closed and started again on the same data.
    pub(super) async fn restart(self) -> Self {
        let Self { app, instance, folder } = self;
        app.close().await;
        drop(app);
        Self::with(instance, folder).await
    }

    /// The view of the mesh, once it says what is asked of it.
    pub(super) async fn view(&self, says: impl Fn(&MeshView) -> bool) -> MeshView {
        let request = WatchMesh { watch_id: "view".into(), context: CONTEXT.into() };
        let events = self.app.mesh_watch(request).await.expect("it is open");
        let mut events = std::pin::pin!(events);
        let mut complete = false;
        let mut view = None;
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

    pub(super) async fn rows(&self) -> Vec<DataPlaneRow> {
        let request = WatchMesh { watch_id: "rows".into(), context: CONTEXT.into() };
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

    pub(super) async fn precheck(&self, method: Method) -> PrecheckView {
        let request = PrecheckRequest { context: CONTEXT.into(), method };
        self.app.precheck_run(request).await.expect("it can be checked")
    }

    pub(super) async fn plan(&self, operation: OperationRequest) -> Result<PlanView, ApiError> {
        self.app.plan_make(PlanRequest { context: CONTEXT.into(), operation }).await
    }

    pub(super) async fn start(&self, operation: OperationRequest) -> String {
        let plan = self.plan(operation).await.expect("it can be planned");
        let consents = plan.consents.iter().map(|consent| consent.id.clone()).collect();
        let request = StartRun {
            digest: plan.digest.clone(),
            consents,
            acknowledgements: Vec::new(),
            typed_name: None,
        };
        let started = self.app.run_start(request).await;
        started.unwrap_or_else(|error| panic!("{error:?}: {:#?}", plan.findings)).run_id
    }

    /// Runs an operation to its end, doing in the console what it asks for.
    pub(super) async fn succeed(&self, operation: OperationRequest) -> RunView {
        let id = self.start(operation).await;
        let view = self.finish(&id).await;
        assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
        view
    }

    /// Follows a run to its end, doing in the console what it asks for.
    pub(super) async fn finish(&self, id: &str) -> RunView {
        loop {
            let view = self.until(id, |view| is_over(view) || view.hand_off.is_some()).await;
            if is_over(&view) {
                return view;
            }
            let done = self.app.hand_off_simulate(RunId { run_id: id.into() }).await;
            done.expect("the console does it");
            self.until(id, |view| is_over(view) || view.hand_off.is_none()).await;
        }
    }

    /// Follows a run until it is as asked.
    pub(super) async fn until(&self, run: &str, is_so: impl Fn(&RunView) -> bool) -> RunView {
        let request =
            WatchRun { watch_id: format!("watch-{run}"), run_id: run.into(), since_seq: 0 };
        let updates = self.app.run_watch(request).await.expect("the run is known");
        let mut updates = std::pin::pin!(updates);
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
        let found = tokio::time::timeout(Duration::from_hours(2), found).await;
        found.unwrap_or_else(|_| panic!("it did not come so far: {last:#?}"))
    }

    pub(super) async fn answer(&self, view: &RunView, answer: Answer) {
        let question = view.question.as_ref().expect("it asks");
        let request =
            RunAnswer { run_id: view.summary.id.clone(), question_id: question.id.clone(), answer };
        self.app.run_answer(request).await.expect("it takes the answer");
    }

    /// Entries in a run's journal.
    pub(super) async fn entries(&self, run: &str) -> u32 {
        let report = self.app.run_report(RunId { run_id: run.into() }).await.expect("a report");
        let report: Value = serde_json::from_str(&report.json).expect("JSON");
        u32::try_from(report["events"].as_array().expect("events").len()).expect("few")
    }

    /// Versions of the proxies in a namespace, without repeats.
    pub(super) fn proxies(&self, namespace: &str) -> Vec<String> {
        let pods = self.instance.data_plane().objects("pods");
        let mut found: Vec<String> = pods
            .iter()
            .filter(|pod| pod["metadata"]["namespace"] == namespace)
            .filter_map(proxy_of)
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// An injection label of a namespace in the cluster.
    pub(super) fn label(&self, namespace: &str, key: &str) -> Option<String> {
        let namespace = self.instance.data_plane().object("namespaces", "", namespace)?;
        namespace["metadata"]["labels"][key].as_str().map(str::to_owned)
    }

    /// Upgrades that were asked for, each by the gateways that it names; none for the control plane.
    pub(super) fn upgrades(&self) -> Vec<String> {
        let field = |form: &str, name: &str| {
            let values = form.split('&').filter_map(|pair| pair.split_once('='));
            values.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let calls = self.instance.calls().into_iter();
        calls
            .filter(|call| call.action == "UpgradeMeshEditionPartially")
            .filter(|call| field(&call.form, "PreCheck").as_deref() == Some("false"))
            .map(|call| field(&call.form, "UpgradeGatewayRecords").unwrap_or_default())
            .map(|records| records.replace("%3A", ":"))
            .collect()
    }
}

fn proxy_of(pod: &Value) -> Option<String> {
    let containers = pod["spec"]["containers"].as_array()?.iter();
    let all = containers.chain(pod["spec"]["initContainers"].as_array().into_iter().flatten());
    let proxy = all.into_iter().find(|container| container["name"] == "istio-proxy")?;
    Some(proxy["image"].as_str()?.rsplit_once(':')?.1.to_owned())
}

pub(super) fn upgrade() -> OperationRequest {
    OperationRequest::UpgradeControlPlane { target: "1.17.2.42".into() }
}

pub(super) fn deploy() -> OperationRequest {
    OperationRequest::DeployCanary { target: "1.18.0.158".into() }
}

pub(super) fn move_to(to: MoveTarget, namespaces: &[&str]) -> OperationRequest {
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    OperationRequest::MoveNamespaces { namespaces, to, restart: true }
}
