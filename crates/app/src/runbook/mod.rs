//! Runbooks: a plan or a route as a document that can be followed without the app.
//!
//! Entry points: [`of_plan`] and [`of_route`]. Pure: data becomes text, in the user's language, as
//! Markdown, as a web page and as JSON. Deliberately absent: writing a file.

mod asm;
mod document;
mod gates;
mod hops;
mod html;
mod markdown;
mod plan;
mod route;
#[cfg(test)]
mod tests;
mod words;

use jiff::Timestamp;

use crate::api::dto::Runbook;
use document::Document;

pub(crate) use plan::{PlanSource, of_plan};
pub(crate) use route::{RouteSource, of_route};
pub(crate) use words::Language;

/// A document in its three forms.
fn forms(name: String, document: &Document, language: Language) -> Runbook {
    let mut json = serde_json::to_string_pretty(document).unwrap_or_default();
    json.push('\n');
    Runbook {
        name,
        markdown: markdown::render(document, language),
        html: html::render(document, language),
        json,
    }
}

/// A time in whole seconds: nobody reads what is behind them.
fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}

/// A name for a file: letters, digits, dots and dashes only.
fn file_name(parts: &[&str]) -> String {
    let joined = parts.join("-");
    let kept = joined
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' });
    kept.collect::<String>().trim_matches('-').to_lowercase()
}
