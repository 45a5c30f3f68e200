//! The application's only clock.
//!
//! Entry point: [`Clock`]. Deliberately absent: deciding anything by it; the core is handed the
//! time as an argument.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time of day.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The computer's own.
    System,
    /// Starts at a moment and goes on with the runtime's timer, which a test may pause.
    Runtime {
        /// The moment.
        base: Timestamp,
        /// When it was that moment.
        started: Instant,
    },
}

impl Clock {
    /// A clock that starts at `base` and goes on with the runtime's timer.
    pub fn runtime(base: Timestamp) -> Self {
        Self::Runtime { base, started: Instant::now() }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Runtime { base, started } => {
                let passed = SignedDuration::try_from(started.elapsed()).unwrap_or_default();
                base.checked_add(passed).unwrap_or(*base)
            }
        }
    }
}
