//! One snapshot of both: the instance supplies the control planes that the data-plane cluster does
//! not hold, and names their revisions.
//!
//! Entry point: [`join`]. In the cluster the injectors are called `stable`, `canary` or by a
//! version, and the pods all say revision `default` (`domain/asm.md` §10.3); here every control
//! plane, injector and proxy carries the `x-y-z` form of its version (S35), so that everything else
//! reads an ASM mesh like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::{
    ControlPlane, DEFAULT_REVISION, GATEWAY_NAMESPACE, Injector, InjectorWebhook, Installer,
    Instance, Kind, Name, ProxyImage, Role, Snapshot, Unsupported, WebhookClient, WorkloadRef,
};
use crate::version::MeshVersion;

/// Word for the current control plane in labels and injectors.
pub(super) const STABLE: &str = "stable";
/// Word for the canary's.
pub(super) const CANARY: &str = "canary";

/// The mesh of a data-plane cluster whose control plane is this instance.
pub fn join(mut snapshot: Snapshot, instance: &Instance) -> Snapshot {
    let stable: Option<Name> = instance.version.as_ref().map(|version| version.revision().into());
    name_proxies(&mut snapshot);
    let other = instance.canary.as_ref().and_then(|_| other_version(&snapshot, stable.as_deref()));
    name_injectors(&mut snapshot, stable.as_ref(), other.as_ref());
    let current = instance.version.as_ref().map(|version| current(instance, version));
    snapshot.control_planes = current
        .into_iter()
        .chain(other.as_ref().map(|version| beside(instance, version)))
        .collect();
    name_gateways(&mut snapshot, instance);
    snapshot.unsupported.retain(|what| *what != Unsupported::ExternalControlPlane);
    snapshot.instance = Some(Box::new(instance.clone()));
    snapshot
}

/// The current control plane.
fn current(instance: &Instance, version: &MeshVersion) -> ControlPlane {
    let is_settled = instance.is_settled();
    ControlPlane {
        version: Some(version.clone()),
        ready: u32::from(is_settled),
        rolling: !is_settled,
        proxy: instance.proxy.clone().or_else(|| Some(proxy_of(version))),
        ..managed(instance, &version.revision())
    }
}

/// The second control plane of a canary upgrade. That it has an address is all that is told of it.
fn beside(instance: &Instance, version: &MeshVersion) -> ControlPlane {
    ControlPlane {
        version: Some(version.clone()),
        proxy: Some(proxy_of(version)),
        ..managed(instance, &version.revision())
    }
}

fn managed(instance: &Instance, revision: &str) -> ControlPlane {
    let name: Name = format!("istiod-{revision}").into();
    ControlPlane {
        revision: revision.into(),
        namespace: "istio-system".into(),
        deployment: name.clone(),
        service: name,
        uid: instance.id.clone(),
        version: None,
        image: instance.id.clone(),
        replicas: 1,
        ready: 1,
        rolling: false,
        endpoints: None,
        proxy: None,
        installer: Installer::Asm,
        switches: BTreeMap::new(),
    }
}

/// A control plane injects the proxy of its own Istio version.
fn proxy_of(version: &MeshVersion) -> ProxyImage {
    ProxyImage { image: version.to_string().into(), version: Some(version.clone()) }
}

/// The version of the control plane that is not the current one: no field of the API names it, but
/// its injector and the pods on it do.
fn other_version(snapshot: &Snapshot, stable: Option<&str>) -> Option<MeshVersion> {
    let newest = |names: BTreeSet<Name>| {
        let others = names.iter().filter(|name| Some(&***name) != stable);
        others.filter_map(|name| of_revision(name)).max()
    };
    let by_injector = snapshot.injectors.iter().flat_map(names_of).collect();
    newest(by_injector).or_else(|| {
        let pods = snapshot.pods.values().filter(|pod| !pod.is_finished());
        newest(pods.filter_map(|pod| pod.proxy.as_ref()?.revision.clone()).collect())
    })
}

/// Everything an injector calls itself or answers to.
fn names_of(injector: &Injector) -> Vec<Name> {
    let selectors = injector
        .webhooks
        .iter()
        .flat_map(|webhook| [&webhook.namespace_selector, &webhook.object_selector]);
    let values = selectors.flat_map(|selector| {
        let exact = selector.match_labels.values();
        exact.chain(selector.expressions.iter().flat_map(|expression| &expression.values))
    });
    let served_by = injector.webhooks.iter().filter_map(server);
    values.cloned().chain(served_by).chain([injector.revision.clone()]).collect()
}

/// The revision in the name of the Service that a webhook asks, `istiod-<x-y-z>`.
fn server(webhook: &InjectorWebhook) -> Option<Name> {
    match &webhook.client {
        WebhookClient::Service { namespace: _, name } => {
            name.strip_prefix("istiod-").map(Into::into)
        }
        WebhookClient::Url { url: _ } => None,
    }
}

