//! Webhook configurations, mutating and validating, and label selectors.

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::values::{base64, null_as_default};
use super::{Encoded, Object, ObjectMeta};

/// `admissionregistration.k8s.io/v1.MutatingWebhookConfiguration`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct MutatingConfiguration {
    /// Metadata.
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    /// Its entries.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_as_default")]
    pub webhooks: Vec<MutatingWebhook>,
}

/// `admissionregistration.k8s.io/v1.MutatingWebhook`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MutatingWebhook {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Whom it asks.
    #[prost(message, required, tag = "2")]
    pub client_config: ClientConfig,
    /// What the namespace's labels must satisfy.
    #[prost(message, required, tag = "5")]
    pub namespace_selector: LabelSelector,
    /// What the object's labels must satisfy.
    #[prost(message, required, tag = "11")]
    pub object_selector: LabelSelector,
}

/// `admissionregistration.k8s.io/v1.ValidatingWebhookConfiguration`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct ValidatingConfiguration {
    /// Metadata.
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    /// Its entries.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_as_default")]
    pub webhooks: Vec<ValidatingWebhook>,
}

/// `admissionregistration.k8s.io/v1.ValidatingWebhook`, whose further fields have other numbers than
/// those of a mutating one.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ValidatingWebhook {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Whom it asks.
    #[prost(message, required, tag = "2")]
    pub client_config: ClientConfig,
    /// What happens when it does not answer: `Fail` or `Ignore`.
    #[prost(string, optional, tag = "4")]
    pub failure_policy: Option<String>,
}

/// `admissionregistration.k8s.io/v1.WebhookClientConfig`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClientConfig {
    /// A Service.
    #[prost(message, optional, tag = "1")]
    pub service: Option<ServiceReference>,
    /// The authority of its certificate.
    #[prost(bytes = "vec", tag = "2")]
    #[serde(deserialize_with = "base64")]
    pub ca_bundle: Vec<u8>,
    /// A URL.
    #[prost(string, optional, tag = "3")]
    pub url: Option<String>,
}

/// `admissionregistration.k8s.io/v1.ServiceReference`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct ServiceReference {
    /// Its namespace.
    #[prost(string, tag = "1")]
    pub namespace: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// `metav1.LabelSelector`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels that must have these values.
    #[prost(btree_map = "string, string", tag = "1")]
    #[serde(deserialize_with = "null_as_default")]
    pub match_labels: BTreeMap<String, String>,
    /// Further requirements.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<Requirement>,
}

/// `metav1.LabelSelectorRequirement`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Requirement {
    /// The label.
    #[prost(string, tag = "1")]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[prost(string, tag = "2")]
    pub operator: String,
    /// The values.
    #[prost(string, repeated, tag = "3")]
    #[serde(deserialize_with = "null_as_default")]
    pub values: Vec<String>,
}

impl Object for MutatingConfiguration {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Encoded for MutatingConfiguration {}

impl Object for ValidatingConfiguration {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Encoded for ValidatingConfiguration {}
