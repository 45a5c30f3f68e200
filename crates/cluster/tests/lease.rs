//! Two laptops and one mesh, on an API server in memory.

mod api;

use std::time::Duration;

use api::Api;
use meshlift_cluster::door::{Door, IntentId};
use meshlift_cluster::lease::{self, LeaseError, Marker, Watch};

const ADA: &str = "ada@desk/1";
const BO: &str = "bo@sofa/2";
const ISTIO: &str = "istio-system";

fn marker(state: &str) -> Marker {
    Marker {
        run: "run-7".to_owned(),
        operation: "deployCanary".to_owned(),
        cluster: "cluster".to_owned(),
        state: state.to_owned(),
    }
}

#[tokio::test]
async fn the_second_laptop_sees_the_run_of_the_first_and_waits_until_it_is_released() {
    let api = Api::new();
    let (intent, door) = (IntentId::new("lease"), Door::new(false));
    let (ada, bo) = (api.connect(door.clone()).await, api.connect(door).await);

    let mut watch = Watch::default();
    let held = lease::take(&ada, &intent, ISTIO, ADA, &marker("wave 1"), &mut watch).await.unwrap();
    let held = lease::renew(&ada, &intent, &held, &marker("wave 2")).await.unwrap();

    let mut watch = Watch::default();
    let refused = lease::take(&bo, &intent, ISTIO, BO, &marker(""), &mut watch).await;
    let Err(LeaseError::HeldBy { holder, marker: seen }) = refused else {
        panic!("two would work at once: {refused:?}")
    };
    assert_eq!((holder.as_str(), seen), (ADA, marker("wave 2")));

    lease::release(&ada, &intent, held, &marker("done")).await.unwrap();
    let seen = lease::observe(&bo, ISTIO).await.unwrap().unwrap();
    assert_eq!((seen.holder, seen.marker.state.as_str()), (None, "done"));
    let taken = lease::take(&bo, &intent, ISTIO, BO, &marker(""), &mut watch).await.unwrap();
    assert_eq!(taken.holder(), BO);
}

#[tokio::test]
async fn a_renewal_finds_out_that_the_lease_was_taken_over() {
    let api = Api::new();
    let intent = IntentId::new("lease");
    let ada = api.connect(Door::new(false)).await;
    let mut watch = Watch::default();
    let held = lease::take(&ada, &intent, ISTIO, ADA, &marker(""), &mut watch).await.unwrap();

    let path = "/apis/coordination.k8s.io/v1/namespaces/istio-system/leases/meshlift";
    api.edit(path, |lease| lease["spec"]["holderIdentity"] = BO.into());
    let lost = lease::renew(&ada, &intent, &held, &marker("")).await;

    assert!(matches!(&lost, Err(LeaseError::Lost { holder }) if holder == BO), "{lost:?}");
}

#[tokio::test]
async fn a_lease_that_nobody_renews_is_taken_over_and_its_holder_finds_out() {
    let api = Api::new();
    let (intent, door) = (IntentId::new("lease"), Door::new(false));
    let (ada, bo) = (api.connect(door.clone()).await, api.connect(door).await);
    let mut own = Watch::default();
    let held = lease::take(&ada, &intent, ISTIO, ADA, &marker("2/5"), &mut own).await.unwrap();

    let mut watch = Watch::of_leases_that_last(Duration::ZERO);
    let first = lease::take(&bo, &intent, ISTIO, BO, &marker(""), &mut watch).await;
    assert!(matches!(&first, Err(LeaseError::HeldBy { .. })), "one look proves nothing: {first:?}");
    let held = lease::renew(&ada, &intent, &held, &marker("3/5")).await.unwrap();
    let renewed = lease::take(&bo, &intent, ISTIO, BO, &marker(""), &mut watch).await;
    assert!(matches!(&renewed, Err(LeaseError::HeldBy { .. })), "she is there: {renewed:?}");

    let taken = lease::take(&bo, &intent, ISTIO, BO, &marker("1/2"), &mut watch).await.unwrap();
    assert_eq!(taken.holder(), BO);
    let lost = lease::renew(&ada, &intent, &held, &marker("3/5")).await;
    assert!(matches!(&lost, Err(LeaseError::Lost { holder }) if holder == BO), "{lost:?}");
    let seen = lease::observe(&ada, ISTIO).await.unwrap().unwrap();
    assert_eq!((seen.holder.as_deref(), seen.marker.state.as_str()), (Some(BO), "1/2"));
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_no_loss() {
    let api = Api::new();
    let intent = IntentId::new("lease");
    let ada = api.connect(Door::new(false)).await;
    let mut watch = Watch::default();
    let held = lease::take(&ada, &intent, ISTIO, ADA, &marker(""), &mut watch).await.unwrap();

    lease::renew(&ada, &intent, &held, &marker("answer lost")).await.unwrap();
    let again = lease::renew(&ada, &intent, &held, &marker("again")).await;

    assert!(again.is_ok(), "{again:?}");
}

#[tokio::test]
async fn of_two_that_take_it_at_once_one_is_told_who_got_it() {
    let api = Api::new();
    let intent = IntentId::new("lease");
    let bo = api.connect(Door::new(false)).await;
    let path = "/apis/coordination.k8s.io/v1/namespaces/istio-system/leases/meshlift";
    let theirs = serde_json::json!({
        "metadata": { "name": "meshlift" },
        "spec": { "holderIdentity": ADA, "renewTime": "2026-11-24T04:00:00.000000Z" },
    });
    let mut first = Some(theirs);
    api.before_writes(move |objects| {
        if let Some(theirs) = first.take() {
            objects.put(path, theirs);
        }
    });

    let mut watch = Watch::default();
    let refused = lease::take(&bo, &intent, ISTIO, BO, &marker(""), &mut watch).await;

    assert!(
        matches!(&refused, Err(LeaseError::HeldBy { holder, .. }) if holder == ADA),
        "{refused:?}"
    );
}
