//! Plans for an ASM mesh: what has an API is called, what only the console can do is handed off.
//!
//! Entry points: one function for each button. Moving namespaces and restarting workloads are the
//! plans of every other mesh ([`super::moving`], [`super::restart`]); only the side on which a label
//! is set differs ([`side_of`]).

use std::collections::BTreeMap;

use super::labels::followed;
use super::{
    Draft, Operation, Pace, Refusal, end, moving, ready_plane, retire, stands, supported, waves,
};
use crate::asm::{self, Call, HandOff};
use crate::inventory::{
    Edition, GATEWAY_NAMESPACE, Gateway, GatewayCanary, InjectionLabels, InjectionScope, Instance,
    Kind, LabelSync, Name, Snapshot, WorkloadRef,
};
use crate::rollout::{Expectation, MeshEnd, Plan, StepAction, users_of};
use crate::version::{MeshVersion, Minor};

/// First ASM minor whose gateways can have a canary (`domain/asm.md` §3.3).
const GATEWAY_CANARY_SINCE: Minor = Minor { major: 1, minor: 20 };

/// *Upgrade*: ASM's own precheck, then the control plane, to the version that the backend chose.
pub fn compose_asm_upgrade(snapshot: &Snapshot, wanted: &MeshVersion) -> Result<Plan, Refusal> {
    let (instance, from) = settled(snapshot)?;
    let target = instance.target.as_ref().ok_or(Refusal::NoTarget)?;
    if !target.keeps(wanted) || !wanted.keeps(target) {
        let (wanted, target) = (Box::new(wanted.clone()), Box::new(target.clone()));
        return Err(Refusal::OtherTarget { wanted, target });
    }
    if let Some(canary) = other_than_current(snapshot, &from) {
        return Err(Refusal::CanaryExists { revision: canary });
    }
    let to = MeshEnd { revision: target.revision().into(), version: Some(target.clone()) };
    let revision = to.revision.clone();
    let mut draft = Draft::new(Operation::UpgradeControlPlane, from, to);
    draft.call("precheck", instance, Call::Precheck { target: target.clone() });
    draft.call("upgrade", instance, Call::Upgrade { target: target.clone() });
    draft.verify(vec![Expectation::ControlPlane { revision, version: target.clone() }]);
    Ok(draft.done(snapshot))
}

/// *Upgrade Gateway*: one gateway after the other; the named ones, or all that are behind.
pub fn compose_asm_gateways(snapshot: &Snapshot, chosen: &[Name]) -> Result<Plan, Refusal> {
    let (instance, to) = settled(snapshot)?;
    let version = to.version.clone().ok_or(Refusal::NoTarget)?;
    if let Some(missing) = chosen.iter().find(|name| instance.gateway(name).is_none()) {
        return Err(Refusal::GatewayUnknown { gateway: missing.clone() });
    }
    if instance.gateways.is_empty() {
        return Err(Refusal::NoGateways);
    }
    let behind: Vec<&Gateway> = instance
        .gateways
        .iter()
        .filter(|gateway| chosen.is_empty() || chosen.contains(&gateway.name))
        .filter(|gateway| !asm::runs(snapshot, &gateway.name, &version))
        .collect();
    let Some(first) = behind.first() else { return Err(Refusal::NothingToDo) };
    let from = proxy_of(snapshot, first).unwrap_or_else(|| to.clone());
    let revision = to.revision.clone();
    let mut draft = Draft::new(Operation::UpgradeGateways, from, to);
    let mut expect = Vec::new();
    for gateway in behind {
        let (name, target) = (gateway.name.clone(), version.clone());
        draft.call(
            format!("gateway-{name}"),
            instance,
            Call::UpgradeGateway { gateway: name, target },
        );
        expect.push(Expectation::Proxies {
            workload: deployed(gateway.deployment()),
            revision: revision.clone(),
            version: version.clone(),
        });
    }
    draft.verify(expect);
    Ok(draft.done(snapshot))
}

/// A canary Deployment beside a gateway, or its end (`domain/asm.md` §3.3).
pub fn compose_asm_gateway_canary(
    snapshot: &Snapshot,
    gateway: &Name,
    canary: GatewayCanary,
) -> Result<Plan, Refusal> {
    let (_, here) = settled(snapshot)?;
    let action = annotate(snapshot, gateway, canary)?;
    let mut draft = Draft::new(Operation::GatewayCanary, here.clone(), here);
    draft.step(format!("gateway-{gateway}"), action);
    Ok(draft.done(snapshot))
}

