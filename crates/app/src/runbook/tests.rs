//! Runbooks of routes, compared with files. `MESHLIFT_BLESS=1` writes them anew.

use std::path::Path;

use jiff::civil::date;
use meshlift_core::catalog::Catalog;
use rstest::rstest;
use serde_json::Value;

use super::*;
use crate::api::dto::{Method, PlannedMesh, RouteList, RouteRequest};
use crate::planner::{self, Asked};

fn list(from: &str, to: &str, profile: &str, kubernetes: Option<&str>) -> (Asked, RouteList) {
    let request = RouteRequest {
        from: from.into(),
        to: to.into(),
        profile: profile.into(),
        kubernetes: kubernetes.map(Into::into),
        context: None,
    };
    let asked = planner::asked(&request, date(2026, 11, 24)).unwrap();
    let list = planner::routes(&asked, Catalog::embedded(), None);
    (asked, list)
}

fn runbook(asked: &Asked, list: &RouteList, route: usize, language: Language) -> Runbook {
    let kubernetes = asked.circumstances.kubernetes.map(|minor| minor.to_string());
    of_route(&RouteSource {
        list,
        route: &list.routes[route],
        profile: asked.profile,
        instance: None,
        kubernetes: kubernetes.as_deref(),
        as_of: "2026-09-21",
        made: "2026-11-24T12:00:00.123456789Z".parse().unwrap(),
        language,
    })
}

fn same(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/runbook/golden").join(file);
    if std::env::var_os("MESHLIFT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{} differs; look at it and bless it:\n{text}", path.display());
}

#[test]
fn a_route_of_istio_is_a_document_in_three_forms() {
    let (asked, list) = list("1.29.8", "1.31.1", "istio", Some("1.31"));
    let made = runbook(&asked, &list, 0, Language::English);

    assert_eq!(made.name, "runbook-1.29.8-to-1.31.1");
    same("istio-canary.md", &made.markdown);
    same("istio-canary.html", &made.html);
    same("istio-canary.json", &made.json);
}

#[test]
fn a_route_of_asm_is_told_in_chinese() {
    let (asked, list) = list("1.15.3.118", "1.18.0.158", "asm-seed", None);
    let made = runbook(&asked, &list, 0, Language::Chinese);

    same("asm-mixed.zh-CN.md", &made.markdown);
}

#[test]
fn labels_go_to_asms_side_and_restarts_to_the_cluster() {
    let (asked, list) = list("1.16.4.93", "1.18.0.158", "asm-seed", None);
    for route in 0..list.routes.len() {
        let made = runbook(&asked, &list, route, Language::English);

        assert!(!made.json.contains("istioctl"), "no istiod runs in the cluster: {}", made.json);
        assert!(!made.json.contains("<context>"), "each side has its own name");
        let document: Value = serde_json::from_str(&made.json).unwrap();
        let steps: Vec<&Value> = document["parts"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|part| part["steps"].as_array().unwrap())
            .collect();
        for command in steps.iter().flat_map(|step| step["commands"].as_array().unwrap()) {
            let command = command.as_str().unwrap();
            let labels = command.contains(" label ") || command.contains("IstioRev");
            let side = if labels {
                "aliyun servicemesh UpdateIstioInjectionConfig --ServiceMeshId <asm-instance>"
            } else {
                "kubectl --context <cluster-context> "
            };
            assert!(command.starts_with(side), "{command}");
        }
    }
}

