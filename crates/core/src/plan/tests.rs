use std::cmp::Ordering;

use jiff::civil::date;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::catalog::{
    Advice, Compatibility, Component, KnownBad, KubernetesFit, LiveVersions, Release, Role,
    VersionRange,
};
use crate::policy::{HopClass, Method, Remedy, Verdict, Why, judge};

fn version(text: &str) -> MeshVersion {
    text.parse().unwrap()
}

fn ask(from: &str, to: &str, profile: &str) -> Routes {
    ask_on(from, to, profile, &Circumstances::default())
}

fn ask_on(from: &str, to: &str, profile: &str, circumstances: &Circumstances) -> Routes {
    let profile = Profile::by_id(profile).unwrap();
    routes(&version(from), &version(to), profile, Catalog::embedded(), circumstances)
}

/// A route as text: `C 1.31.1` for a canary, `I 1.31.1` for in place.
fn told(route: &Route) -> String {
    let hops: Vec<String> = route
        .hops
        .iter()
        .map(|hop| match hop.method {
            Method::Canary => format!("C {}", hop.to.numbers()),
            Method::InPlace => format!("I {}", hop.to.numbers()),
        })
        .collect();
    hops.join(", ")
}

fn all_told(routes: &Routes) -> Vec<String> {
    routes.routes.iter().map(told).collect()
}

#[rstest]
// S19 and S41: a canary may skip one minor; in place needs two upgrades.
#[case::s19_row_3("1.16.4.93", "1.18.0.158", "asm-seed", &[
    "C 1.18.0.158",
    "C 1.17.2.42, C 1.18.0.158",
    "C 1.17.2.42, I 1.18.0.158",
    "I 1.17.2.42, C 1.18.0.158",
    "I 1.17.2.42, I 1.18.0.158",
])]
#[case::s19_row_1("1.16.4.93", "1.17.2.42", "asm-seed", &["C 1.17.2.42", "I 1.17.2.42"])]
#[case::s19_row_2("1.17.2.42", "1.18.0.158", "asm-seed", &["C 1.18.0.158", "I 1.18.0.158"])]
#[case::strict_page("1.16.4.93", "1.18.0.158", "asm-strict", &["I 1.17.2.42, I 1.18.0.158"])]
#[case::s18_in_place_only("1.16.4.90", "1.17.2.42", "asm-seed", &["I 1.17.2.42"])]
#[case::s26_hot_patch("v1.18.0.123", "v1.18.0.146", "asm-seed", &["I 1.18.0.146"])]
#[case::s8_no_way_down("1.18.0.158", "1.17.2.42", "asm-seed", &[])]
#[case::istio_adjacent("1.30.5", "1.31.1", "istio", &["C 1.31.1", "I 1.31.1"])]
#[case::istio_patch("1.30.3", "1.30.5", "istio", &["C 1.30.5", "I 1.30.5"])]
#[case::istio_two_minors("1.29.8", "1.31.1", "istio", &[
    "C 1.31.1",
    "C 1.30.5, C 1.31.1",
    "C 1.30.5, I 1.31.1",
    "I 1.30.5, C 1.31.1",
    "I 1.30.5, I 1.31.1",
])]
#[case::same("1.31.1", "1.31.1", "istio", &[])]
fn every_way_best_first(
    #[case] from: &str,
    #[case] to: &str,
    #[case] profile: &str,
    #[case] expected: &[&str],
) {
    assert_eq!(all_told(&ask(from, to, profile)), expected);
}

#[rstest]
#[case::fewest_restarts("1.29.8", "1.31.1", "istio", Some(Best::Ahead(Difference::Restarts { fewer: 1 })))]
#[case::more_ways_back("1.30.5", "1.31.1", "istio", Some(Best::Ahead(Difference::WaysBack { more: 1 })))]
#[case::only("1.16.4.93", "1.18.0.158", "asm-strict", Some(Best::Only))]
#[case::none("1.31.1", "1.30.5", "istio", None)]
fn the_best_route_is_the_best_for_a_reason(
    #[case] from: &str,
    #[case] to: &str,
    #[case] profile: &str,
    #[case] best: Option<Best>,
) {
    assert_eq!(ask(from, to, profile).best(), best);
}

