//! Whether labels are copied to the data plane: the policy on an instance's own API server
//! (`domain/asm.md` §10.2).

use meshlift_core::inventory::{Instance, Name, SyncPolicy, Unreadable};
use meshlift_core::version::{MeshVersion, Minor};
use serde::Deserialize;

use crate::calls::CallError;
use crate::connection::Connection;

/// The first ASM minor that has the policy. Before it, the request would be refused for want of a
/// right on something that does not exist.
const SINCE: Minor = Minor { major: 1, minor: 28 };
/// The one policy that counts.
const PATH: &str = "/apis/istio.alibabacloud.com/v1beta1/asmreconcilenslabels/default";

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    sync_policy: Option<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    enabled: bool,
    #[serde(default)]
    clusters: Vec<Name>,
}

/// Reads the policy, if this version has any.
pub(super) async fn read(
    connection: &Connection,
    version: &str,
) -> Result<Option<SyncPolicy>, CallError> {
    let version: Option<MeshVersion> = version.parse().ok();
    if version.is_some_and(|version| version.minor() < SINCE) {
        return Ok(None);
    }
    let found: Option<Object> = connection.calls().find(PATH).await?;
    let policy = found.and_then(|object| object.spec.sync_policy);
    Ok(policy.map(|Policy { enabled, clusters }| SyncPolicy { allows: enabled, clusters }))
}

/// Adds what follows from it for the clusters of an instance, which are read by now.
pub(super) fn fill(instance: &mut Instance, policy: Result<Option<SyncPolicy>, String>) {
    let told = match policy {
        Ok(None) => return,
        Ok(Some(policy)) => {
            policy.over(instance.clusters.iter().map(|cluster| &cluster.id)).ok_or_else(|| {
                "its policy is not the same for all clusters of the instance".to_owned()
            })
        }
        Err(why) => Err(why),
    };
    match told {
        Ok(sync) => instance.sync = sync,
        Err(why) => {
            instance.unreadable.push(Unreadable { what: "label sync".to_owned(), why });
        }
    }
}
