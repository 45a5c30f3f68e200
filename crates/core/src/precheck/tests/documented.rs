//! Holds the list of rules in the docs: it has every rule of the data files, and says of each whether
//! it can be decided, as the rules themselves do.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::change;
use super::fixtures;

const PAGE: &str = include_str!("../../../../../docs/prechecks.md");
const CATALOGUE: &str = include_str!("../../../data/prechecks.json");

/// Rules that are decided elsewhere, with the file whose test hits them: those that the application
/// decides when a plan is made, the one that stands for all changes, and ASM's own precheck.
const ELSEWHERE: [(&str, &str); 4] = [
    ("P-14", include_str!("../../../../cluster/src/provider/istioctl/compare.rs")),
    ("P-15", include_str!("../change/tests.rs")),
    ("P-18", include_str!("../../../../app/tests/it/faults.rs")),
    ("A-12", include_str!("../../../../app/tests/it/asm/faults.rs")),
];
/// The fixtures of rules for an ASM instance.
const OF_INSTANCES: &str = include_str!("instance.rs");

/// What the page says of each rule.
fn listed() -> BTreeMap<&'static str, &'static str> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        let mut columns = row.split(" | ");
        let (id, _, how) = (columns.next()?, columns.next()?, columns.next()?);
        let is_rule = id.starts_with(['P', 'B', 'I', 'A']) && id.contains('-');
        is_rule.then_some((id, how))
    })
    .collect()
}

fn catalogue() -> Vec<String> {
    let read: Value = serde_json::from_str(CATALOGUE).unwrap();
    let rules = read["rules"].as_array().unwrap();
    rules.iter().map(|rule| rule["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_rule_is_listed_as_what_it_is() {
    let listed = listed();
    let planted: Vec<&str> = fixtures::FIXTURES.iter().map(|it| it.id).chain(["P-30"]).collect();
    for id in catalogue() {
        let how = listed.get(id.as_str()).unwrap_or_else(|| panic!("{id} is not listed"));
        let is_planted = planted.contains(&id.as_str());
        let is_elsewhere = ELSEWHERE.iter().any(|(known, _)| *known == id);
        assert_eq!(how.starts_with("hit "), is_planted || is_elsewhere, "{id}: {how}");
        let open = how.starts_with("cannot be decided: ");
        assert!(is_planted || is_elsewhere || open, "{id}: {how}");
    }
    for change in change::changes() {
        let id = change.id.as_str();
        let how = listed.get(id).unwrap_or_else(|| panic!("{id} is not listed"));
        let planted = change::tests::FIXTURES.iter().any(|it| it.id == id);
        assert_eq!(how.starts_with("hit"), planted, "{id}: {how}");
        assert!(planted || how.starts_with("cannot be decided: "), "{id}: {how}");
    }
}

#[test]
fn what_is_hit_elsewhere_names_a_test_that_is_there() {
    for (id, file) in ELSEWHERE {
        let how = listed()[id];
        let test = how.split('`').nth(1).unwrap_or_else(|| panic!("{id} names no test: {how}"));
        assert!(file.contains(&format!("fn {test}(")), "{id}: there is no test `{test}`");
    }
}

#[test]
fn every_rule_for_an_instance_is_listed_and_hit() {
    let of_instances =
        super::super::RULES.iter().map(|rule| rule.id).filter(|id| id.starts_with("A-"));
    let mut known: Vec<&str> = of_instances.collect();
    for id in &known {
        assert_eq!(listed().get(id), Some(&"hit in a fixture"), "{id}");
        assert!(OF_INSTANCES.contains(&format!("\"{id}\"")), "{id} has no fixture");
    }
    known.push("A-12");
    let said: Vec<&str> = listed().into_keys().filter(|id| id.starts_with("A-")).collect();
    assert_eq!(said, known);
}

#[test]
fn nothing_is_listed_that_the_data_files_lack() {
    let known = catalogue();
    for id in listed().keys().filter(|id| !id.starts_with("A-")) {
        let is_known = known.iter().any(|it| it == id) || change::ChangeId::by_name(id).is_some();
        assert!(is_known, "{id}");
    }
}
