//! Puts control planes together from several kinds of objects, and recognises installations that are
//! declined.

use std::collections::BTreeMap;

use meshlift_core::inventory::{
    ControlPlane, DEFAULT_REVISION, Injector, Installer, Kind, Name, ProxyImage, RolloutState,
    Unsupported, WebhookClient, WorkloadRef,
};

use super::feed::Feed;
use super::fold::{HeldWorkload, INJECTOR_CONFIG, Key, NETWORK_LABEL, Plane};
use super::store::Store;

/// Every istiod, in the order of revisions.
pub(super) fn control_planes(store: &Store) -> Vec<ControlPlane> {
    let mut planes: Vec<ControlPlane> = store
        .workloads
        .values()
        .filter_map(|held| Some(control_plane(store, held, held.plane.as_ref()?)))
        .collect();
    planes.sort_by(|a, b| (&a.revision, &a.namespace).cmp(&(&b.revision, &b.namespace)));
    planes
}

/// Every injector, with what the istiod behind it is told.
pub(super) fn injectors(store: &Store) -> Vec<Injector> {
    let told = |injector: &Injector| {
        let name = suffixed(INJECTOR_CONFIG, &injector.revision);
        let services = injector.webhooks.iter().filter_map(|webhook| match &webhook.client {
            WebhookClient::Service { namespace, name: _ } => Some(Name::clone(namespace)),
            WebhookClient::Url { .. } => None,
        });
        let mut keys = services.map(|namespace| Key { namespace, name: Name::clone(&name) });
        keys.find_map(|key| store.configs.get(&key)?.injector.clone())
    };
    let known = store.injectors.values();
    known.map(|one| Injector { config: told(one), ..one.clone() }).collect()
}

/// What the app recognises and does not upgrade yet.
pub(super) fn unsupported(store: &Store) -> Vec<Unsupported> {
    let mut found = Vec::new();
    if is_ambient(store) {
        found.push(Unsupported::Ambient);
    }
    if spans_clusters(store) {
        found.push(Unsupported::MultiCluster);
    }
    let asks_elsewhere = |injector: &Injector| {
        injector.webhooks.iter().any(|one| matches!(one.client, WebhookClient::Url { .. }))
    };
    if store.injectors.values().any(asks_elsewhere) {
        found.push(Unsupported::ExternalControlPlane);
    }
    found
}

fn control_plane(store: &Store, held: &HeldWorkload, plane: &Plane) -> ControlPlane {
    let workload = &held.workload;
    let WorkloadRef { namespace, kind: _, name } = &workload.reference;
    let service = service(store, plane, namespace);
    let status = workload.status;
    ControlPlane {
        revision: Name::clone(&plane.revision),
        namespace: Name::clone(namespace),
        deployment: Name::clone(name),
        uid: Name::clone(&workload.uid),
        version: plane.version.clone(),
        image: Name::clone(&plane.image),
        replicas: status.desired,
        ready: status.ready.min(status.updated),
        rolling: status.rollout() != RolloutState::Complete,
        endpoints: endpoints(store, namespace, &service),
        proxy: proxy(store, plane, namespace),
        installer: installer(store, plane),
        switches: plane.switches.clone(),
        service,
    }
}

/// The Service that the revision's own injector asks; by Istio's naming where it has none.
fn service(store: &Store, plane: &Plane, namespace: &Name) -> Name {
    let own = |injector: &&Injector| injector.tag.is_none() && injector.revision == plane.revision;
    let asked =
        store.injectors.values().filter(own).flat_map(|injector| &injector.webhooks).find_map(
            |webhook| match &webhook.client {
                WebhookClient::Service { namespace: within, name } if within == namespace => {
                    Some(Name::clone(name))
                }
                WebhookClient::Service { .. } | WebhookClient::Url { .. } => None,
            },
        );
    asked.unwrap_or_else(|| suffixed("istiod", &plane.revision))
}

fn suffixed(base: &str, revision: &str) -> Name {
    match revision {
        DEFAULT_REVISION => base.into(),
        revision => format!("{base}-{revision}").into(),
    }
}

/// Ready pods behind a Service. Slices of two address families hold the same pods.
fn endpoints(store: &Store, namespace: &Name, service: &Name) -> Option<u32> {
    if store.unreadable.contains_key(&Feed::Endpoints(Name::clone(namespace))) {
        return None;
    }
    let mut families: BTreeMap<&Name, u32> = BTreeMap::new();
    for (key, slice) in &store.endpoints {
        if key.namespace == *namespace && slice.service == *service {
            *families.entry(&slice.family).or_default() += slice.ready;
        }
    }
    Some(families.into_values().max().unwrap_or_default())
}

fn proxy(store: &Store, plane: &Plane, namespace: &Name) -> Option<ProxyImage> {
    let name = suffixed(INJECTOR_CONFIG, &plane.revision);
    let key = Key { namespace: Name::clone(namespace), name };
    store.configs.get(&key).map(|config| config.proxy.clone())
}

/// An operator in the cluster, as until Istio 1.23, leaves istioctl's marks and undoes what others do.
fn installer(store: &Store, plane: &Plane) -> Installer {
    let operator = store.workloads().any(|workload| {
        workload.reference.kind == Kind::Deployment
            && workload.reference.name.starts_with("istio-operator")
            && workload.status.desired > 0
    });
    if operator && plane.installer == Installer::Istioctl {
        return Installer::Unknown;
    }
    plane.installer
}

fn is_ambient(store: &Store) -> bool {
    let enrolled = store.namespaces.values().any(|namespace| {
        namespace.labels.get("istio.io/dataplane-mode").is_some_and(|mode| &**mode == "ambient")
    });
    enrolled
        || store.workloads.keys().any(|reference| {
            reference.kind == Kind::DaemonSet && reference.name.starts_with("ztunnel")
        })
}

/// Secrets of remote clusters are not listed, so it is told by what such a mesh cannot do without:
/// names for networks, or for this cluster.
fn spans_clusters(store: &Store) -> bool {
    let named_network = store.plane_namespaces().iter().any(|name| {
        store
            .namespaces
            .get(name)
            .is_some_and(|namespace| namespace.labels.contains_key(NETWORK_LABEL))
    });
    named_network
        || store.workloads.values().any(|held| {
            held.joins_networks || held.plane.as_ref().is_some_and(|plane| plane.spans_clusters)
        })
}
