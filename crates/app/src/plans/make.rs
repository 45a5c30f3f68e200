//! Makes the plan of a button: the core composes it, prechecks and permissions are added, and it is
//! shown.
//!
//! Entry points: [`make`] and [`roll_back`].

mod asm;

use std::collections::BTreeMap;

use meshlift_cluster::provider::istioctl;
use meshlift_core::inventory::{ControlPlane, Name, Snapshot, WorkloadRef};
use meshlift_core::policy::Method;
use meshlift_core::rollout::{
    Binary, Move, Pace, Plan, Progress, Refusal, Revoke, Unpublish, compose_canary,
    compose_gateways, compose_in_place, compose_move, compose_promote, compose_restart,
    compose_revoke, compose_roll_back, compose_unpublish, consents,
};
use meshlift_core::version::MeshVersion;

use super::{PlanError, Planned, check, earlier, permissions};
use crate::Meshlift;
use crate::api::dto::{
    ApiError, ErrorCode, FindingView, MoveTarget, OperationRequest, Phrase, PhraseCode as Code,
    PlanView,
};
use crate::stage::{Ground, Stage, Whole};
use crate::values;
use crate::view::plan::{Made, view};
use crate::view::words::row_id;

/// Makes the plan of an operation and keeps it.
pub(crate) async fn make(
    app: &Meshlift,
    context: &str,
    operation: &OperationRequest,
) -> Result<PlanView, ApiError> {
    let Whole { ground, stage, snapshot } = app.whole(context).await?;
    let plan = compose(app, &ground, &stage, &snapshot, operation, Purpose::Run).await?;
    let findings = check::findings(app, &ground, &stage, &snapshot, &plan).await?;
    Ok(keep(app, &stage, &snapshot, plan, &findings))
}

/// Makes the plan of the way back of a run and keeps it.
pub(crate) async fn roll_back(
    app: &Meshlift,
    context: &str,
    of: &Plan,
    progress: &Progress,
) -> Result<PlanView, ApiError> {
    let Whole { ground, stage, snapshot } = app.whole(context).await?;
    let plan = compose_roll_back(&snapshot, of, progress, &Pace::default()).map_err(refused)?;
    let findings = match ground.session() {
        Some(session) => permissions::missing(session, &plan).await,
        None => Vec::new(),
    };
    Ok(keep(app, &stage, &snapshot, plan, &findings))
}

fn keep(
    app: &Meshlift,
    stage: &Stage,
    snapshot: &Snapshot,
    plan: Plan,
    findings: &[FindingView],
) -> PlanView {
    let consents = consents(&plan, snapshot);
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method alone is not general enough"
    )]
    let blocked = stage.with(snapshot, |scene| scene.unstartable());
    let view = view(&Made {
        plan: &plan,
        snapshot,
        context: &stage.context,
        server: &stage.server,
        protected: stage.said.is_protected(),
        consents: &consents,
        findings,
        blocked: blocked.as_ref(),
    });
    let planned = Planned { plan, context: stage.context.clone(), view: view.clone() };
    app.inner.plans.keep(planned);
    view
}

/// What a plan is composed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be started: its binary and its values have to be here.
    Run,
    /// Only to be looked at.
    Picture,
}

