//! The domain of mesh upgrades as data and pure functions.
//!
//! Nothing in here does I/O, reads a clock or runs a thread, so nothing in here can fail for a
//! reason outside its arguments: the offline planner is this crate. What is read from a cluster
//! arrives as an [`inventory::Snapshot`]; what has to be done to it leaves as a
//! [`rollout::Decision`].

pub mod asm;
pub mod catalog;
pub mod dataplane;
pub mod injection;
pub mod inventory;
pub mod plan;
pub mod policy;
pub mod precheck;
pub mod rollout;
pub mod version;

#[cfg(test)]
pub(crate) mod testing;
