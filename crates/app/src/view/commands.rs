//! The command lines that do the same as a step.

use meshlift_cluster::actuate::command_line;
use meshlift_core::rollout::Step;

/// The command lines that do the same as a step.
pub(crate) fn of_step(step: &Step, context: &str) -> Vec<String> {
    step.acts().iter().map(|act| command_line(act, context)).collect()
}
