//! A runbook as data: what is to be done, in order, before it is put into a form.

use serde::Serialize;

use super::words::{Language, Word};

/// What a runbook calls itself in JSON.
pub(super) const FORMAT: &str = "meshlift-runbook";
/// The version of that form.
pub(super) const FORMAT_VERSION: u32 = 1;

/// A whole runbook, in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) format: &'static str,
    pub(super) version: u32,
    pub(super) language: &'static str,
    pub(super) title: String,
    pub(super) facts: Vec<Fact>,
    /// What will happen, what will not, and the way back.
    pub(super) notes: Vec<Notes>,
    /// None where no mesh was looked at.
    pub(super) findings: Option<Vec<Finding>>,
    pub(super) consents: Vec<String>,
    pub(super) first: Vec<Todo>,
    pub(super) parts: Vec<Part>,
    pub(super) stop: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
}

/// Lines under a heading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Notes {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding {
    pub(super) severity: String,
    pub(super) rule: String,
    pub(super) what: String,
    pub(super) subject: String,
    pub(super) consequence: String,
    pub(super) fix: Option<String>,
    pub(super) source: String,
    /// Why it was accepted, if it was.
    pub(super) acknowledged: Option<String>,
}

/// Something to do before the first step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Todo {
    pub(super) what: String,
    pub(super) command: Option<String>,
    pub(super) source: Option<String>,
}

/// The whole plan, or one hop of a route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Part {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    /// What changes on the way; none where that is not told.
    pub(super) changes: Option<Vec<ChangeNote>>,
    pub(super) steps: Vec<Step>,
}

/// A change that is crossed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ChangeNote {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) remedy: String,
    pub(super) escape: Vec<String>,
    pub(super) source: String,
    /// Whether this mesh is hit; none without a mesh.
    pub(super) mesh: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Step {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    /// What must hold before it begins.
    pub(super) before: Vec<Gate>,
    pub(super) files: Vec<File>,
    pub(super) commands: Vec<String>,
    pub(super) gates: Vec<Gate>,
    pub(super) back: Back,
}

/// A file that a command needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: String,
}

/// What must hold before a step, or after it before the next one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Gate {
    pub(super) what: String,
    pub(super) command: Option<String>,
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Back {
    pub(super) what: String,
    pub(super) commands: Vec<String>,
}

/// The columns of a table of findings.
pub(super) const COLUMNS: [Word; 8] = [
    Word::Severity,
    Word::Rule,
    Word::What,
    Word::Where,
    Word::Consequence,
    Word::Fix,
    Word::Source,
    Word::Acknowledged,
];

impl Finding {
    /// Its row, in the order of [`COLUMNS`].
    pub(super) fn cells(&self, language: Language) -> [String; 8] {
        let accepted = self.acknowledged.clone();
        [
            self.severity.clone(),
            self.rule.clone(),
            self.what.clone(),
            self.subject.clone(),
            self.consequence.clone(),
            self.fix.clone().unwrap_or_else(|| "–".to_owned()),
            self.source.clone(),
            accepted.unwrap_or_else(|| language.word(Word::Open, &[])),
        ]
    }
}
