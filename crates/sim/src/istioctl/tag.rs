//! The tag `default`, which the first install on a cluster makes, and every one without a revision.

use serde_json::{Map, Value, json};

use super::render::{Component, bare, chart_labels, owner_labels, with};
use super::values::Settings;
use super::{pilot, webhooks};
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;

/// Whether this install points the tag at itself.
pub(super) fn is_needed(cluster: &Cluster, settings: &Settings) -> bool {
    settings.pilot && (settings.revision.is_empty() || !exists(cluster))
}

/// The tag's injector and Service, and the validator of the default revision.
pub(super) fn objects(settings: &Settings) -> Vec<Value> {
    let labels = labels(settings);
    let injector = with(labels.clone(), &json!({ "app": "sidecar-injector" }));
    let named = with(labels, &json!({ "app": "istiod", "istio": "pilot" }));
    let validator = with(named.clone(), &json!({ "istio": "istiod" }));
    let name = "istiod-revision-tag-default";
    let mut service = bare("v1", "Service", &settings.namespace, name, &named);
    service["spec"] = json!({ "ports": pilot::ports(), "selector": pilot::selector(settings) });
    vec![
        webhooks::tag_injector(settings, "default", &injector),
        webhooks::default_validator(settings, &validator),
        service,
    ]
}

/// Switches the injector without a revision off: its tag injects in its place.
pub(super) fn deactivate(cluster: &mut Cluster) {
    let found = cluster
        .store
        .list(id::INJECTORS, None)
        .find(|(_, object)| {
            json::label(object, "istio.io/rev") == Some("default")
                && json::label(object, "istio.io/tag").is_none()
        })
        .map(|(key, object)| (key.clone(), Value::clone(object)));
    let Some((key, mut object)) = found else { return };
    if let Some(entries) = json::list_mut(&mut object, &["webhooks"]) {
        for entry in entries {
            for selector in ["namespaceSelector", "objectSelector"] {
                entry[selector] =
                    json!({ "matchLabels": { "istio.io/deactivated": "never-match" } });
            }
        }
    }
    cluster.store.put(key, object);
}

fn exists(cluster: &Cluster) -> bool {
    cluster.store.list(id::INJECTORS, None).any(|(_, object)| {
        json::label(object, "app") == Some("sidecar-injector")
            && json::label(object, "istio.io/tag") == Some("default")
    })
}

fn labels(settings: &Settings) -> Map<String, Value> {
    let mut labels = with(
        chart_labels(settings, Component::Pilot),
        &json!({
            "istio.io/tag": "default",
            "install.operator.istio.io/owning-resource-not-pruned": "true",
        }),
    );
    for (key, value) in owner_labels(settings) {
        labels.insert(key.to_owned(), json!(value));
    }
    labels
}
