//! The mesh as it would be after some writes, so that a plan predicts what its later steps find.
//!
//! Entry points: [`labelled`], [`after`]. Only what injection is decided from is imitated, and which
//! revision a validator names.

use serde::Deserialize;

use super::back;
use crate::asm::Call;
use crate::injection::DEFAULT_TAG;
use crate::inventory::{
    DEFAULT_REVISION, DEFAULT_VALIDATOR, Expression, INJECTION_LABEL, InjectionLabels, Injector,
    InjectorWebhook, Labels, Name, Operator, ProxyImage, REVISION_LABEL, Selector, Snapshot,
    TAG_LABEL, Validator,
};
use crate::rollout::{ActKind, Install, ObjectRef};

/// Sets both injection labels of a namespace.
pub(super) fn labelled(snapshot: &mut Snapshot, namespace: &Name, to: &InjectionLabels) {
    let Some(found) = snapshot.namespaces.get_mut(namespace) else { return };
    set(&mut found.labels, INJECTION_LABEL, to.injection.as_ref());
    set(&mut found.labels, REVISION_LABEL, to.revision.as_ref());
}

/// Does an act to a picture of the mesh. What is not imitated stays as it was.
pub fn after(snapshot: &mut Snapshot, act: &ActKind) {
    match act {
        ActKind::Label { namespace, uid: _, from: _, to } => labelled(snapshot, namespace, to),
        ActKind::SetTag { tag, revision } => set_tag(snapshot, tag, revision),
        ActKind::DeactivateInjector { name } => {
            snapshot.injectors.retain(|injector| injector.name != *name);
        }
        ActKind::SetDefaultValidator { revision } => {
            let default = |it: &&mut Validator| &*it.name == DEFAULT_VALIDATOR;
            for validator in snapshot.validators.iter_mut().filter(default) {
                validator.revision = Some(revision.clone());
            }
        }
        ActKind::Delete { object, uid: _ } => {
            snapshot.injectors.retain(|injector| injector.name != object.name);
        }
        ActKind::Restore { object, manifest, left: _ } => {
            restored(snapshot, object, manifest.as_deref());
        }
        ActKind::Install { install } => installed(snapshot, install),
        ActKind::Restart { .. } | ActKind::SetTagService { .. } => {}
        ActKind::Asm { instance: _, call } => match call {
            Call::Label { namespace, from: _, to } => labelled(snapshot, namespace, to),
            Call::Precheck { .. }
            | Call::Upgrade { .. }
            | Call::UpgradeGateway { .. }
            | Call::GatewayCanary { .. } => {}
        },
    }
}

/// Kind of the objects that injectors are.
pub(in crate::rollout) const MUTATING: &str = "MutatingWebhookConfiguration";
/// Kind of the objects that validators are.
pub(super) const VALIDATING: &str = "ValidatingWebhookConfiguration";

/// Puts an object back; one that did not exist goes.
fn restored(snapshot: &mut Snapshot, object: &ObjectRef, manifest: Option<&str>) {
    match &*object.kind {
        MUTATING => {
            snapshot.injectors.retain(|injector| injector.name != object.name);
            let restored = manifest.and_then(read).map(|injector| {
                let own = |one: &&Injector| one.tag.is_none() && one.revision == injector.revision;
                let config = snapshot.injectors.iter().find(own).and_then(|it| it.config.clone());
                Injector { config, ..injector }
            });
            snapshot.injectors.extend(restored);
        }
        VALIDATING => {
            let Some(manifest) = manifest else {
                return snapshot.validators.retain(|validator| validator.name != object.name);
            };
            let named = |it: &&mut Validator| it.name == object.name;
            for validator in snapshot.validators.iter_mut().filter(named) {
                validator.revision = back::named_by(Some(manifest));
            }
        }
        _ => {}
    }
}

fn set(labels: &mut Labels, key: &str, value: Option<&Name>) {
    match value {
        Some(value) => drop(labels.insert(key.into(), value.clone())),
        None => drop(labels.remove(key)),
    }
}

/// Adds the injector and the control plane of a revision that an install makes; one that is there
/// already only gets its new version.
fn installed(snapshot: &mut Snapshot, install: &Install) {
    let revision = install.revision.clone().unwrap_or_else(|| DEFAULT_REVISION.into());
    if let Some(plane) = snapshot.control_planes.iter_mut().find(|plane| plane.revision == revision)
    {
        plane.version = Some(install.version.clone());
        if let Some(proxy) = &mut plane.proxy {
            proxy.version = Some(install.version.clone());
        }
        return;
    }
    if let Some(model) = snapshot.control_planes.first() {
        let mut plane = model.clone();
        plane.version = Some(install.version.clone());
        plane.proxy =
            plane.proxy.map(|proxy| ProxyImage { version: Some(install.version.clone()), ..proxy });
        plane.revision = revision.clone();
        snapshot.control_planes.push(plane);
    }
    let Some(model) = snapshot.injectors.iter().find(|injector| injector.tag.is_none()) else {
        return;
    };
    let (old, config) = (model.revision.clone(), model.config.clone());
    let mut webhooks = model.webhooks.clone();
    webhooks.retain(|webhook| webhook.name.starts_with("rev."));
    rename(&mut webhooks, &old, &revision);
    snapshot.injectors.push(Injector {
        name: format!("istio-sidecar-injector-{revision}").into(),
        uid: "".into(),
        revision,
        tag: None,
        webhooks,
        config,
    });
}

