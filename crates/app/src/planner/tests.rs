use jiff::civil::date;
use meshlift_core::precheck::{Aside, ChangeId, Finding, Problem, Report, Severity};
use rstest::rstest;

use super::*;
use crate::api::dto::{HitState, PhraseCode as Code};

fn request(from: &str, to: &str, profile: &str) -> RouteRequest {
    RouteRequest {
        from: from.into(),
        to: to.into(),
        profile: profile.into(),
        kubernetes: Some("1.34".into()),
        context: None,
    }
}

fn answer(request: &RouteRequest) -> RouteList {
    let asked = asked(request, date(2026, 11, 24)).unwrap();
    routes(&asked, Catalog::embedded(), None)
}

#[test]
fn a_canary_over_two_minors_is_offered_first_because_it_restarts_least() {
    let list = answer(&request("1.29.8", "1.31.1", "istio"));

    let best = &list.routes[0];
    assert_eq!((best.hops.len(), best.restarts), (1, 1), "one hop, one restart");
    assert_eq!(best.hops[0].method, dto::Method::Canary);
    assert_eq!(best.hops[0].reason.code, Code::HopCanarySkip);
    assert_eq!(best.hops[0].kubernetes_fits, Some(true));
    assert_eq!(
        list.verdict.unwrap().english(),
        "Restarts of the data plane: 1; route 2 needs 2",
        "the best is explained against the next best"
    );
    let behind: Vec<String> =
        list.routes.iter().filter_map(|route| Some(route.behind.as_ref()?.english())).collect();
    assert_eq!(behind.len(), list.routes.len() - 1, "all but the best are behind");
    assert_eq!(behind[0], "1 more restarts");
    let minors: Vec<&str> = list.windows.iter().map(|window| window.minor.as_str()).collect();
    assert_eq!(minors, ["1.29", "1.30", "1.31"]);
}

#[test]
fn a_hop_says_why_the_other_method_is_none() {
    let best = &answer(&request("1.29.8", "1.31.1", "istio")).routes[0];
    let other = &best.hops[0].other;
    assert_eq!(other.method, dto::Method::InPlace);
    assert_eq!(other.refused.as_ref().map(|it| it.code), Some(Code::RefuseInPlaceSkip));

    let adjacent = &answer(&request("1.30.5", "1.31.1", "istio")).routes[0];
    assert_eq!(adjacent.hops[0].other.refused, None, "either method would do");
}

#[test]
fn a_refusal_says_what_would_make_it_possible() {
    let list = answer(&request("1.16.4.90", "1.17.2.42", "asm-seed"));

    let canary = list.refusals.iter().find(|it| it.method == Some(dto::Method::Canary)).unwrap();
    assert_eq!(canary.reason.english(), "A canary needs 1.16.4.91 or later");
    let remedy = canary.remedy.as_ref().unwrap().english();
    assert_eq!(remedy, "Be on 1.16.4.91 or later first, by the other method");
}

#[test]
fn kubernetes_is_on_top_of_what_has_to_be_done_first() {
    let list = answer(&RouteRequest {
        kubernetes: Some("1.31".into()),
        ..request("1.29.8", "1.31.1", "istio")
    });

    let best = &list.routes[0];
    let step = best.hops[0].kubernetes_first.as_ref().unwrap();
    assert_eq!(step.minors, ["1.31", "1.32"]);
    assert_eq!(best.first[0].hop, Some(1));
    assert_eq!(
        best.first[0].what.english(),
        "Upgrade Kubernetes by 1.31 → 1.32: 1.31.1 refuses Kubernetes 1.31"
    );
}

#[rstest]
#[case::istio("1.30.5", "1.31.1", "istio", None)]
#[case::asm(
    "1.17.2.42",
    "1.18.0.158",
    "asm-seed",
    Some("https://help.aliyun.com/document_detail/417835.html")
)]
fn advice_for_every_hop_names_no_page_of_another_provider(
    #[case] from: &str,
    #[case] to: &str,
    #[case] profile: &str,
    #[case] page: Option<&str>,
) {
    let list = answer(&request(from, to, profile));

    let held = [Code::FirstHold, Code::FirstQuietHour].map(|code| {
        let todo = list.routes[0].first.iter().find(|todo| todo.what.code == code);
        todo.unwrap().source.as_deref()
    });
    assert_eq!(held, [page, page]);
}

