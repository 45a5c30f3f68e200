//! P-08: webhooks whose control plane does not answer. Their failure policy is Fail, so pods that
//! they match are refused, not skipped.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::injection;
use crate::inventory::{Snapshot, WebhookClient};

/// A webhook without an endpoint or without a CA bundle.
pub(super) const ID: &str = "P-08";

/// Injectors that are active and can't be reached.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    if let Some(unknown) = super::cannot_tell(ID, snapshot, "endpointslices") {
        return vec![unknown];
    }
    let active = snapshot.injectors.iter().filter(|injector| injection::is_active(injector));
    active
        .filter(|injector| {
            injector.webhooks.iter().any(|webhook| {
                !webhook.has_ca_bundle || is_without_endpoint(snapshot, &webhook.client)
            })
        })
        .map(|injector| {
            let subject = format!("MutatingWebhookConfiguration {}", injector.name);
            Finding::new(ID, Severity::Block, subject, Problem::WebhookDown)
        })
        .collect()
}

/// Tags have Services of their own; they select the same istiod, so the plane of the same
/// namespace and revision answers for them.
fn is_without_endpoint(snapshot: &Snapshot, client: &WebhookClient) -> bool {
    match client {
        WebhookClient::Url { .. } => false,
        WebhookClient::Service { namespace, name } => snapshot
            .control_planes
            .iter()
            .find(|plane| plane.namespace == *namespace && plane.service == *name)
            .is_some_and(|plane| plane.endpoints == Some(0)),
    }
}
