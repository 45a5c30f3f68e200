//! Restarts a workload: one annotation on its pod template, and its controller replaces the pods.
//! Entry point: [`restart`].
//!
//! The annotation's value is run and step and nothing else, so a second attempt finds it and does
//! nothing. The patch carries UID and resourceVersion. Status updates and autoscalers move the
//! resourceVersion too, so a conflict is ordinary: the workload is read again, and as long as it is
//! the same, with the same template and not paused, the patch is tried again.

use meshlift_core::inventory::{Kind, Name, RESTARTED_BY, WorkloadRef};
use serde_json::{Value, json};

use super::raw::{self, PatchKind, Writer};
use super::{ActError, Performed, objects};
use crate::snapshot::template_hash;

pub(super) async fn restart(
    writer: &Writer<'_>,
    workload: &WorkloadRef,
    uid: &Name,
    hash: &Name,
    mark: &str,
) -> Result<Performed, ActError> {
    let object = match workload.kind {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => objects::workload(workload),
        Kind::ReplicaSet | Kind::Job | Kind::CronJob | Kind::Other => None,
    };
    let object = object.ok_or_else(|| {
        ActError::guard(format!("{workload} has no rollout that could restart it"))
    })?;

    for _ in 0..raw::ATTEMPTS {
        let seen = raw::find(writer.connection, &objects::path(&object)).await?;
        let seen = seen.ok_or_else(|| ActError::gone(workload))?;
        if objects::meta(&seen, "uid") != Some(uid) {
            return Err(ActError::replaced(workload));
        }
        if marked_by(&seen) == Some(mark) {
            return Ok(Performed::nothing());
        }
        if seen.pointer("/spec/paused") == Some(&Value::Bool(true)) {
            return Err(ActError::guard(format!("the rollouts of {workload} are paused")));
        }
        let template = seen.pointer("/spec/template").cloned().unwrap_or_default();
        if template_hash(&template) != *hash {
            return Err(ActError::guard(format!(
                "the pod template of {workload} was changed by somebody else"
            )));
        }
        // A missing resourceVersion would be accepted and would leave the write unguarded.
        let version = objects::meta(&seen, "resourceVersion");
        let version = version.ok_or_else(|| ActError::malformed(&object))?;
        let patch = patch(uid, version, mark);
        match writer.patch(&object, PatchKind::StrategicMerge, &patch).await {
            Ok(_) => return Ok(Performed::something()),
            Err(error) if raw::is_conflict(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ActError::conflict(workload))
}

fn marked_by(seen: &Value) -> Option<&str> {
    seen.pointer("/spec/template/metadata/annotations")?.get(RESTARTED_BY)?.as_str()
}

fn patch(uid: &str, version: &str, mark: &str) -> Value {
    json!({
        "metadata": { "uid": uid, "resourceVersion": version },
        "spec": { "template": { "metadata": { "annotations": { RESTARTED_BY: mark } } } },
    })
}
