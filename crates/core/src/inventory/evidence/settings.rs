//! How a mesh is configured: its mesh config, and the agent that sets pods' networks up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::inventory::{Name, Selector};

/// The mesh config of a revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MeshConfig {
    /// Which namespaces istiod looks at; empty for all.
    pub discovery_selectors: Vec<Selector>,
    /// Whether `enableTracing` is set.
    pub traces: bool,
    /// Whether `defaultProviders.tracing` or `defaultConfig.tracing` names where traces go.
    pub names_tracer: bool,
    /// Tracing providers that it defines.
    pub providers: Vec<TracingProvider>,
    /// Switches in `defaultConfig.proxyMetadata`: only true, false and numbers are kept.
    pub switches: BTreeMap<Name, Name>,
    /// Names of variables in `defaultConfig.proxyMetadata`.
    pub variables: BTreeSet<Name>,
    /// Whether the depth of `X-Forwarded-For` is set.
    pub trusts_proxies: bool,
}

/// A provider of traces in the mesh config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TracingProvider {
    /// Its name.
    pub name: Name,
    /// Its type, such as `opencensus`.
    pub kind: Name,
}

/// Settings of the CNI agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cni {
    /// Namespaces that it leaves out.
    pub excluded: BTreeSet<Name>,
    /// Whether it serves ambient mode.
    pub ambient: bool,
    /// Whether it captures DNS in ambient mode.
    pub captures_dns: bool,
}
