//! What every mesh that plays a run in tests has: a journal that counts seconds, and a crash.

use jiff::Timestamp;

use super::{Event, Progress, fold};

/// When the app goes away. It does so once.
#[derive(Debug, Clone, Copy)]
pub(super) enum Crash {
    Never,
    /// After this many events; with `lost`, the effect of the next act is there and its outcome
    /// was not written.
    After {
        event: usize,
        lost: bool,
    },
}

impl Crash {
    /// Whether the app goes away between two decisions.
    pub(super) fn strikes(&mut self, tape: &Tape) -> bool {
        self.strikes_with(tape, false)
    }

    /// Whether the app goes away between an act and the word that it is done.
    pub(super) fn strikes_in_an_act(&mut self, tape: &Tape) -> bool {
        self.strikes_with(tape, true)
    }

    fn strikes_with(&mut self, tape: &Tape, outcome: bool) -> bool {
        let now =
            matches!(*self, Self::After { event, lost } if lost == outcome && tape.len() >= event);
        if now {
            *self = Self::Never;
        }
        now
    }
}

/// The journal of one run: an event takes a second.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape {
    events: Vec<(Timestamp, Event)>,
    skipped: i64,
}

impl Tape {
    pub(super) fn write(&mut self, event: Event) {
        let now = self.now();
        self.events.push((now, event));
    }

    pub(super) fn folded(&self) -> Progress {
        let mut progress = Progress::default();
        for (at, event) in &self.events {
            fold(&mut progress, *at, event);
        }
        progress
    }

    pub(super) fn now(&self) -> Timestamp {
        let second = i64::try_from(self.events.len()).unwrap() + self.skipped;
        Timestamp::from_second(second).unwrap()
    }

    /// Lets time pass without an event.
    pub(super) fn skip(&mut self, seconds: i64) {
        self.skipped += seconds;
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
    }
}
