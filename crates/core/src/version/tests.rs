use std::hash::BuildHasher;

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn version(text: &str) -> MeshVersion {
    text.parse().unwrap()
}

#[rstest]
#[case::asm_full("v1.18.0.158-gc6cf0b9c-aliyun", "1.18.0.158", "1-18-0", true)]
#[case::asm_sequence("v1.9.7.1-3-gb3f1ab3c9c-pro-aliyun", "1.9.7.1", "1-9-7", true)]
#[case::asm_without_build("v1.12.4-6-g1a1d912366-pro-aliyun", "1.12.4", "1-12-4", true)]
#[case::old_image_tag("1.8.6", "1.8.6", "1-8-6", false)]
#[case::asm_1_5("v1.5.4.1-g5960ec40-aliyun", "1.5.4.1", "1-5-4", true)]
#[case::asm_build_zero("v1.7.4.0-gfb34ba99-aliyun", "1.7.4.0", "1-7-4", true)]
#[case::asm_1_8("v1.8.6.49-gda24841c-aliyun", "1.8.6.49", "1-8-6", true)]
#[case::asm_1_10("v1.10.5.34-g7689a219-aliyun", "1.10.5.34", "1-10-5", true)]
#[case::asm_1_10_later("v1.10.5.40-g2adf45be-aliyun", "1.10.5.40", "1-10-5", true)]
#[case::asm_numbers("1.12.4.58", "1.12.4.58", "1-12-4", true)]
#[case::asm_1_13("v1.13.4.37-g164bbdd7-aliyun", "1.13.4.37", "1-13-4", true)]
#[case::asm_proxy_image("v1.14.3.47-ga52201276f-aliyun", "1.14.3.47", "1-14-3", true)]
#[case::asm_1_14("v1.14.3.87-g96cf7305-aliyun", "1.14.3.87", "1-14-3", true)]
#[case::asm_1_15("v1.15.3.118-g4712daf0-aliyun", "1.15.3.118", "1-15-3", true)]
#[case::asm_1_16("1.16.4.91", "1.16.4.91", "1-16-4", true)]
#[case::asm_1_17("v1.17.2.42-gf7619883-aliyun", "1.17.2.42", "1-17-2", true)]
#[case::asm_with_v("v1.18.0.123", "1.18.0.123", "1-18-0", true)]
#[case::asm_1_22("1.22.6.114", "1.22.6.114", "1-22-6", true)]
#[case::upstream("1.30.5", "1.30.5", "1-30-5", false)]
#[case::variant("1.20.3-distroless", "1.20.3", "1-20-3", false)]
#[case::candidate("1.31.0-rc.1", "1.31.0-rc.1", "1-31-0", false)]
#[case::googles("1.31.3-asm.9", "1.31.3", "1-31-3", false)]
fn reads_what_is_found_in_the_field(
    #[case] text: &str,
    #[case] numbers: &str,
    #[case] revision: &str,
    #[case] asm: bool,
) {
    let version = version(text);

    assert_eq!(version.numbers(), numbers, "numbers of {text}");
    assert_eq!(version.revision(), revision, "revision of {text}");
    assert_eq!(version.is_asm(), asm, "whether {text} is Alibaba Cloud's");
    assert_eq!(version.to_string(), text, "the text is kept as it was read");
}

#[rstest]
#[case::empty("", 1)]
#[case::only_v("v", 2)]
#[case::two_numbers("1.30", 5)]
#[case::five_numbers("1.2.3.4.5", 1)]
#[case::latest("latest", 1)]
#[case::digest("sha256:0123abcd", 1)]
#[case::letter_in_patch("1.2.x", 5)]
#[case::empty_number("1..3", 3)]
#[case::trailing_dash("1.30.5-", 8)]
#[case::space_before(" 1.30.5", 1)]
#[case::space_in_suffix("1.30.5-rc 1", 10)]
#[case::other_digits("1.3٠.5", 3)]
#[case::too_large("1.30.99999999999", 6)]
#[case::negative("1.30.-5", 6)]
fn refuses_what_is_no_version(#[case] text: &str, #[case] position: usize) {
    let refused = text.parse::<MeshVersion>().unwrap_err();

    assert_eq!(refused.text, text, "the refusal names the text");
    assert_eq!(refused.position, position, "{refused}");
}

#[test]
fn a_kubernetes_version_of_alibaba_cloud_is_no_mesh_of_theirs() {
    assert!(!version("v1.16.6-aliyun.1").is_asm(), "the sequence stands after `aliyun`");
}

