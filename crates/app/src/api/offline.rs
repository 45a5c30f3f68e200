//! Commands about saved snapshots.

use meshlift_core::inventory::Saved;

use crate::Meshlift;
use crate::api::dto::{
    ApiError, AppEvent, ContextName, ContextRow, ErrorCode, FileName, Nothing, SaveSnapshot,
    SavedFile,
};
use crate::files;
use crate::plans::check::with_evidence;
use crate::saved::{self, SavedMesh, SnapshotError};
use crate::session::MeshState;
use crate::stage::Whole;

impl Meshlift {
    /// Saves what precheck and Planner need of an open mesh into one private file.
    pub async fn snapshot_save(&self, request: SaveSnapshot) -> Result<SavedFile, ApiError> {
        let Whole { ground, stage, snapshot } = self.whole(&request.context).await?;
        let snapshot = with_evidence(self, &ground, &stage, &snapshot).await;
        let at = stage.state.read_at.unwrap_or_else(|| self.inner.clock.now());
        let by = self.inner.options.operator.clone();
        let live = self.inner.catalogues.live(&request.context);
        let text = tokio::task::spawn_blocking(move || {
            let mut saved = Saved::new(&stage.context, at.to_string(), &by, &snapshot);
            saved.live = live;
            saved.to_text().map_err(|source| SnapshotError::Encode { source })
        })
        .await
        .map_err(|error| ApiError::new(ErrorCode::Internal, &error))??;
        Ok(files::write(&request.path, text, request.if_exists).await?)
    }

    /// Opens a saved snapshot as a context, and lists it from now on.
    pub async fn snapshot_open(&self, request: FileName) -> Result<ContextRow, ApiError> {
        let file = request.path.trim().to_owned();
        let row = self.open_saved(&file).await?;
        if !self.inner.preferences.settings().snapshot_files.contains(&file) {
            let name = row.name.clone();
            self.change_settings(move |settings| {
                // Two files of one name would be one context: the later one takes its place.
                settings.snapshot_files.retain(|known| saved::name_of(known) != name);
                settings.snapshot_files.push(file);
            })
            .await?;
        }
        let _ = self.inner.events.send(AppEvent::ContextsChanged);
        Ok(row)
    }

    /// Takes a saved snapshot off the list. Its file stays where it is.
    pub async fn snapshot_forget(&self, request: ContextName) -> Result<Nothing, ApiError> {
        self.close_saved(&request.context);
        self.change_settings(move |settings| {
            settings.snapshot_files.retain(|file| saved::name_of(file) != request.context);
        })
        .await?;
        let _ = self.inner.events.send(AppEvent::ContextsChanged);
        Ok(Nothing {})
    }

    /// The file of a saved snapshot that is listed under this name.
    pub(crate) fn saved_file(&self, context: &str) -> Option<String> {
        let files = self.inner.preferences.settings().snapshot_files;
        files.into_iter().find(|file| saved::name_of(file) == context)
    }

    /// Opens the file of a saved snapshot under its name.
    pub(crate) async fn open_saved(&self, file: &str) -> Result<ContextRow, ApiError> {
        let name = saved::name_of(file);
        let mesh = self.inner.saved.open(&name, file).await?;
        self.inner.catalogues.use_live(&name, mesh.live.clone());
        self.inner.meshes.changed();
        Ok(saved::row(file, Some(&mesh), &self.inner.preferences.of(&name)))
    }

    /// Closes a saved snapshot; whether it was open.
    pub(crate) fn close_saved(&self, context: &str) -> bool {
        let closed = self.inner.saved.close(context);
        if closed.is_some() {
            self.inner.catalogues.use_live(context, None);
        }
        closed.is_some()
    }

    /// The rows of the saved snapshots that are listed.
    pub(crate) fn saved_rows(&self) -> Vec<ContextRow> {
        let files = self.inner.preferences.settings().snapshot_files;
        let row = |file: &String| {
            let name = saved::name_of(file);
            let open = self.inner.saved.get(&name);
            saved::row(file, open.as_deref(), &self.inner.preferences.of(&name))
        };
        files.iter().map(row).collect()
    }

    /// A saved snapshot that is listed; it is opened if it is not yet.
    pub(crate) async fn saved_state(
        &self,
        context: &str,
    ) -> Result<Option<(String, MeshState)>, ApiError> {
        let looked = |mesh: &SavedMesh| (mesh.server(), mesh.state().borrow().clone());
        if let Some(mesh) = self.inner.saved.get(context) {
            return Ok(Some(looked(&mesh)));
        }
        let Some(file) = self.saved_file(context) else { return Ok(None) };
        let mesh = self.inner.saved.open(context, &file).await?;
        self.inner.catalogues.use_live(context, mesh.live.clone());
        Ok(Some(looked(&mesh)))
    }
}
