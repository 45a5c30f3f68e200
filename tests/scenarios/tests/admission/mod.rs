//! Real admission: pods that are dry-run on the API server of a bed, with nothing kept.

#![allow(unreachable_pub, reason = "shared by test binaries")]

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::Bed;
use meshlift_core::inventory::REVISION_LABEL;
use serde_json::{Value, json};

/// What the API server makes of the pods: the revision that injected each, in their order.
pub async fn admitted(bed: &Bed, pods: &[Value]) -> Result<Vec<Option<String>>> {
    let folder = tempfile::tempdir().context("a folder for the pods")?;
    let file = folder.path().join("pods.json");
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": pods });
    std::fs::write(&file, serde_json::to_vec(&list)?).context("writing the pods")?;
    let file = file.display().to_string();
    let create = ["create", "--dry-run=server", "-f", &file, "-o", "json"];
    let answer = bed.kubectl(&create).await?.checked()?;
    // kubectl prints one object after the other.
    let made = serde_json::Deserializer::from_str(&answer)
        .into_iter::<Value>()
        .collect::<Result<Vec<_>, _>>()
        .context("reading the admitted pods")?;
    ensure!(made.len() == pods.len(), "every pod was admitted: {} of {}", made.len(), pods.len());
    let by_name: BTreeMap<&str, &Value> =
        made.iter().filter_map(|pod| Some((pod["metadata"]["name"].as_str()?, pod))).collect();
    pods.iter()
        .map(|asked| {
            let name = asked["metadata"]["name"].as_str().context("a pod without a name")?;
            Ok(injected_by(by_name.get(name).context("a pod is missing")?))
        })
        .collect()
}

/// Read from the pod itself, and by nothing that is under test.
fn injected_by(pod: &Value) -> Option<String> {
    let containers = ["containers", "initContainers"].into_iter();
    let has_proxy = containers
        .filter_map(|list| pod["spec"][list].as_array())
        .flatten()
        .any(|container| container["name"] == "istio-proxy");
    let revision = pod["metadata"]["annotations"][REVISION_LABEL].as_str();
    has_proxy.then(|| revision.unwrap_or("?").to_owned())
}
