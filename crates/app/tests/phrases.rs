//! The closed list of sentences holds nothing that is never said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use meshlift_app::api::phrase::PhraseCode;

/// The whole source below a folder, but for the list itself.
fn source(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_list = path.ends_with("api/phrase.rs");
        if path.is_dir() {
            source(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_list {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_sentence_is_said_somewhere() {
    let mut words = String::new();
    source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut words);
    let said: std::collections::BTreeSet<&str> = words
        .split("Code::")
        .skip(1)
        .map(|rest| rest.split(|letter: char| !letter.is_alphanumeric()).next().unwrap())
        .collect();

    let names = PhraseCode::ALL.iter().map(|code| format!("{code:?}"));
    let unsaid: Vec<String> = names.filter(|name| !said.contains(name.as_str())).collect();

    assert!(unsaid.is_empty(), "nobody says {unsaid:?}");
}
