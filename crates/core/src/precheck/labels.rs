//! P-05, P-06 and P-07: labels that say two things, and labels that nobody answers.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::injection::{self, Outcome};
use crate::inventory::{
    INJECT_LABEL, INJECTION_LABEL, InjectionLabels, Instance, LabelSync, Name, Namespace,
    PodTemplate, REVISION_LABEL, Snapshot,
};

/// A wish for a sidecar that no default answers.
pub(super) const ID_UNANSWERED: &str = "P-05";
/// Both injection labels on one namespace.
pub(super) const ID_BOTH: &str = "P-06";
/// A label with no webhook behind it.
pub(super) const ID_ORPHAN: &str = "P-07";

/// Namespaces that carry both labels: `istio-injection` wins and the other is ignored (S37). It blocks
/// where the two do not come to the same revision.
pub(super) fn both(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    let live = snapshot.namespaces.values().filter(|namespace| !namespace.terminating);
    live.filter_map(|namespace| {
        let InjectionLabels { injection: Some(_), revision: Some(revision) } =
            namespace.injection_labels()
        else {
            return None;
        };
        let meant = injects(snapshot, namespace) == answers(snapshot, &revision);
        let severity = if meant { Severity::Warn } else { Severity::Block };
        let problem = Problem::BothLabels { revision };
        let subject = format!("Namespace {}", namespace.name);
        let fix = without_revision(snapshot, namespace);
        Some(Finding::new(ID_BOTH, severity, subject, problem).mended_by(fix))
    })
    .collect()
}

/// The command that leaves `istio-injection` alone on a namespace. Where ASM holds the namespace's
/// labels it would put back what kubectl removes (`domain/asm.md` §10.2), so they are set there.
fn without_revision(snapshot: &Snapshot, namespace: &Namespace) -> String {
    let name = &namespace.name;
    let keeps = |instance: &&Instance| match instance.sync {
        LabelSync::Copied => instance.labels.contains_key(name),
        LabelSync::Spared => false,
    };
    match snapshot.instance.as_deref().filter(keeps) {
        Some(instance) => {
            let is_on = namespace.injection_labels().injection.as_deref() == Some("enabled");
            format!(
                "aliyun servicemesh UpdateIstioInjectionConfig --ServiceMeshId {} --Namespace {name} \
                 --EnableIstioInjection {is_on}",
                instance.id
            )
        }
        None => format!("kubectl label namespace {name} istio.io/rev-"),
    }
}

/// The revision that injects a pod of a namespace without labels of its own.
fn injects(snapshot: &Snapshot, namespace: &Namespace) -> Option<Name> {
    match injection::predict(&snapshot.injectors, namespace, &PodTemplate::default()).outcome {
        Outcome::Injected { revision } => Some(revision),
        Outcome::Twice | Outcome::NotInjected => None,
    }
}

/// The revision that stands behind the name of a revision or a tag.
fn answers(snapshot: &Snapshot, named: &str) -> Option<Name> {
    let mut injectors = snapshot.injectors.iter();
    let found = injectors.find(|it| match &snapshot.instance {
        Some(_) => injection::selects_value(it, named),
        None => it.tag.as_deref().unwrap_or(&it.revision) == named,
    });
    found.map(|injector| injector.revision.clone())
}

/// Labels on namespaces and pod templates that name a revision or tag which no webhook carries.
///
/// It warns, where the catalogue blocks: the fault is there with or without an upgrade, and what it
/// hits is never restarted.
pub(super) fn orphan(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    if let Some(unknown) = injectors_unread(ID_ORPHAN, snapshot) {
        return vec![unknown];
    }
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

/// Namespaces and pod templates that ask for a sidecar without naming a revision, where no default
/// answers. It warns as an orphan does, and for the same reason.
pub(super) fn unanswered(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    if let Some(unknown) = injectors_unread(ID_UNANSWERED, snapshot) {
        return vec![unknown];
    }
    let silent = |namespace: &Namespace, template: &PodTemplate| {
        injection::matches(&snapshot.injectors, &namespace.labels, &template.labels).is_empty()
    };
    let found = |subject: String, label: &str, value: &str| {
        let problem = Problem::OrphanLabel { label: format!("{label}={value}") };
        Finding::new(ID_UNANSWERED, Severity::Warn, subject, problem)
    };
    let live = snapshot.namespaces.values().filter(|namespace| !namespace.terminating);
    let namespaces = live.filter_map(|namespace| {
        let asks = namespace.injection_labels().injection.as_deref() == Some("enabled");
        let subject = || format!("Namespace {}", namespace.name);
        (asks && silent(namespace, &PodTemplate::default()))
            .then(|| found(subject(), INJECTION_LABEL, "enabled"))
    });
    let workloads = snapshot.workloads.values().filter_map(|workload| {
        let namespace = snapshot.namespaces.get(&workload.reference.namespace)?;
        let InjectionLabels { injection: None, revision: None } = namespace.injection_labels()
        else {
            return None;
        };
        let labels = &workload.template.labels;
        let asks = labels.get(INJECT_LABEL).is_some_and(|value| &**value == "true")
            && !labels.contains_key(REVISION_LABEL);
        (asks && silent(namespace, &workload.template))
            .then(|| found(workload.reference.to_string(), INJECT_LABEL, "true"))
    });
    namespaces.chain(workloads).collect()
}

/// Without the injectors nothing is known of who answers.
fn injectors_unread(rule: &str, snapshot: &Snapshot) -> Option<Finding> {
    super::cannot_tell(rule, snapshot, "mutatingwebhookconfigurations")
}
