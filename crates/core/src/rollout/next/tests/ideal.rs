//! A mesh that does at once what it is asked, and counts how often.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::injection::{self, Outcome as Injected};
use crate::inventory::{InjectionLabels, Name, REVISION_LABEL, Snapshot, WorkloadRef};
use crate::rollout::testing::{Crash, Tape};
use crate::rollout::{
    Act, ActId, ActKind, Basis, Decision, Event, Expectation, Istiods, MeshEnd, Observed,
    Operation, Plan, Preflight, Progress, Step, StepAction, StepId, Wave, WaveItem, annotation,
    fold, next,
};
use crate::testing::{canary_mesh, deployment, namespace, pod, seeing_all};

const RUN: &str = "run-1";

static NOTHING: BTreeSet<ActId> = BTreeSet::new();

pub(super) struct Ideal {
    pub(super) snapshot: Snapshot,
    pub(super) tape: Tape,
    pub(super) restarts: BTreeMap<WorkloadRef, u32>,
    pub(super) labelled: u32,
    pub(super) istiods: Istiods,
    answering: BTreeSet<Name>,
}

impl Ideal {
    /// Both revisions run; namespace shop with a, b and cart follows the old one.
    pub(super) fn new() -> Self {
        let mut snapshot = canary_mesh();
        namespace(&mut snapshot, "shop", &[("istio-injection", "enabled")]);
        for name in ["a", "b", "cart"] {
            deployment(&mut snapshot, "shop", name, 2, Some(("1-30", "1.30.5")));
        }
        Self {
            istiods: seeing_all(&snapshot),
            snapshot,
            tape: Tape::default(),
            restarts: BTreeMap::new(),
            labelled: 0,
            answering: BTreeSet::from(["1-30".into(), "1-31".into()]),
        }
    }

    /// Runs to the end. A crash drops everything but the journal and the mesh.
    pub(super) fn run(&mut self, plan: &Plan, mut crash: Crash) -> Progress {
        let mut is_checked = false;
        for _ in 0..200 {
            let progress = self.tape.folded();
            if progress.is_finished() {
                return progress;
            }
            if crash.strikes(&self.tape) {
                is_checked = false;
                continue;
            }
            let observed = Observed { basis_checked: is_checked, ..observed(self) };
            match next(plan, &progress, &observed, self.tape.now()) {
                Decision::CheckBasis => is_checked = true,
                Decision::StartStep(step) => self.tape.write(Event::StepStarted { step }),
                Decision::Preflight(workloads) => self.preflight(workloads),
                Decision::WorkloadDone(step, workload) => {
                    self.tape.write(Event::WorkloadDone { step, workload });
                }
                Decision::PassStep(step) => self.tape.write(Event::StepPassed { step }),
                Decision::Finish(outcome) => self.tape.write(Event::Finished { outcome }),
                Decision::Act(acts) => {
                    for act in acts {
                        let id = act.id.clone();
                        self.tape.write(Event::Intent {
                            act: act.clone(),
                            object: None,
                            before: None,
                        });
                        let changed = self.perform(&act);
                        if crash.strikes_in_an_act(&self.tape) {
                            break;
                        }
                        self.tape.write(Event::Done { act: id, changed });
                    }
                }
                decision @ (Decision::Wait { .. } | Decision::Ask(_)) => {
                    panic!("an ideal mesh needs no waiting and no answer: {decision:?}")
                }
            }
        }
        panic!("the run does not end")
    }

    /// Begins the restart of the first workload, as the runner would.
    pub(super) fn restart_first_of(&mut self, plan: &Plan, progress: &mut Progress, at: Timestamp) {
        let first = &wave(plan)[0];
        let kind = ActKind::Restart {
            workload: first.workload.clone(),
            uid: first.uid.clone(),
            template_hash: first.template_hash.clone(),
        };
        let act = Act { id: ActId { step: plan.steps[0].id.clone(), index: 0 }, kind };
        fold(progress, at, &Event::Intent { act: act.clone(), object: None, before: None });
        let changed = self.perform(&act);
        fold(progress, at, &Event::Done { act: act.id, changed });
    }

    fn preflight(&mut self, workloads: Vec<WorkloadRef>) {
        for workload in workloads {
            let found = &self.snapshot.workloads[&workload];
            let namespace = &self.snapshot.namespaces[&workload.namespace];
            let predicted =
                injection::predict(&self.snapshot.injectors, namespace, &found.template);
            let result = match predicted.outcome {
                Injected::Injected { revision } => {
                    Preflight::Injected { revision, version: None, proven: true }
                }
                Injected::Twice | Injected::NotInjected => Preflight::NotInjected,
            };
            self.tape.write(Event::Preflighted { workload, result });
        }
    }