/// The version behind `1-18-0`.
fn of_revision(name: &str) -> Option<MeshVersion> {
    let is_version = name.split('-').count() == 3
        && name.chars().all(|letter| letter.is_ascii_digit() || letter == '-');
    is_version.then(|| name.replace('-', ".").parse().ok()).flatten()
}

fn name_injectors(snapshot: &mut Snapshot, stable: Option<&Name>, other: Option<&MeshVersion>) {
    let other: Option<Name> = other.map(|version| version.revision().into());
    for injector in &mut snapshot.injectors {
        let named = match &*injector.revision {
            STABLE => stable,
            CANARY => other.as_ref(),
            // One without a label of its own is what it asks, or what its selectors name.
            DEFAULT_REVISION => {
                let served_by: BTreeSet<Name> =
                    injector.webhooks.iter().filter_map(server).collect();
                let names = if served_by.is_empty() {
                    names_of(injector).into_iter().collect()
                } else {
                    served_by
                };
                other.as_ref().filter(|other| names.contains(*other)).or(stable)
            }
            _ => None,
        };
        if let Some(named) = named {
            injector.revision = named.clone();
        }
    }
}

/// Gateways are what the instance says: their Deployments carry no label that tells.
fn name_gateways(snapshot: &mut Snapshot, instance: &Instance) {
    for gateway in &instance.gateways {
        for name in [gateway.deployment(), gateway.canary_deployment()] {
            let reference = WorkloadRef {
                namespace: GATEWAY_NAMESPACE.into(),
                kind: Kind::Deployment,
                name: name.into(),
            };
            if let Some(workload) = snapshot.workloads.get_mut(&reference) {
                workload.role = Role::InstalledGateway;
            }
        }
    }
}

/// A pod of ASM says revision `default` whatever injected it; its proxy's version tells.
fn name_proxies(snapshot: &mut Snapshot) {
    for pod in snapshot.pods.values_mut() {
        let Some(proxy) = &mut pod.proxy else { continue };
        if let Some(version) = &proxy.version {
            proxy.revision = Some(version.revision().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asm::testing::{self, canary, instance};
    use crate::dataplane::{self, State};
    use crate::injection::default_revision;
    use crate::testing::{deployment, namespace};

    #[test]
    fn the_instance_is_the_control_plane_of_its_cluster() {
        let joined = join(testing::data_plane(), &instance("1.16.4.93"));

        let plane = joined.control_plane("1-16-4").expect("named by its version");
        assert!(plane.is_ready());
        assert_eq!(plane.installer, Installer::Asm);
        assert!(joined.unsupported.is_empty(), "that it runs elsewhere is no reason to decline");
        assert_eq!(default_revision(&joined).revision.as_deref(), Some("1-16-4"));
    }

    #[test]
    fn an_instance_at_work_is_not_ready() {
        let mut busy = instance("1.16.4.93");
        busy.state.0 = "updating".to_owned();

        let joined = join(testing::data_plane(), &busy);

        assert!(!joined.control_plane("1-16-4").unwrap().is_ready());
    }

    #[test]
    fn a_canary_is_named_by_its_injector() {
        let joined = join(testing::canary_data_plane(), &canary(instance("1.16.4.93")));

        let plane = joined.control_plane("1-18-0").expect("its injector selects 1-18-0");
        assert_eq!(plane.version, "1.18.0".parse().ok());
        assert_eq!(default_revision(&joined).revision.as_deref(), Some("1-16-4"));
    }

    #[test]
    fn without_canary_fields_a_leftover_injector_is_no_control_plane() {
        let joined = join(testing::canary_data_plane(), &instance("1.16.4.93"));

        assert!(joined.control_plane("1-18-0").is_none());
    }

    #[test]
    fn a_pod_is_on_the_revision_of_its_proxy() {
        let mut cluster = testing::data_plane();
        namespace(&mut cluster, "shop", &[("istio-injection", "enabled")]);
        let cart = deployment(&mut cluster, "shop", "cart", 2, Some(("default", "1.16.4.91")));

        let joined = join(cluster, &instance("1.16.4.93"));

        let workload = &joined.workloads[&cart];
        let state = dataplane::assess_one(&joined, workload).state;
        assert_eq!(state, State::UpToDate, "a lower asm-patch is not behind (S27)");
    }

    #[test]
    fn after_an_upgrade_in_place_the_proxies_need_a_restart() {
        let mut cluster = testing::data_plane();
        namespace(&mut cluster, "shop", &[("istio-injection", "enabled")]);
        let cart = deployment(&mut cluster, "shop", "cart", 2, Some(("default", "1.16.4.93")));

        let joined = join(cluster, &instance("1.17.2.42"));

        let assessment = dataplane::assess_one(&joined, &joined.workloads[&cart]);
        assert_eq!(assessment.state, State::NeedsRestart);
        assert_eq!(assessment.after.revision.as_deref(), Some("1-17-2"));
    }
}
