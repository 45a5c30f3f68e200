//! The instances that every new user sees.
//!
//! [`instance`] is the one to practise an upgrade on: Enterprise Edition on 1.16.4.93, one data-plane
//! cluster, two gateways, five namespaces and about 25 workloads of all kinds. In place it goes to
//! 1.17.2.42 and from there to 1.18.0.158; a canary may go to 1.18.0.158 at once. Among its
//! configuration are pieces that a rule for a later version would speak about. [`gateways`] is a
//! small, newer one, to practise the canary of a gateway on.
//!
//! Nothing in them has to be deleted by hand: whoever plays with it has no kubectl for it, and an old
//! version that a pod follows is not unpublished.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::SimAsm;
use super::build::AsmBuilder;
use crate::build::Workload;
use crate::cluster::Pace;

/// The version that runs. Its hash is made up.
const RUNNING: &str = "v1.16.4.93-g7ad2c1e5-aliyun";
/// What the cloud offers (S19).
const OFFERED: [&str; 2] = ["v1.17.2.42-gf7619883-aliyun", "v1.18.0.158-gc6cf0b9c-aliyun"];
/// The version of the small instance, and what the cloud offers for it. Of the second only the
/// Istio version is known (§5.1): its patch number and both hashes are made up.
const NEWER: (&str, &str) = ("v1.22.6.114-g3d9f0c27-aliyun", "v1.23.6.10-gb48e51d6-aliyun");
/// Kubernetes under the small instance: one on which both of its versions run.
const NEWER_KUBERNETES: &str = "v1.28.9-aliyun.1";
/// How long a pod takes to start.
const POD_START: Duration = Duration::from_millis(1500);

/// The demo's instance, with its clock at `now`.
pub(super) fn instance(seed: u64, now: Timestamp) -> SimAsm {
    let empty = SimAsm::builder()
        .seed(seed)
        .at(now)
        .age(SignedDuration::from_hours(24 * 90))
        .name("shop-prod")
        .version(RUNNING)
        .pace(Pace::Demo { pod_start: POD_START })
        .gateway("ingressgateway", 2)
        .gateway("partner-gateway", 1);
    let offered = OFFERED.iter().fold(empty, |instance, version| instance.offer(version));
    batch(payments(shop(catalog(test(configuration(offered)))))).build()
}

/// A small instance whose gateways can have a canary, which ASM has from 1.20 on (§3.3); between the
/// demo's versions and 1.20 no public source names one.
pub(super) fn gateways(seed: u64, now: Timestamp) -> SimAsm {
    let at = |name| Workload::deployment("web", name);
    SimAsm::builder()
        .seed(seed)
        .at(now)
        .age(SignedDuration::from_hours(24 * 30))
        .name("edge-prod")
        .version(NEWER.0)
        .offer(NEWER.1)
        .kubernetes(NEWER_KUBERNETES)
        .pace(Pace::Demo { pod_start: POD_START })
        .gateway("ingressgateway", 3)
        .gateway("partner-gateway", 2)
        .namespace("web", &[("istio-injection", "enabled")])
        .workload(at("storefront").replicas(3))
        .workload(at("search").replicas(2))
        .build()
}

fn test(instance: AsmBuilder) -> AsmBuilder {
    let at = |name| Workload::deployment("shop-test", name);
    instance
        .namespace("shop-test", &[("istio-injection", "enabled")])
        .workload(at("frontend"))
        .workload(at("cart"))
        .workload(at("checkout"))
        .workload(Workload::stateful_set("shop-test", "redis-cart"))
}

fn catalog(instance: AsmBuilder) -> AsmBuilder {
    let at = |name| Workload::deployment("catalog", name);
    instance
        .namespace("catalog", &[("istio-injection", "enabled")])
        .workload(at("catalog-api").replicas(3))
        .workload(at("image-resizer").replicas(2))
        .workload(at("price-feed").replicas(2))
        .workload(Workload::stateful_set("catalog", "catalog-db").replicas(2))
}

fn shop(instance: AsmBuilder) -> AsmBuilder {
    let at = |name| Workload::deployment("shop", name);
    instance
        .namespace("shop", &[("istio-injection", "enabled")])
        .workload(at("frontend").replicas(3))
        .workload(at("cart").replicas(3))
        .workload(at("checkout").replicas(3))
        .workload(at("shipping").replicas(2))
        .workload(at("email"))
        .workload(at("wishlist").spec("strategy", json!({ "type": "Recreate" })))
        .workload(Workload::stateful_set("shop", "session-store").replicas(3))
        .workload(Workload::daemon_set("shop", "edge-cache"))
        .workload(
            Workload::bare_pod("shop", "debug-shell").label("sidecar.istio.io/inject", "false"),
        )
        .budget("shop", "checkout", "checkout", 2)
}

fn payments(instance: AsmBuilder) -> AsmBuilder {
    let at = |name| Workload::deployment("payments", name);
    instance
        .namespace("payments", &[("istio-injection", "enabled")])
        .workload(at("payments-api").replicas(3))
        .workload(at("fraud-check").replicas(2))
        .workload(at("refunds"))
        .workload(Workload::stateful_set("payments", "ledger").replicas(2))
}

/// Outside the mesh: the pod of a Job that had a sidecar would follow the old version for good.
fn batch(instance: AsmBuilder) -> AsmBuilder {
    instance
        .namespace("batch", &[])
        .workload(Workload::deployment("batch", "report-worker").replicas(2))
        .workload(Workload::job("batch", "stock-sync"))
        .workload(Workload::cron_job("batch", "nightly-report"))
}

fn configuration(instance: AsmBuilder) -> AsmBuilder {
    let route = json!([{ "route": [{ "destination": { "host": "frontend" } }] }]);
    let to_router = json!({
        "applyTo": "HTTP_FILTER",
        "match": { "context": "GATEWAY", "listener": { "filterChain": { "filter": {
            "name": "envoy.filters.network.http_connection_manager",
            "subFilter": { "name": "envoy.filters.http.router" },
        } } } },
        "patch": { "operation": "INSERT_BEFORE", "value": {
            "name": "envoy.filters.http.lua",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                "inlineCode": "function envoy_on_request(handle) end",
            },
        } },
    });
    instance
        .configuration(mesh_object(
            "Gateway",
            "shop",
            json!({
                "selector": { "istio": "ingressgateway" },
                "servers": [{
                    "hosts": ["shop.example.com"],
                    "port": { "name": "http", "number": 80, "protocol": "HTTP" },
                }],
            }),
        ))
        .configuration(mesh_object(
            "VirtualService",
            "shop",
            json!({
                "hosts": ["shop.example.com"], "gateways": ["shop"], "http": route,
            }),
        ))
        .configuration(mesh_object(
            "DestinationRule",
            "rates",
            json!({
                "host": "rates.example.com", "trafficPolicy": { "tls": { "mode": "SIMPLE" } },
            }),
        ))
        .configuration(mesh_object(
            "EnvoyFilter",
            "request-id",
            json!({
                "configPatches": [to_router],
            }),
        ))
}

fn mesh_object(kind: &str, name: &str, spec: Value) -> Value {
    let version = if kind == "EnvoyFilter" { "v1alpha3" } else { "v1beta1" };
    let mut object = json!({
        "apiVersion": format!("networking.istio.io/{version}"),
        "kind": kind,
        "metadata": { "namespace": "istio-system", "name": name },
    });
    object["spec"] = spec;
    object
}
