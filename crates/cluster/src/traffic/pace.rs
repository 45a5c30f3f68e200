//! How often a rule is told of: at once, then at most once a minute with the count of what happened
//! meanwhile. Programs such as Flagger and Argo Rollouts rewrite a rule every few seconds.
//!
//! Entry point: [`Pace`]. Deliberately absent: telling what still waits when the run ends, which is at
//! most a minute old and of a rule that was told of before.

use std::collections::BTreeMap;
use std::time::Duration;

use meshlift_core::rollout::{ObjectRef, RuleChange};
use tokio::time::Instant;

/// A rule is told of again after this long at the earliest.
const PAUSE: Duration = Duration::from_mins(1);

/// Changes by their rule.
#[derive(Default)]
pub(super) struct Pace {
    rules: BTreeMap<ObjectRef, Paced>,
}

struct Paced {
    /// When it may be told of, or may be told of again.
    from: Instant,
    waiting: Option<RuleChange>,
}

impl Pace {
    /// Keeps a change until it is due. It takes the place of an earlier one of its rule and counts it.
    pub(super) fn take(&mut self, change: RuleChange, now: Instant) {
        let unknown = || Paced { from: now, waiting: None };
        let paced = self.rules.entry(change.rule.clone()).or_insert_with(unknown);
        let earlier = paced.waiting.take().map_or(0, |earlier| earlier.times);
        let times = change.times.saturating_add(earlier);
        paced.waiting = Some(RuleChange { times, ..change });
    }

    /// A change whose time has come.
    pub(super) fn due(&mut self, now: Instant) -> Option<RuleChange> {
        let is_due = |paced: &&mut Paced| paced.waiting.is_some() && paced.from <= now;
        let paced = self.rules.values_mut().find(is_due)?;
        paced.from = now + PAUSE;
        paced.waiting.take()
    }

    /// When the next change is due.
    pub(super) fn next(&self) -> Option<Instant> {
        let waiting = self.rules.values().filter(|paced| paced.waiting.is_some());
        waiting.map(|paced| paced.from).min()
    }
}

#[cfg(test)]
mod tests {
    use meshlift_core::rollout::RuleEvent;

    use super::*;

    fn change(name: &str, event: RuleEvent) -> RuleChange {
        let rule = ObjectRef {
            api_version: "networking.istio.io/v1".into(),
            kind: "VirtualService".into(),
            resource: "virtualservices".into(),
            namespace: Some("shop".into()),
            name: name.into(),
        };
        RuleChange { rule, event, by: Some("flagger".into()), times: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rule_that_changes_all_the_time_is_told_of_once_a_minute() {
        let mut pace = Pace::default();
        pace.take(change("cart", RuleEvent::Added), Instant::now());
        let first = pace.due(Instant::now()).unwrap();
        assert_eq!((first.event, first.times), (RuleEvent::Added, 1), "the first is told at once");

        for _ in 0..12 {
            pace.take(change("cart", RuleEvent::Changed), Instant::now());
            tokio::time::advance(Duration::from_secs(4)).await;
        }
        assert_eq!(pace.due(Instant::now()), None, "48 seconds are not a minute");
        pace.take(change("pay", RuleEvent::Removed), Instant::now());
        let other = pace.due(Instant::now()).unwrap();
        assert_eq!(&*other.rule.name, "pay", "one rule does not hold up another");

        tokio::time::advance(Duration::from_secs(12)).await;
        let second = pace.due(Instant::now()).unwrap();
        assert_eq!((second.event, second.times), (RuleEvent::Changed, 12));
        assert_eq!(pace.next(), None, "nothing is left to tell");
    }
}
