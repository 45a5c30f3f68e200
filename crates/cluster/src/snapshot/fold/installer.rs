//! Which tool owns a control plane, by the marks that it leaves on the Deployment.

use meshlift_core::inventory::Installer;
use meshlift_core::version::MeshVersion;

use crate::wire::ObjectMeta;

/// The owner. A tool that puts objects back when others change them comes before the one that
/// rendered them: whoever changes the mesh must change it there.
pub(super) fn installer(
    metadata: &ObjectMeta,
    revision: &str,
    version: Option<&MeshVersion>,
) -> Installer {
    let label = |key: &str| metadata.labels.get(key).map(String::as_str);
    let marked = |prefix: &str| {
        metadata.labels.keys().chain(metadata.annotations.keys()).any(|key| key.starts_with(prefix))
    };
    if is_vendors(metadata, revision) || version.is_some_and(MeshVersion::is_asm) {
        return Installer::Vendor;
    }
    if marked("argocd.argoproj.io/") {
        return Installer::ArgoCd;
    }
    if marked("kustomize.toolkit.fluxcd.io/") || marked("helm.toolkit.fluxcd.io/") {
        return Installer::Flux;
    }
    let owned_by_sail = metadata.owners.iter().any(|owner| owner.kind == "IstioRevision");
    if owned_by_sail || label("app.kubernetes.io/managed-by") == Some("sail-operator") {
        return Installer::Sail;
    }
    if metadata.annotations.contains_key("meta.helm.sh/release-name") {
        return Installer::Helm;
    }
    if label("operator.istio.io/managed") == Some("Reconcile") {
        return Installer::Istioctl;
    }
    Installer::Unknown
}

fn is_vendors(metadata: &ObjectMeta, revision: &str) -> bool {
    matches!(metadata.namespace.as_str(), "aks-istio-system" | "d8-istio" | "kyma-system")
        || revision.starts_with("asm-managed")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case::istioctl(json!({"labels": {"operator.istio.io/managed": "Reconcile"}}), Installer::Istioctl)]
    #[case::helm(json!({"annotations": {"meta.helm.sh/release-name": "istiod"}}), Installer::Helm)]
    #[case::helm_by_argo(json!({"annotations": {"argocd.argoproj.io/tracking-id": "istiod:apps/Deployment"}, "labels": {"operator.istio.io/managed": "Reconcile"}}), Installer::ArgoCd)]
    #[case::flux(json!({"labels": {"helm.toolkit.fluxcd.io/name": "istiod"}, "annotations": {"meta.helm.sh/release-name": "istiod"}}), Installer::Flux)]
    #[case::sail(json!({"ownerReferences": [{"kind": "IstioRevision", "name": "default"}], "annotations": {"meta.helm.sh/release-name": "istiod"}}), Installer::Sail)]
    #[case::azure(json!({"namespace": "aks-istio-system", "annotations": {"meta.helm.sh/release-name": "istiod"}}), Installer::Vendor)]
    #[case::a_chart_label_is_no_release(json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}), Installer::Unknown)]
    fn knows_the_owner(#[case] metadata: Value, #[case] expected: Installer) {
        let metadata: ObjectMeta = serde_json::from_value(metadata).unwrap();

        assert_eq!(installer(&metadata, "default", None), expected);
    }

    #[test]
    fn a_vendors_build_is_a_vendors() {
        let version: MeshVersion = "v1.18.0.158-gc6cf0b9c-aliyun".parse().unwrap();

        let found = installer(&ObjectMeta::default(), "default", Some(&version));

        assert_eq!(found, Installer::Vendor);
    }
}
