//! Versions that a mesh could go to.
//!
//! Entry points: [`targets`] and [`choose`].

use meshlift_core::inventory::ControlPlane;
use meshlift_core::policy::Method;
use meshlift_core::version::MeshVersion;

use super::rows;
use super::scene::Scene;
use super::tabs::{asm_refuses, needs_restart};
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
    if let Some(chosen) = scene.chosen.filter(|chosen| !is_behind_us(scene, chosen)) {
        return Some(chosen.clone());
    }
    if scene.snapshot.instance.is_some() {
        return choose_of_asm(scene);
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

/// Whether an ASM mesh runs a version already: what was chosen for the last upgrade is no wish any
/// more, and the backend chooses the next.
fn is_behind_us(scene: &Scene<'_>, chosen: &MeshVersion) -> bool {
    let running = scene.roles.stable.and_then(|plane| plane.version.as_ref());
    scene.snapshot.instance.is_some() && running.is_some_and(|running| chosen <= running)
}

/// An ASM mesh that is under way goes on to where it was going: to its canary, or to the version
/// that its control plane runs while gateways and workloads are behind. Else to what the backend
/// chose, else to the newest on offer.
fn choose_of_asm(scene: &Scene<'_>) -> Option<MeshVersion> {
    let version = |plane: &ControlPlane| plane.version.clone();
    if let Some(canary) = scene.roles.canary {
        return version(canary);
    }
    let is_late =
        scene.assessments.iter().any(|one| needs_restart(rows::state(scene.snapshot, one)));
    if is_late || !scene.roles.old.is_empty() {
        return scene.roles.stable.and_then(version);
    }
    let instance = scene.snapshot.instance.as_deref()?;
    instance.target.clone().or_else(|| reachable(scene).into_iter().next())
}

fn reachable(scene: &Scene<'_>) -> Vec<MeshVersion> {
    let Some(running) = scene.roles.stable.and_then(|plane| plane.version.as_ref()) else {
        return Vec::new();
    };
    let on_offer: Vec<&MeshVersion> = match scene.snapshot.instance.as_deref() {
        Some(instance) => instance.offered.iter().chain(&instance.target).collect(),
        None => scene
            .catalog
            .istio_versions()
            .into_iter()
            .chain(scene.istioctls.iter().filter_map(|binary| binary.version.as_ref()))
            .collect(),
    };
    let mut versions: Vec<MeshVersion> = on_offer
        .into_iter()
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
    let refused = scene.refused(version, method);
    if let Some(reason) = asm_refuses(scene, version, method).filter(|_| refused.is_none()) {
        return no(reason);
    }
    match refused {
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
