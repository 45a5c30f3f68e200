//! The application's commands as plain async functions with typed requests, answers and errors.
//!
//! Entry point: [`table`]. The shell and the development server are doors to it and add nothing.

mod app;
mod asm;
mod cluster_error;
mod contexts;
pub mod dto;
mod error;
pub mod phrase;
mod plans;
mod runs;
pub mod table;
mod watching;
