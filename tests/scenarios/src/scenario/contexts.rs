//! Contexts that can't be used: one clear sentence each, nothing hangs, the others stay usable.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::StreamExt as _;
use meshlift_app::api::dto::{ApiError, ErrorCode, FileProblem, MeshEvent, Nothing, WatchMesh};
use meshlift_bed::Bed;
use serde_json::json;
use tokio::net::TcpListener;

use crate::operator::{Desk, Operator};
use crate::patience::within;
use crate::world::World;

const PROBLEM_LIMIT: std::time::Duration = std::time::Duration::from_mins(1);

/// Addresses behind which there is nothing, files that are no kubeconfigs, and a context that works.
pub async fn contexts_that_cannot_be_used(world: &World) -> Result<()> {
    let folder = tempfile::tempdir().context("making a folder")?;
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a free port")?;
    let closed = closed_port().await?;
    let files = [
        written(folder.path(), "astray.yaml", r#"{"current-context": "gone", "contexts": []}"#)?,
        config(folder.path(), "closed", closed)?,
        config(folder.path(), "silent", silent.local_addr().context("its address")?)?,
        written(folder.path(), "broken.yaml", "contexts: [unclosed")?,
        written(folder.path(), "empty.yaml", "")?,
    ];
    let operator = Operator::start(among(world, &files)?).await?;

    let list = operator.app().context_list(Nothing {}).await?;
    for name in ["broken.yaml", "empty.yaml"] {
        let problem = list.problems.iter().find(|problem| problem.file.contains(name));
        let problem = problem.with_context(|| format!("{name}: {:?}", list.problems))?;
        one_sentence(&problem.said.english())?;
    }
    let astray = |found: &&FileProblem| {
        found.file.contains("astray.yaml") && found.said.english().contains("gone")
    };
    ensure!(
        list.problems.iter().any(|found| astray(&found)),
        "the current context that is not there is named: {:?}",
        list.problems
    );

    // The one that works is opened while the silent one is still being waited for.
    let silent_one = unreachable(&operator, "silent", silent.local_addr()?);
    let (silent_one, works) = tokio::join!(silent_one, usable(&operator, world));
    silent_one?;
    works?;
    unreachable(&operator, "closed", closed).await?;
    usable(&operator, world).await?;
    operator.close().await
}

/// Credentials and authorities that a real API server refuses.
pub async fn credentials_that_cannot_be_used(world: &World) -> Result<()> {
    let bed = world.as_bed().context("only a real API server checks credentials")?;
    let folder = tempfile::tempdir().context("making a folder")?;
    let stranger = bed.kubeconfig_for("stranger", &["guests"])?;
    let expired = bed.expired_kubeconfig_for("late", &["guests"])?;
    all_but_pods(bed, "stranger").await?;
    let files = [
        renamed(folder.path(), &stranger, "no-pods")?,
        renamed(folder.path(), &expired, "expired")?,
        wrong_authority(folder.path(), world, "wrong-ca")?,
    ];
    let operator = Operator::start(among(world, &files)?).await?;

    for (context, code) in [
        ("no-pods", ErrorCode::Forbidden),
        ("expired", ErrorCode::CertificateExpired),
        ("wrong-ca", ErrorCode::WrongAuthority),
    ] {
        let error = problem(&operator, context).await?;
        ensure!(error.code == code, "{context}: {error:?}");
        one_sentence(&error.message)?;
    }
    let forbidden = problem(&operator, "no-pods").await?;
    ensure!(forbidden.message.contains("pods"), "{}", forbidden.message);
    usable(&operator, world).await?;
    operator.close().await
}

async fn unreachable(operator: &Operator, context: &str, address: SocketAddr) -> Result<()> {
    let error = problem(operator, context).await?;
    ensure!(error.code == ErrorCode::Unreachable, "{context}: {error:?}");
    ensure!(error.message.contains(&address.to_string()), "{context}: {}", error.message);
    one_sentence(&error.message)
}

/// What the window says of a context that can't be used.
async fn problem(operator: &Operator, context: &str) -> Result<ApiError> {
    if let Err(error) = operator.open_context(context).await {
        return Ok(error);
    }
    let request = WatchMesh { watch_id: context.to_owned(), context: context.to_owned() };
    let mut events = std::pin::pin!(operator.app().mesh_watch(request).await?);
    within(PROBLEM_LIMIT, &format!("a problem of {context}"), async {
        while let Some(event) = events.next().await {
            if let MeshEvent::Connection { connection } = event
                && let Some(problem) = connection.problem
            {
                return Ok(problem);
            }
        }
        bail!("its watch ended");
    })
    .await
}

async fn usable(operator: &Operator, world: &World) -> Result<()> {
    operator.open_context(world.context()).await?;
    let sight = operator.sight("the mesh that works", |sight| !sight.rows.is_empty()).await?;
    ensure!(sight.view.proxies > 0, "{:?}", sight.view);
    Ok(())
}

fn one_sentence(message: &str) -> Result<()> {
    let plain = !message.is_empty() && !message.contains('\n') && message.len() < 300;
    ensure!(plain, "not one clear sentence: {message}");
    Ok(())
}

/// The world's desk, with more files in its `KUBECONFIG`.
fn among(world: &World, files: &[PathBuf]) -> Result<Desk> {
    let all = files.iter().map(PathBuf::as_path).chain([world.kubeconfig()]);
    let list = std::env::join_paths(all).context("joining paths")?;
    Ok(Desk::of(world).through(Path::new(&list)))
}

fn config(folder: &Path, name: &str, address: SocketAddr) -> Result<PathBuf> {
    written(folder, name, &crate::world::kubeconfig_of(name, &format!("http://{address}")))
}

fn written(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// A kubeconfig of the bed under a name of its own, so that it can stand beside the administrator's.
fn renamed(folder: &Path, kubeconfig: &Path, name: &str) -> Result<PathBuf> {
    let text = std::fs::read_to_string(kubeconfig).context("reading a kubeconfig")?;
    let text = text.lines().map(|line| rename(line, name)).collect::<Vec<_>>().join("\n");
    written(folder, name, &text)
}

fn rename(line: &str, name: &str) -> String {
    let keys = ["name:", "cluster:", "user:", "current-context:"];
    let bare = line.trim_start().trim_start_matches("- ");
    let key = keys
        .iter()
        .find(|key| bare.strip_prefix(**key).is_some_and(|rest| !rest.trim().is_empty()));
    match key {
        Some(key) => format!("{}{key} {name}", &line[..line.len() - bare.len()]),
        None => line.to_owned(),
    }
}

fn wrong_authority(folder: &Path, world: &World, name: &str) -> Result<PathBuf> {
    let key = rcgen::KeyPair::generate().context("making a key")?;
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).context("an authority")?;
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&key).context("signing an authority")?.pem();
    let bed = world.as_bed().context("only a bed has an authority")?;
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {
            "server": bed.api_server_url(),
            "certificate-authority-data": BASE64_STANDARD.encode(authority),
        }}],
        "users": [{"name": name, "user": {"token": "irrelevant"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    });
    written(folder, name, &config.to_string())
}

/// Lets a user read everything that the application reads, but no pods.
async fn all_but_pods(bed: &Bed, user: &str) -> Result<()> {
    let read = json!(["get", "list", "watch"]);
    let rules = json!([
        {"apiGroups": [""], "resources": ["namespaces", "services", "configmaps"], "verbs": read},
        {"apiGroups": ["apps"], "resources": ["*"], "verbs": read},
        {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["*"], "verbs": read},
        {"apiGroups": ["discovery.k8s.io", "policy", "apiextensions.k8s.io"], "resources": ["*"], "verbs": read},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": read},
    ]);
    let group = "rbac.authorization.k8s.io";
    let api = format!("{group}/v1");
    let role = json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": user}, "rules": rules});
    let binding = json!({
        "apiVersion": api,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": user},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    });
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]});
    bed.apply(&list.to_string()).await
}

/// A port that nobody listens on any more.
async fn closed_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a free port")?;
    listener.local_addr().context("its address")
}
