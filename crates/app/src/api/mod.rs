//! The application's commands as plain async functions with typed requests, answers and errors.
//!
//! Entry point: [`table`]. The shell and the development server are doors to it and add nothing.

mod acknowledgement;
mod app;
mod asm;
mod cluster_error;
mod contexts;
pub mod dto;
mod error;
pub(crate) mod faults;
mod injecting;
mod offline;
pub mod phrase;
mod planning;
mod plans;
mod runbooks;
mod runs;
pub mod table;
mod watching;
