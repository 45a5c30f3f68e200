//! Makes the plan of a button: the core composes it, prechecks and permissions are added, and it is
//! shown.
//!
//! Entry points: [`make`] and [`roll_back`].

use std::collections::BTreeMap;
use std::sync::Arc;

use meshlift_cluster::provider::istioctl;
use meshlift_core::inventory::{ControlPlane, Name, Role, Snapshot, WorkloadRef};
use meshlift_core::policy::Method;
use meshlift_core::rollout::{
    Binary, Move, Pace, Plan, Progress, Revoke, Unpublish, compose_canary, compose_gateways,
    compose_in_place, compose_move, compose_promote, compose_restart, compose_revoke,
    compose_roll_back, compose_unpublish, consents,
};
use meshlift_core::version::MeshVersion;

use super::{PlanError, Planned, check, earlier};
use crate::Meshlift;
use crate::api::dto::{
    ApiError, ErrorCode, FindingView, MoveTarget, OperationRequest, Phrase, PhraseCode as Code,
    PlanView,
};
use crate::session::Session;
use crate::stage::Stage;
use crate::values;
use crate::view::plan::{Made, view};
use crate::view::words::row_id;

/// Makes the plan of an operation and keeps it.
pub(crate) async fn make(
    app: &Meshlift,
    context: &str,
    operation: &OperationRequest,
) -> Result<PlanView, ApiError> {
    let (session, stage, snapshot) = app.whole(context).await?;
    let plan = compose(app, &session, &stage, &snapshot, operation).await?;
    let findings = check::findings(app, &session, &stage, &snapshot, &plan).await?;
    Ok(keep(app, &session, &stage, &snapshot, plan, &findings))
}

/// Makes the plan of the way back of a run and keeps it.
pub(crate) async fn roll_back(
    app: &Meshlift,
    context: &str,
    of: &Plan,
    progress: &Progress,
) -> Result<PlanView, ApiError> {
    let (session, stage, snapshot) = app.whole(context).await?;
    let plan = compose_roll_back(&snapshot, of, progress, &Pace::default())
        .map_err(|source| PlanError::Refused { source })?;
    let findings = check::permissions(&session, &plan).await;
    Ok(keep(app, &session, &stage, &snapshot, plan, &findings))
}

fn keep(
    app: &Meshlift,
    session: &Session,
    stage: &Stage,
    snapshot: &Snapshot,
    plan: Plan,
    findings: &[FindingView],
) -> PlanView {
    let consents = consents(&plan, snapshot);
    let blocked = stage.with(snapshot, |scene| scene.blocked());
    let view = view(&Made {
        plan: &plan,
        snapshot,
        context: &stage.context,
        server: session.connection.server(),
        protected: stage.said.is_protected(),
        consents: &consents,
        findings,
        blocked: blocked.as_ref(),
    });
    let planned = Planned { plan, context: stage.context.clone(), view: view.clone() };
    app.inner.plans.keep(planned);
    view
}

