//! Plans that run `istioctl install`: deploy a canary, upgrade in place, upgrade the install's
//! gateways.

use super::{
    Draft, Operation, Pace, Refusal, end, plane, ready_plane, restart, stands, supported,
    version_of, waves,
};
use crate::dataplane::{self, Assessment};
use crate::inventory::{DEFAULT_REVISION, Name, Role, Snapshot, WorkloadRef};
use crate::rollout::{Expectation, Install, InstallPart, MeshEnd, Plan, StepAction};
use crate::version::MeshVersion;

/// An istioctl and the install's own values, both chosen and checked by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// Path of the binary.
    pub path: String,
    /// Its version, which is the version that it installs.
    pub version: MeshVersion,
    /// Path of the private copy of the values.
    pub values_file: String,
    /// SHA-256 of that copy.
    pub values_digest: String,
}

/// A plan that starts a second control plane beside the stable one.
pub fn compose_canary(snapshot: &Snapshot, stable: &str, binary: &Binary) -> Result<Plan, Refusal> {
    let from = rises(snapshot, stable, &binary.version)?;
    let running = from.version.clone();
    let is_newer = |version: &MeshVersion| running.as_ref().is_some_and(|it| version > it);
    let other = snapshot
        .control_planes
        .iter()
        .find(|plane| &*plane.revision != stable && plane.version.as_ref().is_none_or(is_newer));
    if let Some(canary) = other {
        return Err(Refusal::CanaryExists { revision: canary.revision.clone() });
    }
    let revision = canary_revision(snapshot, stable, &binary.version);
    let to = MeshEnd { revision, version: Some(binary.version.clone()) };
    Ok(install(snapshot, Operation::DeployCanary, from, to, binary))
}

/// A plan that replaces a control plane by a newer one of the same revision.
pub fn compose_in_place(
    snapshot: &Snapshot,
    revision: &str,
    binary: &Binary,
) -> Result<Plan, Refusal> {
    let from = rises(snapshot, revision, &binary.version)?;
    let to = MeshEnd { revision: from.revision.clone(), version: Some(binary.version.clone()) };
    Ok(install(snapshot, Operation::UpgradeControlPlane, from, to, binary))
}

/// A plan that upgrades every gateway to a revision: those of the install by the install, injected
/// ones by a restart. `binary` may be left out when the install renders none.
pub fn compose_gateways(
    snapshot: &Snapshot,
    revision: &str,
    binary: Option<&Binary>,
    pace: &Pace,
) -> Result<Plan, Refusal> {
    supported(snapshot)?;
    let plane = ready_plane(snapshot, revision)?;
    let version = version_of(plane)?;
    let to = end(snapshot, &plane.revision);
    let installed = installed_behind(snapshot, &plane.revision, version);
    let injected = injected_behind(snapshot, &plane.revision);
    let has_gateways = snapshot.workloads.values().any(|workload| match workload.role {
        Role::InjectedGateway | Role::InstalledGateway => true,
        Role::Application | Role::ManagedGateway | Role::ControlPlane => false,
    });
    if !has_gateways {
        return Err(Refusal::NoGateways);
    }
    if installed.is_empty() && injected.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    let from = first_standing(snapshot, &installed, &injected).unwrap_or_else(|| to.clone());
    let mut draft = Draft::new(Operation::UpgradeGateways, from, to);
    let mut expect = Vec::new();
    if !installed.is_empty() {
        let binary =
            binary.filter(|binary| binary.version == *version).ok_or(Refusal::NeedsInstall)?;
        let install = call(&plane.revision, binary, InstallPart::Everything);
        draft.step("install-gateways", StepAction::Install { install });
        expect.extend(installed.into_iter().map(|workload| Expectation::Proxies {
            workload,
            revision: plane.revision.clone(),
            version: version.clone(),
        }));
    }
    draft.waves(waves::waves(snapshot, &injected, pace));
    draft.verify(expect);
    Ok(draft.done(snapshot))
}

