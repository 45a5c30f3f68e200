//! Answers as the documentation shows them, and as a careless service might send them.

use meshlift_cluster::provider::asm::api::{
    CheckMode, ClusterId, ClusterSpec, GatewayName, GatewayState, MeshId, NamespaceLabels, Reach,
    SlbState, Synced, UpgradeState,
};
use meshlift_cluster::provider::asm::{AsmError, Client};
use secrecy::ExposeSecret;

use super::client;
use super::server::Server;

fn mesh() -> MeshId {
    MeshId("c08b".into())
}

async fn serving(body: &'static str) -> (Server, Client) {
    let server = Server::saying(body).await;
    let client = client(&server);
    (server, client)
}

#[tokio::test]
async fn a_target_version() {
    let (_server, client) = serving(
        r#"{"RequestId":"R","Version":{"IstioOperatorVersion":"v1.17.2.42-gf7619883-aliyun",
            "IstioVersion":"1.17.2","KubernetesVersion":"v1.24.6-aliyun.1"}}"#,
    )
    .await;

    let answer = client.describe_upgrade_version(&mesh()).await.unwrap();

    let target = answer.target().unwrap();
    assert_eq!(target.asm_version, "v1.17.2.42-gf7619883-aliyun");
    assert_eq!(target.istio_version, "1.17.2");
}

#[tokio::test]
async fn the_progress_of_an_upgrade() {
    let (_server, client) = serving(
        r#"{"RequestId":"R","UpgradeDetail":{"MeshStatus":"upgrading_failed","TotalGatewaysNum":"2",
            "FinishedGatewaysNum":1,"GatewayStatusRecord":{"istio-system:ingress":
            {"Status":"upgrading","Message":"success","Version":"1.9.7"},"odd":{"Status":"resting"}}}}"#,
    )
    .await;

    let status = client.describe_service_mesh_upgrade_status(&mesh(), &[], &[]).await.unwrap();

    let detail = status.upgrade_detail;
    assert_eq!(detail.mesh_status, UpgradeState::Failed);
    assert_eq!((detail.total_gateways_num, detail.finished_gateways_num), (2, 1));
    let gateway = |name: &str| {
        let name = GatewayName { namespace: "istio-system".into(), name: name.into() };
        detail.gateway(&name).map(|progress| progress.status.clone())
    };
    assert_eq!(gateway("ingress"), Some(GatewayState::Upgrading));
    assert_eq!(gateway("odd"), Some(GatewayState::Other("resting".into())));
    assert_eq!(gateway("egress"), None);
}

#[tokio::test]
async fn a_list_of_instances() {
    let (server, client) = serving(
        r#"{"RequestId":"R","ServiceMeshes":[{"ClusterSpec":"enterprise","Clusters":["c1"],
            "Endpoints":{"PublicApiServerEndpoint":null},"Upgradable":"true","OwnerId":17,
            "ServiceMeshInfo":{"Name":"shop","Version":1,"State":"running"},
            "Spec":{"MeshConfig":{"Pilot":{"TraceSampling":"0.5"},"StrictMtls":false},
            "Network":{"VSwitches":["vsw-1"]}},"Tag":[{"Key":"env","Value":"prod"}]}]}"#,
    )
    .await;

    let meshes = client.describe_service_meshes(&[]).await.unwrap().service_meshes;

    assert_eq!(meshes[0].cluster_spec, ClusterSpec::Enterprise);
    assert!(meshes[0].upgradable);
    assert_eq!(meshes[0].service_mesh_info.version, "1");
    assert_eq!(meshes[0].spec.network.v_switches, ["vsw-1"]);
    assert_eq!(meshes[0].spec.mesh_config.pilot.trace_sampling, Some(0.5));
    assert_eq!(server.seen()[0].method, "GET");
}

