//! An ASM instance with its data-plane cluster: calls are answered at once, their work shows later.

use std::collections::{BTreeMap, BTreeSet};

use crate::asm::testing::{canary_data_plane, data_plane, gateway, instance, promoted_data_plane};
use crate::asm::{Call, HandOff, join, shows};
use crate::injection::{self, Outcome as Injected};
use crate::inventory::{
    Canary, GatewayCanary, GatewayState, GatewayUpgrade, INJECTION_LABEL, InjectionLabels,
    Instance, Kind, MeshUpgrade, Name, REVISION_LABEL, Snapshot, WorkloadRef, full_name,
};
use crate::rollout::testing::{Crash, Tape};
use crate::rollout::{
    Act, ActId, ActKind, Answer, Decision, Event, Istiods, Observed, Plan, Preflight, Progress,
    Question, Waiting, annotation, foreign_differences, next,
};
use crate::testing::{deployment, namespace, pod, seeing_all};

static NOTHING: BTreeSet<ActId> = BTreeSet::new();

/// When the work behind an answer shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hurry {
    AtOnce,
    /// After the next decision to wait.
    Later,
    Never,
}

#[derive(Clone)]
pub(super) struct Cloud {
    cluster: Snapshot,
    pub(super) instance: Instance,
    pub(super) tape: Tape,
    pub(super) sent: Vec<String>,
    pub(super) by_hand: Vec<String>,
    pub(super) restarts: BTreeMap<WorkloadRef, u32>,
    pub(super) hurry: Hurry,
    pub(super) failing: bool,
    pub(super) syncs: bool,
    pub(super) operator_is_there: bool,
    /// Changes what the API says of the proxies, which else is that all are in sync.
    pub(super) says: fn(&mut Istiods),
    work: Vec<Call>,
    answering: BTreeSet<Name>,
    run_id: String,
    runs: u32,
}

