//! The ASM instance of a mesh as the window shows it.
//!
//! Entry point: [`view`]. What to know before an upgrade is said as notes (S2, S25, S26).

use jiff::civil::Date;
use meshlift_core::asm;
use meshlift_core::catalog::Catalog;
use meshlift_core::inventory::{
    Edition, GATEWAY_NAMESPACE, Gateway, GatewayCanary, GatewayState, Instance, Kind, LabelSync,
    WorkloadRef,
};
use meshlift_core::version::{MeshVersion, Minor};

use super::mesh::SOON;
use super::scene::Scene;
use super::words::{no, row_id, yes};
use crate::api::dto::{
    AsmClusterView, AsmEdition, AsmGatewayView, AsmView, Availability, Mark, Phrase,
    PhraseCode as Code,
};

/// Where the console is.
pub(crate) const CONSOLE: &str = "https://servicemesh.console.aliyun.com/";
/// First minor whose gateways can have a canary (§3.3).
const GATEWAY_CANARY_SINCE: Minor = Minor { major: 1, minor: 20 };

/// The instance; none where the mesh is not ASM's.
pub(crate) fn view(scene: &Scene<'_>) -> Option<AsmView> {
    let instance = scene.snapshot.instance.as_deref()?;
    Some(AsmView {
        id: instance.id.to_string(),
        name: instance.name.clone(),
        region: instance.region.to_string(),
        edition: edition(instance.edition),
        state: instance.state.0.clone(),
        settled: instance.is_settled(),
        target: instance.target.as_ref().map(MeshVersion::numbers),
        canary: instance.canary.is_some(),
        clusters: instance
            .clusters
            .iter()
            .map(|cluster| AsmClusterView {
                id: cluster.id.to_string(),
                name: cluster.name.clone(),
                state: cluster.state.clone(),
                kubernetes: cluster.kubernetes.clone(),
            })
            .collect(),
        gateways: instance.gateways.iter().map(|one| gateway(scene, instance, one)).collect(),
        profile: scene.profile.id.clone(),
        profile_source: scene.profile.source.clone(),
        notes: notes(scene, instance),
        console: CONSOLE.to_owned(),
    })
}

/// The edition as the window names it.
pub(crate) fn edition(edition: Edition) -> AsmEdition {
    match edition {
        Edition::Standard => AsmEdition::Standard,
        Edition::Enterprise => AsmEdition::Enterprise,
        Edition::Ultimate => AsmEdition::Ultimate,
        Edition::Unknown => AsmEdition::Unknown,
    }
}

fn notes(scene: &Scene<'_>, instance: &Instance) -> Vec<Phrase> {
    let mut notes: Vec<Phrase> = instance
        .unreadable
        .iter()
        .map(|gap| {
            Phrase::with(Code::NoteUnread, [("what", gap.what.clone()), ("why", gap.why.clone())])
        })
        .collect();
    match instance.sync {
        LabelSync::Spared => notes.push(Phrase::plain(Code::NoteSpared)),
        LabelSync::Copied => {}
    }
    let differing = asm::differing(scene.snapshot).len();
    if differing > 0 {
        notes.push(Phrase::with(Code::NoteDiffering, [("count", differing.to_string())]));
    }
    let running = instance.version.as_ref();
    notes.extend(running.and_then(|running| support(scene.catalog, running, scene.today)));
    notes.push(Phrase::plain(Code::NoteHotPatch));
    notes
}

/// What Istio's own support window says of the running version. ASM's dates are on a page of its own,
/// which nothing can read (§5.1), so this is an indication and says so.
fn support(catalog: &Catalog, running: &MeshVersion, today: Date) -> Option<Phrase> {
    let release = catalog.release(running.minor())?;
    let end = release.ends?.date;
    let code = if release.is_over(today) {
        Code::NoteExpired
    } else if today.until(end).is_ok_and(|left| left.get_days() <= SOON) {
        Code::NoteExpires
    } else {
        return None;
    };
    Some(Phrase::with(code, [("minor", release.minor.to_string()), ("date", end.to_string())]))
}

