//! Which revision would inject a pod, and why: the live webhook selectors decide, labels are only
//! their input (`domain/istio.md` §2).
//!
//! Entry points: [`predict`] for a pod, [`compare`] for what a change does to all of them,
//! [`default_revision`] for the mesh. Deliberately absent:
//! what a restart should do about it (`dataplane`).

mod filter;
mod selector;
mod simulate;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::inventory::{
    DEFAULT_REVISION, DEFAULT_VALIDATOR, INJECT_LABEL, INJECTION_LABEL, Injector, InjectorWebhook,
    Labels, Name, Namespace, Operator, PodTemplate, REVISION_LABEL, Snapshot,
};

pub use selector::selects;
pub use simulate::{Answer, Concerned, Effect, Fate, Simulated, compare, fate, simulate};

/// Tag that answers for `istio-injection=enabled`.
pub const DEFAULT_TAG: &str = "default";

/// Label that switches an injector off without deleting it (`domain/istio.md` §2.4).
const DEACTIVATED: (&str, &str) = ("istio.io/deactivated", "never-match");

/// Namespaces in which istiod never injects.
const IGNORED_NAMESPACES: [&str; 4] =
    ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// One webhook entry that matches a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// Name of the webhook configuration.
    pub configuration: Name,
    /// Name of its entry.
    pub webhook: Name,
    /// Revision that answers.
    pub revision: Name,
    /// Tag of the configuration, if it belongs to one.
    pub tag: Option<Name>,
}

/// What would happen to a new pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Injection {
    /// Every entry that matches.
    pub matches: Vec<Match>,
    /// What follows from them.
    pub outcome: Outcome,
    /// What decided.
    pub reason: Reason,
}

/// What follows for a new pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Outcome {
    /// This revision injects it.
    #[serde(rename_all = "camelCase")]
    Injected {
        /// The revision.
        revision: Name,
    },
    /// Several entries match: it would be injected more than once.
    Twice,
    /// It starts without a sidecar.
    NotInjected,
}

/// What decided about a new pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Reason {
    /// A label of its namespace, such as `istio.io/rev=1-30`.
    #[serde(rename_all = "camelCase")]
    NamespaceLabel {
        /// The label.
        label: String,
    },
    /// A label of its own.
    #[serde(rename_all = "camelCase")]
    PodLabel {
        /// The label.
        label: String,
    },
    /// Neither namespace nor pod asks for a sidecar.
    NoLabel,
    /// The pod opts out by `sidecar.istio.io/inject=false`.
    OptedOut,
    /// The pod opts out by the annotation that istiod reads after a webhook matched.
    OptedOutByAnnotation,
    /// The injector's `neverInjectSelector` matches it.
    NeverSelected,
    /// The injector's policy is not to inject, and nothing asks for a sidecar.
    PolicyOff,
    /// It shares the host's network.
    HostNetwork,
    /// Its namespace is one that istiod ignores.
    IgnoredNamespace,
}

/// The revision that answers for `istio-injection=enabled`, and who else claims it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefaultRevision {
    /// The revision; none when nobody answers.
    pub revision: Option<Name>,
    /// The revision that `istiod-default-validator` names, when it is another one.
    pub validator: Option<Name>,
}

/// Whether an injector takes part. One is switched off by a selector that nothing matches.
pub fn is_active(injector: &Injector) -> bool {
    let is_off =
        |labels: &Labels| labels.get(DEACTIVATED.0).is_some_and(|it| &**it == DEACTIVATED.1);
    injector.webhooks.iter().any(|webhook| {
        !is_off(&webhook.namespace_selector.match_labels)
            && !is_off(&webhook.object_selector.match_labels)
    })
}

/// Whether some selector of an injector names this value.
pub fn selects_value(injector: &Injector, value: &str) -> bool {
    let selectors = injector
        .webhooks
        .iter()
        .flat_map(|webhook| [&webhook.namespace_selector, &webhook.object_selector]);
    selectors.flat_map(|selector| &selector.expressions).any(|expression| {
        expression.operator == Operator::In && expression.values.iter().any(|it| &**it == value)
    })
}

/// Every webhook entry that matches a pod with these labels in this namespace.
pub fn matches(injectors: &[Injector], namespace: &Labels, pod: &Labels) -> Vec<Match> {
    let asked = asked(injectors, namespace, pod).into_iter();
    asked.map(|(injector, webhook)| matched(injector, webhook)).collect()
}