/// The step that asks for a gateway's canary, or no longer.
pub(super) fn annotate(
    snapshot: &Snapshot,
    name: &Name,
    canary: GatewayCanary,
) -> Result<StepAction, Refusal> {
    let instance = snapshot.instance.as_deref().ok_or(Refusal::NoInstance)?;
    let gateway =
        instance.gateway(name).ok_or_else(|| Refusal::GatewayUnknown { gateway: name.clone() })?;
    if gateway.canary == canary {
        return Err(Refusal::NothingToDo);
    }
    match canary {
        GatewayCanary::Wanted => may_have_canary(snapshot, instance, gateway)?,
        GatewayCanary::Unwanted => {}
    }
    let call = Call::GatewayCanary { gateway: name.clone(), canary };
    Ok(StepAction::Asm { instance: instance.id.clone(), call })
}

/// ASM must be new enough, and a Deployment of the name is not overwritten.
fn may_have_canary(
    snapshot: &Snapshot,
    instance: &Instance,
    gateway: &Gateway,
) -> Result<(), Refusal> {
    let is_new = |version: &MeshVersion| version.minor() >= GATEWAY_CANARY_SINCE;
    if !instance.version.as_ref().is_some_and(is_new) {
        return Err(Refusal::GatewayCanarySince { since: GATEWAY_CANARY_SINCE });
    }
    let name: Name = gateway.canary_deployment().into();
    if snapshot.workloads.contains_key(&deployed(name.to_string())) {
        return Err(Refusal::DeploymentExists { name });
    }
    Ok(())
}

/// *Deploy canary*, in the console.
pub fn compose_asm_canary(snapshot: &Snapshot, version: &MeshVersion) -> Result<Plan, Refusal> {
    let (instance, from) = settled(snapshot)?;
    match instance.edition {
        Edition::Standard => return Err(Refusal::EditionWithoutCanary),
        Edition::Enterprise | Edition::Ultimate | Edition::Unknown => {}
    }
    match instance.scope {
        InjectionScope::Everything => return Err(Refusal::InjectsEverything),
        InjectionScope::Labelled | InjectionScope::Unknown => {}
    }
    if let Some(revision) = other_than_current(snapshot, &from) {
        return Err(Refusal::CanaryExists { revision });
    }
    if from.version.as_ref().is_some_and(|running| version <= running) {
        return Err(Refusal::NotNewer {
            running: Box::new(from.version.clone().unwrap_or_else(|| version.clone())),
            target: Box::new(version.clone()),
            revision: from.revision,
        });
    }
    let to = MeshEnd { revision: version.revision().into(), version: Some(version.clone()) };
    let stays = ready_plane(snapshot, &from.revision)?;
    let expect = [Some(promised(&to.revision, version)), stands(stays)];
    let mut draft = Draft::new(Operation::DeployCanary, from, to);
    draft.hand_off("deploy-canary", instance, HandOff::DeployCanary { version: version.clone() });
    draft.verify(expect.into_iter().flatten().collect());
    Ok(draft.done(snapshot))
}

/// *Promote*, in the console: the canary version becomes the current version.
pub fn compose_asm_promote(snapshot: &Snapshot, canary: &Name) -> Result<Plan, Refusal> {
    let (instance, from) = settled(snapshot)?;
    if from.revision == *canary {
        return Err(Refusal::IsDefault { revision: canary.clone() });
    }
    let version = version_of(snapshot, canary)?;
    let to = end(snapshot, canary);
    let expect = vec![promised(canary, &version)];
    let mut draft = Draft::new(Operation::Promote, from, to);
    draft.hand_off("promote", instance, HandOff::Promote { version });
    draft.verify(expect);
    Ok(draft.done(snapshot))
}

/// *Revoke*: every namespace goes back and its workloads restart, then the console takes the canary
/// away. A promoted version is not taken back (§3.2).
pub fn compose_asm_revoke(
    snapshot: &Snapshot,
    canary: &Name,
    earlier: &BTreeMap<Name, InjectionLabels>,
    pace: &Pace,
) -> Result<Plan, Refusal> {
    let (instance, stable) = settled(snapshot)?;
    if stable.revision == *canary {
        return Err(Refusal::IsDefault { revision: canary.clone() });
    }
    let version = version_of(snapshot, canary)?;
    let mut draft = Draft::new(Operation::Revoke, end(snapshot, canary), stable.clone());
    let mut picture = snapshot.clone();
    for namespace in snapshot.namespaces.values() {
        if followed(snapshot, namespace).as_ref() == Some(canary) {
            let labels = earlier.get(&namespace.name);
            let step = moving::relabel(&mut picture, namespace, &stable.revision, labels)?;
            if let Some((name, action)) = step {
                draft.step(format!("move-{name}"), action);
            }
        }
    }
    let back = retire::led_back(&picture, canary)?;
    draft.waves(waves::waves(snapshot, &back, pace));
    draft.hand_off("revoke", instance, HandOff::Revoke { version });
    let stays = ready_plane(snapshot, &stable.revision)?;
    let gone = Expectation::RevisionGone { revision: canary.clone() };
    draft.verify(stands(stays).into_iter().chain([gone]).collect());
    Ok(draft.done(snapshot))
}

