//! Image registries that nothing is published to any more.

/// Places that were retired with Istio 1.31 (`domain/istio.md` §1 fact 12).
const RETIRED: [&str; 3] =
    ["gcr.io/istio-release", "registry.istio.io", "istio-release.storage.googleapis.com"];

/// The retired place that an image comes from.
pub(super) fn retired(image: &str) -> Option<&'static str> {
    RETIRED.into_iter().find(|place| image.starts_with(place))
}
