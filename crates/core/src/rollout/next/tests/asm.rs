//! Runs over an ASM instance that works behind its answers, with crashes at every point.

mod cloud;
mod proxies;

use rstest::rstest;

use self::cloud::{Cloud, Hurry};
use super::*;
use crate::asm::HandOff;
use crate::inventory::{GatewayCanary, MeshUpgrade};
use crate::rollout::testing::Crash;
use crate::rollout::{
    Move, Pace, compose_asm_canary, compose_asm_gateway_canary, compose_asm_gateways,
    compose_asm_promote, compose_asm_revoke, compose_asm_unpublish, compose_asm_upgrade,
    compose_move, compose_restart,
};
use crate::version::MeshVersion;

fn version(text: &str) -> MeshVersion {
    text.parse().unwrap()
}

fn upgrade(cloud: &Cloud) -> Plan {
    compose_asm_upgrade(&cloud.snapshot(), &version("1.17.2.42")).unwrap()
}

fn everything(cloud: &Cloud) -> Plan {
    let snapshot = cloud.snapshot();
    let all: Vec<_> = snapshot
        .workloads
        .keys()
        .filter(|workload| &*workload.namespace != "istio-system")
        .cloned()
        .collect();
    compose_restart(&snapshot, &all, &Pace::default()).unwrap()
}

fn moved(cloud: &Cloud, to: &str) -> Plan {
    let wish = Move {
        namespaces: vec!["shop".into()],
        to: to.into(),
        earlier: std::collections::BTreeMap::default(),
        restart: Some(Pace::default()),
    };
    compose_move(&cloud.snapshot(), &wish).unwrap()
}

/// In place to the end: control plane, gateways, workloads.
#[test]
fn in_place_ends_with_every_proxy_on_the_target() {
    let mut cloud = Cloud::new("1.16.4.93");

    for plan in [upgrade, |cloud: &Cloud| gateways(cloud, &[]), everything] {
        let plan = plan(&cloud);
        let progress = cloud.run(&plan, Crash::Never);
        assert!(progress.has_succeeded(), "ended with {:?}", progress.outcome);
    }

    assert_eq!(cloud.sent, ["precheck", "upgrade", "gateway a", "gateway b"]);
    for (pod, proxy) in cloud.proxies() {
        assert_eq!(proxy.as_deref(), Some("1.17.2.42"), "{pod}");
    }
}

fn gateways(cloud: &Cloud, chosen: &[&str]) -> Plan {
    let chosen: Vec<_> = chosen.iter().map(|name| (*name).into()).collect();
    compose_asm_gateways(&cloud.snapshot(), &chosen).unwrap()
}

#[test]
fn canary_promoted_and_old_version_unpublished() {
    let mut cloud = Cloud::new("1.16.4.93");
    let deploy = compose_asm_canary(&cloud.snapshot(), &version("1.18.0.158")).unwrap();

    assert!(cloud.run(&deploy, Crash::Never).has_succeeded(), "deployed");
    let plan = moved(&cloud, "1-18-0");
    assert!(cloud.run(&plan, Crash::Never).has_succeeded(), "moved");
    let plan = compose_asm_promote(&cloud.snapshot(), &"1-18-0".into()).unwrap();
    assert!(cloud.run(&plan, Crash::Never).has_succeeded(), "promoted");
    let plan = gateways(&cloud, &[]);
    assert!(cloud.run(&plan, Crash::Never).has_succeeded(), "gateways");
    let plan = compose_asm_unpublish(&cloud.snapshot(), &"1-16-4".into()).unwrap();
    assert!(cloud.run(&plan, Crash::Never).has_succeeded(), "unpublished");

    assert_eq!(cloud.by_hand, ["deploy 1-18-0", "promote 1-18-0", "unpublish 1-16-4"]);
    assert_eq!(cloud.sent, ["label shop", "gateway a", "gateway b"]);
    assert_eq!(cloud.snapshot().control_planes.len(), 1);
}

#[test]
fn canary_revoked_leaves_everything_as_it_was() {
    let mut cloud = Cloud::new("1.16.4.93");
    let before = cloud.proxies();
    let deploy = compose_asm_canary(&cloud.snapshot(), &version("1.18.0.158")).unwrap();
    cloud.run(&deploy, Crash::Never);
    let plan = moved(&cloud, "1-18-0");
    cloud.run(&plan, Crash::Never);

    let earlier = std::collections::BTreeMap::default();
    let plan = compose_asm_revoke(&cloud.snapshot(), &"1-18-0".into(), &earlier, &Pace::default())
        .unwrap();
    let progress = cloud.run(&plan, Crash::Never);

    assert!(progress.has_succeeded(), "ended with {:?}", progress.outcome);
    assert_eq!(cloud.proxies(), before);
    assert_eq!(cloud.by_hand, ["deploy 1-18-0", "revoke 1-18-0"]);
}

