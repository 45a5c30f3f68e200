//! What a run's actor publishes about this moment; everything else is in the journal.

use std::sync::Arc;

use meshlift_core::rollout::Waiting;

use super::History;
use crate::api::dto::Phrase;

/// A driven run at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// What its journal tells so far.
    pub(crate) history: Arc<History>,
    /// What it waits for; none when it is doing something.
    pub(crate) waiting: Option<Waiting>,
    /// What keeps it from writing at all, such as a lost lease.
    pub(crate) hold: Option<Phrase>,
}

impl Live {
    pub(super) fn starting(history: &History) -> Self {
        Self { history: Arc::new(history.clone()), waiting: None, hold: None }
    }
}
