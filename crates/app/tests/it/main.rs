//! The application, driven through its commands, against a simulated mesh.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod asm;
mod canary;
mod common;
mod contexts;
mod faults;
mod in_place;
mod operators;
mod recovery;
mod watching;
