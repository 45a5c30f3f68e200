//! P-22: the root of trust, which proxies need to start and to speak to each other.

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::facts::Facts;
use super::{Finding, Problem, Severity};

/// Root certificate and its end.
pub(super) const ID: &str = "P-22";

/// Days before its end at which a root is worth a word.
const SOON: i64 = 60;

/// Namespaces of the mesh without the root certificate, and a root that ends soon.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let without = facts
        .meshed_namespaces()
        .into_iter()
        .filter(|namespace| !facts.evidence.root_certificates.contains(*namespace))
        .map(|namespace| {
            let subject = format!("Namespace {namespace}");
            Finding::new(ID, Severity::Warn, subject, Problem::RootMissing)
        });
    without.chain(ending(facts)).collect()
}

fn ending(facts: &Facts<'_>) -> Option<Finding> {
    let end = Timestamp::from_second(facts.evidence.root_expires?).ok()?;
    let end = end.to_zoned(TimeZone::UTC).date();
    let soon = facts.aim.today.checked_add(SOON.days()).ok()?;
    (end <= soon).then(|| {
        let problem = Problem::RootExpires { date: end.to_string() };
        Finding::new(ID, Severity::Warn, "ConfigMap istio-ca-root-cert", problem)
    })
}
