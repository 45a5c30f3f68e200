//! The manifests of an install, component by component.

use serde_json::{Map, Value, json};

use super::values::Settings;
use super::{crds, gateways, pilot, webhooks};
use crate::json;

/// A part of an install that is applied and waited for as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    Base,
    Pilot,
    Egress,
    Ingress,
}

impl Component {
    /// All, in the order in which they are installed.
    pub(super) const ALL: [Self; 4] = [Self::Base, Self::Pilot, Self::Egress, Self::Ingress];

    /// The value of `operator.istio.io/component`.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Base => "Base",
            Self::Pilot => "Pilot",
            Self::Egress => "EgressGateways",
            Self::Ingress => "IngressGateways",
        }
    }

    /// What the program prints when it is installed.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Base => "✔ Istio core installed ⛵️",
            Self::Pilot => "✔ Istiod installed 🧠",
            Self::Egress => "✔ Egress gateways installed 🛫",
            Self::Ingress => "✔ Ingress gateways installed 🛬",
        }
    }
}

/// The objects of a component; empty when it is switched off.
pub(super) fn objects(settings: &Settings, component: Component) -> Vec<Value> {
    match component {
        Component::Base if settings.base => {
            let mut objects = crds::of(&settings.version);
            objects.push(service_account(settings, "istio-reader-service-account"));
            objects
        }
        Component::Pilot if settings.pilot => {
            let mut objects = pilot::objects(settings);
            objects.push(webhooks::injector(settings));
            objects.push(webhooks::validator(settings));
            objects
        }
        Component::Egress => gateways::objects(settings, false),
        Component::Ingress => gateways::objects(settings, true),
        Component::Base | Component::Pilot => Vec::new(),
    }
}

/// Everything as the text of `manifest generate`.
pub(super) fn text(settings: &Settings) -> String {
    let objects = Component::ALL.iter().flat_map(|component| objects(settings, *component));
    let documents = objects.filter_map(|object| serde_saphyr::to_string(&object).ok());
    documents.fold(String::new(), |text, document| format!("{text}{}\n---\n", document.trim_end()))
}

/// The labels with which an install marks what is its own.
pub(super) fn owner_labels(settings: &Settings) -> Vec<(&'static str, String)> {
    vec![
        ("operator.istio.io/managed", "Reconcile".to_owned()),
        ("operator.istio.io/version", settings.version.clone()),
        ("install.operator.istio.io/owning-resource-namespace", settings.namespace.clone()),
        ("istio.io/rev", settings.label().to_owned()),
    ]
}

/// Labels that the charts put on nearly everything.
pub(super) fn chart_labels(settings: &Settings, component: Component) -> Map<String, Value> {
    let labels = json!({
        "istio.io/rev": settings.label(),
        "install.operator.istio.io/owning-resource": "unknown",
        "operator.istio.io/component": component.label(),
        "release": "istio",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/instance": "istio",
        "app.kubernetes.io/part-of": "istio",
    });
    labels.as_object().cloned().unwrap_or_default()
}

/// `labels` with more labels over them.
pub(super) fn with(mut labels: Map<String, Value>, more: &Value) -> Map<String, Value> {
    labels.extend(more.as_object().cloned().unwrap_or_default());
    labels
}

/// An object without content.
pub(super) fn bare(
    api_version: &str,
    kind: &str,
    namespace: &str,
    name: &str,
    labels: &Map<String, Value>,
) -> Value {
    let mut object = json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": { "name": name, "labels": labels },
    });
    if !namespace.is_empty() {
        json::set(&mut object, &["metadata", "namespace"], namespace);
    }
    object
}

fn service_account(settings: &Settings, name: &str) -> Value {
    let labels = chart_labels(settings, Component::Base);
    bare("v1", "ServiceAccount", &settings.namespace, name, &labels)
}
