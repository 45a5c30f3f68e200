//! What namespaces and Istio's own objects were before the canary, by what the journal says.
//!
//! Entry point: [`earlier`]. A revoke puts back exactly this, not something equivalent.

use std::collections::BTreeMap;

use meshlift_core::inventory::{InjectionLabels, Name};
use meshlift_core::rollout::{ActProgress, ObjectRef, Operation};

use crate::Meshlift;
use crate::api::dto::ApiError;

/// What was there before the last canary of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// Labels of each namespace that was moved, before its first move.
    pub(crate) labels: BTreeMap<Name, InjectionLabels>,
    /// Objects that a promotion changed, in the order it changed them, each with its JSON before.
    pub(crate) promoted: Vec<(ObjectRef, Option<String>)>,
}

/// What was there before the last canary that was deployed on this cluster.
pub(crate) async fn earlier(app: &Meshlift, cluster_uid: &str) -> Result<Earlier, ApiError> {
    let mut earlier = Earlier::default();
    for record in app.inner.journal.runs().await? {
        if record.cluster_uid != cluster_uid {
            continue;
        }
        if record.plan.operation == Operation::DeployCanary {
            break;
        }
        let acts = app.inner.runs.history(&record.key).await?.progress.acts;
        if record.plan.operation == Operation::Promote {
            let promoted = acts.values().filter_map(changed).collect();
            // Runs come newest first: what an older promotion found comes before.
            let newer = std::mem::replace(&mut earlier.promoted, promoted);
            let is_new =
                |one: &(ObjectRef, _)| !earlier.promoted.iter().any(|(it, _)| *it == one.0);
            let newer: Vec<_> = newer.into_iter().filter(is_new).collect();
            earlier.promoted.extend(newer);
        }
        for act in acts.into_values() {
            if let Some((namespace, from)) = act.kind.labelled() {
                earlier.labels.insert(namespace.clone(), from.clone());
            }
        }
    }
    Ok(earlier)
}

fn changed(act: &ActProgress) -> Option<(ObjectRef, Option<String>)> {
    Some((act.object.clone()?, act.before.clone()))
}
