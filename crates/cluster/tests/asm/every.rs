//! One call of every operation, with all of its parameters. The comparison with the official SDK in
//! `tests/asm-sdk` uses the same calls.

use std::collections::BTreeMap;
use std::fmt::Debug;

use meshlift_cluster::door::IntentId;
use meshlift_cluster::provider::asm::api::{
    CheckMode, ClusterId, DeploymentsQuery, EipChange, GatewayName, GatewaySelection, Injection,
    MeshId, Mode, NamespaceLabels, Page, Part, PilotOf, Reach, RoleRequest, ServiceQuery,
    SidecarSettings, TagFilter,
};
use meshlift_cluster::provider::asm::credentials::{Choice, Environment, ProgramUse, find};
use meshlift_cluster::provider::asm::{AsmError, Client, Operation, Region, Setup};

/// Text in which every kind of character stands that an encoding could get wrong.
pub(crate) const WORDS: &str = "a b+c/d=e&f%g~h*i:j,k \u{7f51}\u{683c}";

fn mesh() -> MeshId {
    MeshId("c08ba3fd1e6484b0f8cc1ad8fe10d".into())
}

fn cluster() -> ClusterId {
    ClusterId("c0ffee00112233".into())
}

fn gateways() -> Vec<GatewayName> {
    ["ingressgateway1", "ingressgateway2"]
        .map(|name| GatewayName { namespace: "istio-system".into(), name: name.into() })
        .into()
}

/// Calls the operation, and gives what it answered in the form of a debugger.
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
pub(crate) async fn call(setup: &Setup, operation: Operation) -> Result<String, AsmError> {
    let client = Client::new(setup.clone());
    let (mesh, cluster, intent) = (mesh(), cluster(), IntentId::new("run-1/3"));
    match operation {
        Operation::DescribeUpgradeVersion => client.describe_upgrade_version(&mesh).await.map(told),
        Operation::DescribeServiceMeshUpgradeStatus => client
            .describe_service_mesh_upgrade_status(&mesh, &[cluster], &gateways())
            .await
            .map(told),
        Operation::DescribeVersions => client.describe_versions().await.map(told),
        Operation::DescribeMetadata => client.describe_metadata().await.map(told),
        Operation::DescribeServiceMeshes => {
            let tags = [("env", "prod 1"), ("team", "a+b")]
                .map(|(key, value)| TagFilter { key: key.into(), value: Some(value.into()) });
            client.describe_service_meshes(&tags).await.map(told)
        }
        Operation::DescribeServiceMeshDetail => {
            client.describe_service_mesh_detail(&mesh).await.map(told)
        }
        Operation::DescribeServiceMeshKubeconfig => {
            client.describe_service_mesh_kubeconfig(&mesh, Reach::Private).await.map(told)
        }
        Operation::DescribeClustersInServiceMesh => {
            client.describe_clusters_in_service_mesh(&mesh).await.map(told)
        }
        Operation::DescribeServiceMeshClusters => {
            let page = Page { limit: 50, offset: 100 };
            client.describe_service_mesh_clusters(&mesh, page).await.map(told)
        }
        Operation::DescribeServiceMeshProxyStatus => {
            client.describe_service_mesh_proxy_status(&mesh).await.map(told)
        }
        Operation::DescribeServiceMeshLogs => {
            client.describe_service_mesh_logs(&mesh).await.map(told)
        }
        Operation::DescribeServiceMeshAdditionalStatus => {
            client.describe_service_mesh_additional_status(&mesh, CheckMode::Full).await.map(told)
        }
        Operation::DescribeCCMVersion => client.describe_ccm_version(&mesh).await.map(told),
        Operation::DescribeGuestClusterNamespaces => client
            .describe_guest_cluster_namespaces(&mesh, &cluster, NamespaceLabels::Shown)
            .await
            .map(told),
        Operation::DescribeGuestClusterPods => {
            client.describe_guest_cluster_pods(&mesh, &cluster, "shop").await.map(told)
        }
        Operation::GetDeploymentBySelector => {
            client.get_deployment_by_selector(&mesh, &deployments()).await.map(told)
        }
        Operation::DescribeNamespaceScopeSidecarConfig => {
            client.describe_namespace_scope_sidecar_config(&mesh, "shop").await.map(told)
        }
        Operation::GetRegisteredServiceEndpoints => {
            client.get_registered_service_endpoints(&mesh, &service()).await.map(told)
        }
        Operation::GetRegisteredServiceNamespaces => {
            client.get_registered_service_namespaces(&mesh).await.map(told)
        }
        Operation::DescribeUserPermissions => {
            client.describe_user_permissions(Some("2700001")).await.map(told)
        }
        Operation::GetCallerIdentity => client.get_caller_identity().await.map(told),
        Operation::AssumeRole => client.assume_role(&role()).await.map(told),
        Operation::AssumeRoleWithOIDC => with_token(setup).await,
        Operation::DescribeClusterUserKubeconfig => {
            let region = Region::new("cn-shanghai").unwrap();
            let reach = Reach::Public;
            client.describe_cluster_user_kubeconfig(&region, &cluster, reach, 60).await.map(told)
        }
        Operation::UpgradeMeshVersion => {
            client.upgrade_mesh_version(&mesh, Mode::Check, &intent).await.map(told)
        }
        Operation::UpgradeMeshEditionPartially => client
            .upgrade_mesh_edition_partially(&mesh, &gateway_part(), Mode::Upgrade, &intent)
            .await
            .map(told),
        Operation::RevokeKubeconfig => {
            client.revoke_kubeconfig(&mesh, Reach::Private, &intent).await.map(told)
        }
        Operation::UpdateIstioInjectionConfig => {
            let revision = Injection::Revision("1-18-0".into());
            client.update_istio_injection_config(&mesh, "shop", &revision, &intent).await.map(told)
        }
        Operation::UpdateASMNamespaceFromGuestCluster => {
            client.update_asm_namespace_from_guest_cluster(&mesh, &cluster, &intent).await.map(told)
        }
        Operation::UpdateASMGateway => {
            client.update_asm_gateway(&mesh, "ingressgateway", WORDS, &intent).await.map(told)
        }
        Operation::CreateASMGateway => {
            client.create_asm_gateway(&mesh, "ingressgateway", WORDS, &intent).await.map(told)
        }
        Operation::ModifyServiceMeshName => {
            client.modify_service_mesh_name(&mesh, WORDS, &intent).await.map(told)
        }
        Operation::ModifyPilotEipResource => {
            let bind = EipChange::Bind { eip: "eip-1".into() };
            client.modify_pilot_eip_resource(&mesh, PilotOf::Canary, &bind, &intent).await.map(told)
        }
        Operation::UpdateNamespaceScopeSidecarConfig => client
            .update_namespace_scope_sidecar_config(&mesh, "shop", settings(), &intent)
            .await
            .map(told),
    }
}

