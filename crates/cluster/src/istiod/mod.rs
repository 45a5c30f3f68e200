//! What istiod says of itself: its version, the proxies that are connected to every replica, and
//! whether its webhook answers.
//!
//! Entry points: [`ask`], [`webhook_answers`]. Replicas are reached by port-forward, as streams of
//! this process and without a local port: istiod trusts what comes from its own loopback, and
//! refuses the API server's proxy. Deliberately absent: judging what is told (`meshlift-core`).

mod forward;
mod probe;
mod syncz;
mod tls;

use std::time::Duration;

use futures::future::join_all;
use meshlift_core::inventory::{ControlPlane, PodRef, REVISION_LABEL};
use meshlift_core::rollout::Istiod;
use meshlift_core::version::MeshVersion;
use serde::Deserialize;

use crate::actuate::raw;
use crate::calls::CallError;
use crate::connection::Connection;

pub use probe::webhook_answers;

/// The port of istiod's own HTTP endpoints.
const MONITORING: u16 = 15014;
/// Time that one replica gets: a list of very many proxies takes a while.
const PATIENCE: Duration = Duration::from_secs(12);

/// Asks every ready replica of a control plane, all at once. An answer without one of them would
/// miss its proxies, so one that does not answer within 12 seconds fails the whole, and is named. A
/// replica may go between being listed and being asked: a failure is tried once more, from the list
/// on.
pub async fn ask(connection: &Connection, plane: &ControlPlane) -> Result<Vec<Istiod>, CallError> {
    match ask_once(connection, plane).await {
        Ok(answers) => Ok(answers),
        Err(error) => {
            tracing::debug!(%error, revision = %plane.revision, "an istiod did not answer");
            ask_once(connection, plane).await
        }
    }
}

async fn ask_once(connection: &Connection, plane: &ControlPlane) -> Result<Vec<Istiod>, CallError> {
    let replicas = ready_replicas(connection, plane).await?;
    let answers = join_all(replicas.into_iter().map(|pod| ask_one(connection, plane, pod))).await;
    answers.into_iter().collect()
}

/// The ready pods of a control plane, each allowed to be forwarded to: its labels say that it is an
/// istiod of this revision.
async fn ready_replicas(
    connection: &Connection,
    plane: &ControlPlane,
) -> Result<Vec<PodRef>, CallError> {
    let path = format!("/api/v1/namespaces/{}/pods", plane.namespace);
    let selector = format!("app=istiod,{REVISION_LABEL}={}", plane.revision);
    let pods: Vec<Pod> = raw::list(connection, &path, &selector).await?;
    let ready = pods.into_iter().filter(Pod::is_ready);
    Ok(ready
        .map(|pod| {
            connection.door().allow_port_forward(&plane.namespace, &pod.metadata.name);
            PodRef { namespace: plane.namespace.clone(), name: pod.metadata.name.into() }
        })
        .collect())
}

async fn ask_one(
    connection: &Connection,
    plane: &ControlPlane,
    pod: PodRef,
) -> Result<Istiod, CallError> {
    let unreadable =
        |reason: String| CallError::Decode { request: format!("/debug/syncz of {pod}"), reason };
    let questions = ["/version", "/debug/syncz"];
    let answers = forward::http(connection, &pod, MONITORING, &questions);
    let answers = tokio::time::timeout(PATIENCE, answers).await;
    let answers = answers.map_err(|_| forward::silent(&pod))??;
    let [version, proxies] = answers.as_slice() else { return Err(forward::silent(&pod)) };
    Ok(Istiod {
        revision: plane.revision.clone(),
        version: version_in(version),
        proxies: syncz::parse(proxies).map_err(|error| unreadable(error.to_string()))?,
        pod,
    })
}

/// `/version` says `<version>-<commit>-<status>`, where a version may itself hold dashes.
fn version_in(answer: &[u8]) -> Option<MeshVersion> {
    let answer = std::str::from_utf8(answer).ok()?.trim();
    let mut parts = answer.rsplitn(3, '-');
    let (_status, _commit, version) = (parts.next()?, parts.next()?, parts.next()?);
    version.parse().ok()
}

#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    deletion_timestamp: Option<String>,
}

#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

impl Pod {
    fn is_ready(&self) -> bool {
        let mut conditions = self.status.conditions.iter();
        let ready = conditions.any(|one| one.kind == "Ready" && one.status == "True");
        ready && self.metadata.deletion_timestamp.is_none()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::release("1.30.5-6ee1ff8f5e0b-Clean", Some("1.30.5"))]
    #[case::candidate("1.31.0-rc.1-6ee1ff8f5e0b-Clean", Some("1.31.0-rc.1"))]
    #[case::built_by_hand("1.31.1-unknown-unknown\n", Some("1.31.1"))]
    #[case::nothing("unknown-unknown-unknown", None)]
    fn reads_its_version(#[case] answer: &str, #[case] expected: Option<&str>) {
        let found = version_in(answer.as_bytes()).map(|version| version.to_string());
        assert_eq!(found.as_deref(), expected, "{answer}");
    }
}
