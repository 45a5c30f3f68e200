//! The workloads that have a pod template, as JSON. One struct serves all three: no field name
//! means different things in two of them.

use serde::Deserialize;
use serde_json::Value;

use super::values::null_as_default;
use super::{IntOrString, Object, ObjectMeta};

/// `apps/v1.Deployment`, `StatefulSet` or `DaemonSet`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Workload {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Spec.
    pub spec: WorkloadSpec,
    /// Status.
    pub status: WorkloadState,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadSpec {
    /// Pods wanted; a DaemonSet has none.
    pub replicas: Option<i32>,
    /// Whether rollouts are paused.
    pub paused: bool,
    /// How a Deployment replaces pods.
    pub strategy: Option<Strategy>,
    /// How a StatefulSet or a DaemonSet does.
    pub update_strategy: Option<Strategy>,
    /// The pod template, whole: its digest covers every field.
    pub template: Value,
}

/// How pods are replaced.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Strategy {
    /// `RollingUpdate`, `Recreate` or `OnDelete`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The figures of a rolling update.
    pub rolling_update: Option<StrategyParameters>,
}

/// The figures of a rolling update.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StrategyParameters {
    /// Pods that may be missing.
    pub max_unavailable: Option<IntOrString>,
    /// Pods that may be extra.
    pub max_surge: Option<IntOrString>,
    /// The first ordinal of a StatefulSet that is replaced.
    pub partition: Option<i32>,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadState {
    /// The generation that the controller has seen.
    pub observed_generation: i64,
    /// Pods of a Deployment or a StatefulSet.
    pub replicas: i32,
    /// Of the newest template.
    pub updated_replicas: i32,
    /// Ready.
    pub ready_replicas: i32,
    /// Available.
    pub available_replicas: i32,
    /// A DaemonSet's wanted pods.
    pub desired_number_scheduled: i32,
    /// A DaemonSet's pods.
    pub current_number_scheduled: i32,
    /// Of the newest template.
    pub updated_number_scheduled: i32,
    /// Ready.
    pub number_ready: i32,
    /// Available.
    pub number_available: i32,
    /// A Deployment's conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Progress>,
}

/// A condition of a Deployment.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: String,
    /// In one word.
    pub reason: String,
}

impl Object for Workload {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}
