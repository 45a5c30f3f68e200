//! Traffic rules that change while a run goes on (run semantics 8). They are reported, and nothing is
//! decided from them.
//!
//! Entry points: [`TrafficNews`], one thing that is learnt; [`Traffic`], what all of it comes to.

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
    /// Rules may not be read, so their changes will not be seen.
    #[serde(rename_all = "camelCase")]
    Unseen {
        /// Which, and why.
        unseen: Unseen,
    },
}

/// One change of one rule, or several that are told at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleChange {
    /// The rule.
    pub rule: ObjectRef,
    /// What happened to it last.
    pub event: RuleEvent,
    /// The program that wrote it last, by its field manager; none where the server does not say.
    pub by: Option<Name>,
    /// How many changes this tells of, at least one.
    pub times: u32,
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

/// Rules that may not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unseen {
    /// Their kind; none where the server does not even tell which kinds there are.
    pub what: Option<Name>,
    /// Why, as one sentence.
    pub why: String,
}

/// What a run learnt of traffic rules so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// The last change of each rule with the count of all of its changes, the latest at the end.
    pub changes: Vec<RuleChange>,
    /// What is not seen, each kind once.
    pub unseen: Vec<Unseen>,
}

impl Traffic {
    /// Adds what was learnt. A rule that changes all the time takes one place.
    pub(super) fn take(&mut self, news: &TrafficNews) {
        match news {
            TrafficNews::Changed { change } => {
                let known = self.changes.iter().position(|known| known.rule == change.rule);
                let earlier = known.map_or(0, |place| self.changes.remove(place).times);
                let times = change.times.saturating_add(earlier);
                self.changes.push(RuleChange { times, ..change.clone() });
            }
            TrafficNews::Unseen { unseen } => {
                self.unseen.retain(|known| known.what != unseen.what);
                self.unseen.push(unseen.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(name: &str, event: RuleEvent, times: u32) -> TrafficNews {
        let rule = ObjectRef {
            api_version: "networking.istio.io/v1".into(),
            kind: "VirtualService".into(),
            resource: "virtualservices".into(),
            namespace: Some("shop".into()),
            name: name.into(),
        };
        TrafficNews::Changed { change: RuleChange { rule, event, by: None, times } }
    }

    #[test]
    fn a_rule_that_changes_all_the_time_takes_one_place() {
        let mut traffic = Traffic::default();
        traffic.take(&changed("cart", RuleEvent::Added, 1));
        traffic.take(&changed("pay", RuleEvent::Changed, 1));
        traffic.take(&changed("cart", RuleEvent::Changed, 12));
        let told: Vec<_> = traffic
            .changes
            .iter()
            .map(|change| (&*change.rule.name, change.event, change.times))
            .collect();
        let expected = [("pay", RuleEvent::Changed, 1), ("cart", RuleEvent::Changed, 13)];
        assert_eq!(told, expected, "the latest stands at the end, with all of its changes");
    }
}
