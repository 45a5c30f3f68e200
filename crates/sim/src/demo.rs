//! The mesh that every new user sees first.
//!
//! Istio 1.30.5 as revision `1-30`, with the tag `default`, an injected ingress gateway and an
//! egress gateway of the install's own. About forty workloads of all kinds, among them the ones
//! that make upgrades hard: a sidecar that a restart would lose, a pinned proxy, a budget that
//! spares nothing, a DaemonSet outside the mesh, Jobs that must not be killed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::build::{Builder, Workload};
use crate::cluster::Pace;
use crate::mesh::SimMesh;

/// Version that the demo's mesh runs.
const RUNNING: &str = "1.30.5";
/// Version of the demo's `istioctl`, and so the one to upgrade to.
const WANTED: &str = "1.31.1";
/// How long a pod takes to start.
const POD_START: Duration = Duration::from_millis(1500);

/// The values that the mesh was installed with.
const VALUES: &str = "\
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata:
  namespace: istio-system
spec:
  profile: minimal
  hub: docker.io/istio
  components:
    egressGateways:
      - name: istio-egressgateway
        enabled: true
  values:
    pilot:
      autoscaleMin: 2
";

/// An earlier istiod, without base and gateways.
const ISTIOD_ONLY: [&str; 3] = [
    "revision=1-29",
    "components.base.enabled=false",
    "components.egressGateways.[0].enabled=false",
];

/// The demo's mesh, with its clock at `now`.
pub(crate) fn mesh(seed: u64, now: Timestamp) -> SimMesh {
    let built = SimMesh::builder()
        .seed(seed)
        .at(now)
        .age(SignedDuration::from_hours(24 * 20))
        .cluster_uid("6a1de3c0-5eed-4d00-8000-000000000001")
        .install(RUNNING, VALUES, &["revision=1-30"])
        .istioctl(WANTED)
        .pace(Pace::Demo { pod_start: POD_START });
    let with_legacy = legacy(built);
    let with_shops = shop(catalog(shop_test(with_legacy)));
    batch_jobs(payments(gateways(with_shops))).build()
}

fn gateways(mesh: Builder) -> Builder {
    let rolling = json!({ "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } });
    mesh.namespace("istio-ingress", &[("istio.io/rev", "1-30")]).workload(
        Workload::gateway("istio-ingress", "istio-ingressgateway")
            .replicas(2)
            .spec("strategy", rolling),
    )
}

fn shop_test(mesh: Builder) -> Builder {
    let at = |name| Workload::deployment("shop-test", name);
    mesh.namespace("shop-test", &[("istio.io/rev", "1-30")])
        .workload(at("frontend"))
        .workload(at("cart"))
        .workload(at("checkout"))
        .workload(at("search"))
        .workload(Workload::stateful_set("shop-test", "redis-cart"))
}

fn catalog(mesh: Builder) -> Builder {
    let at = |name| Workload::deployment("catalog", name);
    mesh.namespace("catalog", &[("istio.io/rev", "1-30")])
        .workload(at("catalog-api").replicas(3))
        .workload(at("catalog-indexer"))
        .workload(at("image-resizer").replicas(2))
        .workload(at("price-feed").replicas(2))
        .workload(at("recommendations").replicas(2))
        .workload(Workload::stateful_set("catalog", "catalog-db").replicas(2))
}

fn shop(mesh: Builder) -> Builder {
    let at = |name| Workload::deployment("shop", name);
    mesh.namespace("shop", &[("istio-injection", "enabled")])
        .workload(at("frontend").replicas(3))
        .workload(at("cart").replicas(3))
        .workload(at("checkout").replicas(3))
        .workload(at("currency").replicas(2))
        .workload(at("shipping").replicas(2))
        .workload(at("email"))
        .workload(at("ads").replicas(2))
        .workload(at("reviews").replicas(2).annotation("sidecar.istio.io/nativeSidecar", "false"))
        .workload(at("wishlist").spec("strategy", json!({ "type": "Recreate" })))
        .workload(Workload::stateful_set("shop", "session-store").replicas(3))
        .workload(Workload::stateful_set("shop", "redis-cart").replicas(2))
        .workload(Workload::daemon_set("shop", "edge-cache"))
        .workload(
            Workload::daemon_set("shop", "node-logger").label("sidecar.istio.io/inject", "false"),
        )
        .budget("shop", "checkout", "checkout", 2)
}

fn payments(mesh: Builder) -> Builder {
    let at = |name| Workload::deployment("payments", name);
    let pinned = format!("docker.io/istio/proxyv2:{RUNNING}");
    mesh.namespace("payments", &[("istio-injection", "enabled")])
        .workload(at("payments-api").replicas(3))
        .workload(at("fraud-check").replicas(2))
        .workload(at("card-vault").replicas(2).annotation("sidecar.istio.io/proxyImage", &pinned))
        .workload(at("refunds"))
        .workload(at("settlement"))
        .workload(Workload::stateful_set("payments", "ledger").replicas(2))
        .budget("payments", "ledger", "ledger", 2)
}

fn batch_jobs(mesh: Builder) -> Builder {
    let at = |name| Workload::deployment("batch-jobs", name);
    mesh.namespace("batch-jobs", &[("istio.io/rev", "default")])
        .workload(at("report-worker").replicas(2))
        .workload(at("queue-worker").replicas(2))
        .workload(Workload::finished_job("batch-jobs", "reconcile-2026-11"))
        .workload(Workload::cron_job("batch-jobs", "nightly-report"))
        .workload(Workload::cron_job("batch-jobs", "stock-sync"))
}

/// The namespace itself is outside the mesh. One workload in it asked for revision `1-29`, which
/// an earlier upgrade has removed: its sidecar still runs, and the next restart would lose it.
fn legacy(mesh: Builder) -> Builder {
    let at = |name| Workload::deployment("legacy", name);
    mesh.namespace("legacy", &[])
        .install("1.29.8", VALUES, &ISTIOD_ONLY)
        .workload(at("invoice-export").label("istio.io/rev", "1-29"))
        .retire("1-29")
        .workload(at("erp-bridge"))
        .workload(at("soap-adapter").replicas(2))
        .workload(Workload::stateful_set("legacy", "print-server"))
}
