//! What the objects of a tag look like, made from the live objects of the revision that it names.
//!
//! Entry points: [`injector`], [`service`], [`default_validator`], [`deactivated`]. All are pure.
//! The live objects are the source, not a chart: their selectors may have been rewritten by a
//! vendor's admission, and their CA bundle was filled in by istiod. Upstream's `istioctl tag set`
//! renders a chart instead and copies the CA bundle, the address and the path from the same place.

use meshlift_core::inventory::{
    DEFAULT_REVISION, INJECT_LABEL, INJECTION_LABEL, REVISION_LABEL, TAG_LABEL,
};
use serde_json::{Value, json};

use super::{mark, objects};

/// Suffix of the names of all webhooks that inject.
const SUFFIX: &str = "sidecar-injector.istio.io";
/// Label that no namespace and no pod has: it switches an injector off.
const DEACTIVATED: &str = "istio.io/deactivated";
/// Namespaces that an injector for unlabelled namespaces leaves alone.
const NEVER_AUTOMATIC: [&str; 4] =
    ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Name of the injector of a tag.
pub(super) fn injector_name(tag: &str, istio_namespace: &str) -> String {
    match istio_namespace {
        "istio-system" => format!("istio-revision-tag-{tag}"),
        other => format!("istio-revision-tag-{tag}-{other}"),
    }
}

/// Name of the Service of a tag.
pub(super) fn service_name(tag: &str) -> String {
    format!("istiod-revision-tag-{tag}")
}

/// Namespace and name of the Service that an injector asks; none for a URL.
pub(super) fn served_by(injector: &Value) -> Option<(&str, &str)> {
    let model = webhooks(injector).iter().find(|webhook| is_entry(webhook, "rev.namespace."))?;
    let service = model.pointer("/clientConfig/service")?;
    Some((service.get("namespace")?.as_str()?, service.get("name")?.as_str()?))
}

/// Whether unlabelled namespaces are injected too, which the name of an entry tells even after its
/// selectors were switched off.
pub(super) fn injects_unlabelled(injector: &Value) -> bool {
    webhooks(injector).iter().any(|webhook| is_entry(webhook, "auto."))
}

/// The injector of `tag`, from the live injector of `revision`; moved, if it exists already.
pub(super) fn injector(
    source: &Value,
    existing: Option<&Value>,
    name: &str,
    tag: &str,
    revision: &str,
    unlabelled: bool,
) -> Option<Value> {
    let model = webhooks(source).iter().find(|webhook| is_entry(webhook, "rev.namespace."))?;
    let entries = entries(tag, unlabelled);
    let webhooks: Vec<Value> = entries.iter().map(|entry| entry.webhook(model)).collect();

    let mut made = match existing {
        Some(existing) => mark::unmarked(existing),
        None => json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": { "name": name, "labels": labels_for_users(source) },
        }),
    };
    let labels = objects::meta_map(&mut made, "labels")?;
    labels.insert("app".to_owned(), "sidecar-injector".into());
    labels.insert(REVISION_LABEL.to_owned(), revision.into());
    labels.insert(TAG_LABEL.to_owned(), tag.into());
    made.as_object_mut()?.insert("webhooks".to_owned(), webhooks.into());
    Some(made)
}

/// The Service of `tag`, from the live Service of `revision`; moved, if it exists already.
pub(super) fn service(
    source: &Value,
    existing: Option<&Value>,
    tag: &str,
    revision: &str,
) -> Option<Value> {
    let spec = source.get("spec")?;
    let mut made = match existing {
        Some(existing) => mark::unmarked(existing),
        None => json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": service_name(tag),
                "namespace": objects::meta(source, "namespace")?,
                "labels": labels_for_users(source),
            },
            "spec": { "ports": ports(spec) },
        }),
    };
    let labels = objects::meta_map(&mut made, "labels")?;
    labels.insert(REVISION_LABEL.to_owned(), revision.into());
    labels.insert(TAG_LABEL.to_owned(), tag.into());
    made.get_mut("spec")?
        .as_object_mut()?
        .insert("selector".to_owned(), spec.get("selector")?.clone());
    Some(made)
}

/// `istiod-default-validator` for `revision`: its address and CA bundle are those of the revision's
/// live injector, its rules those of the validator that exists, else of the revision's own.
pub(super) fn default_validator(
    injector: &Value,
    model: Option<&Value>,
    existing: Option<&Value>,
    name: &str,
    revision: &str,
) -> Option<Value> {
    let client = webhooks(injector)
        .iter()
        .find(|webhook| is_entry(webhook, "rev.namespace."))?
        .get("clientConfig")?;
    let mut made = match existing {
        Some(existing) => mark::unmarked(existing),
        None => new_validator(model?, name)?,
    };
    let labels = objects::meta_map(&mut made, "labels")?;
    labels.insert(REVISION_LABEL.to_owned(), revision.into());
    labels.insert(TAG_LABEL.to_owned(), DEFAULT_REVISION.into());
    for webhook in made.get_mut("webhooks")?.as_array_mut()? {
        webhook.as_object_mut()?.insert("clientConfig".to_owned(), for_validation(client)?);
    }
    Some(made)
}

/// An injector that matches nothing, as `istioctl tag set default` leaves the one of an install
/// without a revision.
pub(super) fn deactivated(existing: &Value) -> Option<Value> {
    let mut made = mark::unmarked(existing);
    for webhook in made.get_mut("webhooks")?.as_array_mut()? {
        let webhook = webhook.as_object_mut()?;
        let never = json!({ "matchLabels": { DEACTIVATED: "never-match" } });
        webhook.insert("namespaceSelector".to_owned(), never.clone());
        webhook.insert("objectSelector".to_owned(), never);
    }
    Some(made)
}