/// The name of a canary's revision: short like the stable one where that is short, else with the
/// patch; never one that is taken.
pub fn canary_revision(snapshot: &Snapshot, stable: &str, target: &MeshVersion) -> Name {
    let minor = target.minor();
    let short = format!("{}-{}", minor.major, minor.minor);
    let long = target.revision();
    let is_free = |name: &String| {
        snapshot.control_plane(name).is_none()
            && snapshot.injectors.iter().all(|injector| {
                *injector.revision != **name && injector.tag.as_deref() != Some(name)
            })
    };
    let is_short = stable.split('-').count() == 2;
    let wanted = if is_short { vec![short, long.clone()] } else { vec![long.clone()] };
    let numbered = (2..).map(|number: u32| format!("{long}-{number}"));
    let free = wanted.into_iter().chain(numbered).find(is_free);
    free.unwrap_or_else(|| target.revision()).into()
}

/// The call for one part of an install.
pub(super) fn call(revision: &Name, binary: &Binary, part: InstallPart) -> Install {
    Install {
        revision: (&**revision != DEFAULT_REVISION).then(|| revision.clone()),
        version: binary.version.clone(),
        binary: binary.path.clone(),
        values_digest: binary.values_digest.clone(),
        values_file: binary.values_file.clone(),
        part,
    }
}

/// Gateways of the install that are not on a revision's version.
pub(super) fn installed_behind(
    snapshot: &Snapshot,
    revision: &Name,
    version: &MeshVersion,
) -> Vec<WorkloadRef> {
    let is_behind = |assessment: &Assessment| {
        assessment.now.iter().any(|standing| {
            standing.revision.as_ref() != Some(revision)
                || standing.version.as_ref() != Some(version)
        })
    };
    snapshot
        .workloads
        .values()
        .filter(|workload| workload.role == Role::InstalledGateway)
        .filter(|workload| is_behind(&dataplane::assess_one(snapshot, workload)))
        .map(|workload| workload.reference.clone())
        .collect()
}

fn injected_behind(snapshot: &Snapshot, revision: &Name) -> Vec<Assessment> {
    snapshot
        .workloads
        .values()
        .filter(|workload| workload.role == Role::InjectedGateway)
        .map(|workload| dataplane::assess_one(snapshot, workload))
        .filter(|assessment| assessment.after.revision.as_ref() == Some(revision))
        .filter(|assessment| assessment.hindrance.is_none() && restart::needs(assessment))
        .collect()
}

fn first_standing(
    snapshot: &Snapshot,
    installed: &[WorkloadRef],
    injected: &[Assessment],
) -> Option<MeshEnd> {
    let mut workloads = installed.iter().chain(injected.iter().map(|it| &it.workload));
    let proxy = workloads
        .find_map(|workload| snapshot.pods_of(workload).find_map(|pod| pod.proxy.clone()))?;
    Some(MeshEnd { revision: proxy.revision?, version: proxy.version })
}

/// Where an upgrade starts, if the target is newer and the control plane can be relied on.
fn rises(snapshot: &Snapshot, revision: &str, target: &MeshVersion) -> Result<MeshEnd, Refusal> {
    supported(snapshot)?;
    plane(snapshot, revision)?;
    let found = ready_plane(snapshot, revision)?;
    let running = version_of(found)?;
    if target <= running {
        return Err(Refusal::NotNewer {
            revision: found.revision.clone(),
            running: Box::new(running.clone()),
            target: Box::new(target.clone()),
        });
    }
    Ok(end(snapshot, &found.revision))
}

/// Installs the control plane and verifies both ends: a canary must leave the stable one alone.
fn install(
    snapshot: &Snapshot,
    operation: Operation,
    from: MeshEnd,
    to: MeshEnd,
    binary: &Binary,
) -> Plan {
    let promised = Expectation::ControlPlane {
        revision: to.revision.clone(),
        version: binary.version.clone(),
    };
    let stays = snapshot
        .control_planes
        .iter()
        .filter(|plane| plane.revision != to.revision && plane.is_ready())
        .filter_map(stands);
    let mut expect = vec![promised];
    expect.extend(stays);
    let install = call(&to.revision, binary, InstallPart::ControlPlane);
    let mut draft = Draft::new(operation, from, to);
    draft.step("install", StepAction::Install { install });
    draft.verify(expect);
    draft.done(snapshot)
}
