//! What namespaces and Istio's own objects were before the canary, by what the journal says.
//!
//! Entry point: [`earlier`]. A revoke puts back exactly this, not something equivalent.

use std::collections::BTreeMap;

use meshlift_core::inventory::{InjectionLabels, Name};
use meshlift_core::rollout::{Changed, Operation};

use crate::Meshlift;
use crate::api::dto::ApiError;

/// What was there before the last canary of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// Labels of each namespace that was moved, before its first move.
    pub(crate) labels: BTreeMap<Name, InjectionLabels>,
    /// Objects that a promotion changed, in the order it changed them.
    pub(crate) promoted: Vec<Changed>,
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
            let older = acts.values().filter_map(Changed::by).collect();
            earlier.promoted = before_and_after(older, std::mem::take(&mut earlier.promoted));
        }
        for act in acts.into_values() {
            if let Some((namespace, from)) = act.kind.labelled() {
                earlier.labels.insert(namespace.clone(), from.clone());
            }
        }
    }
    Ok(earlier)
}

/// What two promotions changed together: what the older one found was there before both, and what the
/// newer one left is there now.
fn before_and_after(older: Vec<Changed>, newer: Vec<Changed>) -> Vec<Changed> {
    let mut both = older;
    for change in newer {
        match both.iter_mut().find(|it| it.object == change.object) {
            Some(known) => known.left = change.left,
            None => both.push(change),
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use meshlift_core::rollout::ObjectRef;

    use super::*;

    fn changed(name: &str, before: &str, left: &str) -> Changed {
        let object = ObjectRef {
            api_version: "v1".into(),
            kind: "Service".into(),
            resource: "services".into(),
            namespace: Some("istio-system".into()),
            name: name.into(),
        };
        Changed { object, before: Some(before.to_owned()), left: Some(left.into()) }
    }

    #[test]
    fn two_promotions_are_taken_back_as_one() {
        let older = vec![changed("tag", "1-29", "1-30")];
        let newer = vec![changed("tag", "1-30", "1-31"), changed("other", "1-30", "1-31")];

        let both = before_and_after(older, newer);

        assert_eq!(both, [changed("tag", "1-29", "1-31"), changed("other", "1-30", "1-31")]);
    }
}
