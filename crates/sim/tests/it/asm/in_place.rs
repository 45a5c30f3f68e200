//! An upgrade in place, from the precheck to the last workload.

use std::time::Duration;

use meshlift_sim::asm::{Edition, NothingNewer, RecordKeys};
use meshlift_sim::{Pace, SimAsm};
use serde_json::{Value, json};

use super::client::{POD_START, demo, denied, detail, good, restart, status, versions};

const TARGET: &str = "v1.17.2.42-gf7619883-aliyun";
const RUNNING: &str = "v1.16.4.93-g7ad2c1e5-aliyun";

async fn upgrade(asm: &SimAsm, form: &[(&str, &str)]) -> Value {
    let id = asm.mesh_id();
    let mesh = [("ServiceMeshId", id.as_str())];
    good(asm, "UpgradeMeshEditionPartially", &[], &[&mesh, form].concat()).await
}

async fn target(asm: &SimAsm) -> Value {
    let id = asm.mesh_id();
    let answer = good(asm, "DescribeUpgradeVersion", &[("ServiceMeshId", &id)], &[]).await;
    answer["Version"]["IstioOperatorVersion"].clone()
}

#[tokio::test(start_paused = true)]
async fn the_control_plane_goes_first_and_takes_its_time() {
    let asm = demo();
    assert_eq!(target(&asm).await, TARGET);
    upgrade(&asm, &[("PreCheck", "true"), ("ExpectedVersion", TARGET)]).await;
    asm.settled().await;
    assert_eq!(detail(&asm).await["ServiceMeshInfo"]["Version"], RUNNING, "a precheck only checks");

    upgrade(&asm, &[("ExpectedVersion", TARGET), ("ASMGatewayContinue", "false")]).await;

    assert_eq!(status(&asm).await["MeshStatus"], "running", "not yet begun");
    tokio::time::sleep(POD_START).await;
    assert_eq!(status(&asm).await["MeshStatus"], "upgrading");
    let during = detail(&asm).await;
    assert_eq!(during["ServiceMeshInfo"]["State"], "updating");
    assert_eq!(during["ServiceMeshInfo"]["Version"], RUNNING);

    asm.settled().await;
    assert_eq!(status(&asm).await["MeshStatus"], "running");
    let after = detail(&asm).await;
    assert_eq!(after["ServiceMeshInfo"]["State"], "running");
    assert_eq!(after["ServiceMeshInfo"]["Version"], TARGET);
    assert_eq!(after["Spec"]["MeshConfig"]["Edition"]["ProxyImageTag"], TARGET);
    for namespace in ["shop", "istio-system"] {
        assert_eq!(versions(asm.data_plane(), namespace), [RUNNING], "{namespace} is as before");
    }
}

#[tokio::test(start_paused = true)]
async fn gateways_and_workloads_follow_to_the_end() {
    let asm = demo();
    upgrade(&asm, &[("ExpectedVersion", TARGET)]).await;
    asm.settled().await;
    assert_eq!(status(&asm).await["FinishedGatewaysNum"], 0);

    let records = "istio-system:ingressgateway,partner-gateway";
    upgrade(&asm, &[("ASMGatewayContinue", "true"), ("UpgradeGatewayRecords", records)]).await;
    assert_eq!(gateway_states(&asm).await, ["pending", "pending"]);
    tokio::time::sleep(POD_START + Duration::from_millis(100)).await;
    assert_eq!(gateway_states(&asm).await, ["upgrading", "pending"], "one after the other");
    asm.settled().await;
    assert_eq!(gateway_states(&asm).await, ["finished", "finished"]);
    assert_eq!(versions(asm.data_plane(), "istio-system"), [TARGET]);

    for namespace in ["shop-test", "catalog", "shop", "payments"] {
        restart(asm.data_plane(), namespace);
        asm.settled().await;
    }
    for namespace in ["shop-test", "catalog", "shop", "payments"] {
        assert_eq!(versions(asm.data_plane(), namespace), [TARGET], "{namespace}");
    }

    upgrade(&asm, &[("ExpectedVersion", "v1.18.0.158-gc6cf0b9c-aliyun")]).await;
    asm.settled().await;
    let list = good(&asm, "DescribeServiceMeshes", &[], &[]).await;
    assert_eq!(list["ServiceMeshes"][0]["Upgradable"], false, "1.18.0.158 is the newest");
}

