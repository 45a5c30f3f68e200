//! What etcd holds: objects, their history, and who owns whom.
//!
//! Deliberately absent: rules about what may be written (`writes`) and who reacts (`controllers`).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use meshlift_core::inventory::Name;
use serde_json::Value;
use tokio::sync::watch;

use crate::json;

/// Changes that a watch can go back.
const HISTORY: usize = 20_000;

/// Names an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Id of its resource.
    pub(crate) resource: Name,
    /// Its namespace; empty for a cluster-wide object.
    pub(crate) namespace: Name,
    /// Its name.
    pub(crate) name: Name,
}

impl Key {
    /// The key of a name.
    pub(crate) fn new(resource: &str, namespace: &str, name: &str) -> Self {
        Self { resource: resource.into(), namespace: namespace.into(), name: name.into() }
    }
}

/// One change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The revision it made.
    pub(crate) revision: u64,
    /// The object.
    pub(crate) key: Key,
    /// The object before; none when it was made.
    pub(crate) old: Option<Arc<Value>>,
    /// The object after; none when it was removed. A removed one is `old` with a new revision.
    pub(crate) new: Option<Arc<Value>>,
}

/// The objects and their history.
pub(crate) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    owned: HashMap<String, BTreeSet<Key>>,
    history: VecDeque<Change>,
    touched: Vec<Change>,
    revision: u64,
    oldest: u64,
    announce: watch::Sender<u64>,
}

impl Store {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let revision = 1000;
        Self {
            objects: BTreeMap::new(),
            owned: HashMap::new(),
            history: VecDeque::new(),
            touched: Vec::new(),
            revision,
            oldest: revision,
            announce: watch::Sender::new(revision),
        }
    }

    /// The revision of the newest change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Tells about every new revision.
    pub(crate) fn announcements(&self) -> watch::Receiver<u64> {
        self.announce.subscribe()
    }

    /// An object.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// An object by its name.
    pub(crate) fn find(&self, resource: &str, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.objects.get(&Key::new(resource, namespace, name))
    }

    /// The objects of a resource, in one namespace or in all, in the order of their keys.
    pub(crate) fn list<'a>(
        &'a self,
        resource: &'a str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let start = Key::new(resource, namespace.unwrap_or_default(), "");
        self.objects.range(start..).take_while(move |(key, _)| {
            &*key.resource == resource
                && namespace.is_none_or(|namespace| &*key.namespace == namespace)
        })
    }

    /// Everything in a namespace.
    pub(crate) fn in_namespace(&self, namespace: &str) -> Vec<Key> {
        self.objects.keys().filter(|key| &*key.namespace == namespace).cloned().collect()
    }

    /// The objects of a resource that an object owns.
    pub(crate) fn owned(&self, uid: &str, resource: &str) -> Vec<(Key, Arc<Value>)> {
        let keys = self.owned.get(uid).into_iter().flatten();
        keys.filter(|key| &*key.resource == resource)
            .filter_map(|key| Some((key.clone(), self.objects.get(key)?.clone())))
            .collect()
    }

    /// Everything that an object owns.
    pub(crate) fn all_owned(&self, uid: &str) -> Vec<Key> {
        self.owned.get(uid).into_iter().flatten().cloned().collect()
    }

    /// Writes an object under the next revision.
    pub(crate) fn put(&mut self, key: Key, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        json::set(&mut object, &["metadata", "resourceVersion"], self.revision.to_string());
        let object = Arc::new(object);
        let old = self.objects.insert(key.clone(), object.clone());
        if let Some(old) = &old {
            self.forget_owners(&key, old);
        }
        for uid in owners(&object) {
            self.owned.entry(uid.to_owned()).or_default().insert(key.clone());
        }
        self.record(Change { revision: self.revision, key, old, new: Some(object.clone()) });
        object
    }

    /// Removes an object under the next revision.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let mut last = self.objects.remove(key)?;
        self.forget_owners(key, &last);
        self.revision += 1;
        let revision = self.revision.to_string();
        json::set(Arc::make_mut(&mut last), &["metadata", "resourceVersion"], revision);
        let old = Some(last.clone());
        self.record(Change { revision: self.revision, key: key.clone(), old, new: None });
        Some(last)
    }

    /// The changes after a revision; none when they are forgotten.
    pub(crate) fn since(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        if revision < self.oldest {
            return None;
        }
        let start = self.history.partition_point(|change| change.revision <= revision);
        Some(self.history.range(start..))
    }

    /// Forgets all history, as a compaction does.
    pub(crate) fn compact(&mut self) {
        self.history.clear();
        self.oldest = self.revision;
    }

    /// The changes that no controller has seen.
    pub(crate) fn take_touched(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.touched)
    }

    /// Wakes whoever waits for changes.
    pub(crate) fn announce(&self) {
        self.announce.send_replace(self.revision);
    }

    fn forget_owners(&mut self, key: &Key, object: &Value) {
        for uid in owners(object) {
            let Some(owned) = self.owned.get_mut(uid) else { continue };
            owned.remove(key);
            if owned.is_empty() {
                self.owned.remove(uid);
            }
        }
    }

    fn record(&mut self, change: Change) {
        self.touched.push(change.clone());
        self.history.push_back(change);
        if self.history.len() > HISTORY
            && let Some(dropped) = self.history.pop_front()
        {
            self.oldest = dropped.revision;
        }
    }
}

fn owners(object: &Value) -> impl Iterator<Item = &str> {
    json::items(object, &["metadata", "ownerReferences"])
        .iter()
        .map(|owner| json::text(owner, &["uid"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(name: &str) -> Key {
        Key::new("pods", "shop", name)
    }

    #[test]
    fn history_begins_after_a_compaction() {
        let mut store = Store::new();
        let before = store.revision();
        store.put(key("a"), json!({}));
        assert_eq!(store.since(before).map(Iterator::count), Some(1), "one change is known");

        store.compact();

        assert!(store.since(before).is_none(), "the change is forgotten");
        assert_eq!(store.since(store.revision()).map(Iterator::count), Some(0));
    }

    #[test]
    fn ownership_follows_the_object() {
        let mut store = Store::new();
        store.put(key("a"), json!({ "metadata": { "ownerReferences": [{ "uid": "u" }] } }));
        assert_eq!(store.owned("u", "pods").len(), 1);

        store.remove(&key("a"));

        assert!(store.all_owned("u").is_empty(), "a removed object is owned by nobody");
    }

    #[test]
    fn a_list_stays_in_its_namespace() {
        let mut store = Store::new();
        store.put(key("a"), json!({}));
        store.put(Key::new("pods", "shop-test", "b"), json!({}));
        store.put(Key::new("services", "shop", "c"), json!({}));

        assert_eq!(store.list("pods", Some("shop")).count(), 1);
        assert_eq!(store.list("pods", None).count(), 2);
    }
}
