//! The facts that a plan rests on, read from a snapshot, and what of them somebody else changed.
//!
//! Entry points: [`basis_of`], [`foreign_differences`]. Deliberately absent: pods, replica counts
//! and status, which change all the time and decide nothing (run semantics 1).

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{ActKind, Basis, Difference, Plan, Progress, StepAction};
use crate::asm::Call;
use crate::injection;
use crate::inventory::{
    ControlPlane, DEFAULT_REVISION, InjectionLabels, Injector, Installer, Name, Snapshot, Strategy,
    Workload, WorkloadRef,
};

/// The facts that a plan rests on, as the mesh is now.
pub fn basis_of(plan: &Plan, snapshot: &Snapshot) -> Basis {
    let mut facts = BTreeMap::from([("cluster".to_owned(), snapshot.cluster.uid.clone())]);
    for plane in &snapshot.control_planes {
        facts.insert(control_plane(&plane.revision), version_of(plane));
    }
    if let Some(instance) = &snapshot.instance {
        facts.insert("ASM instance".to_owned(), instance.id.to_string());
        let target = instance.target.as_ref().filter(|_| upgrades(plan));
        facts.extend(target.map(|target| (TARGET.to_owned(), target.numbers())));
    }
    for it in &snapshot.injectors {
        facts.insert(injector(&it.name), digest(it));
    }
    for it in &snapshot.validators {
        let revision = it.revision.as_deref().unwrap_or("–");
        facts.insert(validator(&it.name), revision.to_owned());
    }
    let (namespaces, workloads) = concerned(plan);
    for found in namespaces.into_iter().filter_map(|name| snapshot.namespaces.get(name)) {
        facts.insert(namespace(&found.name), found.uid.to_string());
        facts.insert(labels(&found.name), label_text(&found.injection_labels()));
    }
    for found in workloads.into_iter().filter_map(|name| snapshot.workloads.get(name)) {
        let [uid, template, strategy] = about_workload(&found.reference);
        facts.insert(uid, found.uid.to_string());
        facts.insert(template, found.template.hash.to_string());
        facts.insert(strategy, kind_of_strategy(found));
    }
    Basis(facts)
}

/// What differs from the plan's basis and is not explained by what this run itself set out to do.
/// Once a run has begun, a workload whose template changed is left to the wave, which asks about
/// that one and goes on with the others.
pub fn foreign_differences(
    plan: &Plan,
    progress: &Progress,
    snapshot: &Snapshot,
) -> Vec<Difference> {
    let settled = settled(progress);
    let has_begun = !progress.acts.is_empty();
    plan.basis
        .differences(&basis_of(plan, snapshot))
        .into_iter()
        .filter(|difference| !(has_begun && is_for_the_wave(&difference.fact, plan)))
        .filter(|difference| !settled.contains(&difference.fact))
        .filter(|difference| !(is_about_planes(&difference.fact) && replaces(plan, progress)))
        .filter(|difference| {
            !progress.acts.values().any(|act| explains(plan, &act.kind, difference, snapshot))
        })
        .collect()
}

/// Facts about workloads that are through their gate or were left out.
fn settled(progress: &Progress) -> BTreeSet<String> {
    let done = progress.workloads_done.values().flatten();
    done.chain(progress.skipped.values().flatten()).flat_map(about_workload).collect()
}

fn is_for_the_wave(fact: &str, plan: &Plan) -> bool {
    let (_, workloads) = concerned(plan);
    workloads.into_iter().any(|workload| {
        let [uid, template, _] = about_workload(workload);
        fact == uid || fact == template
    })
}

fn explains(plan: &Plan, act: &ActKind, difference: &Difference, snapshot: &Snapshot) -> bool {
    let fact = &difference.fact;
    let found = difference.found.as_deref();
    let is_injector = |wanted: &dyn Fn(&Injector) -> bool| {
        snapshot.injectors.iter().any(|it| injector(&it.name) == *fact && wanted(it))
    };
    let is_validator = |wanted: &str| fact.starts_with("validator ") && found == Some(wanted);
    match act {
        ActKind::Label { namespace, uid: _, from: _, to } => {
            *fact == labels(namespace) && found == Some(label_text(to).as_str())
        }
        // Our annotation is left out of the template's hash.
        ActKind::Restart { .. } | ActKind::SetTagService { .. } => false,
        ActKind::Asm { instance: _, call } => match call {
            Call::Label { namespace, from: _, to } => {
                *fact == labels(namespace) && found == Some(label_text(to).as_str())
            }
            Call::Precheck { .. }
            | Call::Upgrade { .. }
            | Call::UpgradeGateway { .. }
            | Call::GatewayCanary { .. } => false,
        },
        ActKind::Install { install } => {
            let revision = install.revision.as_deref().unwrap_or(DEFAULT_REVISION);
            // The image tag may carry a variant, so versions are compared and not their texts.
            let plane = snapshot.control_plane(revision);
            let is_plane = *fact == control_plane(revision)
                && plane.is_some_and(|it| it.version.as_ref() == Some(&install.version));
            is_plane || is_injector(&|it| &*it.revision == revision) || is_validator(revision)
        }
        ActKind::SetTag { tag, revision } => {
            is_injector(&|it| it.tag.as_ref() == Some(tag) && it.revision == *revision)
        }
        ActKind::SetDefaultValidator { revision } => is_validator(revision),
        ActKind::DeactivateInjector { name } => {
            is_injector(&|it| it.name == *name && !injection::is_active(it))
        }
        ActKind::Delete { object, uid: _ } => {
            let is_named = *fact == injector(&object.name) || *fact == validator(&object.name);
            let is_plane =
                &*object.kind == "Deployment" && *fact == control_plane(&plan.from.revision);
            found.is_none() && (is_named || is_plane)
        }
        ActKind::Restore { object, manifest: _, left: _ } => {
            *fact == injector(&object.name) || *fact == validator(&object.name)
        }
    }
}

