//! What happened in a run, as Markdown, as a web page and as JSON.
//!
//! Entry point: [`report`]. Pure: a record and its entries become text.

use std::fmt::Write as _;

use meshlift_core::rollout::Event;
use serde_json::json;

use crate::api::dto::{LogLine, Report, RunSummary};
use crate::journal::{Entry, RunRecord};
use crate::runner::History;
use crate::view::{commands, log, words};

/// The report of a run.
pub(crate) fn report(record: &RunRecord, entries: &[Entry], summary: &RunSummary) -> Report {
    let mut history = History::default();
    let lines: Vec<LogLine> = entries
        .iter()
        .map(|entry| {
            history.take(entry);
            log::line(record, &history, entry)
        })
        .collect();
    let facts = facts(record, summary);
    Report {
        markdown: markdown(record, &facts, &acknowledged(entries), &lines),
        html: html(record, &facts, &acknowledged(entries), &lines),
        json: json_of(record, entries, summary),
    }
}

fn title(record: &RunRecord) -> String {
    format!("Run {}: {}", record.number, log::heading(record))
}

fn facts(record: &RunRecord, summary: &RunSummary) -> Vec<(&'static str, String)> {
    let ended = summary.ended_at.clone().unwrap_or_else(|| "not ended".to_owned());
    vec![
        ("Outcome", summary.sentence.english()),
        ("Context", record.context.clone()),
        ("API server", record.server.clone()),
        ("Cluster", record.cluster_uid.clone()),
        ("Operator", record.operator.clone()),
        ("Started", record.started.to_string()),
        ("Ended", ended),
        ("Pods", format!("{} of {}", summary.pods_done, summary.pods_total)),
        ("Plan digest", record.digest.clone()),
        ("Run", record.key.to_string()),
    ]
}

/// Blocking findings that somebody took upon themselves: rule, object, who and why.
fn acknowledged(entries: &[Entry]) -> Vec<[&str; 4]> {
    let mut found = Vec::new();
    for entry in entries {
        if let Event::Acknowledged { rule, subject, reason, operator } = &entry.event {
            found.push([&**rule, subject, operator, reason]);
        }
    }
    found
}

fn markdown(
    record: &RunRecord,
    facts: &[(&str, String)],
    acknowledged: &[[&str; 4]],
    lines: &[LogLine],
) -> String {
    let mut text = format!("# {}\n\n", title(record));
    for (name, value) in facts {
        let _ = writeln!(text, "- **{name}**: {}", in_markdown(value));
    }
    if !acknowledged.is_empty() {
        text += "\n## Acknowledged findings\n\n| Rule | Where | Who | Why |\n|---|---|---|---|\n";
        for columns in acknowledged {
            let _ = writeln!(text, "| {} |", columns.map(in_markdown).join(" | "));
        }
    }
    text += "\n## Steps\n\n";
    for step in &record.plan.steps {
        let title = words::step(&record.plan, &step.action).english();
        let _ = writeln!(text, "1. {}", in_markdown(&title));
        for command in commands::of_step(step, &record.context) {
            let _ = writeln!(text, "\n   ```sh\n   {command}\n   ```");
        }
    }
    text += "\n## Log\n\n| # | Time | What |\n|---|---|---|\n";
    for line in lines {
        let what = in_markdown(&line.text.english());
        let _ = writeln!(text, "| {} | {} | {what} |", line.seq, line.at);
    }
    text
}

fn html(
    record: &RunRecord,
    facts: &[(&str, String)],
    acknowledged: &[[&str; 4]],
    lines: &[LogLine],
) -> String {
    let title = in_html(&title(record));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>body{{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}\
         table{{border-collapse:collapse}}td,th{{border:1px solid #ccc;padding:.2rem .5rem;text-align:left;\
         vertical-align:top}}pre{{background:#f4f4f4;padding:.4rem;overflow:auto}}</style>\n<h1>{title}</h1>\n<table>\n"
    );
    for (name, value) in facts {
        let _ = writeln!(text, "<tr><th>{name}</th><td>{}</td></tr>", in_html(value));
    }
    if !acknowledged.is_empty() {
        text += "</table>\n<h2>Acknowledged findings</h2>\n<table>\n";
        for columns in acknowledged {
            let _ = writeln!(text, "<tr><td>{}</td></tr>", columns.map(in_html).join("</td><td>"));
        }
    }
    text += "</table>\n<h2>Steps</h2>\n<ol>\n";
    for step in &record.plan.steps {
        let title = words::step(&record.plan, &step.action).english();
        let _ = write!(text, "<li>{}", in_html(&title));
        for command in commands::of_step(step, &record.context) {
            let _ = write!(text, "<pre>{}</pre>", in_html(&command));
        }
        text += "</li>\n";
    }
    text += "</ol>\n<h2>Log</h2>\n<table>\n<tr><th>#</th><th>Time</th><th>What</th></tr>\n";
    for line in lines {
        let what = in_html(&line.text.english());
        let _ = writeln!(text, "<tr><td>{}</td><td>{}</td><td>{what}</td></tr>", line.seq, line.at);
    }
    text + "</table>\n</html>\n"
}

fn json_of(record: &RunRecord, entries: &[Entry], summary: &RunSummary) -> String {
    let events: Vec<_> = entries
        .iter()
        .map(|entry| json!({ "seq": entry.seq, "at": entry.at, "event": entry.event }))
        .collect();
    let report = json!({
        "run": summary,
        "server": record.server,
        "digest": record.digest,
        "plan": *record.plan,
        "events": events,
    });
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

/// One line, with nothing that Markdown would read as a table or as markup.
fn in_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

fn in_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_only_text() {
        assert_eq!(in_html("<img src='x'>&"), "&lt;img src=&#39;x&#39;&gt;&amp;");
        assert_eq!(in_markdown("a|b\n<c>"), "a\\|b \\<c\\>");
    }
}
