//! What an ASM instance and one of its data-plane clusters are together.
//!
//! Entry points: [`join`] makes one snapshot of both, [`injection_of`] says how a label is asked
//! for, [`shows`] and [`standing`] read what came of a call or of a step in the console.
//! Deliberately absent: asking the cloud anything (the cluster crate), and deciding (`rollout`).

mod hand_off;
mod join;
mod labels;
mod preflight;
#[cfg(test)]
pub(crate) mod testing;
mod writes;

pub use hand_off::{HandOff, Standing, standing};
pub use join::join;
pub use labels::{Differing, InjectionChange, Switch, differing, injection_of};
pub use preflight::preflighted;
pub use writes::{Call, shows};
pub(crate) use writes::{has_reached, runs};
