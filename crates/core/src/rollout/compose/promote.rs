//! *Promote*: a revision becomes the default, by several guarded acts on Istio's own objects.

use super::labels::followed;
use super::{Draft, Operation, Refusal, end, ready_plane, stands, supported, what_if};
use crate::injection::{self, DEFAULT_TAG};
use crate::inventory::{DEFAULT_REVISION, Injector, Name, Snapshot};
use crate::rollout::{ActKind, Expectation, Plan, StepAction};
use crate::version::{MeshVersion, Minor};

/// Tags have a Service of their own since this minor.
const TAG_SERVICES_SINCE: Minor = Minor { major: 1, minor: 28 };

/// A plan that makes a revision the default. The new injector becomes active before the old one is
/// switched off: a short overlap, never a gap (`domain/istio.md` §5). Tags of the user stay as they
/// are.
pub fn compose_promote(snapshot: &Snapshot, revision: &str) -> Result<Plan, Refusal> {
    supported(snapshot)?;
    let plane = ready_plane(snapshot, revision)?;
    let default = injection::default_revision(snapshot);
    let is_agreed = default.validator.is_none();
    if default.revision.as_deref() == Some(revision) && is_agreed {
        return Err(Refusal::IsDefault { revision: plane.revision.clone() });
    }
    let from = default.revision.unwrap_or_else(|| plane.revision.clone());
    let mut draft =
        Draft::new(Operation::Promote, end(snapshot, &from), end(snapshot, &plane.revision));
    let acts = promotion(snapshot, &plane.revision, plane.version.as_ref());
    draft.step("promote", StepAction::Change { acts });
    let tag = Expectation::Tag { tag: DEFAULT_TAG.into(), revision: plane.revision.clone() };
    draft.verify(stands(plane).into_iter().chain([tag]).collect());
    Ok(draft.done(snapshot))
}

/// Namespaces whose next pod start changes revision by a promotion, without a label of theirs being
/// touched.
pub fn changed_by_promotion(snapshot: &Snapshot, revision: &str) -> Vec<Name> {
    let mut picture = Snapshot {
        injectors: snapshot.injectors.clone(),
        control_planes: snapshot.control_planes.clone(),
        ..Snapshot::default()
    };
    for act in promotion(snapshot, &revision.into(), None) {
        what_if::after(&mut picture, &act);
    }
    let namespaces = snapshot.namespaces.values();
    namespaces
        .filter(|namespace| followed(snapshot, namespace) != followed(&picture, namespace))
        .map(|namespace| namespace.name.clone())
        .collect()
}

/// The acts that make a revision the default.
pub(super) fn promotion(
    snapshot: &Snapshot,
    revision: &Name,
    version: Option<&MeshVersion>,
) -> Vec<ActKind> {
    let mut acts = tagged(&DEFAULT_TAG.into(), revision, version);
    acts.push(ActKind::SetDefaultValidator { revision: revision.clone() });
    let is_replaced = |injector: &&Injector| {
        injector.tag.is_none()
            && &*injector.revision == DEFAULT_REVISION
            && injection::is_active(injector)
    };
    let old = snapshot.injectors.iter().filter(is_replaced);
    acts.extend(old.map(|injector| ActKind::DeactivateInjector { name: injector.name.clone() }));
    acts
}

/// The acts that make a tag name a revision.
pub(super) fn tagged(tag: &Name, revision: &Name, version: Option<&MeshVersion>) -> Vec<ActKind> {
    let mut acts = vec![ActKind::SetTag { tag: tag.clone(), revision: revision.clone() }];
    if version.is_none_or(|version| version.minor() >= TAG_SERVICES_SINCE) {
        acts.push(ActKind::SetTagService { tag: tag.clone(), revision: revision.clone() });
    }
    acts
}