async fn compose(
    app: &Meshlift,
    session: &Arc<Session>,
    stage: &Stage,
    snapshot: &Snapshot,
    operation: &OperationRequest,
) -> Result<Plan, ApiError> {
    let refused = |source| PlanError::Refused { source };
    let places = Places::of(stage, snapshot);
    match operation {
        OperationRequest::UpgradeControlPlane { target } => {
            let target = parsed(target)?;
            let stable = places.stable()?;
            hop(stage, snapshot, &target, Method::InPlace)?;
            let binary = binary(app, stage, &target).await?;
            Ok(compose_in_place(snapshot, &stable, &binary).map_err(refused)?)
        }
        OperationRequest::DeployCanary { target } => {
            let target = parsed(target)?;
            let stable = places.stable()?;
            hop(stage, snapshot, &target, Method::Canary)?;
            let binary = binary(app, stage, &target).await?;
            Ok(compose_canary(snapshot, &stable, &binary).map_err(refused)?)
        }
        OperationRequest::MoveNamespaces { namespaces, to, restart } => {
            let to = match to {
                MoveTarget::Canary => places.canary()?,
                MoveTarget::Stable => places.stable()?,
            };
            let wanted = Move {
                namespaces: namespaces.iter().map(|name| name.as_str().into()).collect(),
                earlier: earlier::earlier(app, &snapshot.cluster.uid).await?.labels,
                to,
                restart: restart.then(Pace::default),
            };
            Ok(compose_move(snapshot, &wanted).map_err(refused)?)
        }
        OperationRequest::Restart { workloads, first, width } => {
            let known = by_row_id(snapshot);
            let found = |id: &String| {
                known.get(id).cloned().ok_or_else(|| PlanError::Workload { id: id.clone() })
            };
            let chosen = workloads.iter().map(found).collect::<Result<Vec<_>, _>>()?;
            let pace = Pace {
                first: first.as_ref().map(found).transpose()?,
                width: width.unwrap_or(Pace::default().width),
                ..Pace::default()
            };
            Ok(compose_restart(snapshot, &chosen, &pace).map_err(refused)?)
        }
        OperationRequest::UpgradeGateways => {
            let stable = places.stable()?;
            let installed = has_installed_gateways(snapshot);
            let binary = match installed {
                true => Some(binary(app, stage, &places.version(&stable)?).await?),
                false => None,
            };
            Ok(compose_gateways(snapshot, &stable, binary.as_ref(), &Pace::default())
                .map_err(refused)?)
        }
        OperationRequest::Promote => {
            Ok(compose_promote(snapshot, &places.canary()?).map_err(refused)?)
        }
        OperationRequest::Revoke => {
            let (canary, stable) = places.revocable()?;
            let earlier = earlier::earlier(app, &snapshot.cluster.uid).await?;
            let stable_install = match has_installed_gateways(snapshot) {
                true => binary(app, stage, &places.version(&stable)?).await.ok(),
                false => None,
            };
            let wanted = Revoke {
                objects: objects(session, &canary).await?,
                earlier: earlier.labels,
                promoted: earlier.promoted,
                stable_install,
                pace: Pace::default(),
                stable,
                canary,
            };
            Ok(compose_revoke(snapshot, &wanted).map_err(refused)?)
        }
        OperationRequest::Unpublish => {
            let old = places.old()?;
            let wanted = Unpublish {
                objects: objects(session, &old).await?,
                kept: places.stable()?,
                old,
            };
            Ok(compose_unpublish(snapshot, &wanted).map_err(refused)?)
        }
    }
}

/// The revisions by what they are, by name.
struct Places {
    stable: Option<Name>,
    canary: Option<Name>,
    old: Option<Name>,
    versions: BTreeMap<Name, MeshVersion>,
}

impl Places {
    fn of(stage: &Stage, snapshot: &Snapshot) -> Self {
        let name = |plane: &ControlPlane| plane.revision.clone();
        stage.with(snapshot, |scene| Self {
            stable: scene.roles.stable.map(name),
            canary: scene.roles.canary.map(name),
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
        let reason = if self.canary.is_some() {
            Code::ReasonNotPromoted
        } else {
            Code::ReasonNoOldRevision
        };
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
async fn binary(
    app: &Meshlift,
    stage: &Stage,
    target: &MeshVersion,
) -> Result<Binary, ApiError> {
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

async fn keep_values(app: &Meshlift, stage: &Stage) -> Result<values::Kept, ApiError> {
    let folder = app.inner.options.data_folder.clone();
    let named = stage.said.install_values.clone();
    let simulated =
        app.inner.contexts.simulated(&stage.context).map(|mesh| mesh.values().to_owned());
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
    session: &Session,
    revision: &Name,
) -> Result<Vec<(meshlift_core::rollout::ObjectRef, Name)>, PlanError> {
    istioctl::objects_of(&session.connection, revision)
        .await
        .map_err(|source| PlanError::Objects { revision: revision.to_string(), source })
}

fn has_installed_gateways(snapshot: &Snapshot) -> bool {
    snapshot.workloads.values().any(|workload| workload.role == Role::InstalledGateway)
}

fn by_row_id(snapshot: &Snapshot) -> BTreeMap<String, WorkloadRef> {
    snapshot.workloads.keys().map(|workload| (row_id(workload), workload.clone())).collect()
}
