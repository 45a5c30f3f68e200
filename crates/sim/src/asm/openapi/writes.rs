//! Writes beside the upgrade: labels of namespaces, gateways, the name (§7.4).

use serde_json::{Value, json};

use super::World;
use super::denial::Denial;
use super::operations::Parameters;
use super::reads::check_cluster;
use super::upgrade::may_write;
use crate::asm::gateways::GATEWAYS;
use crate::asm::instance::Beside;
use crate::asm::labels::{self, DATAPLANE, LEGACY, REVISION};
use crate::asm::objects::{self, NAMESPACE};
use crate::json;
use crate::resources::id;
use crate::store::Key;

/// `ModifyServiceMeshName`.
pub(super) fn rename(world: &mut World<'_>, parameters: &Parameters) -> Result<Value, Denial> {
    may_write(world)?;
    parameters.text("Name").clone_into(&mut world.instance.identity.name);
    Ok(json!({}))
}

/// `UpdateIstioInjectionConfig`: labels of a namespace of the instance.
pub(super) fn injection(world: &mut World<'_>, parameters: &Parameters) -> Result<Value, Denial> {
    may_write(world)?;
    let key = Key::new(id::NAMESPACES, "", parameters.text("Namespace"));
    if world.control.store.get(&key).is_none() {
        return Err(Denial::not_found(
            "ERR404",
            "The namespace does not exist in the ASM instance",
        ));
    }
    let revision = parameters.text("IstioRev");
    let switches = ["EnableIstioInjection", "EnableSidecarSetInjection"];
    if !revision.is_empty() && switches.iter().any(|name| parameters.has(name)) {
        return Err(Denial::invalid("IstioRev", "it excludes the other injection settings"));
    }
    let mut wanted = labels::of(world.control.store.get(&key).map_or(&Value::Null, |it| &**it));
    if !revision.is_empty() {
        check_revision(world, revision)?;
        wanted.remove(LEGACY);
        wanted.insert(REVISION.to_owned(), json!(revision));
    } else if parameters.has(switches[0]) {
        let enabled = parameters.flag(switches[0])?;
        wanted.remove(REVISION);
        wanted.insert(LEGACY.to_owned(), json!(if enabled { "enabled" } else { "disabled" }));
    }
    match parameters.text("DataPlaneMode") {
        "ambient" => drop(wanted.insert(DATAPLANE.to_owned(), json!("ambient"))),
        "sidecar" => drop(wanted.remove(DATAPLANE)),
        "" => {}
        _ => return Err(Denial::invalid("DataPlaneMode", "it is neither ambient nor sidecar")),
    }
    objects::change(world.control, &key, |namespace| labels::apply(namespace, &wanted));
    Ok(json!({}))
}

/// `UpdateASMNamespaceFromGuestCluster`: namespaces of the cluster, with the labels that matter.
pub(super) fn copy_namespaces(
    world: &mut World<'_>,
    parameters: &Parameters,
) -> Result<Value, Denial> {
    may_write(world)?;
    check_cluster(world, parameters, "K8sClusterId")?;
    let found = world.data.store.list(id::NAMESPACES, None);
    let found: Vec<(Key, _)> = found.map(|(key, it)| (key.clone(), labels::of(it))).collect();
    for (key, wanted) in found {
        if world.control.store.get(&key).is_none() {
            let new = json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": &*key.name },
            });
            objects::put(world.control, new);
        }
        objects::change(world.control, &key, |namespace| labels::apply(namespace, &wanted));
    }
    Ok(json!({}))
}

/// `UpdateASMGateway`: the whole object of a gateway, as JSON or YAML.
pub(super) fn gateway(world: &mut World<'_>, parameters: &Parameters) -> Result<Value, Denial> {
    may_write(world)?;
    let name = parameters.text("IstioGatewayName");
    let key = Key::new(GATEWAYS, NAMESPACE, name);
    if world.control.store.get(&key).is_none() {
        return Err(Denial::not_found("ERR404", "The ASM gateway does not exist"));
    }
    let new: Value = serde_saphyr::from_str(parameters.text("Body"))
        .map_err(|_| Denial::invalid("Body", "it is neither JSON nor YAML"))?;
    if json::text(&new, &["metadata", "name"]) != name || !new["spec"].is_object() {
        return Err(Denial::invalid("Body", "it is not the IstioGateway of this name"));
    }
    objects::change(world.control, &key, |gateway| {
        json::set(gateway, &["spec"], new["spec"].clone());
        for part in ["annotations", "labels"] {
            match json::get(&new, &["metadata", part]) {
                Some(given) => json::set(gateway, &["metadata", part], given.clone()),
                None => drop(json::remove(gateway, &["metadata", part])),
            }
        }
    });
    Ok(json!({}))
}

/// A revision can be chosen only during a canary upgrade, and only one that runs.
fn check_revision(world: &World<'_>, revision: &str) -> Result<(), Denial> {
    let beside = match &world.instance.beside {
        Beside::Nothing => {
            return Err(Denial::invalid("IstioRev", "no canary upgrade is in progress"));
        }
        Beside::Canary(version) | Beside::Former(version) => version,
    };
    let current = world.instance.version.revision();
    let known = ["stable", "canary", &current, &beside.revision()].contains(&revision);
    if known { Ok(()) } else { Err(Denial::invalid("IstioRev", "no such version runs")) }
}
