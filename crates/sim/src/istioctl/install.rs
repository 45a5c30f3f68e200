//! `istioctl install`: apply component by component, wait, prune, tag.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::render::{self, Component, owner_labels};
use super::values::Settings;
use super::{Exit, tag};
use crate::cluster::{Cluster, Core, Pace};
use crate::json;
use crate::patch::{self, Format};
use crate::refusal::Refusal;
use crate::resources::id;
use crate::store::Key;
use crate::writes::{Deletion, Update};

/// Which resources an install removes objects of. Never CRDs: users' configuration hangs on them.
const PRUNED: [&str; 15] = [
    "deployments.apps",
    "daemonsets.apps",
    "services",
    "configmaps",
    "pods",
    "secrets",
    "serviceaccounts",
    "rolebindings.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "poddisruptionbudgets.policy",
    "horizontalpodautoscalers.autoscaling",
    "envoyfilters.networking.istio.io",
    id::INJECTORS,
    id::VALIDATORS,
    "clusterroles.rbac.authorization.k8s.io",
];

/// Installs with the pace of the mesh.
pub(super) async fn run(core: &Arc<Core>, settings: &Settings) -> Exit {
    let mut out = String::new();
    let mut kept = BTreeSet::new();
    ensure_namespace(core, settings);
    for component in Component::ALL {
        let objects = render::objects(settings, component);
        if objects.is_empty() {
            continue;
        }
        let half = objects.len() / 2;
        for (place, object) in objects.iter().enumerate() {
            if place == half
                && component == Component::Pilot
                && core.with(|it| it.faults.install_fails())
            {
                let why = "failed to install manifests: failed to update resource with \
                           server-side apply: etcdserver: request timed out";
                return Exit::bad(out, why);
            }
            match core.with(|cluster| apply(cluster, settings, component, object)) {
                Ok(key) => kept.insert(key),
                Err(refusal) => {
                    let why = format!("failed to install manifests: {}", refusal.message);
                    return Exit::bad(out, &why);
                }
            };
            stand(core, object).await;
        }
        pause(core).await;
        if let Err(waiting) = ready(core, &objects, settings.timeout).await {
            let why = format!(
                "failed to install manifests: failed to wait for resource: resources not ready \
                 after {}s: context deadline exceeded\n{waiting}",
                settings.timeout,
            );
            return Exit::bad(out, &why);
        }
        let _ = writeln!(out, "{}", component.done());
    }
    core.with(|cluster| finish(cluster, settings, &kept, &mut out));
    out.push_str("✔ Installation complete\n");
    Exit::good(out)
}

/// Installs at once, while a mesh is made. The error says what the API server refused.
pub(crate) fn apply_now(cluster: &mut Cluster, settings: &Settings) -> Result<(), String> {
    let mut kept = BTreeSet::new();
    for component in Component::ALL {
        for object in render::objects(settings, component) {
            let applied = apply(cluster, settings, component, &object);
            kept.insert(applied.map_err(|refusal| refusal.message)?);
        }
    }
    finish(cluster, settings, &kept, &mut String::new());
    Ok(())
}

fn ensure_namespace(core: &Core, settings: &Settings) {
    core.with(|cluster| {
        let Some(namespaces) = cluster.registry.of_id(id::NAMESPACES) else { return };
        let namespace = json!({ "metadata": { "name": settings.namespace } });
        // There already is the usual case.
        drop(cluster.create(&namespaces, "", namespace, false));
    });
}

/// Applies one object as its owner: what it names is set, what others added stays.
fn apply(
    cluster: &mut Cluster,
    settings: &Settings,
    component: Component,
    object: &Value,
) -> Result<Key, Refusal> {
    let mut object = object.clone();
    for (label, value) in owner_labels(settings) {
        json::set(&mut object, &["metadata", "labels", label], value);
    }
    json::set(
        &mut object,
        &["metadata", "labels", "operator.istio.io/component"],
        component.label(),
    );
    put(cluster, object)
}

