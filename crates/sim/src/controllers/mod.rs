//! The controllers: what happens after a write.
//!
//! Entry point: [`Cluster::step`]. Controllers are plain functions from the objects to the next
//! objects. A step runs every one that a change or a timer concerns, until nothing is left to do,
//! and says when the next timer is due.

mod budget;
mod daemon_set;
mod deployment;
mod endpoints;
mod garbage;
mod istiod;
mod kubelet;
mod pods;
mod replica_set;
mod revisions;
mod stateful_set;

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::time::Instant;

use crate::cluster::{Cluster, Timer};
use crate::json;
use crate::resources::id;
use crate::store::{Change, Key};

pub(crate) use kubelet::release as release_held;
pub(crate) use pods::NewPod;
use pods::owner_of;

impl Cluster {
    /// Runs every controller that has something to do, and says when to come back.
    pub(crate) fn step(&mut self) -> Option<Instant> {
        loop {
            let mut keys = BTreeSet::new();
            while let Some(timer) = self.timers.due() {
                keys.extend(self.fire(timer));
            }
            let touched = self.store.take_touched();
            if touched.is_empty() && keys.is_empty() {
                return self.timers.next();
            }
            for change in &touched {
                keys.extend(self.concerns(change));
            }
            for key in keys {
                self.reconcile(&key);
            }
        }
    }

    fn fire(&mut self, timer: Timer) -> Option<Key> {
        match timer {
            Timer::Start(key, uid) => kubelet::start(self, &key, &uid),
            Timer::Crash(key, uid) => kubelet::crash(self, &key, &uid),
            Timer::Remove(key, uid) => kubelet::remove(self, &key, &uid),
            Timer::Wake(key) => {
                self.blocked.remove(&key);
                return Some(key);
            }
        }
        None
    }

    /// Whom a change concerns.
    fn concerns(&mut self, change: &Change) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        if change.new.is_none()
            && let Some(old) = &change.old
        {
            garbage::collect(self, old);
        }
        let newest = change.new.as_ref().or(change.old.as_ref());
        match &*change.key.resource {
            id::PODS => {
                if let Some(pod) = &change.new
                    && change.old.is_none()
                {
                    kubelet::admit(self, &change.key, pod);
                }
                let owner = newest.and_then(|pod| owner_of(&change.key.namespace, pod));
                if let Some(owner) = owner {
                    // A Deployment that recreates waits for the last pod to be gone, which its
                    // ReplicaSet's status does not tell.
                    let above = self.store.get(&owner);
                    keys.extend(above.and_then(|set| owner_of(&owner.namespace, set)));
                    keys.insert(owner);
                }
                keys.extend(neighbours(self, id::BUDGETS, &change.key));
                keys.extend(neighbours(self, id::SERVICES, &change.key));
            }
            id::REPLICA_SETS => {
                keys.insert(change.key.clone());
                keys.extend(newest.and_then(|set| owner_of(&change.key.namespace, set)));
            }
            id::NODES => keys.extend(self.store.list(id::DAEMON_SETS, None).map(first)),
            id::INJECTORS | id::NAMESPACES | id::CONFIG_MAPS => {
                keys.insert(change.key.clone());
                keys.append(&mut self.blocked);
            }
            id::ENDPOINT_SLICES => keys.append(&mut self.blocked),
            _ => {
                keys.insert(change.key.clone());
            }
        }
        keys
    }

    fn reconcile(&mut self, key: &Key) {
        let Some(object) = self.store.get(key).cloned() else { return };
        match &*key.resource {
            id::DEPLOYMENTS => deployment::reconcile(self, key, &object),
            id::REPLICA_SETS => replica_set::reconcile(self, key, &object),
            id::STATEFUL_SETS => stateful_set::reconcile(self, key, &object),
            id::DAEMON_SETS => daemon_set::reconcile(self, key, &object),
            id::BUDGETS => budget::reconcile(self, key, &object),
            id::SERVICES => endpoints::reconcile(self, key, &object),
            id::INJECTORS | id::VALIDATORS => istiod::reconcile(self, key, &object),
            id::NAMESPACES => istiod::publish_root(self, &key.name),
            _ => {}
        }
    }

    /// Writes an object's status when it is another than before.
    fn put_status(&mut self, key: &Key, object: &Value, status: Value) {
        if object.get("status") == Some(&status) {
            return;
        }
        let Some(current) = self.store.get(key) else { return };
        let mut object = Value::clone(current);
        json::set(&mut object, &["status"], status);
        self.store.put(key.clone(), object);
    }
}

fn neighbours(cluster: &Cluster, resource: &str, key: &Key) -> Vec<Key> {
    cluster.store.list(resource, Some(&key.namespace)).map(first).collect()
}

fn first<T>((key, _): (&Key, T)) -> Key {
    key.clone()
}

/// A number of pods, or a share of them in percent, rounded up or down as Kubernetes does.
fn share(value: Option<&Value>, of: i64, up: bool, default: i64) -> i64 {
    match value {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(default),
        Some(Value::String(text)) => {
            let percent = text.trim_end_matches('%').parse::<i64>().unwrap_or(0);
            if up { (of * percent + 99) / 100 } else { of * percent / 100 }
        }
        _ => default,
    }
}

/// A condition as Kubernetes writes it. Its transition time stays while its status stays.
fn condition(old: &Value, kind: &str, status: &str, reason: &str, now: &str) -> Value {
    let before = json::items(old, &["status", "conditions"])
        .iter()
        .find(|condition| json::text(condition, &["type"]) == kind);
    let since = before
        .filter(|before| json::text(before, &["status"]) == status)
        .map_or(now, |before| json::text(before, &["lastTransitionTime"]));
    serde_json::json!({
        "type": kind,
        "status": status,
        "reason": reason,
        "lastTransitionTime": since,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::number(json!(2), true, 2)]
    #[case::up(json!("25%"), true, 2)]
    #[case::down(json!("25%"), false, 1)]
    #[case::all(json!("100%"), false, 5)]
    #[case::none(json!("0%"), true, 0)]
    fn a_share_of_five(#[case] value: Value, #[case] up: bool, #[case] expected: i64) {
        assert_eq!(share(Some(&value), 5, up, 1), expected, "{value}");
    }
}