#[rstest]
#[case::numbers_not_text("1.9.7", "1.10.5")]
#[case::candidate_before_release("1.31.0-rc.1", "1.31.0")]
#[case::alpha_before_beta("1.31.0-alpha.2", "1.31.0-beta.0")]
#[case::build("1.16.4.91", "1.16.4.93")]
#[case::build_as_number("1.18.0.99", "1.18.0.123")]
#[case::istio_before_build("1.16.4.999", "1.17.0.1")]
fn orders_by_numbers(#[case] older: &str, #[case] newer: &str) {
    assert!(version(older) < version(newer), "{older} is older than {newer}");
}

#[rstest]
#[case::hash("v1.18.0.158-gc6cf0b9c-aliyun", "1.18.0.158")]
#[case::variant("1.20.3-distroless", "1.20.3")]
fn a_suffix_never_orders(#[case] one: &str, #[case] other: &str) {
    assert_eq!(version(one), version(other));
}

#[test]
fn a_missing_build_is_not_zero() {
    assert_ne!(version("1.18.0"), version("1.18.0.0"), "unknown is not zero");
    assert_eq!(version("1.18.0").build(), None);
}

#[rstest]
#[case::plain("v1.34.3", Some("1.34"))]
#[case::vendor("v1.34.3-aliyun.1", Some("1.34"))]
#[case::short("1.34", Some("1.34"))]
#[case::plus("1.34+", Some("1.34"))]
#[case::word("v1.x", None)]
#[case::nothing("", None)]
fn the_leading_minor_is_enough_for_kubernetes(#[case] text: &str, #[case] expected: Option<&str>) {
    assert_eq!(Minor::leading(text).map(|minor| minor.to_string()).as_deref(), expected);
}

#[test]
fn a_minor_survives_json_and_refuses_a_patch() {
    let minor: Minor = serde_json::from_str("\"1.30\"").unwrap();

    assert_eq!(serde_json::to_string(&minor).unwrap(), "\"1.30\"");
    assert!("1.30.5".parse::<Minor>().is_err(), "a patch is more than a minor");
}

fn texts() -> impl Strategy<Value = String> {
    let numbers = (0u32..4, 0u32..40, 0u32..20, prop::option::of(0u32..200));
    let suffixes = prop::sample::select(vec![
        "",
        "-distroless",
        "-gc6cf0b9c-aliyun",
        "-3-gb3f1ab3c9c-pro-aliyun",
        "-rc.1",
    ]);
    (prop::bool::ANY, numbers, suffixes).prop_map(|(v, (major, minor, patch, build), suffix)| {
        let v = if v { "v" } else { "" };
        let build = build.map_or(String::new(), |build| format!(".{build}"));
        format!("{v}{major}.{minor}.{patch}{build}{suffix}")
    })
}

proptest! {
    #[test]
    fn every_version_survives_text_and_json(text in texts()) {
        let read = version(&text);
        let json = serde_json::to_string(&read).unwrap();

        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(serde_json::from_str::<MeshVersion>(&json).unwrap(), read);
    }

    #[test]
    fn the_order_is_total_and_agrees_with_equality_and_hash(
        texts in prop::collection::vec(texts(), 3),
    ) {
        let [a, b, c] = [version(&texts[0]), version(&texts[1]), version(&texts[2])];
        let hasher = std::hash::RandomState::new();

        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b) == Ordering::Equal);
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        if a == b {
            prop_assert_eq!(hasher.hash_one(&a), hasher.hash_one(&b));
        }
    }

    #[test]
    fn nothing_makes_the_reader_panic(text in "\\PC{0,24}") {
        if let Ok(read) = text.parse::<MeshVersion>() {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}

#[rstest]
#[case::the_same("1.17.2.42", "1.17.2.42", true)]
#[case::s26_hot_patched_since("1.17.2.50", "1.17.2.42", true)]
#[case::a_lower_build("1.17.2.37", "1.17.2.42", false)]
#[case::build_not_named("1.17.2", "1.17.2.42", true)]
#[case::another_patch("1.17.3.42", "1.17.2.42", false)]
#[case::upstream("1.30.5", "1.30.5", true)]
fn a_promise_is_kept_by_the_same_istio_version(
    #[case] found: &str,
    #[case] promised: &str,
    #[case] kept: bool,
) {
    assert_eq!(version(found).keeps(&version(promised)), kept);
}
