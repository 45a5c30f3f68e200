//! What the API says of the proxies of an instance, as istiods say it of themselves in a mesh of one's own.
//!
//! Entry point: [`Cloud::istiods`]. The API answers for every cluster of the data plane and tells
//! nothing of the replicas behind it, so one answer stands for each control plane.

use std::collections::BTreeMap;

use meshlift_core::inventory::{ControlPlane, PodRef};
use meshlift_core::rollout::{ConnectedProxy, Istiod};
use meshlift_core::version::MeshVersion;

use super::{Cloud, InstanceError};
use crate::provider::asm::api::{ProxyStatus, Synced};

impl Cloud {
    /// Asks which proxies follow which of the instance's control planes, the current one first.
    pub async fn istiods(&self, planes: &[ControlPlane]) -> Result<Vec<Istiod>, InstanceError> {
        let told = self
            .client
            .describe_service_mesh_proxy_status(&self.mesh)
            .await
            .map_err(|source| InstanceError::Read { source: Box::new(source) })?;
        Ok(by_plane(&told.proxy_status, planes))
    }
}

fn by_plane(proxies: &[ProxyStatus], planes: &[ControlPlane]) -> Vec<Istiod> {
    let mut istiods: Vec<Istiod> = planes.iter().map(silent).collect();
    for proxy in proxies {
        let Some(pod) = pod(proxy) else { continue };
        // What it says that it follows may be the predecessor whose name the current one serves too.
        let followed = planes.iter().position(|plane| follows(proxy, plane)).unwrap_or_default();
        if let Some(istiod) = istiods.get_mut(followed) {
            istiod.proxies.insert(pod, connected(proxy));
        }
    }
    istiods
}

/// A control plane that no proxy follows.
fn silent(plane: &ControlPlane) -> Istiod {
    Istiod {
        pod: PodRef { namespace: plane.namespace.clone(), name: plane.deployment.clone() },
        revision: plane.revision.clone(),
        version: plane.version.clone(),
        proxies: BTreeMap::new(),
    }
}

/// Ids are `pod.namespace`; a pod's name may hold dots.
fn pod(proxy: &ProxyStatus) -> Option<PodRef> {
    let (name, namespace) = proxy.proxy_id.rsplit_once('.')?;
    Some(PodRef { namespace: namespace.into(), name: name.into() })
}

fn follows(proxy: &ProxyStatus, plane: &ControlPlane) -> bool {
    let followed: Option<MeshVersion> = proxy.istio_version.parse().ok();
    let runs = plane.version.as_ref().map(MeshVersion::istio);
    followed.is_some_and(|followed| Some(followed.istio()) == runs)
}

fn connected(proxy: &ProxyStatus) -> ConnectedProxy {
    ConnectedProxy {
        version: proxy.proxy_version.parse().ok(),
        synced: is_synced(proxy),
        error: None,
    }
}

/// Whether something was sent, and all of it was acknowledged. A word that nobody documents is never
/// taken for a good one.
fn is_synced(proxy: &ProxyStatus) -> bool {
    let kinds = [
        &proxy.cluster_synced,
        &proxy.listener_synced,
        &proxy.route_synced,
        &proxy.endpoint_synced,
    ];
    let is_fine = |kind: &&Synced| matches!(kind, Synced::Synced | Synced::NotSent);
    kinds.iter().all(is_fine) && kinds.contains(&&Synced::Synced)
}

#[cfg(test)]
mod tests {
    use meshlift_core::inventory::Installer;
    use rstest::rstest;

    use super::*;

    fn plane(version: &str) -> ControlPlane {
        let version: MeshVersion = version.parse().unwrap();
        let revision = version.revision();
        ControlPlane {
            revision: revision.as_str().into(),
            namespace: "istio-system".into(),
            deployment: format!("istiod-{revision}").into(),
            service: format!("istiod-{revision}").into(),
            uid: "c-demo".into(),
            version: Some(version),
            image: "c-demo".into(),
            replicas: 1,
            ready: 1,
            rolling: false,
            endpoints: None,
            proxy: None,
            installer: Installer::Asm,
            switches: BTreeMap::new(),
        }
    }

    fn proxy(id: &str, follows: &str) -> ProxyStatus {
        ProxyStatus {
            proxy_id: id.to_owned(),
            proxy_version: "1.16.4".to_owned(),
            istio_version: follows.to_owned(),
            cluster_synced: Synced::Synced,
            listener_synced: Synced::Synced,
            route_synced: Synced::NotSent,
            endpoint_synced: Synced::Synced,
            endpoint_percent: "100".to_owned(),
        }
    }

    #[test]
    fn each_proxy_is_told_by_the_control_plane_that_it_follows() {
        let planes = [plane("1.18.0.158"), plane("1.16.4")];
        let proxies = [
            proxy("cart-1.2.shop", "1.18.0"),
            proxy("search-1.shop", "1.16.4"),
            proxy("old-1.shop", "1.15.3"),
            proxy("nobody", "1.18.0"),
        ];

        let told = by_plane(&proxies, &planes);

        let of = |istiod: &Istiod| {
            let pods = istiod.proxies.keys().map(ToString::to_string);
            (istiod.revision.to_string(), pods.collect::<Vec<_>>())
        };
        let expected = [
            ("1-18-0".to_owned(), vec!["shop/cart-1.2".to_owned(), "shop/old-1".to_owned()]),
            ("1-16-4".to_owned(), vec!["shop/search-1".to_owned()]),
        ];
        assert_eq!(told.iter().map(of).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case::synced(Synced::Synced, true)]
    #[case::nothing_to_send(Synced::NotSent, true)]
    #[case::stale(Synced::Stale, false)]
    #[case::never_acknowledged(Synced::NeverAcknowledged, false)]
    #[case::a_word_of_tomorrow(Synced::Other("SYNCING".to_owned()), false)]
    fn one_kind_behind_is_behind(#[case] clusters: Synced, #[case] synced: bool) {
        let told = ProxyStatus { cluster_synced: clusters, ..proxy("cart-1.shop", "1.16.4") };

        assert_eq!(connected(&told).synced, synced);
    }

    #[test]
    fn a_proxy_that_nothing_was_sent_to_is_not_in_sync() {
        let nothing = ProxyStatus {
            cluster_synced: Synced::NotSent,
            listener_synced: Synced::NotSent,
            endpoint_synced: Synced::NotSent,
            ..proxy("cart-1.shop", "1.16.4")
        };

        assert!(!connected(&nothing).synced);
    }
}