/// Lets selectors that ask for one revision or tag ask for another.
fn rename(webhooks: &mut [InjectorWebhook], from: &Name, to: &Name) {
    for expression in webhooks.iter_mut().flat_map(expressions) {
        for value in expression.values.iter_mut().filter(|value| *value == from) {
            *value = to.clone();
        }
    }
}

/// Moves the injector of a tag, or makes it from the revision's own.
fn set_tag(snapshot: &mut Snapshot, tag: &Name, revision: &Name) {
    let own = |injector: &&Injector| injector.tag.is_none() && injector.revision == *revision;
    let model = snapshot.injectors.iter().find(own).cloned();
    let config = model.as_ref().and_then(|model| model.config.clone());
    let existing =
        snapshot.injectors.iter_mut().find(|injector| injector.tag.as_ref() == Some(tag));
    if let Some(injector) = existing {
        injector.revision = revision.clone();
        injector.config = config;
        return;
    }
    let Some(model) = model else { return };
    let mut webhooks = model.webhooks;
    rename(&mut webhooks, revision, tag);
    if &**tag == DEFAULT_TAG {
        webhooks.extend(for_everyone(snapshot));
    }
    let made = Injector {
        name: format!("istio-revision-tag-{tag}").into(),
        uid: "".into(),
        revision: revision.clone(),
        tag: Some(tag.clone()),
        webhooks,
        config,
    };
    snapshot.injectors.push(made);
}

/// The entries for `istio-injection=enabled`, as the install without a revision has them.
fn for_everyone(snapshot: &Snapshot) -> Vec<InjectorWebhook> {
    let default = snapshot
        .injectors
        .iter()
        .find(|injector| injector.tag.is_none() && &*injector.revision == DEFAULT_REVISION);
    let webhooks = default.map_or(&[][..], |injector| &injector.webhooks);
    webhooks.iter().filter(|webhook| !webhook.name.starts_with("rev.")).cloned().collect()
}

fn expressions(webhook: &mut InjectorWebhook) -> impl Iterator<Item = &mut Expression> {
    let InjectorWebhook { namespace_selector, object_selector, .. } = webhook;
    let both = namespace_selector.expressions.iter_mut().chain(&mut object_selector.expressions);
    both.filter(|expression| &*expression.key == REVISION_LABEL)
}

#[derive(Deserialize)]
struct Manifest {
    metadata: Metadata,
    #[serde(default)]
    webhooks: Vec<Webhook>,
}

#[derive(Deserialize)]
struct Metadata {
    name: Name,
    #[serde(default)]
    labels: Labels,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    name: Name,
    #[serde(default)]
    namespace_selector: RawSelector,
    #[serde(default)]
    object_selector: RawSelector,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawSelector {
    match_labels: Labels,
    match_expressions: Vec<RawExpression>,
}

#[derive(Deserialize)]
struct RawExpression {
    key: Name,
    operator: Operator,
    #[serde(default)]
    values: Vec<Name>,
}

/// An injector from its own JSON.
fn read(manifest: &str) -> Option<Injector> {
    let manifest: Manifest = serde_json::from_str(manifest).ok()?;
    let labels = manifest.metadata.labels;
    let webhooks = manifest.webhooks.into_iter().map(|webhook| InjectorWebhook {
        name: webhook.name,
        namespace_selector: webhook.namespace_selector.into(),
        object_selector: webhook.object_selector.into(),
        client: crate::inventory::WebhookClient::Url { url: "".into() },
        has_ca_bundle: true,
        ca_expires: None,
    });
    Some(Injector {
        name: manifest.metadata.name,
        uid: "".into(),
        revision: labels.get(REVISION_LABEL)?.clone(),
        tag: labels.get(TAG_LABEL).cloned(),
        webhooks: webhooks.collect(),
        config: None,
    })
}

impl From<RawSelector> for Selector {
    fn from(raw: RawSelector) -> Self {
        let expressions = raw.match_expressions.into_iter().map(|raw| Expression {
            key: raw.key,
            operator: raw.operator,
            values: raw.values,
        });
        Self { match_labels: raw.match_labels, expressions: expressions.collect() }
    }
}
