//! Commands that answer with a stream, and the one that ends a stream.
//!
//! Each stream begins with everything its caller needs, so a window that was reloaded shows the
//! same as before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{Stream, unfold};
use tokio::sync::{broadcast, watch};

use crate::Meshlift;
use crate::api::dto::{
    ApiError, AppEvent, DataPlaneRow, LogLine, MeshEvent, MeshView, Nothing, RunUpdate, WatchApp,
    WatchId, WatchMesh, WatchRun,
};
use crate::journal::RunRecord;
use crate::runner::{History, Live};
use crate::saved::SavedMesh;
use crate::session::{Interest, MeshState, Session};
use crate::view::run::Sight;
use crate::view::{log, mesh, rows, run, targets};
use crate::watches::{Look, throttled};

/// A view is published at most four times a second.
const PAUSE: Duration = Duration::from_millis(250);
/// Rows of one message.
const PAGE: usize = 1000;

impl Meshlift {
    /// What any page may have to know.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn app_watch(
        &self,
        request: WatchApp,
    ) -> Result<impl Stream<Item = AppEvent> + Send + use<>, ApiError> {
        let watching = self.inner.watches.begin(&request.watch_id, &self.inner.all);
        let events = self.inner.events.subscribe();
        Ok(unfold((events, watching), |(mut events, watching)| async move {
            let event = tokio::select! {
                () = watching.ended() => return None,
                event = events.recv() => match event {
                    Ok(event) => event,
                    // The reader was too slow: what it shows may be old in every way.
                    Err(broadcast::error::RecvError::Lagged(_)) => AppEvent::ContextsChanged,
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            };
            Some((event, (events, watching)))
        }))
    }

    /// An open mesh: its view, its rows, and every change of them.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn mesh_watch(
        &self,
        request: WatchMesh,
    ) -> Result<impl Stream<Item = MeshEvent> + Send + use<>, ApiError> {
        let behind = match self.inner.saved.get(&request.context) {
            Some(mesh) => Behind::Saved(mesh),
            None => Behind::live(self.inner.sessions.get(&request.context)?),
        };
        let watching = self.inner.watches.begin(&request.watch_id, &self.inner.all);
        let look = MeshLook {
            app: self.clone(),
            context: request.context,
            state: behind.state(),
            notes: self.inner.meshes.watch(),
            events: self.inner.events.subscribe(),
            behind,
            shown: Shown::default(),
        };
        Ok(throttled(look, watching, PAUSE))
    }

    /// A run: its log after the last line that the caller has, its view, and every change of them.
    pub async fn run_watch(
        &self,
        request: WatchRun,
    ) -> Result<impl Stream<Item = RunUpdate> + Send + use<>, ApiError> {
        let record = self.record(&request.run_id).await?;
        let watching = self.inner.watches.begin(&request.watch_id, &self.inner.all);
        let session = self.inner.sessions.get(&record.context).ok();
        let look = RunLook {
            app: self.clone(),
            live: self.inner.runs.live(&record.key),
            mesh: session.map(|session| session.state()),
            events: self.inner.events.subscribe(),
            history: History::default(),
            since: request.since_seq,
            record,
        };
        Ok(throttled(look, watching, PAUSE))
    }

    /// Ends a watch.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn watch_end(&self, request: WatchId) -> Result<Nothing, ApiError> {
        self.inner.watches.end(&request.watch_id);
        Ok(Nothing {})
    }
}

// ---------------------------------------------------------------------- a mesh

struct MeshLook {
    app: Meshlift,
    context: String,
    behind: Behind,
    state: watch::Receiver<MeshState>,
    notes: watch::Receiver<u64>,
    events: broadcast::Receiver<AppEvent>,
    shown: Shown,
}

/// What is behind a mesh that is watched.
enum Behind {
    /// A cluster, whose istiods are asked as long as somebody looks.
    Live { session: Arc<Session>, _interest: Interest },
    /// A file.
    Saved(Arc<SavedMesh>),
}

impl Behind {
    fn live(session: Arc<Session>) -> Self {
        Self::Live { _interest: session.interest(), session }
    }

    fn state(&self) -> watch::Receiver<MeshState> {
        match self {
            Self::Live { session, .. } => session.state(),
            Self::Saved(mesh) => mesh.state(),
        }
    }

