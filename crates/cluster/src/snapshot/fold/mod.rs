//! Folds objects of the wire into parts of the picture. Pure.
//!
//! One function for each kind; an object that the picture has no place for gives nothing.

mod config;
mod installer;
mod pod;
mod traits;
mod webhook;
mod workload;

use std::collections::BTreeMap;

use meshlift_core::inventory::{self, Budget, Labels, Name, Namespace};
use meshlift_core::version::MeshVersion;

use super::names::Names;
use crate::wire::{self, ObjectMeta};

pub(super) use config::{Endpoints, INJECTOR_CONFIG, ProxyConfig, config, endpoints};
pub(super) use pod::{HeldPod, ReplicaSetOwner, is_unread, pod};
pub(crate) use webhook::selector_of;
pub(super) use webhook::{injector, validator};
pub(super) use workload::{HeldWorkload, NETWORK_LABEL, Plane, workload};

/// Names an object of a feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) namespace: Name,
    pub(super) name: Name,
}

/// A part of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Namespace(Namespace),
    Injector(inventory::Injector),
    Validator(inventory::Validator),
    Workload(Box<HeldWorkload>),
    Budget(Budget),
    Pod(Box<HeldPod>),
    Config(ProxyConfig),
    Endpoints(Endpoints),
}

impl Key {
    pub(super) fn of(meta: &ObjectMeta) -> Self {
        Self { namespace: meta.namespace.as_str().into(), name: meta.name.as_str().into() }
    }
}

/// A namespace.
pub(super) fn namespace(names: &Names, object: &wire::Namespace) -> Entry {
    let wire::Namespace { metadata, status } = object;
    Entry::Namespace(Namespace {
        name: names.share(&metadata.name),
        uid: metadata.uid.as_str().into(),
        labels: labels(names, &metadata.labels),
        terminating: metadata.deletion_timestamp.is_some() || status.phase == "Terminating",
    })
}

/// A disruption budget. One without a selector covers no pod.
pub(super) fn budget(names: &Names, object: wire::Budget) -> Option<Entry> {
    let wire::Budget { metadata, spec, status } = object;
    Some(Entry::Budget(Budget {
        namespace: names.share(&metadata.namespace),
        name: metadata.name.into(),
        selector: webhook::selector(names, &spec.selector?),
        disruptions_allowed: u32::try_from(status.disruptions_allowed).unwrap_or_default(),
    }))
}

fn labels(names: &Names, labels: &BTreeMap<String, String>) -> Labels {
    labels.iter().map(|(key, value)| (names.share(key), names.share(value))).collect()
}

/// The version that an image's tag names; none for a digest or a tag that is no version.
fn version_of(image: &str) -> Option<MeshVersion> {
    let without_digest = image.split('@').next()?;
    let last = without_digest.rsplit('/').next()?;
    let (_, tag) = last.split_once(':')?;
    tag.parse().ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::version_of;

    #[rstest]
    #[case::plain("docker.io/istio/proxyv2:1.30.5", Some("1.30.5"))]
    #[case::variant("proxyv2:1.30.5-distroless", Some("1.30.5"))]
    #[case::vendor("registry/acs/proxyv2:v1.18.0.158-gc6cf0b9c-aliyun", Some("1.18.0.158"))]
    #[case::with_digest("istio/proxyv2:1.30.5@sha256:0123", Some("1.30.5"))]
    #[case::only_digest("istio/proxyv2@sha256:0123", None)]
    #[case::port_and_no_tag("registry:5000/istio/proxyv2", None)]
    #[case::latest("istio/proxyv2:latest", None)]
    #[case::injected_later("auto", None)]
    fn reads_a_version_from_a_tag(#[case] image: &str, #[case] expected: Option<&str>) {
        assert_eq!(version_of(image).map(|version| version.numbers()).as_deref(), expected);
    }
}
