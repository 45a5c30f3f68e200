//! An instance is linked with the context of its cluster: found by the cluster's id, chosen, read,
//! and let go again. What is in the way is one sentence, with what to do.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use meshlift_app::api::dto::*;
use meshlift_app::settings::file::FileStore;
use meshlift_app::{KubeconfigSources, Meshlift, Options};
use meshlift_cluster::provider::asm::credentials::Environment;
use meshlift_sim::asm::{AccessKey, Action, AsmFault, Break, SimAsm};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;

use super::desk::instance;
use super::home::{Home, profile};

/// An app on a computer with a kubeconfig, whose cloud is the simulated one.
struct Computer {
    app: Meshlift,
    cloud: SimAsm,
    _folder: TempDir,
}

impl Computer {
    /// `server` is where the data plane's API server listens.
    async fn with(environment: Environment, server: &str) -> Self {
        let (folder, cloud) = (tempfile::tempdir().expect("a folder"), instance());
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(&kubeconfig, contexts(&cloud.cluster_id(), server)).expect("a file");
        let app = Meshlift::open(Options {
            asm_environment: environment,
            asm_cloud: Some(cloud.clone()),
            ..options(folder.path(), &kubeconfig)
        });
        Self { app: app.await.expect("it opens"), cloud, _folder: folder }
    }

    async fn instances(&self, cli_profile: Option<&str>) -> Result<Vec<AsmInstanceRow>, ApiError> {
        let cli_profile = cli_profile.map(str::to_owned);
        let request = AsmRegion { region: "cn-hangzhou".into(), cli_profile };
        Ok(self.app.asm_instances(request).await?.instances)
    }

    async fn link(&self, context: &str, link: Option<AsmLink>) {
        let change = ContextChange::Asm { link };
        let change = SettingsChange::Context { context: context.into(), change };
        self.app.settings_change(change).await.expect("it is kept");
    }

    async fn provider(&self, context: &str) -> ProviderKind {
        let request = ContextName { context: context.into() };
        self.app.context_open(request).await.expect("it opens");
        let request = WatchMesh { watch_id: context.into(), context: context.into() };
        let events = self.app.mesh_watch(request).await.expect("it is open");
        let views = events.filter_map(async |event| match event {
            MeshEvent::View { view } => Some(view.provider),
            MeshEvent::Rows { .. } | MeshEvent::Connection { .. } => None,
        });
        let mut views = std::pin::pin!(views);
        let first = tokio::time::timeout(Duration::from_mins(1), views.next());
        first.await.expect("it is read").expect("the watch goes on")
    }
}

fn options(folder: &Path, kubeconfig: &Path) -> Options {
    let store = Arc::new(FileStore::new(folder.join("settings.json")));
    Options {
        kubeconfigs: KubeconfigSources { env: Some(kubeconfig.into()), home: None },
        demo: None,
        istioctl_path: None,
        operator: "ada@loom".into(),
        ..Options::new(folder.to_owned(), store)
    }
}

/// A context that ACK's own kubeconfig would have, and another one.
fn contexts(cluster: &str, server: &str) -> String {
    let named = format!("kubernetes-admin-{cluster}");
    json!({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [
            { "name": "data-plane", "cluster": { "server": server } },
            { "name": "elsewhere", "cluster": { "server": "http://127.0.0.1:1" } },
        ],
        "users": [{ "name": "ada", "user": {} }],
        "contexts": [
            { "name": named, "context": { "cluster": "data-plane", "user": "ada" } },
            { "name": "elsewhere", "context": { "cluster": "elsewhere", "user": "ada" } },
        ],
    })
    .to_string()
}

fn key() -> AccessKey {
    instance().access_key()
}

fn wrong() -> Value {
    profile("wrong", &AccessKey { secret: "not-the-secret", ..key() })
}

fn unknown() -> Value {
    profile("unknown", &AccessKey { id: "nobodys-key", ..key() })
}

