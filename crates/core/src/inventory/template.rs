//! A pod template, reduced to what decides about injection and about the next restart.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Labels, Name};

/// The parts of a pod template that decide about injection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodTemplate {
    /// All labels: webhook selectors may ask for any.
    pub labels: Labels,
    /// Digest of the template without our own restart annotation.
    pub hash: Name,
    /// Value of [`super::RESTARTED_BY`].
    pub restarted_by: Option<Name>,
    /// Annotation `sidecar.istio.io/inject`, which istiod reads after a webhook matched.
    pub inject_annotation: Option<Name>,
    /// Annotation `sidecar.istio.io/proxyImage`: a restart cannot change a pinned image.
    pub proxy_image: Option<Name>,
    /// Whether it shares the host's network: such pods are never injected.
    pub host_network: bool,
    /// Whether a proxy container stands in the template itself (`istioctl kube-inject`).
    pub has_own_proxy: bool,
    /// What else a rule asks about it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traits: BTreeSet<TemplateTrait>,
}

/// Something that a pod template says and that a change between versions treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TemplateTrait {
    /// A container listens on port 22, and no annotation keeps it from being captured.
    ListensOnPort22,
    /// Containers have probes that injection rewrites.
    RewritesProbes,
    /// No container has a readiness probe.
    NoReadinessProbe,
    /// The proxy has a CPU limit of its own and no concurrency.
    LimitsProxyCpu,
    /// An annotation sets the proxy's readiness or startup probe.
    TunesProxyProbe,
    /// The proxy's metadata sets `ISTIO_DELTA_XDS`.
    SetsDeltaXds,
    /// Annotations keep outbound traffic from being captured.
    ExcludesOutbound,
    /// Annotation `sidecar.istio.io/statsFlushInterval` with a minute or more, or less than a second.
    OddStatsFlush,
    /// Annotation `sidecar.istio.io/statsCompression`.
    SetsStatsCompression,
    /// A variable of the metrics' rotation, gone since 1.28.
    RotatesMetrics,
    /// It takes the proxy for an ordinary container: it customises it, or names it as the default.
    AddressesProxy,
    /// Annotation `sidecar.istio.io/nativeSidecar` decides where the proxy stands.
    ChoosesPlacement,
    /// Pods may not share a node with others like them.
    KeepsApart,
    /// It asks istiod's debug endpoints.
    AsksDebug,
    /// It reads istiod's xDS in plaintext.
    AsksXds,
}