#[rstest]
#[case::in_place_skips(
    "1.16.4.93",
    "1.18.0.158",
    "asm-seed",
    Some(Method::InPlace),
    "S8",
    Why::InPlaceSkip
)]
#[case::canary_version(
    "1.16.4.90", "1.17.2.42", "asm-seed", Some(Method::Canary), "S18",
    Why::TooOldFor { minimum: version("1.16.4.91") }
)]
#[case::downgrade("1.31.1", "1.30.5", "istio", None, "order", Why::Downgrade)]
#[case::same("1.31.1", "1.31.1", "istio", None, "order", Why::Same)]
#[case::build_unknown("1.18.0", "1.18.0.158", "asm-seed", None, "S26", Why::BuildUnknown)]
#[case::not_in_the_catalogue(
    "1.31.1", "1.32.0", "istio", None, "catalogue",
    Why::UnknownVersion { minor: version("1.32.0").minor() }
)]
#[case::nothing_to_stop_at(
    "1.18.0.158", "1.22.6.114", "asm-seed", None, "catalogue",
    Why::UnknownVersion { minor: version("1.19.0").minor() }
)]
fn what_is_refused_says_why(
    #[case] from: &str,
    #[case] to: &str,
    #[case] profile: &str,
    #[case] method: Option<Method>,
    #[case] rule: &str,
    #[case] why: Why,
) {
    let refusals = ask(from, to, profile).refusals;

    assert!(
        refusals.iter().any(|refused| {
            refused.method == method && refused.refusal.rule == rule && refused.refusal.why == why
        }),
        "{refusals:?}"
    );
}

#[rstest]
#[case::same("1.31.1", "1.31.1", "istio", None)]
#[case::downgrade("1.31.1", "1.30.5", "istio", Some(Remedy::RevokeCanary))]
#[case::build_unknown("1.18.0", "1.18.0.158", "asm-seed", Some(Remedy::NameBuild))]
#[case::not_in_the_catalogue("1.31.1", "1.32.0", "istio", Some(Remedy::NewerCatalogue))]
#[case::too_old(
    "1.16.4.90", "1.17.2.42", "asm-seed", Some(Remedy::ReachFirst { version: version("1.16.4.91") })
)]
#[case::in_place_skips("1.16.4.93", "1.18.0.158", "asm-seed", Some(Remedy::StopBetween))]
#[case::canary_skips("1.16.4.93", "1.18.0.158", "asm-strict", Some(Remedy::ShorterHops { max: 1 }))]
fn a_refusal_says_what_would_make_it_possible(
    #[case] from: &str,
    #[case] to: &str,
    #[case] profile: &str,
    #[case] expected: Option<Remedy>,
) {
    let refusals = ask(from, to, profile).refusals;
    let remedies: Vec<_> = refusals.iter().map(|refused| refused.refusal.why.remedy()).collect();

    assert!(remedies.contains(&expected), "{refusals:?}");
}

fn on(kubernetes: &str) -> Circumstances {
    Circumstances { kubernetes: Some(kubernetes.parse().unwrap()), today: None }
}

/// The Kubernetes upgrades of a route as text: `before 1.31.1: 1.31 to 1.32`.
fn kubernetes_told(route: &Route) -> Vec<String> {
    let hops = route.hops.iter();
    hops.filter_map(|hop| {
        let KubernetesUpgrade { from, to, need, fits_running } = hop.kubernetes_first?;
        let need = match need {
            Need::Required => "required",
            Need::Advised => "advised",
        };
        let gap = if fits_running { "" } else { ", outside the running version's range" };
        Some(format!("before {}: {from} to {to}, {need}{gap}", hop.to))
    })
    .collect()
}

#[rstest]
#[case::fits("1.30.5", "1.31.1", "1.34", &[])]
#[case::first("1.29.8", "1.31.1", "1.31", &["before 1.31.1: 1.31 to 1.32, required"])]
// 1.25 and 1.27 begin with Kubernetes 1.29; 1.29 refuses it, and 1.27 ends with 1.33.
#[case::between("1.24.6", "1.29.8", "1.28", &[
    "before 1.25.5: 1.28 to 1.29, required",
    "before 1.29.8: 1.29 to 1.31, required",
])]
#[case::tested_is_enough("1.27.9", "1.29.8", "1.30", &[])]
#[case::newer_than_documented("1.27.9", "1.28.10", "1.36", &[])]
fn kubernetes_comes_first_or_between(
    #[case] from: &str,
    #[case] to: &str,
    #[case] kubernetes: &str,
    #[case] expected: &[&str],
) {
    let found = ask_on(from, to, "istio", &on(kubernetes));

    assert_eq!(kubernetes_told(&found.routes[0]), expected);
    let fits = found.routes.iter().flat_map(|route| &route.hops).map(|hop| hop.kubernetes);
    for fit in fits {
        assert!(!matches!(fit, None | Some(KubernetesFit::Refused { .. })), "{fit:?}");
    }
}

