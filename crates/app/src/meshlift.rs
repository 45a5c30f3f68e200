//! The application: one object that every door holds, and clones of it are the same one.
//!
//! Entry point: [`Meshlift::open`]. Its commands are in [`crate::api`], one method for each line of
//! the table.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshlift_cluster::contexts;
use meshlift_cluster::door::Door;
use thiserror::Error;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::dto::{AppEvent, RunSummary};
use crate::catalogue::Catalogues;
use crate::clock::Clock;
use crate::cloud::Access;
use crate::contexts::ContextBook;
use crate::journal::{Journal, JournalError, RunKey};
use crate::meshes::Meshes;
use crate::options::Options;
use crate::plans::Plans;
use crate::runner::{Driven, Runs, Shared};
use crate::saved::SavedMeshes;
use crate::session::Sessions;
use crate::settings::{Preferences, SettingsError};
use crate::simulated::{Simulated, SimulatedInstance, SimulatedMesh};
use crate::watches::Watches;

/// App events that a slow reader may be behind.
const EVENTS: usize = 256;

/// The application.
#[derive(Clone)]
pub struct Meshlift {
    pub(crate) inner: Arc<Inner>,
}

/// What the commands work with.
pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) preferences: Preferences,
    pub(crate) door: Door,
    /// The name under which leases are held, as `user@host/installation`.
    pub(crate) holder: String,
    pub(crate) access: Access,
    pub(crate) contexts: ContextBook,
    pub(crate) sessions: Sessions,
    pub(crate) meshes: Meshes,
    pub(crate) plans: Plans,
    pub(crate) runs: Runs,
    pub(crate) events: broadcast::Sender<AppEvent>,
    pub(crate) watches: Watches,
    /// Held while a run is being started or taken up: two at once would both see a free mesh.
    pub(crate) starting: tokio::sync::Mutex<()>,
    /// Runs that are over, in one line each.
    pub(crate) ended: tokio::sync::Mutex<BTreeMap<RunKey, RunSummary>>,
    pub(crate) catalogues: Catalogues,
    pub(crate) saved: SavedMeshes,
    pub(crate) all: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// Why the application was not opened.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum OpenError {
    #[error("{source}")]
    Journal { source: JournalError },
    #[error("{source}")]
    Settings { source: SettingsError },
    #[error("opening the application was interrupted")]
    Interrupted,
}

impl Meshlift {
    /// Opens the application on its data folder. Runs that its last end interrupted are listed and
    /// wait to be resumed; nothing is written before that.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let (folder, store) = (options.data_folder.clone(), options.store.clone());
        let (journal, preferences, catalogues) = tokio::task::spawn_blocking(move || {
            let journal = Journal::open(&folder).map_err(|source| OpenError::Journal { source })?;
            let preferences =
                Preferences::load(store).map_err(|source| OpenError::Settings { source })?;
            let catalogues = Catalogues::default();
            catalogues.use_file(preferences.settings().catalogue_file.as_deref());
            Ok((journal, preferences, catalogues))
        })
        .await
        .map_err(|_| OpenError::Interrupted)??;
        let installation =
            journal.installation().await.map_err(|source| OpenError::Journal { source })?;
        let inner = assemble(options, journal, preferences, catalogues, &installation);
        let app = Self { inner: Arc::new(inner) };
        app.inner.tasks.spawn(watch_kubeconfigs(app.inner.clone()));
        app.open_demo();
        Ok(app)
    }

    /// Starts nothing more, ends what is under way and lets go of leases.
    pub async fn close(&self) {
        self.inner.all.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// The journal, for tests that let it fail.
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// At first start the demo is open, so that every button can be tried.
    fn open_demo(&self) {
        if self.inner.options.demo.is_none() {
            return;
        }
        let app = self.clone();
        self.inner.tasks.spawn(async move {
            let request =
                crate::api::dto::ContextName { context: crate::simulated::DEMO.to_owned() };
            if let Err(error) = app.context_open(request).await {
                tracing::warn!(%error, "the demo did not open");
            }
        });
    }
}

fn assemble(
    options: Options,
    journal: Journal,
    preferences: Preferences,
    catalogues: Catalogues,
    installation: &str,
) -> Inner {
    let all = CancellationToken::new();
    let tasks = TaskTracker::new();
    let clock = options.clock;
    let (events, _) = broadcast::channel(EVENTS);
    let door = Door::new(options.read_only_forced || preferences.settings().read_only);
    let holder = format!("{}/{installation}", options.operator);
    let demo = options.demo.map(SimulatedMesh::demo);
    let meshes = demo.into_iter().chain(options.simulated.iter().cloned()).map(Simulated::istio);
    let demos = options.demo.map(SimulatedInstance::demos);
    let instances = demos.into_iter().flatten().chain(options.simulated_instances.iter().cloned());
    let simulated: Arc<[Simulated]> = meshes.chain(instances.map(Simulated::asm)).collect();
    let access = Access::new(&options, door.clone());
    let contexts = ContextBook::new(options.kubeconfigs.clone(), preferences.clone(), simulated);
    let sessions = Sessions::new(
        door.clone(),
        access.clone(),
        catalogues.clone(),
        clock,
        holder.clone(),
        all.clone(),
        tasks.clone(),
    );
    let runs = Runs::new(Shared {
        journal: journal.clone(),
        clock,
        door: door.clone(),
        operator: options.operator.clone(),
        holder: holder.clone(),
        events: events.clone(),
        all: all.clone(),
        tasks: tasks.clone(),
        driven: Driven::default(),
    });
    Inner {
        clock,
        journal,
        preferences,
        door,
        holder,
        access,
        contexts,
        sessions,
        meshes: Meshes::default(),
        plans: Plans::default(),
        runs,
        events,
        watches: Watches::default(),
        starting: tokio::sync::Mutex::default(),
        ended: tokio::sync::Mutex::default(),
        catalogues,
        saved: SavedMeshes::default(),
        all,
        tasks,
        options,
    }
}

/// Says that the list of contexts changed, whenever a kubeconfig did.
async fn watch_kubeconfigs(inner: Arc<Inner>) {
    use futures::StreamExt as _;
    let mut events = inner.events.subscribe();
    while !inner.all.is_cancelled() {
        let files = inner.contexts.files();
        let once = inner.all.child_token();
        let changes = contexts::watch(&files, once.clone());
        let mut changes = std::pin::pin!(changes);
        loop {
            tokio::select! {
                () = inner.all.cancelled() => return,
                change = changes.next() => match change {
                    Some(()) => drop(inner.events.send(AppEvent::ContextsChanged)),
                    None => break,
                },
                event = events.recv() => {
                    // Other files may be named now.
                    if matches!(event, Ok(AppEvent::SettingsChanged)) && inner.contexts.files() != files {
                        break;
                    }
                }
            }
        }
        once.cancel();
        tokio::select! {
            () = inner.all.cancelled() => return,
            () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
        }
    }
}
