//! Everything that was read so far, and the picture that it makes.
//!
//! Entry points: [`Store::apply`] takes an object in, [`Store::relisted`] drops what a new list lacks,
//! [`Store::picture`] makes a snapshot. Pure: nothing is read here.

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::inventory::{
    Budget, Cluster, Injector, Kind, Name, Namespace, Pod, PodRef, Snapshot, Strategy, Unreadable,
    Validator, Workload, WorkloadRef, WorkloadStatus,
};

use super::feed::Feed;
use super::fold::{
    self, Endpoints, Entry, HeldPod, HeldWorkload, Key, ProxyConfig, ReplicaSetOwner,
};
use super::plane;
use super::stray;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) namespaces: BTreeMap<Name, Namespace>,
    pub(super) workloads: BTreeMap<WorkloadRef, HeldWorkload>,
    pub(super) pods: BTreeMap<PodRef, Placed>,
    pub(super) injectors: BTreeMap<Name, Injector>,
    pub(super) validators: BTreeMap<Name, Validator>,
    pub(super) budgets: BTreeMap<Key, Budget>,
    pub(super) configs: BTreeMap<Key, ProxyConfig>,
    pub(super) endpoints: BTreeMap<Key, Endpoints>,
    pub(super) unreadable: BTreeMap<Feed, String>,
    replica_sets: BTreeMap<Key, ReplicaSetOwner>,
}

/// A pod and the feed that brought it.
#[derive(Debug, PartialEq)]
pub(super) struct Placed {
    held: HeldPod,
    /// It came without the mesh's label.
    stray: bool,
}

impl Store {
    /// Takes in an object as it is now, or that it is gone. Says whether the picture changes.
    pub(super) fn apply(&mut self, feed: &Feed, key: Key, entry: Option<Entry>) -> bool {
        match entry {
            None => self.remove(feed, &key),
            Some(Entry::Namespace(new)) => set(&mut self.namespaces, key.name, new),
            Some(Entry::Injector(new)) => set(&mut self.injectors, key.name, new),
            Some(Entry::Validator(new)) => set(&mut self.validators, key.name, new),
            Some(Entry::Workload(new)) => {
                set(&mut self.workloads, new.workload.reference.clone(), *new)
            }
            Some(Entry::Budget(new)) => set(&mut self.budgets, key, new),
            Some(Entry::Pod(new)) => {
                let reference = new.pod.reference.clone();
                set(&mut self.pods, reference, Placed { held: *new, stray: is_stray(feed) })
            }
            Some(Entry::Config(new)) => set(&mut self.configs, key, new),
            Some(Entry::Endpoints(new)) => set(&mut self.endpoints, key, new),
        }
    }

    /// Drops what a whole new list of a feed did not hold. Says whether the picture changes.
    pub(super) fn relisted(&mut self, feed: &Feed, seen: &BTreeSet<Key>) -> bool {
        let missing: Vec<Key> =
            self.keys_of(feed).into_iter().filter(|key| !seen.contains(key)).collect();
        let mut changed = false;
        for key in &missing {
            changed |= self.remove(feed, key);
        }
        changed
    }

    /// Notes that a feed cannot be read.
    pub(super) fn refuse(&mut self, feed: &Feed, why: String) -> bool {
        set(&mut self.unreadable, feed.clone(), why)
    }

    /// Notes what owns a replica set.
    pub(super) fn settle_owner(&mut self, replica_set: Key, owner: ReplicaSetOwner) -> bool {
        set(&mut self.replica_sets, replica_set, owner)
    }

    /// Replica sets whose owner cannot be told from names: the Deployment that their pods seem to belong
    /// to is not there.
    pub(super) fn doubtful_replica_sets(&self) -> BTreeSet<Key> {
        if self.unreadable.contains_key(&Feed::Deployments) {
            return BTreeSet::new();
        }
        self.pods
            .values()
            .filter(|placed| self.is_doubtful(&placed.held))
            .filter_map(|placed| replica_set_of(&placed.held))
            .filter(|place| !self.replica_sets.contains_key(place))
            .collect()
    }

    /// Namespaces that hold an istiod.
    pub(super) fn plane_namespaces(&self) -> BTreeSet<Name> {
        self.workloads
            .values()
            .filter(|held| held.plane.is_some())
            .map(|held| Name::clone(&held.workload.reference.namespace))
            .collect()
    }