    /// Does an act, unless it shows already. Returns whether anything changed.
    fn perform(&mut self, act: &Act) -> bool {
        match &act.kind {
            ActKind::Label { namespace, to, .. } => self.label(namespace, to),
            ActKind::Restart { workload, .. } => {
                self.restart(workload, &annotation(RUN, &act.id.step))
            }
            other @ (ActKind::Install { .. }
            | ActKind::SetTag { .. }
            | ActKind::SetTagService { .. }
            | ActKind::SetDefaultValidator { .. }
            | ActKind::DeactivateInjector { .. }
            | ActKind::Asm { .. }
            | ActKind::Delete { .. }
            | ActKind::Restore { .. }) => panic!("not part of these tests: {other:?}"),
        }
    }

    fn label(&mut self, name: &Name, to: &InjectionLabels) -> bool {
        let namespace = self.snapshot.namespaces.get_mut(name).unwrap();
        if namespace.injection_labels() == *to {
            return false;
        }
        namespace.labels.remove("istio-injection");
        namespace.labels.insert(REVISION_LABEL.into(), to.revision.clone().unwrap());
        self.labelled += 1;
        true
    }

    fn restart(&mut self, reference: &WorkloadRef, mark: &str) -> bool {
        let workload = self.snapshot.workloads.get_mut(reference).unwrap();
        if workload.template.restarted_by.as_deref() == Some(mark) {
            return false;
        }
        workload.template.restarted_by = Some(mark.into());
        for number in 0..workload.status.desired {
            let mut pod = pod(reference, number, Some(("1-31", "1.31.1")));
            pod.restarted_by = Some(mark.into());
            self.snapshot.pods.insert(pod.reference.clone(), pod);
        }
        *self.restarts.entry(reference.clone()).or_default() += 1;
        self.istiods = seeing_all(&self.snapshot);
        true
    }
}

pub(super) fn observed(mesh: &Ideal) -> Observed<'_> {
    Observed {
        snapshot: &mesh.snapshot,
        istiods: &mesh.istiods,
        answering: &mesh.answering,
        in_flight: &NOTHING,
        run_id: RUN,
        basis_checked: true,
    }
}

/// Moves shop to 1-31, restarts its three workloads, verifies.
pub(super) fn canary_plan(snapshot: &Snapshot) -> Plan {
    let to = InjectionLabels { injection: None, revision: Some("1-31".into()) };
    let items: Vec<WaveItem> =
        snapshot.workloads.keys().map(|workload| item(snapshot, workload)).collect();
    let expect = items
        .iter()
        .map(|item| Expectation::Proxies {
            workload: item.workload.clone(),
            revision: "1-31".into(),
            version: "1.31.1".parse().unwrap(),
        })
        .collect();
    let wave = Wave { number: 1, items, width: 5, per_namespace: 5, timeout_seconds: 600 };
    let step = |id: &str, action| Step { id: StepId(id.to_owned()), action };
    Plan {
        operation: Operation::MoveNamespaces,
        cluster_uid: "cluster-1".to_owned(),
        instance: None,
        from: end("1-30", "1.30.5"),
        to: end("1-31", "1.31.1"),
        steps: vec![
            step(
                "move-shop",
                StepAction::MoveNamespace {
                    namespace: "shop".into(),
                    uid: "uid-shop".into(),
                    from: snapshot.namespaces["shop"].injection_labels(),
                    to,
                    instance: None,
                },
            ),
            step("wave-1", StepAction::Restart { wave }),
            step("verify", StepAction::Verify { expect }),
        ],
        basis: Basis::default(),
    }
}

pub(super) fn item(snapshot: &Snapshot, workload: &WorkloadRef) -> WaveItem {
    let found = &snapshot.workloads[workload];
    WaveItem {
        workload: workload.clone(),
        uid: found.uid.clone(),
        template_hash: found.template.hash.clone(),
        pods: found.status.desired,
        revision: Some("1-31".into()),
        version: "1.31.1".parse().ok(),
    }
}

pub(super) fn wave(plan: &Plan) -> &[WaveItem] {
    plan.steps.iter().find_map(Step::wave).map_or(&[], |wave| &wave.items)
}

fn end(revision: &str, version: &str) -> MeshEnd {
    MeshEnd { revision: revision.into(), version: version.parse().ok() }
}
