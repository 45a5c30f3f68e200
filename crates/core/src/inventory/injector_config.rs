//! What istiod is told about injection, beside the webhooks that ask it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::evidence::Measure;
use super::{Name, Selector};

/// The parts of the `ConfigMap` `istio-sidecar-injector[-<revision>]` that decide about a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InjectorConfig {
    /// What happens to a pod that neither asks for a sidecar nor against it.
    pub policy: InjectionPolicy,
    /// `neverInjectSelector`: pods that it leaves out, before anything else that follows.
    pub never: Vec<Selector>,
    /// `alwaysInjectSelector`: pods that it injects whatever the policy.
    pub always: Vec<Selector>,
    /// `global.imagePullSecrets`: names of the Secrets that new pods pull their proxy with.
    pub pull_secrets: BTreeSet<Name>,
    /// `global.proxy.resources`: what a new proxy requests and is limited to, in thousandths, unless
    /// its pod says otherwise. None when that was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<BTreeMap<Measure, i64>>,
}

/// What istiod does with a pod that says nothing for itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InjectionPolicy {
    /// It injects.
    #[default]
    Enabled,
    /// It does not inject.
    Disabled,
    /// Neither word stands there: istiod injects nothing at all.
    Unknown,
}
