//! A runbook as Markdown.
//!
//! Entry point: [`render`]. What others wrote is only text; commands stand in fences that no command
//! can end.

use std::fmt::Write as _;

use super::document::{COLUMNS, Document, Finding, Gate, Part, Step};
use super::words::{Language, Word};

/// The document as Markdown.
pub(super) fn render(document: &Document, language: Language) -> String {
    let mut text = format!("# {}\n\n", escaped(&document.title));
    for fact in &document.facts {
        let _ = writeln!(text, "- **{}**: {}", escaped(&fact.name), escaped(&fact.value));
    }
    for notes in &document.notes {
        heading(&mut text, &notes.title);
        for line in &notes.lines {
            let _ = writeln!(text, "- {}", escaped(line));
        }
    }
    if let Some(findings) = &document.findings {
        heading(&mut text, &language.word(Word::Findings, &[]));
        text += &table(findings, language);
    }
    if !document.consents.is_empty() {
        heading(&mut text, &language.word(Word::Consents, &[]));
        for consent in &document.consents {
            let _ = writeln!(text, "- [x] {}", escaped(consent));
        }
    }
    heading(&mut text, &language.word(Word::First, &[]));
    for todo in &document.first {
        let source = todo.source.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        let _ = writeln!(text, "- [ ] {}{}", escaped(&todo.what), escaped(&source));
        commands(&mut text, todo.command.as_slice(), "  ");
    }
    for part in &document.parts {
        self::part(&mut text, part, language);
    }
    heading(&mut text, &language.word(Word::Stop, &[]));
    for line in &document.stop {
        let _ = writeln!(text, "- {}", escaped(line));
    }
    single_spaced(&text)
}

/// Never more than one empty line in a row.
fn single_spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut was_empty = false;
    for line in text.lines() {
        if !(was_empty && line.is_empty()) {
            spaced.push_str(line);
            spaced.push('\n');
        }
        was_empty = line.is_empty();
    }
    spaced
}

fn heading(text: &mut String, title: &str) {
    let _ = write!(text, "\n## {}\n\n", escaped(title));
}

fn table(findings: &[Finding], language: Language) -> String {
    if findings.is_empty() {
        return format!("{}\n", escaped(language.word(Word::NoFindings, &[])));
    }
    let names: Vec<String> = COLUMNS.iter().map(|word| language.word(*word, &[])).collect();
    let mut text = format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(COLUMNS.len()));
    for finding in findings {
        let cells = finding.cells(language).map(escaped);
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn part(text: &mut String, part: &Part, language: Language) {
    heading(text, &part.title);
    for note in &part.notes {
        let _ = writeln!(text, "{}\n", escaped(note));
    }
    if let Some(changes) = &part.changes {
        let _ = write!(text, "### {}\n\n", escaped(language.word(Word::Changes, &[])));
        if changes.is_empty() {
            let _ = writeln!(text, "{}\n", escaped(language.word(Word::NoChanges, &[])));
        }
        for change in changes {
            let mesh = change.mesh.as_ref().map(|it| format!(" – {it}")).unwrap_or_default();
            let _ = writeln!(
                text,
                "- [ ] **{}** {} {}{} ({})",
                escaped(&change.id),
                escaped(&change.what),
                escaped(&change.remedy),
                escaped(&mesh),
                escaped(&change.source)
            );
            if !change.escape.is_empty() {
                let settings = change.escape.join(", ");
                let words = language.word(Word::ChangeEscape, &[("settings", &settings)]);
                let _ = writeln!(text, "  - {}", escaped(&words));
            }
        }
        text.push('\n');
    }
    for (number, step) in (1..).zip(&part.steps) {
        self::step(text, number, step, language);
    }
}

fn step(text: &mut String, number: u32, step: &Step, language: Language) {
    let _ = write!(text, "### {number}. {}\n\n", escaped(&step.title));
    for note in &step.notes {
        let _ = writeln!(text, "{}\n", escaped(note));
    }
    gates(text, Word::GateBefore, &step.before, language);
    for file in &step.files {
        let words = language.word(Word::File, &[("name", &file.name)]);
        let _ = writeln!(text, "{}", escaped(&words));
        fence(text, "json", std::slice::from_ref(&file.text), "");
    }
    commands(text, &step.commands, "");
    gates(text, Word::Gate, &step.gates, language);
    let back = language.word(Word::Back, &[]);
    let _ = writeln!(text, "\n**{back}**: {}", escaped(&step.back.what));
    commands(text, &step.back.commands, "");
    text.push('\n');
}

fn gates(text: &mut String, title: Word, gates: &[Gate], language: Language) {
    if gates.is_empty() {
        return;
    }
    let _ = writeln!(text, "**{}**\n", escaped(language.word(title, &[])));
    for gate in gates {
        let _ = writeln!(text, "- [ ] {}", escaped(&gate.what));
        commands(text, gate.command.as_slice(), "  ");
    }
    text.push('\n');
}

fn commands(text: &mut String, commands: &[String], indent: &str) {
    fence(text, "sh", commands, indent);
}

/// Lines of a language in a fence that is longer than any run of backticks in them.
fn fence(text: &mut String, kind: &str, parts: &[String], indent: &str) {
    if parts.is_empty() {
        return;
    }
    let longest = parts.iter().map(|one| longest_run(one)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = write!(text, "\n{indent}{fence}{kind}\n");
    for line in parts.iter().flat_map(|part| part.lines()) {
        let _ = writeln!(text, "{indent}{line}");
    }
    let _ = write!(text, "{indent}{fence}\n\n");
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

/// One line, with nothing that Markdown would read as a table or as markup.
fn escaped(text: impl AsRef<str>) -> String {
    let mut escaped = String::new();
    let mut letters = text.as_ref().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            // Inside a word it marks nothing up, and an address has to stay one.
            '_' if escaped.ends_with(char::is_alphanumeric)
                && letters.peek().is_some_and(|next| next.is_alphanumeric()) =>
            {
                escaped.push(letter);
            }
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' | '&' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            other => escaped.push(other),
        }
    }
    escaped
}
