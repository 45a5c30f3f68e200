//! Pods.

use prost::Message;
use serde::Deserialize;

use super::values::null_as_default;
use super::{Encoded, Object, ObjectMeta};

/// `v1.Pod`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Metadata.
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    /// Spec.
    #[prost(message, required, tag = "2")]
    pub spec: PodSpec,
    /// Status.
    #[prost(message, required, tag = "3")]
    pub status: PodStatus,
}

/// `v1.PodSpec`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// Containers that run side by side.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
    /// Containers that start first.
    #[prost(message, repeated, tag = "20")]
    #[serde(deserialize_with = "null_as_default")]
    pub init_containers: Vec<Container>,
}

/// `v1.Container`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its image.
    #[prost(string, tag = "2")]
    pub image: String,
    /// `Always` makes an init container a native sidecar.
    #[prost(string, tag = "24")]
    pub restart_policy: String,
}

/// `v1.PodStatus`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// Its phase.
    #[prost(string, tag = "1")]
    pub phase: String,
    /// Its conditions.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// How its containers are.
    #[prost(message, repeated, tag = "8")]
    #[serde(deserialize_with = "null_as_default")]
    pub container_statuses: Vec<ContainerStatus>,
    /// How its init containers are.
    #[prost(message, repeated, tag = "10")]
    #[serde(deserialize_with = "null_as_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
}

/// A condition of a pod; a Deployment's differs on the protobuf wire.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// What it is about.
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[prost(string, tag = "2")]
    pub status: String,
}

/// `v1.ContainerStatus`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    /// What it does now.
    #[prost(message, optional, tag = "2")]
    pub state: Option<ContainerState>,
    /// How often it was restarted.
    #[prost(int32, tag = "5")]
    pub restart_count: i32,
}

/// `v1.ContainerState`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// Why it waits.
    #[prost(message, optional, tag = "1")]
    pub waiting: Option<Waiting>,
}

/// `v1.ContainerStateWaiting`.
#[derive(Clone, PartialEq, Eq, Message, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// In one word.
    #[prost(string, tag = "1")]
    pub reason: String,
}

impl Object for Pod {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Encoded for Pod {}
