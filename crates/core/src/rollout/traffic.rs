//! Traffic rules that change while a run goes on (run semantics 8). They are reported, and nothing is
//! decided from them.

use serde::{Deserialize, Serialize};

use super::ObjectRef;
use crate::inventory::Name;

/// What is learnt of traffic rules during a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum TrafficNews {
    /// A rule changed.
    #[serde(rename_all = "camelCase")]
    Changed {
        /// The change.
        change: RuleChange,
    },
    /// Rules of a kind may not be read, so their changes will not be seen.
    #[serde(rename_all = "camelCase")]
    Unseen {
        /// The kind.
        what: Name,
        /// Why, as one sentence.
        why: String,
    },
}

/// One change of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleChange {
    /// The rule.
    pub rule: ObjectRef,
    /// What happened to it.
    pub event: RuleEvent,
    /// The program that wrote it last, by its field manager; none where the server does not say.
    pub by: Option<Name>,
}

/// What happened to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleEvent {
    /// It is new.
    Added,
    /// Its spec changed.
    Changed,
    /// It is gone.
    Removed,
}
