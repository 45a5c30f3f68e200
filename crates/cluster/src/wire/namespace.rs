//! Namespaces.

use prost::Message;
use serde::Deserialize;

use super::{Encoded, Object, ObjectMeta};

/// `v1.Namespace`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Metadata.
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    /// Status.
    #[prost(message, required, tag = "3")]
    pub status: NamespaceStatus,
}

/// `v1.NamespaceStatus`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct NamespaceStatus {
    /// `Active` or `Terminating`.
    #[prost(string, tag = "1")]
    pub phase: String,
}

impl Object for Namespace {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Encoded for Namespace {}
