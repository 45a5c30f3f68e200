//! Every answer against the models of the official SDK: each field exists there, with its type.

use meshlift_sim::SimAsm;
use meshlift_sim::asm::AsmFault;
use serde_json::Value;

use super::client::{Ask, demo, good};

/// See `tests/asm-sdk/extract.py`.
const MODELS: &str = include_str!("../../asm-sdk/models.json");

fn model(action: &str) -> Value {
    let models: Value = serde_json::from_str(MODELS).unwrap();
    models["operations"][action]["answer"].clone()
}

/// What an answer has that the model has not.
fn strangers(at: &str, model: &Value, found: &Value) -> Vec<String> {
    let wrong = || vec![format!("{at} is {found}, not {model}")];
    match (model, found) {
        (Value::String(kind), _) => {
            let fits = match kind.as_str() {
                "str" => found.is_string(),
                "int" => found.is_i64() || found.is_u64(),
                "float" => found.is_number(),
                "bool" => found.is_boolean(),
                _ => kind == "any",
            };
            if fits { Vec::new() } else { wrong() }
        }
        (Value::Array(items), Value::Array(all)) => {
            all.iter().flat_map(|item| strangers(&format!("{at}[]"), &items[0], item)).collect()
        }
        (Value::Object(fields), Value::Object(all)) => all
            .iter()
            .flat_map(|(key, value)| {
                let at = format!("{at}.{key}");
                match fields.get(key).or_else(|| fields.get("*")) {
                    Some(model) => strangers(&at, model, value),
                    None => vec![format!("{at} is unknown to the SDK")],
                }
            })
            .collect(),
        _ => wrong(),
    }
}

async fn check(asm: &SimAsm, action: &str, query: &[(&str, &str)], form: &[(&str, &str)]) -> Value {
    let answer = good(asm, action, query, form).await;
    let strangers = strangers(action, &model(action), &answer);
    assert!(strangers.is_empty(), "{strangers:#?}");
    assert!(answer["RequestId"].is_string(), "{action} names its request");
    answer
}

#[tokio::test(start_paused = true)]
async fn reads_have_the_fields_of_the_official_sdk() {
    let asm = demo();
    let (id, cluster) = (asm.mesh_id(), asm.cluster_id());
    let mesh = ("ServiceMeshId", id.as_str());
    let guest = ("GuestClusterID", cluster.as_str());

    for action in [
        "DescribeCCMVersion",
        "DescribeClustersInServiceMesh",
        "DescribeServiceMeshKubeconfig",
        "DescribeServiceMeshUpgradeStatus",
        "DescribeUpgradeVersion",
    ] {
        check(&asm, action, &[mesh], &[]).await;
    }
    for action in [
        "DescribeServiceMeshAdditionalStatus",
        "DescribeServiceMeshDetail",
        "DescribeServiceMeshProxyStatus",
    ] {
        check(&asm, action, &[], &[mesh]).await;
    }
    for action in
        ["DescribeMetadata", "DescribeServiceMeshes", "DescribeUserPermissions", "DescribeVersions"]
    {
        check(&asm, action, &[], &[]).await;
    }
    check(&asm, "DescribeGuestClusterPods", &[], &[guest, mesh, ("Namespace", "shop")]).await;
    let labels = ("ShowNsLabels", "true");
    let namespaces =
        check(&asm, "DescribeGuestClusterNamespaces", &[], &[guest, mesh, labels]).await;
    assert_eq!(namespaces["NsLabels"]["shop"]["istio-injection"], "enabled");
}

#[tokio::test(start_paused = true)]
async fn reads_keep_their_fields_during_a_canary_and_after_a_failure() {
    let asm = demo();
    let id = asm.mesh_id();
    let mesh = ("ServiceMeshId", id.as_str());
    let canary = asm.console_canary_versions().pop().unwrap();
    asm.console_deploy_canary(&canary).unwrap();
    asm.settled().await;
    let detail = check(&asm, "DescribeServiceMeshDetail", &[], &[mesh]).await;
    assert_ne!(detail["ServiceMesh"]["Endpoints"]["IntranetCanaryPilotEndpoint"], "");
    check(&asm, "DescribeServiceMeshAdditionalStatus", &[], &[mesh]).await;
    let logs = check(&asm, "DescribeServiceMeshLogs", &[], &[mesh]).await;
    assert!(logs["Logs"].as_array().is_some_and(|lines| lines.len() >= 2), "{logs}");

    let other = demo();
    let id = other.mesh_id();
    other.fault(AsmFault::UpgradeFails("a Pilot did not start".into()));
    good(&other, "UpgradeMeshVersion", &[("ServiceMeshId", &id)], &[]).await;
    other.settled().await;
    check(&other, "DescribeServiceMeshDetail", &[], &[("ServiceMeshId", &id)]).await;
}

#[tokio::test(start_paused = true)]
async fn writes_answer_with_their_request_alone() {
    let asm = demo();
    let (id, cluster) = (asm.mesh_id(), asm.cluster_id());
    let mesh = ("ServiceMeshId", id.as_str());

    check(&asm, "ModifyServiceMeshName", &[], &[mesh, ("Name", "shop prod 2")]).await;
    let copy = [mesh, ("K8sClusterId", cluster.as_str())];
    check(&asm, "UpdateASMNamespaceFromGuestCluster", &[], &copy).await;
    let label = [mesh, ("Namespace", "batch"), ("EnableIstioInjection", "true")];
    check(&asm, "UpdateIstioInjectionConfig", &[], &label).await;
    check(&asm, "UpgradeMeshEditionPartially", &[], &[mesh, ("PreCheck", "true")]).await;
    check(&asm, "UpgradeMeshVersion", &[mesh, ("PreCheck", "true")], &[]).await;
    let gateway = asm
        .control_plane()
        .object("istiogateways.istio.alibabacloud.com", "istio-system", "ingressgateway")
        .unwrap()
        .to_string();
    let body = [mesh, ("IstioGatewayName", "ingressgateway"), ("Body", gateway.as_str())];
    check(&asm, "UpdateASMGateway", &[], &body).await;

    let list = check(&asm, "DescribeServiceMeshes", &[], &[]).await;
    assert_eq!(list["ServiceMeshes"][0]["ServiceMeshInfo"]["Name"], "shop prod 2");
    assert_eq!(asm.calls().len(), 7, "every request is counted");
}

#[tokio::test(start_paused = true)]
async fn a_denial_has_a_code_a_sentence_and_a_request() {
    let asm = demo();

    let answer = Ask::new(&asm, "DescribeUpgradeVersion", &[], &[]).send(&asm).await.unwrap();

    assert_eq!(answer.status, 400);
    assert_eq!(answer.code(), "MissingServiceMeshId");
    for field in ["Message", "RequestId", "HostId"] {
        assert!(answer.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    assert_eq!(answer.headers["x-acs-request-id"], answer.body["RequestId"].as_str().unwrap());
}
