//! Changes that CRDs run into.

use super::{Crossing, Hit};
use crate::inventory::Installer;
use crate::inventory::evidence::Crd;
use crate::precheck::crds::{older_bundle, update_gateway_api};

/// B116-1: Gateway API CRDs that istiod can't read.
pub(super) fn gateway_api(crossing: &Crossing<'_>) -> Vec<Hit> {
    let gateways = crossing.facts.evidence.crd("gateways.gateway.networking.k8s.io");
    let unread = gateways.filter(|crd| {
        let serves = crd.served.contains("v1beta1") || crd.served.contains("v1");
        !serves || older_bundle(crd, "0.5.0").is_some()
    });
    unread.map(|crd| hit(crd).mended_by(update_gateway_api())).into_iter().collect()
}

/// B124-1: Istio's CRDs that Helm does not own, in a mesh of Helm.
pub(super) fn not_adopted(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let planes = &facts.snapshot.control_planes;
    let Some(plane) = planes.iter().find(|plane| plane.installer == Installer::Helm) else {
        return Vec::new();
    };
    let foreign = facts
        .evidence
        .crds
        .iter()
        .filter(|crd| is_of_base(&crd.name) && crd.helm_release.is_none());
    foreign
        .map(|crd| {
            hit(crd).mended_by(format!(
                "kubectl label crd {0} app.kubernetes.io/managed-by=Helm && kubectl annotate crd {0} \
                 meta.helm.sh/release-name=istio-base meta.helm.sh/release-namespace={1}",
                crd.name, plane.namespace
            ))
        })
        .collect()
}

/// Whether the base chart renders a CRD. Those of the operator, which went with 1.24, it does not.
fn is_of_base(crd: &str) -> bool {
    crd.ends_with(".istio.io")
        && !crd.ends_with(".install.istio.io")
        && !crd.ends_with(".operator.istio.io")
}

/// B128-1: policies in versions that istiod no longer reads.
pub(super) fn old_policies(crossing: &Crossing<'_>) -> Vec<Hit> {
    let evidence = crossing.facts.evidence;
    let policies = evidence.crd("backendtlspolicies.gateway.networking.k8s.io");
    let policies =
        policies.filter(|crd| crd.stored.contains("v1alpha3") || !crd.served.contains("v1"));
    let pools = evidence.crds.iter().filter(|crd| {
        let is_pool = crd.name.starts_with("inferencepools.");
        is_pool && (!crd.served.contains("v1") || crd.stored.iter().any(|it| &**it != "v1"))
    });
    policies
        .into_iter()
        .chain(pools)
        .map(|crd| {
            let versions: Vec<&str> = crd.stored.iter().map(|it| &**it).collect();
            hit(crd).at(versions.join(", ")).mended_by(update_gateway_api())
        })
        .collect()
}

/// B130-2: a `TLSRoute` CRD that istiod silently ignores.
pub(super) fn tls_routes(crossing: &Crossing<'_>) -> Vec<Hit> {
    let routes = crossing.facts.evidence.crd("tlsroutes.gateway.networking.k8s.io");
    let old = routes.and_then(|crd| Some((crd, older_bundle(crd, "1.5.0")?)));
    old.map(|(crd, bundle)| hit(crd).at(&*bundle).mended_by(update_gateway_api()))
        .into_iter()
        .collect()
}

fn hit(crd: &Crd) -> Hit {
    Hit::new(format!("CustomResourceDefinition {}", crd.name))
}
