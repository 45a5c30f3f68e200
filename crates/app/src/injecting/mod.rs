//! The injection simulator: who would inject pods now, and who after a change that is only planned.
//!
//! Entry points: [`view`] and [`proof`]. Pure: snapshots become data. Deliberately absent: composing
//! the change, and asking the API server.

pub(crate) mod words;

use std::collections::BTreeMap;

use meshlift_core::injection::{Concerned, Fate, Outcome, Simulated, compare, fate, simulate};
use meshlift_core::inventory::{
    Kind, Labels, Name, Namespace, PodTemplate, Snapshot, Workload, WorkloadRef,
};
use meshlift_core::rollout::{Forecast, Passing, Preflight};

use crate::api::dto::{
    ApiError, InjectionSubject, InjectionView, PassingHarm, ProofView, SimulatedPod,
};
use crate::view::words::row_id;

/// Kinds of pod that are listed; harm comes first, and the counts are of all.
const LISTED: usize = 2000;

/// The mesh before and after a change.
pub(crate) struct Compared<'a> {
    pub(crate) before: &'a Snapshot,
    pub(crate) after: Picture,
    /// Why the change could not be composed.
    pub(crate) refused: Option<ApiError>,
}

/// The mesh as it would be.
pub(crate) enum Picture {
    /// As it is.
    Same,
    /// With other labels.
    Labelled(Box<Snapshot>),
    /// After a plan.
    Planned(Box<Forecast>),
}

/// A workload that nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("`{row}` names no workload of this mesh")]
pub(crate) struct UnknownWorkload {
    row: String,
}

impl Compared<'_> {
    fn after(&self) -> &Snapshot {
        match &self.after {
            Picture::Same => self.before,
            Picture::Labelled(snapshot) => snapshot,
            Picture::Planned(forecast) => &forecast.after,
        }
    }
}

/// The mesh with other labels on a namespace.
pub(crate) fn labelled(
    snapshot: &Snapshot,
    namespace: &str,
    labels: &BTreeMap<String, String>,
) -> Snapshot {
    let mut after = snapshot.clone();
    let name = Name::from(namespace);
    let found = after.namespaces.entry(name.clone());
    found.or_insert_with(|| Namespace { name, ..Namespace::default() }).labels = named(labels);
    after
}

/// Who injects the pods that are asked about, now and after the change.
pub(crate) fn view(
    compared: &Compared<'_>,
    subject: &InjectionSubject,
) -> Result<InjectionView, UnknownWorkload> {
    let mut concerned = match subject {
        InjectionSubject::All => all(compared),
        InjectionSubject::Workload { row } => vec![one(compared, row)?],
        InjectionSubject::Labels { namespace, pod } => vec![typed(compared, namespace, pod)],
    };
    concerned.sort_by_key(|one| one.simulated.effect);
    let harmed = concerned.iter().filter(|one| one.simulated.effect.is_harm()).count();
    let namespace_labels = match subject {
        InjectionSubject::All => BTreeMap::new(),
        InjectionSubject::Workload { .. } => concerned
            .first()
            .map(|it| labels_of(compared, &it.workload.namespace))
            .unwrap_or_default(),
        InjectionSubject::Labels { namespace, .. } => labels_of(compared, namespace),
    };
    Ok(InjectionView {
        workloads: count(concerned.len()),
        harmed: count(harmed),
        pods: concerned.iter().take(LISTED).map(pod).collect(),
        passing: passing(compared, &concerned),
        refused: compared.refused.clone(),
        namespace_labels,
    })
}

/// What the API server made of a pod that is not kept, beside what was predicted.
pub(crate) fn proof(predicted: &Fate, found: &Preflight) -> ProofView {
    words::proof(predicted, found)
}

/// What is predicted for a new pod of a workload.
pub(crate) fn predicted(
    snapshot: &Snapshot,
    row: &str,
) -> Result<(WorkloadRef, Fate), UnknownWorkload> {
    let workload = workload(snapshot, row)?;
    let nobody = Namespace::default();
    let namespace = snapshot.namespaces.get(&workload.reference.namespace).unwrap_or(&nobody);
    Ok((workload.reference.clone(), fate(snapshot, namespace, &workload.template)))
}

