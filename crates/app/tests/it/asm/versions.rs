//! What an open instance says of ASM's versions is in the Planner as long as it is open.

use meshlift_app::api::dto::*;

use super::desk::{CONTEXT, Desk, described};

/// A version that no public page names.
const NEWER: (&str, &str) = ("v1.19.2.7-gabc0123-aliyun", "1.19.2.7");

/// An instance that offers it, once it was read.
async fn opened() -> Desk {
    let desk = Desk::at(described().offer(NEWER.0).build()).await;
    desk.view(|view| view.asm.is_some()).await;
    desk
}

async fn offered(desk: &Desk) -> bool {
    let choices = desk.app.planner_choices(Nothing {}).await.unwrap();
    choices.versions["asm-seed"].iter().any(|version| version == NEWER.1)
}

/// Where the catalogue's versions of ASM come from, and of which day they are.
async fn origin(desk: &Desk) -> (CatalogueOrigin, String) {
    let view = desk.app.catalogue_get(Nothing {}).await.unwrap();
    let mut parts = view.parts.into_iter();
    let part = parts.find(|part| part.kind == CataloguePartKind::AsmVersions).unwrap();
    (part.origin, part.as_of)
}

#[tokio::test(start_paused = true)]
async fn the_planner_offers_what_only_the_open_instance_offers() {
    let desk = opened().await;
    let today = jiff::Timestamp::now().to_string();

    assert!(offered(&desk).await);
    let (origin_now, day) = origin(&desk).await;
    assert_eq!(origin_now, CatalogueOrigin::Live);
    assert_eq!(day, today[..10], "the day on which it was asked");

    desk.app.context_close(ContextName { context: CONTEXT.into() }).await.unwrap();
    assert!(!offered(&desk).await, "a closed instance offers nothing");
    let (origin_then, day) = origin(&desk).await;
    assert_eq!((origin_then, day.as_str()), (CatalogueOrigin::Embedded, "2026-03-11"));
}

#[tokio::test(start_paused = true)]
async fn the_other_parts_of_the_catalogue_stay_what_they_were() {
    let desk = opened().await;

    let view = desk.app.catalogue_get(Nothing {}).await.unwrap();

    let live: Vec<CataloguePartKind> = view
        .parts
        .iter()
        .filter(|part| part.origin == CatalogueOrigin::Live)
        .map(|part| part.kind)
        .collect();
    assert_eq!(live, [CataloguePartKind::AsmVersions]);
}

#[tokio::test(start_paused = true)]
async fn what_it_said_goes_with_a_saved_snapshot() {
    let desk = opened().await;
    let path = desk.folder.path().join("asm.meshlift.json").display().to_string();
    let request =
        SaveSnapshot { context: CONTEXT.into(), path: path.clone(), if_exists: IfExists::Refuse };
    desk.app.snapshot_save(request).await.unwrap();
    desk.app.context_close(ContextName { context: CONTEXT.into() }).await.unwrap();
    assert!(!offered(&desk).await);

    desk.app.snapshot_open(FileName { path }).await.unwrap();

    assert!(offered(&desk).await);
    assert_eq!(origin(&desk).await.0, CatalogueOrigin::Live);
}
