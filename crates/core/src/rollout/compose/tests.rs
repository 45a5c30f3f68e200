//! What plans hold, what is refused, and whole upgrades from plan to plan.

mod asm;
mod facts;
mod forecast;
mod journeys;
mod plans;
mod played;
mod refusals;
mod roll_back;

use std::collections::BTreeMap;

use super::*;
use crate::injection::{self, Outcome};
use crate::inventory::{PodTemplate, Role, WorkloadRef};
use crate::rollout::{ActKind, ObjectRef, Progress, Wave};
use crate::testing::{deployment, namespace};

fn binary(version: &str) -> Binary {
    Binary {
        path: format!("/opt/istio-{version}/bin/istioctl"),
        version: version.parse().unwrap(),
        values_file: "/data/values.yaml".to_owned(),
        values_digest: "digest".to_owned(),
    }
}

fn moving(namespaces: &[&str], to: &str, restart: Option<Pace>) -> Move {
    Move {
        namespaces: namespaces.iter().map(|name| (*name).into()).collect(),
        to: to.into(),
        earlier: BTreeMap::default(),
        restart,
    }
}

/// A mesh with a workload on the old revision.
fn shop(mut mesh: Snapshot) -> (Snapshot, WorkloadRef) {
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    let cart = deployment(&mut mesh, "shop", "cart", 2, Some(("1-30", "1.30.5")));
    (mesh, cart)
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.id.0.as_str()).collect()
}

fn waves_of(plan: &Plan) -> Vec<&Wave> {
    plan.steps.iter().filter_map(Step::wave).collect()
}

fn names(wave: &Wave) -> Vec<String> {
    wave.items.iter().map(|item| item.workload.to_string()).collect()
}

fn acts_of(plan: &Plan) -> Vec<ActKind> {
    let mut acts = Vec::new();
    for step in &plan.steps {
        if let StepAction::Change { acts: changes } = &step.action {
            acts.extend(changes.iter().cloned());
        }
    }
    acts
}

fn reference(snapshot: &Snapshot, name: &str) -> WorkloadRef {
    let mut workloads = snapshot.workloads.keys();
    workloads.find(|workload| &*workload.name == name).unwrap().clone()
}
