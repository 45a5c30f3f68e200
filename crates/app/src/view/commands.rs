//! The command lines that do the same as a step.

use meshlift_cluster::actuate::command_line;
use meshlift_core::rollout::{ActKind, Step, StepAction};

/// The acts of a step, in order.
pub(crate) fn acts_of(step: &Step) -> Vec<ActKind> {
    match &step.action {
        StepAction::Install { install } => vec![ActKind::Install { install: install.clone() }],
        StepAction::MoveNamespace { namespace, uid, from, to, instance } => {
            vec![ActKind::label(namespace, uid, from, to, instance.as_ref())]
        }
        StepAction::Asm { instance, call } => {
            vec![ActKind::Asm { instance: instance.clone(), call: call.clone() }]
        }
        StepAction::Restart { wave } => wave
            .items
            .iter()
            .map(|item| ActKind::Restart {
                workload: item.workload.clone(),
                uid: item.uid.clone(),
                template_hash: item.template_hash.clone(),
            })
            .collect(),
        StepAction::Change { acts } => acts.clone(),
        StepAction::Verify { expect: _ } | StepAction::HandOff { instance: _, task: _ } => {
            Vec::new()
        }
    }
}

/// The command lines that do the same as a step.
pub(crate) fn of_step(step: &Step, context: &str) -> Vec<String> {
    acts_of(step).iter().map(|act| command_line(act, context)).collect()
}
