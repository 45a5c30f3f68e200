//! Whether one more istiod finds room: the requests of the pods on a node, against what it has.
//!
//! Entry point: [`read`]. A node holds few pods, so asking node by node costs little: the largest ones
//! first, until one has room.

use meshlift_core::inventory::Evidence;
use meshlift_core::inventory::evidence::{Gap, Node, Resource, Room};
use serde::Deserialize;

use super::reader::Reader;
use crate::calls::escape;
use crate::wire::{self, thousandths};

/// Nodes that are asked at most.
const ASKED: usize = 12;

/// What istiod requests by the chart's default: thousandths of a CPU, and bytes.
const ISTIOD: Free = Free { cpu: 500, memory: 2 << 30 };

/// What a node has left for requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Free {
    cpu: i64,
    memory: i64,
}

/// Asks the nodes that were read.
pub(super) async fn read(reader: &Reader, evidence: &mut Evidence) {
    let mut nodes: Vec<(Free, &Node)> = evidence
        .nodes
        .iter()
        .filter(|node| node.schedulable && node.ready)
        .filter_map(|node| Some((Free { cpu: node.cpu?, memory: node.memory? }, node)))
        .collect();
    if nodes.is_empty() {
        return;
    }
    nodes.sort_by_key(|(whole, node)| (-whole.memory, -whole.cpu, node.name.clone()));
    let of = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    let mut room = Room { fits: false, asked: 0, of };
    for (whole, node) in nodes.into_iter().take(ASKED) {
        let selector = format!("spec.nodeName={}", node.name);
        let path = format!("/api/v1/pods?fieldSelector={}", escape(&selector));
        let pods = reader.built_in(Resource::Room, &path, |pod: Pod| Some(pod.requests()));
        let mut part = Evidence::default();
        let used = pods.await.into(&mut part);
        if let Some(Gap { why, .. }) = part.gaps.pop() {
            evidence.gaps.push(Gap { of: Resource::Room, why });
            return;
        }
        room.asked += 1;
        if fits(whole, &used) {
            room.fits = true;
            break;
        }
    }
    evidence.room = Some(room);
}

fn fits(whole: Free, used: &[Free]) -> bool {
    let cpu: i64 = used.iter().map(|one| one.cpu).sum();
    let memory: i64 = used.iter().map(|one| one.memory).sum();
    whole.cpu - cpu >= ISTIOD.cpu && whole.memory - memory >= ISTIOD.memory
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pod {
    spec: Spec,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    phase: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    #[serde(deserialize_with = "wire::null_as_default")]
    containers: Vec<Container>,
    #[serde(deserialize_with = "wire::null_as_default")]
    init_containers: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    restart_policy: String,
    resources: Resources,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resources {
    requests: Requests,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Requests {
    cpu: String,
    memory: String,
}

impl Pod {
    /// What it keeps from others: its containers together, those of its start as far as they need
    /// more; nothing once it is over.
    fn requests(&self) -> Free {
        if matches!(self.status.phase.as_str(), "Succeeded" | "Failed") {
            return Free { cpu: 0, memory: 0 };
        }
        let stay = |one: &&Container| one.restart_policy == "Always";
        let starting = || self.spec.init_containers.iter();
        let running = self.spec.containers.iter().chain(starting().filter(stay));
        let running: Vec<Free> = running.map(Container::requests).collect();
        let sum = |of: fn(&Free) -> i64| -> i64 { running.iter().map(of).sum() };
        let most = |of: fn(&Free) -> i64| -> i64 {
            let once = starting().filter(|one| !stay(one)).map(Container::requests);
            once.map(|free| of(&free)).max().unwrap_or_default()
        };
        Free {
            cpu: sum(|one| one.cpu).max(most(|one| one.cpu)),
            memory: sum(|one| one.memory).max(most(|one| one.memory)),
        }
    }
}

impl Container {
    fn requests(&self) -> Free {
        let Requests { cpu, memory } = &self.resources.requests;
        Free {
            cpu: thousandths(cpu).unwrap_or_default(),
            memory: thousandths(memory).unwrap_or_default() / 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn requests(pod: Value) -> Free {
        serde_json::from_value::<Pod>(pod).unwrap().requests()
    }

    #[test]
    fn a_pod_requests_what_the_scheduler_counts() {
        let one = |cpu: &str, policy: &str| json!({ "restartPolicy": policy, "resources": { "requests": { "cpu": cpu, "memory": "1Gi" } } });
        let spec = json!({
            "containers": [one("100m", ""), { "name": "bare" }],
            "initContainers": [one("1", ""), one("200m", "Always")],
        });

        let running = requests(json!({ "spec": spec, "status": { "phase": "Running" } }));
        let over = requests(json!({ "spec": spec, "status": { "phase": "Succeeded" } }));

        assert_eq!(running, Free { cpu: 1000, memory: 2 << 30 }, "its start needs more CPU");
        assert_eq!(over, Free { cpu: 0, memory: 0 });
    }

    #[test]
    fn an_istiod_fits_to_the_last_byte_and_not_beyond() {
        let whole = Free { cpu: 2000, memory: 4 << 30 };

        assert!(fits(whole, &[Free { cpu: 1500, memory: 2 << 30 }]));
        assert!(!fits(whole, &[Free { cpu: 1501, memory: 0 }]));
        assert!(!fits(whole, &[Free { cpu: 0, memory: (2 << 30) + 1 }]));
    }
}
