//! What ASM's API says of new proxies, at the gate of a workload and at the end of a run.

use rstest::rstest;

use super::*;
use crate::rollout::{
    Asked, ConnectedProxy, Expectation, Istiods, Question, Step, StepAction, StepId,
};

/// An instance after its upgrade, whose workloads are to be restarted.
fn upgraded() -> (Cloud, Plan) {
    let mut cloud = Cloud::new("1.16.4.93");
    let first = upgrade(&cloud);
    assert!(cloud.run(&first, Crash::Never).has_succeeded(), "upgraded");
    let plan = everything(&cloud);
    (cloud, plan)
}

/// Changes what is told of the proxies of one workload that follow the new version.
fn of_cart(istiods: &mut Istiods, change: impl Fn(&mut ConnectedProxy)) {
    let Some(Asked::Answered(told)) = istiods.get_mut("1-17-2") else { return };
    let proxies = told.iter_mut().flat_map(|istiod| &mut istiod.proxies);
    proxies.filter(|(pod, _)| pod.name.starts_with("cart")).for_each(|(_, proxy)| change(proxy));
}

fn unlisted(istiods: &mut Istiods) {
    let Some(Asked::Answered(told)) = istiods.get_mut("1-17-2") else { return };
    for istiod in told {
        istiod.proxies.retain(|pod, _| !pod.name.starts_with("cart"));
    }
}

fn stale(istiods: &mut Istiods) {
    of_cart(istiods, |proxy| proxy.synced = false);
}

/// The API lists the Istio version of a proxy, without ASM's own patch number.
fn without_a_build(istiods: &mut Istiods) {
    of_cart(istiods, |proxy| proxy.version = "1.17.2".parse().ok());
}

fn older(istiods: &mut Istiods) {
    of_cart(istiods, |proxy| proxy.version = "1.16.4".parse().ok());
}

fn refused(istiods: &mut Istiods) {
    let why = "Throttling.User".to_owned();
    istiods.insert("1-17-2".into(), Asked::Unread { why, since: at(0) });
}

#[rstest]
#[case::unlisted(unlisted)]
#[case::stale(stale)]
#[case::of_the_pod_before(older)]
fn a_proxy_that_the_api_does_not_see_is_waited_for(#[case] says: fn(&mut Istiods)) {
    let (mut cloud, plan) = upgraded();
    cloud.says = says;

    let waiting = cloud.run_to_waiting(&plan);

    let Waiting::Proxies { workload } = &waiting else { panic!("waits for {waiting:?}") };
    assert_eq!(&*workload.name, "cart");
    cloud.says = without_a_build;
    assert!(cloud.run(&plan, Crash::Never).has_succeeded(), "it goes on once it is listed");
}

#[test]
fn an_api_that_fails_is_waited_for_with_its_reason() {
    let (mut cloud, plan) = upgraded();
    cloud.says = refused;

    let waiting = cloud.run_to_waiting(&plan);

    let (revision, why) = ("1-17-2".into(), "Throttling.User".to_owned());
    assert_eq!(waiting, Waiting::Istiods { revision, why });
}

#[rstest]
#[case::old_proxies(Cloud::new("1.16.4.93"), |_: &mut Istiods| {}, "not ready on 1-17-2 1.17.2.42")]
#[case::unlisted(Cloud::new("1.17.2.42"), unlisted, "no istiod of 1-17-2 sees on 1.17.2.42")]
#[case::api_fails(Cloud::new("1.17.2.42"), refused, "Throttling.User")]
fn a_proxy_that_is_not_as_promised_is_named(
    #[case] mut cloud: Cloud,
    #[case] says: fn(&mut Istiods),
    #[case] expected: &str,
) {
    let workload = cloud.snapshot().workloads.keys().find(|it| &*it.name == "cart").cloned();
    let (revision, version) = ("1-17-2".into(), version("1.17.2.42"));
    let expect = vec![Expectation::Proxies { workload: workload.unwrap(), revision, version }];
    let mut plan = upgrade(&Cloud::new("1.16.4.93"));
    let id = StepId("verify".to_owned());
    plan.steps = vec![Step { id: id.clone(), action: StepAction::Verify { expect } }];
    let mut progress = Progress::default();
    fold(&mut progress, at(0), &Event::StepStarted { step: id });
    cloud.instance.version = "1.17.2.42".parse().ok();
    cloud.says = says;

    let (snapshot, told) = (cloud.snapshot(), cloud.told());
    let decision = next(&plan, &progress, &cloud.observed(&snapshot, &told), at(400));

    let Decision::Ask(Question { failure: Failure::NotVerified { what }, .. }) = decision else {
        panic!("decided {decision:?}")
    };
    assert!(what[0].contains("cart") && what[0].contains(expected), "{what:?}");
}