/// Composes the plan of an operation, without what speaks against it.
pub(crate) async fn compose(
    app: &Meshlift,
    ground: &Ground,
    stage: &Stage,
    snapshot: &Snapshot,
    operation: &OperationRequest,
    purpose: Purpose,
) -> Result<Plan, ApiError> {
    let places = Places::of(stage, snapshot);
    let making = Making { app, ground, stage, snapshot, places, purpose };
    if snapshot.instance.is_some() {
        return making.asm(operation).await;
    }
    match operation {
        OperationRequest::UpgradeControlPlane { target } => making.in_place(target).await,
        OperationRequest::DeployCanary { target } => making.canary(target).await,
        OperationRequest::MoveNamespaces { namespaces, to, restart } => {
            let pace = restart.then(Pace::default);
            making.movement(namespaces, *to, pace).await
        }
        OperationRequest::Restart { workloads, first, width } => {
            making.restart(workloads, first.as_ref(), *width)
        }
        OperationRequest::UpgradeGateways => making.gateways().await,
        OperationRequest::UpgradeNamedGateways { .. } | OperationRequest::GatewayCanary { .. } => {
            Err(refused(Refusal::NoInstance).into())
        }
        OperationRequest::Promote => {
            let canary = making.places.canary()?;
            Ok(compose_promote(snapshot, &canary).map_err(refused)?)
        }
        OperationRequest::Revoke => making.revoke().await,
        OperationRequest::Unpublish => making.unpublish().await,
    }
}

fn refused(source: Refusal) -> PlanError {
    PlanError::Refused { source: Box::new(source) }
}

/// What the plans of all operations are made from.
struct Making<'a> {
    app: &'a Meshlift,
    ground: &'a Ground,
    stage: &'a Stage,
    snapshot: &'a Snapshot,
    places: Places,
    purpose: Purpose,
}

impl Making<'_> {
    async fn in_place(&self, target: &str) -> Result<Plan, ApiError> {
        let target = parsed(target)?;
        let stable = self.places.stable()?;
        hop(self.stage, self.snapshot, &target, Method::InPlace)?;
        let binary = binary(self, &target).await?;
        Ok(compose_in_place(self.snapshot, &stable, &binary).map_err(refused)?)
    }

    async fn canary(&self, target: &str) -> Result<Plan, ApiError> {
        let target = parsed(target)?;
        let stable = self.places.stable()?;
        hop(self.stage, self.snapshot, &target, Method::Canary)?;
        let binary = binary(self, &target).await?;
        Ok(compose_canary(self.snapshot, &stable, &binary).map_err(refused)?)
    }

    async fn movement(
        &self,
        namespaces: &[String],
        to: MoveTarget,
        restart: Option<Pace>,
    ) -> Result<Plan, ApiError> {
        let to = match to {
            MoveTarget::Canary => self.places.ahead()?,
            MoveTarget::Stable => self.places.back()?,
        };
        let wanted = Move {
            namespaces: namespaces.iter().map(|name| name.as_str().into()).collect(),
            earlier: earlier::earlier(self.app, &self.snapshot.cluster.uid).await?.labels,
            to,
            restart,
        };
        Ok(compose_move(self.snapshot, &wanted).map_err(refused)?)
    }

    fn restart(
        &self,
        workloads: &[String],
        first: Option<&String>,
        width: Option<u32>,
    ) -> Result<Plan, ApiError> {
        let known = by_row_id(self.snapshot);
        let found = |id: &String| {
            known.get(id).cloned().ok_or_else(|| PlanError::Workload { id: id.clone() })
        };
        let chosen = workloads.iter().map(found).collect::<Result<Vec<_>, _>>()?;
        let pace = Pace {
            first: first.map(found).transpose()?,
            width: width.unwrap_or(Pace::default().width),
            ..Pace::default()
        };
        Ok(compose_restart(self.snapshot, &chosen, &pace).map_err(refused)?)
    }

    /// An istioctl is only asked for when gateways of the install are behind.
    async fn gateways(&self) -> Result<Plan, ApiError> {
        let stable = self.places.stable()?;
        let version = self.places.version(&stable)?;
        let found = binary(self, &version).await;
        let pace = Pace::default();
        match (compose_gateways(self.snapshot, &stable, found.as_ref().ok(), &pace), found) {
            (Ok(plan), _) => Ok(plan),
            (Err(Refusal::NeedsInstall), Err(missing)) => Err(missing),
            (Err(source), _) => Err(refused(source).into()),
        }
    }

    async fn revoke(&self) -> Result<Plan, ApiError> {
        let (canary, stable) = self.places.revocable()?;
        let earlier = earlier::earlier(self.app, &self.snapshot.cluster.uid).await?;
        let version = self.places.version(&stable)?;
        let wanted = Revoke {
            objects: objects(self.ground, &canary).await?,
            earlier: earlier.labels,
            promoted: earlier.promoted,
            stable_install: binary(self, &version).await.ok(),
            pace: Pace::default(),
            stable,
            canary,
        };
        Ok(compose_revoke(self.snapshot, &wanted).map_err(refused)?)
    }

    async fn unpublish(&self) -> Result<Plan, ApiError> {
        let old = self.places.old()?;
        let wanted = Unpublish {
            objects: objects(self.ground, &old).await?,
            kept: self.places.stable()?,
            old,
        };
        Ok(compose_unpublish(self.snapshot, &wanted).map_err(refused)?)
    }
}

