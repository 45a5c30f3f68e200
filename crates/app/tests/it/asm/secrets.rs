//! Nothing of a credential reaches the journal, a report, a view or an error.

use meshlift_app::api::dto::*;
use meshlift_sim::asm::AsmFault;

use super::desk::*;

#[tokio::test(start_paused = true)]
async fn no_secret_is_told() {
    let desk = Desk::at(instance()).await;
    let view = desk.view(|view| view.asm.is_some()).await;
    let plan = desk.plan(upgrade()).await.expect("it can be planned");
    let run = desk.succeed(upgrade()).await;
    desk.instance.fault(AsmFault::Locked);
    let report = desk.precheck(Method::InPlace).await;
    let written = desk.app.run_report(RunId { run_id: run.summary.id.clone() }).await.unwrap();

    let told = format!("{view:?}{plan:?}{run:?}{report:?}{written:?}");

    let secrets = desk.instance.secrets();
    assert!(!secrets.is_empty(), "there is something to look for");
    for secret in secrets {
        assert!(!told.contains(&secret), "a secret is told");
    }
}