/// The version that the backend would upgrade to.
const TARGET: &str = "ASM upgrade target";

/// A control plane's version; of a managed one without its own patch number, which changes
/// unannounced (S26).
fn version_of(plane: &ControlPlane) -> String {
    let is_managed = plane.installer == Installer::Asm;
    plane.version.as_ref().map_or_else(
        || plane.image.to_string(),
        |version| if is_managed { version.istio().to_string() } else { version.to_string() },
    )
}

fn is_about_planes(fact: &str) -> bool {
    fact == TARGET
        || ["control plane ", "injector ", "validator "].iter().any(|kind| fact.starts_with(kind))
}

fn upgrades(plan: &Plan) -> bool {
    let is_upgrade = |action: &StepAction| {
        matches!(action, StepAction::Asm { call: Call::Upgrade { .. }, instance: _ })
    };
    plan.steps.iter().any(|step| is_upgrade(&step.action))
}

/// Whether a step of the run that replaces control planes by itself has begun. What it leads to is
/// judged by the step: only it knows what it asked for.
fn replaces(plan: &Plan, progress: &Progress) -> bool {
    let begun = plan.steps.iter().filter(|step| progress.step_started.contains_key(&step.id));
    begun.into_iter().any(|step| match &step.action {
        StepAction::HandOff { instance: _, task: _ }
        | StepAction::Asm { call: Call::Upgrade { .. }, instance: _ } => true,
        StepAction::Asm { .. }
        | StepAction::Install { .. }
        | StepAction::MoveNamespace { .. }
        | StepAction::Restart { .. }
        | StepAction::Change { .. }
        | StepAction::Verify { .. } => false,
    })
}

/// Namespaces and workloads that a plan touches or predicts for.
fn concerned(plan: &Plan) -> (BTreeSet<&Name>, BTreeSet<&WorkloadRef>) {
    let mut namespaces = BTreeSet::new();
    let mut workloads = BTreeSet::new();
    for step in &plan.steps {
        match &step.action {
            StepAction::MoveNamespace { namespace, uid: _, from: _, to: _, instance: _ } => {
                namespaces.insert(namespace);
            }
            StepAction::Restart { wave } => {
                workloads.extend(wave.items.iter().map(|item| &item.workload));
                namespaces.extend(wave.items.iter().map(|item| &item.workload.namespace));
            }
            StepAction::Install { install: _ }
            | StepAction::Asm { instance: _, call: _ }
            | StepAction::HandOff { instance: _, task: _ }
            | StepAction::Change { acts: _ }
            | StepAction::Verify { expect: _ } => {}
        }
    }
    (namespaces, workloads)
}

fn control_plane(revision: &str) -> String {
    format!("control plane {revision}")
}

fn injector(name: &str) -> String {
    format!("injector {name}")
}

fn validator(name: &str) -> String {
    format!("validator {name}")
}

fn namespace(name: &str) -> String {
    format!("namespace {name}")
}

fn labels(namespace: &str) -> String {
    format!("namespace {namespace}: injection labels")
}

fn about_workload(workload: &WorkloadRef) -> [String; 3] {
    [workload.to_string(), format!("{workload}: template"), format!("{workload}: strategy")]
}

/// Both injection labels as one readable text.
pub fn label_text(labels: &InjectionLabels) -> String {
    let injection = labels.injection.as_ref().map(|value| format!("istio-injection={value}"));
    let revision = labels.revision.as_ref().map(|value| format!("istio.io/rev={value}"));
    let both: Vec<String> = [injection, revision].into_iter().flatten().collect();
    if both.is_empty() { "–".to_owned() } else { both.join(",") }
}

/// The kind of the strategy without its figures: those follow the number of replicas.
fn kind_of_strategy(workload: &Workload) -> String {
    match workload.strategy {
        Strategy::Rolling { max_unavailable: _, max_surge: _ } => "rolling".to_owned(),
        Strategy::Recreate => "recreate".to_owned(),
        Strategy::OnDelete => "on delete".to_owned(),
        Strategy::Partitioned { partition } => format!("partition {partition}"),
        Strategy::None => "none".to_owned(),
    }
}

/// What an injector matches and whom it asks, in twelve digits.
fn digest(injector: &Injector) -> String {
    let entries: Vec<_> = injector
        .webhooks
        .iter()
        .map(|it| (&it.name, &it.namespace_selector, &it.object_selector, &it.client))
        .collect();
    let guarded = (&injector.revision, &injector.tag, entries);
    let bytes = serde_json::to_vec(&guarded).unwrap_or_default();
    Sha256::digest(&bytes)
        .iter()
        .take(6)
        .fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}
