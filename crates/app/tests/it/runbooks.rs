//! Runbooks of plans: complete, in both languages, and private.

use meshlift_app::api::dto::*;
use serde_json::Value;

use crate::common::*;

fn of_plan(plan: &PlanView, language: &str) -> RunbookRequest {
    RunbookRequest {
        of: RunbookOf::Plan { digest: plan.digest.clone() },
        language: language.into(),
        acknowledged: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_followed_without_the_app() {
    let desk = Desk::at(mesh()).await;
    desk.succeed(deploy()).await;
    let plan = desk.plan(move_to(MoveTarget::Canary, &["shop"], true)).await.unwrap();

    let runbook = desk.app.runbook_make(of_plan(&plan, "en-US")).await.unwrap();

    let document: Value = serde_json::from_str(&runbook.json).unwrap();
    assert_eq!(document["format"], "meshlift-runbook");
    let steps = document["parts"][0]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), plan.steps.len(), "every step of the plan, in order");
    let moved = &steps[0];
    assert_eq!(
        moved["commands"][0],
        "kubectl --context practice label namespace shop istio-injection- istio.io/rev=1-31 --overwrite"
    );
    assert_eq!(
        moved["back"]["commands"][0],
        "kubectl --context practice label namespace shop istio-injection- istio.io/rev=1-30 --overwrite",
        "the way back is the inverse"
    );
    for step in steps {
        assert_ne!(step["gates"], Value::Array(Vec::new()), "a gate after every step: {step}");
    }
    for step in &plan.steps {
        for command in &step.commands {
            assert!(runbook.markdown.contains(command.as_str()), "{command} is missing");
        }
    }
    assert!(runbook.markdown.contains("cluster-one"), "which cluster it is for");
    assert!(runbook.html.contains(&plan.digest));
}

#[tokio::test(start_paused = true)]
async fn an_install_brings_the_file_that_its_command_names() {
    let desk = Desk::at(mesh()).await;
    let plan = desk.plan(deploy()).await.unwrap();

    let runbook = desk.app.runbook_make(of_plan(&plan, "zh-CN")).await.unwrap();

    let document: Value = serde_json::from_str(&runbook.json).unwrap();
    let install = &document["parts"][0]["steps"][0];
    let command = install["commands"][0].as_str().unwrap();
    let file = install["files"][0]["name"].as_str().unwrap();
    assert!(command.contains(file), "{command}");
    let before = install["before"][0]["command"].as_str().unwrap();
    let program = before.strip_suffix(" version --remote=false").unwrap();
    assert!(command.starts_with(program), "the istioctl of the install is looked at: {before}");
    assert!(install["before"][0]["what"].as_str().unwrap().contains(NEW.1), "{install}");
    assert!(runbook.markdown.contains("```json\n"), "a file is no command");
    let overlay = install["files"][0]["text"].as_str().unwrap();
    assert!(overlay.contains("\"ingressGateways\": []"), "{overlay}");
    assert_eq!(document["language"], "zh-CN");
    assert!(runbook.markdown.contains("关卡"), "in the user's language");
}

#[tokio::test(start_paused = true)]
async fn findings_and_acknowledgements_are_in_it() {
    let desk = Desk::at(mesh()).await;
    let path = desk.folder.path().join("shop.json").display().to_string();
    let save =
        SaveSnapshot { context: MESH.into(), path: path.clone(), if_exists: IfExists::Refuse };
    desk.app.snapshot_save(save).await.unwrap();
    let context = desk.app.snapshot_open(FileName { path }).await.unwrap().name;
    // What cannot be asked offline is a finding of its own.
    let plan = desk.app.plan_make(PlanRequest { context, operation: deploy() }).await.unwrap();
    let first = plan.findings.first().expect("this mesh has a finding");
    let request = RunbookRequest {
        acknowledged: vec![Acknowledged {
            rule: first.rule.clone(),
            subject: first.subject.clone(),
            reason: "agreed with the shop team".into(),
        }],
        ..of_plan(&plan, "en-US")
    };

    let runbook = desk.app.runbook_make(request).await.unwrap();

    assert!(runbook.markdown.contains("agreed with the shop team"));
    let document: Value = serde_json::from_str(&runbook.json).unwrap();
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), plan.findings.len(), "all of them");
    let accepted = findings.iter().filter(|it| !it["acknowledged"].is_null()).count();
    assert_eq!(accepted, 1, "only the one that was accepted");
}

#[tokio::test(start_paused = true)]
async fn it_is_saved_in_any_form_and_unknown_plans_are_refused() {
    let desk = Desk::at(mesh()).await;
    let plan = desk.plan(deploy()).await.unwrap();
    for (form, name, begins) in [
        (RunbookForm::Markdown, "plan.md", "# "),
        (RunbookForm::Html, "plan.html", "<!doctype html>"),
        (RunbookForm::Json, "plan.json", "{"),
    ] {
        let saved = desk
            .app
            .runbook_save(SaveRunbook {
                runbook: of_plan(&plan, "en-US"),
                form,
                path: desk.folder.path().join(name).display().to_string(),
                if_exists: IfExists::Refuse,
            })
            .await
            .unwrap();
        let text = std::fs::read_to_string(saved.path).unwrap();
        assert!(text.starts_with(begins), "{text}");
        assert_eq!(text.len(), saved.bytes as usize);
    }
    let unknown = PlanView { digest: "none".into(), ..plan };
    let refused = desk.app.runbook_make(of_plan(&unknown, "en-US")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::PlanUnknown);
}
