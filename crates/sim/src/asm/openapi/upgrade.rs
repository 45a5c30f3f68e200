//! Upgrades: their target, their precheck, their start and their progress (§7.2).

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::World;
use super::compatibility;
use super::denial::Denial;
use super::operations::Parameters;
use crate::asm::gateways;
use crate::asm::instance::{Beside, Instance, NothingNewer, RecordKeys, Roll, Task};
use crate::asm::objects::NAMESPACE;
use crate::asm::version::Version;
use crate::asm::work;

/// `DescribeUpgradeVersion`.
pub(super) fn target(world: &World<'_>) -> Result<Value, Denial> {
    let instance = &world.instance;
    let version = match (next(world), instance.nothing_newer) {
        (Some(target), _) => target,
        (None, NothingNewer::NoVersion) => return Ok(json!({})),
        (None, NothingNewer::SameVersion) => instance.version.clone(),
        (None, NothingNewer::NotFound) => return Err(Denial::not_found("ERR404", "Not found")),
    };
    Ok(json!({ "Version": {
        "IstioOperatorVersion": version.text(),
        "IstioVersion": version.istio(),
        "KubernetesVersion": instance.identity.kubernetes,
    } }))
}

/// `UpgradeMeshVersion`: the control plane, to whatever the target is.
pub(super) fn control_plane(
    world: &mut World<'_>,
    parameters: &Parameters,
) -> Result<Value, Denial> {
    begin(world, parameters.flag("PreCheck")?, None)
}

/// `UpgradeMeshEditionPartially`: the control plane, guarded by the expected version, or gateways.
pub(super) fn partially(world: &mut World<'_>, parameters: &Parameters) -> Result<Value, Denial> {
    let expected = Some(parameters.text("ExpectedVersion")).filter(|text| !text.is_empty());
    let only_check = parameters.flag("PreCheck")?;
    if parameters.flag("ASMGatewayContinue")? && !only_check {
        return upgrade_gateways(world, expected, &parameters.list("UpgradeGatewayRecords"));
    }
    begin(world, only_check, expected)
}

/// `DescribeServiceMeshUpgradeStatus`, of the named gateways or of all.
pub(super) fn status(world: &World<'_>, parameters: &Parameters) -> Value {
    let asked: Vec<&str> =
        parameters.list("AllIstioGatewayFullNames").into_iter().map(short).collect();
    let names = gateways::all(world.instance, world.control).into_iter().map(|(name, _)| name);
    let names: Vec<String> =
        names.filter(|name| asked.is_empty() || asked.contains(&name.as_str())).collect();
    let records: Map<String, Value> =
        names.iter().map(|name| (record_key(world.instance, name), record(world, name))).collect();
    let finished = records.values().filter(|record| record["Status"] == "finished").count();
    json!({ "UpgradeDetail": {
        "MeshStatus": world.instance.mesh_status(Instant::now()),
        "TotalGatewaysNum": records.len(),
        "FinishedGatewaysNum": finished,
        "GatewayStatusRecord": records,
    } })
}

/// The target of the next upgrade.
fn next(world: &World<'_>) -> Option<Version> {
    let moved = world.instance.faults.target().map(Version::new);
    moved.or_else(|| world.instance.target().cloned())
}

fn begin(world: &mut World<'_>, only_check: bool, expected: Option<&str>) -> Result<Value, Denial> {
    may_write(world)?;
    let target = next(world);
    let target = match (target, expected) {
        (Some(target), Some(expected)) if target.text() != expected => {
            return Err(Denial::not_expected(expected, target.text()));
        }
        (Some(target), _) => target,
        (None, Some(expected)) => {
            return Err(Denial::not_expected(expected, world.instance.version.text()));
        }
        (None, None) => return Err(Denial::state("it has the latest version already")),
    };
    if world.instance.beside != Beside::Nothing {
        return Err(Denial::state("a canary upgrade is in progress"));
    }
    precheck(world, &target)?;
    if !only_check {
        work::begin(world.instance, Task::Upgrade(target));
    }
    Ok(json!({}))
}

