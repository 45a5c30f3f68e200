//! What passes between the app and a cluster, seen from a server inside this process: what leaves, what
//! is tried again, how a picture of a mesh is kept true when watches end in all the ways they do, and how
//! traffic rules are watched.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod api;
mod calls;
mod picture;
mod traffic;