/// The revisions by what they are, by name.
struct Places {
    stable: Option<Name>,
    canary: Option<Name>,
    ahead: Option<Name>,
    back: Option<Name>,
    old: Option<Name>,
    versions: BTreeMap<Name, MeshVersion>,
}

impl Places {
    fn of(stage: &Stage, snapshot: &Snapshot) -> Self {
        let name = |plane: &ControlPlane| plane.revision.clone();
        stage.with(snapshot, |scene| Self {
            stable: scene.roles.stable.map(name),
            canary: scene.roles.canary.map(name),
            ahead: scene.roles.ahead().map(name),
            back: scene.roles.back().map(name),
            old: scene.roles.old.first().map(|plane| name(plane)),
            versions: snapshot
                .control_planes
                .iter()
                .filter_map(|plane| Some((plane.revision.clone(), plane.version.clone()?)))
                .collect(),
        })
    }

    fn stable(&self) -> Result<Name, PlanError> {
        self.stable.clone().ok_or_else(|| unavailable(Code::NoMeshFound, ErrorCode::NoMesh))
    }

    fn canary(&self) -> Result<Name, PlanError> {
        self.canary.clone().ok_or_else(|| unavailable(Code::ReasonNoCanary, ErrorCode::PlanBlocked))
    }

    fn ahead(&self) -> Result<Name, PlanError> {
        self.ahead.clone().ok_or_else(|| unavailable(Code::ReasonNoCanary, ErrorCode::PlanBlocked))
    }

    fn back(&self) -> Result<Name, PlanError> {
        self.back.clone().ok_or_else(|| unavailable(Code::NoMeshFound, ErrorCode::NoMesh))
    }

    /// What a revoke removes and what it goes back to; also after a promotion, as long as the old
    /// revision stands.
    fn revocable(&self) -> Result<(Name, Name), PlanError> {
        match (&self.canary, &self.stable, &self.old) {
            (Some(canary), Some(stable), _) => Ok((canary.clone(), stable.clone())),
            (None, Some(promoted), Some(old)) => Ok((promoted.clone(), old.clone())),
            (_, None, _) | (None, Some(_), None) => {
                Err(unavailable(Code::ReasonNoCanary, ErrorCode::PlanBlocked))
            }
        }
    }

    fn old(&self) -> Result<Name, PlanError> {
        let reason =
            if self.canary.is_some() { Code::ReasonNotPromoted } else { Code::ReasonNoOldRevision };
        self.old.clone().ok_or_else(|| unavailable(reason, ErrorCode::PlanBlocked))
    }

    fn version(&self, revision: &Name) -> Result<MeshVersion, PlanError> {
        let known = self.versions.get(revision).cloned();
        known.ok_or_else(|| unavailable(Code::ReasonDeclined, ErrorCode::PlanBlocked))
    }
}

fn unavailable(code: Code, error: ErrorCode) -> PlanError {
    PlanError::Unavailable { said: Box::new(Phrase::plain(code)), code: error }
}

