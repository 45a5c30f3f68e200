//! Open meshes: one session for each context, several at once.
//!
//! Entry point: [`Sessions::open`]. A session holds the connection and what was read through it;
//! views and runs look at the same reading. Opening one never waits for another. Deliberately
//! absent: any write.

mod follow;
mod instance;
mod looked;
mod state;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use meshlift_cluster::connection::{ConnectError, Connection};
use meshlift_cluster::door::Door;
use meshlift_cluster::lease;
use meshlift_cluster::programs::Programs;
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use instance::InstanceReader;
use instance::Shelf;
pub(crate) use looked::{Look, Looked};
pub(crate) use state::MeshState;

use crate::api::dto::{ApiError, AsmLink, ErrorCode, Phrase, PhraseCode};
use crate::api::faults;
use crate::catalogue::Catalogues;
use crate::clock::Clock;
use crate::cloud::{Access, AccessError, Asked};
use crate::contexts::Found;
use crate::simulated::Opened;

/// Time that opening a context may take, its credential program included.
const PATIENCE: Duration = Duration::from_secs(45);
/// Time that the first whole reading may take before a command that needs it gives up.
const FIRST_READING: Duration = Duration::from_secs(30);

/// The open meshes.
#[derive(Clone)]
pub(crate) struct Sessions {
    slots: Arc<Mutex<BTreeMap<String, Arc<Slot>>>>,
    door: Door,
    access: Access,
    catalogues: Catalogues,
    clock: Clock,
    holder: String,
    all: CancellationToken,
    tasks: TaskTracker,
}

/// A context that is open or being opened.
#[derive(Default)]
struct Slot {
    /// Held while it is being opened: a second caller waits for the first.
    opening: tokio::sync::Mutex<()>,
    session: Mutex<Option<Arc<Session>>>,
}

impl Slot {
    fn session(&self) -> Option<Arc<Session>> {
        let held = self.session.lock().unwrap_or_else(PoisonError::into_inner).clone();
        held.filter(|session| !session.stop.is_cancelled())
    }
}

/// An open mesh.
#[derive(Debug)]
pub(crate) struct Session {
    /// The connection.
    pub(crate) connection: Connection,
    /// The programs that act on this mesh.
    pub(crate) programs: Programs,
    /// What reads its ASM instance, where it is linked with one.
    pub(crate) instance: Option<InstanceReader>,
    state: watch::Receiver<MeshState>,
    interest: watch::Sender<u32>,
    ask_again: Arc<Notify>,
    read_again: Arc<Notify>,
    /// What has been seen of the mesh's lease: only a lease seen unchanged for long is stale.
    pub(crate) lease_watch: Arc<tokio::sync::Mutex<lease::Watch>>,
    /// What the Planner last saw of it.
    pub(crate) looked: Looked,
    stop: CancellationToken,
}

/// Keeps the istiods being asked for as long as somebody looks.
#[derive(Debug)]
pub(crate) struct Interest(watch::Sender<u32>);

/// Why a context was not opened, or its mesh not read.
#[derive(Debug, Error)]
pub(crate) enum SessionError {
    #[error("{source}")]
    Connect { source: Box<ConnectError> },
    #[error("context {context} did not open within {} seconds", PATIENCE.as_secs())]
    Timeout { context: String },
    #[error("context {context} is not open")]
    NotOpen { context: String },
    #[error("the mesh of {context} was not read within {} seconds", FIRST_READING.as_secs())]
    Unread { context: String },
    #[error("{}", problem.message)]
    Lost { problem: Box<ApiError> },
    #[error("{source}")]
    Asm { source: Box<AccessError> },
    #[error("the app is closing")]
    Closing,
}

impl Sessions {
    pub(crate) fn new(
        door: Door,
        access: Access,
        catalogues: Catalogues,
        clock: Clock,
        holder: String,
        all: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        Self { slots: Arc::default(), door, access, catalogues, clock, holder, all, tasks }
    }

    /// Opens a context; one that is open already is given back. `link` names its ASM instance.
    pub(crate) async fn open(
        &self,
        name: &str,
        found: &Found,
        link: Option<&AsmLink>,
    ) -> Result<Arc<Session>, SessionError> {
        let slot = self.slot(name);
        let _opening = slot.opening.lock().await;
        if let Some(session) = slot.session() {
            return Ok(session);
        }
        let opening = self.connect(found, link);
        let opened = tokio::select! {
            opened = tokio::time::timeout(PATIENCE, opening) => opened
                .map_err(|_| SessionError::Timeout { context: name.to_owned() })??,
            () = self.all.cancelled() => return Err(SessionError::Closing),
        };
        let session = Arc::new(self.start(name, opened));
        // It was closed while it was being opened.
        if !Arc::ptr_eq(&slot, &self.slot(name)) {
            session.stop.cancel();
            self.catalogues.use_live(name, None);
            return Err(SessionError::NotOpen { context: name.to_owned() });
        }
        *slot.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
        Ok(session)
    }