    /// Namespaces where pods lack that should be in the mesh.
    pub(super) fn stray_namespaces(&self) -> BTreeSet<Name> {
        stray::namespaces(self)
    }

    /// Namespaces with pods outside the mesh whose workload could bring them in.
    pub(super) fn held_strays(&self) -> BTreeSet<Name> {
        self.pods
            .values()
            .filter(|placed| placed.stray)
            .filter(|placed| {
                self.owner_of(&placed.held).is_some_and(|owner| self.workloads.contains_key(owner))
            })
            .map(|placed| Name::clone(&placed.held.pod.reference.namespace))
            .collect()
    }

    /// The workload of each pod of the mesh, strays left out.
    pub(super) fn mesh_pods(&self) -> impl Iterator<Item = (&Pod, Option<&WorkloadRef>)> {
        self.pods
            .values()
            .filter(|placed| !placed.stray)
            .map(|placed| (&placed.held.pod, self.owner_of(&placed.held)))
    }

    /// The workloads.
    pub(super) fn workloads(&self) -> impl Iterator<Item = &Workload> {
        self.workloads.values().map(|held| &held.workload)
    }

    /// The picture.
    pub(super) fn picture(&self, cluster: &Cluster) -> Snapshot {
        let pods: BTreeMap<PodRef, Pod> = self
            .pods
            .iter()
            .map(|(reference, placed)| {
                let workload = self.owner_of(&placed.held).cloned();
                (reference.clone(), Pod { workload, ..placed.held.pod.clone() })
            })
            .collect();
        let mut workloads: BTreeMap<WorkloadRef, Workload> = self
            .workloads
            .iter()
            .map(|(reference, held)| (reference.clone(), held.workload.clone()))
            .collect();
        self.told_by_pods(&mut workloads);
        let planes = self.plane_namespaces();
        let concerned: BTreeSet<&Name> =
            pods.keys().map(|reference| &reference.namespace).chain(&planes).collect();
        Snapshot {
            instance: None,
            cluster: cluster.clone(),
            namespaces: self.namespaces.clone(),
            workloads,
            injectors: plane::injectors(self),
            validators: self.validators.values().cloned().collect(),
            control_planes: plane::control_planes(self),
            budgets: self
                .budgets
                .values()
                .filter(|budget| concerned.contains(&budget.namespace))
                .cloned()
                .collect(),
            unsupported: plane::unsupported(self),
            evidence: None,
            unreadable: self
                .unreadable
                .iter()
                .map(|(feed, why)| Unreadable { what: feed.to_string(), why: why.clone() })
                .collect(),
            pods,
        }
    }

    /// Adds what runs proxies and is of a kind that is not read. Nothing here replaces its pods.
    fn told_by_pods(&self, workloads: &mut BTreeMap<WorkloadRef, Workload>) {
        for placed in self.pods.values() {
            let HeldPod { pod, tells: Some(told), .. } = &placed.held else { continue };
            let owner = self.owner_of(&placed.held).filter(|owner| fold::is_unread(owner.kind));
            let Some(owner) = owner.filter(|_| !pod.is_finished() && !pod.terminating) else {
                continue;
            };
            let made = workloads.entry(owner.clone()).or_insert_with(|| Workload {
                reference: owner.clone(),
                uid: Name::default(),
                role: told.role,
                template: told.template.clone(),
                strategy: Strategy::None,
                paused: false,
                status: WorkloadStatus::default(),
            });
            let status = &mut made.status;
            let ready = u32::from(pod.ready);
            for counted in [&mut status.desired, &mut status.current, &mut status.updated] {
                *counted += 1;
            }
            status.ready += ready;
            status.available = status.updated;
        }
    }

    fn owner_of<'a>(&'a self, held: &'a HeldPod) -> Option<&'a WorkloadRef> {
        if !self.is_doubtful(held) {
            return held.pod.workload.as_ref();
        }
        let known = replica_set_of(held).and_then(|place| self.replica_sets.get(&place));
        match known {
            Some(ReplicaSetOwner::Known(owner)) => Some(owner),
            Some(ReplicaSetOwner::Unknown) => None,
            // Not asked yet: the name is the best there is.
            None => held.pod.workload.as_ref(),
        }
    }

