//! The demo mesh: what is in it, and that its canary plays to the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use meshlift_sim::SimMesh;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::common::{pods, proxy_image};

const CONTROLLERS: [&str; 3] = ["deployments.apps", "statefulsets.apps", "daemonsets.apps"];
const INJECTORS: &str = "mutatingwebhookconfigurations.admissionregistration.k8s.io";

fn text(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Pods by the version of their proxy, but for those that are over.
fn by_version(mesh: &SimMesh) -> BTreeMap<String, usize> {
    let mut versions = BTreeMap::new();
    for pod in mesh.objects("pods") {
        if pod["status"]["phase"] != "Succeeded"
            && let Some(image) = proxy_image(&pod)
        {
            *versions.entry(image.rsplit(':').next().unwrap().to_owned()).or_default() += 1;
        }
    }
    versions
}

#[tokio::test(start_paused = true)]
async fn the_mesh_is_large_enough_and_ready() {
    let mesh = SimMesh::demo(1);

    let workloads: usize = CONTROLLERS.iter().map(|kind| mesh.objects(kind).len()).sum();
    let jobs = mesh.objects("cronjobs.batch").len() + 1;
    assert!((38..=46).contains(&(workloads + jobs)), "{workloads} and {jobs}");
    for pod in mesh.objects("pods") {
        let phase = text(&pod, "/status/phase");
        assert!(["Running", "Succeeded"].contains(&phase.as_str()), "{pod:#}");
    }
    let namespaces: BTreeSet<String> =
        mesh.objects("namespaces").iter().map(|it| text(it, "/metadata/name")).collect();
    for name in ["shop-test", "catalog", "shop", "payments", "batch-jobs", "legacy"] {
        assert!(namespaces.contains(name), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_hard_cases_are_there() {
    let mesh = SimMesh::demo(1);

    let orphan = &pods(&mesh, "legacy", "invoice-export")[0];
    assert_eq!(text(orphan, "/metadata/annotations/istio.io~1rev"), "1-29");
    assert!(mesh.object(INJECTORS, "", "istio-sidecar-injector-1-29").is_none());
    assert!(pods(&mesh, "shop", "node-logger").iter().all(|pod| proxy_image(pod).is_none()));
    assert!(pods(&mesh, "legacy", "soap-adapter").iter().all(|pod| proxy_image(pod).is_none()));
    let ledger = mesh.object("poddisruptionbudgets.policy", "payments", "ledger").unwrap();
    assert_eq!(ledger["status"]["disruptionsAllowed"], 0);
    let classic = &pods(&mesh, "shop", "reviews")[0];
    assert_eq!(classic["spec"]["containers"][1]["name"], "istio-proxy");
    let tag = mesh.object(INJECTORS, "", "istio-revision-tag-default").unwrap();
    assert_eq!(tag["metadata"]["labels"]["istio.io/rev"], "1-30");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_mesh() {
    let names = |mesh: &SimMesh| -> Vec<(String, String)> {
        let pods = mesh.objects("pods");
        pods.iter().map(|it| (text(it, "/metadata/name"), text(it, "/metadata/uid"))).collect()
    };

    assert_eq!(names(&SimMesh::demo(5)), names(&SimMesh::demo(5)));
    assert_ne!(names(&SimMesh::demo(5)), names(&SimMesh::demo(6)));
}

#[tokio::test(start_paused = true)]
async fn the_canary_plays_to_the_end_within_a_minute() {
    let mesh = SimMesh::demo(1);
    let began = Instant::now();
    let install: Vec<String> =
        "install -y --set profile=minimal --set values.pilot.autoscaleMin=2 --set revision=1-31"
            .split(' ')
            .map(str::to_owned)
            .collect();

    let exit = mesh.program(&install, BTreeMap::new()).await;
    assert_eq!(exit.status, 0, "{}", exit.stderr);
    for namespace in ["shop-test", "catalog", "shop", "payments", "batch-jobs", "istio-ingress"] {
        mesh.meddle("namespaces", "", namespace, |it| {
            it["metadata"]["labels"] = json!({ "istio.io/rev": "1-31" });
        });
        restart_all(&mesh, namespace);
        mesh.settled().await;
    }
    let whole =
        [install, vec!["--set".into(), "components.egressGateways.[0].enabled=true".into()]];
    assert_eq!(mesh.program(&whole.concat(), BTreeMap::new()).await.status, 0);
    mesh.settled().await;

    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    let left = by_version(&mesh);
    assert_eq!(left.get("1.29.8"), Some(&1), "the one that a restart would strip: {left:?}");
    assert_eq!(left.get("1.30.5"), Some(&2), "the two pinned ones: {left:?}");
    assert!(left.get("1.31.1").is_some_and(|count| *count > 50), "{left:?}");
}

fn restart_all(mesh: &SimMesh, namespace: &str) {
    for kind in CONTROLLERS {
        for workload in mesh.objects(kind) {
            if text(&workload, "/metadata/namespace") == namespace {
                mesh.meddle(kind, namespace, &text(&workload, "/metadata/name"), |it| {
                    it["spec"]["template"]["metadata"]["annotations"]["meshlift.dev/restarted-by"] =
                        json!("run/wave-1");
                });
            }
        }
    }
}