#[rstest]
#[case::upgrade(upgrade)]
#[case::deploy(|cloud: &Cloud| compose_asm_canary(&cloud.snapshot(), &version("1.18.0.158")).unwrap())]
fn a_crash_at_any_event_repeats_no_effect(#[case] plan: fn(&Cloud) -> Plan) {
    let mut straight = Cloud::new("1.16.4.93");
    let plan = plan(&straight);
    straight.run(&plan, Crash::Never);
    let events = straight.tape.len();

    for event in 1..events {
        for lost in [false, true] {
            for hurry in [Hurry::AtOnce, Hurry::Later] {
                let mut cloud = Cloud::new("1.16.4.93");
                cloud.hurry = hurry;
                let progress = cloud.run(&plan, Crash::After { event, lost });

                let at = format!("crash after {event}, outcome lost: {lost}, {hurry:?}");
                assert!(progress.has_succeeded(), "{at}: {:?}", progress.outcome);
                let upgrades = cloud.sent.iter().filter(|call| *call != "precheck");
                let once = straight.sent.iter().filter(|call| *call != "precheck");
                assert!(upgrades.eq(once), "{at}: sent {:?}", cloud.sent);
                assert_eq!(cloud.snapshot(), straight.snapshot(), "{at}");
            }
        }
    }
}

#[rstest]
#[case::gateways(|cloud: &Cloud| gateways(cloud, &[]))]
#[case::workloads(everything)]
fn a_crash_in_the_data_plane_repeats_no_effect(#[case] plan: fn(&Cloud) -> Plan) {
    let mut ready = Cloud::new("1.16.4.93");
    let first = upgrade(&ready);
    ready.run(&first, Crash::Never);
    let plan = plan(&ready);
    let mut straight = ready.clone();
    straight.run(&plan, Crash::Never);

    for event in 1..straight.tape.len() {
        for lost in [false, true] {
            let mut cloud = ready.clone();
            let progress = cloud.run(&plan, Crash::After { event, lost });

            assert!(progress.has_succeeded(), "crash after {event}, lost: {lost}");
            assert_eq!(cloud.sent, straight.sent, "crash after {event}, lost: {lost}");
            assert_eq!(cloud.restarts, straight.restarts, "crash after {event}, lost: {lost}");
        }
    }
}

#[test]
fn one_gateway_is_upgraded_and_the_other_stays() {
    let mut cloud = Cloud::new("1.16.4.93");
    let first = upgrade(&cloud);
    cloud.run(&first, Crash::Never);

    let plan = gateways(&cloud, &["b"]);
    assert!(cloud.run(&plan, Crash::Never).has_succeeded());

    assert_eq!(cloud.sent.last().map(String::as_str), Some("gateway b"));
    let snapshot = cloud.snapshot();
    assert!(crate::asm::runs(&snapshot, "b", &version("1.17.2.42")));
    assert!(crate::asm::runs(&snapshot, "a", &version("1.16.4.93")));
}

#[test]
fn a_gateway_canary_comes_and_goes() {
    let mut cloud = Cloud::new("1.22.6.114");
    for canary in [GatewayCanary::Wanted, GatewayCanary::Unwanted] {
        let plan = compose_asm_gateway_canary(&cloud.snapshot(), &"a".into(), canary).unwrap();
        let progress = cloud.run(&plan, Crash::Never);
        assert!(progress.has_succeeded(), "{canary:?}: {:?}", progress.outcome);
    }
    assert_eq!(cloud.sent, ["canary of a: Wanted", "canary of a: Unwanted"]);
}

#[test]
fn an_upgrade_that_failed_is_asked_about_and_a_retry_sends_it_again() {
    let mut cloud = Cloud::new("1.16.4.93");
    cloud.failing = true;
    let plan = upgrade(&cloud);

    let question = cloud.run_to_question(&plan);

    let Failure::Asm { why } = &question.failure else { panic!("asked {question:?}") };
    assert_eq!(why, "the simulated upgrade failed");
    assert_eq!(question.answers, [Answer::Retry, Answer::Abort]);

    cloud.failing = false;
    cloud.answer(&question, Answer::Retry);
    let progress = cloud.run(&plan, Crash::Never);

    assert!(progress.has_succeeded(), "ended with {:?}", progress.outcome);
    assert_eq!(cloud.sent, ["precheck", "upgrade", "upgrade"], "once more, because it was asked");
}