fn precheck(world: &World<'_>, target: &Version) -> Result<(), Denial> {
    if let Some(why) = world.instance.faults.precheck() {
        return Err(Denial::precheck(why));
    }
    match compatibility::objection(target, &world.instance.identity.kubernetes) {
        Some(why) => Err(Denial::precheck(&why)),
        None => Ok(()),
    }
}

/// Brings gateways to the version of the control plane, in the order of the request. Without
/// names, all that are behind.
fn upgrade_gateways(
    world: &mut World<'_>,
    expected: Option<&str>,
    records: &[&str],
) -> Result<Value, Denial> {
    may_write(world)?;
    let current = world.instance.version.clone();
    if let Some(expected) = expected.filter(|expected| *expected != current.text()) {
        return Err(Denial::not_expected(expected, current.text()));
    }
    let known: Vec<String> =
        gateways::all(world.instance, world.control).into_iter().map(|(name, _)| name).collect();
    let wanted: Vec<String> = match records {
        [] => known.clone(),
        records => records.iter().map(|record| short(record).to_owned()).collect(),
    };
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        let why = format!("there is no gateway {unknown}");
        return Err(Denial::invalid("UpgradeGatewayRecords", &why));
    }
    let rolling = world.instance.rolls.iter().any(|(_, roll)| !matches!(roll, Roll::Failed(_)));
    if !rolling {
        world.instance.next_roll = Instant::now() + world.instance.spans().queue;
    }
    for name in wanted {
        let behind = gateways::version(world.data, &name).as_ref() != Some(&current);
        let failed =
            |(rolling, roll): &(String, Roll)| *rolling == name && matches!(roll, Roll::Failed(_));
        let retried = world.instance.rolls.iter().any(failed);
        world.instance.rolls.retain(|roll| !failed(roll));
        let queued = world.instance.rolls.iter().any(|(queued, _)| *queued == name);
        if (behind || retried) && !queued {
            world.instance.rolls.push((name, Roll::Pending));
        }
    }
    Ok(json!({}))
}

/// Refuses a write while the instance is locked or busy.
pub(super) fn may_write(world: &World<'_>) -> Result<(), Denial> {
    if world.instance.faults.locked() {
        return Err(Denial::state("it is locked"));
    }
    if world.instance.work.is_some() {
        return Err(Denial::state("it is being updated"));
    }
    Ok(())
}

/// Both forms of a gateway's name are taken: with its namespace and without (K3).
fn short(record: &str) -> &str {
    record.rsplit(':').next().unwrap_or(record)
}

fn record_key(instance: &Instance, name: &str) -> String {
    match instance.record_keys {
        RecordKeys::WithNamespace => format!("{NAMESPACE}:{name}"),
        RecordKeys::NameAlone => name.to_owned(),
        RecordKeys::WithCluster => format!("{}/{NAMESPACE}:{name}", instance.identity.cluster_id),
    }
}

fn record(world: &World<'_>, name: &str) -> Value {
    let version = gateways::version(world.data, name);
    let shown = version.as_ref().map(Version::istio).unwrap_or_default();
    let roll = world.instance.rolls.iter().find(|(rolling, _)| rolling == name);
    let (status, message) = match (roll.map(|(_, roll)| roll), version) {
        (Some(Roll::Pending), _) => ("pending", ""),
        (Some(Roll::Rolling), _) => ("upgrading", ""),
        (Some(Roll::Failed(why)), _) => ("failed", why.as_str()),
        // A hot patch of the control plane makes no gateway stale (S27).
        (None, Some(version)) if version.istio() == world.instance.version.istio() => {
            ("finished", "success")
        }
        (None, Some(_)) => ("notStart", ""),
        (None, None) => ("unknown", "the gateway has no Deployment"),
    };
    json!({ "Status": status, "Message": message, "Version": shown })
}
