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
    Sources { releases: RELEASES, known_bad: KNOWN_BAD, asm_versions: ASM_VERSIONS }
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
#[case::vendors_build_of_it("1.24.4.3", &["KB-05", "KB-08", "KB-10"], true)]
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
