//! Alibaba Cloud Service Mesh: the client of its public API, `servicemesh` 2020-01-11, and of the two
//! neighbours that it needs: temporary credentials (STS) and kubeconfigs of clusters (ACK).
//!
//! ```text
//! credentials::find ──► Credentials ─┐
//!           Region, Transport, Door ─┴─► Client ──► api: one method for each operation
//!                                          │ door, credential, one place for every call
//!                                          └─► sender: sign, limit, translate, try again ──► transport
//! ```
//!
//! Entry points: [`credentials::find`] says who asks, [`Client::new`] makes a client, and the
//! operations are its methods, called as in the API. [`Operation`] is the table that says which of
//! them may change something; those take the id of a journaled intent and never leave in read-only
//! mode. An error is one sentence with the request id, and [`AsmError::outcome`] says whether a write
//! may have happened.
//!
//! ```no_run
//! # use meshlift_cluster::door::Door;
//! # use meshlift_cluster::provider::asm::*;
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let environment = credentials::Environment::new(std::env::vars());
//! let choice = credentials::Choice { profile: None, programs: credentials::ProgramUse::Refuse };
//! let found = credentials::find(&environment, &choice)?;
//! let client = Client::new(Setup {
//!     region: Region::new("cn-hangzhou")?,
//!     network: Network::Public,
//!     transport: Transport::https(std::time::Duration::from_secs(5))?,
//!     credentials: found.credentials,
//!     door: Door::new(true),
//!     limits: Limits::default(),
//! });
//! for instance in client.describe_service_meshes(&[]).await?.service_meshes {
//!     println!("{} {}", instance.service_mesh_info.name, instance.upgradable);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Deliberately absent: a canary, which the API does not have; what to do next, which is decided by
//! the run; ready-made SDKs, of which none signs in this way (asm.md §13).

mod answer;
pub mod api;
mod client;
pub mod credentials;
mod endpoint;
mod error;
mod operation;
mod parameters;
mod sender;
mod signature;
mod throttle;
mod transport;

pub use client::{Client, Setup};
pub use endpoint::{Network, Region};
pub use error::{AsmError, Outcome, Reply};
pub use operation::{Effect, Operation, Service};
pub use sender::Limits;
pub use transport::Transport;
