//! The webhook configurations of Istio, as data that can be evaluated.

use serde::{Deserialize, Serialize};

use super::{InjectorConfig, Labels, Name};

/// A MutatingWebhookConfiguration that injects sidecars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Injector {
    /// Name of the configuration.
    pub name: Name,
    /// Its UID.
    pub uid: Name,
    /// Label `istio.io/rev`: the revision that answers.
    pub revision: Name,
    /// Label `istio.io/tag`, for a tag's configuration.
    pub tag: Option<Name>,
    /// Its entries, in their order.
    pub webhooks: Vec<InjectorWebhook>,
    /// What the istiod behind it is told to do with pods that match; none when its `ConfigMap` was
    /// not read, as for a control plane that runs elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<InjectorConfig>,
}

/// One entry of an injector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InjectorWebhook {
    /// Its name, such as `rev.namespace.sidecar-injector.istio.io`.
    pub name: Name,
    /// What the namespace's labels must satisfy.
    pub namespace_selector: Selector,
    /// What the pod's labels must satisfy.
    pub object_selector: Selector,
    /// Whom it asks.
    pub client: WebhookClient,
    /// Whether it carries a CA bundle.
    pub has_ca_bundle: bool,
    /// When the last certificate of its CA bundle ends, seconds since the epoch; none when that can't
    /// be read from it.
    #[serde(default)]
    pub ca_expires: Option<i64>,
}

/// Whom a webhook asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum WebhookClient {
    /// A Service in the cluster.
    #[serde(rename_all = "camelCase")]
    Service {
        /// Its namespace.
        namespace: Name,
        /// Its name.
        name: Name,
    },
    /// A URL.
    #[serde(rename_all = "camelCase")]
    Url {
        /// The URL.
        url: Name,
    },
}

/// A label selector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// Labels that must be present with these values.
    pub match_labels: Labels,
    /// Further requirements, all of which must hold.
    pub expressions: Vec<Expression>,
}

/// One requirement of a selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expression {
    /// The label's key.
    pub key: Name,
    /// How it is compared.
    pub operator: Operator,
    /// The values, for `In` and `NotIn`.
    pub values: Vec<Name>,
}

/// How a requirement compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Present, with one of the values.
    In,
    /// Absent, or with none of the values.
    NotIn,
    /// Present.
    Exists,
    /// Absent.
    DoesNotExist,
}

/// A ValidatingWebhookConfiguration of Istio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Validator {
    /// Name of the configuration.
    pub name: Name,
    /// Its UID.
    pub uid: Name,
    /// Label `istio.io/rev`.
    pub revision: Option<Name>,
    /// Label `istio.io/tag`.
    pub tag: Option<Name>,
    /// Services that its entries ask, as `namespace/name`.
    pub services: Vec<Name>,
    /// Whether an entry refuses what it can't ask about: `failurePolicy: Fail`.
    #[serde(default)]
    pub fails_closed: bool,
    /// When the CA bundle of such an entry ends, seconds since the epoch; none when it can't be read.
    #[serde(default)]
    pub ca_expires: Option<i64>,
}
