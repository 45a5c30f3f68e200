//! Configuration maps.

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::values::null_as_default;
use super::{Encoded, Object, ObjectMeta};

/// `v1.ConfigMap`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct ConfigMap {
    /// Metadata.
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    /// What it holds.
    #[prost(btree_map = "string, string", tag = "2")]
    #[serde(deserialize_with = "null_as_default")]
    pub data: BTreeMap<String, String>,
}

impl Object for ConfigMap {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Encoded for ConfigMap {}
