//! Adapters: everything that speaks to a cluster or runs a program beside the app.
//!
//! ```text
//! contexts ──► connection ──► door ──► the API server
//!                  ▲
//!        calls ────┘   ◄── snapshot, actuate, preflight, istiod, lease
//! ```
//!
//! [`contexts`] finds what can be opened and executes nothing. [`connection::Connection::open`] makes
//! a client whose every request passes the [`door`]. [`calls`] adds time limits, cancellation and the
//! retries of reads. [`snapshot`] reads the mesh and keeps it true, [`evidence`] reads what prechecks ask
//! for, [`actuate`] changes one thing at a time, [`instance`] reads an ASM instance and makes its
//! calls. Deliberately absent: deciding what to change (`meshlift-core`) and when (`meshlift-app`).

pub mod actuate;
pub mod calls;
pub mod connection;
pub mod contexts;
pub mod door;
pub mod evidence;
pub mod instance;
pub mod istiod;
pub mod lease;
pub mod preflight;
pub mod programs;
pub mod provider;
pub mod snapshot;
pub mod traffic;
pub mod wire;