fn told<T: Debug>(answer: T) -> String {
    format!("{answer:?}")
}

fn gateway_part() -> Part {
    Part::Gateways {
        gateways: GatewaySelection::new(gateways()).unwrap(),
        expected_version: Some("v1.17.2.42-gf7619883-aliyun".into()),
    }
}

fn deployments() -> DeploymentsQuery {
    DeploymentsQuery {
        cluster: cluster(),
        namespace: "shop".into(),
        labels: BTreeMap::from([("app".into(), "cart".into()), ("tier".into(), "a b".into())]),
        limit: Some(20),
        mark: Some("next+1".into()),
    }
}

fn service() -> ServiceQuery {
    ServiceQuery {
        name: "cart".into(),
        namespace: "shop".into(),
        service_type: Some("Kubernetes".into()),
        clusters: vec![cluster(), ClusterId("c0ffee44556677".into())],
    }
}

fn role() -> RoleRequest {
    RoleRequest {
        role_arn: "acs:ram::1234567890123456:role/mesh operator".into(),
        session: "meshlift".into(),
        seconds: Some(900),
        policy: Some(r#"{"Version":"1","Statement":[]}"#.into()),
        external_id: Some("abc".into()),
    }
}

fn settings() -> SidecarSettings {
    let text = || Some(WORDS.to_owned());
    SidecarSettings {
        concurrency: Some(2),
        enable_core_dump: Some(false),
        exclude_ip_ranges: Some("10.0.0.0/8".into()),
        exclude_inbound_ports: Some("80,443".into()),
        exclude_outbound_ports: Some("81".into()),
        hold_application_until_proxy_starts: Some(true),
        include_ip_ranges: Some("*".into()),
        include_inbound_ports: Some("82".into()),
        include_outbound_ports: Some("83".into()),
        interception_mode: Some("REDIRECT".into()),
        istio_dns_proxy_enabled: Some(true),
        lifecycle: text(),
        log_level: Some("info".into()),
        post_start: text(),
        pre_stop: text(),
        privileged: Some(false),
        proxy_init_ack_slo_cpu_limit: Some("1".into()),
        proxy_init_ack_slo_cpu_request: Some("2".into()),
        proxy_init_ack_slo_memory_limit: Some("3Mi".into()),
        proxy_init_ack_slo_memory_request: Some("4Mi".into()),
        proxy_init_cpu_limit: Some("5".into()),
        proxy_init_cpu_request: Some("6".into()),
        proxy_init_memory_limit: Some("7Mi".into()),
        proxy_init_memory_request: Some("8Mi".into()),
        proxy_metadata: text(),
        proxy_stats_matcher: text(),
        readiness_failure_threshold: Some(30),
        readiness_initial_delay_seconds: Some(1),
        readiness_period_seconds: Some(2),
        runtime_values: text(),
        smc_enabled: Some(true),
        scaled_sidecar_resource: Some(
            r#"{"ContainerRef":"app","ResourceCalculationStrategy":"sum","ResourcePercentage":10}"#
                .into(),
        ),
        sidecar_proxy_ack_slo_cpu_limit: Some("9".into()),
        sidecar_proxy_ack_slo_cpu_request: Some("10".into()),
        sidecar_proxy_ack_slo_memory_limit: Some("11Mi".into()),
        sidecar_proxy_ack_slo_memory_request: Some("12Mi".into()),
        sidecar_proxy_cpu_limit: Some("13".into()),
        sidecar_proxy_cpu_request: Some("14".into()),
        sidecar_proxy_memory_limit: Some("15Mi".into()),
        sidecar_proxy_memory_request: Some("16Mi".into()),
        termination_drain_duration: Some("6s".into()),
        tracing: text(),
    }
}

/// Takes a role with a token, which is what a credential from variables does at its first use.
async fn with_token(setup: &Setup) -> Result<String, AsmError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "provider token+1\n").unwrap();
    let variables = [
        ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1234567890123456:role/mesh operator"),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1234567890123456:oidc-provider/idp"),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file.to_str().unwrap()),
    ];
    let environment =
        Environment::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let found = find(&environment, &Choice { profile: None, programs: ProgramUse::Refuse });
    let setup = Setup { credentials: found.unwrap().credentials, ..setup.clone() };
    Client::new(setup).get_caller_identity().await.map(told)
}