#[test]
fn a_source_that_has_to_be_patched_is_said_first() {
    let list = answer(&request("1.16.4", "1.18.7", "istio"));

    let first = &list.routes[0].first[0];
    assert_eq!(first.what.code, Code::FirstPatch, "{}", first.what.english());
    assert!(first.what.english().contains("1.16.5"), "{}", first.what.english());
}

#[test]
fn nobody_is_told_to_patch_what_asm_patches_itself() {
    let list = answer(&request("1.16.4.93", "1.18.0.158", "asm-seed"));

    let first = list.routes[0].first.iter();
    let codes: Vec<Code> = first.map(|todo| todo.what.code).collect();
    assert!(codes.contains(&Code::FirstHold), "{codes:?}");
    assert!(!codes.contains(&Code::FirstPatch), "{codes:?}");
}

#[test]
fn changes_are_named_once_and_without_a_mesh_nothing_is_said_of_them() {
    let list = answer(&request("1.29.8", "1.31.1", "istio"));

    let ids: Vec<&str> = list.changes.iter().map(|change| change.id.as_str()).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
    assert!(ids.contains(&"B131-1"), "{ids:?}");
    assert!(list.changes.iter().all(|change| change.hit == HitState::NoMesh));
    let named: Vec<&String> =
        list.routes.iter().flat_map(|it| &it.hops).flat_map(|it| &it.changes).collect();
    assert!(named.iter().all(|id| ids.contains(&id.as_str())), "every hop's changes are there");
}

#[test]
fn versions_that_are_passed_over_are_named() {
    let list = answer(&request("1.16.4.93", "1.18.0.158", "asm-seed"));

    let told: Vec<(&str, &str)> =
        list.passed_over.iter().map(|it| (it.version.as_str(), it.instead.as_str())).collect();
    assert_eq!(told, [("1.17.2.35", "1.17.2.42"), ("1.17.2.37", "1.17.2.42")]);
}

#[rstest]
#[case::version("latest", "istio", "1.34")]
#[case::profile("1.29.8", "linkerd", "1.34")]
#[case::kubernetes("1.29.8", "istio", "new")]
fn what_is_not_understood_is_named(
    #[case] from: &str,
    #[case] profile: &str,
    #[case] kubernetes: &str,
) {
    let request =
        RouteRequest { kubernetes: Some(kubernetes.into()), ..request(from, "1.31.1", profile) };
    let refused = asked(&request, date(2026, 11, 24)).unwrap_err().to_string();

    let named = [from, profile, kubernetes].into_iter().any(|it| refused.contains(it));
    assert!(named, "{refused}");
}

#[test]
fn the_question_to_begin_with_has_an_answer_under_every_set_of_rules() {
    let offered = choices(Catalog::embedded());

    for profile in &offered.profiles {
        let FirstQuestion { from, to } = &offered.first[&profile.id];
        let list = answer(&request(from, to, &profile.id));
        assert!(!list.routes.is_empty(), "{}: {from} to {to}", profile.id);
    }
    let istio = &offered.first["istio"];
    assert_eq!((istio.from.as_str(), istio.to.as_str()), ("1.23.6", "1.31.1"));
}

