//! P-24: proxies that do not follow their control plane before anything is changed.

use super::facts::Facts;
use super::{Finding, Problem, Severity};

/// Sync health before the start.
pub(super) const ID: &str = "P-24";

/// Revisions with proxies that lag behind, or that are not connected at all.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (revision, sync) in &facts.evidence.sync {
        let mut found = |problem| {
            let subject = format!("Revision {revision}");
            let fix = match &facts.snapshot.instance {
                Some(instance) => format!(
                    "aliyun servicemesh DescribeServiceMeshProxyStatus --ServiceMeshId {}",
                    instance.id
                ),
                None => format!("istioctl proxy-status --revision {revision}"),
            };
            findings.push(Finding::new(ID, Severity::Warn, subject, problem).mended_by(fix));
        };
        if !sync.behind.is_empty() {
            found(Problem::OutOfSync { count: sync.behind.len() });
        }
        let running = facts.snapshot.pods.values().filter(|pod| {
            pod.ready && pod.proxy.as_ref().and_then(|it| it.revision.as_ref()) == Some(revision)
        });
        let count = running.filter(|pod| !sync.connected.contains(&pod.reference)).count();
        if count > 0 {
            found(Problem::NotConnected { count });
        }
    }
    findings
}
