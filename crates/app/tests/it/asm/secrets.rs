//! Nothing of a credential reaches the journal, a report, a view, an event, an error or the log.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt as _;
use meshlift_app::api::dto::*;
use meshlift_sim::asm::AsmFault;

use super::desk::*;
use super::renewal::with_a_temporary_key;
use crate::common::is_over;

/// Whole upgrades with a temporary key, at the most talkative level: control plane, gateways and
/// workloads in place, then an error; on another instance a canary, with its labels and its steps of
/// the console. What is kept on disk is looked at as it is.
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
    let mut told = String::new();

    let (desk, _home) = with_a_temporary_key().await;
    in_place(&desk, &mut told).await;
    let (other, _home) = with_a_temporary_key().await;
    canary(&other, &mut told).await;

    let logged = std::fs::read_to_string(log.path()).expect("a log");
    assert!(logged.contains("TRACE"), "the log talks");
    assert!(logged.contains("the ASM instance was not read"), "of the cloud, too");
    for desk in [desk, other] {
        let kept = kept(desk.folder.path());
        assert!(kept.contains("asm-practice"), "there is a journal");
        let mut secrets = desk.mesh.secrets();
        secrets.push(desk.mesh.temporary_key().id.to_owned());
        let signatures = desk.mesh.signatures();
        assert!(signatures.len() > 20, "requests were signed");
        for secret in secrets.iter().chain(&signatures) {
            for (place, text) in [("an answer", &told), ("the log", &logged), ("a file", &kept)] {
                let before = text.find(&**secret).map(|at| tail(&text[..at]));
                assert_eq!(before, None, "a secret is in {place}, after these words");
            }
        }
    }
}

async fn in_place(desk: &Desk, told: &mut String) {
    let view = desk.view(|view| view.asm.is_some()).await;
    let report = desk.precheck(Method::InPlace).await;
    write!(told, "{view:?}{report:?}").expect("text");
    follow(desk, upgrade(), told).await;
    desk.view(|view| view.behind > 0).await;
    follow(desk, OperationRequest::UpgradeGateways, told).await;
    let rows = desk.rows().await.into_iter();
    let workloads = rows.filter(|row| row.restart.available).map(|row| row.id).collect();
    let restart = OperationRequest::Restart { first: None, workloads, width: Some(3) };
    follow(desk, restart, told).await;
    desk.mesh.fault(AsmFault::TokenExpired);
    write!(told, "{:?}", desk.problem().await).expect("text");
}

/// Deployed in the console, moved to by a label, and revoked.
async fn canary(desk: &Desk, told: &mut String) {
    let view = desk.view(|view| view.asm.is_some()).await;
    let report = desk.precheck(Method::Canary).await;
    write!(told, "{view:?}{report:?}").expect("text");
    follow(desk, deploy(), told).await;
    desk.view(|view| view.canary.canary.is_some()).await;
    follow(desk, move_to(MoveTarget::Canary, &["shop"]), told).await;
    follow(desk, OperationRequest::Revoke, told).await;
    assert_eq!(desk.asked("UpdateIstioInjectionConfig"), 2, "there and back");
}

/// Carries an operation out and notes all that is said of it.
async fn follow(desk: &Desk, operation: OperationRequest, told: &mut String) {
    let plan = desk.plan(operation.clone()).await.expect("it can be planned");
    write!(told, "{plan:?}").expect("text");
    let id = desk.start(operation).await;
    let mut updates = std::pin::pin!(desk.follow(&id).await);
    let mut is_in_console = false;
    while let Some(update) = updates.next().await {
        write!(told, "{update:?}").expect("text");
        if is_over(&update.view) {
            assert_eq!(update.view.summary.state, RunState::Succeeded, "{update:?}");
            break;
        }
        let was_there = std::mem::replace(&mut is_in_console, update.view.hand_off.is_some());
        if is_in_console && !was_there {
            let done = desk.app.hand_off_simulate(RunId { run_id: id.clone() }).await;
            write!(told, "{:?}", done.expect("the console does it")).expect("text");
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
