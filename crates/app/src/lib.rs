//! The use cases of Meshlift: open a mesh, plan, run, resume.
//!
//! ```text
//! doors ──► api ──► session ──► meshlift-cluster
//!            │         ▲
//!            ├──► plans, view ──► meshlift-core
//!            └──► runner ──► journal
//! ```
//!
//! Entry point: [`Meshlift::open`]; its methods are the commands of [`api`]. Deliberately absent:
//! Tauri, HTTP and anything that draws.

pub mod api;
mod catalogue;
mod clock;
mod cloud;
mod contexts;
mod files;
mod injecting;
pub mod journal;
mod meshes;
mod meshlift;
mod operator;
mod options;
mod planner;
mod plans;
mod report;
mod runbook;
mod runner;
mod saved;
mod session;
pub mod settings;
mod simulated;
mod stage;
mod values;
mod view;
mod watches;

pub use clock::Clock;
pub use contexts::KubeconfigSources;
pub use meshlift::{Meshlift, OpenError};
pub use options::Options;
pub use simulated::{
    DEMO, DEMO_ASM, DEMO_ASM_GATEWAYS, DemoPace, SimulatedInstance, SimulatedMesh,
};
