//! P-06 and P-07: labels that say two things, and labels that nobody answers.

use super::{Aim, Finding, Problem, Severity};
use crate::injection;
use crate::inventory::{Name, Namespace, REVISION_LABEL, Snapshot};

/// Both injection labels on one namespace.
pub(super) const ID_BOTH: &str = "P-06";
/// A label with no webhook behind it.
pub(super) const ID_ORPHAN: &str = "P-07";

/// Namespaces that carry both labels: `istio-injection` wins and the other is ignored (S37).
pub(super) fn both(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    let live = snapshot.namespaces.values().filter(|namespace| !namespace.terminating);
    live.filter_map(|namespace| {
        let labels = namespace.injection_labels();
        let revision = labels.revision?;
        labels.injection.as_ref()?;
        let problem = Problem::BothLabels { revision };
        let subject = format!("Namespace {}", namespace.name);
        let fix = format!("kubectl label namespace {} istio.io/rev-", namespace.name);
        Some(Finding::new(ID_BOTH, Severity::Warn, subject, problem).mended_by(fix))
    })
    .collect()
}

/// Labels on namespaces and pod templates that name a revision or tag which no webhook carries.
///
/// It warns: the fault is there with or without an upgrade, and what it hits is never restarted.
pub(super) fn orphan(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    let namespaces =
        snapshot.namespaces.values().filter(|namespace| !namespace.terminating).filter_map(
            |namespace| {
                let named = named_by(namespace)?;
                (!is_answered(snapshot, &named))
                    .then(|| orphaned(format!("Namespace {}", namespace.name), &named))
            },
        );
    let workloads = snapshot.workloads.values().filter_map(|workload| {
        let namespace = snapshot.namespaces.get(&workload.reference.namespace)?;
        let labels = namespace.injection_labels();
        if labels.injection.is_some() || labels.revision.is_some() {
            return None;
        }
        let named = workload.template.labels.get(REVISION_LABEL)?;
        (!is_answered(snapshot, named)).then(|| orphaned(workload.reference.to_string(), named))
    });
    namespaces.chain(workloads).collect()
}

/// The revision or tag that a namespace's label names; `istio-injection` takes it out of the game.
fn named_by(namespace: &Namespace) -> Option<Name> {
    let labels = namespace.injection_labels();
    match labels.injection {
        Some(_) => None,
        None => labels.revision,
    }
}

fn is_answered(snapshot: &Snapshot, named: &str) -> bool {
    if snapshot.instance.is_some() {
        // ASM's injectors answer to words such as `stable` that are no revision (S35).
        return snapshot.injectors.iter().any(|injector| injection::selects_value(injector, named));
    }
    snapshot.injectors.iter().any(|injector| {
        let names_it = match &injector.tag {
            Some(tag) => &**tag == named,
            None => &*injector.revision == named,
        };
        names_it && injection::is_active(injector)
    })
}

fn orphaned(subject: String, named: &str) -> Finding {
    let problem = Problem::OrphanLabel { label: format!("{REVISION_LABEL}={named}") };
    Finding::new(ID_ORPHAN, Severity::Warn, subject, problem)
}
