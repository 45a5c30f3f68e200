//! The application's commands as plain async functions with typed requests, answers and errors.
//!
//! Entry point: [`table`]. The shell and the development server are doors to it and add nothing.

pub mod dto;
pub mod phrase;
pub mod table;
