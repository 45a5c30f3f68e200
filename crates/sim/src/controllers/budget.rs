//! The disruption controller: how many pods a budget can spare.

use serde_json::{Value, json};

use super::share;
use crate::admission::is_ready;
use crate::cluster::Cluster;
use crate::json;
use crate::resources::id;
use crate::selector;
use crate::store::Key;

pub(super) fn reconcile(cluster: &mut Cluster, key: &Key, budget: &Value) {
    let none = json!({});
    let selector = json::get(budget, &["spec", "selector"]).unwrap_or(&none);
    let pods: Vec<&Value> = cluster
        .store
        .list(id::PODS, Some(&key.namespace))
        .map(|(_, pod)| &**pod)
        .filter(|pod| selector::matches(selector, json::labels(pod)))
        .collect();
    let expected = i64::try_from(pods.len()).unwrap_or(i64::MAX);
    let healthy = i64::try_from(pods.iter().filter(|pod| is_ready(pod)).count()).unwrap_or(0);
    let desired = match json::get(budget, &["spec", "maxUnavailable"]) {
        Some(unavailable) => expected - share(Some(unavailable), expected, true, 0),
        None => share(json::get(budget, &["spec", "minAvailable"]), expected, true, 1),
    };
    let allowed = (healthy - desired.max(0)).max(0);
    let now = cluster.clock.stamp();
    let (status, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let status = json!({
        "observedGeneration": json::number(budget, &["metadata", "generation"]),
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired.max(0),
        "expectedPods": expected,
        "conditions": [super::condition(budget, "DisruptionAllowed", status, reason, &now)],
    });
    cluster.put_status(key, budget, status);
}