impl Cloud {
    /// Namespace shop with two workloads, and gateways a and b.
    pub(super) fn new(version: &str) -> Self {
        let mut cluster = data_plane();
        let mut instance = instance(version);
        let labels = InjectionLabels { injection: Some("enabled".into()), revision: None };
        namespace(&mut cluster, "shop", &[(INJECTION_LABEL, "enabled")]);
        instance.labels.insert("shop".into(), labels);
        for name in ["cart", "web"] {
            deployment(&mut cluster, "shop", name, 2, Some(("default", version)));
        }
        for name in ["a", "b"] {
            gateway(&mut cluster, &mut instance, name, version);
        }
        Self {
            cluster,
            instance,
            tape: Tape::default(),
            sent: Vec::new(),
            by_hand: Vec::new(),
            restarts: BTreeMap::new(),
            hurry: Hurry::AtOnce,
            failing: false,
            syncs: true,
            operator_is_there: true,
            says: |_| {},
            work: Vec::new(),
            answering: BTreeSet::new(),
            run_id: "run-0".to_owned(),
            runs: 0,
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        join(self.cluster.clone(), &self.instance)
    }

    /// Every pod with the version of its proxy.
    pub(super) fn proxies(&self) -> BTreeMap<String, Option<String>> {
        let pods = self.cluster.pods.values();
        pods.map(|pod| {
            let version = pod.proxy.as_ref().and_then(|proxy| proxy.version.as_ref());
            (pod.reference.to_string(), version.map(ToString::to_string))
        })
        .collect()
    }

    /// What the API says of the proxies.
    pub(super) fn told(&self) -> Istiods {
        let mut told = seeing_all(&self.snapshot());
        (self.says)(&mut told);
        told
    }

    pub(super) fn observed<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        istiods: &'a Istiods,
    ) -> Observed<'a> {
        Observed {
            snapshot,
            istiods,
            answering: &self.answering,
            in_flight: &NOTHING,
            run_id: &self.run_id,
            basis_checked: true,
        }
    }

    /// Runs to the end. A crash drops everything but the journal and the mesh.
    pub(super) fn run(&mut self, plan: &Plan, mut crash: Crash) -> Progress {
        self.begin();
        let mut is_checked = false;
        for _ in 0..400 {
            let progress = self.tape.folded();
            if progress.is_finished() {
                return progress;
            }
            if crash.strikes(&self.tape) {
                is_checked = false;
                continue;
            }
            match self.step(plan, &progress, &mut is_checked, &mut crash) {
                None => {}
                Some(Decision::Wait { waiting, until: _ }) => self.meanwhile(&waiting),
                Some(other) => panic!("the run stops: {other:?}"),
            }
        }
        panic!("the run does not end")
    }

    pub(super) fn run_to_question(&mut self, plan: &Plan) -> Question {
        self.begin();
        let mut is_checked = false;
        for _ in 0..400 {
            match self.step(plan, &self.tape.folded(), &mut is_checked, &mut Crash::Never) {
                None => {}
                Some(Decision::Ask(question)) => {
                    self.tape.write(Event::Asked { question: question.clone() });
                    return question;
                }
                Some(Decision::Wait { waiting, until: _ }) => {
                    self.meanwhile(&waiting);
                    self.tape.skip(60);
                }
                Some(other) => panic!("the run stops: {other:?}"),
            }
        }
        panic!("nothing is asked")
    }

    pub(super) fn run_to_waiting(&mut self, plan: &Plan) -> Waiting {
        self.begin();
        let mut is_checked = false;
        for _ in 0..400 {
            match self.step(plan, &self.tape.folded(), &mut is_checked, &mut Crash::Never) {
                None => {}
                Some(Decision::Wait { waiting, until: _ }) => return waiting,
                Some(other) => panic!("the run stops: {other:?}"),
            }
        }
        panic!("nothing is waited for")
    }

    pub(super) fn answer(&mut self, question: &Question, answer: Answer) {
        let (question, operator) = (question.id.clone(), "sre@laptop".to_owned());
        self.tape.write(Event::Answered { question, answer, operator });
    }

    /// Does what is decided; gives back what only time or a person can decide.
    fn step(
        &mut self,
        plan: &Plan,
        progress: &Progress,
        is_checked: &mut bool,
        crash: &mut Crash,
    ) -> Option<Decision> {
        let snapshot = self.snapshot();
        let told = self.told();
        let observed = Observed { basis_checked: *is_checked, ..self.observed(&snapshot, &told) };
        match next(plan, progress, &observed, self.tape.now()) {
            Decision::CheckBasis => {
                let found = foreign_differences(plan, progress, &snapshot);
                assert!(found.is_empty(), "explained by the run itself: {found:?}");
                *is_checked = true;
            }
            Decision::StartStep(step) => self.tape.write(Event::StepStarted { step }),
            Decision::Preflight(workloads) => self.preflight(&snapshot, workloads),
            Decision::WorkloadDone(step, workload) => {
                self.tape.write(Event::WorkloadDone { step, workload });
            }
            Decision::PassStep(step) => self.tape.write(Event::StepPassed { step }),
            Decision::Finish(outcome) => self.tape.write(Event::Finished { outcome }),
            Decision::Act(acts) => {
                for act in acts {
                    let id = act.id.clone();
                    self.tape.write(Event::Intent { act: act.clone(), object: None, before: None });
                    let changed = self.perform(&act);
                    if crash.strikes_in_an_act(&self.tape) {
                        *is_checked = false;
                        break;
                    }
                    self.tape.write(Event::Done { act: id, changed });
                }
            }
            decision @ (Decision::Wait { .. } | Decision::Ask(_)) => return Some(decision),
        }
        None
    }

    /// A run that is over makes room for the next.
    fn begin(&mut self) {
        if self.tape.folded().is_finished() {
            self.tape.clear();
            self.runs += 1;
            self.run_id = format!("run-{}", self.runs);
        }
    }

    /// Performs an act as the runner does: what shows already is not sent again.
    fn perform(&mut self, act: &Act) -> bool {
        let (snapshot, instance) = (self.snapshot(), self.instance.clone());
        match &act.kind {
            ActKind::Asm { call, .. } if shows(&snapshot, &instance, call) => false,
            ActKind::Asm { call, .. } => {
                self.send(call);
                true
            }
            ActKind::Restart { workload, .. } => {
                self.restart(&snapshot, workload, &annotation(&self.run_id.clone(), &act.id.step))
            }
            other @ (ActKind::Install { .. }
            | ActKind::Label { .. }
            | ActKind::SetTag { .. }
            | ActKind::SetTagService { .. }
            | ActKind::SetDefaultValidator { .. }
            | ActKind::DeactivateInjector { .. }
            | ActKind::Delete { .. }
            | ActKind::Restore { .. }) => panic!("not part of these tests: {other:?}"),
        }
    }

    fn send(&mut self, call: &Call) {
        self.sent.push(match call {
            Call::Precheck { .. } => "precheck".to_owned(),
            Call::Upgrade { .. } => "upgrade".to_owned(),
            Call::UpgradeGateway { gateway, .. } => format!("gateway {gateway}"),
            Call::Label { namespace, .. } => format!("label {namespace}"),
            Call::GatewayCanary { gateway, canary } => format!("canary of {gateway}: {canary:?}"),
        });
        match call {
            Call::Precheck { target: _ } => return,
            Call::Upgrade { target: _ } => {
                self.instance.upgrade.mesh = MeshUpgrade::Upgrading;
            }
            Call::UpgradeGateway { gateway, target } => {
                let record = GatewayUpgrade {
                    state: GatewayState::Upgrading,
                    message: String::new(),
                    version: target.to_string(),
                };
                self.instance.upgrade.gateways.insert(full_name(gateway), record);
            }
            Call::Label { namespace, from: _, to } => {
                self.instance.labels.insert(namespace.clone(), to.clone());
            }
            Call::GatewayCanary { gateway, canary } => {
                let found = self.instance.gateways.iter_mut().find(|it| it.name == *gateway);
                found.unwrap().canary = *canary;
            }
        }
        self.work.push(call.clone());
        match self.hurry {
            Hurry::AtOnce => self.time_passes(),
            Hurry::Later | Hurry::Never => {}
        }
    }

    /// What ASM does behind its answers.
    fn time_passes(&mut self) {
        match self.hurry {
            Hurry::AtOnce | Hurry::Later => {}
            Hurry::Never => return,
        }
        for call in std::mem::take(&mut self.work) {
            self.finish(&call);
        }
    }

    /// What happens while a run waits.
    fn meanwhile(&mut self, waiting: &Waiting) {
        self.time_passes();
        if let Waiting::HandOff { task } = waiting
            && self.operator_is_there
        {
            self.by_hand(task);
        }
    }

    fn finish(&mut self, call: &Call) {
        match call {
            Call::Precheck { target: _ } => {}
            Call::Upgrade { target: _ } if self.failing => {
                self.instance.upgrade.mesh = MeshUpgrade::Failed;
                self.instance.error = Some("the simulated upgrade failed".to_owned());
            }
            Call::Upgrade { target } => {
                self.instance.version = Some(target.clone());
                self.instance.target = None;
                self.instance.upgrade.mesh = MeshUpgrade::Running;
                self.instance.error = None;
            }
            Call::UpgradeGateway { gateway, target } => {
                self.replace(&gateway_of(gateway), &target.numbers(), None);
                let record = self.instance.upgrade.gateways.get_mut(&full_name(gateway));
                record.unwrap().state = GatewayState::Finished;
            }
            Call::Label { namespace, from: _, to } => {
                if self.syncs {
                    let found = self.cluster.namespaces.get_mut(namespace).unwrap();
                    found.labels.remove(INJECTION_LABEL);
                    found.labels.remove(REVISION_LABEL);
                    let injection = to.injection.clone().map(|it| (INJECTION_LABEL.into(), it));
                    let revision = to.revision.clone().map(|it| (REVISION_LABEL.into(), it));
                    found.labels.extend(injection.into_iter().chain(revision));
                }
            }
            Call::GatewayCanary { gateway, canary } => {
                let name = format!("istio-{gateway}-canary");
                match canary {
                    GatewayCanary::Wanted => {
                        deployment(&mut self.cluster, "istio-system", &name, 1, None);
                    }
                    GatewayCanary::Unwanted => {
                        let is_canary = |workload: &WorkloadRef| *workload.name == *name;
                        self.cluster.workloads.retain(|workload, _| !is_canary(workload));
                        self.cluster
                            .pods
                            .retain(|_, pod| !pod.workload.as_ref().is_some_and(is_canary));
                    }
                }
            }
        }
    }

    /// The person at the console does the step that the run waits for.
    fn by_hand(&mut self, task: &HandOff) {
        let shown = match task {
            HandOff::DeployCanary { version } => {
                self.instance.canary = Some(Canary { fields: vec!["lb".to_owned()] });
                self.cluster.injectors = canary_data_plane().injectors;
                format!("deploy {}", version.revision())
            }
            HandOff::Promote { version } => {
                self.instance.version = "1.18.0.158".parse().ok();
                self.cluster.injectors = promoted_data_plane().injectors;
                format!("promote {}", version.revision())
            }
            HandOff::Revoke { version } => {
                self.instance.canary = None;
                self.cluster.injectors = data_plane().injectors;
                format!("revoke {}", version.revision())
            }
            HandOff::Unpublish { version } => {
                self.instance.canary = None;
                self.cluster.injectors.truncate(1);
                format!("unpublish {}", version.revision())
            }
        };
        self.by_hand.push(shown);
    }

    fn preflight(&mut self, snapshot: &Snapshot, workloads: Vec<WorkloadRef>) {
        for workload in workloads {
            let result = match injected_by(snapshot, &workload) {
                Some(revision) => Preflight::Injected { revision, version: None, proven: true },
                None => Preflight::NotInjected,
            };
            self.tape.write(Event::Preflighted { workload, result });
        }
    }

    fn restart(&mut self, snapshot: &Snapshot, workload: &WorkloadRef, mark: &str) -> bool {
        let found = self.cluster.workloads.get_mut(workload).unwrap();
        if found.template.restarted_by.as_deref() == Some(mark) {
            return false;
        }
        found.template.restarted_by = Some(mark.into());
        let revision = injected_by(snapshot, workload).expect("it is injected");
        let plane = snapshot.control_plane(&revision).unwrap();
        let version = plane.version.as_ref().unwrap().numbers();
        self.replace(workload, &version, Some(mark));
        *self.restarts.entry(workload.clone()).or_default() += 1;
        true
    }

    /// New pods of a workload, on the proxy of a version.
    fn replace(&mut self, workload: &WorkloadRef, version: &str, mark: Option<&str>) {
        let pods = self.cluster.workloads[workload].status.desired;
        for number in 0..pods {
            let mut pod = pod(workload, number, Some(("default", version)));
            pod.restarted_by = mark.map(Into::into);
            self.cluster.pods.insert(pod.reference.clone(), pod);
        }
    }
}

fn injected_by(snapshot: &Snapshot, workload: &WorkloadRef) -> Option<Name> {
    let found = &snapshot.workloads[workload];
    let namespace = &snapshot.namespaces[&workload.namespace];
    match injection::predict(&snapshot.injectors, namespace, &found.template).outcome {
        Injected::Injected { revision } => Some(revision),
        Injected::Twice | Injected::NotInjected => None,
    }
}

fn gateway_of(name: &str) -> WorkloadRef {
    WorkloadRef {
        namespace: "istio-system".into(),
        kind: Kind::Deployment,
        name: format!("istio-{name}").into(),
    }
}
