//! Upgrade Management: the head of it, its revisions, and one line of the Meshes page.
//!
//! Entry points: [`view`] and [`summary`].

use meshlift_core::dataplane::State;
use meshlift_core::inventory::{ControlPlane, Installer};
use meshlift_core::rollout::Asked;
use meshlift_core::version::MeshVersion;

use super::roles::pods_of;
use super::scene::Scene;
use super::{behind, instance, namespaces, spoken, tabs, targets};
use crate::api::dto::{
    ForeignRun, Mark, MeshSummary, MeshView, Phrase, PhraseCode as Code, ProviderKind,
    RevisionRole, RevisionView, TagView,
};

/// Days before the end of support from which on it is said.
pub(super) const SOON: i32 = 60;

/// Everything about a mesh but its rows.
pub(crate) fn view(scene: &Scene<'_>, cluster_uid: &str) -> MeshView {
    let target = targets::choose(scene);
    let support = support(scene);
    MeshView {
        context: scene.context.to_owned(),
        server: scene.server.to_owned(),
        cluster_uid: cluster_uid.to_owned(),
        kubernetes: scene.snapshot.cluster.kubernetes.clone(),
        provider: provider(scene),
        declined: scene.declined().or_else(|| scene.handed_off()),
        supported_until: support.map(|(date, _)| date),
        support_days: support_days(scene),
        revisions: revisions(scene),
        tags: tags(scene),
        default_revision: meshlift_core::injection::default_revision(scene.snapshot)
            .revision
            .map(|revision| revision.to_string()),
        targets: targets::targets(scene),
        target: target.as_ref().map(MeshVersion::numbers),
        workloads: workloads(scene),
        proxies: proxies(scene),
        behind: behind(scene),
        asm: instance::view(scene).map(Box::new),
        in_place: tabs::in_place(scene, target.as_ref()),
        canary: tabs::canary(scene, target.as_ref()),
        namespaces: namespaces::views(scene),
        unreadable: scene
            .snapshot
            .unreadable
            .iter()
            .map(|gap| spoken::gap(&gap.what, &gap.why))
            .collect(),
        active_run: scene.active.cloned(),
        foreign_run: scene.foreign.map(|foreign| ForeignRun { ..foreign.clone() }),
        read_only: scene.read_only,
        saved: scene.saved.cloned(),
    }
}

/// One row of the Meshes page.
pub(crate) fn summary(scene: &Scene<'_>) -> MeshSummary {
    let mut versions: Vec<&MeshVersion> =
        scene.snapshot.control_planes.iter().filter_map(|plane| plane.version.as_ref()).collect();
    versions.sort();
    versions.dedup();
    let days = support_days(scene);
    let behind = behind(scene);
    let (state, mark) = state(scene, days, behind);
    MeshSummary {
        context: scene.context.to_owned(),
        provider: scene.roles.stable.map(|_| provider(scene)),
        versions: versions.into_iter().map(MeshVersion::numbers).collect(),
        next: targets::choose(scene).as_ref().map(MeshVersion::numbers),
        support_days: days,
        behind,
        proxies: proxies(scene),
        state,
        mark,
    }
}

fn state(scene: &Scene<'_>, days: Option<i32>, behind: u32) -> (Phrase, Mark) {
    if scene.roles.stable.is_none() {
        let why = scene.declined().unwrap_or_else(|| Phrase::plain(Code::NoMeshFound));
        return (why, Mark::Outside);
    }
    if let Some(run) = scene.active {
        let number = run.number.to_string();
        return (Phrase::with(Code::RunInProgress, [("number", number)]), Mark::Busy);
    }
    match days {
        Some(days) if days < 0 => return (Phrase::plain(Code::OutOfSupport), Mark::Bad),
        Some(days) if days <= SOON => {
            return (Phrase::plain(Code::SupportEndsSoon), Mark::Warning);
        }
        Some(_) | None => {}
    }
    if behind > 0 {
        let count = behind.to_string();
        return (Phrase::with(Code::ProxiesBehind, [("count", count)]), Mark::Warning);
    }
    let missing = missing(scene);
    if missing > 0 {
        let count = missing.to_string();
        return (Phrase::with(Code::SidecarsMissing, [("count", count)]), Mark::Warning);
    }
    if scene.simulated {
        return (Phrase::plain(Code::PracticeHere), Mark::Ok);
    }
    (Phrase::plain(Code::UpToDate), Mark::Ok)
}

