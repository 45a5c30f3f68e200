use jiff::civil::date;
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
    let rest: Vec<&str> = best.first.iter().map(|todo| todo.source.as_str()).skip(1).collect();
    assert_eq!(rest, ["S22", "S21", "S24"]);
}

#[test]
fn a_source_that_has_to_be_patched_is_said_first() {
    let list = answer(&request("1.16.4.93", "1.18.0.158", "asm-seed"));

    let first = &list.routes[0].first[0];
    assert_eq!(first.what.code, Code::FirstPatch);
    assert!(first.what.english().contains("1.16.5"), "{}", first.what.english());
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
