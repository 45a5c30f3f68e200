//! The table of requirements names every rule, places that exist, and tests that run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The last rule of the page.
const RULES: u32 = 45;
/// What stands above a test of Rust.
const MARKS: [&str; 3] = ["#[test]", "#[tokio::test", "#[rstest]"];
/// What keeps a test from running.
const IGNORED: &str = "#[ignore";
/// How a test of the window begins, in vitest and in Playwright.
const CALLS: [&str; 2] = ["it('", "test('"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of the table: rule, what it says, where it is kept, what holds it.
fn rows() -> Vec<[String; 4]> {
    let table = std::fs::read_to_string(root().join("docs/asm-requirements.md")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| S"));
    rows.map(|line| {
        let cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
        cells.collect::<Vec<_>>().try_into().unwrap_or_else(|row| panic!("four columns: {row:?}"))
    })
    .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_requirement_is_in_the_table() {
    let rules: Vec<String> = rows().into_iter().map(|[rule, ..]| rule).collect();
    let wanted: Vec<String> = (1..=RULES).map(|number| format!("S{number}")).collect();
    assert_eq!(rules, wanted, "each rule once and in order");

    let known = tests();
    for [rule, _, kept, held] in rows() {
        if kept.starts_with("not applicable") {
            continue;
        }
        assert!(!quoted(&held).is_empty(), "{rule} names a test");
        for name in quoted(&held) {
            assert!(known.contains(name), "{rule}: there is no test `{name}`");
        }
    }
}

#[test]
fn what_is_said_to_keep_a_requirement_exists() {
    for [rule, _, kept, _] in rows() {
        for path in quoted(&kept).into_iter().filter(|it| it.contains('/')) {
            assert!(root().join(path).exists(), "{rule}: there is no `{path}`");
        }
    }
}

#[test]
fn what_is_no_test_or_does_not_run_holds_nothing() {
    let code = "#[rstest]\n#[case::one(1)]\nasync fn holds(#[case] one: u32) {}\n\nfn helps() {}\n\
                #[tokio::test(start_paused = true)]\nasync fn holds_too() {}\nfn helps_too() {}\n\
                #[test]\n#[ignore = \"slow\"]\nfn sleeps() {}\n#[test]\nfn runs() {}\n";
    let page = "  it('is held', () => {})\n  await('nothing')\ntest('is held too', () => {})\n";

    assert_eq!(rust(code), ["holds", "holds_too", "runs"]);
    assert_eq!(window(page), ["is_held", "is_held_too"]);
}

/// Names of the tests, and of the window's with `_` for blanks.
fn tests() -> BTreeSet<String> {
    let folders = ["crates", "tests", "ui/src"].map(|folder| files(&root().join(folder)));
    let named = folders.into_iter().flatten().flat_map(|file| {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if file.extension().is_some_and(|it| it == "rs") { rust(&text) } else { window(&text) }
    });
    named.collect()
}

/// Tests that run.
fn rust(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut is_test, mut is_ignored) = (false, false);
    for line in code.lines().map(str::trim_start) {
        is_test |= MARKS.iter().any(|mark| line.starts_with(mark));
        is_ignored |= line.starts_with(IGNORED);
        let line = line.strip_prefix("async ").unwrap_or(line);
        let Some(function) = line.strip_prefix("fn ") else { continue };
        let runs = std::mem::take(&mut is_test) && !std::mem::take(&mut is_ignored);
        if runs {
            let name = function.split(|it: char| !it.is_alphanumeric() && it != '_').next();
            names.extend(name.map(str::to_owned));
        }
    }
    names
}

fn window(page: &str) -> Vec<String> {
    let calls = page.lines().map(str::trim_start).filter_map(|line| {
        let text = CALLS.iter().find_map(|call| line.strip_prefix(call))?;
        text.split('\'').next()
    });
    calls.map(|name| name.replace(' ', "_")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_code = path.extension().is_some_and(|it| it == "rs" || it == "tsx" || it == "ts");
        let is_ours = !path.ends_with("target") && !path.ends_with("node_modules");
        if path.is_dir() && is_ours {
            found.extend(files(&path));
        } else if is_code {
            found.push(path);
        }
    }
    found
}
