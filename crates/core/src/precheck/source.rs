//! Where a rule comes from: a page that whoever gets the finding can open.

use crate::inventory::Name;
use crate::version::Minor;

const ISTIO: &str = "https://istio.io/latest/docs";
const KUBERNETES: &str = "https://kubernetes.io/docs";
/// The page of Alibaba Cloud's help with this number.
const ALIYUN: &str = "https://help.aliyun.com/document_detail";

/// The page that a rule of the catalogue rests on.
pub fn of(rule: &str) -> Name {
    let istio = |page: &str| Name::from(format!("{ISTIO}/{page}/"));
    let kubernetes = |page: &str| Name::from(format!("{KUBERNETES}/{page}/"));
    match rule {
        "P-01" | "P-02" | "P-03" | "P-04" => {
            Name::from("https://istio.io/latest/docs/releases/supported-releases/")
        }
        "P-05" | "P-06" | "P-26" => istio("setup/additional-setup/sidecar-injection"),
        "P-07" => istio("setup/upgrade/canary"),
        "P-08" => istio("ops/common-problems/injection"),
        "P-09" | "P-10" => istio("ops/best-practices/deployment"),
        "P-11" => kubernetes(
            "tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning",
        ),
        "P-12" | "P-14" => istio("setup/upgrade/in-place"),
        "P-13" => istio("setup/upgrade/helm"),
        "P-16" => istio("reference/config/networking/envoy-filter"),
        "P-17" => kubernetes("reference/using-api/deprecation-policy"),
        "P-18" => kubernetes("reference/access-authn-authz/rbac"),
        "P-19" => istio("ops/deployment/application-requirements"),
        "P-20" => kubernetes("concepts/policy/resource-quotas"),
        "P-21" => kubernetes("concepts/containers/images"),
        "P-22" => istio("tasks/security/cert-management/plugin-ca-cert"),
        "P-23" => istio("setup/install/multicluster"),
        "P-24" => istio("ops/diagnostic-tools/proxy-cmd"),
        "P-25" | "P-28" | "P-33" => kubernetes("concepts/workloads/pods/disruptions"),
        "P-27" => istio("reference/config/annotations"),
        "P-29" => Name::from("https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/"),
        "P-30" => istio("setup/additional-setup/sidecar-injection"),
        "P-31" => istio("ambient/upgrade/helm"),
        "P-34" => kubernetes("concepts/architecture/leases"),
        "P-36" => kubernetes("reference/node/node-status"),
        rule if rule.starts_with("A-") => instance(),
        // What is this program's own: it stands in its documents.
        rule => format!("docs/prechecks.md, {rule}").into(),
    }
}

/// The page about upgrading an ASM instance.
pub(super) fn instance() -> Name {
    format!("{ALIYUN}/417835.html").into()
}

/// The notes of the release that a change came with, behind the catalogue's own words for them.
pub fn notes(said: &str, minor: Minor) -> Name {
    let page = if said.contains("upgrade notes") { "upgrade-notes" } else { "change-notes" };
    let notes =
        format!("https://istio.io/latest/news/releases/{minor}.x/announcing-{minor}/{page}/");
    format!("{said} {notes}").into()
}

#[cfg(test)]
mod tests {
    use super::super::{RULES, changes};
    use super::*;

    #[test]
    fn every_source_can_be_opened() {
        let documents = include_str!("../../../../docs/prechecks.md");
        for rule in RULES {
            let source = of(rule.id);
            let listed = source.strip_prefix("docs/prechecks.md, ");
            let is_there = listed.is_none_or(|id| documents.contains(&format!("| {id} |")));
            assert!(source.starts_with("https://") || listed.is_some(), "{}: {source}", rule.id);
            assert!(is_there, "{source} is not in that document");
        }
        for change in changes() {
            assert!(change.source.contains(" https://istio.io/"), "{}", change.source);
        }
    }
}
