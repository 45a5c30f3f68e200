//! Versions that a mesh could go to.
//!
//! Entry points: [`targets`] and [`choose`].

use meshlift_core::policy::Method;
use meshlift_core::version::MeshVersion;

use super::scene::Scene;
use super::words::{no, yes};
use crate::api::dto::{Availability, Phrase, PhraseCode as Code, TargetView};

/// Versions that the rules allow in one hop by one method at least, best first.
pub(crate) fn targets(scene: &Scene<'_>) -> Vec<TargetView> {
    reachable(scene)
        .into_iter()
        .map(|version| TargetView {
            in_place: allowed(scene, &version, Method::InPlace),
            canary: allowed(scene, &version, Method::Canary),
            caution: caution(scene, &version),
            version: version.numbers(),
        })
        .collect()
}

/// An upgrade in place that is still to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InPlaceAhead<'a> {
    /// The revision that it upgrades.
    pub(crate) revision: &'a str,
    /// The version that it brings.
    pub(crate) version: &'a MeshVersion,
}

/// The upgrade in place to `target`, while nothing but the target is chosen.
pub(crate) fn in_place_ahead<'a>(
    scene: &Scene<'a>,
    target: Option<&'a MeshVersion>,
) -> Option<InPlaceAhead<'a>> {
    let (stable, version) = (scene.roles.stable?, target?);
    let is_alone = scene.roles.canary.is_none() && scene.roles.old.is_empty();
    let is_newer = stable.version.as_ref().is_some_and(|running| running < version);
    (is_alone && is_newer).then_some(InPlaceAhead { revision: &stable.revision, version })
}

/// The version that the user chose, else the best: the newest without a known defect for which
/// there is an istioctl, else the newest.
pub(crate) fn choose(scene: &Scene<'_>) -> Option<MeshVersion> {
    if let Some(chosen) = scene.chosen {
        return Some(chosen.clone());
    }
    let versions = reachable(scene);
    let has_binary = |version: &&MeshVersion| {
        scene.istioctls.iter().any(|binary| binary.version.as_ref() == Some(*version))
    };
    let is_clean = |version: &&MeshVersion| caution(scene, version).is_none();
    versions
        .iter()
        .find(|version| has_binary(version) && is_clean(version))
        .or_else(|| versions.iter().find(is_clean))
        .or_else(|| versions.first())
        .cloned()
}

fn reachable(scene: &Scene<'_>) -> Vec<MeshVersion> {
    let Some(running) = scene.roles.stable.and_then(|plane| plane.version.as_ref()) else {
        return Vec::new();
    };
    let mut versions: Vec<MeshVersion> = scene
        .catalog
        .istio_versions()
        .into_iter()
        .chain(scene.istioctls.iter().filter_map(|binary| binary.version.as_ref()))
        .filter(|version| *version > running)
        .filter(|version| {
            [Method::InPlace, Method::Canary]
                .into_iter()
                .any(|method| scene.refused(version, method).is_none())
        })
        .cloned()
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.dedup();
    versions
}

fn allowed(scene: &Scene<'_>, version: &MeshVersion, method: Method) -> Availability {
    match scene.refused(version, method) {
        Some(why) => no(Phrase::plain(Code::ReasonHopRefused).saying("why", why)),
        None => yes(),
    }
}

fn caution(scene: &Scene<'_>, version: &MeshVersion) -> Option<Phrase> {
    let bad = scene.catalog.defects_of_target(version);
    let first = bad.first()?;
    Some(Phrase::with(
        Code::WarnKnownBad,
        [("version", version.numbers()), ("problem", first.title.clone())],
    ))
}