fn webhooks(configuration: &Value) -> &[Value] {
    configuration.get("webhooks").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_entry(webhook: &Value, prefix: &str) -> bool {
    let name = webhook.get("name").and_then(Value::as_str).unwrap_or_default();
    name.strip_prefix(prefix) == Some(SUFFIX)
}

/// Labels of a tag's object that a user made: the installer's own are left out, so that no install
/// takes it for one of its own and removes it.
fn labels_for_users(source: &Value) -> Value {
    let labels = source.pointer("/metadata/labels").and_then(Value::as_object);
    let kept = labels.into_iter().flatten().filter(|(key, _)| !key.contains("operator.istio.io"));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Ports without the node ports that the server gave the source.
fn ports(spec: &Value) -> Value {
    let mut ports = spec.get("ports").cloned().unwrap_or_default();
    for port in ports.as_array_mut().into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.shift_remove("nodePort");
        }
    }
    ports
}

fn new_validator(model: &Value, name: &str) -> Option<Value> {
    let mut webhook = webhooks(model).first()?.clone();
    let fields = webhook.as_object_mut()?;
    fields.insert("name".to_owned(), "validation.istio.io".into());
    let unnamed = json!([{ "key": REVISION_LABEL, "operator": "DoesNotExist" }]);
    fields.insert("objectSelector".to_owned(), json!({ "matchExpressions": unnamed }));
    Some(json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": name, "labels": labels_for_users(model) },
        "webhooks": [webhook],
    }))
}

/// An injector's address, turned into the one that validates.
fn for_validation(client: &Value) -> Option<Value> {
    let mut client = client.clone();
    if let Some(service) = client.get_mut("service").and_then(Value::as_object_mut) {
        service.insert("path".to_owned(), "/validate".into());
    } else {
        let url = client.get("url")?.as_str()?;
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next()?;
        client["url"] = format!("{scheme}://{host}/validate").into();
    }
    Some(client)
}

/// One entry of an injector, by what a namespace and a pod must satisfy.
struct Entry {
    prefix: &'static str,
    namespace: Vec<Value>,
    pod: Vec<Value>,
}

impl Entry {
    /// The entry as a webhook: everything but name and selectors is the model's, and so is every
    /// requirement that somebody else added to the model's selectors.
    fn webhook(&self, model: &Value) -> Value {
        let mut webhook = model.clone();
        webhook["name"] = format!("{}{SUFFIX}", self.prefix).into();
        webhook["namespaceSelector"] = selector(
            &self.namespace,
            model.get("namespaceSelector"),
            &[REVISION_LABEL, INJECTION_LABEL],
        );
        webhook["objectSelector"] =
            selector(&self.pod, model.get("objectSelector"), &[INJECT_LABEL, REVISION_LABEL]);
        webhook
    }
}

fn selector(own: &[Value], model: Option<&Value>, known: &[&str]) -> Value {
    let foreign = model
        .and_then(|model| model.get("matchExpressions"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|one| {
            let key = one.get("key").and_then(Value::as_str).unwrap_or_default();
            !known.contains(&key)
        });
    let expressions: Vec<&Value> = own.iter().chain(foreign).collect();
    let mut selector = json!({ "matchExpressions": expressions });
    // An injector that was switched off must not switch off the tag that is made from it.
    let labels = model.and_then(|model| model.get("matchLabels")).and_then(Value::as_object);
    let labels = labels.into_iter().flatten().filter(|(key, _)| *key != DEACTIVATED);
    let labels: serde_json::Map<String, Value> =
        labels.map(|(key, value)| (key.clone(), value.clone())).collect();
    if !labels.is_empty() {
        selector["matchLabels"] = labels.into();
    }
    selector
}

/// The entries of a tag's injector (`domain` §2.1).
fn entries(tag: &str, unlabelled: bool) -> Vec<Entry> {
    let is = |key: &str, value: &str| json!({ "key": key, "operator": "In", "values": [value] });
    let absent = |key: &str| json!({ "key": key, "operator": "DoesNotExist" });
    let not_opted_out = json!({ "key": INJECT_LABEL, "operator": "NotIn", "values": ["false"] });

    let mut entries = vec![
        Entry {
            prefix: "rev.namespace.",
            namespace: vec![is(REVISION_LABEL, tag), absent(INJECTION_LABEL)],
            pod: vec![not_opted_out.clone()],
        },
        Entry {
            prefix: "rev.object.",
            namespace: vec![absent(REVISION_LABEL), absent(INJECTION_LABEL)],
            pod: vec![not_opted_out.clone(), is(REVISION_LABEL, tag)],
        },
    ];
    if tag != DEFAULT_REVISION {
        return entries;
    }
    entries.push(Entry {
        prefix: "namespace.",
        namespace: vec![is(INJECTION_LABEL, "enabled")],
        pod: vec![not_opted_out],
    });
    entries.push(Entry {
        prefix: "object.",
        namespace: vec![absent(INJECTION_LABEL), absent(REVISION_LABEL)],
        pod: vec![is(INJECT_LABEL, "true"), absent(REVISION_LABEL)],
    });
    if unlabelled {
        let elsewhere = json!({
            "key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": NEVER_AUTOMATIC,
        });
        entries.push(Entry {
            prefix: "auto.",
            namespace: vec![absent(INJECTION_LABEL), absent(REVISION_LABEL), elsewhere],
            pod: vec![absent(INJECT_LABEL), absent(REVISION_LABEL)],
        });
    }
    entries
}
