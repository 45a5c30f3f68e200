//! What a session knows of its mesh at one moment.

use std::sync::Arc;

use jiff::Timestamp;
use meshlift_core::inventory::Snapshot;
use meshlift_core::rollout::Istiods;

use crate::api::dto::{ApiError, Connection, ConnectionState, ForeignRun};

/// The mesh as it was read last, and how the connection is.
#[derive(Debug, Clone)]
pub(crate) struct MeshState {
    /// The mesh; none before the first page.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// Whether a whole reading has arrived.
    pub(crate) complete: bool,
    /// When it was read last.
    pub(crate) read_at: Option<Timestamp>,
    /// What the istiods of each revision said when they were asked last.
    pub(crate) istiods: Arc<Istiods>,
    /// How the connection is.
    pub(crate) connection: ConnectionState,
    /// Why it is not connected.
    pub(crate) problem: Option<ApiError>,
    /// How often the connection was lost: after a loss the cluster is identified again.
    pub(crate) losses: u64,
    /// Another operator's run on this mesh.
    pub(crate) foreign: Option<ForeignRun>,
}

impl MeshState {
    /// Before anything was read.
    pub(crate) fn reading() -> Self {
        Self {
            snapshot: None,
            complete: false,
            read_at: None,
            istiods: Arc::default(),
            connection: ConnectionState::Reading,
            problem: None,
            losses: 0,
            foreign: None,
        }
    }

    /// The connection as the window shows it.
    pub(crate) fn connection(&self) -> Connection {
        Connection {
            state: self.connection,
            read_at: self.read_at.map(|at| at.to_string()),
            problem: self.problem.clone(),
        }
    }

    /// The whole mesh, when it has been read and the connection still stands.
    pub(crate) fn current(&self) -> Option<&Arc<Snapshot>> {
        let connected = match self.connection {
            ConnectionState::Connected | ConnectionState::Saved => true,
            ConnectionState::Reading | ConnectionState::Waiting | ConnectionState::Lost => false,
        };
        self.snapshot.as_ref().filter(|_| self.complete && connected)
    }
}
