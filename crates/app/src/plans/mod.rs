//! Plans that were made and may be started, kept by their digest.
//!
//! Entry point: [`Plans`]. A caller can only start what was made here. Deliberately absent: making
//! one ([`make`]).

pub(crate) mod check;
pub(crate) mod earlier;
pub(crate) mod error;
pub(crate) mod make;
mod permissions;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use meshlift_core::rollout::Plan;

use crate::api::dto::PlanView;

pub(crate) use error::PlanError;

/// Plans that are kept; the oldest is forgotten first.
const KEPT: usize = 64;

/// The plans that were made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plans {
    held: Arc<Mutex<VecDeque<Arc<Planned>>>>,
}

/// A plan with everything that it was shown with.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) context: String,
    pub(crate) view: PlanView,
}

impl Plans {
    /// Keeps a plan. The same plan made again takes the place of the older one.
    pub(crate) fn keep(&self, planned: Planned) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|known| {
            known.view.digest != planned.view.digest || known.context != planned.context
        });
        if held.len() == KEPT {
            held.pop_front();
        }
        held.push_back(Arc::new(planned));
    }

    /// The plan of a digest.
    pub(crate) fn get(&self, digest: &str) -> Option<Arc<Planned>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().rev().find(|planned| planned.view.digest == digest).cloned()
    }
}
