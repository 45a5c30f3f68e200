//! The test bed: a real Kubernetes control plane and a real Istio, without a container engine.
//!
//! ```text
//!   etcd ── kube-apiserver ──┬── kube-controller-manager, kube-scheduler      (real)
//!                            ├── kwok: nodes, and every pod but istiod's      (played)
//!                            ├── Kubelet (kubelet.rs): istiod's pods          (played)
//!                            │      └── pilot-discovery, on its `ClusterIP`     (real)
//!                            └── player: the xDS side of every proxy          (played)
//! ```
//!
//! Entry point: [`Bed::start`]. Several beds run at once, in one process or in many: each takes a
//! number, and with it a service range and a block of ports. Every address is a loopback address. No
//! process outlives the one that started the bed, however that one ends.
//!
//! Deliberately absent: data traffic (no Envoy runs), and differences between Istio's releases in
//! anything but the version they report: the three are one source under three stamps.

mod bed;
mod binaries;
mod command;
mod components;
mod control_plane;
mod istiod;
mod kubelet;
mod pki;
mod pod_status;
mod process;
mod slot;
mod workload;

pub use bed::Bed;
pub use command::Output;
pub use workload::{Kind, Workload};

/// The Istio versions a bed can run, oldest first.
pub const ISTIO_VERSIONS: [&str; 3] = ["1.29.8", "1.30.5", "1.31.1"];