#[test]
fn kubernetes_newer_than_documented_warns() {
    let warned = ask_on("1.27.9", "1.28.10", "istio", &on("1.36"));
    let hop = &warned.routes[0].hops[0];

    assert_eq!(hop.kubernetes, Some(KubernetesFit::Undocumented));
    assert!(
        hop.warnings
            .iter()
            .any(|it| matches!(it, Warning::Kubernetes { range, .. } if range == "1.30–1.34")),
        "{hop:?}"
    );
}

#[test]
fn asm_fits_kubernetes_by_what_the_instance_says() {
    let minor = |text: &str| text.parse().unwrap();
    let range = |asm, first, last| Compatibility {
        asm: minor(asm),
        first: minor(first),
        last: minor(last),
    };
    let live = LiveVersions {
        compatibility: vec![range("1.17", "1.22", "1.26"), range("1.18", "1.24", "1.28")],
        ..LiveVersions::default()
    };
    let catalog = Catalog::embedded().with_live(&live).catalog;
    let profile = Profile::by_id("asm-seed").unwrap();
    let (from, to) = (version("1.17.2.42"), version("1.18.0.158"));

    let found = routes(&from, &to, profile, &catalog, &on("1.22"));

    let told = kubernetes_told(&found.routes[0]);
    let expected = ["before 1.18.0.158: 1.22 to 1.24, required"];
    assert_eq!(told, expected, "S42: the compatibility of the instance decides");
}

#[test]
fn a_stop_passes_over_what_is_bad_or_superseded() {
    let seed = ask("1.16.4.93", "1.18.0.158", "asm-seed").passed_over;
    let told = |passed: &[PassedOver]| -> Vec<String> {
        let one = |it: &PassedOver| {
            format!("{} for {}: {:?}", it.version.numbers(), it.instead.numbers(), it.defects)
        };
        passed.iter().map(one).collect()
    };
    assert_eq!(told(&seed), ["1.17.2.35 for 1.17.2.42: []", "1.17.2.37 for 1.17.2.42: []"]);

    let mut catalog = Catalog::embedded().clone();
    let release = catalog.releases.iter_mut().find(|it| it.minor.minor == 25).unwrap();
    release.newest = version("1.25.1");
    let (from, to) = (version("1.24.6"), version("1.26.8"));
    let found =
        routes(&from, &to, Profile::by_id("istio").unwrap(), &catalog, &Circumstances::default());
    assert_eq!(told(&found.passed_over), ["1.25.1 for 1.25.0: [\"KB-08\"]"]);
}

#[test]
fn a_minor_without_a_sound_patch_is_no_stop() {
    let mut catalog = Catalog::embedded().clone();
    let release = catalog.releases.iter_mut().find(|it| it.minor.minor == 30).unwrap();
    release.newest = version("1.30.2");
    let (from, to) = (version("1.29.8"), version("1.31.1"));
    let found =
        routes(&from, &to, Profile::by_id("istio").unwrap(), &catalog, &Circumstances::default());

    assert_eq!(all_told(&found), ["C 1.31.1"], "1.30.0 to 1.30.2 are all to avoid");
    let minor = "1.30".parse().unwrap();
    assert!(found.refusals.iter().any(|it| it.refusal.why == Why::NoSoundPatch { minor }));
}

#[test]
fn a_hop_names_the_changes_it_crosses() {
    let hop = &ask("1.20.8", "1.21.6", "istio").routes[0].hops[0];
    assert!(hop.changes.contains(&"B121-3".to_owned()), "{:?}", hop.changes);
    assert!(!hop.changes.iter().any(|id| id.starts_with("B122")), "{:?}", hop.changes);

    let patch = &ask("1.30.3", "1.30.5", "istio").routes[0].hops[0];
    assert_eq!(patch.changes, [] as [String; 0], "no minor is crossed");
}

#[test]
fn a_hop_carries_what_speaks_against_it() {
    let today = Circumstances { kubernetes: None, today: Some(date(2026, 11, 24)) };
    let warnings =
        |from, to, profile| ask_on(from, to, profile, &today).routes[0].hops[0].warnings.clone();

    let of_seed = warnings("1.16.4.93", "1.18.0.158", "asm-seed");
    assert!(matches!(of_seed.first(), Some(Warning::Stricter(_))), "{of_seed:?}");
    assert!(of_seed.iter().any(|it| matches!(it, Warning::KnownBad { id, .. } if id == "KB-11")));
    assert!(
        warnings("1.30.5", "1.31.0", "istio")
            .iter()
            .any(|it| { matches!(it, Warning::KnownBad { id, .. } if id == "KB-07") })
    );
    assert!(warnings("1.28.10", "1.29.8", "istio").iter().any(|it| {
        matches!(it, Warning::OutOfSupport { date: on, .. } if *on == date(2026, 10, 12))
    }));
    assert_eq!(warnings("1.30.5", "1.31.1", "istio"), [], "nothing speaks against the newest");
}