fn gateway(scene: &Scene<'_>, instance: &Instance, gateway: &Gateway) -> AsmGatewayView {
    let workload = WorkloadRef {
        namespace: GATEWAY_NAMESPACE.into(),
        kind: Kind::Deployment,
        name: gateway.deployment().into(),
    };
    let mut versions: Vec<&MeshVersion> = scene
        .snapshot
        .pods_of(&workload)
        .filter_map(|pod| pod.proxy.as_ref()?.version.as_ref())
        .collect();
    versions.sort();
    versions.dedup();
    let is_behind = behind(instance, &versions);
    let (state, mark) = state(instance, gateway, &versions, is_behind);
    let (start_canary, end_canary) = canary(scene, instance, gateway);
    AsmGatewayView {
        id: row_id(&workload),
        name: gateway.name.to_string(),
        replicas: gateway.replicas,
        versions: versions.iter().map(|version| version.numbers()).collect(),
        state,
        mark,
        upgrade: upgrade(scene, is_behind),
        start_canary,
        end_canary,
    }
}

/// Whether some pod runs another Istio version than the control plane; asm-patch does not count.
fn behind(instance: &Instance, versions: &[&MeshVersion]) -> bool {
    let wanted = instance.version.as_ref().map(MeshVersion::istio);
    versions.iter().any(|version| Some(version.istio()) != wanted)
}

fn state(
    instance: &Instance,
    gateway: &Gateway,
    versions: &[&MeshVersion],
    is_behind: bool,
) -> (Phrase, Mark) {
    let record = instance.upgrade.of(&gateway.name);
    match record.map(|record| record.state) {
        Some(GatewayState::Pending | GatewayState::Upgrading) => {
            return (Phrase::plain(Code::GatewayWorking), Mark::Busy);
        }
        Some(GatewayState::Failed) => {
            let why = record.map(|record| record.message.clone()).unwrap_or_default();
            return (Phrase::with(Code::GatewayFailed, [("why", why)]), Mark::Bad);
        }
        Some(GatewayState::NotStarted | GatewayState::Finished | GatewayState::Unknown) | None => {}
    }
    if is_behind {
        return (Phrase::plain(Code::GatewayBehind), Mark::Warning);
    }
    let version = super::words::version(versions.last().copied());
    (Phrase::with(Code::GatewayOn, [("version", version)]), Mark::Ok)
}

fn upgrade(scene: &Scene<'_>, is_behind: bool) -> Availability {
    if let Some(reason) = scene.blocked().or_else(|| scene.busy()) {
        return no(reason);
    }
    if is_behind { yes() } else { no(Phrase::plain(Code::ReasonNothingToRestart)) }
}

/// Starting and ending a canary of a gateway.
fn canary(
    scene: &Scene<'_>,
    instance: &Instance,
    gateway: &Gateway,
) -> (Availability, Availability) {
    if let Some(reason) = scene.blocked() {
        return (no(reason.clone()), no(reason));
    }
    let is_new = |version: &MeshVersion| version.minor() >= GATEWAY_CANARY_SINCE;
    match gateway.canary {
        GatewayCanary::Wanted => (no(Phrase::plain(Code::ReasonGatewayCanaryOn)), yes()),
        GatewayCanary::Unwanted => {
            let off = no(Phrase::plain(Code::ReasonGatewayCanaryOff));
            let version = ("version", GATEWAY_CANARY_SINCE.to_string());
            let start = if instance.version.as_ref().is_some_and(is_new) {
                yes()
            } else {
                no(Phrase::with(Code::ReasonGatewayCanarySince, [version]))
            };
            (start, off)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::long_over("1.16.4.93", date(2026, 11, 24), Some(Code::NoteExpired))]
    #[case::since_yesterday("1.23.6.10", date(2025, 4, 17), Some(Code::NoteExpired))]
    #[case::on_the_last_day("1.23.6.10", date(2025, 4, 16), Some(Code::NoteExpires))]
    #[case::soon("1.23.6.10", date(2025, 2, 15), Some(Code::NoteExpires))]
    #[case::not_soon("1.23.6.10", date(2025, 2, 14), None)]
    #[case::fresh("1.23.6.10", date(2024, 8, 14), None)]
    #[case::nothing_known("1.99.0.1", date(2026, 11, 24), None)]
    fn support_is_told_by_the_catalogues_window(
        #[case] running: &str,
        #[case] today: Date,
        #[case] expected: Option<Code>,
    ) {
        let running: MeshVersion = running.parse().unwrap();

        let said = support(Catalog::embedded(), &running, today);

        assert_eq!(said.map(|phrase| phrase.code), expected);
    }
}
