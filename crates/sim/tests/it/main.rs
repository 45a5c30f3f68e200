//! The simulated mesh, seen from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod asm;
mod common;
mod controllers;
mod demo;
mod faults;
mod istioctl;
mod kube_client;
mod wire;
