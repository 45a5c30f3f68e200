//! Commands of the Planner and the catalogue.

use std::sync::Arc;

use meshlift_core::inventory::Snapshot;
use meshlift_core::policy::{Method, Provider};
use meshlift_core::precheck::{self, Aim};
use meshlift_core::version::Minor;

use crate::Meshlift;
use crate::api::dto::{
    ApiError, CatalogueView, ContextName, ErrorCode, Nothing, Phrase, PhraseCode, PlannedMesh,
    PlannerChoices, RouteList, RouteRequest,
};
use crate::planner::{self, Asked, Mesh, changes::Hits};
use crate::plans::check::evidence_of;
use crate::session::Look;
use crate::stage::{Ground, Whole};

impl Meshlift {
    /// What the Planner can offer.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn planner_choices(&self, _: Nothing) -> Result<PlannerChoices, ApiError> {
        Ok(planner::choices(&self.inner.catalogues.current()))
    }

    /// Every way from A to B.
    pub async fn planner_routes(&self, request: RouteRequest) -> Result<RouteList, ApiError> {
        let asked = planner::asked(&request, self.today())?;
        self.planned(&request, &asked).await
    }

    /// Looks at a mesh anew when the Planner next asks about it.
    pub async fn planner_look_again(&self, request: ContextName) -> Result<Nothing, ApiError> {
        let Whole { ground, .. } = self.whole(&request.context).await?;
        if let Some(session) = ground.session() {
            session.looked.forget().await;
        }
        Ok(Nothing {})
    }

    /// The catalogue that is in use.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn catalogue_get(&self, _: Nothing) -> Result<CatalogueView, ApiError> {
        let (file, problem) = self.inner.catalogues.file();
        Ok(planner::catalogue::view(&self.inner.catalogues.current(), file, problem))
    }

    /// Every way of a question that was understood.
    pub(crate) async fn planned(
        &self,
        request: &RouteRequest,
        asked: &Asked,
    ) -> Result<RouteList, ApiError> {
        let mesh = match &request.context {
            Some(context) => Some(self.planned_mesh(context, asked).await?),
            None => None,
        };
        Ok(planner::routes(asked, &self.inner.catalogues.current(), mesh.as_ref()))
    }

    /// Looks for the changes on the way in a mesh: the precheck of the whole way decides about all
    /// of them at once.
    async fn planned_mesh(&self, context: &str, asked: &Asked) -> Result<Mesh, ApiError> {
        let Whole { ground, stage, snapshot } = self.whole(context).await?;
        let (snapshot, looked_at) = match &ground {
            Ground::Saved => (snapshot, None),
            Ground::Live(session) => {
                let look = async || evidence_of(self, &stage, session, &snapshot).await;
                let Look { evidence, at, .. } =
                    session.looked.get(&snapshot, self.inner.clock, look).await;
                (Arc::new(Snapshot { evidence: Some(evidence), ..(*snapshot).clone() }), Some(at))
            }
        };
        let asked = asked.clone();
        let context = context.to_owned();
        tokio::task::spawn_blocking(move || {
            stage.with(&snapshot, |scene| {
                let stable = scene.roles.stable;
                let version = stable.and_then(|plane| plane.version.as_ref());
                let is_managed = snapshot.instance.is_some();
                let hits = match stable {
                    None => Hits::not_asked(Phrase::plain(PhraseCode::NoMeshFound)),
                    Some(_) if is_managed != (asked.profile.provider == Provider::Asm) => {
                        Hits::not_asked(Phrase::plain(PhraseCode::UndecidedRules))
                    }
                    Some(stable) => {
                        let aim = Aim {
                            method: Method::Canary,
                            stable: &stable.revision,
                            target: &asked.to,
                            profile: asked.profile,
                            catalog: scene.catalog,
                            today: scene.today,
                            operator: &stage.holder,
                        };
                        Hits::of(&precheck::check(&snapshot, &aim), version)
                    }
                };
                let kubernetes = Minor::leading(&snapshot.cluster.kubernetes);
                let view = PlannedMesh {
                    context,
                    version: version.map(meshlift_core::version::MeshVersion::numbers),
                    kubernetes: kubernetes.map(|minor| minor.to_string()),
                    read_at: stage.state.read_at.map(|at| at.to_string()),
                    looked_at: looked_at.map(|at| at.to_string()),
                };
                Mesh { view, hits }
            })
        })
        .await
        .map_err(|error| ApiError::new(ErrorCode::Internal, &error))
    }

    /// Reads the catalogue's file, or goes back to the built-in one.
    pub(crate) async fn read_catalogue(&self, file: Option<String>) -> Result<(), ApiError> {
        let catalogues = self.inner.catalogues.clone();
        tokio::task::spawn_blocking(move || catalogues.use_file(file.as_deref()))
            .await
            .map_err(|error| ApiError::new(ErrorCode::Internal, &error))
    }
}
