//! A mesh that does at once what a plan asks, counts what it did, and loses the app at will.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::what_if;
use crate::injection::{self, Outcome as Injected};
use crate::inventory::{
    DEFAULT_REVISION, Injector, Labels, Name, REVISION_LABEL, Role, Selector, Snapshot, TAG_LABEL,
    WorkloadRef,
};
use crate::rollout::testing::{Crash, Tape};
use crate::rollout::{
    Act, ActId, ActKind, Decision, Event, InstallPart, ObjectRef, Observed, Plan, Preflight,
    Progress, annotation, foreign_differences, next,
};
use crate::testing::{control_plane, pod, revision_injector, seeing_all};

#[derive(Clone)]
pub(super) struct Played {
    pub(super) snapshot: Snapshot,
    /// How often each act changed something.
    pub(super) effects: BTreeMap<ActId, u32>,
    pub(super) tape: Tape,
    /// Objects that a snapshot does not hold, by kind and name, with the revision they are for.
    pub(super) others: BTreeMap<(Name, Name), Name>,
    injectors: BTreeMap<String, Injector>,
    runs: u32,
}

impl Played {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        let revisions: Vec<Name> =
            snapshot.control_planes.iter().map(|plane| plane.revision.clone()).collect();
        let mut played = Self {
            snapshot,
            effects: BTreeMap::new(),
            tape: Tape::default(),
            others: BTreeMap::new(),
            injectors: BTreeMap::new(),
            runs: 0,
        };
        for revision in &revisions {
            played.serve(revision);
        }
        played
    }

    /// Runs a plan to its end. A crash drops everything but the journal and the mesh.
    pub(super) fn run(&mut self, plan: &Plan, mut crash: Crash) -> Progress {
        self.runs += 1;
        self.tape.clear();
        self.effects.clear();
        let mut is_checked = false;
        for _ in 0..400 {
            let progress = self.tape.folded();
            if progress.is_finished() {
                return progress;
            }
            if crash.strikes(&self.tape) {
                is_checked = false;
                self.tape.write(Event::Recovered { operator: "sre@laptop".to_owned() });
                continue;
            }
            match self.decide(plan, &progress, is_checked) {
                Decision::CheckBasis => {
                    let foreign = foreign_differences(plan, &progress, &self.snapshot);
                    assert_eq!(foreign, [], "nobody but this run writes");
                    is_checked = true;
                }
                Decision::Act(acts) => {
                    if self.act(acts, &mut crash) {
                        is_checked = false;
                    }
                }
                decision @ (Decision::StartStep(_)
                | Decision::Preflight(_)
                | Decision::WorkloadDone(..)
                | Decision::PassStep(_)
                | Decision::Wait { .. }
                | Decision::Ask(_)
                | Decision::Finish(_)) => self.note(decision),
            }
        }
        panic!("the run does not end")
    }

    fn decide(&self, plan: &Plan, progress: &Progress, basis_checked: bool) -> Decision {
        let planes = self.snapshot.control_planes.iter();
        let answering: BTreeSet<Name> = planes.map(|plane| plane.revision.clone()).collect();
        let observed = Observed {
            snapshot: &self.snapshot,
            istiods: &seeing_all(&self.snapshot),
            answering: &answering,
            in_flight: &BTreeSet::new(),
            run_id: &self.run_id(),
            basis_checked,
        };
        next(plan, progress, &observed, self.tape.now())
    }

    fn note(&mut self, decision: Decision) {
        match decision {
            Decision::StartStep(step) => self.tape.write(Event::StepStarted { step }),
            Decision::Preflight(workloads) => {
                for workload in workloads {
                    let revision = self.injected_by(&workload).unwrap();
                    let result = Preflight::Injected { revision, version: None, proven: true };
                    self.tape.write(Event::Preflighted { workload, result });
                }
            }
            Decision::WorkloadDone(step, workload) => {
                self.tape.write(Event::WorkloadDone { step, workload });
            }
            Decision::PassStep(step) => self.tape.write(Event::StepPassed { step }),
            Decision::Finish(outcome) => self.tape.write(Event::Finished { outcome }),
            decision @ (Decision::Wait { .. }
            | Decision::Ask(_)
            | Decision::CheckBasis
            | Decision::Act(_)) => panic!("not expected of an ideal mesh: {decision:?}"),
        }
    }

    /// Performs acts in order; true when the app went away in between.
    fn act(&mut self, acts: Vec<Act>, crash: &mut Crash) -> bool {
        for act in acts {
            let (object, before) = self.before(&act.kind);
            self.tape.write(Event::Intent { act: act.clone(), object, before });
            let changed = self.perform(&act);
            *self.effects.entry(act.id.clone()).or_default() += u32::from(changed);
            if crash.strikes_in_an_act(&self.tape) {
                return true;
            }
            self.tape.write(Event::Done { act: act.id, changed });
        }
        false
    }

    fn perform(&mut self, act: &Act) -> bool {
        let earlier = (self.snapshot.clone(), self.others.clone());
        match &act.kind {
            ActKind::Restart { workload, .. } => self.restart(workload, &act.id),
            ActKind::Install { install } => {
                let revision = install.revision.as_deref().unwrap_or(DEFAULT_REVISION);
                match install.part {
                    InstallPart::ControlPlane => self.install(revision, &install.version.numbers()),
                    InstallPart::Everything => self.gateways(revision, &install.version.numbers()),
                }
            }
            ActKind::SetDefaultValidator { revision } => {
                self.snapshot.validators[0].revision = Some(revision.clone());
            }
            ActKind::DeactivateInjector { name } => self.deactivate(name),
            ActKind::Delete { object, .. } => {
                self.others.remove(&(object.kind.clone(), object.name.clone()));
                what_if::after(&mut self.snapshot, &act.kind);
                self.snapshot.control_planes.retain(|plane| plane.deployment != object.name);
                self.snapshot.validators.retain(|validator| validator.name != object.name);
            }
            ActKind::Restore { object, manifest, left: _ } => {
                self.restore(object, manifest.as_deref());
            }
            ActKind::SetTagService { tag, revision } => {
                self.others.insert(tag_service(tag), revision.clone());
            }
            ActKind::Asm { .. } => panic!("no cloud owns these meshes"),
            ActKind::Label { .. } | ActKind::SetTag { .. } => {
                what_if::after(&mut self.snapshot, &act.kind);
            }
        }
        self.snapshot.injectors.sort_by(|a, b| a.name.cmp(&b.name));
        self.assert_no_gap(&earlier.0, act);
        self.snapshot != earlier.0 || self.others != earlier.1
    }

    /// Between any two acts a pod that would have been injected still is, at least once.
    fn assert_no_gap(&self, earlier: &Snapshot, act: &Act) {
        let nothing = Labels::new();
        for (name, namespace) in &earlier.namespaces {
            let before = injection::matches(&earlier.injectors, &namespace.labels, &nothing);
            let now = &self.snapshot.namespaces[name].labels;
            let after = injection::matches(&self.snapshot.injectors, now, &nothing);
            assert!(before.is_empty() || !after.is_empty(), "{name} after {:?}", act.kind);
        }
    }

    fn restart(&mut self, reference: &WorkloadRef, id: &ActId) {
        let mark: Name = annotation(&self.run_id(), &id.step).into();
        let revision = self.injected_by(reference);
        let plane = revision.as_deref().and_then(|it| self.snapshot.control_plane(it));
        let version = plane.and_then(|plane| plane.proxy.as_ref()?.version.clone());
        let version = version.map(|version| version.numbers());
        let proxy = revision.as_deref().zip(version.as_deref());
        let workload = self.snapshot.workloads.get_mut(reference).unwrap();
        workload.template.restarted_by = Some(mark.clone());
        for number in 0..workload.status.desired {
            let mut pod = pod(reference, number, proxy);
            pod.restarted_by = Some(mark.clone());
            self.snapshot.pods.insert(pod.reference.clone(), pod);
        }
    }

    fn install(&mut self, revision: &str, version: &str) {
        let planes = &mut self.snapshot.control_planes;
        planes.retain(|plane| &*plane.revision != revision);
        planes.push(control_plane(revision, version));
        let injectors = &mut self.snapshot.injectors;
        if injectors.iter().all(|it| it.tag.is_some() || &*it.revision != revision) {
            injectors.push(revision_injector(revision));
        }
        self.serve(revision);
    }

    /// The objects of a revision beside its Deployment and its webhook.
    fn serve(&mut self, revision: &str) {
        let suffix =
            if revision == DEFAULT_REVISION { String::new() } else { format!("-{revision}") };
        for (kind, name) in [("Service", "istiod"), ("ConfigMap", "istio")] {
            let key = (kind.into(), format!("{name}{suffix}").into());
            self.others.insert(key, revision.into());
        }
    }

    fn gateways(&mut self, revision: &str, version: &str) {
        let workloads = self.snapshot.workloads.values();
        let installed: Vec<_> = workloads
            .filter(|workload| workload.role == Role::InstalledGateway)
            .map(|workload| (workload.reference.clone(), workload.status.desired))
            .collect();
        for (workload, pods) in installed {
            for number in 0..pods {
                let pod = pod(&workload, number, Some((revision, version)));
                self.snapshot.pods.insert(pod.reference.clone(), pod);
            }
        }
    }

    fn deactivate(&mut self, name: &str) {
        let found = self.snapshot.injectors.iter_mut().find(|it| &*it.name == name).unwrap();
        let never: Labels = [("istio.io/deactivated".into(), "never-match".into())].into();
        for webhook in &mut found.webhooks {
            let off = Selector { match_labels: never.clone(), expressions: Vec::new() };
            webhook.namespace_selector = off.clone();
            webhook.object_selector = off;
        }
    }

    fn restore(&mut self, object: &ObjectRef, manifest: Option<&str>) {
        match &*object.kind {
            "ValidatingWebhookConfiguration" => {
                let value: Value = serde_json::from_str(manifest.unwrap()).unwrap();
                let revision = value["metadata"]["labels"][REVISION_LABEL].as_str();
                self.snapshot.validators[0].revision = revision.map(Into::into);
            }
            "MutatingWebhookConfiguration" => {
                self.snapshot.injectors.retain(|it| it.name != object.name);
                let injector = manifest.map(|manifest| self.injectors[manifest].clone());
                self.snapshot.injectors.extend(injector);
            }
            "Service" => {
                let key = (object.kind.clone(), object.name.clone());
                match manifest {
                    Some(revision) => drop(self.others.insert(key, revision.into())),
                    None => drop(self.others.remove(&key)),
                }
            }
            other => panic!("nothing puts back a {other}"),
        }
    }

    /// What an act will change, and how it looks before.
    fn before(&mut self, act: &ActKind) -> (Option<ObjectRef>, Option<String>) {
        match act {
            ActKind::SetTag { tag, .. } => self.injector(&format!("istio-revision-tag-{tag}")),
            ActKind::DeactivateInjector { name } => self.injector(name),
            ActKind::SetTagService { tag, .. } => {
                let (kind, name) = tag_service(tag);
                let before = self.others.get(&(kind.clone(), name.clone()));
                (Some(object(&kind, &name)), before.map(ToString::to_string))
            }
            ActKind::SetDefaultValidator { .. } => {
                let found = &self.snapshot.validators[0];
                let labels = json!({ REVISION_LABEL: found.revision });
                let manifest = json!({ "metadata": { "name": found.name, "labels": labels } });
                let named = object("ValidatingWebhookConfiguration", &found.name);
                (Some(named), Some(manifest.to_string()))
            }
            ActKind::Install { .. }
            | ActKind::Label { .. }
            | ActKind::Restart { .. }
            | ActKind::Asm { .. }
            | ActKind::Delete { .. }
            | ActKind::Restore { .. } => (None, None),
        }
    }

    fn injector(&mut self, name: &str) -> (Option<ObjectRef>, Option<String>) {
        let found = self.snapshot.injectors.iter().find(|it| &*it.name == name).cloned();
        let manifest = found.map(|injector| {
            let manifest = manifest(&injector);
            self.injectors.insert(manifest.clone(), injector);
            manifest
        });
        (Some(object("MutatingWebhookConfiguration", name)), manifest)
    }

    fn injected_by(&self, workload: &WorkloadRef) -> Option<Name> {
        let found = &self.snapshot.workloads[workload];
        let namespace = &self.snapshot.namespaces[&workload.namespace];
        let predicted = injection::predict(&self.snapshot.injectors, namespace, &found.template);
        match predicted.outcome {
            Injected::Injected { revision } => Some(revision),
            Injected::Twice | Injected::NotInjected => None,
        }
    }

    fn run_id(&self) -> String {
        format!("run-{}", self.runs)
    }
}

