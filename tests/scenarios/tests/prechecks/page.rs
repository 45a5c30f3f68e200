//! The parts of `docs/prechecks.md` that are made from what was found.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::Output;
use serde_json::Value;

const REGENERATE: &str = "MESHLIFT_BLESS=1 cargo test -p meshlift-scenarios --test prechecks";

/// Rules that no fault on the bed hits, and where they are hit or why nobody can tell.
const ELSEWHERE: [(&str, &str); 17] = [
    ("P-13", "cannot be decided: Helm keeps its state in Secrets, which are never read"),
    ("P-14", "hit in a fixture: `an_install_prunes_what_its_own_version_and_revision_left`"),
    (
        "P-15",
        "hit on the bed and in fixtures, each change under its own id below: \
         `every_change_hits_its_fault_and_misses_what_is_close_to_it`",
    ),
    ("P-18", "hit in a fixture: `a_missing_permission_blocks_the_plan`"),
    ("P-23", "cannot be decided: remote clusters are joined by Secrets, which are never read"),
    (
        "P-32",
        "cannot be decided: the app speaks the API of no other vendor; an ASM instance is decided by \
         A-01 to A-12",
    ),
    ("P-37", "cannot be decided: it is the app's own configuration, asked at the start of a run"),
    ("I113-mc-auth", "cannot be decided: the kubeconfigs are in Secrets, which are never read"),
    ("I114-proto", "cannot be decided: it concerns Go programs, which no cluster knows"),
    (
        "B117-2",
        "cannot be decided: a context that signs in so can't be opened, and its row says why; other \
         kubeconfigs are on other computers",
    ),
    ("B119-2", "cannot be decided: Helm keeps values in Secrets, which are never read"),
    ("B122-5", "cannot be decided: dashboards are outside the cluster"),
    ("I123-api", "cannot be decided: it concerns Go programs, which no cluster knows"),
    ("B124-2", "cannot be decided: the chart's name is in Secrets, which are never read"),
    ("B124-7", "cannot be decided: dashboards are outside the cluster"),
    ("B127-2", "cannot be decided: scripts are outside the cluster"),
    ("I119-rbac", "hit in a fixture: it needs a mesh of Helm"),
];

/// A rule as the data files name it.
pub struct Row {
    pub id: String,
    pub title: String,
}

/// Every rule of both data files, in their order.
pub fn rows() -> Result<Vec<Row>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/core/data");
    let mut rows = Vec::new();
    for (file, title) in [("prechecks.json", "title"), ("breaking-changes.json", "change")] {
        let text = std::fs::read_to_string(data.join(file))?;
        let read: Value = serde_json::from_str(&text)?;
        for rule in read["rules"].as_array().context("rules")? {
            let said = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
            rows.push(Row { id: said("id"), title: said(title) });
        }
    }
    Ok(rows)
}

/// The list of rules, each with where it was hit.
pub fn list(hit: &BTreeSet<String>) -> Result<String> {
    let mut text = String::from("| rule | what | how it is known |\n|---|---|---|\n");
    for Row { id, title } in rows()? {
        let elsewhere = ELSEWHERE.iter().find(|(known, _)| *known == id).map(|(_, why)| *why);
        let how = match (hit.contains(&id), elsewhere) {
            (true, _) => "hit on the bed",
            (false, Some(why)) => why,
            (false, None) => "hit in a fixture",
        };
        let _ = writeln!(text, "| {id} | {} | {how} |", title.replace('|', "\\|"));
    }
    Ok(text)
}

/// What three tools found on the same bed. Figures that depend on the moment are left out.
pub fn comparison(ours: &BTreeSet<String>, analyze: &[Told], precheck: &[Told]) -> Result<String> {
    let mut text = String::new();
    let _ = writeln!(text, "### Meshlift: {} rules\n", ours.len());
    text += "| rule | what |\n|---|---|\n";
    for Row { id, title } in rows()?.iter().filter(|row| ours.contains(&row.id)) {
        let _ = writeln!(text, "| {id} | {} |", title.replace('|', "\\|"));
    }
    for (name, told) in [("istioctl analyze -A", analyze), ("istioctl x precheck", precheck)] {
        let codes: BTreeSet<&str> = told.iter().map(|it| it.code.as_str()).collect();
        let _ = writeln!(text, "\n### `{name}`: {} codes\n", codes.len());
        if told.is_empty() {
            text += "It says that no issues were found.\n";
            continue;
        }
        text += "| code | level | an example |\n|---|---|---|\n";
        for code in codes {
            let of: Vec<&Told> = told.iter().filter(|it| it.code == code).collect();
            let first = of.iter().map(|it| it.message.as_str()).min().unwrap_or_default();
            // Names of pods and longer advice differ from run to run.
            let words = first.split(['(', '\n']).next().unwrap_or_default().replace('|', " ");
            let words: String = words.trim().chars().take(160).collect();
            let _ = writeln!(text, "| {code} | {} | {words} |", of[0].level);
        }
    }
    Ok(text)
}

/// One message of istioctl.
pub struct Told {
    pub code: String,
    pub level: String,
    pub message: String,
}

/// Reads istioctl's JSON. Where it finds nothing it says so in words and writes no list.
pub fn told(output: &Output) -> Result<Vec<Told>> {
    let json = &output.stdout;
    if output.success() && json.is_empty() && output.stderr.contains("No issues found") {
        return Ok(Vec::new());
    }
    let start = json.find('[').with_context(|| format!("no list in {output:?}"))?;
    let end = json.rfind(']').context("no end")?;
    let read: Vec<Value> = serde_json::from_str(&json[start..=end])?;
    let said = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    Ok(read
        .iter()
        .map(|one| Told {
            code: said(one, "code"),
            level: said(one, "level"),
            message: said(one, "message"),
        })
        .collect())
}

/// Compares a part of the page with what it should say, or writes it.
pub fn same_or_bless(part: &str, text: &str) -> Result<()> {
    let (path, page) = page()?;
    let (begin, end) = (format!("<!-- {part} begins -->"), format!("<!-- {part} ends -->"));
    let from = page.find(&begin).with_context(|| format!("no {begin}"))? + begin.len();
    let to = page.find(&end).with_context(|| format!("no {end}"))?;
    let wanted = format!("\n\n{}\n\n", text.trim());
    if std::env::var_os("MESHLIFT_BLESS").is_some() {
        std::fs::write(path, format!("{}{wanted}{}", &page[..from], &page[to..]))?;
        return Ok(());
    }
    ensure!(page[from..to] == wanted, "docs/prechecks.md is out of date; run {REGENERATE}");
    Ok(())
}

fn page() -> Result<(PathBuf, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/prechecks.md");
    let text = std::fs::read_to_string(&path).context("docs/prechecks.md")?;
    Ok((path, text))
}