#[test]
fn proxies_follow_before_the_next_hop() {
    let chain = &ask("1.29.8", "1.31.1", "istio").routes[4];

    assert!(chain.hops[0].warnings.contains(&Warning::Skew));
    assert!(!chain.hops[1].warnings.contains(&Warning::Skew), "nothing follows the last hop");
}

#[test]
fn a_long_chain_is_cut_after_its_best_routes() {
    let found = ask("1.12.9", "1.31.1", "istio");

    assert!(found.more, "there are thousands of mixes");
    assert_eq!(found.routes[0].restarts(), 10, "nine hops of two minors and one of one");
    assert_eq!(found.routes[0].ways_back(), 10, "all by canary");
}

/// A catalogue with gaps, defects, and Kubernetes ranges of its own.
fn catalogs() -> impl Strategy<Value = Catalog> {
    let release = (0u64..4, 20u64..26, 0u64..5, prop::option::of(0u64..4));
    let minors = prop::collection::btree_map(10u64..22, release, 1..12);
    minors.prop_map(|minors| {
        let mut releases = Vec::new();
        let mut known_bad = Vec::new();
        for (minor, (patch, first, more, bad)) in minors {
            let kubernetes = |minor| Minor { major: 1, minor };
            releases.push(Release {
                minor: Minor { major: 1, minor },
                newest: version(&format!("1.{minor}.{patch}")),
                released: date(2026, 1, 1),
                ends: None,
                kubernetes: (first..=first + more).map(kubernetes).collect(),
                kubernetes_tested: Vec::new(),
                kubernetes_minimum: Some(kubernetes(first)),
                source: String::new(),
            });
            known_bad.extend(bad.map(|upto| to_avoid(minor, upto)));
        }
        Catalog { releases, known_bad, ..Catalog::embedded().clone() }
    })
}

/// A defect of the first patches of a minor.
fn to_avoid(minor: u64, upto: u64) -> KnownBad {
    let range = VersionRange {
        min: semver::Version::new(1, minor, 0),
        max: Some(semver::Version::new(1, minor, upto)),
    };
    KnownBad {
        id: format!("bad-{minor}"),
        title: String::new(),
        ranges: vec![range],
        role: Role::Target,
        component: Component::Istiod,
        advice: Advice::Avoid,
        condition: None,
        problem: String::new(),
        fixed_in: Vec::new(),
        target_from: None,
        source: String::new(),
    }
}

fn profiles() -> impl Strategy<Value = Profile> {
    (1u64..3, 1u64..4, prop::bool::ANY).prop_map(|(in_place, canary, patches)| {
        let mut profile = Profile::by_id("istio").unwrap().clone();
        profile.in_place.max_minors = in_place;
        profile.canary.max_minors = canary;
        if !patches {
            profile.canary.classes = vec![HopClass::Minor];
        }
        profile
    })
}

/// The fewest hops from one version to another by trying everything.
fn fewest_hops(
    from: &MeshVersion,
    to: &MeshVersion,
    profile: &Profile,
    catalog: &Catalog,
) -> Option<usize> {
    let between = (from.minor().minor + 1..to.minor().minor)
        .filter_map(|minor| catalog.newest_sound(Minor { major: 1, minor }));
    between
        .map(Some)
        .chain([None])
        .filter_map(|stop| {
            let next = stop.as_ref().unwrap_or(to);
            let allowed = [Method::Canary, Method::InPlace]
                .into_iter()
                .any(|method| matches!(judge(from, next, method, profile), Verdict::Allowed(_)));
            let rest = match &stop {
                None => Some(0),
                Some(stop) if allowed => fewest_hops(stop, to, profile, catalog),
                Some(_) => None,
            };
            rest.filter(|_| allowed).map(|rest| rest + 1)
        })
        .min()
}

/// The whole order of routes: what they cost, then where they use which method to go where.
fn compare(one: &Route, other: &Route) -> Ordering {
    let ways = |route: &Route| -> Vec<(Method, MeshVersion)> {
        route.hops.iter().map(|hop| (hop.method, hop.to.clone())).collect()
    };
    one.cost().cmp(&other.cost()).then_with(|| ways(one).cmp(&ways(other)))
}

