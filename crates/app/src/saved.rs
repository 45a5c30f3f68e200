//! Saved snapshots as contexts that can be looked at, checked and planned on, and never run on.
//!
//! Entry point: [`SavedMeshes`]. A context of this kind is named like its file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use meshlift_core::catalog::LiveVersions;
use meshlift_core::inventory::{Saved, SavedError};
use thiserror::Error;
use tokio::sync::watch;

use crate::api::dto::{
    ApiError, ContextRow, ContextSettings, ErrorCode, Phrase, PhraseCode, SavedView,
};
use crate::files::{self, FileError};
use crate::session::MeshState;

/// Megabytes of the largest snapshot that is opened: about 200,000 pods.
const LARGEST: u64 = 256;

/// The saved snapshots that are open, by the name of their context.
#[derive(Debug, Clone, Default)]
pub(crate) struct SavedMeshes {
    open: Arc<Mutex<BTreeMap<String, Arc<SavedMesh>>>>,
}

/// A saved snapshot that is open.
#[derive(Debug)]
pub(crate) struct SavedMesh {
    /// Where it comes from.
    pub(crate) view: SavedView,
    /// UID of the cluster that it was read from.
    pub(crate) uid: String,
    /// What the provider said of its own versions.
    pub(crate) live: Option<LiveVersions>,
    /// It never changes; held so that whoever watches it waits.
    state: watch::Sender<MeshState>,
}

/// Why a saved snapshot was not opened.
#[derive(Debug, Error)]
pub(crate) enum SnapshotError {
    #[error("{source}")]
    File { source: FileError },
    #[error("{file} is no snapshot of this app: {source}")]
    Broken { file: String, source: SavedError },
    #[error("the snapshot can't be written as JSON")]
    Encode { source: serde_json::Error },
}

impl SavedMeshes {
    /// Opens a file under its name; one that is open already is read anew.
    pub(crate) async fn open(
        &self,
        name: &str,
        file: &str,
    ) -> Result<Arc<SavedMesh>, SnapshotError> {
        let text =
            files::read(file, LARGEST).await.map_err(|source| SnapshotError::File { source })?;
        let saved = Saved::read(&text)
            .map_err(|source| SnapshotError::Broken { file: file.to_owned(), source })?;
        let mesh = Arc::new(SavedMesh::new(file, saved));
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), mesh.clone());
        Ok(mesh)
    }

    /// The open snapshot of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<SavedMesh>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Closes it; whether it was open.
    pub(crate) fn close(&self, name: &str) -> Option<Arc<SavedMesh>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

impl SavedMesh {
    fn new(file: &str, saved: Saved) -> Self {
        let view = SavedView {
            context: saved.context,
            at: saved.at.clone(),
            by: saved.by,
            file: file.to_owned(),
        };
        let state = MeshState::saved(saved.snapshot, saved.at.parse().ok());
        let uid = state.snapshot.as_ref().map(|mesh| mesh.cluster.uid.clone()).unwrap_or_default();
        Self { view, uid, live: saved.live, state: watch::Sender::new(state) }
    }

    /// What is known of the mesh. It never changes.
    pub(crate) fn state(&self) -> watch::Receiver<MeshState> {
        self.state.subscribe()
    }

    /// What stands where a cluster has its address.
    pub(crate) fn server(&self) -> String {
        format!("saved snapshot of {}", self.view.context)
    }
}

/// The name of the context of a file.
pub(crate) fn name_of(file: &str) -> String {
    let name = Path::new(file).file_name();
    name.map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The row of a saved snapshot; an unopened one says no more than where it is.
pub(crate) fn row(file: &str, open: Option<&SavedMesh>, said: &ContextSettings) -> ContextRow {
    ContextRow {
        name: name_of(file),
        moved_to: None,
        server: open.map_or_else(|| "saved snapshot".to_owned(), SavedMesh::server),
        file: file.to_owned(),
        user: String::new(),
        tag: said.tag.clone(),
        protected: false,
        simulated: false,
        executes: None,
        problem: None,
        open: open.is_some(),
        saved: Some(open.map_or_else(
            || SavedView {
                context: String::new(),
                at: String::new(),
                by: String::new(),
                file: file.to_owned(),
            },
            |mesh| mesh.view.clone(),
        )),
    }
}

impl From<SnapshotError> for ApiError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::File { source } => source.into(),
            SnapshotError::Broken { source: SavedError::Newer { .. }, .. } => {
                Self::new(ErrorCode::FileBroken, &error)
                    .hinting(Phrase::plain(PhraseCode::HintSaveAgain))
            }
            SnapshotError::Broken { .. } => Self::new(ErrorCode::FileBroken, &error),
            SnapshotError::Encode { .. } => Self::new(ErrorCode::Internal, &error),
        }
    }
}
