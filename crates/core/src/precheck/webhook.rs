//! P-08: webhooks whose control plane does not answer, or whose certificate nobody can trust any more.
//! An injector that is not answered refuses pods, a validator refuses Istio's own objects.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::injection;
use crate::inventory::{Injector, Snapshot, WebhookClient};

/// A webhook without an endpoint or without a CA bundle that holds.
pub(super) const ID: &str = "P-08";

/// Injectors that are active and can't be reached.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    if let Some(unknown) = unread(snapshot) {
        return vec![unknown];
    }
    let now = now(facts);
    let active = snapshot.injectors.iter().filter(|injector| injection::is_active(injector));
    let found = active.filter_map(|injector| {
        let subject = format!("MutatingWebhookConfiguration {}", injector.name);
        let webhooks = || injector.webhooks.iter();
        let is_down = webhooks().any(|webhook| {
            !webhook.has_ca_bundle || is_without_endpoint(snapshot, injector, &webhook.client)
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
    if unread(snapshot).is_some() {
        return Vec::new();
    }
    let now = now(facts);
    let closed = snapshot.validators.iter().filter(|validator| validator.fails_closed);
    let found = closed.filter_map(|validator| {
        let subject = format!("ValidatingWebhookConfiguration {}", validator.name);
        let revision = validator.revision.as_deref();
        let is_down = validator.services.iter().any(|service| {
            service
                .split_once('/')
                .is_some_and(|(namespace, name)| !is_answered(snapshot, namespace, name, revision))
        });
        if is_down {
            return Some(Finding::new(ID, Severity::Block, subject, Problem::ValidatorDown));
        }
        Some(expired(subject, validator.ca_expires.filter(|end| *end <= now)?))
    });
    found.collect()
}

/// What answers is told from Deployments and endpoints; each is read namespace by namespace.
fn unread(snapshot: &Snapshot) -> Option<Finding> {
    let asked = |what: &str| what == "deployments" || what.starts_with("endpointslices");
    let gap = snapshot.unreadable.iter().find(|gap| asked(&gap.what))?;
    super::cannot_tell(ID, snapshot, &gap.what)
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

fn is_without_endpoint(snapshot: &Snapshot, injector: &Injector, client: &WebhookClient) -> bool {
    match client {
        WebhookClient::Url { .. } => false,
        WebhookClient::Service { namespace, name } => {
            !is_answered(snapshot, namespace, name, Some(&injector.revision))
        }
    }
}

/// Whether a Service has an istiod behind it. Tags have Services of their own, which select the istiod
/// of their revision, so that one answers for them. One that was left when its istiod went has none.
fn is_answered(snapshot: &Snapshot, namespace: &str, name: &str, revision: Option<&str>) -> bool {
    // ASM's control planes run elsewhere, behind Services without a Deployment.
    if snapshot.instance.is_some() {
        return true;
    }
    let mut behind = snapshot.control_planes.iter().filter(|plane| {
        let is_named = *plane.service == *name || Some(&*plane.revision) == revision;
        *plane.namespace == *namespace && is_named
    });
    behind.any(|plane| plane.endpoints != Some(0))
}
