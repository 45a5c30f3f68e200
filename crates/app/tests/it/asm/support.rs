//! What an operator has to know about the support of the running version.

use meshlift_app::api::dto::*;

use super::desk::*;

#[tokio::test(start_paused = true)]
async fn of_an_expired_version_it_is_said_that_asm_may_force_its_upgrade() {
    let desk = Desk::at(instance()).await;

    let view = desk.view(|view| view.asm.is_some()).await;

    let notes = view.asm.expect("it is ASM's").notes;
    let note = notes.iter().find(|note| note.code == PhraseCode::NoteExpired);
    let says = note.expect("1.16 is out of support").english();
    for part in ["1.16", "2023-07-25", "by force", "no patches"] {
        assert!(says.contains(part), "`{says}` says `{part}`");
    }
}
