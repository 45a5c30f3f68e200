//! The precheck and what it finds.

use serde::{Deserialize, Serialize};

use super::{Method, Phrase};

dto! {
    /// Asks for a precheck.
    pub struct PrecheckRequest {
        /// The context.
        pub context: String,
        /// The method that it is checked for.
        pub method: Method,
    }

    /// Result of a precheck.
    pub struct PrecheckView {
        /// When it ran.
        pub at: String,
        /// The target it was run for.
        pub target: String,
        /// What it found, worst first.
        pub findings: Vec<FindingView>,
        /// Checks that found nothing.
        pub passed: u32,
        /// Checks that could not tell.
        pub unknown: u32,
    }

    /// One finding.
    pub struct FindingView {
        /// Its id, under which it is acknowledged.
        pub id: String,
        /// Its rule, such as `P-06`.
        pub rule: String,
        /// How bad.
        pub severity: Severity,
        /// What, in a few words.
        pub what: Phrase,
        /// Where: the object's name.
        pub subject: String,
        /// What follows when it is ignored.
        pub consequence: Phrase,
        /// How it is mended, in a few words.
        pub remedy: Option<Phrase>,
        /// Command line that mends it, or leads to where it is mended.
        pub fix: Option<String>,
        /// Whether a start may go on although it blocks, once somebody says why.
        pub acknowledgeable: bool,
        /// Where the rule comes from.
        pub source: String,
    }
}

dto_word! {
    /// How bad a finding is.
    pub enum Severity { Block, Warn, Info }
}
