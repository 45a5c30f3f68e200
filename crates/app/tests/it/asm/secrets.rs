//! Nothing of a credential reaches the journal, a report, a view, an event, an error or the log.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt as _;
use meshlift_app::api::dto::*;
use meshlift_sim::asm::AsmFault;

use super::desk::*;
use super::home::{Home, profile};
use crate::common::is_over;

/// A whole upgrade with a temporary key, at the most talkative level: control plane, gateways,
/// workloads, then an error. What is kept on disk is looked at as it is.
#[tokio::test(start_paused = true)]
async fn no_secret_is_told() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(Arc::new(log.reopen().expect("a file")))
        .with_ansi(false)
        .finish();
    // For the whole process: a line that another test's thread meets first, without a subscriber of
    // its own, would be taken for silent here as well.
    tracing::subscriber::set_global_default(subscriber).expect("it is the only one");
    let instance = instance();
    let key = instance.temporary_key();
    let home = Home::with(&[profile("work", &key)]);
    let desk = Desk::with(instance, Some(home.environment())).await;
    let view = desk.view(|view| view.asm.is_some()).await;
    let report = desk.precheck(Method::InPlace).await;
    let mut told = format!("{view:?}{report:?}");

    follow(&desk, upgrade(), &mut told).await;
    desk.view(|view| view.behind > 0).await;
    follow(&desk, OperationRequest::UpgradeGateways, &mut told).await;
    let rows = desk.rows().await.into_iter();
    let workloads = rows.filter(|row| row.restart.available).map(|row| row.id).collect();
    let restart = OperationRequest::Restart { first: None, workloads, width: Some(3) };
    follow(&desk, restart, &mut told).await;
    desk.mesh.fault(AsmFault::TokenExpired);
    write!(told, "{:?}", desk.problem().await).expect("text");

    let mut secrets = desk.mesh.secrets();
    secrets.push(key.id.to_owned());
    let signatures = desk.mesh.signatures();
    assert!(signatures.len() > 20, "requests were signed");
    let logged = std::fs::read_to_string(log.path()).expect("a log");
    assert!(logged.contains("TRACE"), "the log talks");
    assert!(logged.contains("the ASM instance was not read"), "of the cloud, too");
    let kept = kept(desk.folder.path());
    assert!(kept.contains("asm-practice"), "there is a journal");
    for secret in secrets.iter().chain(&signatures) {
        for (place, text) in [("an answer", &told), ("the log", &logged), ("a file", &kept)] {
            let before = text.find(&**secret).map(|at| tail(&text[..at]));
            assert_eq!(before, None, "a secret is in {place}, after these words");
        }
    }
}

/// Carries an operation out and notes all that is said of it.
async fn follow(desk: &Desk, operation: OperationRequest, told: &mut String) {
    let plan = desk.plan(operation).await.expect("it can be planned");
    let id = desk.confirm(&plan).await.expect("it starts").run_id;
    write!(told, "{plan:?}").expect("text");
    let mut updates = std::pin::pin!(desk.follow(&id).await);
    while let Some(update) = updates.next().await {
        write!(told, "{update:?}").expect("text");
        if is_over(&update.view) {
            assert_eq!(update.view.summary.state, RunState::Succeeded, "{update:?}");
            break;
        }
    }
    let report = desk.app.run_report(RunId { run_id: id }).await.expect("a report");
    write!(told, "{report:?}").expect("text");
}

/// Every file below a folder, as text.
fn kept(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).expect("it can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            text.push_str(&kept(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).expect("a file")));
        }
    }
    text
}

fn tail(text: &str) -> String {
    let tail: Vec<char> = text.chars().rev().take(200).collect();
    tail.into_iter().rev().collect()
}
