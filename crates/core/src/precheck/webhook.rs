//! P-08: webhooks whose control plane does not answer, or whose certificate nobody can trust any more.
//! An injector that is not answered refuses pods, a validator refuses Istio's own objects.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::injection;
use crate::inventory::{ControlPlane, Snapshot, Validator, WebhookClient};

/// A webhook without an endpoint or without a CA bundle that holds.
pub(super) const ID: &str = "P-08";

/// Injectors that are active and can't be reached.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    if let Some(unknown) = super::cannot_tell(ID, snapshot, "endpointslices") {
        return vec![unknown];
    }
    let now = now(facts);
    let active = snapshot.injectors.iter().filter(|injector| injection::is_active(injector));
    let found = active.filter_map(|injector| {
        let subject = format!("MutatingWebhookConfiguration {}", injector.name);
        let webhooks = || injector.webhooks.iter();
        let is_down = webhooks().any(|webhook| {
            !webhook.has_ca_bundle || is_without_endpoint(snapshot, &webhook.client)
        });
        if is_down {
            return Some(Finding::new(ID, Severity::Block, subject, Problem::WebhookDown));
        }
        let ended = webhooks().filter_map(|webhook| webhook.ca_expires).find(|end| *end <= now)?;
        Some(expired(subject, ended))
    });
    found.collect()
}

/// Validators that refuse what they can't ask about, and can't be asked.
pub(super) fn validators(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    // Said once, by the injectors' part.
    if snapshot.unreadable.iter().any(|gap| gap.what == "endpointslices") {
        return Vec::new();
    }
    let now = now(facts);
    let closed = snapshot.validators.iter().filter(|validator| validator.fails_closed);
    let found = closed.filter_map(|validator| {
        let subject = format!("ValidatingWebhookConfiguration {}", validator.name);
        if behind(snapshot, validator).any(|plane| plane.endpoints == Some(0)) {
            return Some(Finding::new(ID, Severity::Block, subject, Problem::ValidatorDown));
        }
        Some(expired(subject, validator.ca_expires.filter(|end| *end <= now)?))
    });
    found.collect()
}

fn expired(subject: String, ended: i64) -> Finding {
    Finding::new(ID, Severity::Block, subject, Problem::BundleExpired { date: super::date(ended) })
}

/// The API server's clock, which decides about certificates; the beginning of today without it.
fn now(facts: &Facts<'_>) -> i64 {
    facts.evidence.server_clock.unwrap_or_else(|| {
        let midnight = facts.aim.today.to_zoned(jiff::tz::TimeZone::UTC);
        midnight.map_or(i64::MIN, |midnight| midnight.timestamp().as_second())
    })
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

/// The control planes that a validator asks.
fn behind<'a>(
    snapshot: &'a Snapshot,
    validator: &'a Validator,
) -> impl Iterator<Item = &'a ControlPlane> {
    snapshot.control_planes.iter().filter(|plane| {
        let service = format!("{}/{}", plane.namespace, plane.service);
        validator.services.iter().any(|asked| **asked == *service)
    })
}