/// Kubernetes rises only, in the route's own order, and every version starts on one that it takes.
fn kubernetes_holds(route: &Route, catalog: &Catalog, first: Minor) -> Result<(), TestCaseError> {
    let mut current = first;
    for hop in &route.hops {
        if let Some(upgrade) = hop.kubernetes_first {
            prop_assert_eq!(upgrade.from, current, "it goes on where it was");
            prop_assert!(upgrade.to > current, "Kubernetes only rises");
            let smaller = (current.minor + 1..upgrade.to.minor)
                .map(|minor| Minor { major: 1, minor })
                .filter(|minor| catalog.fit(&hop.to, *minor) == KubernetesFit::Supported)
                .any(|minor| {
                    !upgrade.fits_running
                        || catalog.fit(&hop.from, minor) == KubernetesFit::Supported
                });
            prop_assert!(!smaller, "no smaller rise would do: {:?}", upgrade);
            current = upgrade.to;
        }
        let fit = catalog.fit(&hop.to, current);
        prop_assert_eq!(hop.kubernetes, Some(fit));
        prop_assert!(!matches!(fit, KubernetesFit::Refused { .. }), "{:?}", hop);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_route_breaks_a_rule_and_none_is_longer_than_needed(
        catalog in catalogs(),
        profile in profiles(),
        from in 10u64..16,
        rise in 0u64..7,
        kubernetes in 20u64..30,
    ) {
        let from = version(&format!("1.{from}.1"));
        let to = version(&format!("1.{}.2", from.minor().minor + rise));
        let kubernetes = Minor { major: 1, minor: kubernetes };
        let on = Circumstances { kubernetes: Some(kubernetes), today: None };

        let found = routes(&from, &to, &profile, &catalog, &on);

        for route in &found.routes {
            let starts: Vec<_> = route.hops.iter().map(|hop| &hop.from).collect();
            let mut ends: Vec<_> = route.hops.iter().map(|hop| &hop.to).collect();
            prop_assert_eq!(ends.pop(), Some(&to), "it arrives");
            prop_assert_eq!(starts[0], &from, "it starts where the mesh is");
            prop_assert_eq!(&starts[1..], &ends[..], "each hop starts where the last one ended");
            prop_assert!(route.hops.len() as u64 <= rise.max(1), "each hop gains a minor");
            prop_assert!(!ends.iter().any(|stop| catalog.is_to_avoid(stop)), "{:?}", ends);
            for hop in &route.hops {
                let verdict = judge(&hop.from, &hop.to, hop.method, &profile);
                prop_assert!(matches!(verdict, Verdict::Allowed(_)), "{:?}", verdict);
            }
            kubernetes_holds(route, &catalog, kubernetes)?;
        }
        if catalog.release(to.minor()).is_some() {
            prop_assert_eq!(
                found.routes.iter().map(|route| route.hops.len()).min(),
                fewest_hops(&from, &to, &profile, &catalog),
                "a shortest route is found whenever there is one"
            );
            prop_assert_eq!(
                found.routes.is_empty(),
                found.best().is_none(),
                "a reason for the best exists exactly when there is one"
            );
        }
        if found.routes.is_empty() {
            prop_assert!(!found.refusals.is_empty(), "no route is never left unexplained");
        }
    }

    #[test]
    fn the_order_is_total_and_stable(
        catalog in catalogs(),
        profile in profiles(),
        rise in 1u64..7,
        kubernetes in 20u64..30,
    ) {
        let from = version("1.12.1");
        let to = version(&format!("1.{}.2", 12 + rise));
        let on = Circumstances {
            kubernetes: Some(Minor { major: 1, minor: kubernetes }),
            today: None,
        };

        let found = routes(&from, &to, &profile, &catalog, &on);

        for (place, route) in found.routes.iter().enumerate() {
            for later in &found.routes[place + 1..] {
                prop_assert!(compare(route, later).is_lt(), "any two are ordered, none is there twice");
                prop_assert!(compare(later, route).is_gt(), "and the same both ways");
            }
        }
        prop_assert_eq!(&routes(&from, &to, &profile, &catalog, &on), &found, "asked again");
        let mut further = catalog.clone();
        further.releases.retain(|release| release.minor <= to.minor());
        let nearer = routes(&from, &to, &profile, &further, &on);
        prop_assert_eq!(nearer.routes, found.routes, "what lies beyond the target does not matter");
    }
}
