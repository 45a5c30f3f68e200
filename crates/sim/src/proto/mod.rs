//! Kubernetes' protobuf encoding of objects that are held as JSON.
//!
//! Entry points: [`object`] and [`list`]. One encoder walks an object along a table of field
//! numbers, so a kind is data and not code. Deliberately absent: decoding.

mod apps;
mod core;
mod encode;
mod meta;
mod others;

use serde_json::Value;

pub(crate) use encode::{Message, Shape};

use encode::{bytes_field, message, uint_field};

/// What every protobuf body of Kubernetes begins with.
const MAGIC: &[u8] = b"k8s\0";

/// The table of a kind; none for kinds that have no protobuf form here, such as custom resources.
pub(crate) fn schema(kind: &str) -> Option<&'static Message> {
    Some(match kind {
        "Pod" => &core::POD,
        "Namespace" => &core::NAMESPACE,
        "ConfigMap" => &core::CONFIG_MAP,
        "Service" => &core::SERVICE,
        "Deployment" => &apps::DEPLOYMENT,
        "ReplicaSet" => &apps::REPLICA_SET,
        "StatefulSet" => &apps::STATEFUL_SET,
        "DaemonSet" => &apps::DAEMON_SET,
        "Job" => &apps::JOB,
        "CronJob" => &apps::CRON_JOB,
        "MutatingWebhookConfiguration" => &others::MUTATING_WEBHOOK_CONFIGURATION,
        "ValidatingWebhookConfiguration" => &others::VALIDATING_WEBHOOK_CONFIGURATION,
        "PodDisruptionBudget" => &others::POD_DISRUPTION_BUDGET,
        "EndpointSlice" => &others::ENDPOINT_SLICE,
        "Lease" => &others::LEASE,
        "Status" => &meta::STATUS,
        _ => return None,
    })
}

/// The table of `PartialObjectMetadata`.
pub(crate) static PARTIAL: Message = Message(&[("metadata", 1, Shape::One(&meta::OBJECT_META))]);

/// One object in its envelope.
pub(crate) fn object(api_version: &str, kind: &str, table: &Message, value: &Value) -> Vec<u8> {
    envelope(api_version, kind, &message(table, value))
}

/// A list in its envelope.
pub(crate) fn list<'a>(
    api_version: &str,
    kind: &str,
    table: &Message,
    metadata: &Value,
    items: impl Iterator<Item = &'a Value>,
) -> Vec<u8> {
    let mut raw = Vec::new();
    bytes_field(&mut raw, 1, &message(&meta::LIST_META, metadata));
    for item in items {
        bytes_field(&mut raw, 2, &message(table, item));
    }
    envelope(api_version, kind, &raw)
}

/// `runtime.Unknown`, as the API server writes it.
fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut type_meta = Vec::new();
    bytes_field(&mut type_meta, 1, api_version.as_bytes());
    bytes_field(&mut type_meta, 2, kind.as_bytes());
    let mut out = Vec::with_capacity(raw.len() + 64);
    out.extend_from_slice(MAGIC);
    bytes_field(&mut out, 1, &type_meta);
    bytes_field(&mut out, 2, raw);
    bytes_field(&mut out, 3, b"");
    bytes_field(&mut out, 4, b"");
    out
}

/// An `IntOrString` as bytes.
fn int_or_text(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(text) = value.as_str() {
        uint_field(&mut out, 1, 1);
        uint_field(&mut out, 2, 0);
        bytes_field(&mut out, 3, text.as_bytes());
    } else {
        uint_field(&mut out, 1, 0);
        uint_field(&mut out, 2, value.as_i64().unwrap_or(0).cast_unsigned());
        bytes_field(&mut out, 3, b"");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::SimMesh;
    use crate::resources::Registry;

    #[test]
    fn nothing_of_the_demo_is_lost_in_protobuf() {
        let mesh = SimMesh::demo(1);
        let mut lost = BTreeSet::new();
        let mut seen = 0;

        for resource in Registry::new().all() {
            let Some(table) = resource.schema else { continue };
            for object in mesh.objects(&resource.id) {
                let mut found = Vec::new();
                encode::left_out(table, &object, &resource.kind, &mut found);
                lost.extend(found);
                seen += 1;
            }
        }

        assert!(seen > 150, "only {seen} objects were looked at");
        assert_eq!(lost, BTreeSet::new());
    }
}
