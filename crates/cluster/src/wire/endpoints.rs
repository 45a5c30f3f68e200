//! Endpoint slices and disruption budgets.

use prost::Message;
use serde::Deserialize;

use super::values::null_as_default;
use super::{Encoded, LabelSelector, Object, ObjectMeta};

/// `discovery.k8s.io/v1.EndpointSlice`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointSlice {
    /// Metadata.
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    /// What stands behind the Service.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_as_default")]
    pub endpoints: Vec<Endpoint>,
    /// `IPv4` or `IPv6`.
    #[prost(string, tag = "4")]
    pub address_type: String,
}

/// `discovery.k8s.io/v1.Endpoint`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    /// Addresses of one and the same pod.
    #[prost(string, repeated, tag = "1")]
    #[serde(deserialize_with = "null_as_default")]
    pub addresses: Vec<String>,
    /// Whether it can be used.
    #[prost(message, optional, tag = "2")]
    pub conditions: Option<Conditions>,
}

/// `discovery.k8s.io/v1.EndpointConditions`.
#[derive(Clone, Copy, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// None means yes.
    #[prost(bool, optional, tag = "1")]
    pub ready: Option<bool>,
}

/// `policy/v1.PodDisruptionBudget`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Metadata.
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    /// Spec.
    #[prost(message, required, tag = "2")]
    pub spec: BudgetSpec,
    /// Status.
    #[prost(message, required, tag = "3")]
    pub status: BudgetStatus,
}

/// `policy/v1.PodDisruptionBudgetSpec`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct BudgetSpec {
    /// Which pods it covers; none covers no pod.
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
}

/// `policy/v1.PodDisruptionBudgetStatus`.
#[derive(Clone, Copy, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BudgetStatus {
    /// Pods that may go now.
    #[prost(int32, tag = "3")]
    pub disruptions_allowed: i32,
}

impl Endpoint {
    /// Whether it takes connections.
    pub fn is_ready(&self) -> bool {
        self.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    }
}

impl Object for EndpointSlice {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Encoded for EndpointSlice {}

impl Object for Budget {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Encoded for Budget {}