#[tokio::test]
async fn a_canary_shows_in_each_of_its_fields() {
    let (_server, client) = serving(r#"{"ServiceMesh":{"ClusterSpec":"ultimate"}}"#).await;
    let plain = client.describe_service_mesh_detail(&mesh()).await.unwrap().service_mesh;
    assert!(!plain.has_canary());
    assert_eq!(plain.cluster_spec, ClusterSpec::Ultimate);

    for body in [
        r#"{"ServiceMesh":{"Endpoints":{"IntranetCanaryPilotEndpoint":"10.0.0.1:15011"}}}"#,
        r#"{"ServiceMesh":{"Endpoints":{"PublicCanaryPilotEndpoint":"10.0.0.1:15011"}}}"#,
        r#"{"ServiceMesh":{"Spec":{"LoadBalancer":{"CanaryPilotLoadBalancerId":"lb-1"}}}}"#,
        r#"{"ServiceMesh":{"Spec":{"LoadBalancer":{"CanaryPilotPublicEipId":"eip-1"}}}}"#,
    ] {
        let (_server, client) = serving(body).await;
        let found = client.describe_service_mesh_detail(&mesh()).await.unwrap();

        assert!(found.service_mesh.has_canary(), "{body}");
    }
}

#[tokio::test]
async fn compatibility_in_numbers_and_in_text() {
    let (_server, client) = serving(
        r#"{"MetaData":{"CompatibilityInfoList":[
            {"k8s_version":{"MinMajor":1,"MinMinor":"20","MaxMajor":"1","MaxMinor":24},
             "asm_version":{"Major":"1","Minor":16}}]}}"#,
    )
    .await;

    let answer = client.describe_metadata().await.unwrap();

    let row = &answer.meta_data.compatibility_info_list[0];
    assert_eq!((row.k8s_version.min_minor, row.k8s_version.max_minor), (20, 24));
    assert_eq!(row.asm_version.minor, 16);
}

#[tokio::test]
async fn proxies_and_a_refusal_that_looks_like_success() {
    let (_server, client) = serving(
        r#"{"Code":200,"Success":"true","ProxyStatus":[{"ProxyId":"cart-1.shop",
            "ClusterSynced":"SYNCED","ListenerSynced":"STALE (Never Acknowledged)",
            "RouteSynced":"NOT SENT","EndpointSynced":"STALE","EndpointPercent":"100%"}]}"#,
    )
    .await;
    let proxies = client.describe_service_mesh_proxy_status(&mesh()).await.unwrap().proxy_status;
    let kinds = [&proxies[0].cluster_synced, &proxies[0].listener_synced, &proxies[0].route_synced];
    assert_eq!(kinds, [&Synced::Synced, &Synced::NeverAcknowledged, &Synced::NotSent]);

    let (_server, client) =
        serving(r#"{"Code":"403","Message":"no rights","Success":"false","RequestId":"R-5"}"#)
            .await;
    let refused = client.describe_service_mesh_proxy_status(&mesh()).await.unwrap_err();
    assert!(matches!(refused, AsmError::Forbidden(_)), "{refused:?}");
    assert!(refused.to_string().contains("no rights") && refused.to_string().contains("R-5"));
}

#[tokio::test]
async fn cloud_resources_and_namespaces() {
    let (_server, client) = serving(
        r#"{"ClusterStatus":{"PilotLoadBalancerStatus":{"Locked":true,"SLBExistStatus":"conflict"},
            "PilotEIPStatus":"locked"}}"#,
    )
    .await;
    let mode = CheckMode::Full;
    let status = client.describe_service_mesh_additional_status(&mesh(), mode).await.unwrap();
    let balancer = status.cluster_status.pilot_load_balancer_status;
    assert!(balancer.locked);
    assert_eq!(balancer.state, SlbState::Conflict);

    let (_server, client) = serving(
        r#"{"NsList":["shop","pay"],"NsLabels":{"shop":{"istio.io/rev":"1-18-0"},"pay":null}}"#,
    )
    .await;
    let cluster = ClusterId("c1".into());
    let shown = NamespaceLabels::Shown;
    let found = client.describe_guest_cluster_namespaces(&mesh(), &cluster, shown).await.unwrap();
    assert_eq!(found.ns_list, ["shop", "pay"]);
    assert_eq!(found.ns_labels["shop"]["istio.io/rev"], "1-18-0");
}

#[tokio::test]
async fn a_kubeconfig_is_kept_as_a_secret() {
    let (_server, client) =
        serving(r#"{"Kubeconfig":"apiVersion: v1","ExpireTime":"2024-05-28 16:00:00"}"#).await;

    let found = client.describe_service_mesh_kubeconfig(&mesh(), Reach::Public).await.unwrap();

    assert_eq!(found.kubeconfig.expose_secret(), "apiVersion: v1");
    assert!(!format!("{found:?}").contains("apiVersion"), "{found:?}");
}
