//! The table of requirements names every rule, and tests that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The last rule of the page.
const RULES: u32 = 45;

#[test]
fn every_requirement_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = std::fs::read_to_string(root.join("docs/asm-requirements.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| S"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();

    let rules: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let wanted: Vec<String> = (1..=RULES).map(|number| format!("S{number}")).collect();
    assert_eq!(rules, wanted, "each rule once and in order");

    let known = tests(&root);
    for row in rows {
        let [rule, _, kept, held] = row.as_slice() else { panic!("four columns: {row:?}") };
        if kept.starts_with("not applicable") {
            continue;
        }
        let named: Vec<&str> = held.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{rule} names a test");
        for name in named {
            assert!(known.contains(name), "{rule}: there is no test `{name}`");
        }
    }
}

/// Names of test functions, and of the window's tests with `_` for blanks.
fn tests(root: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["crates", "ui/src"] {
        for file in files(&root.join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let rust = text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
            names.extend(rust.map(str::to_owned));
            let page = text.split("it('").skip(1).filter_map(|rest| rest.split('\'').next());
            names.extend(page.map(|name| name.replace(' ', "_")));
        }
    }
    names
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_code = path.extension().is_some_and(|it| it == "rs" || it == "tsx" || it == "ts");
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path));
        } else if is_code {
            found.push(path);
        }
    }
    found
}
