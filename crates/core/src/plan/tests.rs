use jiff::civil::date;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::catalog::{KubernetesFit, Release};
use crate::policy::{HopClass, Method, Verdict, Why, judge};

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
#[case::fewest_restarts("1.29.8", "1.31.1", "istio", Some(Best::FewestRestarts))]
#[case::more_ways_back("1.30.5", "1.31.1", "istio", Some(Best::MoreWaysBack))]
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

#[test]
fn kubernetes_below_the_minimum_refuses_and_outside_the_range_warns() {
    let on = |kubernetes: &str| Circumstances {
        kubernetes: Some(kubernetes.parse().unwrap()),
        today: None,
    };
    let refused = ask_on("1.29.8", "1.31.1", "istio", &on("1.31"));
    assert!(refused.routes.is_empty(), "1.31.1 needs Kubernetes 1.32");
    assert!(refused.refusals.iter().any(|it| matches!(it.refusal.why, Why::Kubernetes { .. })));

    let warned = ask_on("1.27.9", "1.28.10", "istio", &on("1.36"));
    let hop = &warned.routes[0].hops[0];
    assert_eq!(hop.kubernetes, Some(KubernetesFit::Undocumented));
    assert!(hop.warnings.iter().any(|it| matches!(it, Warning::Kubernetes { .. })), "{hop:?}");
}

#[test]
fn a_hop_carries_what_speaks_against_it() {
    let today = Circumstances { kubernetes: None, today: Some(date(2026, 11, 24)) };
    let warnings = |from, to, profile| {
        ask_on(from, to, profile, &today).routes.swap_remove(0).hops.swap_remove(0).warnings
    };

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

/// A catalogue with gaps, defects, and Kubernetes limits of its own.
fn catalogs() -> impl Strategy<Value = Catalog> {
    let minors = prop::collection::btree_map(10u64..22, (0u64..4, 20u64..30), 1..12);
    minors.prop_map(|minors| {
        let releases = minors.into_iter().map(|(minor, (patch, kubernetes))| Release {
            minor: Minor { major: 1, minor },
            newest: version(&format!("1.{minor}.{patch}")),
            released: date(2026, 1, 1),
            ends: None,
            kubernetes: Vec::new(),
            kubernetes_tested: Vec::new(),
            kubernetes_minimum: Some(Minor { major: 1, minor: kubernetes }),
            source: String::new(),
        });
        Catalog { releases: releases.collect(), ..Catalog::embedded().clone() }
    })
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
    on: &Circumstances,
) -> Option<usize> {
    let between = (from.minor().minor + 1..to.minor().minor)
        .filter_map(|minor| catalog.newest_sound(Minor { major: 1, minor }));
    between
        .map(Some)
        .chain([None])
        .filter_map(|stop| {
            let next = stop.as_ref().unwrap_or(to);
            let kubernetes = on.kubernetes.unwrap();
            let fits = !matches!(catalog.fit(next, kubernetes), KubernetesFit::Refused { .. });
            let allowed = [Method::Canary, Method::InPlace]
                .into_iter()
                .any(|method| matches!(judge(from, next, method, profile), Verdict::Allowed(_)));
            let rest = match &stop {
                None => Some(0),
                Some(stop) if fits && allowed => fewest_hops(stop, to, profile, catalog, on),
                Some(_) => None,
            };
            rest.filter(|_| fits && allowed).map(|rest| rest + 1)
        })
        .min()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

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
            for hop in &route.hops {
                let verdict = judge(&hop.from, &hop.to, hop.method, &profile);
                prop_assert!(matches!(verdict, Verdict::Allowed(_)), "{:?}", verdict);
                let fit = catalog.fit(&hop.to, kubernetes);
                prop_assert!(!matches!(fit, KubernetesFit::Refused { .. }), "{:?}", fit);
            }
        }
        for pair in found.routes.windows(2) {
            prop_assert!(pair[0].compare(&pair[1]).is_lt(), "best first, none twice");
        }
        if catalog.release(to.minor()).is_some() {
            prop_assert_eq!(
                found.routes.iter().map(|route| route.hops.len()).min(),
                fewest_hops(&from, &to, &profile, &catalog, &on),
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
}