#[test]
fn an_upgrade_that_takes_too_long_is_asked_about() {
    let mut cloud = Cloud::new("1.16.4.93");
    cloud.hurry = Hurry::Never;
    let plan = upgrade(&cloud);

    let question = cloud.run_to_question(&plan);

    assert_eq!(question.failure, Failure::Timeout { minutes: 30 });
    assert_eq!(cloud.sent, ["precheck", "upgrade"]);
}

#[test]
fn nothing_is_sent_while_the_instance_is_busy_with_something_else() {
    let mut cloud = Cloud::new("1.16.4.93");
    let plan = upgrade(&cloud);
    cloud.instance.state.0 = "updating".to_owned();

    let waiting = cloud.run_to_waiting(&plan);

    assert_eq!(waiting, Waiting::Instance { state: "updating".to_owned() });
    assert!(cloud.sent.is_empty(), "a hot patch is running (S26)");
}

#[test]
fn a_run_belongs_to_its_instance() {
    let mut cloud = Cloud::new("1.16.4.93");
    let plan = upgrade(&cloud);
    cloud.instance.id = "c-other".into();

    let progress = cloud.run(&plan, Crash::Never);

    let failure =
        Failure::OtherInstance { expected: "c-demo".into(), found: Some("c-other".into()) };
    assert_eq!(progress.outcome, Some(Outcome::Failed { failure }));
    assert!(cloud.sent.is_empty());
}

#[test]
fn a_label_that_does_not_arrive_in_the_cluster_is_said() {
    let mut cloud = Cloud::new("1.16.4.93");
    let deploy = compose_asm_canary(&cloud.snapshot(), &version("1.18.0.158")).unwrap();
    cloud.run(&deploy, Crash::Never);
    let plan = moved(&cloud, "1-18-0");
    cloud.syncs = false;

    let question = cloud.run_to_question(&plan);

    let expected = Failure::NotSynced {
        namespace: "shop".into(),
        wanted: "istio.io/rev=1-18-0".to_owned(),
        found: "istio-injection=enabled".to_owned(),
    };
    assert_eq!(question.failure, expected);
    assert!(cloud.restarts.is_empty(), "nothing restarts on a label that is not there");
}

#[test]
fn a_hand_off_waits_as_long_as_it_takes() {
    let mut cloud = Cloud::new("1.16.4.93");
    cloud.operator_is_there = false;
    let plan = compose_asm_canary(&cloud.snapshot(), &version("1.18.0.158")).unwrap();

    let waiting = cloud.run_to_waiting(&plan);

    let task = HandOff::DeployCanary { version: version("1.18.0.158") };
    assert_eq!(waiting, Waiting::HandOff { task });
    assert!(cloud.sent.is_empty(), "only the console can do it (S20)");
}

#[test]
fn a_revoke_is_not_handed_off_while_a_pod_follows_the_canary() {
    let mut cloud = Cloud::new("1.16.4.93");
    let deploy = compose_asm_canary(&cloud.snapshot(), &version("1.18.0.158")).unwrap();
    cloud.run(&deploy, Crash::Never);
    let earlier = std::collections::BTreeMap::default();
    let plan = compose_asm_revoke(&cloud.snapshot(), &"1-18-0".into(), &earlier, &Pace::default())
        .unwrap();
    cloud.operator_is_there = false;
    let move_forward = moved(&cloud, "1-18-0");
    let mut progress = Progress::default();
    let step = plan.steps[0].id.clone();
    fold(&mut progress, at(0), &Event::StepStarted { step });
    let before = next(&plan, &progress, &cloud.observed(&cloud.snapshot(), &cloud.told()), at(1));
    cloud.run(&move_forward, Crash::Never);

    let after = next(&plan, &progress, &cloud.observed(&cloud.snapshot(), &cloud.told()), at(1));

    assert!(
        matches!(before, Decision::Wait { waiting: Waiting::HandOff { .. }, .. }),
        "{before:?}"
    );
    let Decision::Ask(question) = after else { panic!("decided {after:?}") };
    assert!(matches!(question.failure, Failure::StillUsed { .. }), "{:?}", question.failure);
}

#[test]
fn a_status_that_still_says_running_is_no_success() {
    let mut cloud = Cloud::new("1.16.4.93");
    cloud.hurry = Hurry::Never;
    let plan = upgrade(&cloud);
    cloud.run_to_question(&plan);
    cloud.instance.upgrade.mesh = MeshUpgrade::Running;
    cloud.instance.state.0 = "running".to_owned();

    let waiting = cloud.run_to_waiting(&plan);

    assert_eq!(waiting, Waiting::Answer, "the version did not change, so nothing was done");
}