fn parsed(target: &str) -> Result<MeshVersion, PlanError> {
    target.parse().map_err(|_| PlanError::Version { text: target.to_owned() })
}

/// A hop that the rules refuse is not planned, however it was asked for.
fn hop(
    stage: &Stage,
    snapshot: &Snapshot,
    target: &MeshVersion,
    method: Method,
) -> Result<(), PlanError> {
    let refused = stage.with(snapshot, |scene| {
        scene.declined().or_else(|| scene.handed_off()).or_else(|| {
            let why = scene.refused(target, method)?;
            Some(Phrase::plain(Code::ReasonHopRefused).saying("why", why))
        })
    });
    match refused {
        Some(said) => {
            Err(PlanError::Unavailable { said: Box::new(said), code: ErrorCode::PlanBlocked })
        }
        None => Ok(()),
    }
}

/// The istioctl of a version, with the install's own values as they are now.
async fn binary(making: &Making<'_>, target: &MeshVersion) -> Result<Binary, ApiError> {
    let Making { app, stage, purpose, .. } = *making;
    if purpose == Purpose::Picture || stage.saved.is_some() {
        return Ok(elsewhere(target));
    }
    let found = stage.istioctls.iter().find(|binary| binary.version.as_ref() == Some(target));
    let Some(found) = found else {
        let version = target.numbers();
        return Err(ApiError::plain(
            ErrorCode::IstioctlMissing,
            format!("no istioctl {version} was found"),
        )
        .hinting(Phrase::with(Code::HintAddIstioctl, [("version", version)])));
    };
    let kept = keep_values(app, stage).await?;
    Ok(Binary {
        version: target.clone(),
        path: found.path.display().to_string(),
        values_file: kept.path.display().to_string(),
        values_digest: kept.digest,
    })
}

/// The binary and the values as they would be named where the mesh is: a plan of a saved snapshot is
/// only read, and never run here.
fn elsewhere(target: &MeshVersion) -> Binary {
    Binary {
        version: target.clone(),
        path: "istioctl".to_owned(),
        values_file: "install-values.yaml".to_owned(),
        values_digest: String::new(),
    }
}

async fn keep_values(app: &Meshlift, stage: &Stage) -> Result<values::Kept, ApiError> {
    let folder = app.inner.options.data_folder.clone();
    let named = stage.said.install_values.clone();
    let simulated = app
        .inner
        .contexts
        .simulated(&stage.context)
        .and_then(|mesh| Some(mesh.values()?.to_owned()));
    let kept = tokio::task::spawn_blocking(move || match (named, simulated) {
        (Some(file), _) => Some(values::keep_file(&folder, std::path::Path::new(&file))),
        (None, Some(text)) => Some(values::keep(&folder, text.as_bytes())),
        (None, None) => None,
    })
    .await
    .map_err(|_| PlanError::Interrupted { context: stage.context.clone() })?;
    match kept {
        Some(kept) => Ok(kept?),
        None => Err(ApiError::plain(
            ErrorCode::ValuesMissing,
            "the install's own values are not known, and without them an install would undo what \
             they set",
        )
        .hinting(Phrase::plain(Code::HintValuesFile))),
    }
}

async fn objects(
    ground: &Ground,
    revision: &Name,
) -> Result<Vec<(meshlift_core::rollout::ObjectRef, Name)>, PlanError> {
    let Some(session) = ground.session() else {
        return Err(unavailable(Code::ReasonSavedObjects, ErrorCode::PlanBlocked));
    };
    istioctl::objects_of(&session.connection, revision).await.map_err(|source| PlanError::Objects {
        revision: revision.to_string(),
        source: Box::new(source),
    })
}

fn by_row_id(snapshot: &Snapshot) -> BTreeMap<String, WorkloadRef> {
    snapshot.workloads.keys().map(|workload| (row_id(workload), workload.clone())).collect()
}
