//! Folds webhook configurations: which inject, which validate, and what they select.

use jiff::Timestamp;
use meshlift_core::inventory::{
    DEFAULT_REVISION, Expression, Injector, InjectorWebhook, Name, Operator, REVISION_LABEL,
    Selector, TAG_LABEL, Validator, WebhookClient,
};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{Entry, Names, labels};
use crate::connection::not_after;
use crate::wire::{self, ClientConfig, LabelSelector, ObjectMeta, Requirement};

/// A mutating configuration, if it injects. Vendors' are known by the names of their entries.
pub(in crate::snapshot) fn injector(
    names: &Names,
    object: wire::MutatingConfiguration,
) -> Option<Entry> {
    let wire::MutatingConfiguration { metadata, webhooks } = object;
    let says_so = metadata.labels.get("app").is_some_and(|app| app == "sidecar-injector");
    let called_so = || webhooks.iter().any(|one| one.name.ends_with("sidecar-injector.istio.io"));
    if !says_so && !called_so() {
        return None;
    }
    let webhooks = webhooks.into_iter().map(|one| InjectorWebhook {
        name: names.share(&one.name),
        namespace_selector: selector(names, &one.namespace_selector),
        object_selector: selector(names, &one.object_selector),
        has_ca_bundle: !one.client_config.ca_bundle.is_empty(),
        ca_expires: end_of(&one.client_config.ca_bundle),
        client: client(names, one.client_config),
    });
    let revision = label(names, &metadata, REVISION_LABEL);
    Some(Entry::Injector(Injector {
        webhooks: webhooks.collect(),
        revision: revision.unwrap_or_else(|| names.share(DEFAULT_REVISION)),
        tag: label(names, &metadata, TAG_LABEL),
        name: metadata.name.into(),
        uid: metadata.uid.into(),
        // It is put beside it when both are read.
        config: None,
    }))
}

/// A validating configuration, if it is Istio's.
pub(in crate::snapshot) fn validator(
    names: &Names,
    object: wire::ValidatingConfiguration,
) -> Option<Entry> {
    let wire::ValidatingConfiguration { metadata, webhooks } = object;
    if !webhooks.iter().any(|one| one.name.ends_with("validation.istio.io")) {
        return None;
    }
    let closed = || webhooks.iter().filter(|one| one.failure_policy.as_deref() == Some("Fail"));
    let fails_closed = closed().next().is_some();
    let ca_expires = closed().filter_map(|one| end_of(&one.client_config.ca_bundle)).min();
    let service = |one: wire::ValidatingWebhook| {
        let service = one.client_config.service?;
        Some(names.share(&format!("{}/{}", service.namespace, service.name)))
    };
    Some(Entry::Validator(Validator {
        services: webhooks.into_iter().filter_map(service).collect(),
        fails_closed,
        ca_expires,
        revision: label(names, &metadata, REVISION_LABEL),
        tag: label(names, &metadata, TAG_LABEL),
        name: metadata.name.into(),
        uid: metadata.uid.into(),
    }))
}

/// When the last certificate of a bundle ends: the server trusts any of them.
fn end_of(bundle: &[u8]) -> Option<i64> {
    let certificates = CertificateDer::pem_slice_iter(bundle).flatten();
    certificates.filter_map(|one| not_after(&one)).map(Timestamp::as_second).max()
}

fn label(names: &Names, metadata: &ObjectMeta, key: &str) -> Option<Name> {
    metadata.labels.get(key).filter(|value| !value.is_empty()).map(|value| names.share(value))
}

fn client(names: &Names, config: ClientConfig) -> WebhookClient {
    match (config.url, config.service) {
        (Some(url), _) => WebhookClient::Url { url: url.into() },
        (None, service) => {
            let service = service.unwrap_or_default();
            WebhookClient::Service {
                namespace: names.share(&service.namespace),
                name: names.share(&service.name),
            }
        }
    }
}

/// A label selector that stands alone.
pub(crate) fn selector_of(read: &LabelSelector) -> Selector {
    selector(&Names::default(), read)
}

/// A label selector.
pub(super) fn selector(names: &Names, selector: &LabelSelector) -> Selector {
    let LabelSelector { match_labels, match_expressions } = selector;
    Selector {
        match_labels: labels(names, match_labels),
        expressions: match_expressions.iter().map(|one| expression(names, one)).collect(),
    }
}

fn expression(names: &Names, requirement: &Requirement) -> Expression {
    let shared = |values: &[String]| values.iter().map(|value| names.share(value)).collect();
    let (operator, values) = match requirement.operator.as_str() {
        "In" => (Operator::In, shared(&requirement.values)),
        "NotIn" => (Operator::NotIn, shared(&requirement.values)),
        "Exists" => (Operator::Exists, Vec::new()),
        "DoesNotExist" => (Operator::DoesNotExist, Vec::new()),
        // The server knows no other; one that we do not know matches nothing.
        _ => (Operator::In, Vec::new()),
    };
    Expression { key: names.share(&requirement.key), operator, values }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn folded(object: Value) -> Option<Entry> {
        injector(&Names::default(), serde_json::from_value(object).unwrap())
    }

    fn webhook(client: &Value) -> Value {
        json!([{
            "name": "rev.namespace.sidecar-injector.istio.io",
            "clientConfig": client,
            "namespaceSelector": {"matchExpressions": [
                {"key": "istio.io/rev", "operator": "In", "values": ["1-30"]},
                {"key": "istio-injection", "operator": "DoesNotExist"},
            ]},
            "objectSelector": {"matchLabels": {"a": "b"}},
        }])
    }

    #[test]
    fn reads_an_injector_with_its_selectors() {
        let service = json!({"service": {"namespace": "istio-system", "name": "istiod-1-30"}, "caBundle": "Zm9v"});

        let Some(Entry::Injector(found)) = folded(json!({
            "metadata": {"name": "istio-sidecar-injector-1-30", "labels": {"istio.io/rev": "1-30", "istio.io/tag": "prod"}},
            "webhooks": webhook(&service),
        })) else {
            panic!("its entries are called as those of injectors")
        };

        assert_eq!((&*found.revision, found.tag.as_deref()), ("1-30", Some("prod")));
        let entry = &found.webhooks[0];
        assert!(entry.has_ca_bundle);
        assert_eq!(
            entry.client,
            WebhookClient::Service { namespace: "istio-system".into(), name: "istiod-1-30".into() }
        );
        assert_eq!(entry.namespace_selector.expressions[0].values, [Name::from("1-30")]);
        assert_eq!(entry.namespace_selector.expressions[1].operator, Operator::DoesNotExist);
        assert_eq!(entry.object_selector.match_labels.get("a").map(|value| &**value), Some("b"));
    }

    #[test]
    fn a_url_and_no_revision_are_kept_apart() {
        let Some(Entry::Injector(found)) = folded(json!({
            "metadata": {"name": "vendor", "labels": {"app": "sidecar-injector"}},
            "webhooks": webhook(&json!({"url": "https://elsewhere/inject"})),
        })) else {
            panic!("its label says that it injects")
        };

        assert_eq!(&*found.revision, "default");
        assert_eq!(
            found.webhooks[0].client,
            WebhookClient::Url { url: "https://elsewhere/inject".into() }
        );
    }

    #[test]
    fn other_webhooks_have_no_place() {
        assert_eq!(
            folded(
                json!({"metadata": {"name": "cert-manager"}, "webhooks": [{"name": "webhook.cert-manager.io"}]})
            ),
            None
        );
    }
}
