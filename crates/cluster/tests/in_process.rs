//! The simulator through the very layers that real clusters are reached by.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use meshlift_cluster::connection::Connection;
use meshlift_cluster::door::Door;
use meshlift_cluster::snapshot::{self, Reading};
use meshlift_core::inventory::{
    Installer, Kind, Role, RolloutState, Snapshot, Workload, WorkloadRef,
};
use meshlift_sim::SimMesh;
use serde_json::json;
use tokio_util::sync::CancellationToken;

async fn connect(mesh: &SimMesh) -> Connection {
    let mesh = mesh.clone();
    Connection::in_process("demo", Arc::new(move || mesh.dial()), Door::new(true)).await.unwrap()
}

/// The first whole picture that satisfies `done`. The clock is paused: an hour passes at once when
/// nothing is left to happen.
async fn until(
    readings: &mut (impl Stream<Item = Reading> + Unpin),
    done: impl Fn(&Snapshot) -> bool,
) -> Arc<Snapshot> {
    loop {
        match tokio::time::timeout(Duration::from_hours(1), readings.next()).await {
            Ok(Some(Reading::Ready(snapshot))) if done(&snapshot) => return snapshot,
            Ok(Some(Reading::Ready(_) | Reading::Page(_))) => {}
            other => panic!("the picture never came, but {other:?}"),
        }
    }
}

fn is_restartable(snapshot: &Snapshot, workload: &Workload) -> bool {
    workload.reference.kind == Kind::Deployment
        && workload.role == Role::Application
        && workload.status.desired > 1
        && snapshot.pods_of(&workload.reference).all(|pod| pod.proxy.is_some())
        && snapshot.pods_of(&workload.reference).next().is_some()
}

#[tokio::test(start_paused = true)]
async fn the_demo_is_read_as_a_mesh() {
    let mesh = SimMesh::demo(7);
    let connection = connect(&mesh).await;

    let snapshot = snapshot::read(&connection).await.unwrap();

    assert_eq!(connection.target().context(), "demo");
    assert_eq!(snapshot.cluster.uid, "6a1de3c0-5eed-4d00-8000-000000000001");
    assert_eq!(snapshot.unreadable, [], "the simulator answers everything that is read");
    assert_eq!(snapshot.unsupported, []);
    let plane = snapshot.control_plane("1-30").unwrap();
    assert_eq!(plane.version.as_ref().unwrap().numbers(), "1.30.5");
    assert_eq!(plane.proxy.as_ref().unwrap().version, plane.version);
    assert_eq!(plane.installer, Installer::Istioctl);
    assert!(plane.is_ready() && plane.endpoints == Some(plane.replicas), "{plane:?}");
    assert!(snapshot.injectors.iter().any(|one| one.tag.as_deref() == Some("default")));
    for role in
        [Role::Application, Role::ControlPlane, Role::InjectedGateway, Role::InstalledGateway]
    {
        assert!(snapshot.workloads.values().any(|one| one.role == role), "{role:?} is there");
    }
    let owned = |reference: &WorkloadRef| match reference.kind {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => {
            snapshot.workloads.contains_key(reference)
        }
        Kind::ReplicaSet | Kind::Job | Kind::CronJob | Kind::Other => true,
    };
    assert!(snapshot.pods.values().filter_map(|pod| pod.workload.as_ref()).all(owned));
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_followed_to_its_end() {
    let mesh = SimMesh::demo(7);
    let connection = connect(&mesh).await;
    let mut readings = snapshot::watch(connection, CancellationToken::new());
    let before = until(&mut readings, |_| true).await;
    let found = before.workloads.values().find(|one| is_restartable(&before, one)).unwrap();
    let (reference, hash) = (found.reference.clone(), found.template.hash.clone());
    let uids = |snapshot: &Snapshot| -> Vec<String> {
        snapshot.pods_of(&reference).map(|pod| pod.uid.to_string()).collect()
    };
    let old = uids(&before);

    let restarted =
        mesh.meddle("deployments.apps", &reference.namespace, &reference.name, |object| {
            object["spec"]["template"]["metadata"]["annotations"]["meshlift.dev/restarted-by"] =
                json!("run-1/wave-1");
        });
    assert!(restarted, "{reference} is in the simulator as well");
    let after = until(&mut readings, |now| {
        now.workloads[&reference].template.restarted_by.is_some()
            && now.workloads[&reference].status.rollout() == RolloutState::Complete
            && uids(now).iter().all(|uid| !old.contains(uid))
            && now.pods_of(&reference).all(|pod| pod.ready)
    })
    .await;

    assert_eq!(uids(&after).len(), old.len());
    assert_eq!(after.workloads[&reference].template.hash, hash, "a restart changes no template");
    for pod in after.pods_of(&reference) {
        assert_eq!(pod.restarted_by.as_deref(), Some("run-1/wave-1"), "{}", pod.reference);
    }
}
