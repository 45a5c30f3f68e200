//! What a running istiod does to the cluster: it puts its CA into the webhooks of its revision and
//! into every namespace, lets its validators fail closed, and holds its revision's leases.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::admission::is_ready;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::store::Key;

/// What stands for istiod's CA certificate.
const CA: &str = "-----BEGIN CERTIFICATE-----\nsimulated mesh\n-----END CERTIFICATE-----\n";

/// The ConfigMap that proxies read the root certificate from.
const ROOT: &str = "istio-ca-root-cert";

/// Elections that are held once per revision.
const ELECTIONS: [&str; 2] = ["istio-gateway-deployment", "istio-gateway-status-leader"];

/// A pod has started; if it is an istiod, it looks after its webhooks and its leases.
pub(super) fn serve(cluster: &mut Cluster, key: &Key) {
    let Some(pod) = cluster.store.get(key).cloned() else { return };
    let Some(revision) = revision_of(&pod) else { return };
    elect(cluster, &key.namespace, revision, &key.name);
    for resource in [id::INJECTORS, id::VALIDATORS] {
        let keys: Vec<_> = cluster.store.list(resource, None).map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(configuration) = cluster.store.get(&key).cloned() else { continue };
            reconcile(cluster, &key, &configuration);
        }
    }
    let namespaces: Vec<_> =
        cluster.store.list(id::NAMESPACES, None).map(|(key, _)| key.clone()).collect();
    for namespace in namespaces {
        publish_root(cluster, &namespace.name);
    }
}

/// A pod is gone; if it was an istiod, another one of its revision leads now, or nobody does.
pub(super) fn resign(cluster: &mut Cluster, key: &Key, pod: &Value) {
    let Some(revision) = revision_of(pod) else { return };
    let others = cluster.store.list(id::PODS, Some(&key.namespace));
    let other = others
        .filter(|(_, other)| revision_of(other) == Some(revision) && is_ready(other))
        .map(|(other, _)| other.name.to_string())
        .next();
    elect(cluster, &key.namespace, revision, &other.unwrap_or_default());
}

/// The revision of an istiod; none for every other pod.
fn revision_of(pod: &Value) -> Option<&str> {
    let is_istiod = json::label(pod, "app") == Some("istiod");
    is_istiod.then(|| json::label(pod, "istio.io/rev").unwrap_or("default"))
}

/// Lets a pod hold the leases of a revision that nobody else holds; none gives them up.
fn elect(cluster: &mut Cluster, namespace: &str, revision: &str, holder: &str) {
    let Some(resource) = cluster.registry.of_id(id::LEASES) else { return };
    let held = |cluster: &Cluster, pod: &str| {
        cluster.store.get(&Key::new(id::PODS, namespace, pod)).is_some_and(|pod| is_ready(pod))
    };
    for election in ELECTIONS {
        let name = format!("{election}-{revision}");
        let key = Key::new(id::LEASES, namespace, &name);
        let now = cluster.clock.stamp();
        let spec = json!({
            "holderIdentity": holder,
            "leaseDurationSeconds": 30,
            "acquireTime": now,
            "renewTime": now,
        });
        let written = match cluster.store.get(&key).cloned() {
            Some(lease) if held(cluster, json::text(&lease, &["spec", "holderIdentity"])) => {
                continue;
            }
            Some(lease) => {
                let mut lease = Value::clone(&lease);
                lease["spec"] = spec;
                let put = crate::writes::Update::Replace;
                cluster.update(&resource, &key, put, false, |_| Ok(lease))
            }
            None if holder.is_empty() => continue,
            None => {
                let metadata = json!({ "name": name, "namespace": namespace });
                let lease = json!({
                    "apiVersion": "coordination.k8s.io/v1",
                    "kind": "Lease",
                    "metadata": metadata,
                    "spec": spec,
                });
                cluster.create(&resource, namespace, lease, false)
            }
        };
        if let Err(refusal) = written {
            tracing::debug!(name, why = refusal.message, "lease not written");
        }
    }
}

/// Puts the root certificate into a namespace, as any running istiod does.
pub(super) fn publish_root(cluster: &mut Cluster, namespace: &str) {
    let ignored = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];
    let key = Key::new(id::CONFIG_MAPS, namespace, ROOT);
    let has_istiod = cluster
        .store
        .list(id::PODS, None)
        .any(|(_, pod)| json::label(pod, "app") == Some("istiod") && is_ready(pod));
    if ignored.contains(&namespace) || !has_istiod || cluster.store.get(&key).is_some() {
        return;
    }
    let Some(resource) = cluster.registry.of_id(id::CONFIG_MAPS) else { return };
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": ROOT,
            "namespace": namespace,
            "labels": { "istio.io/config": "true" },
        },
        "data": { "root-cert.pem": CA },
    });
    if let Err(refusal) = cluster.create(&resource, namespace, map, false) {
        tracing::debug!(namespace, why = refusal.message, "root certificate not published");
    }
}

/// Patches a configuration of a revision that has a running istiod.
pub(super) fn reconcile(cluster: &mut Cluster, key: &Key, configuration: &Value) {
    let Some(revision) = json::label(configuration, "istio.io/rev") else { return };
    if !has_istiod(cluster, revision) {
        return;
    }
    let mut patched = configuration.clone();
    let Some(webhooks) = json::list_mut(&mut patched, &["webhooks"]) else { return };
    for webhook in webhooks {
        if !json::text(webhook, &["name"]).ends_with(".istio.io") {
            continue;
        }
        json::set(webhook, &["clientConfig", "caBundle"], STANDARD.encode(CA));
        if &*key.resource == id::VALIDATORS {
            json::set(webhook, &["failurePolicy"], "Fail");
        }
    }
    let Some(resource) = cluster.registry.of_id(&key.resource) else { return };
    let written =
        cluster.update(&resource, key, crate::writes::Update::Replace, false, |_| Ok(patched));
    if let Err(refusal) = written {
        tracing::debug!(name = %key.name, why = refusal.message, "webhook not patched");
    }
}

/// Whether a ready istiod of this revision runs.
fn has_istiod(cluster: &Cluster, revision: &str) -> bool {
    cluster.store.list(id::DEPLOYMENTS, None).any(|(key, deployment)| {
        json::label(deployment, "app") == Some("istiod")
            && json::label(deployment, "istio.io/rev") == Some(revision)
            && cluster.store.list(id::PODS, Some(&key.namespace)).any(|(_, pod)| {
                json::label(pod, "app") == Some("istiod")
                    && json::label(pod, "istio.io/rev") == Some(revision)
                    && is_ready(pod)
            })
    })
}