#[test]
fn a_restart_waits_until_the_cluster_has_the_label_of_asms_side() {
    let (asked, list) = list("1.16.4.93", "1.18.0.158", "asm-seed", None);
    let canary = list.routes.iter().position(|it| it.hops[0].method == Method::Canary).unwrap();
    let made = runbook(&asked, &list, canary, Language::English);
    let document: Value = serde_json::from_str(&made.json).unwrap();

    let moved = &document["parts"][0]["steps"][1];

    let commands: Vec<&str> =
        moved["commands"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(
        commands[..2],
        [
            "aliyun servicemesh UpdateIstioInjectionConfig --ServiceMeshId <asm-instance> \
             --Namespace <namespace> --IstioRev 1-18-0",
            "kubectl --context <cluster-context> wait namespace/<namespace> --for \
             jsonpath='{.metadata.labels.istio\\.io/rev}'=1-18-0 --timeout 5m",
        ]
    );
    assert!(commands[2].contains("rollout restart"), "{commands:?}");
    let back = moved["back"]["commands"][0].as_str().unwrap();
    assert!(back.ends_with("--IstioRev 1-16-4"), "{back}");
    let asked_of_asm = moved["gates"][0]["command"].as_str().unwrap();
    assert!(asked_of_asm.starts_with("kubectl --context <asm-context> get namespace"));
}

#[rstest]
#[case::english(Language::English)]
#[case::chinese(Language::Chinese)]
fn no_blank_is_left_open_in_any_route(#[case] language: Language) {
    for (from, to, profile) in [
        ("1.24.6", "1.29.8", "istio"),
        ("1.16.4.93", "1.18.0.158", "asm-seed"),
        ("1.30.5", "1.31.0", "istio"),
    ] {
        let (asked, list) = list(from, to, profile, Some("1.28"));
        for number in 0..list.routes.len() {
            let made = runbook(&asked, &list, number, language);
            for text in [&made.markdown, &made.html, &made.json] {
                assert!(!text.contains("{{"), "{text}");
            }
            let document: Value = serde_json::from_str(&made.json).unwrap();
            let steps = document["parts"].as_array().unwrap().iter();
            let all: Vec<&Value> =
                steps.flat_map(|part| part["steps"].as_array().unwrap()).collect();
            for step in all {
                assert_ne!(
                    step["gates"],
                    Value::Array(Vec::new()),
                    "every step has a gate: {step}"
                );
                assert_ne!(step["back"]["what"], "", "and says its way back: {step}");
            }
        }
    }
}

#[rstest]
#[case::plain("shop-prod", "--context shop-prod ")]
#[case::quoted("shop (eu)", "--context 'shop (eu)' ")]
fn the_context_that_is_known_stands_in_every_command(#[case] name: &str, #[case] told: &str) {
    let (asked, mut list) = list("1.29.8", "1.31.1", "istio", Some("1.31"));
    list.mesh = Some(PlannedMesh {
        context: name.into(),
        version: None,
        kubernetes: None,
        read_at: None,
        looked_at: None,
    });

    let made = runbook(&asked, &list, 0, Language::English);

    assert!(!made.json.contains("<context>"), "{}", made.json);
    assert!(made.json.contains(told), "{}", made.json);
}

#[rstest]
#[case::in_place(4)]
#[case::canary(0)]
fn no_istioctl_changes_anything_before_its_version_was_looked_at(#[case] route: usize) {
    let (asked, list) = list("1.29.8", "1.31.1", "istio", None);
    let made = runbook(&asked, &list, route, Language::English);
    let document: Value = serde_json::from_str(&made.json).unwrap();

    let parts = document["parts"].as_array().unwrap().iter();
    let steps: Vec<(&Value, &Value)> = parts
        .zip(&list.routes[route].hops)
        .flat_map(|(part, hop)| {
            let target = hop.to.as_str();
            let steps = part["steps"].as_array().unwrap();
            assert!(
                steps.iter().any(|step| step["before"][0]["what"].to_string().contains(target))
            );
            steps.iter().map(|step| (&step["commands"][0], &step["before"][0]["command"]))
        })
        .collect();
    let writes = |command: &&(&Value, &Value)| {
        let told = command.0.as_str().unwrap_or_default();
        told.starts_with("istioctl") && (told.contains(" install ") || told.contains(" tag set "))
    };
    assert!(steps.iter().any(|step| writes(&step)), "{steps:?}");
    for (command, gate) in steps.iter().filter(writes) {
        assert_eq!(**gate, "istioctl version --remote=false", "before {command}");
    }
}

#[test]
fn what_others_wrote_is_only_text() {
    let (asked, mut list) = list("1.29.8", "1.31.1", "istio", None);
    let planted = "</pre><script>alert('x')</script> | `rm` \n# head";
    for change in &mut list.changes {
        change.what = planted.to_owned();
    }

    let made = runbook(&asked, &list, 0, Language::English);

    assert!(!made.html.contains("<script"), "{}", made.html);
    assert!(!made.html.contains("src=") && !made.html.contains("href="), "nothing from elsewhere");
    let unescaped = made.markdown.replace("\\<", "");
    assert!(!unescaped.contains("<script") && !unescaped.contains("</pre"), "{unescaped}");
    assert!(!made.markdown.contains("\n# head"), "no heading of somebody else's");
}

#[test]
fn an_address_stays_one_in_markdown() {
    let (asked, list) = list("1.16.4.93", "1.18.0.158", "asm-seed", None);

    let made = runbook(&asked, &list, 0, Language::English);

    let page = "https://help.aliyun.com/document_detail/417835.html";
    assert!(made.markdown.contains(page), "{}", made.markdown);
}

#[test]
fn a_name_is_fit_for_a_file() {
    assert_eq!(file_name(&["runbook", "gke_Shop/eu:1", "ab12"]), "runbook-gke-shop-eu-1-ab12");
}
