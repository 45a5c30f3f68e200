//! What changed among the rules of a kind.
//!
//! Entry points: [`differences`] between two looks, [`applied`] for a rule that was seen to change.
//! Pure: metadata in, changes out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use meshlift_core::inventory::Name;
use meshlift_core::rollout::{RuleChange, RuleEvent};
use serde::Deserialize;

use super::kinds::RuleKind;
use crate::wire::{Object, ObjectMeta, Time};

/// Part of the name of every label with which an install marks the objects that it made: they change
/// with the install itself.
const INSTALLED: &str = "operator.istio.io/";

/// A rule of which only its metadata is read.
#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    metadata: RuleMeta,
}

#[derive(Debug, Deserialize)]
struct RuleMeta {
    #[serde(flatten)]
    meta: ObjectMeta,
    #[serde(default, rename = "managedFields")]
    writers: Vec<Writer>,
}

/// An entry of `managedFields`: a program, and when it wrote last.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Writer {
    manager: String,
    time: Option<Time>,
    subresource: String,
}

impl Object for Rule {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata.meta
    }
}

/// Namespace and name.
pub(super) type Key = (Name, Name);

/// Generations of rules.
pub(super) type Held = BTreeMap<Key, i64>;

/// What is known of a kind before a look at it.
#[derive(Debug, Clone)]
pub(super) enum Before {
    /// Only when it was looked at last, in seconds since the epoch.
    At(i64),
    /// What was there.
    Held(Held),
}

impl Before {
    /// Nothing but the time of the last look.
    pub(super) fn of(since: Timestamp) -> Self {
        Self::At(since.as_second())
    }
}

/// What changed between the last look and this one.
pub(super) fn differences(kind: &RuleKind, before: &Before, rules: &[Rule]) -> Vec<RuleChange> {
    match before {
        Before::At(since) => rules.iter().filter_map(|rule| written(kind, rule, *since)).collect(),
        Before::Held(held) => compared(kind, held, rules),
    }
}

fn compared(kind: &RuleKind, before: &Held, rules: &[Rule]) -> Vec<RuleChange> {
    let mut left = before.clone();
    let mut changes: Vec<RuleChange> = Vec::new();
    for rule in rules {
        let mut held = left.remove_entry(&key(rule)).into_iter().collect();
        changes.extend(applied(kind, rule, &mut held));
    }
    changes.extend(left.keys().map(|key| kind.change(key, RuleEvent::Removed, None)));
    changes
}

/// What the times of a rule tell. They are in whole seconds, so one that is equal counts as later:
/// told twice is better than never.
fn written(kind: &RuleKind, rule: &Rule, since: i64) -> Option<RuleChange> {
    let is_later = |time: Option<Time>| time.is_some_and(|time| time.seconds >= since);
    let event = match (is_later(rule.meta().creation_timestamp), last_writer(rule)) {
        (true, _) => RuleEvent::Added,
        (false, Some(writer)) if is_later(writer.time) => RuleEvent::Changed,
        (false, _) => return None,
    };
    Some(kind.change(&key(rule), event, who(rule)))
}

/// What a rule that is there now means, compared with what was held.
pub(super) fn applied(kind: &RuleKind, rule: &Rule, held: &mut Held) -> Option<RuleChange> {
    let key = key(rule);
    let event = match held.insert(key.clone(), rule.meta().generation) {
        None => RuleEvent::Added,
        Some(before) if before != rule.meta().generation => RuleEvent::Changed,
        Some(_) => return None,
    };
    Some(kind.change(&key, event, who(rule)))
}

/// Whether somebody other than the install made it.
pub(super) fn is_a_users(rule: &Rule) -> bool {
    !rule.meta().labels.keys().any(|label| label.contains(INSTALLED))
}

/// The namespace and the name of a rule.
pub(super) fn key(rule: &Rule) -> Key {
    (rule.meta().namespace.as_str().into(), rule.meta().name.as_str().into())
}

fn who(rule: &Rule) -> Option<Name> {
    last_writer(rule).map(|writer| writer.manager.as_str().into())
}

/// The program that wrote the spec last.
fn last_writer(rule: &Rule) -> Option<&Writer> {
    let writers = rule.metadata.writers.iter().filter(|writer| writer.subresource.is_empty());
    writers.max_by_key(|writer| writer.time.map(|time| time.seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind() -> RuleKind {
        RuleKind {
            api_version: "networking.istio.io/v1".into(),
            kind: "VirtualService".into(),
            resource: "virtualservices".into(),
        }
    }

    /// Made on the 22nd, its spec written last on the 23rd at ten, its status an hour later.
    fn rule(name: &str, generation: i64) -> Rule {
        serde_json::from_value(json!({ "metadata": {
            "namespace": "shop", "name": name, "generation": generation,
            "creationTimestamp": "2026-11-22T10:00:00Z",
            "managedFields": [
                { "manager": "kubectl-edit", "time": "2026-11-23T10:00:00Z" },
                { "manager": "pilot", "time": "2026-11-23T11:00:00Z", "subresource": "status" },
                { "manager": "kubectl-create", "time": "2026-11-22T10:00:00Z" },
            ],
        } }))
        .unwrap()
    }

    #[test]
    fn a_change_of_the_spec_is_told_with_who_wrote_it_last() {
        let mut held = Held::from([(key(&rule("cart", 1)), 1)]);
        let change = applied(&kind(), &rule("cart", 2), &mut held).unwrap();
        assert_eq!(change.event, RuleEvent::Changed);
        assert_eq!(change.by.as_deref(), Some("kubectl-edit"), "a status is nobody's change");
        assert_eq!(change.rule.to_string(), "VirtualService shop/cart");
        assert_eq!(applied(&kind(), &rule("cart", 2), &mut held), None, "it is told once");
    }

    #[test]
    fn a_gap_is_closed_by_comparing_two_lists() {
        let held = ["same", "changed", "removed"].map(|name| (key(&rule(name, 1)), 1)).into();
        let now = [rule("same", 1), rule("changed", 2), rule("added", 1)];
        let told: Vec<(String, RuleEvent)> = differences(&kind(), &Before::Held(held), &now)
            .into_iter()
            .map(|change| (change.rule.name.to_string(), change.event))
            .collect();
        let expected = [
            ("changed", RuleEvent::Changed),
            ("added", RuleEvent::Added),
            ("removed", RuleEvent::Removed),
        ];
        assert_eq!(told, expected.map(|(name, event)| (name.to_owned(), event)));
    }

    #[test]
    fn what_changed_while_nobody_looked_is_told_by_its_times() {
        let events = |since: &str| -> Vec<RuleEvent> {
            let before = Before::of(since.parse().unwrap());
            let changes = differences(&kind(), &before, &[rule("cart", 1)]);
            changes.into_iter().map(|change| change.event).collect()
        };
        assert_eq!(events("2026-11-22T09:59:59Z"), [RuleEvent::Added]);
        assert_eq!(events("2026-11-23T09:59:59Z"), [RuleEvent::Changed]);
        assert_eq!(events("2026-11-23T10:00:00.9Z"), [RuleEvent::Changed], "seconds are whole");
        assert_eq!(events("2026-11-23T10:30:00Z"), [], "a status is nobody's change");
    }

    #[test]
    fn what_an_install_made_is_not_a_users_rule() {
        let mut installed = rule("stats-filter", 1);
        let label = "install.operator.istio.io/owning-resource".to_owned();
        installed.metadata.meta.labels.insert(label, "unknown".to_owned());
        assert!(!is_a_users(&installed));
        assert!(is_a_users(&rule("cart", 1)));
    }
}
