use jiff::civil::date;
use rstest::rstest;

use super::*;

fn minor(text: &str) -> Minor {
    text.parse().unwrap()
}

fn version(text: &str) -> MeshVersion {
    text.parse().unwrap()
}

fn embedded_sources() -> Sources<'static> {
    Sources {
        releases: RELEASES,
        known_bad: KNOWN_BAD,
        changes: CHANGES,
        asm_versions: ASM_VERSIONS,
    }
}

#[test]
fn the_embedded_copy_reads_and_says_how_old_it_is() {
    Catalog::parse(embedded_sources()).unwrap();
    let catalog = Catalog::embedded();

    assert_eq!(catalog.as_of, date(2026, 9, 21));
    assert_eq!(catalog.istio_versions().first(), Some(&&version("1.31.1")));
    assert_eq!(catalog.releases.len(), 20, "1.12 to 1.31");
    assert_eq!(catalog.known_bad.len(), 13);
}

#[rstest]
#[case::announced("1.28", date(2026, 7, 1), false)]
#[case::expected("1.29", date(2026, 10, 12), true)]
#[case::a_month_ends_on_its_last_day("1.31", date(2027, 2, 28), true)]
fn support_ends(#[case] of: &str, #[case] on: Date, #[case] estimated: bool) {
    let release = Catalog::embedded().release(minor(of)).unwrap();

    assert_eq!(release.ends, Some(End { date: on, estimated }));
    assert!(!release.is_over(on), "the last day is supported");
    assert!(release.is_over(on.tomorrow().unwrap()), "the day after is not");
}

#[rstest]
#[case::documented("1.30.5", "1.34", KubernetesFit::Supported)]
#[case::newer_than_documented("1.28.10", "1.36", KubernetesFit::Undocumented)]
#[case::below_the_minimum("1.31.1", "1.31", KubernetesFit::Refused { minimum: minor("1.32") })]
#[case::tested("1.29.8", "1.30", KubernetesFit::Tested)]
#[case::tested_but_refused_by_the_code(
    "1.29.8", "1.29", KubernetesFit::Refused { minimum: minor("1.30") }
)]
#[case::nothing_known("1.32.0", "1.34", KubernetesFit::Unknown)]
fn kubernetes_fits(#[case] mesh: &str, #[case] kubernetes: &str, #[case] fit: KubernetesFit) {
    assert_eq!(Catalog::embedded().fit(&version(mesh), minor(kubernetes)), fit);
}

#[rstest]
#[case::first_of_range("1.30.0", &["KB-01", "KB-02", "KB-03", "KB-04", "KB-05"], true)]
#[case::last_of_range("1.30.2", &["KB-02", "KB-03", "KB-05"], true)]
#[case::only_conditional("1.30.3", &["KB-02", "KB-05"], false)]
#[case::fixed("1.30.5", &[], false)]
#[case::newest("1.31.1", &[], false)]
#[case::security("1.31.0", &["KB-02", "KB-05", "KB-07"], true)]
#[case::without_a_fix("1.24.4", &["KB-05", "KB-08", "KB-10"], true)]
#[case::asm_has_no_charts_and_the_cloud_chooses("1.24.4.3", &["KB-08"], false)]
#[case::asm_demo("1.18.0.158", &[], false)]
fn targets_have_defects(#[case] target: &str, #[case] ids: &[&str], #[case] avoid: bool) {
    let catalog = Catalog::embedded();
    let found: Vec<&str> =
        catalog.defects_of_target(&version(target)).iter().map(|it| it.id.as_str()).collect();

    assert_eq!(found, ids);
    assert_eq!(catalog.is_to_avoid(&version(target)), avoid);
}

#[rstest]
#[case::before_1_18("1.16.4.93", "1.17.2.42", &["KB-13"])]
#[case::to_1_18("1.16.4.93", "1.18.0.158", &["KB-11", "KB-13"])]
#[case::patched("1.30.5", "1.31.1", &[])]
fn sources_have_defects(#[case] from: &str, #[case] to: &str, #[case] ids: &[&str]) {
    let found: Vec<&str> = Catalog::embedded()
        .defects_of_source(&version(from), &version(to))
        .iter()
        .map(|it| it.id.as_str())
        .collect();

    assert_eq!(found, ids);
}

#[test]
fn the_newest_sound_patch_is_never_one_to_avoid() {
    let mut catalog = Catalog::embedded().clone();
    let release = catalog.releases.iter_mut().find(|it| it.minor == minor("1.24")).unwrap();
    release.newest = version("1.24.4");

    assert_eq!(catalog.newest_sound(minor("1.24")), Some(version("1.24.3")));
    assert_eq!(catalog.newest_sound(minor("1.32")), None, "nothing is known of it");
}

