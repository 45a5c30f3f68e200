//! Puts together what the views of a mesh are made from.
//!
//! Entry point: [`Meshlift::stage`]. The parts are owned, so that a view can be made on another
//! thread.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use meshlift_cluster::provider::istioctl::{self, Binary};
use meshlift_core::catalog::Catalog;
use meshlift_core::dataplane;
use meshlift_core::inventory::Snapshot;
use meshlift_core::policy::Profile;
use meshlift_core::version::MeshVersion;

use crate::Meshlift;
use crate::api::dto::{ApiError, ContextSettings, RunSummary, SavedView};
use crate::journal::RunRecord;
use crate::runner::History;
use crate::session::{MeshState, Session};
use crate::view::roles::roles;
use crate::view::run::{Sight, summary};
use crate::view::scene::{Prechecks, Scene};

/// The rules for a mesh that one runs oneself.
pub(crate) const PROFILE: &str = "istio";
/// The rules for an ASM mesh, unless the user chose the newer page.
const ASM_PROFILE: &str = "asm-seed";

/// Everything that the views of a mesh are made from.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) context: String,
    pub(crate) server: String,
    pub(crate) simulated: bool,
    pub(crate) said: ContextSettings,
    pub(crate) state: MeshState,
    pub(crate) chosen: Option<MeshVersion>,
    pub(crate) prechecks: Prechecks,
    pub(crate) active: Option<RunSummary>,
    pub(crate) read_only: bool,
    pub(crate) istioctls: Arc<[Binary]>,
    pub(crate) saved: Option<SavedView>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) profile: &'static Profile,
    pub(crate) today: Date,
    /// The name under which this operator would hold the mesh's lease.
    pub(crate) holder: String,
}

/// An open mesh, and what its views are made from.
pub(crate) struct Whole {
    /// What is behind it.
    pub(crate) ground: Ground,
    pub(crate) stage: Stage,
    pub(crate) snapshot: Arc<Snapshot>,
}

/// What is behind an open mesh.
#[derive(Debug, Clone)]
pub(crate) enum Ground {
    /// A cluster.
    Live(Arc<Session>),
    /// A file: nothing can be asked of it, and nothing be done to it.
    Saved,
}

impl Ground {
    /// The session of a cluster; none for a file.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        match self {
            Self::Live(session) => Some(session),
            Self::Saved => None,
        }
    }
}

impl Stage {
    /// Makes something from the whole scene.
    pub(crate) fn with<T>(&self, snapshot: &Snapshot, make: impl FnOnce(&Scene<'_>) -> T) -> T {
        let assessments = dataplane::assess(snapshot);
        let roles = roles(snapshot);
        make(&Scene {
            context: &self.context,
            server: &self.server,
            simulated: self.simulated,
            said: &self.said,
            snapshot,
            assessments: &assessments,
            roles: &roles,
            istiods: &self.state.istiods,
            chosen: self.chosen.as_ref(),
            prechecks: &self.prechecks,
            active: self.active.as_ref(),
            foreign: self.state.foreign.as_ref(),
            read_only: self.read_only,
            istioctls: &self.istioctls,
            saved: self.saved.as_ref(),
            catalog: &self.catalog,
            profile: self.profile,
            today: self.today,
        })
    }
}

impl Meshlift {
    /// What the views of a mesh are made from, as it is now.
    pub(crate) async fn stage(
        &self,
        context: &str,
        server: &str,
        state: MeshState,
        istioctls: Arc<[Binary]>,
    ) -> Result<Stage, ApiError> {
        let inner = &self.inner;
        let cluster = state.snapshot.as_ref().map(|snapshot| snapshot.cluster.uid.clone());
        let saved = inner.saved.get(context);
        // A run on the cluster is none on the picture of it.
        let active = match cluster.filter(|_| saved.is_none()) {
            Some(uid) => self.unfinished_on(&uid, &state).await?,
            None => None,
        };
        let said = inner.preferences.of(context);
        let is_asm = state.snapshot.as_ref().is_some_and(|snapshot| snapshot.instance.is_some());
        let chosen = said.asm.as_ref().and_then(|link| link.profile.as_deref());
        let id = if is_asm { chosen.unwrap_or(ASM_PROFILE) } else { PROFILE };
        let Some(profile) = Profile::by_id(id) else {
            let why = format!("the rules `{id}` are missing");
            return Err(ApiError::plain(crate::api::dto::ErrorCode::Internal, why));
        };
        Ok(Stage {
            context: context.to_owned(),
            server: server.to_owned(),
            simulated: inner.contexts.simulated(context).is_some(),
            said,
            chosen: inner.preferences.target(context).and_then(|target| target.parse().ok()),
            prechecks: inner.meshes.prechecks(context),
            active,
            read_only: inner.door.is_read_only(),
            istioctls,
            saved: saved.map(|mesh| mesh.view.clone()),
            catalog: inner.catalogues.current(),
            profile,
            today: self.today(),
            holder: inner.holder.clone(),
            state,
        })
    }

