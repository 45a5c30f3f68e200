//! The closed list of sentences holds nothing that is never said, and all that is kept as text.

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

/// A sentence with its blanks emptied.
fn blanked(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.filter_map(|part| part.split_once('}')).fold(first, |text, (_, rest)| text + "{}" + rest)
}

/// The texts that stand after one of these beginnings in the source below a folder.
fn texts(folder: &Path, beginnings: &[&str], into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            texts(&path, beginnings, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let found = beginnings.iter().flat_map(|one| source.split(one).skip(1));
            into.extend(found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
}

#[test]
fn what_a_rule_could_not_read_has_words() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut said = Vec::new();
    let rules = ["let what = \"", "let what = format!(\"", "let why = \"", "let why = format!(\""];
    texts(&crates.join("core/src/precheck"), &rules, &mut said);
    let readers = ["Err(\"", "why: format!(\""];
    texts(&crates.join("cluster/src/evidence"), &readers, &mut said);
    assert!(
        said.iter().any(|text| text.contains("Secrets are never read")),
        "the search finds some: {said:?}"
    );

    let known: Vec<String> = PhraseCode::ALL.iter().map(|code| blanked(code.english())).collect();
    // The name of an object is the same in every language.
    let nameless = |text: &&String| !text.starts_with("Secret {");
    let unknown: Vec<&String> =
        said.iter().filter(nameless).filter(|text| !known.contains(&blanked(text))).collect();

    assert!(unknown.is_empty(), "the window could say these in English only: {unknown:?}");
}