#[tokio::test(start_paused = true)]
async fn without_a_pace_everything_is_done_at_once() {
    let asm = demo();
    asm.pace(Pace::Instant);
    let began = tokio::time::Instant::now();

    upgrade(&asm, &[("ExpectedVersion", TARGET)]).await;
    asm.settled().await;
    upgrade(&asm, &[("ASMGatewayContinue", "true")]).await;
    asm.settled().await;

    assert_eq!(gateway_states(&asm).await, ["finished", "finished"]);
    assert_eq!(versions(asm.data_plane(), "istio-system"), [TARGET]);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_not_expected_is_refused() {
    let asm = demo();
    let id = asm.mesh_id();
    let form =
        [("ServiceMeshId", id.as_str()), ("ExpectedVersion", "v1.18.0.158-gc6cf0b9c-aliyun")];

    let code = denied(&asm, "UpgradeMeshEditionPartially", &[], &form).await;

    assert_eq!(code, "UpgradedVersion.NotExpected");
    asm.settled().await;
    assert_eq!(detail(&asm).await["ServiceMeshInfo"]["Version"], RUNNING);
}

#[tokio::test(start_paused = true)]
async fn a_busy_instance_takes_no_other_write() {
    let asm = demo();
    let id = asm.mesh_id();
    upgrade(&asm, &[("ExpectedVersion", TARGET)]).await;

    let again = denied(&asm, "UpgradeMeshVersion", &[("ServiceMeshId", &id)], &[]).await;

    assert_eq!(again, "StatusForbidden");
    let canary = asm.console_canary_versions().pop().unwrap();
    let refused = asm.console_deploy_canary(&canary).unwrap_err().to_string();
    assert!(refused.contains("being updated"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_too_old_fails_the_precheck() {
    let asm = SimAsm::builder().kubernetes("v1.22.15-aliyun.1").offer(TARGET).build();
    let id = asm.mesh_id();
    let query = [("ServiceMeshId", id.as_str()), ("PreCheck", "true")];

    assert_eq!(denied(&asm, "UpgradeMeshVersion", &query, &[]).await, "UpgradePreCheck.NotPassed");
}

#[tokio::test(start_paused = true)]
async fn nothing_newer_is_told_in_each_way() {
    let newest = |answer| SimAsm::builder().version(TARGET).nothing_newer(answer).build();

    assert_eq!(target(&newest(NothingNewer::SameVersion)).await, TARGET);
    assert_eq!(target(&newest(NothingNewer::NoVersion)).await, Value::Null);
    let asm = newest(NothingNewer::NotFound);
    let id = asm.mesh_id();
    let query = [("ServiceMeshId", id.as_str())];
    assert_eq!(denied(&asm, "DescribeUpgradeVersion", &query, &[]).await, "ERR404");
}

#[tokio::test(start_paused = true)]
async fn gateways_are_recorded_under_any_key() {
    for (keys, expected) in [
        (RecordKeys::WithNamespace, "istio-system:edge".to_owned()),
        (RecordKeys::NameAlone, "edge".to_owned()),
        (RecordKeys::WithCluster, "{cluster}/istio-system:edge".to_owned()),
    ] {
        let asm = SimAsm::builder().gateway("edge", 1).record_keys(keys).build();

        let records = status(&asm).await["GatewayStatusRecord"].clone();

        let expected = expected.replace("{cluster}", &asm.cluster_id());
        assert_eq!(records[&expected]["Status"], "finished", "{records}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hot_patch_leaves_every_running_proxy_as_it_is() {
    let (asm, patched) = (demo(), "v1.16.4.97-g00000000-aliyun");

    asm.hot_patch(patched).unwrap();
    asm.settled().await;

    assert_eq!(detail(&asm).await["ServiceMeshInfo"]["Version"], patched);
    assert_eq!(versions(asm.data_plane(), "istio-system"), [RUNNING]);
    assert_eq!(gateway_states(&asm).await, ["finished", "finished"], "no gateway is stale");
    assert_eq!(versions(asm.data_plane(), "catalog"), [RUNNING]);
    restart(asm.data_plane(), "catalog");
    asm.settled().await;
    assert_eq!(versions(asm.data_plane(), "catalog"), [patched], "new ones have the patch");
    assert!(asm.hot_patch(TARGET).is_err(), "another minor is no hot patch");
}

#[tokio::test(start_paused = true)]
async fn the_standard_edition_has_no_canary() {
    let asm = SimAsm::builder().edition(Edition::Standard).offer(TARGET).build();

    let refused = asm.console_deploy_canary(TARGET).unwrap_err().to_string();

    assert!(refused.contains("edition"), "{refused}");
    assert_eq!(detail(&asm).await["ClusterSpec"], json!("standard"));
}

async fn gateway_states(asm: &SimAsm) -> Vec<String> {
    let records = status(asm).await["GatewayStatusRecord"].clone();
    let records = records.as_object().cloned().unwrap();
    records.values().map(|record| record["Status"].as_str().unwrap().to_owned()).collect()
}