#[tokio::test]
async fn an_instance_is_found_linked_read_and_let_go() {
    let home = Home::with(&[profile("work", &key())]);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let server = format!("http://{}", listener.local_addr().expect("an address"));
    let computer = Computer::with(home.environment(), &server).await;
    let cloud = computer.cloud.clone();
    let serving = tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = cloud.dial_data_plane();
            tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        }
    });

    let found = computer.instances(None).await.expect("they are listed");
    let [row] = found.as_slice() else { panic!("one instance: {found:?}") };
    let [cluster] = row.clusters.as_slice() else { panic!("one cluster: {row:?}") };
    assert_eq!(cluster.id, computer.cloud.cluster_id());
    let [context] = cluster.contexts.as_slice() else { panic!("its id names one: {cluster:?}") };
    let link = AsmLink {
        instance: row.id.clone(),
        region: row.region.clone(),
        profile: None,
        cli_profile: Some("work".into()),
    };
    computer.link(context, Some(link)).await;
    assert_eq!(computer.provider(context).await, ProviderKind::Asm, "both sides are one mesh");

    computer.link(context, None).await;
    let request = ContextName { context: context.clone() };
    let summary = computer.app.context_scan(request).await.expect("it is read without ASM");
    assert_eq!(summary.state.code, PhraseCode::DeclinedAsmUnlinked, "it says what to do");
    computer.app.close().await;
    serving.abort();
}

#[tokio::test(start_paused = true)]
async fn profiles_can_be_chosen_and_none_is_used_unasked() {
    let program =
        json!({ "name": "corp", "mode": "External", "process_command": "corp-login --now" });
    let home = Home::with(&[program, profile("work", &key())]);
    let computer = Computer::with(home.environment(), "http://127.0.0.1:1").await;
    let ask = |name: Option<&str>| AsmCredentialChoice { cli_profile: name.map(str::to_owned) };

    let first = computer.app.asm_credentials(ask(None)).await.expect("an answer");
    let chosen = computer.app.asm_credentials(ask(Some("work"))).await.expect("an answer");

    let listed: Vec<(&str, &str, Option<&str>)> = first
        .profiles
        .iter()
        .map(|it| (it.name.as_str(), it.mode.as_str(), it.runs.as_deref()))
        .collect();
    assert_eq!(listed, [("corp", "External", Some("corp-login")), ("work", "AK", None)]);
    let problem = first.problem.expect("the current profile would run a program").english();
    assert!(problem.contains("corp-login") && problem.contains("not agreed"), "{problem}");
    assert_eq!(chosen.problem, None);
    assert_eq!(chosen.region.as_deref(), Some("cn-hangzhou"));
    assert!(
        chosen.source.is_some_and(|source| source.english().contains("`work`")),
        "its place is named"
    );
    assert_eq!(computer.cloud.calls(), [], "nothing was asked of the cloud");
}

#[rstest]
#[case::no_credential(&[], None, "no credential", PhraseCode::HintAsmCredentials)]
#[case::wrong_secret(&[wrong()], None, "does not belong to the access key", PhraseCode::HintAsmCredentials)]
#[case::unknown_key(&[unknown()], None, "unknown to Alibaba Cloud", PhraseCode::HintAsmCredentials)]
#[case::forbidden(&[profile("work", &key())], Some(AsmFault::Forbidden(Action::Any)),
    "not allowed", PhraseCode::HintAsmPermission)]
#[case::throttled(&[profile("work", &key())],
    Some(AsmFault::Throttled { on: Action::Any, times: 100, time_left: None }),
    "call less often", PhraseCode::HintAsmLater)]
#[case::time_out(&[profile("work", &key())],
    Some(AsmFault::Breaks { on: Action::Any, times: 100, how: Break::Silence }),
    "did not answer", PhraseCode::HintCheckNetwork)]
#[tokio::test(start_paused = true)]
async fn what_is_in_the_way_is_one_sentence_with_what_to_do(
    #[case] profiles: &[Value],
    #[case] fault: Option<AsmFault>,
    #[case] says: &str,
    #[case] hint: PhraseCode,
) {
    let home = Home::with(profiles);
    let computer = Computer::with(home.environment(), "http://127.0.0.1:1").await;
    if let Some(fault) = fault {
        computer.cloud.fault(fault);
    }

    let error = computer.instances(None).await.expect_err("it can't be listed");

    assert!(error.message.contains(says), "`{}` says `{says}`", error.message);
    assert!(!error.message.contains('\n'), "one sentence");
    assert_eq!(error.hint.as_ref().map(|hint| hint.code), Some(hint), "{error:?}");
    let shown = format!("{error:?}");
    for secret in [key().id, key().secret, "not-the-secret"] {
        assert!(!shown.contains(secret), "a part of the key is shown");
    }
}
