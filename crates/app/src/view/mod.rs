//! What the window shows, made from what is read: pure functions from the core's types to the
//! window's.
//!
//! Entry points: [`mesh::view`], [`rows::rows`], [`run::view`], [`plan::view`].

pub(crate) mod asm;
pub(crate) mod behind;
pub(crate) mod commands;
pub(crate) mod findings;
pub(crate) mod instance;
pub(crate) mod log;
pub(crate) mod mesh;
pub(crate) mod namespaces;
pub(crate) mod plan;
pub(crate) mod roles;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod scene;
pub(crate) mod spoken;
pub(crate) mod tabs;
pub(crate) mod targets;
#[cfg(test)]
mod tests;
pub(crate) mod why;
pub(crate) mod words;