fn asked<'a>(
    injectors: &'a [Injector],
    namespace: &Labels,
    pod: &Labels,
) -> Vec<(&'a Injector, &'a InjectorWebhook)> {
    injectors
        .iter()
        .flat_map(|injector| injector.webhooks.iter().map(move |webhook| (injector, webhook)))
        .filter(|(_, webhook)| {
            selects(&webhook.namespace_selector, namespace)
                && selects(&webhook.object_selector, pod)
        })
        .collect()
}

fn matched(injector: &Injector, webhook: &InjectorWebhook) -> Match {
    Match {
        configuration: injector.name.clone(),
        webhook: webhook.name.clone(),
        revision: injector.revision.clone(),
        tag: injector.tag.clone(),
    }
}

/// What would happen to a new pod of a template: first the API server's webhooks, then istiod's own
/// filter (`domain/istio.md` §2.2).
pub fn predict(injectors: &[Injector], namespace: &Namespace, template: &PodTemplate) -> Injection {
    let asked = asked(injectors, &namespace.labels, &template.labels);
    let refused = |injector: &Injector| filter::refuses(injector.config.as_ref(), template);
    let injecting: Vec<&Injector> =
        asked.iter().map(|(injector, _)| *injector).filter(|it| refused(it).is_none()).collect();
    let spoken_for = reason(namespace, template);
    let by_filter = asked.iter().find_map(|(injector, _)| refused(injector));
    let (outcome, reason) = match (spoken_for, injecting.as_slice(), by_filter) {
        (
            never @ (Reason::HostNetwork
            | Reason::IgnoredNamespace
            | Reason::OptedOutByAnnotation
            | Reason::OptedOut),
            _,
            _,
        ) => (Outcome::NotInjected, never),
        (_, [], Some(filtered)) => (Outcome::NotInjected, filtered),
        (reason, [], None) => (Outcome::NotInjected, reason),
        (reason, [only], _) => (Outcome::Injected { revision: only.revision.clone() }, reason),
        (reason, [_, _, ..], _) => (Outcome::Twice, reason),
    };
    let matches = asked.into_iter().map(|(injector, webhook)| matched(injector, webhook)).collect();
    Injection { matches, outcome, reason }
}

/// The revision that answers for `istio-injection=enabled`: tag `default`, else the injector of an
/// install without a revision, else the default validator (`domain/istio.md` §4). Of an ASM mesh it
/// is the current version's (S35).
pub fn default_revision(snapshot: &Snapshot) -> DefaultRevision {
    if let Some(instance) = &snapshot.instance {
        let revision = instance.version.as_ref().map(|version| version.revision().into());
        return DefaultRevision { revision, validator: None };
    }
    let active = || snapshot.injectors.iter().filter(|injector| is_active(injector));
    let by_tag = active().find(|injector| injector.tag.as_deref() == Some(DEFAULT_TAG));
    let by_install =
        active().find(|injector| injector.tag.is_none() && &*injector.revision == DEFAULT_REVISION);
    let by_injector = by_tag.or(by_install).map(|injector| injector.revision.clone());
    let validator = snapshot
        .validators
        .iter()
        .find(|validator| &*validator.name == DEFAULT_VALIDATOR)
        .and_then(|validator| validator.revision.clone());
    match by_injector {
        Some(revision) => DefaultRevision {
            validator: validator.filter(|named| *named != revision),
            revision: Some(revision),
        },
        None => DefaultRevision { revision: validator, validator: None },
    }
}

fn reason(namespace: &Namespace, template: &PodTemplate) -> Reason {
    if template.host_network {
        return Reason::HostNetwork;
    }
    if IGNORED_NAMESPACES.contains(&&*namespace.name) {
        return Reason::IgnoredNamespace;
    }
    let inject = template.labels.get(INJECT_LABEL);
    if inject.is_some_and(|value| &**value == "false") {
        return Reason::OptedOut;
    }
    // Any other value is invalid and leaves it to the policy, which injects.
    let says_no = |value: &Name| &**value == "false";
    if inject.is_none() && template.inject_annotation.as_ref().is_some_and(says_no) {
        return Reason::OptedOutByAnnotation;
    }
    let named = |labels: &Labels, key: &str| labels.get(key).map(|value| format!("{key}={value}"));
    let by_namespace = named(&namespace.labels, INJECTION_LABEL)
        .or_else(|| named(&namespace.labels, REVISION_LABEL));
    if let Some(label) = by_namespace {
        return Reason::NamespaceLabel { label };
    }
    let by_pod =
        named(&template.labels, REVISION_LABEL).or_else(|| named(&template.labels, INJECT_LABEL));
    match by_pod {
        Some(label) => Reason::PodLabel { label },
        None => Reason::NoLabel,
    }
}
