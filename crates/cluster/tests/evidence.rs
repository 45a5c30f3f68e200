//! What prechecks ask for, read from a simulated mesh.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use meshlift_cluster::connection::Connection;
use meshlift_cluster::door::Door;
use meshlift_cluster::evidence;
use meshlift_cluster::snapshot;
use meshlift_core::inventory::evidence::{Resource, ServiceKind};
use meshlift_core::inventory::{Evidence, TemplateTrait};
use meshlift_sim::{Fault, SimMesh, Workload};
use serde_json::{Value, json};

async fn connect(mesh: &SimMesh) -> Connection {
    let mesh = mesh.clone();
    Connection::in_process("demo", Arc::new(move || mesh.dial()), Door::new(true)).await.unwrap()
}

async fn read(mesh: &SimMesh) -> Evidence {
    let connection = connect(mesh).await;
    let picture = snapshot::read(&connection).await.unwrap();
    evidence::read(&connection, &picture, None).await
}

fn object(api_version: &str, kind: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": { "name": "one", "namespace": "shop", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration":
                format!("{{\"apiVersion\":\"{api_version}\",\"kind\":\"{kind}\",\"password\":\"planted\"}}"),
        } },
        "spec": spec,
    })
}

fn mesh() -> meshlift_sim::Builder {
    SimMesh::builder()
        .install("1.30.5", "", &["profile=minimal", "revision=1-30"])
        .namespace("shop", &[("istio.io/rev", "1-30")])
        .workload(Workload::deployment("shop", "cart").replicas(2))
}

/// Few pods of ambient mode carry a label of the mesh, so they are counted by the server.
#[tokio::test(start_paused = true)]
async fn pods_are_counted_where_ambient_mode_is_used() {
    let plain = mesh().build();
    assert_eq!(read(&plain).await.pods, None, "nobody asks for it");

    let ambient = mesh()
        .namespace("meshed", &[("istio.io/dataplane-mode", "ambient")])
        .workload(Workload::deployment("meshed", "plain").replicas(3))
        .build();
    let seen = snapshot::read(&connect(&ambient).await).await.unwrap().pods.len();

    let counted = read(&ambient).await.pods.unwrap();

    assert!(counted >= seen + 3, "{counted} pods, {seen} of which the mesh knows");
}

#[tokio::test(start_paused = true)]
async fn a_mesh_is_read_without_a_gap() {
    let found = read(&mesh().build()).await;

    assert_eq!(found.gaps, [], "the simulator answers everything that is asked");
    assert_eq!(found.nodes.len(), 3);
    assert!(found.nodes.iter().all(|node| node.ready && node.schedulable), "{:?}", found.nodes);
    assert!(found.root_certificates.contains("shop"), "{:?}", found.root_certificates);
    assert!(found.mesh_configs.contains_key("1-30"), "{:?}", found.mesh_configs.keys());
    assert_eq!(found.sync["1-30"].connected.len(), 2, "both pods of the cart");
    assert!(found.crd("gateways.networking.istio.io").is_some());
    assert!(found.server_clock.is_some());
}

#[tokio::test(start_paused = true)]
async fn objects_are_reduced_to_what_rules_ask() {
    let networking = "networking.istio.io/v1";
    let mesh = mesh()
        .object(object(
            networking,
            "DestinationRule",
            &json!({
                "host": "pay", "trafficPolicy": { "tls": { "mode": "SIMPLE" } },
            }),
        ))
        .object(object(
            "v1",
            "Service",
            &json!({ "type": "ExternalName", "externalName": "pay.example" }),
        ))
        .object(object("v1", "ResourceQuota", &json!({ "hard": { "pods": "1" } })))
        .build();

    let found = read(&mesh).await;

    assert_eq!(found.destination_rules[0].tls.len(), 1);
    let host = ServiceKind::ExternalName { host: "pay.example".into() };
    assert!(found.services.iter().any(|service| service.of == host), "{:?}", found.services);
    assert_eq!(found.applied.len(), 1, "only Istio's objects count: {:?}", found.applied);
    assert_eq!(&*found.applied[0].version, "v1");
    let text = serde_json::to_string(&found).unwrap();
    assert!(!text.contains("planted"), "nothing of a manifest is kept but its version");
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_a_gap_and_nothing_more() {
    let mesh = mesh().build();
    mesh.fault(Fault::Denied { verb: "list".into(), resource: "nodes".into(), namespace: None });

    let found = read(&mesh).await;

    let gaps: Vec<Resource> = found.gaps.iter().map(|gap| gap.of).collect();
    assert_eq!(gaps, [Resource::Nodes]);
    assert!(!found.crds.is_empty(), "everything else is there");
}

#[tokio::test(start_paused = true)]
async fn secrets_are_never_asked_for() {
    let mesh = mesh().build();
    mesh.fault(Fault::Denied { verb: "list".into(), resource: "secrets".into(), namespace: None });
    mesh.fault(Fault::Denied { verb: "get".into(), resource: "secrets".into(), namespace: None });

    assert_eq!(read(&mesh).await.gaps, []);
}

#[tokio::test(start_paused = true)]
async fn a_template_is_reduced_to_facts() {
    let mesh = mesh()
        .workload(
            Workload::deployment("shop", "pay")
                .annotation("traffic.sidecar.istio.io/excludeOutboundPorts", "443"),
        )
        .build();
    let connection = connect(&mesh).await;

    let picture = snapshot::read(&connection).await.unwrap();

    let pay = picture.workloads.values().find(|it| &*it.reference.name == "pay").unwrap();
    assert!(pay.template.traits.contains(&TemplateTrait::ExcludesOutbound), "{:?}", pay.template);
}
