//! Which label makes a namespace follow a revision.
//!
//! Entry point: [`labels_for`]. Both labels are always set together, because the legacy label wins
//! over the other (`domain/istio.md` §1 fact 2).

use super::what_if;
use crate::injection::{self, Outcome};
use crate::inventory::{InjectionLabels, Name, Namespace, PodTemplate, Snapshot};

/// The labels a namespace gets to follow a revision: those it had before, if they lead there; else
/// the revision by name when it goes forward; else, on the way back, the legacy label where the
/// revision is the default.
pub fn labels_for(
    snapshot: &Snapshot,
    namespace: &Namespace,
    revision: &str,
    earlier: Option<&InjectionLabels>,
) -> InjectionLabels {
    if let Some(earlier) = earlier.filter(|it| leads_to(snapshot, namespace, it, revision)) {
        return earlier.clone();
    }
    let by_name = InjectionLabels { injection: None, revision: Some(revision.into()) };
    let legacy = InjectionLabels { injection: Some("enabled".into()), revision: None };
    let is_default = injection::default_revision(snapshot).revision.as_deref() == Some(revision);
    if is_default && !goes_forward(snapshot, namespace, revision) {
        return legacy;
    }
    // An install without a revision answers only to the legacy label in older meshes.
    if leads_to(snapshot, namespace, &by_name, revision) { by_name } else { legacy }
}

/// The revision that would inject a pod without labels of its own.
pub(super) fn followed(snapshot: &Snapshot, namespace: &Namespace) -> Option<Name> {
    let found = injection::predict(&snapshot.injectors, namespace, &PodTemplate::default());
    match found.outcome {
        Outcome::Injected { revision } => Some(revision),
        Outcome::Twice | Outcome::NotInjected => None,
    }
}

fn leads_to(
    snapshot: &Snapshot,
    namespace: &Namespace,
    labels: &InjectionLabels,
    revision: &str,
) -> bool {
    let mut picture = Snapshot {
        namespaces: [(namespace.name.clone(), namespace.clone())].into(),
        injectors: snapshot.injectors.clone(),
        ..Snapshot::default()
    };
    what_if::labelled(&mut picture, &namespace.name, labels);
    picture
        .namespaces
        .get(&namespace.name)
        .and_then(|labelled| followed(&picture, labelled))
        .is_some_and(|found| &*found == revision)
}

/// Whether the revision is newer than the one that the namespace follows now.
fn goes_forward(snapshot: &Snapshot, namespace: &Namespace, revision: &str) -> bool {
    let version =
        |revision: &str| snapshot.control_plane(revision).and_then(|plane| plane.version.as_ref());
    let now = followed(snapshot, namespace);
    match (now.as_deref().and_then(version), version(revision)) {
        (Some(now), Some(then)) => then > now,
        (None, _) | (_, None) => false,
    }
}
