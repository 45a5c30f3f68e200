//! Commands about contexts: list, open, close, and a look at a mesh without keeping it open.

use std::time::Duration;

use meshlift_cluster::connection::Connection;
use meshlift_cluster::snapshot;
use meshlift_core::asm;
use meshlift_core::inventory::Snapshot;

use super::faults;
use crate::Meshlift;
use crate::api::dto::{
    ApiError, AppEvent, ContextList, ContextName, ContextRow, ErrorCode, MeshSummary, Nothing,
    Phrase, PhraseCode,
};
use crate::cloud::{Asked, Linked, instance_error};
use crate::contexts::Found;
use crate::session::MeshState;
use crate::view::mesh;

/// Time that a look at a mesh may take.
const LOOK: Duration = Duration::from_secs(20);

impl Meshlift {
    /// Every context of every kubeconfig, and what is wrong with the files.
    pub async fn context_list(&self, _: Nothing) -> Result<ContextList, ApiError> {
        let sessions = &self.inner.sessions;
        let opened_at = |name: &str| Some(sessions.get(name).ok()?.connection.server().to_owned());
        let mut list = self.inner.contexts.list(opened_at).await?;
        list.contexts.extend(self.saved_rows());
        Ok(list)
    }

    /// Opens a context. Its credential program, if it has one, is executed here and nowhere else. One
    /// that is open stays as it is, also when its kubeconfig leads elsewhere meanwhile: nobody asked to
    /// go there.
    pub async fn context_open(&self, request: ContextName) -> Result<ContextRow, ApiError> {
        if let Some(file) = self.saved_file(&request.context) {
            return self.open_saved(&file).await;
        }
        let found = self.inner.contexts.find(&request.context).await?;
        let was_open = self.inner.sessions.is_open(&request.context);
        // A command that is dropped half-way must not leave the opening half done.
        let (sessions, name, wanted) =
            (self.inner.sessions.clone(), request.context.clone(), found.clone());
        let link = self.inner.preferences.of(&request.context).asm;
        let opened =
            tokio::spawn(async move { sessions.open(&name, &wanted, link.as_ref()).await });
        let opened = opened.await.map_err(|error| ApiError::new(ErrorCode::Internal, &error))??;
        if !was_open {
            let _ = self.inner.events.send(AppEvent::ContextsChanged);
        }
        Ok(self.inner.contexts.opened_row(&found, opened.connection.server()))
    }

    /// Closes a context. A run on it goes on.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn context_close(&self, request: ContextName) -> Result<Nothing, ApiError> {
        if let Some(run) = self.inner.runs.driven_on(&request.context) {
            return Err(ApiError::plain(
                ErrorCode::RunState,
                format!("run {run} is in progress on {}", request.context),
            ));
        }
        if !self.close_saved(&request.context) {
            self.inner.sessions.close(&request.context);
        }
        let _ = self.inner.events.send(AppEvent::ContextsChanged);
        Ok(Nothing {})
    }

    /// Looks at a mesh for the Meshes page. Nothing is executed for it: a context with a credential
    /// program is only looked at while it is open.
    pub async fn context_scan(&self, request: ContextName) -> Result<MeshSummary, ApiError> {
        let context = &request.context;
        if let Some((server, state)) = self.saved_state(context).await? {
            return self.summarised(context, &server, state).await;
        }
        let found = self.inner.contexts.find(context).await?;
        let (server, mesh_state) = match self.inner.sessions.get(context) {
            Ok(session) => {
                let state = tokio::time::timeout(LOOK, session.current())
                    .await
                    .map_err(|_| slow(context))??;
                (session.connection.server().to_owned(), state)
            }
            Err(_) => {
                tokio::time::timeout(LOOK, self.look(&found)).await.map_err(|_| slow(context))??
            }
        };
        self.summarised(context, &server, mesh_state).await
    }

    async fn summarised(
        &self,
        context: &str,
        server: &str,
        read: MeshState,
    ) -> Result<MeshSummary, ApiError> {
        let istioctls = self.known_istioctls_of(context);
        let stage = self.stage(context, server, read, istioctls).await?;
        let Some(snapshot) = stage.state.snapshot.clone() else { return Err(slow(context)) };
        Ok(stage.with(&snapshot, mesh::summary))
    }

    async fn look(&self, found: &Found) -> Result<(String, MeshState), ApiError> {
        let connection = match found {
            Found::Cluster(context) => {
                if let Some(command) = &context.executes {
                    return Err(ApiError::plain(
                        ErrorCode::CredentialProgram,
                        format!(
                            "{} is not read before it is opened: that executes `{command}`",
                            context.name
                        ),
                    )
                    .saying(Phrase::with(
                        PhraseCode::ContextExecutes,
                        [("context", context.name.clone()), ("command", command.clone())],
                    )));
                }
                let connection = Connection::open(context, self.inner.door.clone()).await?;
                if let Some(link) = self.inner.preferences.of(&context.name).asm {
                    let linked = self.inner.access.linked(&link, Asked::ByNobody)?;
                    return self.look_at_both(&connection, &linked).await;
                }
                connection
            }
            Found::Simulated(mesh) => {
                let opened = mesh.connect(self.inner.door.clone()).await?;
                if let Some(linked) = opened.linked {
                    return self.look_at_both(&opened.connection, &linked).await;
                }
                opened.connection
            }
        };
        let snapshot = snapshot::read(&connection).await?;
        Ok((connection.server().to_owned(), self.whole_state(snapshot)))
    }

    /// A look at a data plane together with its ASM instance.
    async fn look_at_both(
        &self,
        connection: &Connection,
        linked: &Linked,
    ) -> Result<(String, MeshState), ApiError> {
        let snapshot = snapshot::read(connection).await?;
        let instance = linked.cloud.read().await.map_err(|error| instance_error(&error))?;
        let state = self.whole_state(asm::join(snapshot, &instance));
        Ok((connection.server().to_owned(), state))
    }

    fn whole_state(&self, snapshot: Snapshot) -> MeshState {
        MeshState::whole(snapshot.into(), self.inner.clock.now())
    }
}

fn slow(context: &str) -> ApiError {
    ApiError::plain(
        ErrorCode::Unreachable,
        format!("the mesh of {context} was not read within {} seconds", LOOK.as_secs()),
    )
    .saying(faults::unread(context, LOOK))
    .hinting(Phrase::plain(PhraseCode::HintCheckNetwork))
    .retryable()
}