    /// Where it is, and the UID of the cluster.
    fn place(&self) -> (String, String) {
        match self {
            Self::Live { session, .. } => {
                let connection = &session.connection;
                (connection.server().to_owned(), connection.cluster().uid.clone())
            }
            Self::Saved(mesh) => (mesh.server(), mesh.uid.clone()),
        }
    }
}

/// What the caller has been shown.
#[derive(Default)]
struct Shown {
    view: Option<MeshView>,
    connection: Option<crate::api::dto::Connection>,
    rows: BTreeMap<String, DataPlaneRow>,
    complete: bool,
}

impl Look for MeshLook {
    type Message = MeshEvent;

    async fn changed(&mut self) -> bool {
        loop {
            tokio::select! {
                changed = self.state.changed() => return changed.is_ok(),
                changed = self.notes.changed() => return changed.is_ok(),
                event = self.events.recv() => match event {
                    Ok(AppEvent::RunChanged { .. } | AppEvent::RunEnded { .. })
                    | Err(broadcast::error::RecvError::Lagged(_)) => return true,
                    Ok(AppEvent::ContextsChanged | AppEvent::SettingsChanged) => {}
                    Err(broadcast::error::RecvError::Closed) => return false,
                },
            }
        }
    }

    /// The first rows, and then that they are all there.
    fn is_awaited(&self) -> bool {
        let state = self.state.borrow();
        let has_first = state.snapshot.is_some() && self.shown.view.is_none();
        has_first || (state.complete && !self.shown.complete)
    }

    async fn look(&mut self) -> Vec<MeshEvent> {
        self.notes.borrow_and_update();
        let state = self.state.borrow_and_update().clone();
        let connection = state.connection();
        let mut messages = Vec::new();
        if self.shown.connection.as_ref() != Some(&connection) {
            self.shown.connection = Some(connection.clone());
            messages.push(MeshEvent::Connection { connection });
        }
        match self.picture(state).await {
            Ok(Some((view, rows, complete))) => {
                messages.extend(self.shown.take(view, rows, complete));
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the view of a mesh was not made"),
        }
        messages
    }
}

impl MeshLook {
    async fn picture(
        &self,
        read: MeshState,
    ) -> Result<Option<(MeshView, Vec<DataPlaneRow>, bool)>, ApiError> {
        let Some(snapshot) = read.snapshot.clone() else { return Ok(None) };
        let complete = read.complete;
        let (server, uid) = self.behind.place();
        let istioctls = self.app.known_istioctls_of(&self.context);
        let stage = self.app.stage(&self.context, &server, read, istioctls).await?;
        // A large mesh takes long enough to assess that other commands would notice.
        let made = tokio::task::spawn_blocking(move || {
            stage.with(&snapshot, |scene| {
                let (blocked, target) = (scene.blocked(), targets::choose(scene));
                let rows = rows::rows(
                    scene.snapshot,
                    scene.assessments,
                    scene.context,
                    blocked.as_ref(),
                    targets::in_place_ahead(scene, target.as_ref()),
                );
                (mesh::view(scene, &uid), rows, complete)
            })
        });
        let made = made.await;
        made.map(Some).map_err(|error| ApiError::new(crate::api::dto::ErrorCode::Internal, &error))
    }
}

impl Shown {
    /// What is new of a picture, as messages.
    fn take(&mut self, view: MeshView, rows: Vec<DataPlaneRow>, complete: bool) -> Vec<MeshEvent> {
        let mut messages = Vec::new();
        if self.view.as_ref() != Some(&view) {
            self.view = Some(view.clone());
            messages.push(MeshEvent::View { view: Box::new(view) });
        }
        let rows: BTreeMap<String, DataPlaneRow> =
            rows.into_iter().map(|row| (row.id.clone(), row)).collect();
        let removes: Vec<String> =
            self.rows.keys().filter(|id| !rows.contains_key(*id)).cloned().collect();
        let changed: Vec<DataPlaneRow> =
            rows.values().filter(|row| self.rows.get(&row.id) != Some(row)).cloned().collect();
        let is_news = !changed.is_empty() || !removes.is_empty() || complete != self.complete;
        self.rows = rows;
        self.complete = complete;
        if is_news {
            messages.extend(in_pages(changed, removes, complete));
        }
        messages
    }
}

/// Rows in messages of bounded size; only the last says that everything is there.
fn in_pages(
    changed: Vec<DataPlaneRow>,
    mut removes: Vec<String>,
    complete: bool,
) -> Vec<MeshEvent> {
    let mut pages: Vec<Vec<DataPlaneRow>> = Vec::new();
    for row in changed {
        match pages.last_mut() {
            Some(page) if page.len() < PAGE => page.push(row),
            Some(_) | None => pages.push(vec![row]),
        }
    }
    if pages.is_empty() {
        pages.push(Vec::new());
    }
    let last = pages.len() - 1;
    pages
        .into_iter()
        .enumerate()
        .map(|(number, upserts)| MeshEvent::Rows {
            upserts,
            removes: std::mem::take(&mut removes),
            complete: complete && number == last,
        })
        .collect()
}

// ---------------------------------------------------------------------- a run

struct RunLook {
    app: Meshlift,
    record: RunRecord,
    live: Option<watch::Receiver<Live>>,
    mesh: Option<watch::Receiver<MeshState>>,
    events: broadcast::Receiver<AppEvent>,
    history: History,
    since: u32,
}

impl Look for RunLook {
    type Message = RunUpdate;