    /// The session of an open context.
    pub(crate) fn get(&self, name: &str) -> Result<Arc<Session>, SessionError> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots
            .get(name)
            .and_then(|slot| slot.session())
            .ok_or_else(|| SessionError::NotOpen { context: name.to_owned() })
    }

    /// Whether a context is open.
    pub(crate) fn is_open(&self, name: &str) -> bool {
        self.get(name).is_ok()
    }

    /// Closes a context. What it reads ends; its runs end their session by themselves.
    pub(crate) fn close(&self, name: &str) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = slots.remove(name).and_then(|slot| slot.session()) {
            session.stop.cancel();
            self.catalogues.use_live(name, None);
        }
    }

    fn slot(&self, name: &str) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(name.to_owned()).or_default().clone()
    }

    async fn connect(&self, found: &Found, link: Option<&AsmLink>) -> Result<Opened, SessionError> {
        let connect = |source| SessionError::Connect { source: Box::new(source) };
        match found {
            Found::Cluster(context) => {
                let linked = link
                    .map(|link| self.access.linked(link, Asked::ByUser))
                    .transpose()
                    .map_err(|source| SessionError::Asm { source: Box::new(source) })?;
                let connection =
                    Connection::open(context, self.door.clone()).await.map_err(connect)?;
                Ok(Opened { connection, programs: Programs::Real, linked })
            }
            Found::Simulated(mesh) => mesh.connect(self.door.clone()).await.map_err(connect),
        }
    }

    fn start(&self, name: &str, opened: Opened) -> Session {
        let Opened { connection, programs, linked } = opened;
        let stop = self.all.child_token();
        let first = MeshState::reading();
        let first = if linked.is_some() { first.linked() } else { first };
        let (sender, state) = watch::channel(first);
        let sender = Arc::new(sender);
        let (interest, interested) = watch::channel(0);
        let (ask_again, read_again) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let lease_watch = Arc::new(tokio::sync::Mutex::new(lease::Watch::default()));
        let follower = follow::Follower {
            connection: connection.clone(),
            linked: linked.clone(),
            holder: self.holder.clone(),
            lease_watch: lease_watch.clone(),
            state: sender.clone(),
            clock: self.clock,
            stop: stop.clone(),
        };
        self.tasks.spawn(follower.clone().mesh(read_again.clone()));
        self.tasks.spawn(follower.clone().istiods(interested.clone(), ask_again.clone()));
        self.tasks.spawn(follower.lease(interested.clone()));
        let catalogue_shelf = Shelf {
            context: name.to_owned(),
            catalogues: self.catalogues.clone(),
            clock: self.clock,
            stop: stop.clone(),
        };
        let instance = linked.map(|linked| InstanceReader::new(linked, sender, catalogue_shelf));
        if let Some(reader) = instance.clone() {
            self.tasks.spawn(reader.follow(interested, stop.clone()));
        }
        Session {
            connection,
            programs,
            instance,
            state,
            interest,
            ask_again,
            read_again,
            lease_watch,
            looked: Looked::default(),
            stop,
        }
    }
}

impl Session {
    /// What is known of the mesh, and every change of it.
    pub(crate) fn state(&self) -> watch::Receiver<MeshState> {
        self.state.clone()
    }

    /// Waits for a whole reading, for a bounded time.
    pub(crate) async fn current(&self) -> Result<MeshState, SessionError> {
        let context = || self.connection.context().to_owned();
        let mut state = self.state.clone();
        let arrived = state.wait_for(|state| {
            state.current().is_some()
                || state.problem.is_some()
                || state.instance.problem().is_some()
        });
        let state = tokio::time::timeout(FIRST_READING, arrived)
            .await
            .map_err(|_| SessionError::Unread { context: context() })?
            .map_err(|_| SessionError::NotOpen { context: context() })?
            .clone();
        match (&state.problem, state.current()) {
            (_, Some(_)) => Ok(state),
            (Some(problem), None) => Err(SessionError::Lost { problem: Box::new(problem.clone()) }),
            (None, None) => Err(match state.instance.problem() {
                Some(problem) => SessionError::Lost { problem: Box::new(problem.clone()) },
                None => SessionError::Unread { context: context() },
            }),
        }
    }

    /// The namespace that the mesh's lease lies in: that of its control planes.
    pub(crate) fn istio_namespace(&self) -> String {
        istio_namespace(&self.state.borrow())
    }

    /// Keeps the istiods being asked until the answer is dropped.
    pub(crate) fn interest(&self) -> Interest {
        self.interest.send_modify(|count| *count += 1);
        Interest(self.interest.clone())
    }

    /// Reads the whole mesh anew: what is held is not to be trusted any more.
    pub(crate) fn read_again(&self) {
        self.read_again.notify_one();
    }

    /// Asks the istiods out of turn.
    pub(crate) fn ask_istiods(&self) {
        self.ask_again.notify_one();
    }
}

fn istio_namespace(state: &MeshState) -> String {
    let plane = state.snapshot.as_ref().and_then(|snapshot| snapshot.control_planes.first());
    plane.map_or_else(|| "istio-system".to_owned(), |plane| plane.namespace.to_string())
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Connect { source } => (*source).into(),
            SessionError::Timeout { ref context } => {
                let limit = ("seconds", PATIENCE.as_secs().to_string());
                let name = ("context", context.clone());
                Self::new(ErrorCode::Unreachable, &error)
                    .saying(Phrase::with(PhraseCode::ContextSlow, [name, limit]))
                    .hinting(Phrase::plain(PhraseCode::HintCheckNetwork))
                    .retryable()
            }
            SessionError::Unread { ref context } => Self::new(ErrorCode::Unreachable, &error)
                .saying(faults::unread(context, FIRST_READING))
                .hinting(Phrase::plain(PhraseCode::HintCheckNetwork))
                .retryable(),
            SessionError::NotOpen { .. } => {
                Self::new(ErrorCode::ContextUnknown, &error).retryable()
            }
            SessionError::Lost { problem } => *problem,
            SessionError::Asm { source } => (*source).into(),
            SessionError::Closing => Self::new(ErrorCode::Internal, &error),
        }
    }
}