/// *Unpublish*, in the console: the old version goes. Nothing may follow it any more.
pub fn compose_asm_unpublish(snapshot: &Snapshot, old: &Name) -> Result<Plan, Refusal> {
    let (instance, kept) = settled(snapshot)?;
    if kept.revision == *old {
        return Err(Refusal::IsDefault { revision: old.clone() });
    }
    let count = users_of(snapshot, old);
    if count > 0 {
        return Err(Refusal::StillUsed { revision: old.clone(), count });
    }
    let version = version_of(snapshot, old)?;
    let stays = ready_plane(snapshot, &kept.revision)?;
    let gone = Expectation::RevisionGone { revision: old.clone() };
    let expect = stands(stays).into_iter().chain([gone]).collect();
    let mut draft = Draft::new(Operation::Unpublish, end(snapshot, old), kept);
    draft.hand_off("unpublish", instance, HandOff::Unpublish { version });
    draft.verify(expect);
    Ok(draft.done(snapshot))
}

/// The instance on whose side a namespace's labels are set; none where the mesh is not ASM's. Labels
/// that ASM has no call for, or a namespace that it does not know, are refused: a change in the
/// cluster alone would be reverted (`domain/asm.md` §10.2). In a cluster that the sync leaves out it is
/// the one that counts, and one on ASM's side would never arrive.
pub(super) fn side_of(
    snapshot: &Snapshot,
    namespace: &Name,
    to: &InjectionLabels,
) -> Result<Option<Name>, Refusal> {
    let Some(instance) = &snapshot.instance else { return Ok(None) };
    match instance.sync {
        LabelSync::Spared => return Ok(None),
        LabelSync::Copied => {}
    }
    let is_read = instance.unreadable.iter().all(|gap| gap.what != "namespaces");
    if is_read && !instance.labels.contains_key(namespace) {
        return Err(Refusal::NotOnAsmSide { namespace: namespace.clone() });
    }
    match asm::injection_of(to) {
        Some(_) => Ok(Some(instance.id.clone())),
        None => Err(Refusal::NotInMesh { namespace: namespace.clone() }),
    }
}

impl Draft {
    fn call(&mut self, id: impl Into<String>, instance: &Instance, call: Call) {
        self.step(id, StepAction::Asm { instance: instance.id.clone(), call });
    }

    fn hand_off(&mut self, id: &str, instance: &Instance, task: HandOff) {
        self.step(id, StepAction::HandOff { instance: instance.id.clone(), task });
    }
}

/// The instance and its current control plane, if nothing else is being done to it.
fn settled(snapshot: &Snapshot) -> Result<(&Instance, MeshEnd), Refusal> {
    supported(snapshot)?;
    let instance = snapshot.instance.as_deref().ok_or(Refusal::NoInstance)?;
    if !instance.is_at_rest() {
        return Err(Refusal::InstanceBusy { state: instance.state.0.clone() });
    }
    let version = instance.version.clone().ok_or(Refusal::NoTarget)?;
    Ok((instance, MeshEnd { revision: version.revision().into(), version: Some(version) }))
}

/// The revision of the second control plane, if there is one.
fn other_than_current(snapshot: &Snapshot, current: &MeshEnd) -> Option<Name> {
    let mut planes = snapshot.control_planes.iter().map(|plane| &plane.revision);
    planes.find(|revision| **revision != current.revision).cloned()
}

fn version_of(snapshot: &Snapshot, revision: &Name) -> Result<MeshVersion, Refusal> {
    super::version_of(ready_plane(snapshot, revision)?).cloned()
}

fn promised(revision: &Name, version: &MeshVersion) -> Expectation {
    Expectation::ControlPlane { revision: revision.clone(), version: version.clone() }
}

pub(super) fn deployed(name: String) -> WorkloadRef {
    WorkloadRef { namespace: GATEWAY_NAMESPACE.into(), kind: Kind::Deployment, name: name.into() }
}

/// What a gateway's first pod runs.
fn proxy_of(snapshot: &Snapshot, gateway: &Gateway) -> Option<MeshEnd> {
    let workload = deployed(gateway.deployment());
    let proxy = snapshot.pods_of(&workload).find_map(|pod| pod.proxy.clone())?;
    Some(MeshEnd { revision: proxy.revision?, version: proxy.version })
}