    async fn changed(&mut self) -> bool {
        loop {
            let id = self.record.key.as_str();
            tokio::select! {
                changed = changed(self.live.as_mut()) => {
                    if changed {
                        return true;
                    }
                    // The actor is gone: what is shown from now on is the journal.
                    self.live = None;
                    return true;
                }
                changed = changed(self.mesh.as_mut()) => {
                    if changed {
                        return true;
                    }
                    self.mesh = None;
                }
                event = self.events.recv() => match event {
                    Ok(AppEvent::RunChanged { run }) if run.id == id => return true,
                    Ok(AppEvent::RunEnded { run_id }) if run_id == id => return true,
                    Ok(
                        AppEvent::RunChanged { .. }
                        | AppEvent::RunEnded { .. }
                        | AppEvent::ContextsChanged
                        | AppEvent::SettingsChanged,
                    ) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return true,
                    Err(broadcast::error::RecvError::Closed) => return false,
                },
            }
        }
    }

    fn is_awaited(&self) -> bool {
        false
    }

    async fn look(&mut self) -> Vec<RunUpdate> {
        self.attach();
        let lines = match self.follow().await {
            Ok(lines) => lines,
            Err(error) => {
                tracing::error!(%error, "a run's journal was not read");
                return Vec::new();
            }
        };
        let live = self.live.as_mut().map(|live| live.borrow_and_update().clone());
        let mesh = self.mesh.as_mut().map(|mesh| mesh.borrow_and_update().snapshot.clone());
        let snapshot = mesh.flatten();
        let view = run::view(&Sight {
            record: &self.record,
            history: &self.history,
            live: live.as_ref(),
            snapshot: snapshot.as_deref(),
            simulated: self.app.inner.contexts.simulated(&self.record.context).is_some(),
            now: self.app.inner.clock.now(),
        });
        let mut pages = lines.chunks(PAGE).map(<[LogLine]>::to_vec).collect::<Vec<_>>();
        let last = pages.pop().unwrap_or_default();
        pages.into_iter().chain([last]).map(|log| RunUpdate { view: view.clone(), log }).collect()
    }
}

impl RunLook {
    /// A run that was taken up has a new actor, and its mesh may have been opened.
    fn attach(&mut self) {
        let inner = &self.app.inner;
        match (&self.live, inner.runs.live(&self.record.key)) {
            (Some(known), Some(live)) if !known.same_channel(&live) => self.live = Some(live),
            (None, live) => self.live = live,
            (Some(_), _) => {}
        }
        if self.mesh.is_none() {
            let session = inner.sessions.get(&self.record.context).ok();
            self.mesh = session.map(|session| session.state());
        }
    }

    /// Takes what is new in the journal, and says it in lines that the caller lacks.
    async fn follow(&mut self) -> Result<Vec<LogLine>, ApiError> {
        let journal = &self.app.inner.journal;
        let entries = journal.entries(&self.record.key, self.history.seq).await?;
        let mut lines = Vec::new();
        for entry in &entries {
            self.history.take(entry);
            if entry.seq > self.since {
                lines.push(log::line(&self.record, &self.history, entry));
            }
        }
        Ok(lines)
    }
}

/// Waits for a change; without a channel, for ever. False when its sender is gone.
async fn changed<T>(receiver: Option<&mut watch::Receiver<T>>) -> bool {
    match receiver {
        Some(receiver) => receiver.changed().await.is_ok(),
        None => std::future::pending().await,
    }
}
