//! Who would be injected by whom at every moment of a plan, found before its first write.
//!
//! Entry point: [`forecast`]. A run takes a while, and pods are made all the time: what is only
//! wrong between two acts is found as well.

use std::collections::{BTreeMap, BTreeSet};

use super::what_if;
use crate::asm::Call;
use crate::injection::{Concerned, Effect, compare};
use crate::inventory::{Name, Snapshot, WorkloadRef};
use crate::rollout::{ActKind, Plan, StepId};

/// What a plan does to injection.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The mesh as it would be afterwards, as far as injection is decided from it.
    pub after: Snapshot,
    /// Every workload of the mesh, now and afterwards.
    pub concerned: Vec<Concerned>,
    /// What would go wrong on the way, once for each step and workload.
    pub harms: Vec<Harm>,
}

/// Something that goes wrong while a plan is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harm {
    /// The step during or after which it is so.
    pub step: StepId,
    /// Whether it is over again at the plan's end.
    pub passing: Passing,
    /// The workload, and what happens to it.
    pub concerned: Concerned,
}

/// Whether a harm stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// It is so at the end.
    Stays,
    /// It is so only while the plan is carried out.
    Passes,
}

/// Plays a plan on a picture of the mesh.
pub fn forecast(snapshot: &Snapshot, plan: &Plan) -> Forecast {
    let mut picture = snapshot.clone();
    let mut found: Vec<(StepId, Concerned)> = Vec::new();
    let mut seen = BTreeSet::new();
    for step in &plan.steps {
        for act in step.acts() {
            what_if::after(&mut picture, &act);
            let reached = match reach(&act) {
                Reach::Nowhere => continue,
                Reach::Namespace(only) => compare(snapshot, &picture, Some(only)),
                Reach::Everywhere => compare(snapshot, &picture, None),
            };
            for one in reached {
                let effect = one.simulated.effect;
                let key = (step.id.clone(), one.workload.clone(), effect);
                if is_new_harm(effect) && seen.insert(key) {
                    found.push((step.id.clone(), one));
                }
            }
        }
    }
    let concerned = compare(snapshot, &picture, None);
    let last: BTreeMap<&WorkloadRef, Effect> =
        concerned.iter().map(|one| (&one.workload, one.simulated.effect)).collect();
    let harms = found
        .into_iter()
        .map(|(step, one)| {
            let stays = last.get(&one.workload) == Some(&one.simulated.effect);
            let passing = if stays { Passing::Stays } else { Passing::Passes };
            Harm { step, passing, concerned: one }
        })
        .collect();
    Forecast { after: picture, concerned, harms }
}

/// Where an act may change injection.
enum Reach<'a> {
    Nowhere,
    Namespace(&'a Name),
    Everywhere,
}

fn reach(act: &ActKind) -> Reach<'_> {
    match act {
        ActKind::Label { namespace, .. } => Reach::Namespace(namespace),
        ActKind::Install { .. } | ActKind::SetTag { .. } | ActKind::DeactivateInjector { .. } => {
            Reach::Everywhere
        }
        ActKind::Delete { object, uid: _ } | ActKind::Restore { object, manifest: _, left: _ } => {
            if &*object.kind == what_if::MUTATING {
                Reach::Everywhere
            } else {
                Reach::Nowhere
            }
        }
        ActKind::Asm { instance: _, call } => match call {
            Call::Label { namespace, .. } => Reach::Namespace(namespace),
            Call::Precheck { .. }
            | Call::Upgrade { .. }
            | Call::UpgradeGateway { .. }
            | Call::GatewayCanary { .. } => Reach::Nowhere,
        },
        ActKind::Restart { .. }
        | ActKind::SetTagService { .. }
        | ActKind::SetDefaultValidator { .. } => Reach::Nowhere,
    }
}

/// What is wrong already is not the plan's doing.
fn is_new_harm(effect: Effect) -> bool {
    match effect {
        Effect::Loses | Effect::Doubles | Effect::Refused => true,
        Effect::LosesAnyway
        | Effect::DoubleAnyway
        | Effect::Moves
        | Effect::Upgrades
        | Effect::Gains
        | Effect::Unchanged => false,
    }
}