fn all(compared: &Compared<'_>) -> Vec<Concerned> {
    match &compared.after {
        Picture::Planned(forecast) => forecast.concerned.clone(),
        Picture::Same | Picture::Labelled(_) => compare(compared.before, compared.after(), None),
    }
}

fn one(compared: &Compared<'_>, row: &str) -> Result<Concerned, UnknownWorkload> {
    let workload = workload(compared.before, row)?;
    let reference = &workload.reference;
    let running = compared.before.pods_of(reference);
    let proxies = running.filter(|pod| pod.proxy.is_some() && !pod.is_finished()).count();
    let simulated = simulated(compared, &reference.namespace, &workload.template, proxies);
    Ok(Concerned { workload: reference.clone(), proxies, simulated })
}

fn typed(compared: &Compared<'_>, namespace: &str, pod: &BTreeMap<String, String>) -> Concerned {
    let template = PodTemplate { labels: named(pod), ..PodTemplate::default() };
    let simulated = simulated(compared, &namespace.into(), &template, 0);
    let workload = WorkloadRef { namespace: namespace.into(), kind: Kind::Other, name: "".into() };
    Concerned { workload, proxies: 0, simulated }
}

fn simulated(
    compared: &Compared<'_>,
    namespace: &Name,
    template: &PodTemplate,
    proxies: usize,
) -> Simulated {
    let unknown = Namespace { name: namespace.clone(), ..Namespace::default() };
    let (before, after) = (compared.before, compared.after());
    let now = before.namespaces.get(namespace).unwrap_or(&unknown);
    let then = after.namespaces.get(namespace).unwrap_or(&unknown);
    simulate((before, now), (after, then), template, proxies)
}

fn workload<'a>(snapshot: &'a Snapshot, row: &str) -> Result<&'a Workload, UnknownWorkload> {
    let mut known = snapshot.workloads.values();
    known
        .find(|workload| row_id(&workload.reference) == row)
        .ok_or_else(|| UnknownWorkload { row: row.to_owned() })
}

fn labels_of(compared: &Compared<'_>, namespace: &str) -> BTreeMap<String, String> {
    let found = compared.before.namespaces.get(namespace);
    let labels = found.into_iter().flat_map(|namespace| &namespace.labels);
    labels.map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn named(labels: &BTreeMap<String, String>) -> Labels {
    labels.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect()
}

fn pod(one: &Concerned) -> SimulatedPod {
    let Simulated { now, after, effect } = &one.simulated;
    let is_typed = one.workload.name.is_empty();
    SimulatedPod {
        row: if is_typed { String::new() } else { row_id(&one.workload) },
        namespace: one.workload.namespace.to_string(),
        name: one.workload.name.to_string(),
        proxies: count(one.proxies),
        now: words::fate(now),
        after: words::fate(after),
        effect: words::kind(*effect),
        said: words::effect(*effect, now, after),
        mark: words::mark(*effect),
    }
}

/// What is wrong on the way only; what stays is in the list already.
fn passing(compared: &Compared<'_>, concerned: &[Concerned]) -> Vec<PassingHarm> {
    let Picture::Planned(forecast) = &compared.after else { return Vec::new() };
    let is_asked = |workload: &WorkloadRef| concerned.iter().any(|one| one.workload == *workload);
    forecast
        .harms
        .iter()
        .filter(|harm| harm.passing == Passing::Passes && is_asked(&harm.concerned.workload))
        .map(|harm| {
            let Concerned { workload, simulated, .. } = &harm.concerned;
            PassingHarm {
                row: row_id(workload),
                namespace: workload.namespace.to_string(),
                name: workload.name.to_string(),
                step: harm.step.to_string(),
                said: words::passing(simulated.effect, simulated, &harm.step),
            }
        })
        .collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether a pod is injected by one revision.
fn injected(fate: &Fate) -> Option<&Name> {
    match &fate.injection.outcome {
        Outcome::Injected { revision } => Some(revision),
        Outcome::Twice | Outcome::NotInjected => None,
    }
}
