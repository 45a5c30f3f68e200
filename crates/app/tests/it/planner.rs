//! The Planner beside a mesh, and the catalogue's file in the settings.

use std::time::Duration;

use meshlift_app::api::dto::*;

use crate::common::*;

fn request(context: Option<&str>) -> RouteRequest {
    RouteRequest {
        from: OLD.1.into(),
        to: NEW.1.into(),
        profile: "istio".into(),
        kubernetes: None,
        context: context.map(Into::into),
    }
}

#[tokio::test(start_paused = true)]
async fn changes_are_looked_for_in_the_mesh_that_is_named() {
    let desk = Desk::at(mesh()).await;

    let list = desk.app.planner_routes(request(Some(MESH))).await.unwrap();

    let mesh = list.mesh.unwrap();
    assert_eq!((mesh.context.as_str(), mesh.version.as_deref()), (MESH, Some(OLD.1)));
    assert!(mesh.kubernetes.is_some());
    assert!(!list.changes.is_empty());
    assert!(
        list.changes.iter().all(|change| change.hit != HitState::NoMesh),
        "what no rule decided is undecided, never passed"
    );
    let none = desk.app.planner_routes(request(Some("elsewhere"))).await.unwrap_err();
    assert_eq!(none.code, ErrorCode::ContextUnknown);
}

#[tokio::test(start_paused = true)]
async fn a_mesh_is_looked_at_once_a_minute_or_when_asked_and_says_when() {
    let desk = Desk::at(mesh()).await;
    let looked = async || {
        let list = desk.app.planner_routes(request(Some(MESH))).await.unwrap();
        list.mesh.unwrap().looked_at.unwrap()
    };

    let first = looked().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(looked().await, first, "one question after the other is answered from one look");

    desk.app.planner_look_again(ContextName { context: MESH.into() }).await.unwrap();
    let again = looked().await;
    assert_ne!(again, first, "the user asked for a new one");

    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_ne!(looked().await, again, "it is too old");
}

#[tokio::test(start_paused = true)]
async fn an_upgraded_mesh_is_looked_at_anew() {
    let desk = Desk::at(mesh()).await;
    let looked = async || {
        let list = desk.app.planner_routes(request(Some(MESH))).await.unwrap();
        list.mesh.unwrap().looked_at.unwrap()
    };
    let first = looked().await;

    desk.succeed(deploy()).await;

    assert_ne!(looked().await, first, "another control plane is there");
}

#[tokio::test(start_paused = true)]
async fn a_catalogue_file_is_used_and_a_broken_one_refused_in_a_sentence() {
    let desk = Desk::at(mesh()).await;
    let file = desk.folder.path().join("catalogue.json");
    let named = file.display().to_string();
    let with = |file| SettingsChange::Catalogue { file };
    std::fs::write(
        &file,
        r#"{ "format": "meshlift-catalogue", "version": 1,
             "asm_versions": { "as_of": "2026-12-01", "versions": ["1.30.2.7"] } }"#,
    )
    .unwrap();

    desk.app.settings_change(with(Some(named.clone()))).await.unwrap();
    let view = desk.app.catalogue_get(Nothing {}).await.unwrap();
    assert_eq!((view.file.as_deref(), view.problem), (Some(named.as_str()), None));
    assert_eq!(view.asm, ["1.30.2.7"]);
    let choices = desk.app.planner_choices(Nothing {}).await.unwrap();
    assert_eq!(choices.versions["asm-seed"], ["1.30.2.7"], "the Planner offers it");

    std::fs::write(&file, "{").unwrap();
    desk.app.settings_change(with(None)).await.unwrap();
    desk.app.settings_change(with(Some(named.clone()))).await.unwrap();
    let view = desk.app.catalogue_get(Nothing {}).await.unwrap();
    let problem = view.problem.unwrap().english();
    assert!(problem.starts_with(&format!("{named} is not used: line 1, column 1")), "{problem}");
    assert!(view.asm.len() > 1, "the built-in one stays");
    let relative = desk.app.settings_change(with(Some("catalogue.json".into()))).await;
    assert_eq!(relative.unwrap_err().code, ErrorCode::BadRequest);
}
