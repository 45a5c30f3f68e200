//! A step that somebody does in ASM's console. The run keeps its place until it shows, however long
//! that takes.

use super::{At, Subject, paused, users_of, wait};
use crate::asm::{self, HandOff, Standing};
use crate::rollout::{Decision, Failure, Waiting};

pub(super) fn decide(at: &At<'_>, task: &HandOff) -> Decision {
    match asm::standing(at.observed.snapshot, task) {
        Standing::Done => at.pass(),
        Standing::Otherwise { found } => {
            at.ask(Subject::Step, Failure::DoneOtherwise { task: task.clone(), found })
        }
        Standing::Open => match still_followed(at, task) {
            Some(failure) => at.ask(Subject::Step, failure),
            None if at.progress.paused => paused(),
            None => wait(Waiting::HandOff { task: task.clone() }),
        },
    }
}

/// What would be left without a control plane if the step were done now (`domain/asm.md` §11.2).
fn still_followed(at: &At<'_>, task: &HandOff) -> Option<Failure> {
    let goes = match task {
        HandOff::Revoke { version } | HandOff::Unpublish { version } => version,
        HandOff::DeployCanary { version: _ } | HandOff::Promote { version: _ } => return None,
    };
    let revision = goes.revision();
    let count = users_of(at.observed.snapshot, &revision);
    (count > 0).then(|| Failure::StillUsed { revision: revision.into(), count })
}
