//! Which webhooks see a new pod, and what becomes of it.
//!
//! Entry point: [`admit`]. It evaluates the live configurations, as the API server does: each
//! matching entry is called in name order, and an entry that cannot be called and must not fail
//! open refuses the pod.

use serde_json::Value;

use crate::cluster::Cluster;
use crate::json;
use crate::refusal::Refusal;
use crate::resources::id;
use crate::selector;
use crate::sidecar;

/// Passes a new pod through the live webhooks.
pub(crate) fn admit(cluster: &Cluster, pod: &mut Value) -> Result<(), Refusal> {
    let namespace = json::text(pod, &["metadata", "namespace"]).to_owned();
    let Some(namespace) = cluster.namespace(&namespace).cloned() else { return Ok(()) };
    for (_, configuration) in cluster.store.list(id::INJECTORS, None) {
        for webhook in json::items(configuration, &["webhooks"]) {
            if !asks_for_pods(webhook) || !is_selected(webhook, &namespace, pod) {
                continue;
            }
            match call(cluster, webhook, pod) {
                Ok(()) => {}
                Err(_) if json::text(webhook, &["failurePolicy"]) == "Ignore" => {}
                Err(cause) => return Err(Refusal::internal(&failed_call(webhook, &cause))),
            }
        }
    }
    Ok(())
}

/// Whether a service has a pod that is ready: webhooks and clients can reach it.
pub(crate) fn ready_backend<'a>(
    cluster: &'a Cluster,
    namespace: &'a str,
    service: &Value,
) -> Option<&'a Value> {
    let selector = json::get(service, &["spec", "selector"])?;
    cluster
        .store
        .list(id::PODS, Some(namespace))
        .map(|(_, pod)| &**pod)
        .find(|pod| selector::contains(selector, json::labels(pod)) && is_ready(pod))
}

/// Whether a pod is ready and stays.
pub(crate) fn is_ready(pod: &Value) -> bool {
    json::get(pod, &["metadata", "deletionTimestamp"]).is_none()
        && json::items(pod, &["status", "conditions"]).iter().any(|condition| {
            json::text(condition, &["type"]) == "Ready"
                && json::text(condition, &["status"]) == "True"
        })
}

fn asks_for_pods(webhook: &Value) -> bool {
    let lists = |rule: &Value, part: &str, word: &str| {
        json::items(rule, &[part]).iter().any(|item| item == word || item == "*")
    };
    json::items(webhook, &["rules"]).iter().any(|rule| {
        lists(rule, "operations", "CREATE")
            && lists(rule, "apiGroups", "")
            && lists(rule, "resources", "pods")
    })
}

fn is_selected(webhook: &Value, namespace: &Value, pod: &Value) -> bool {
    let selects = |selector: &str, object: &Value| {
        webhook
            .get(selector)
            .is_none_or(|selector| selector::matches(selector, json::labels(object)))
    };
    selects("namespaceSelector", namespace) && selects("objectSelector", pod)
}

/// Asks the istiod behind a webhook. The error is what the real API server would say.
fn call(cluster: &Cluster, webhook: &Value, pod: &mut Value) -> Result<(), String> {
    let Some(service) = json::get(webhook, &["clientConfig", "service"]) else {
        return Err("dial tcp: lookup: no such host".to_owned());
    };
    let (namespace, name) = (json::text(service, &["namespace"]), json::text(service, &["name"]));
    let Some(service) = cluster.store.find(id::SERVICES, namespace, name) else {
        return Err(format!("service \"{name}\" not found"));
    };
    let outside = cluster.outside.get(name);
    let istiod = ready_backend(cluster, namespace, service);
    if outside.is_none() && istiod.is_none() {
        return Err(format!("no endpoints available for service \"{name}\""));
    }
    if json::text(webhook, &["clientConfig", "caBundle"]).is_empty() {
        return Err("tls: failed to verify certificate: x509: certificate signed by unknown \
                    authority"
            .to_owned());
    }
    let revision = match outside {
        Some(_) => name.trim_start_matches("istiod-"),
        None => istiod.and_then(|istiod| json::label(istiod, "istio.io/rev")).unwrap_or("default"),
    };
    if cluster.faults.webhook_down(revision) {
        return Err("context deadline exceeded".to_owned());
    }
    match outside {
        Some(injection) => injection.apply(pod),
        None => sidecar::inject(cluster, namespace, revision, pod)?,
    }
    Ok(())
}

fn failed_call(webhook: &Value, cause: &str) -> String {
    let name = json::text(webhook, &["name"]);
    let client = |key| json::text(webhook, &["clientConfig", "service", key]);
    let url = match json::text(webhook, &["clientConfig", "url"]) {
        "" => {
            format!("https://{}.{}.svc:443{}", client("name"), client("namespace"), client("path"))
        }
        url => url.to_owned(),
    };
    let seconds = json::number(webhook, &["timeoutSeconds"]);
    format!(
        "failed calling webhook \"{name}\": failed to call webhook: Post \
         \"{url}?timeout={seconds}s\": {cause}"
    )
}
