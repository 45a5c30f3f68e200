//! A runbook as one web page that needs nothing else, and prints.
//!
//! Entry point: [`render`]. No script, no address, nothing from elsewhere: what others wrote is
//! escaped.

use std::fmt::Write as _;

use super::document::{COLUMNS, Document, Finding, Gate, Part, Step};
use super::words::{Language, Word};

const STYLE: &str = "
:root{color-scheme:light dark}
body{font:14px/1.55 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #8886}
h3{font-size:1rem;margin-top:1.5rem}
table{border-collapse:collapse;width:100%}
td,th{border:1px solid #8886;padding:.25rem .5rem;text-align:left;vertical-align:top}
pre{background:#8881;border:1px solid #8884;padding:.5rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
ul.check{list-style:none;padding-left:0}ul.check>li::before{content:'\\2610\\00a0'}
ul.done>li::before{content:'\\2611\\00a0'}
.quiet{opacity:.75}
@media print{body{margin:0;max-width:none}h3{break-after:avoid}.step{break-inside:avoid}}
";

/// The document as a web page.
pub(super) fn render(document: &Document, language: Language) -> String {
    let title = escaped(&document.title);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<table>\n",
        language.tag()
    );
    for fact in &document.facts {
        let (name, value) = (escaped(&fact.name), escaped(&fact.value));
        let _ = writeln!(text, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    }
    text += "</table>\n";
    for notes in &document.notes {
        heading(&mut text, &notes.title);
        list(&mut text, "", &notes.lines);
    }
    if let Some(findings) = &document.findings {
        heading(&mut text, &language.word(Word::Findings, &[]));
        text += &table(findings, language);
    }
    if !document.consents.is_empty() {
        heading(&mut text, &language.word(Word::Consents, &[]));
        list(&mut text, "check done", &document.consents);
    }
    heading(&mut text, &language.word(Word::First, &[]));
    text += "<ul class=\"check\">\n";
    for todo in &document.first {
        let source = todo.source.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        let _ = write!(
            text,
            "<li>{}<span class=\"quiet\">{}</span>",
            escaped(&todo.what),
            escaped(&source)
        );
        pre(&mut text, todo.command.as_slice());
        text += "</li>\n";
    }
    text += "</ul>\n";
    for part in &document.parts {
        self::part(&mut text, part, language);
    }
    heading(&mut text, &language.word(Word::Stop, &[]));
    list(&mut text, "", &document.stop);
    text + "</body>\n</html>\n"
}

fn heading(text: &mut String, title: &str) {
    let _ = writeln!(text, "<h2>{}</h2>", escaped(title));
}

fn list(text: &mut String, class: &str, lines: &[String]) {
    let _ = writeln!(text, "<ul class=\"{class}\">");
    for line in lines {
        let _ = writeln!(text, "<li>{}</li>", escaped(line));
    }
    *text += "</ul>\n";
}

fn pre(text: &mut String, commands: &[String]) {
    if !commands.is_empty() {
        let _ = write!(text, "<pre>{}</pre>", escaped(commands.join("\n")));
    }
}

fn table(findings: &[Finding], language: Language) -> String {
    if findings.is_empty() {
        return format!("<p>{}</p>\n", escaped(language.word(Word::NoFindings, &[])));
    }
    let mut text = "<table>\n<tr>".to_owned();
    for word in COLUMNS {
        let _ = write!(text, "<th scope=\"col\">{}</th>", escaped(language.word(word, &[])));
    }
    text += "</tr>\n";
    for finding in findings {
        text += "<tr>";
        for cell in finding.cells(language) {
            let _ = write!(text, "<td>{}</td>", escaped(cell));
        }
        text += "</tr>\n";
    }
    text + "</table>\n"
}

fn part(text: &mut String, part: &Part, language: Language) {
    heading(text, &part.title);
    for note in &part.notes {
        let _ = writeln!(text, "<p>{}</p>", escaped(note));
    }
    if let Some(changes) = &part.changes {
        let _ = writeln!(text, "<h3>{}</h3>", escaped(language.word(Word::Changes, &[])));
        if changes.is_empty() {
            let _ = writeln!(text, "<p>{}</p>", escaped(language.word(Word::NoChanges, &[])));
        }
        *text += "<ul class=\"check\">\n";
        for change in changes {
            let mesh = change.mesh.as_ref().map(|it| format!(" – {it}")).unwrap_or_default();
            let settings = change.escape.join(", ");
            let escape = if settings.is_empty() {
                String::new()
            } else {
                format!(" – {}", language.word(Word::ChangeEscape, &[("settings", &settings)]))
            };
            let _ = writeln!(
                text,
                "<li><b>{}</b> {} {}{}<span class=\"quiet\">{} ({})</span></li>",
                escaped(&change.id),
                escaped(&change.what),
                escaped(&change.remedy),
                escaped(mesh),
                escaped(escape),
                escaped(&change.source)
            );
        }
        *text += "</ul>\n";
    }
    for (number, step) in (1..).zip(&part.steps) {
        self::step(text, number, step, language);
    }
}

fn step(text: &mut String, number: u32, step: &Step, language: Language) {
    let _ = writeln!(text, "<section class=\"step\">\n<h3>{number}. {}</h3>", escaped(&step.title));
    for note in &step.notes {
        let _ = writeln!(text, "<p>{}</p>", escaped(note));
    }
    gates(text, Word::GateBefore, &step.before, language);
    for file in &step.files {
        let words = language.word(Word::File, &[("name", &file.name)]);
        let _ = writeln!(text, "<p>{}</p>", escaped(words));
        pre(text, std::slice::from_ref(&file.text));
    }
    pre(text, &step.commands);
    gates(text, Word::Gate, &step.gates, language);
    let back = language.word(Word::Back, &[]);
    let _ = write!(text, "<p><b>{back}</b>: {}</p>", escaped(&step.back.what));
    pre(text, &step.back.commands);
    *text += "\n</section>\n";
}

fn gates(text: &mut String, title: Word, gates: &[Gate], language: Language) {
    if gates.is_empty() {
        return;
    }
    let title = escaped(language.word(title, &[]));
    let _ = writeln!(text, "<p><b>{title}</b></p>\n<ul class=\"check\">");
    for gate in gates {
        let _ = write!(text, "<li>{}", escaped(&gate.what));
        pre(text, gate.command.as_slice());
        *text += "</li>\n";
    }
    *text += "</ul>\n";
}

fn escaped(text: impl AsRef<str>) -> String {
    text.as_ref()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
