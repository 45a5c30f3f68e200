//! The injector of a control plane, entry by entry (§10.5).
//!
//! Names and entries follow open-source Istio; those of the real instance are not known (§14.2).
//! What matters for an upgrade is what they select, and that is the table of §4.5.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::dataplane::{self, CA};
use super::instance::InjectionPolicy;
use super::labels::{LEGACY, REVISION};
use super::objects::NAMESPACE;
use super::version::Version;

/// The label with which a pod asks for a sidecar, or refuses one.
const SWITCH: &str = "sidecar.istio.io/inject";

/// Prefix of its name, what it selects among namespaces, and among pods.
type Entry = (&'static str, Vec<Value>, Vec<Value>);

/// The injector of a version for these values of `istio.io/rev`. The one with a policy looks after
/// namespaces and pods that name no revision as well.
pub(super) fn of(
    name: &str,
    version: &Version,
    revisions: &[String],
    policy: Option<InjectionPolicy>,
) -> Value {
    let mut entries = for_revisions(revisions);
    entries.extend(policy.into_iter().flat_map(without_revision));
    let webhooks: Vec<Value> = entries
        .iter()
        .map(|(prefix, spaces, pods)| webhook(version, prefix, spaces, pods))
        .collect();
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": { "name": name, "labels": { "app": "sidecar-injector" } },
        "webhooks": webhooks,
    })
}

fn for_revisions(revisions: &[String]) -> Vec<Entry> {
    let named: Vec<&str> = revisions.iter().map(String::as_str).collect();
    let wanted = || not_in(SWITCH, &["false"]);
    vec![
        ("rev.namespace", vec![is_in(REVISION, &named), absent(LEGACY)], vec![wanted()]),
        ("rev.object", unlabelled(), vec![wanted(), is_in(REVISION, &named)]),
    ]
}

fn without_revision(policy: InjectionPolicy) -> Vec<Entry> {
    let mut entries = vec![
        ("namespace", vec![is_in(LEGACY, &["enabled"])], vec![not_in(SWITCH, &["false"])]),
        ("object", unlabelled(), vec![is_in(SWITCH, &["true"]), absent(REVISION)]),
    ];
    match policy {
        InjectionPolicy::ByLabel => {}
        InjectionPolicy::Everywhere => {
            let system = ["kube-system", "kube-public", "kube-node-lease", NAMESPACE];
            let ordinary = not_in("kubernetes.io/metadata.name", &system);
            let namespaces = [unlabelled(), vec![ordinary]].concat();
            entries.push(("auto", namespaces, vec![absent(SWITCH), absent(REVISION)]));
        }
    }
    entries
}

fn unlabelled() -> Vec<Value> {
    vec![absent(REVISION), absent(LEGACY)]
}

fn is_in(key: &str, values: &[&str]) -> Value {
    json!({ "key": key, "operator": "In", "values": values })
}

fn not_in(key: &str, values: &[&str]) -> Value {
    json!({ "key": key, "operator": "NotIn", "values": values })
}

fn absent(key: &str) -> Value {
    json!({ "key": key, "operator": "DoesNotExist" })
}

fn webhook(version: &Version, prefix: &str, namespaces: &[Value], pods: &[Value]) -> Value {
    json!({
        "name": format!("{prefix}.sidecar-injector.istio.io"),
        "clientConfig": {
            "service": {
                "name": dataplane::service_name(version),
                "namespace": NAMESPACE,
                "path": "/inject",
                "port": 443,
            },
            "caBundle": STANDARD.encode(CA),
        },
        "sideEffects": "None",
        "rules": [{
            "operations": ["CREATE"],
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "resources": ["pods"],
            "scope": "*",
        }],
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "reinvocationPolicy": "Never",
        "timeoutSeconds": 10,
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": { "matchExpressions": namespaces },
        "objectSelector": { "matchExpressions": pods },
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::Map;

    use super::*;
    use crate::json;
    use crate::selector::matches;

    /// The table of `domain/asm.md` §4.5, during a canary of 1.18.0 beside 1.17.2.
    #[rstest]
    #[case::legacy(&[("istio-injection", "enabled")], &["current"])]
    #[case::stable(&[("istio.io/rev", "stable")], &["current"])]
    #[case::current(&[("istio.io/rev", "1-17-2")], &["current"])]
    #[case::canary(&[("istio.io/rev", "canary")], &["canary"])]
    #[case::new(&[("istio.io/rev", "1-18-0")], &["canary"])]
    #[case::other(&[("istio.io/rev", "1-16-4")], &[])]
    #[case::off(&[("istio-injection", "disabled")], &[])]
    #[case::none(&[], &[])]
    fn who_injects(#[case] labels: &[(&str, &str)], #[case] expected: &[&str]) {
        let labels: Map<String, Value> =
            labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let revisions = |names: [&str; 2]| names.map(str::to_owned);
        let (old, new) = (Version::new("v1.17.2.42-aliyun"), Version::new("v1.18.0.158-aliyun"));
        let policy = Some(InjectionPolicy::ByLabel);
        let injectors = [
            of("current", &old, &revisions(["stable", "1-17-2"]), policy),
            of("canary", &new, &revisions(["canary", "1-18-0"]), None),
        ];

        let calling = injectors.iter().flat_map(|injector| {
            let entries = json::items(injector, &["webhooks"]).iter().filter(|entry| {
                matches(&entry["namespaceSelector"], Some(&labels))
                    && matches(&entry["objectSelector"], None)
            });
            entries.map(|_| json::text(injector, &["metadata", "name"]))
        });

        assert_eq!(calling.collect::<Vec<_>>(), expected);
    }
}
