//! The app ends at any moment of an upgrade in place, starts again, and nothing is done twice.

use meshlift_app::api::dto::*;
use meshlift_app::journal::Trip;
use rstest::rstest;

use super::desk::*;
use crate::common::{is, is_over};

#[rstest]
#[case::before_what_was_announced(false)]
#[case::after_what_was_announced(true)]
#[tokio::test(start_paused = true)]
async fn an_upgrade_survives_the_apps_end_at_every_entry(#[case] acknowledged: bool) {
    let undisturbed = Desk::at(instance()).await;
    undisturbed.view(|view| view.asm.is_some()).await;
    let run = undisturbed.succeed(upgrade()).await;
    let entries = undisturbed.log(&run.summary.id).await.len();
    assert!(entries > 9, "the run has many entries: {entries}");

    for at in 1..entries - 1 {
        let desk = Desk::at(instance()).await;
        desk.view(|view| view.asm.is_some()).await;
        let entries = u32::try_from(at).unwrap();
        desk.app.journal().trip(Trip { entries, acknowledged });
        let run = desk.start(upgrade()).await;
        desk.until(&run, is(RunState::Interrupted)).await;

        let desk = desk.restart().await;
        desk.app.run_resume(RunId { run_id: run.clone() }).await.unwrap();
        let view = desk.until(&run, is_over).await;

        let says = view.summary.sentence.english();
        assert_eq!(view.summary.state, RunState::Succeeded, "at {at}: {says}");
        assert_eq!(desk.upgrades().len(), 1, "at {at}: it was asked for once");
        desk.app.close().await;
    }
}
