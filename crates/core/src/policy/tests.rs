use rstest::rstest;

use super::*;

fn version(text: &str) -> MeshVersion {
    text.parse().unwrap()
}

fn verdict(from: &str, to: &str, method: Method, profile: &str) -> Verdict {
    judge(&version(from), &version(to), method, Profile::by_id(profile).unwrap())
}

/// `None` for allowed, else why not and by which rule.
fn refusal(from: &str, to: &str, method: Method, profile: &str) -> Option<(Why, String)> {
    match verdict(from, to, method, profile) {
        Verdict::Allowed(_) => None,
        Verdict::Refused(refusal) => Some((refusal.why, refusal.rule)),
    }
}

#[rstest]
// S19, row by row.
#[case::s19_row_1("1.16.4.93", "1.17.2.42", true, true)]
#[case::s19_row_2("1.17.2.42", "1.18.0.158", true, true)]
#[case::s19_row_3("1.16.4.93", "1.18.0.158", false, true)]
// S17, S18: a canary needs 1.16.4.91 or later.
#[case::s18_first_canary_version("1.16.4.91", "1.17.2.42", true, true)]
#[case::s18_one_build_too_old("1.16.4.90", "1.17.2.42", true, false)]
#[case::s18_older("v1.15.3.118-g4712daf0-aliyun", "1.16.4.93", true, false)]
#[case::s18_build_not_named("1.16.4", "1.17.2.42", true, false)]
// S17: in place is for patches, a canary for minors.
#[case::s17_hot_patch("v1.18.0.123", "v1.18.0.146", true, false)]
#[case::s17_patch("1.22.6.114", "1.22.8.1", true, false)]
// S5: up to one minor is skipped.
#[case::s5_two_skipped("1.16.4.93", "1.19.0.1", false, false)]
#[case::same("1.18.0.158", "1.18.0.158", false, false)]
#[case::downgrade("1.18.0.158", "1.17.2.42", false, false)]
fn the_seed_allows(
    #[case] from: &str,
    #[case] to: &str,
    #[case] in_place: bool,
    #[case] canary: bool,
) {
    let allowed = |method| refusal(from, to, method, "asm-seed").is_none();

    assert_eq!(allowed(Method::InPlace), in_place, "in place, {from} to {to}");
    assert_eq!(allowed(Method::Canary), canary, "canary, {from} to {to}");
}

#[rstest]
#[case::in_place_skip(
    "1.16.4.93",
    "1.18.0.158",
    Method::InPlace,
    "asm-seed",
    Why::InPlaceSkip,
    "S8"
)]
#[case::canary_skip(
    "1.16.4.93", "1.19.0.1", Method::Canary, "asm-seed", Why::CanarySkip { max: 2 }, "S5"
)]
#[case::too_old(
    "1.16.4.90", "1.17.2.42", Method::Canary, "asm-seed",
    Why::TooOldFor { minimum: version("1.16.4.91") }, "S18"
)]
#[case::strict_skip(
    "1.22.6.114", "1.24.0.1", Method::Canary, "asm-strict", Why::CanarySkip { max: 1 }, "K1"
)]
#[case::strict_version(
    "1.16.4.93", "1.17.2.42", Method::Canary, "asm-strict",
    Why::TooOldFor { minimum: version("1.22.6.114") }, "K2"
)]
#[case::patch_by_canary(
    "1.22.6.114",
    "1.22.8.1",
    Method::Canary,
    "asm-seed",
    Why::NotForPatches,
    "S17"
)]
#[case::three_minors(
    "1.28.10", "1.31.1", Method::Canary, "istio", Why::CanarySkip { max: 2 }, "canary upgrades"
)]
#[case::two_minors_in_place(
    "1.29.8",
    "1.31.1",
    Method::InPlace,
    "istio",
    Why::InPlaceSkip,
    "in-place upgrades"
)]
#[case::build_unknown(
    "1.18.0",
    "1.18.0.158",
    Method::InPlace,
    "asm-seed",
    Why::BuildUnknown,
    "S26"
)]
#[case::major("1.31.1", "2.0.0", Method::Canary, "istio", Why::Major, "order")]
fn a_refusal_names_its_rule(
    #[case] from: &str,
    #[case] to: &str,
    #[case] method: Method,
    #[case] profile: &str,
    #[case] why: Why,
    #[case] rule: &str,
) {
    assert_eq!(refusal(from, to, method, profile), Some((why, rule.to_owned())));
}

#[rstest]
#[case::canary_two_minors("1.29.8", "1.31.1", Method::Canary)]
#[case::canary_patch("1.30.3", "1.30.5", Method::Canary)]
#[case::canary_minor("1.30.5", "1.31.1", Method::Canary)]
#[case::in_place_minor("1.30.5", "1.31.1", Method::InPlace)]
#[case::in_place_patch("1.30.3", "1.30.5", Method::InPlace)]
fn istio_allows(#[case] from: &str, #[case] to: &str, #[case] method: Method) {
    assert_eq!(refusal(from, to, method, "istio"), None, "{from} to {to}");
}

#[test]
fn what_the_newer_page_refuses_is_a_warning_of_the_seed() {
    let Verdict::Allowed(grounds) = verdict("1.16.4.93", "1.18.0.158", Method::Canary, "asm-seed")
    else {
        panic!("the seed lists this path");
    };
    let stricter = grounds.stricter.unwrap();

    assert_eq!(stricter.why, Why::CanarySkip { max: 1 });
    assert!(stricter.source.contains("2026-03-11"), "it names the page: {}", stricter.source);
    assert!(grounds.source.contains("2026-02-28"), "it names its own page: {}", grounds.source);
}

#[test]
fn only_a_canary_has_a_way_back() {
    for (method, way_back) in [(Method::InPlace, false), (Method::Canary, true)] {
        for profile in Profile::all() {
            assert_eq!(profile.rules(method).way_back, way_back, "{} {method:?}", profile.id);
        }
    }
}