    /// Whether the pod's ReplicaSet must be asked for its owner.
    fn is_doubtful(&self, held: &HeldPod) -> bool {
        let Some(guess) = &held.pod.workload else { return false };
        held.replica_set.is_some() && !self.workloads.contains_key(guess)
    }

    fn remove(&mut self, feed: &Feed, key: &Key) -> bool {
        match feed {
            Feed::Namespaces => self.namespaces.remove(&key.name).is_some(),
            Feed::Injectors => self.injectors.remove(&key.name).is_some(),
            Feed::Validators => self.validators.remove(&key.name).is_some(),
            Feed::Deployments => self.remove_workload(Kind::Deployment, key),
            Feed::StatefulSets => self.remove_workload(Kind::StatefulSet, key),
            Feed::DaemonSets => self.remove_workload(Kind::DaemonSet, key),
            Feed::Budgets => self.budgets.remove(key).is_some(),
            Feed::MeshPods | Feed::OtherPods(_) => self.remove_pod(feed, key),
            Feed::Configs(_) => self.configs.remove(key).is_some(),
            Feed::Endpoints(_) => self.endpoints.remove(key).is_some(),
        }
    }

    fn remove_workload(&mut self, kind: Kind, key: &Key) -> bool {
        let Key { namespace, name } = key.clone();
        self.workloads.remove(&WorkloadRef { namespace, kind, name }).is_some()
    }

    /// A pod that one feed no longer has may just have come to the other.
    fn remove_pod(&mut self, feed: &Feed, key: &Key) -> bool {
        let Key { namespace, name } = key.clone();
        let reference = PodRef { namespace, name };
        match self.pods.get(&reference) {
            Some(placed) if placed.stray == is_stray(feed) => {
                self.pods.remove(&reference).is_some()
            }
            Some(_) | None => false,
        }
    }

    fn keys_of(&self, feed: &Feed) -> Vec<Key> {
        let cluster_wide = |name: &Name| Key { namespace: "".into(), name: Name::clone(name) };
        let workloads = |kind: Kind| {
            self.workloads
                .keys()
                .filter(|reference| reference.kind == kind)
                .map(|WorkloadRef { namespace, kind: _, name }| Key {
                    namespace: Name::clone(namespace),
                    name: Name::clone(name),
                })
                .collect()
        };
        let pods = |stray: bool, within: Option<&Name>| {
            self.pods
                .iter()
                .filter(|(reference, placed)| {
                    placed.stray == stray && within.is_none_or(|one| *one == reference.namespace)
                })
                .map(|(PodRef { namespace, name }, _)| Key {
                    namespace: Name::clone(namespace),
                    name: Name::clone(name),
                })
                .collect()
        };
        match feed {
            Feed::Namespaces => self.namespaces.keys().map(cluster_wide).collect(),
            Feed::Injectors => self.injectors.keys().map(cluster_wide).collect(),
            Feed::Validators => self.validators.keys().map(cluster_wide).collect(),
            Feed::Deployments => workloads(Kind::Deployment),
            Feed::StatefulSets => workloads(Kind::StatefulSet),
            Feed::DaemonSets => workloads(Kind::DaemonSet),
            Feed::Budgets => self.budgets.keys().cloned().collect(),
            Feed::MeshPods => pods(false, None),
            Feed::OtherPods(namespace) => pods(true, Some(namespace)),
            Feed::Configs(namespace) => within(&self.configs, namespace),
            Feed::Endpoints(namespace) => within(&self.endpoints, namespace),
        }
    }
}

fn is_stray(feed: &Feed) -> bool {
    feed.other_pods_in().is_some()
}

fn replica_set_of(held: &HeldPod) -> Option<Key> {
    let name = held.replica_set.as_ref()?;
    let namespace = Name::clone(&held.pod.reference.namespace);
    Some(Key { namespace, name: Name::clone(name) })
}

fn within<V>(map: &BTreeMap<Key, V>, namespace: &Name) -> Vec<Key> {
    map.keys().filter(|key| key.namespace == *namespace).cloned().collect()
}

fn set<K: Ord, V: PartialEq>(map: &mut BTreeMap<K, V>, key: K, value: V) -> bool {
    if map.get(&key) == Some(&value) {
        return false;
    }
    map.insert(key, value);
    true
}