#[rstest]
#[case::a_date_that_is_none(
    "1.30",
    r#""eol": "2026-11""#,
    r#""eol": "soon""#,
    "release 1.30 ends on `soon`, which is neither a date nor a month"
)]
#[case::a_patch_of_another_minor(
    "1.30",
    r#""newest_patch": "1.30.5""#,
    r#""newest_patch": "1.29.5""#,
    "the newest patch of release 1.30 is 1.29.5"
)]
#[case::a_minor_twice(
    "1.30",
    r#""minor": "1.30""#,
    r#""minor": "1.29""#,
    "release 1.29 is listed twice"
)]
fn a_defect_of_the_data_is_named(
    #[case] of: &str,
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] message: &str,
) {
    assert_eq!(RELEASES.matches(right).count(), 1, "the edit of {of} hits one place");
    let releases = RELEASES.replace(right, wrong);

    let refused = Catalog::parse(Sources { releases: &releases, ..embedded_sources() });

    assert_eq!(refused.unwrap_err().to_string(), message);
}

#[test]
fn broken_json_names_the_file() {
    let refused = Catalog::parse(Sources { known_bad: "{", ..embedded_sources() });

    assert_eq!(refused.unwrap_err().to_string(), "failed to read the list of known defects");
}

// ---------------------------------------------------------------------- changes

#[rstest]
#[case::to_its_own_minor("1.20.8", "1.21.6", Provider::Istio, true)]
#[case::over_it("1.20.8", "1.22.8", Provider::Istio, true)]
#[case::of_a_vendor("1.20.8", "1.22.6.114", Provider::Asm, true)]
#[case::already_there("1.21.0", "1.22.8", Provider::Istio, false)]
#[case::not_yet("1.19.0", "1.20.8", Provider::Istio, false)]
fn a_change_is_crossed_from_below_its_minor(
    #[case] from: &str,
    #[case] to: &str,
    #[case] provider: Provider,
    #[case] expected: bool,
) {
    let catalog = Catalog::embedded();
    let (from, to) = (version(from), version(to));
    let found = catalog.changes_crossed(&from, &to, provider).any(|it| it.id == "B121-3");

    assert_eq!(found, expected, "{from} to {to}");
}

#[test]
fn every_change_of_the_data_is_held_and_a_provider_sees_its_own() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.changes.len(), 61);

    let (from, to) = (version("1.12.9"), version("1.31.1"));
    let of_istio = catalog.changes_crossed(&from, &to, Provider::Istio).count();
    let of_asm = catalog.changes_crossed(&from, &to, Provider::Asm).count();
    let asm_only = catalog.changes.iter().filter(|it| it.scope == Scope::Asm).count();
    assert_eq!(of_istio, 61 - asm_only, "self-run Istio crosses everything but ASM's own");
    assert!(of_asm < of_istio, "charts and CNI are no concern of ASM: {of_asm}");
}

#[test]
fn a_change_that_comes_twice_is_crossed_twice() {
    let catalog = Catalog::embedded();
    let crossed = |from: &str, to: &str| {
        let (from, to) = (version(from), version(to));
        catalog.changes_crossed(&from, &to, Provider::Istio).any(|it| it.id == "B125-3")
    };

    assert!(crossed("1.24.6", "1.25.5") && crossed("1.26.8", "1.27.9"));
    assert!(!crossed("1.25.5", "1.26.8"), "1.26 does not bring it");
}

// ---------------------------------------------------------------------- a file of one's own

