//! The use cases of Meshlift: open a mesh, plan, run, resume.
//!
//! Entry point: [`api`], the commands that every door offers. Deliberately absent: Tauri, HTTP and
//! anything that draws.

pub mod api;
