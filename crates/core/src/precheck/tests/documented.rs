//! Holds the list of rules in the docs: it has every rule of the data files, and says of each whether
//! it can be decided, as the rules themselves do.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::change;
use super::fixtures;

const PAGE: &str = include_str!("../../../../../docs/prechecks.md");
const CATALOGUE: &str = include_str!("../../../data/prechecks.json");

/// Rules of the catalogue that the application decides when a plan is made, and the one that stands
/// for all changes.
const ELSEWHERE: [&str; 3] = ["P-14", "P-15", "P-18"];

/// What the page says of each rule.
fn listed() -> BTreeMap<&'static str, &'static str> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        let mut columns = row.split(" | ");
        let (id, _, how) = (columns.next()?, columns.next()?, columns.next()?);
        let is_rule = id.starts_with(['P', 'B', 'I']) && id.contains('-');
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
        let is_elsewhere = ELSEWHERE.contains(&id.as_str());
        assert_eq!(how.starts_with("hit"), is_planted, "{id}: {how}");
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
fn nothing_is_listed_that_the_data_files_lack() {
    let known = catalogue();
    for id in listed().keys() {
        let is_known = known.iter().any(|it| it == id) || change::ChangeId::by_name(id).is_some();
        assert!(is_known, "{id}");
    }
}