    /// The istioctl binaries that can act on a context's mesh, as far as they are known: a view does
    /// not wait for a binary that takes its time to tell its version, and is made again once it did.
    pub(crate) fn known_istioctls_of(&self, context: &str) -> Arc<[Binary]> {
        if let Some(mesh) = self.inner.contexts.simulated(context) {
            return mesh.binaries().into();
        }
        if let Some(known) = self.inner.meshes.known_istioctls() {
            return known;
        }
        let app = self.clone();
        self.inner.tasks.spawn(async move {
            tokio::select! {
                () = app.inner.all.cancelled() => {}
                _ = app.istioctls() => app.inner.meshes.changed(),
            }
        });
        Arc::new([])
    }

    /// The istioctl binaries that can act on a context's mesh.
    pub(crate) async fn istioctls_of(&self, context: &str) -> Arc<[Binary]> {
        match self.inner.contexts.simulated(context) {
            Some(mesh) => mesh.binaries().into(),
            None => self.istioctls().await,
        }
    }

    /// The istioctl binaries of this computer.
    pub(crate) async fn istioctls(&self) -> Arc<[Binary]> {
        let inner = &self.inner;
        let find = || async {
            let added: Vec<_> =
                inner.preferences.settings().istioctl_paths.iter().map(Into::into).collect();
            istioctl::find(&added, inner.options.istioctl_path.as_deref()).await
        };
        inner.meshes.istioctls(find).await
    }

    /// Today, by the computer's own clock.
    pub(crate) fn today(&self) -> Date {
        self.inner.clock.now().to_zoned(TimeZone::UTC).date()
    }

    /// The run without an end on a cluster, in one line.
    pub(crate) async fn unfinished_on(
        &self,
        uid: &str,
        state: &MeshState,
    ) -> Result<Option<RunSummary>, ApiError> {
        let unfinished = self.inner.journal.unfinished().await?;
        let Some(record) = unfinished.into_iter().find(|record| record.cluster_uid == uid) else {
            return Ok(None);
        };
        Ok(Some(self.summary_of(&record, state.snapshot.as_deref()).await?))
    }

    /// A run in one line.
    pub(crate) async fn summary_of(
        &self,
        record: &RunRecord,
        snapshot: Option<&Snapshot>,
    ) -> Result<RunSummary, ApiError> {
        if let Some(known) = self.inner.ended.lock().await.get(&record.key) {
            return Ok(known.clone());
        }
        let live = self.inner.runs.live(&record.key).map(|live| live.borrow().clone());
        let history = match &live {
            Some(live) => live.history.clone(),
            None => Arc::<History>::new(self.inner.runs.history(&record.key).await?),
        };
        let sight = Sight {
            record,
            history: &history,
            live: live.as_ref(),
            snapshot,
            simulated: self.inner.contexts.simulated(&record.context).is_some(),
            now: self.inner.clock.now(),
        };
        let summary = summary(&sight);
        // What is over does not change any more, and folding every old run again takes long.
        if history.ended.is_some() {
            self.inner.ended.lock().await.insert(record.key.clone(), summary.clone());
        }
        Ok(summary)
    }

    /// The mesh of an open context, whole: a live one, or a saved snapshot.
    pub(crate) async fn whole(&self, context: &str) -> Result<Whole, ApiError> {
        let (ground, server, read) = if let Some((server, read)) = self.saved_state(context).await?
        {
            (Ground::Saved, server, read)
        } else {
            let session = self.inner.sessions.get(context)?;
            let read = session.current().await?;
            let server = session.connection.server().to_owned();
            (Ground::Live(session), server, read)
        };
        let Some(snapshot) = read.current().cloned() else {
            return Err(ApiError::plain(
                crate::api::dto::ErrorCode::Unreachable,
                format!("the mesh of {context} is not read"),
            )
            .retryable());
        };
        let istioctls = self.istioctls_of(context).await;
        let stage = self.stage(context, &server, read, istioctls).await?;
        Ok(Whole { ground, stage, snapshot })
    }
}