#[test]
fn the_catalogue_is_shown_with_its_age() {
    let view = catalogue::view(Catalog::embedded(), None, None);

    let newest = &view.releases[0];
    assert_eq!((newest.window.minor.as_str(), newest.kubernetes.as_str()), ("1.31", "1.32–1.36"));
    assert_eq!(newest.sound.as_deref(), Some("1.31.1"));
    let ages: Vec<&str> = view.parts.iter().map(|part| part.as_of.as_str()).collect();
    assert_eq!(ages, ["2026-09-21", "2026-09-21", "2026-09-21", "2026-03-11"]);
    let ranges = |id: &str| view.defects.iter().find(|it| it.id == id).unwrap().versions.clone();
    assert_eq!(ranges("KB-01"), "1.29.2–1.29.4, 1.30.0–1.30.1");
    assert_eq!(ranges("KB-07"), "1.31.0");
    assert_eq!(ranges("KB-13"), "≤ 1.30.1");
    assert_eq!(ranges("KB-12"), "*");
}

fn told(rule: &str, subject: &str, problem: Problem) -> Finding {
    Finding {
        rule: rule.into(),
        severity: Severity::Warn,
        subject: subject.into(),
        problem,
        fix: None,
        source: "https://istio.io".into(),
    }
}

/// What a precheck of the way from 1.29 says of its changes.
fn report() -> Report {
    let hit = |id| {
        let minor = "1.31".to_owned();
        Problem::Changed {
            change: ChangeId::by_name(id).unwrap(),
            minor,
            at: String::new(),
            lost: None,
        }
    };
    let unread = |what: &str| Problem::CannotTell { what: what.into(), why: "forbidden".into() };
    Report {
        findings: vec![
            told("B131-1", "Revision 1-30", hit("B131-1")),
            told("B131-4", "workloadentries", unread("workloadentries")),
            told("B131-2", "DestinationRule shop/cart", hit("B131-2")),
            told("B131-2", "DestinationRule shop/pay", hit("B131-2")),
            told("B131-2", "destinationrules", unread("destinationrules")),
        ],
        clear: ["B131-3".into()].into(),
        aside: [("B130-1".into(), Aside::NoAmbient), ("B131-6".into(), Aside::Kept)].into(),
        ..Report::default()
    }
}

fn with_mesh(report: &Report) -> RouteList {
    let asked = asked(&request("1.29.8", "1.31.1", "istio"), date(2026, 11, 24)).unwrap();
    let version: MeshVersion = "1.30.5".parse().unwrap();
    let view = PlannedMesh {
        context: "shop".into(),
        version: Some(version.numbers()),
        kubernetes: None,
        read_at: None,
        looked_at: None,
    };
    let mesh = Mesh { view, hits: Hits::of(report, Some(&version)) };
    routes(&asked, Catalog::embedded(), Some(&mesh))
}

#[rstest]
#[case::hit("B131-1", HitState::Hit, None, 1)]
#[case::hit_and_partly_unread("B131-2", HitState::Hit, None, 2)]
#[case::unread("B131-4", HitState::Undecided, Some(Code::FindCannotTellThen), 0)]
#[case::looked_for("B131-3", HitState::Clear, None, 0)]
#[case::no_ambient("B130-1", HitState::Clear, Some(Code::ClearNoAmbient), 0)]
#[case::kept("B131-6", HitState::Clear, Some(Code::ClearKept), 0)]
#[case::another_way("B130-3", HitState::Undecided, Some(Code::UndecidedWay), 0)]
fn each_change_is_hit_or_not_or_says_why_nobody_can_tell(
    #[case] id: &str,
    #[case] state: HitState,
    #[case] why: Option<Code>,
    #[case] hits: u32,
) {
    let list = with_mesh(&report());

    let change = list.changes.iter().find(|change| change.id == id).unwrap();
    assert_eq!((change.hit, change.hits), (state, hits));
    assert_eq!(change.why.as_ref().map(|why| why.code), why);
    assert_eq!(change.objects.len(), hits as usize, "the objects are named");
}

#[test]
fn what_could_not_be_decided_is_never_left_without_a_reason() {
    let list = with_mesh(&Report::default());

    assert!(!list.changes.is_empty());
    for change in &list.changes {
        assert_eq!(change.hit, HitState::Undecided, "{}: nothing was looked for", change.id);
        assert!(change.why.is_some(), "{}", change.id);
    }
}
