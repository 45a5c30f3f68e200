//! A simulated mesh behind the real Kubernetes wire formats: the demo, and the fast test double.
//!
//! Entry points: [`SimMesh`], a mesh of its own, and [`SimAsm`], an instance of Alibaba Cloud
//! Service Mesh. Their API servers speak HTTP/1.1 over in-process pipes, so a real Kubernetes client
//! can be put before them: pages, protobuf, compression, watches, conflicts, dry runs,
//! port-forwards and admission are all there. Controllers replace pods, webhooks inject
//! them, and a simulated `istioctl` installs control planes. There is no thread, port or file
//! outside the process, and time is tokio's: a test that pauses the clock decides when a pod is
//! ready. Deliberately absent: any dependency on the code that is tested with it.

mod admission;
mod api;
pub mod asm;
mod build;
mod chance;
mod clock;
mod cluster;
mod controllers;
mod defaults;
mod demo;
mod faults;
mod handle;
mod istioctl;
mod json;
mod mesh;
mod patch;
mod proto;
mod query;
mod refusal;
mod resources;
mod selector;
mod sidecar;
mod store;
mod writes;

pub use asm::SimAsm;
pub use build::{Builder, Workload};
pub use cluster::{Pace, RequestLine};
pub use faults::{Fault, Held, On};
pub use handle::SimCluster;
pub use istioctl::Exit;
pub use mesh::SimMesh;
