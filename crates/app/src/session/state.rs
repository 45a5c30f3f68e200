//! What a session knows of its mesh at one moment.

use std::sync::Arc;

use jiff::Timestamp;
use meshlift_core::asm;
use meshlift_core::inventory::{Instance, Snapshot};
use meshlift_core::rollout::Istiods;

use crate::api::dto::{ApiError, Connection, ConnectionState, ForeignRun};

/// The mesh as it was read last, and how the connection is.
#[derive(Debug, Clone)]
pub(crate) struct MeshState {
    /// The mesh; none before the first page. In an ASM mesh the data plane and its instance
    /// together.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// What was read of the cluster alone.
    pub(super) cluster: Option<Arc<Snapshot>>,
    /// The ASM instance, where the context is linked with one.
    pub(crate) instance: InstanceState,
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

/// What is known of the ASM instance of a context.
#[derive(Debug, Clone)]
pub(crate) enum InstanceState {
    /// The context is linked with none.
    Unlinked,
    /// It was not read yet.
    Reading,
    /// It was not read, and this is why.
    Missing(Box<ApiError>),
    /// As it was read last.
    Known(Arc<Instance>),
    /// As it was read before it could not be read any more, and why it can't.
    Stale(Arc<Instance>, Box<ApiError>),
}

impl InstanceState {
    fn is_known(&self) -> bool {
        match self {
            Self::Unlinked | Self::Known(_) => true,
            Self::Reading | Self::Missing(_) | Self::Stale(..) => false,
        }
    }

    /// Why it is not known as it is now.
    pub(crate) fn problem(&self) -> Option<&ApiError> {
        match self {
            Self::Missing(why) | Self::Stale(_, why) => Some(why),
            Self::Unlinked | Self::Reading | Self::Known(_) => None,
        }
    }
}

impl MeshState {
    /// Before anything was read.
    pub(crate) fn reading() -> Self {
        Self {
            snapshot: None,
            cluster: None,
            instance: InstanceState::Unlinked,
            complete: false,
            read_at: None,
            istiods: Arc::default(),
            connection: ConnectionState::Reading,
            problem: None,
            losses: 0,
            foreign: None,
        }
    }

    /// A mesh that was read once, as a whole.
    pub(crate) fn whole(snapshot: Arc<Snapshot>, at: Timestamp) -> Self {
        Self {
            snapshot: Some(snapshot),
            complete: true,
            read_at: Some(at),
            connection: ConnectionState::Connected,
            ..Self::reading()
        }
    }

    /// A mesh as a file holds it.
    pub(crate) fn saved(snapshot: Snapshot, read_at: Option<Timestamp>) -> Self {
        Self {
            complete: true,
            read_at,
            connection: ConnectionState::Saved,
            snapshot: Some(Arc::new(snapshot)),
            ..Self::reading()
        }
    }

    /// The connection as the window shows it.
    pub(crate) fn connection(&self) -> Connection {
        Connection {
            state: self.connection,
            read_at: self.read_at.map(|at| at.to_string()),
            problem: self.problem.as_ref().or_else(|| self.instance.problem()).cloned(),
        }
    }

    /// The whole mesh, when it has been read and the connection still stands.
    pub(crate) fn current(&self) -> Option<&Arc<Snapshot>> {
        let connected = match self.connection {
            ConnectionState::Connected | ConnectionState::Saved => true,
            ConnectionState::Reading | ConnectionState::Waiting | ConnectionState::Lost => false,
        };
        self.snapshot.as_ref().filter(|_| self.complete && connected && self.instance.is_known())
    }

    /// The state of a context that is linked with an instance, before anything was read.
    pub(super) fn linked(self) -> Self {
        Self { instance: InstanceState::Reading, ..self }
    }

    /// Takes a reading of the cluster.
    pub(super) fn take_cluster(&mut self, cluster: Arc<Snapshot>) {
        self.cluster = Some(cluster);
        self.join();
    }

    /// Takes a reading of the instance; says whether anything is new.
    pub(super) fn take_instance(&mut self, instance: Arc<Instance>) -> bool {
        let is_same = matches!(&self.instance, InstanceState::Known(known) if *known == instance);
        self.instance = InstanceState::Known(instance);
        if !is_same {
            self.join();
        }
        !is_same
    }

    /// Notes that the instance was not read. What is known of it stays; says whether that is new.
    pub(super) fn miss_instance(&mut self, why: ApiError) -> bool {
        let why = Box::new(why);
        let is_same = self.instance.problem().is_some_and(|known| known.message == why.message);
        self.instance = match &self.instance {
            InstanceState::Unlinked => return false,
            InstanceState::Known(known) | InstanceState::Stale(known, _) => {
                InstanceState::Stale(known.clone(), why)
            }
            InstanceState::Reading | InstanceState::Missing(_) => InstanceState::Missing(why),
        };
        !is_same
    }

    fn join(&mut self) {
        self.snapshot = match (&self.cluster, &self.instance) {
            (Some(cluster), InstanceState::Known(instance) | InstanceState::Stale(instance, _)) => {
                Some(Arc::new(asm::join((**cluster).clone(), instance)))
            }
            (cluster, InstanceState::Unlinked) => cluster.clone(),
            (_, InstanceState::Reading | InstanceState::Missing(_)) | (None, _) => None,
        };
    }
}