fn bundle(parts: &str) -> String {
    format!(r#"{{ "format": "{FORMAT}", "version": {FORMAT_VERSION}{parts} }}"#)
}

#[test]
fn a_file_replaces_the_parts_it_has_and_says_so() {
    let newer = KNOWN_BAD.replace("2026-09-21", "2026-12-24").replace("KB-13", "KB-99");
    let catalog =
        Catalog::embedded().read_bundle(&bundle(&format!(r#", "known_bad": {newer}"#))).unwrap();

    let part = |kind| catalog.parts.iter().find(|part| part.kind == kind).copied().unwrap();
    assert_eq!(part(PartKind::KnownBad).origin, Origin::File);
    assert_eq!(part(PartKind::KnownBad).as_of, date(2026, 12, 24));
    assert_eq!(part(PartKind::Releases).origin, Origin::Embedded, "it is not in the file");
    assert_eq!(catalog.as_of, date(2026, 12, 24), "the newest fact");
    assert!(catalog.known_bad.iter().any(|it| it.id == "KB-99"));
    assert_eq!(catalog.releases, Catalog::embedded().releases);
}

#[test]
fn a_file_may_replace_everything() {
    let all = format!(
        r#", "istio_releases": {RELEASES}, "known_bad": {KNOWN_BAD},
            "breaking_changes": {CHANGES}, "asm_versions": {ASM_VERSIONS}"#
    );
    let catalog = Catalog::default().read_bundle(&bundle(&all)).unwrap();

    assert_eq!(catalog.releases, Catalog::embedded().releases);
    assert!(catalog.parts.iter().all(|part| part.origin == Origin::File));
}

#[rstest]
#[case::no_json("{", "line 1, column 1: EOF while parsing an object")]
#[case::other_file(
    r#"{ "format": "x", "version": 1 }"#,
    "it calls itself `x` 1, and `meshlift-catalogue` 1 is expected"
)]
#[case::newer_format(
    r#"{ "format": "meshlift-catalogue", "version": 2 }"#,
    "it calls itself `meshlift-catalogue` 2, and `meshlift-catalogue` 1 is expected"
)]
#[case::nothing_in_it(
    r#"{ "format": "meshlift-catalogue", "version": 1 }"#,
    "it has none of istio_releases, known_bad, breaking_changes and asm_versions"
)]
#[case::misspelt(
    "{\n  \"format\": \"meshlift-catalogue\",\n  \"versio\": 1\n}",
    "line 3, column 10: unknown field `versio`, expected one of `format`, `version`, \
     `istio_releases`, `known_bad`, `breaking_changes`, `asm_versions`"
)]
fn a_broken_file_is_refused_with_its_place(#[case] text: &str, #[case] message: &str) {
    assert_eq!(Catalog::embedded().read_bundle(text).unwrap_err().to_string(), message);
}

#[rstest]
#[case::range(
    r#""max": "1.29.4""#,
    r#""max": "1.29.1""#,
    "KB-01 names no versions, or a range that ends before it begins"
)]
#[case::id(r#""id": "KB-02""#, r#""id": "KB-01""#, "KB-01 is listed twice")]
fn facts_that_contradict_each_other_are_refused(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] message: &str,
) {
    let text = KNOWN_BAD.replacen(right, wrong, 1);
    let refused = Catalog::embedded().read_bundle(&bundle(&format!(r#", "known_bad": {text}"#)));

    assert_eq!(refused.unwrap_err().to_string(), message);
}

// ---------------------------------------------------------------------- a live provider

#[test]
fn a_live_provider_adds_its_versions_and_decides_about_kubernetes() {
    let live = LiveVersions {
        asked: date(2026, 11, 24),
        editions: [
            ("Default".to_owned(), vec!["v1.22.6.114-gabcdef0-aliyun".to_owned()]),
            ("Pro".to_owned(), vec!["v1.23.6.9-g0123abc-aliyun".to_owned(), "latest".to_owned()]),
        ]
        .into(),
        listed: vec!["v1.18.0.158-gc6cf0b9c-aliyun".to_owned()],
        offered: Some("v1.19.2.7-gabc0123-aliyun".to_owned()),
        compatibility: vec![Compatibility {
            asm: minor("1.18"),
            first: minor("1.22"),
            last: minor("1.28"),
        }],
    };

    let merged = Catalog::embedded().with_live(&live);

    let catalog = merged.catalog;
    assert_eq!(merged.skipped, ["latest"]);
    assert!(
        catalog.asm.contains(&version("1.19.2.7")) && catalog.asm.contains(&version("1.23.6.9"))
    );
    let twice = catalog.asm.iter().filter(|it| **it == version("1.18.0.158")).count();
    assert_eq!(twice, 1, "known versions are not listed again");
    let fit = |text: &str| catalog.fit_for(&version("1.18.0.158"), Provider::Asm, minor(text));
    assert_eq!(fit("1.28"), KubernetesFit::Supported);
    assert_eq!(fit("1.29"), KubernetesFit::Undocumented);
    assert_eq!(fit("1.21"), KubernetesFit::Refused { minimum: minor("1.22") });
    let other = catalog.fit_for(&version("1.19.2.7"), Provider::Asm, minor("1.28"));
    assert_eq!(other, KubernetesFit::Unknown, "it said nothing of 1.19");
    let part = catalog.parts.iter().find(|part| part.kind == PartKind::AsmVersions).unwrap();
    assert_eq!((part.origin, part.as_of), (Origin::Live, date(2026, 11, 24)));
}