fn tag_service(tag: &str) -> (Name, Name) {
    ("Service".into(), format!("istiod-revision-tag-{tag}").into())
}

pub(super) fn object(kind: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".into(),
        kind: kind.into(),
        resource: format!("{}s", kind.to_lowercase()).into(),
        namespace: None,
        name: name.into(),
    }
}

/// An injector as the API server gives it.
fn manifest(injector: &Injector) -> String {
    let selector = |selector: &Selector| {
        let expressions: Vec<Value> = selector
            .expressions
            .iter()
            .map(|it| json!({ "key": it.key, "operator": it.operator, "values": it.values }))
            .collect();
        json!({ "matchLabels": selector.match_labels, "matchExpressions": expressions })
    };
    let webhooks: Vec<Value> = injector
        .webhooks
        .iter()
        .map(|webhook| {
            json!({
                "name": webhook.name,
                "namespaceSelector": selector(&webhook.namespace_selector),
                "objectSelector": selector(&webhook.object_selector),
            })
        })
        .collect();
    let mut labels = json!({ REVISION_LABEL: injector.revision });
    if let Some(tag) = &injector.tag {
        labels[TAG_LABEL] = json!(tag);
    }
    json!({ "metadata": { "name": injector.name, "labels": labels }, "webhooks": webhooks })
        .to_string()
}
