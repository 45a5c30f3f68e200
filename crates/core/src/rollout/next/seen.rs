//! Whether the mesh, as it was read last, shows what was written to Istio's own objects. A reading
//! from before the write would have the next step predict from webhooks that are no longer so.

use crate::injection;
use crate::inventory::{DEFAULT_VALIDATOR, Injector, Snapshot};
use crate::rollout::compose::{MUTATING, named_by};
use crate::rollout::{ActKind, ObjectRef};

/// Whether an act that was done shows. Acts that nothing is predicted from always do.
pub(super) fn shows(snapshot: &Snapshot, act: &ActKind) -> bool {
    match act {
        ActKind::SetTag { tag, revision } => snapshot
            .injectors
            .iter()
            .any(|it| it.tag.as_ref() == Some(tag) && it.revision == *revision),
        ActKind::SetDefaultValidator { revision } => snapshot
            .validators
            .iter()
            .filter(|it| &*it.name == DEFAULT_VALIDATOR)
            .all(|it| it.revision.as_ref() == Some(revision)),
        ActKind::DeactivateInjector { name } => {
            named(snapshot, name).is_none_or(|it| !injection::is_active(it))
        }
        ActKind::Restore { object, manifest, left: _ } => {
            shows_restored(snapshot, object, manifest.as_deref())
        }
        ActKind::Install { .. }
        | ActKind::Label { .. }
        | ActKind::Restart { .. }
        | ActKind::SetTagService { .. }
        | ActKind::Asm { .. }
        | ActKind::Delete { .. } => true,
    }
}

fn shows_restored(snapshot: &Snapshot, object: &ObjectRef, manifest: Option<&str>) -> bool {
    if &*object.kind != MUTATING {
        return true;
    }
    let found = named(snapshot, &object.name);
    let Some(manifest) = manifest else { return found.is_none() };
    let revision = named_by(Some(manifest));
    let is_off = manifest.contains("never-match");
    let is_back = |it: &Injector| revision.as_ref() == Some(&it.revision);
    found.is_some_and(|it| is_back(it) && injection::is_active(it) != is_off)
}

fn named<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a Injector> {
    snapshot.injectors.iter().find(|it| &*it.name == name)
}
