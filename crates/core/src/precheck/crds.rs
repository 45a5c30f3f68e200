//! P-11: CRDs that would refuse their own update, or that the target ignores.

use semver::Version;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::Name;
use crate::inventory::evidence::Crd;
use crate::version::Minor;

/// State of the CRDs.
pub(super) const ID: &str = "P-11";

/// From this minor on istiod ignores Gateway API CRDs of older bundles (`domain/istio.md` §11).
const SINCE: Minor = Minor { major: 1, minor: 30 };

/// CRD and the oldest bundle of it that is read.
const BUNDLES: [(&str, &str); 3] = [
    ("backendtlspolicies.gateway.networking.k8s.io", "1.4.0"),
    ("grpcroutes.gateway.networking.k8s.io", "1.1.0"),
    ("tcproutes.gateway.networking.k8s.io", "1.6.0"),
];

/// CRDs that keep objects in a version which they no longer serve, and Gateway API CRDs that are
/// older than the target reads.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let crds = &facts.evidence.crds;
    let stuck = crds.iter().filter_map(stored_unserved);
    let target = facts.aim.target.minor();
    let old = crds.iter().filter(|_| target >= SINCE).filter_map(|crd| {
        let (_, minimum) = BUNDLES.iter().find(|(name, _)| *name == &*crd.name)?;
        let bundle = older_bundle(crd, minimum)?;
        let problem = Problem::BundleTooOld { bundle, minimum: (*minimum).to_owned() };
        Some(finding(crd, problem).mended_by(update_gateway_api()))
    });
    stuck.chain(old).collect()
}

/// The bundle of a CRD when it is older than a minimum.
pub(super) fn older_bundle(crd: &Crd, minimum: &str) -> Option<Name> {
    let bundle = crd.bundle.as_ref()?;
    let found = Version::parse(bundle.trim_start_matches('v')).ok()?;
    let minimum = Version::parse(minimum).ok()?;
    // A candidate of a bundle serves what the bundle does.
    let numbers = (found.major, found.minor, found.patch);
    (numbers < (minimum.major, minimum.minor, minimum.patch)).then(|| bundle.clone())
}

/// Command that brings the CRDs of the Gateway API up to date from a file that the user has.
pub(super) fn update_gateway_api() -> String {
    "kubectl apply --server-side -f standard-install.yaml".to_owned()
}

fn stored_unserved(crd: &Crd) -> Option<Finding> {
    let kept: Vec<&str> =
        crd.stored.iter().filter(|it| !crd.served.contains(*it)).map(|it| &**it).collect();
    if kept.is_empty() {
        return None;
    }
    let fix = format!("kubectl get {} -A -o yaml | kubectl replace -f -", crd.name);
    let problem = Problem::StoredVersion { versions: kept.join(", ") };
    Some(finding(crd, problem).mended_by(fix))
}

fn finding(crd: &Crd, problem: Problem) -> Finding {
    let subject = format!("CustomResourceDefinition {}", crd.name);
    Finding::new(ID, Severity::Block, subject, problem)
}