fn put(cluster: &mut Cluster, mut object: Value) -> Result<Key, Refusal> {
    let resource = cluster.registry.of_object(&object).ok_or_else(Refusal::no_such_resource)?;
    let text = |path: &[&str]| json::text(&object, path).to_owned();
    let (namespace, name) = (text(&["metadata", "namespace"]), text(&["metadata", "name"]));
    let key = Key::new(&resource.id, &namespace, &name);
    let Some(current) = cluster.store.get(&key).cloned() else {
        cluster.create(&resource, &namespace, object, false)?;
        return Ok(key);
    };
    if &*resource.id == id::VALIDATORS {
        // istiod decides about the failure policy once it runs.
        if let Some(entries) = json::list_mut(&mut object, &["webhooks"]) {
            for entry in entries {
                json::remove(entry, &["failurePolicy"]);
            }
        }
    }
    cluster.update(&resource, &key, Update::Replace, false, |_| {
        patch::apply(Format::Strategic, &current, &object).ok_or_else(Refusal::patch_does_not_apply)
    })?;
    Ok(key)
}

/// Prunes, and points the tag `default` here when that is due.
fn finish(cluster: &mut Cluster, settings: &Settings, kept: &BTreeSet<Key>, out: &mut String) {
    for key in surplus(cluster, settings, kept) {
        let Some(resource) = cluster.registry.of_id(&key.resource) else { continue };
        if cluster.delete(&resource, &key, &Deletion::default()).is_ok() {
            let _ = writeln!(
                out,
                "  Removed {}, Kind={}/{}.{}.",
                resource.api_version(),
                resource.kind,
                key.name,
                key.namespace,
            );
        }
    }
    if !tag::is_needed(cluster, settings) {
        return;
    }
    tag::deactivate(cluster);
    for object in tag::objects(settings) {
        if let Err(refusal) = put(cluster, object) {
            let _ = writeln!(out, "failed deploying webhooks: {}", refusal.message);
        }
    }
}

/// Objects with this install's own labels, its version included, that it did not render.
fn surplus(cluster: &Cluster, settings: &Settings, kept: &BTreeSet<Key>) -> Vec<Key> {
    let owner = owner_labels(settings);
    let is_ours = |object: &Value| {
        owner.iter().all(|(label, value)| json::label(object, label) == Some(value.as_str()))
            && json::label(object, "operator.istio.io/component").is_some()
            && json::label(object, "install.operator.istio.io/owning-resource-not-pruned")
                != Some("true")
    };
    PRUNED
        .iter()
        .flat_map(|resource| cluster.store.list(resource, None))
        .filter(|(key, object)| is_ours(object) && !kept.contains(key))
        .map(|(key, _)| key.clone())
        .collect()
}

/// Stands still where a test holds it.
async fn stand(core: &Core, object: &Value) {
    let (kind, name) = (json::text(object, &["kind"]), json::text(object, &["metadata", "name"]));
    let gate = core.with(|cluster| cluster.faults.stops_install(kind, name));
    if let Some(gate) = gate {
        gate.pass().await;
    }
}

/// A moment for the person who watches.
async fn pause(core: &Core) {
    let pause = core.with(|cluster| match cluster.pace {
        Pace::Instant => Duration::ZERO,
        Pace::Demo { pod_start } => pod_start / 2,
    });
    tokio::time::sleep(pause).await;
}

/// Waits until every Deployment of a component is ready; the error lists those that are not.
async fn ready(core: &Core, objects: &[Value], timeout: u64) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(timeout);
    let mut revisions = core.announcements();
    let deployments: Vec<Key> = objects
        .iter()
        .filter(|object| json::text(object, &["kind"]) == "Deployment")
        .map(|object| {
            let text = |path: &[&str]| json::text(object, path).to_owned();
            Key::new(
                id::DEPLOYMENTS,
                &text(&["metadata", "namespace"]),
                &text(&["metadata", "name"]),
            )
        })
        .collect();
    loop {
        revisions.borrow_and_update();
        let waiting: Vec<String> = core.with(|cluster| {
            let unready = deployments
                .iter()
                .filter(|key| !cluster.store.get(key).is_some_and(|object| is_rolled_out(object)));
            unready.map(|key| format!("  Deployment/{}/{}", key.namespace, key.name)).collect()
        });
        if waiting.is_empty() {
            return Ok(());
        }
        tokio::select! {
            _ = revisions.changed() => {}
            () = tokio::time::sleep_until(deadline) => return Err(waiting.join("\n")),
        }
    }
}

fn is_rolled_out(deployment: &Value) -> bool {
    let wanted = json::number(deployment, &["spec", "replicas"]);
    let status = |field| json::number(deployment, &["status", field]);
    status("observedGeneration") >= json::number(deployment, &["metadata", "generation"])
        && status("updatedReplicas") >= wanted
        && status("replicas") <= status("updatedReplicas")
        && status("availableReplicas") >= wanted
}
