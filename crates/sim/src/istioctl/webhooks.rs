//! The injector and the validators of a revision, entry by entry as the charts render them.

use serde_json::{Map, Value, json};

use super::render::{Component, bare, chart_labels, with};
use super::values::Settings;

const GROUP: &str = "admissionregistration.k8s.io/v1";

/// The injector of the install's revision.
pub(super) fn injector(settings: &Settings) -> Value {
    let suffix = match settings.namespace.as_str() {
        "istio-system" => String::new(),
        namespace => format!("-{namespace}"),
    };
    let name = format!("{}{suffix}", settings.revisioned("istio-sidecar-injector"));
    let labels =
        with(chart_labels(settings, Component::Pilot), &json!({ "app": "sidecar-injector" }));
    let mut object = bare(GROUP, "MutatingWebhookConfiguration", "", &name, &labels);
    let legacy = settings.revision.is_empty();
    object["webhooks"] = Value::Array(entries(settings, settings.label(), legacy));
    object
}

/// The injector of a tag.
pub(super) fn tag_injector(settings: &Settings, tag: &str, labels: &Map<String, Value>) -> Value {
    let name = format!("istio-revision-tag-{tag}");
    let mut object = bare(GROUP, "MutatingWebhookConfiguration", "", &name, labels);
    object["webhooks"] = Value::Array(entries(settings, tag, tag == "default"));
    object
}

/// The validator of the install's revision.
pub(super) fn validator(settings: &Settings) -> Value {
    let name = format!("{}-{}", settings.revisioned("istio-validator"), settings.namespace);
    let labels = with(
        chart_labels(settings, Component::Pilot),
        &json!({ "app": "istiod", "istio": "istiod" }),
    );
    let selector = json!({ "matchExpressions": [
        { "key": "istio.io/rev", "operator": "In", "values": [settings.label()] },
    ] });
    let mut object = bare(GROUP, "ValidatingWebhookConfiguration", "", &name, &labels);
    object["webhooks"] = json!([validation(settings, "rev.validation.istio.io", &selector)]);
    object
}

/// The validator of everything that names no revision.
pub(super) fn default_validator(settings: &Settings, labels: &Map<String, Value>) -> Value {
    let name = "istiod-default-validator";
    let selector =
        json!({ "matchExpressions": [{ "key": "istio.io/rev", "operator": "DoesNotExist" }] });
    let mut object = bare(GROUP, "ValidatingWebhookConfiguration", "", name, labels);
    object["webhooks"] = json!([validation(settings, "validation.istio.io", &selector)]);
    object
}

fn entries(settings: &Settings, name: &str, legacy: bool) -> Vec<Value> {
    let is = |key: &str, operator: &str, values: &[&str]| {
        if values.is_empty() {
            json!({ "key": key, "operator": operator })
        } else {
            json!({ "key": key, "operator": operator, "values": values })
        }
    };
    let (switch, revision) = ("sidecar.istio.io/inject", "istio.io/rev");
    let no_labels =
        vec![is(revision, "DoesNotExist", &[]), is("istio-injection", "DoesNotExist", &[])];
    let not_refused = is(switch, "NotIn", &["false"]);
    let mut entries = vec![
        entry(
            settings,
            "rev.namespace.",
            &[is(revision, "In", &[name]), is("istio-injection", "DoesNotExist", &[])],
            std::slice::from_ref(&not_refused),
        ),
        entry(
            settings,
            "rev.object.",
            &no_labels,
            &[not_refused.clone(), is(revision, "In", &[name])],
        ),
    ];
    if !legacy {
        return entries;
    }
    entries.push(entry(
        settings,
        "namespace.",
        &[is("istio-injection", "In", &["enabled"])],
        &[not_refused],
    ));
    let asked_for = [is(switch, "In", &["true"]), is(revision, "DoesNotExist", &[])];
    entries.push(entry(settings, "object.", &no_labels, &asked_for));
    if settings.by_default {
        let system =
            ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"].as_slice();
        let mut namespaces = no_labels;
        namespaces.push(is("kubernetes.io/metadata.name", "NotIn", system));
        let unlabelled = [is(switch, "DoesNotExist", &[]), is(revision, "DoesNotExist", &[])];
        entries.push(entry(settings, "auto.", &namespaces, &unlabelled));
    }
    entries
}

fn entry(settings: &Settings, prefix: &str, namespaces: &[Value], pods: &[Value]) -> Value {
    json!({
        "name": format!("{prefix}sidecar-injector.istio.io"),
        "clientConfig": { "service": {
            "name": settings.revisioned("istiod"),
            "namespace": settings.namespace,
            "path": "/inject",
            "port": 443,
        } },
        "sideEffects": "None",
        "rules": [{
            "operations": ["CREATE"],
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "resources": ["pods"],
            "scope": "*",
        }],
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": { "matchExpressions": namespaces },
        "objectSelector": { "matchExpressions": pods },
    })
}

fn validation(settings: &Settings, name: &str, selector: &Value) -> Value {
    json!({
        "name": name,
        "clientConfig": { "service": {
            "name": settings.revisioned("istiod"),
            "namespace": settings.namespace,
            "path": "/validate",
        } },
        "rules": [{
            "operations": ["CREATE", "UPDATE"],
            "apiGroups": [
                "security.istio.io",
                "networking.istio.io",
                "telemetry.istio.io",
                "extensions.istio.io",
            ],
            "apiVersions": ["*"],
            "resources": ["*"],
            "scope": "*",
        }],
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "objectSelector": selector,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::json;
    use crate::selector::matches;

    /// The truth table of injection, for a revision `1-30` with the tag `default`.
    #[rstest]
    #[case::legacy_wins(&[("istio-injection", "enabled"), ("istio.io/rev", "x")], &[], 1)]
    #[case::legacy_off(&[("istio-injection", "disabled"), ("istio.io/rev", "1-30")], &[], 0)]
    #[case::by_namespace(&[("istio.io/rev", "1-30")], &[("istio.io/rev", "x")], 1)]
    #[case::no_such_revision(&[("istio.io/rev", "x")], &[], 0)]
    #[case::asked_for(&[], &[("sidecar.istio.io/inject", "true")], 1)]
    #[case::by_pod(&[], &[("istio.io/rev", "1-30")], 1)]
    #[case::nothing(&[], &[], 0)]
    #[case::refused(&[("istio.io/rev", "1-30")], &[("sidecar.istio.io/inject", "false")], 0)]
    fn how_many_entries_match(
        #[case] namespace: &[(&str, &str)],
        #[case] pod: &[(&str, &str)],
        #[case] expected: usize,
    ) {
        let settings = Settings::of_text("1.30.5", "spec: {}", &["revision=1-30"]).unwrap();
        let labels = |pairs: &[(&str, &str)]| -> Map<String, Value> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
        };
        let (namespace, pod) = (labels(namespace), labels(pod));

        let objects = [injector(&settings), tag_injector(&settings, "default", &Map::new())];
        let matching = objects
            .iter()
            .flat_map(|object| json::items(object, &["webhooks"]))
            .filter(|entry| {
                matches(&entry["namespaceSelector"], Some(&namespace))
                    && matches(&entry["objectSelector"], Some(&pod))
            })
            .count();

        assert_eq!(matching, expected);
    }
}
