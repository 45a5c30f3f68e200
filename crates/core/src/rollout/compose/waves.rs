//! Groups workloads into waves: one alone, then stateless ones, stateful ones, gateways.

use crate::dataplane::Assessment;
use crate::inventory::{Kind, Role, Snapshot, Workload, WorkloadRef};
use crate::rollout::{Expectation, Wave, WaveItem};

/// How fast workloads are restarted (`domain/istio.md` §18.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// The workload that goes first, alone; none for the app's choice.
    pub first: Option<WorkloadRef>,
    /// Workloads that may restart at a time.
    pub width: u32,
    /// Workloads of one namespace that may restart at a time.
    pub per_namespace: u32,
    /// Seconds that a workload may take before the run asks.
    pub timeout_seconds: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: None, width: 2, per_namespace: 1, timeout_seconds: 600 }
    }
}

/// The order of the waves after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Stateless,
    Stateful,
    Gateway,
}

/// The waves of these workloads. The first is one workload, so that what goes wrong goes wrong
/// once: the chosen one, else a stateless one with several replicas.
pub(super) fn waves(snapshot: &Snapshot, assessments: &[Assessment], pace: &Pace) -> Vec<Wave> {
    let mut due: Vec<(&Workload, WaveItem)> = assessments
        .iter()
        .filter_map(|it| Some((snapshot.workloads.get(&it.workload)?, it)))
        .map(|(workload, assessment)| (workload, item(workload, assessment)))
        .collect();
    due.sort_by_key(|(workload, _)| order(workload));
    let chosen = pace.first.as_ref();
    let first = chosen
        .and_then(|first| due.iter().position(|(workload, _)| workload.reference == *first))
        .unwrap_or(0);
    if due.is_empty() {
        return Vec::new();
    }
    let (_, alone) = due.remove(first);
    let mut groups = vec![vec![alone]];
    for class in [Class::Stateless, Class::Stateful, Class::Gateway] {
        let own = due.iter().filter(|(workload, _)| class_of(workload) == class);
        groups.push(own.map(|(_, item)| item.clone()).collect());
    }
    groups.retain(|items| !items.is_empty());
    (1..)
        .zip(groups)
        .map(|(number, items)| Wave {
            number,
            items,
            width: pace.width,
            per_namespace: pace.per_namespace,
            timeout_seconds: pace.timeout_seconds,
        })
        .collect()
}

/// What a wave promises about the proxies of its workloads, where their version can be told.
pub(super) fn promises(wave: &Wave) -> Vec<Expectation> {
    let promise = |item: &WaveItem| {
        Some(Expectation::Proxies {
            workload: item.workload.clone(),
            revision: item.revision.clone()?,
            version: item.version.clone()?,
        })
    };
    wave.items.iter().filter_map(promise).collect()
}

fn item(workload: &Workload, assessment: &Assessment) -> WaveItem {
    WaveItem {
        workload: workload.reference.clone(),
        uid: workload.uid.clone(),
        template_hash: workload.template.hash.clone(),
        pods: workload.status.desired,
        revision: assessment.after.revision.clone(),
        version: assessment.after.version.clone(),
    }
}

/// By class, several replicas before a single one, then by name.
fn order(workload: &Workload) -> (Class, bool, WorkloadRef) {
    (class_of(workload), workload.status.desired < 2, workload.reference.clone())
}

fn class_of(workload: &Workload) -> Class {
    match workload.role {
        Role::InjectedGateway | Role::InstalledGateway | Role::ManagedGateway => Class::Gateway,
        Role::Application | Role::ControlPlane => match workload.reference.kind {
            Kind::StatefulSet => Class::Stateful,
            Kind::Deployment
            | Kind::DaemonSet
            | Kind::ReplicaSet
            | Kind::Job
            | Kind::CronJob
            | Kind::Other => Class::Stateless,
        },
    }
}
