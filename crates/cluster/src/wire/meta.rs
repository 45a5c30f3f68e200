//! Metadata of every object, and the status that stands in for an answer.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use serde::Deserialize;

use super::Time;
use super::values::null_as_default;

/// `metav1.ObjectMeta`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMeta {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its namespace; empty for cluster-wide kinds.
    #[prost(string, tag = "3")]
    pub namespace: String,
    /// Its UID.
    #[prost(string, tag = "5")]
    pub uid: String,
    /// Its version on the server.
    #[prost(string, tag = "6")]
    pub resource_version: String,
    /// Counts changes of its spec.
    #[prost(int64, tag = "7")]
    pub generation: i64,
    /// When it was made.
    #[prost(message, optional, tag = "8")]
    pub creation_timestamp: Option<Time>,
    /// When it was asked to go.
    #[prost(message, optional, tag = "9")]
    pub deletion_timestamp: Option<Time>,
    /// Its labels.
    #[prost(btree_map = "string, string", tag = "11")]
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    #[prost(btree_map = "string, string", tag = "12")]
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    /// Its owners.
    #[prost(message, repeated, tag = "13")]
    #[serde(rename = "ownerReferences", deserialize_with = "null_as_default")]
    pub owners: Vec<Owner>,
}

/// `metav1.OwnerReference`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Owner {
    /// Its kind.
    #[prost(string, tag = "1")]
    pub kind: String,
    /// Its name.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Whether it is the one that controls the object.
    #[prost(bool, tag = "6")]
    pub controller: bool,
}

impl ObjectMeta {
    /// The owner that controls the object.
    pub fn controller(&self) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.controller)
    }
}

/// `metav1.Status`: why there is no answer.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Status {
    /// For people.
    #[prost(string, tag = "3")]
    pub message: String,
    /// For programs.
    #[prost(string, tag = "4")]
    pub reason: String,
    /// What the object or the server adds.
    #[prost(message, optional, tag = "5")]
    pub details: Option<StatusDetails>,
    /// HTTP status.
    #[prost(int32, tag = "6")]
    pub code: i32,
}

/// `metav1.StatusDetails`.
#[derive(Clone, Copy, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatusDetails {
    /// How long to wait.
    #[prost(int32, tag = "5")]
    pub retry_after_seconds: i32,
}

impl Status {
    /// Reads a refusal, which comes in the encoding that was asked for, or as plain text from
    /// something in between.
    pub fn read(body: &[u8]) -> Option<Self> {
        super::read_protobuf(&Bytes::copy_from_slice(body)).or_else(|_| super::json(body)).ok()
    }

    /// How long it asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.details.as_ref()?.retry_after_seconds;
        u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
    }
}
