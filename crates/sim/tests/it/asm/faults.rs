//! What goes wrong in the cloud on order.

use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;
use meshlift_sim::SimAsm;
use meshlift_sim::asm::{Action, AsmFault, Break};
use tokio::time::Instant;

use super::client::{Answer, Ask, POD_START, demo, denied, detail, good, status};

const RUNNING: &str = "v1.16.4.93-g7ad2c1e5-aliyun";
const TARGET: &str = "v1.17.2.42-gf7619883-aliyun";

async fn list(asm: &SimAsm) -> Result<Answer, String> {
    Ask::new(asm, "DescribeServiceMeshes", &[], &[]).send(asm).await
}

async fn upgrade(asm: &SimAsm) -> Result<Answer, String> {
    let id = asm.mesh_id();
    let query = [("ServiceMeshId", id.as_str())];
    Ask::new(asm, "UpgradeMeshVersion", &query, &[]).send(asm).await
}

async fn version(asm: &SimAsm) -> String {
    detail(asm).await["ServiceMeshInfo"]["Version"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn throttling_says_how_long_it_lasts_or_not() {
    let asm = demo();
    let time_left = Some(Duration::from_millis(1500));
    asm.fault(AsmFault::Throttled { on: Action::Any, times: 1, time_left });
    asm.fault(AsmFault::Throttled { on: Action::Any, times: 1, time_left: None });

    let told = list(&asm).await.unwrap();
    assert_eq!((told.status, told.code()), (StatusCode::BAD_REQUEST, "Throttling.User"));
    let limit = told.headers["x-ratelimit-user"].to_str().unwrap();
    assert!(limit.contains("TimeLeft:1500"), "{limit}");
    let silent = list(&asm).await.unwrap();
    assert_eq!(silent.code(), "Throttling.User");
    assert!(!silent.headers.contains_key("x-ratelimit-user"));
    assert_eq!(list(&asm).await.unwrap().status, 200, "it is over");
}

#[tokio::test(start_paused = true)]
async fn a_server_error_does_nothing() {
    let asm = demo();
    for (status, code) in [(500, "ERR500"), (503, "ServiceUnavailable")] {
        let status = StatusCode::from_u16(status).unwrap();
        asm.fault(AsmFault::Fails { on: Action::Writes, times: 1, status });

        let answer = upgrade(&asm).await.unwrap();

        assert_eq!((answer.status, answer.code()), (status, code));
    }
    asm.settled().await;
    assert_eq!(version(&asm).await, RUNNING);
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_break_after_the_deed() {
    for how in [Break::AnswerLost, Break::HalfAnswer] {
        let asm = demo();
        asm.fault(AsmFault::Breaks { on: Action::named("UpgradeMeshVersion"), times: 1, how });

        assert!(upgrade(&asm).await.is_err(), "{how:?} is no answer");

        asm.settled().await;
        assert_eq!(version(&asm).await, TARGET, "{how:?}: it was done");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_break_before_the_deed() {
    let asm = demo();
    let on = || Action::named("UpgradeMeshVersion");
    asm.fault(AsmFault::Breaks { on: on(), times: 1, how: Break::BeforeDone });
    asm.fault(AsmFault::Breaks { on: on(), times: 1, how: Break::Silence });

    assert!(upgrade(&asm).await.is_err());
    let hour = Duration::from_hours(1);
    assert!(tokio::time::timeout(hour, upgrade(&asm)).await.is_err(), "it was answered");

    asm.settled().await;
    assert_eq!(version(&asm).await, RUNNING);
}

#[tokio::test(start_paused = true)]
async fn a_slow_cloud_answers_in_the_end() {
    let asm = demo();
    let began = Instant::now();
    asm.fault(AsmFault::Slow(Duration::from_secs(20)));

    assert_eq!(list(&asm).await.unwrap().status, 200);
    assert_eq!(began.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_refuses_dates() {
    let asm = demo();
    let rightly_dated = Ask::new(&asm, "DescribeServiceMeshes", &[], &[]);
    asm.fault(AsmFault::ClockSkew(SignedDuration::from_mins(20)));

    assert_eq!(rightly_dated.send(&asm).await.unwrap().code(), "IllegalTimestamp");
    assert_eq!(list(&asm).await.unwrap().code(), "", "who dates by the cloud's clock gets in");
}

#[tokio::test(start_paused = true)]
async fn a_user_may_be_denied_one_action() {
    let asm = demo();
    asm.fault(AsmFault::Forbidden(Action::named("UpgradeMeshVersion")));

    let answer = upgrade(&asm).await.unwrap();

    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "Forbidden.RAM"));
    assert_eq!(list(&asm).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_locked_instance_is_read_only() {
    let asm = demo();
    let id = asm.mesh_id();
    asm.fault(AsmFault::Locked);

    assert_eq!(upgrade(&asm).await.unwrap().code(), "StatusForbidden");
    let form = [("ServiceMeshId", id.as_str())];
    let body = good(&asm, "DescribeServiceMeshAdditionalStatus", &[], &form).await;
    assert_eq!(body["ClusterStatus"]["ApiServerLoadBalancerStatus"]["Locked"], true);
    assert!(asm.console_deploy_canary(TARGET).is_err());

    asm.heal();
    assert_eq!(upgrade(&asm).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_target_can_move_between_two_requests() {
    let asm = demo();
    let id = asm.mesh_id();
    let form = [("ServiceMeshId", id.as_str()), ("ExpectedVersion", TARGET)];
    asm.fault(AsmFault::TargetMoved("v1.17.2.50-g01234567-aliyun".into()));

    let code = denied(&asm, "UpgradeMeshEditionPartially", &[], &form).await;

    assert_eq!(code, "UpgradedVersion.NotExpected");
    let target = good(&asm, "DescribeUpgradeVersion", &[("ServiceMeshId", &id)], &[]).await;
    assert_eq!(target["Version"]["IstioOperatorVersion"], "v1.17.2.50-g01234567-aliyun");
}

#[tokio::test(start_paused = true)]
async fn a_precheck_can_fail() {
    let asm = demo();
    asm.fault(AsmFault::PrecheckFails("an EnvoyFilter uses a name that is gone".into()));

    let answer = upgrade(&asm).await.unwrap();

    assert_eq!(answer.code(), "UpgradePreCheck.NotPassed");
    assert!(answer.body["Message"].as_str().unwrap().contains("EnvoyFilter"), "{}", answer.body);
    asm.settled().await;
    assert_eq!(version(&asm).await, RUNNING);
}

#[tokio::test(start_paused = true)]
async fn a_stuck_upgrade_ends_when_it_is_healed() {
    let asm = demo();
    asm.fault(AsmFault::UpgradeStuck);
    upgrade(&asm).await.unwrap();

    tokio::time::sleep(Duration::from_hours(2)).await;
    assert_eq!(status(&asm).await["MeshStatus"], "upgrading");

    asm.heal();
    tokio::time::sleep(POD_START).await;
    assert_eq!(status(&asm).await["MeshStatus"], "running");
    assert_eq!(version(&asm).await, TARGET);
}

#[tokio::test(start_paused = true)]
async fn a_failed_upgrade_says_why_and_can_be_tried_again() {
    let asm = demo();
    asm.fault(AsmFault::UpgradeFails("a Pilot did not start".into()));
    upgrade(&asm).await.unwrap();
    asm.settled().await;

    assert_eq!(status(&asm).await["MeshStatus"], "upgrading_failed");
    let failed = detail(&asm).await;
    assert_eq!(failed["ServiceMeshInfo"]["ErrorMessage"], "a Pilot did not start");
    assert_eq!(failed["ServiceMeshInfo"]["Version"], RUNNING);

    asm.heal();
    assert_eq!(upgrade(&asm).await.unwrap().status, 200);
    asm.settled().await;
    assert_eq!(status(&asm).await["MeshStatus"], "running");
    assert_eq!(version(&asm).await, TARGET);
}

#[tokio::test(start_paused = true)]
async fn a_held_request_is_done_when_it_is_released() {
    let asm = demo();
    let held = asm.hold(Action::Writes, 1);
    let asked = tokio::spawn({
        let asm = asm.clone();
        async move { upgrade(&asm).await }
    });
    held.reached().await;
    asm.settled().await;
    assert_eq!(version(&asm).await, RUNNING, "it waits before it does anything");

    held.release();
    assert_eq!(asked.await.unwrap().unwrap().status, 200);
    asm.settled().await;
    assert_eq!(version(&asm).await, TARGET);
}
