//! The application, driven through its commands, against a simulated mesh.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod acknowledging;
mod asm;
mod canary;
mod common;
mod contexts;
mod faults;
mod in_place;
mod injecting;
mod operators;
mod planner;
mod recovery;
mod rights;
mod runbooks;
mod secrets;
mod snapshots;
mod watching;
mod writes;
