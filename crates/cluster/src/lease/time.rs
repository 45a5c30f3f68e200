//! How long a lease still counts, without comparing two clocks. Entry points: [`Watch`] for
//! somebody else's, [`Held::may_write`] for ours.

use std::time::{Duration, Instant, SystemTime};

use super::{DURATION, GRACE, Held, Observed};

/// An instant on both of this computer's clocks. The monotonic one may stand still while a laptop
/// sleeps, and the other may be set.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// Time that passed since, by whichever clock says more; all of it when a clock was set back.
    fn until(self, now: Self) -> Duration {
        let wall = now.wall.duration_since(self.wall).unwrap_or(Duration::MAX);
        now.monotonic.duration_since(self.monotonic).max(wall)
    }
}

impl Held {
    /// Whether writing is still allowed: renewal has not failed for two thirds of the lease's time,
    /// and the computer did not sleep through it.
    pub fn may_write(&self, now: Moment) -> bool {
        self.renewed.until(now) < GRACE
    }

    /// Who we are.
    pub fn holder(&self) -> &str {
        &self.holder
    }
}

/// Judges whether a foreign lease is stale, over several observations of it.
#[derive(Debug, Clone)]
pub struct Watch {
    lasts: Duration,
    since: Option<(Sign, Instant)>,
}

/// What changes with every renewal.
type Sign = (Option<String>, Option<String>);

impl Default for Watch {
    fn default() -> Self {
        Self::of_leases_that_last(DURATION)
    }
}

impl Watch {
    /// A watch of leases that hold this long after their last renewal.
    pub fn of_leases_that_last(lasts: Duration) -> Self {
        Self { lasts, since: None }
    }

    /// Notes an observation, and says whether the lease may be taken from its holder: it was
    /// released, or seen unchanged for its whole duration.
    pub fn is_free(&mut self, seen: Option<&Observed>, now: Instant) -> bool {
        let Some(seen) = seen else { return true };
        if seen.holder.is_none() {
            return true;
        }
        let sign = (seen.holder.clone(), seen.renewed.clone());
        match &self.since {
            Some((known, since)) if *known == sign => now.duration_since(*since) >= self.lasts,
            Some(_) | None => {
                self.since = Some((sign, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::Value;

    use super::*;
    use crate::lease::Marker;

    fn seen(holder: Option<&str>, renewed: &str) -> Observed {
        Observed {
            holder: holder.map(str::to_owned),
            marker: Marker::default(),
            renewed: Some(renewed.to_owned()),
            object: Value::Null,
        }
    }

    #[test]
    fn a_lease_is_stale_when_it_stayed_unchanged_for_its_whole_time() {
        let start = Instant::now();
        let mut watch = Watch::default();
        let ada = seen(Some("ada@desk/1"), "10:00:00");
        assert!(!watch.is_free(Some(&ada), start), "the first look proves nothing");
        assert!(!watch.is_free(Some(&ada), start + DURATION / 2));
        let renewed = seen(Some("ada@desk/1"), "10:00:15");
        assert!(!watch.is_free(Some(&renewed), start + DURATION), "it was renewed in between");
        assert!(!watch.is_free(Some(&renewed), start + DURATION + DURATION / 2));
        assert!(watch.is_free(Some(&renewed), start + DURATION * 2));
    }

    #[test]
    fn a_missing_or_released_lease_is_free_at_once() {
        let mut watch = Watch::default();
        assert!(watch.is_free(None, Instant::now()));
        assert!(watch.is_free(Some(&seen(None, "10:00:00")), Instant::now()));
    }

    #[rstest]
    #[case::just_renewed(Duration::from_secs(1), Duration::from_secs(1), true)]
    #[case::renewal_failed_too_long(GRACE, GRACE, false)]
    #[case::slept_with_a_clock_that_stood_still(Duration::from_secs(1), DURATION, false)]
    fn writing_stops_when_the_lease_may_be_somebody_elses(
        #[case] monotonic: Duration,
        #[case] wall: Duration,
        #[case] expected: bool,
    ) {
        let renewed = Moment::now();
        let held = Held {
            namespace: "istio-system".to_owned(),
            holder: "ada@desk/1".to_owned(),
            object: Value::Null,
            renewed,
        };
        let now = Moment { monotonic: renewed.monotonic + monotonic, wall: renewed.wall + wall };
        assert_eq!(held.may_write(now), expected);
    }

    #[test]
    fn writing_stops_when_the_clock_was_set_back() {
        let renewed = Moment::now();
        let back = Moment { wall: renewed.wall - Duration::from_secs(1), ..renewed };
        let held = Held {
            namespace: "istio-system".to_owned(),
            holder: "ada@desk/1".to_owned(),
            object: Value::Null,
            renewed,
        };
        assert!(!held.may_write(back), "how long it slept can't be told");
    }
}
