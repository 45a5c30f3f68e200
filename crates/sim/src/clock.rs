//! The mesh's own time: tokio's clock, so that a paused clock moves a mesh by hand.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Where the mesh's time began, and how much of tokio's time has passed since.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    base: Timestamp,
    start: Instant,
    set_back: SignedDuration,
}

impl Clock {
    /// A clock that shows `base` now.
    pub(crate) fn new(base: Timestamp) -> Self {
        Self { base, start: Instant::now(), set_back: SignedDuration::ZERO }
    }

    /// Shows an earlier time from now on, while a mesh with a past is made.
    pub(crate) fn set_back(&mut self, by: SignedDuration) {
        self.set_back = by;
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.start.elapsed()).unwrap_or_default();
        self.base.saturating_add(passed - self.set_back).unwrap_or(self.base)
    }

    /// The time as objects carry it, in whole seconds.
    pub(crate) fn stamp(&self) -> String {
        self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}