fn provider(scene: &Scene<'_>) -> ProviderKind {
    match scene.roles.stable.map(|plane| plane.installer) {
        None => ProviderKind::None,
        Some(Installer::Istioctl) => ProviderKind::Istioctl,
        Some(Installer::Asm) => ProviderKind::Asm,
        Some(Installer::Helm) => ProviderKind::Helm,
        Some(Installer::Sail) => ProviderKind::Sail,
        Some(Installer::ArgoCd) => ProviderKind::ArgoCd,
        Some(Installer::Flux) => ProviderKind::Flux,
        Some(Installer::Vendor) => ProviderKind::Vendor,
        Some(Installer::Unknown) => ProviderKind::Unknown,
    }
}

fn support(scene: &Scene<'_>) -> Option<(String, i32)> {
    let version = scene.roles.stable?.version.as_ref()?;
    // ASM has its own dates, which only a live instance tells.
    let end = scene.catalog.release(version.minor()).filter(|_| !version.is_asm())?.ends?;
    let days = end.date.since(scene.today).ok()?.get_days();
    Some((end.date.to_string(), days))
}

fn support_days(scene: &Scene<'_>) -> Option<i32> {
    support(scene).map(|(_, days)| days)
}

fn revisions(scene: &Scene<'_>) -> Vec<RevisionView> {
    let rank = |role: RevisionRole| match role {
        RevisionRole::Stable => 0,
        RevisionRole::Canary => 1,
        RevisionRole::Other => 2,
    };
    let mut revisions: Vec<RevisionView> =
        scene.snapshot.control_planes.iter().map(|plane| revision(scene, plane)).collect();
    revisions.sort_by_key(|revision| rank(revision.role));
    revisions
}

fn revision(scene: &Scene<'_>, plane: &ControlPlane) -> RevisionView {
    let (health, mark) = health(plane);
    let proxy = plane.proxy.as_ref().and_then(|proxy| proxy.version.as_ref());
    RevisionView {
        name: plane.revision.to_string(),
        version: plane.version.as_ref().map(MeshVersion::numbers),
        proxy_version: proxy.map(MeshVersion::numbers),
        role: scene.roles.of(&plane.revision),
        health,
        mark,
        ready: plane.ready,
        replicas: plane.replicas,
        connected: connected(scene, plane),
        pods: pods_of(scene.snapshot, &plane.revision),
    }
}

fn health(plane: &ControlPlane) -> (Phrase, Mark) {
    if plane.is_ready() {
        return (Phrase::plain(Code::RevisionReady), Mark::Ok);
    }
    if plane.ready == 0 && !plane.rolling {
        return (Phrase::plain(Code::RevisionGone), Mark::Bad);
    }
    let phrase = Phrase::with(
        Code::RevisionStarting,
        [("ready", plane.ready.to_string()), ("replicas", plane.replicas.to_string())],
    );
    (phrase, Mark::Busy)
}

/// Proxies connected to a control plane, each counted once; none when it could not be asked.
fn connected(scene: &Scene<'_>, plane: &ControlPlane) -> Option<u32> {
    let istiods = match scene.istiods.get(&plane.revision)? {
        Asked::Answered(istiods) => istiods,
        Asked::Unread { .. } => return None,
    };
    let proxies: std::collections::BTreeSet<_> =
        istiods.iter().flat_map(|istiod| istiod.proxies.keys()).collect();
    u32::try_from(proxies.len()).ok()
}

fn tags(scene: &Scene<'_>) -> Vec<TagView> {
    let injectors = scene.snapshot.injectors.iter();
    injectors
        .filter(|injector| meshlift_core::injection::is_active(injector))
        .filter_map(|injector| {
            Some(TagView {
                name: injector.tag.as_ref()?.to_string(),
                revision: injector.revision.to_string(),
            })
        })
        .collect()
}

fn workloads(scene: &Scene<'_>) -> u32 {
    let in_mesh = scene.assessments.iter().filter(|assessment| {
        assessment.after.revision.is_some()
            || assessment.now.iter().any(|standing| standing.has_proxy)
    });
    u32::try_from(in_mesh.count()).unwrap_or(u32::MAX)
}

fn proxies(scene: &Scene<'_>) -> u32 {
    let pods = scene.snapshot.pods.values().filter(|pod| !pod.is_finished());
    u32::try_from(pods.filter(|pod| pod.proxy.is_some()).count()).unwrap_or(u32::MAX)
}

fn behind(scene: &Scene<'_>) -> u32 {
    let each = scene.assessments.iter();
    each.map(|assessment| behind::behind(scene.snapshot, assessment)).sum()
}

/// Pods that run without the sidecar that a new one would get.
fn missing(scene: &Scene<'_>) -> u32 {
    let bare = scene.assessments.iter().filter(|it| it.state == State::MissingSidecar);
    let standings = bare.flat_map(|assessment| &assessment.now);
    standings.filter(|standing| !standing.has_proxy).map(|standing| standing.pods).sum()
}
