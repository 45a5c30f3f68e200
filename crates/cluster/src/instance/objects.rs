//! Gateways and namespaces of an instance's own API server.
//!
//! Entry points: [`read`], [`fill`], and [`annotate`], the only write there.

use std::collections::BTreeMap;

use futures::FutureExt as _;
use meshlift_core::inventory::{
    GATEWAY_NAMESPACE, Gateway, GatewayCanary, INJECTION_LABEL, InjectionLabels, Instance, Name,
    REVISION_LABEL, SyncPolicy, Unreadable,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::sync;
use crate::calls::{CallError, MERGE_PATCH, escape};
use crate::connection::Connection;
use crate::door::IntentId;

/// Annotation that asks for a canary Deployment beside a gateway (`domain/asm.md` §3.3).
const CANARY: &str = "asm.alibabacloud.com/enable-canary-deployment";

/// What an instance's own API server holds.
#[derive(Debug)]
pub(super) struct Found {
    gateways: Vec<Gateway>,
    labels: BTreeMap<Name, InjectionLabels>,
    policy: Policy,
}

/// Where the labels are copied to; none where nobody restricts it.
type Policy = Result<Option<SyncPolicy>, String>;

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Name,
    #[serde(default)]
    resource_version: Name,
    #[serde(default)]
    labels: BTreeMap<Name, Name>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    cluster_ids: Vec<Name>,
    replica_count: Option<u32>,
}

/// Reads gateways, namespaces and what a version of ASM may say of their labels.
pub(super) async fn read(connection: &Connection, version: &str) -> Result<Found, CallError> {
    let (calls, path) = (connection.calls(), gateways());
    let policy = sync::read(connection, version).map(Ok::<_, CallError>);
    let (gateways, namespaces, policy): (Vec<Object>, Vec<Object>, _) =
        futures::try_join!(calls.list(&path), calls.list("/api/v1/namespaces"), policy)?;
    let mut gateways: Vec<Gateway> = gateways.into_iter().map(gateway).collect();
    gateways.sort_by(|a, b| a.name.cmp(&b.name));
    let labels = namespaces.into_iter().map(|object| {
        let label = |key: &str| object.metadata.labels.get(key).cloned();
        let labels =
            InjectionLabels { injection: label(INJECTION_LABEL), revision: label(REVISION_LABEL) };
        (object.metadata.name.clone(), labels)
    });
    let policy = policy.map_err(|error| error.to_string());
    Ok(Found { gateways, labels: labels.collect(), policy })
}

/// Adds what was found to an instance, or says that it is missing. Answers the policy of the labels.
pub(super) fn fill(instance: &mut Instance, found: Result<Found, String>) -> Policy {
    match found {
        Ok(Found { gateways, labels, policy }) => {
            instance.gateways = gateways;
            instance.labels = labels;
            policy
        }
        Err(why) => {
            for what in ["gateways", "namespaces"] {
                instance.unreadable.push(Unreadable { what: what.to_owned(), why: why.clone() });
            }
            Ok(None)
        }
    }
}

/// Asks for a canary of a gateway, or no longer. The version that was read guards the write.
pub(super) async fn annotate(
    connection: &Connection,
    gateway: &Gateway,
    canary: GatewayCanary,
    intent: &IntentId,
) -> Result<(), CallError> {
    let value = match canary {
        GatewayCanary::Wanted => json!("true"),
        GatewayCanary::Unwanted => Value::Null,
    };
    let change = json!({ "metadata": {
        "resourceVersion": gateway.resource_version,
        "annotations": { CANARY: value },
    } });
    let path = format!("{}/{}?fieldManager=meshlift", gateways(), escape(&gateway.name));
    connection.calls().patch(&path, MERGE_PATCH, &change, intent).await.map(drop)
}

fn gateways() -> String {
    format!("/apis/istio.alibabacloud.com/v1beta1/namespaces/{GATEWAY_NAMESPACE}/istiogateways")
}

fn gateway(object: Object) -> Gateway {
    let wants = object.metadata.annotations.get(CANARY).is_some_and(|value| value == "true");
    Gateway {
        name: object.metadata.name,
        resource_version: object.metadata.resource_version,
        clusters: object.spec.cluster_ids,
        replicas: object.spec.replica_count.unwrap_or(1),
        canary: if wants { GatewayCanary::Wanted } else { GatewayCanary::Unwanted },
    }
}
