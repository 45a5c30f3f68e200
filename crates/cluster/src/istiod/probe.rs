//! Whether the injector of a revision answers. A pod may be ready before its webhook listens, and
//! whoever moves a tag or a namespace to it then stops every pod from starting.
//!
//! Entry point: [`webhook_answers`]. The best witness is the API server: it is asked to create a pod
//! that only this injector matches, as a dry run. Where that is not permitted, or nothing would
//! match, the webhook's port is tried by port-forward.

use meshlift_core::inventory::{INJECTION_LABEL, Namespace, REVISION_LABEL, Snapshot};
use serde_json::{Value, json};

use super::{PATIENCE, forward, ready_replicas, tls};
use crate::actuate::raw;
use crate::calls::CallError;
use crate::connection::Connection;
use crate::door::IntentId;
use crate::preflight::injected_by;

/// The port of istiod's webhooks in its pod.
const WEBHOOKS: u16 = 15017;
/// Namespaces that istiod leaves alone.
const NEVER_INJECTED: [&str; 4] =
    ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Whether the injector of a revision answers now.
pub async fn webhook_answers(
    connection: &Connection,
    intent: &IntentId,
    revision: &str,
    snapshot: &Snapshot,
) -> Result<bool, CallError> {
    if let Some(namespace) = unlabelled_namespace(revision, snapshot)
        && let Some(answer) = by_dry_run(connection, intent, revision, namespace).await?
    {
        return Ok(answer);
    }
    by_port_forward(connection, revision, snapshot).await
}

/// A namespace in which a pod's own label chooses the revision: istiod's own, else the first one.
fn unlabelled_namespace<'a>(revision: &str, snapshot: &'a Snapshot) -> Option<&'a str> {
    let is_free = |namespace: &&Namespace| {
        !namespace.terminating
            && !NEVER_INJECTED.contains(&&*namespace.name)
            && !namespace.labels.contains_key(INJECTION_LABEL)
            && !namespace.labels.contains_key(REVISION_LABEL)
    };
    let own = snapshot.control_plane(revision).map(|plane| &plane.namespace);
    let own = own.and_then(|name| snapshot.namespaces.get(name)).filter(is_free);
    let found = own.or_else(|| snapshot.namespaces.values().find(is_free));
    found.map(|namespace| &*namespace.name)
}

/// What the API server says; none when it can't be asked this way.
async fn by_dry_run(
    connection: &Connection,
    intent: &IntentId,
    revision: &str,
    namespace: &str,
) -> Result<Option<bool>, CallError> {
    match raw::dry_run_pod(connection, intent, namespace, &pod(revision)).await {
        Ok(created) => {
            let by = injected_by(&created);
            Ok((by.as_deref() == Some(revision)).then_some(true))
        }
        // The API server could not reach the webhook.
        Err(CallError::Server { status: 500, .. }) => Ok(Some(false)),
        // No permission, read-only mode, or a policy that refuses the pod: it says nothing.
        Err(
            CallError::Forbidden { .. } | CallError::ReadOnly { .. } | CallError::Invalid { .. },
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

fn pod(revision: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "meshlift-probe-",
            "labels": { REVISION_LABEL: revision },
        },
        "spec": {
            "containers": [{ "name": "probe", "image": "meshlift.invalid/probe" }],
            "restartPolicy": "Never",
        },
    })
}

async fn by_port_forward(
    connection: &Connection,
    revision: &str,
    snapshot: &Snapshot,
) -> Result<bool, CallError> {
    let Some(plane) = snapshot.control_plane(revision) else { return Ok(false) };
    let replicas = ready_replicas(connection, plane).await?;
    if replicas.is_empty() {
        return Ok(false);
    }
    for pod in &replicas {
        let (_forwarder, stream) = forward::stream(connection, pod, WEBHOOKS).await?;
        let answers = tokio::time::timeout(PATIENCE, tls::answers(stream)).await;
        if !answers.unwrap_or(false) {
            return Ok(false);
        }
    }
    Ok(true)
}
