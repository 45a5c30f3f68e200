//! A simulated ASM instance, an application on it, and the words of an operator.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use meshlift_app::api::dto::*;
use meshlift_app::settings::file::FileStore;
use meshlift_app::{Clock, KubeconfigSources, Options, SimulatedInstance};
use meshlift_cluster::provider::asm::credentials::Environment;
use meshlift_sim::asm::{AsmBuilder, SimAsm};
use meshlift_sim::{Pace, Workload};
use serde_json::Value;

use crate::common::{DeskOf, is_over};

/// Name of the context in these tests.
pub(crate) const CONTEXT: &str = "asm-practice";
pub(crate) const RUNNING: &str = "v1.16.4.93-g7ad2c1e5-aliyun";
pub(crate) const IN_PLACE: &str = "v1.17.2.42-gf7619883-aliyun";
pub(crate) const CANARY: &str = "v1.18.0.158-gc6cf0b9c-aliyun";

/// An Enterprise instance with two gateways, two namespaces and four workloads.
pub(crate) fn instance() -> SimAsm {
    described().build()
}

/// The same, to be described further.
pub(crate) fn described() -> AsmBuilder {
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
}

/// An operator before an ASM instance.
pub(crate) type Desk = DeskOf<SimAsm>;

impl DeskOf<SimAsm> {
    pub(crate) async fn at(instance: SimAsm) -> Self {
        Self::with(instance, None).await
    }

    /// As [`Desk::at`], with a credential that is looked for in these surroundings.
    pub(crate) async fn with(instance: SimAsm, environment: Option<Environment>) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let options = options(&instance, folder.path(), environment);
        Self::open_at(CONTEXT, instance, options, folder).await
    }

    /// The app is closed and started again on the same data.
    pub(crate) async fn restart(self) -> Self {
        let Self { app, mesh, folder, .. } = self;
        app.close().await;
        drop(app);
        let options = options(&mesh, folder.path(), None);
        Self::open_at(CONTEXT, mesh, options, folder).await
    }

    /// Starts an operation. Instance and cluster are watched apart, so a plan may be made before the
    /// later of them shows what the last run did: it is then made again, as its refusal says.
    pub(crate) async fn start(&self, operation: OperationRequest) -> String {
        for _ in 0..5 {
            let plan = self.plan(operation.clone()).await.expect("it can be planned");
            match self.confirm(&plan).await {
                Ok(started) => return started.run_id,
                Err(error) if error.code == ErrorCode::PlanOutdated => {}
                Err(error) => panic!("{error:?}: {:#?}", plan.findings),
            }
        }
        panic!("the mesh does not come to rest")
    }

    /// Runs an operation to its end, doing in the console what it asks for.
    pub(crate) async fn succeed(&self, operation: OperationRequest) -> RunView {
        let id = self.start(operation).await;
        let view = self.finish(&id).await;
        assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
        view
    }

    /// Follows a run to its end, doing in the console what it asks for.
    pub(crate) async fn finish(&self, id: &str) -> RunView {
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

    /// Versions of the proxies in a namespace, without repeats.
    pub(crate) fn proxies(&self, namespace: &str) -> Vec<String> {
        let pods = self.mesh.data_plane().objects("pods");
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
    pub(crate) fn label(&self, namespace: &str, key: &str) -> Option<String> {
        let namespace = self.mesh.data_plane().object("namespaces", "", namespace)?;
        namespace["metadata"]["labels"][key].as_str().map(str::to_owned)
    }

    /// How often something was asked for.
    pub(super) fn asked(&self, action: &str) -> usize {
        self.mesh.calls().iter().filter(|call| call.action == action).count()
    }

    /// Upgrades that were asked for, each by the gateways that it names; none for the control plane.
    pub(crate) fn upgrades(&self) -> Vec<String> {
        let field = |form: &str, name: &str| {
            let values = form.split('&').filter_map(|pair| pair.split_once('='));
            values.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let calls = self.mesh.calls().into_iter();
        calls
            .filter(|call| call.action == "UpgradeMeshEditionPartially")
            .filter(|call| field(&call.form, "PreCheck").as_deref() == Some("false"))
            .map(|call| field(&call.form, "UpgradeGatewayRecords").unwrap_or_default())
            .map(|records| records.replace("%3A", ":"))
            .collect()
    }
}

pub(super) fn options(
    instance: &SimAsm,
    folder: &Path,
    environment: Option<Environment>,
) -> Options {
    let store = Arc::new(FileStore::new(folder.join("settings.json")));
    let instance = instance.clone();
    Options {
        kubeconfigs: KubeconfigSources::default(),
        demo: None,
        simulated_instances: vec![SimulatedInstance {
            context: CONTEXT.into(),
            instance,
            environment,
        }],
        istioctl_path: None,
        operator: "ada@loom".into(),
        clock: Clock::runtime(Timestamp::now()),
        ..Options::new(folder.to_owned(), store)
    }
}

fn proxy_of(pod: &Value) -> Option<String> {
    let containers = pod["spec"]["containers"].as_array()?.iter();
    let all = containers.chain(pod["spec"]["initContainers"].as_array().into_iter().flatten());
    let proxy = all.into_iter().find(|container| container["name"] == "istio-proxy")?;
    Some(proxy["image"].as_str()?.rsplit_once(':')?.1.to_owned())
}

pub(crate) fn upgrade() -> OperationRequest {
    OperationRequest::UpgradeControlPlane { target: "1.17.2.42".into() }
}

pub(crate) fn deploy() -> OperationRequest {
    OperationRequest::DeployCanary { target: "1.18.0.158".into() }
}

pub(crate) fn move_to(to: MoveTarget, namespaces: &[&str]) -> OperationRequest {
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    OperationRequest::MoveNamespaces { namespaces, to, restart: true }
}
