//! The rules of writing: names, preconditions, generations, dry runs, graceful deletion.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use crate::admission;
use crate::cluster::{Cluster, Timer};
use crate::defaults;
use crate::json;
use crate::refusal::Refusal;
use crate::resources::{Resource, id};
use crate::store::Key;

/// How an object is to be deleted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deletion {
    /// The UID it must have.
    pub(crate) uid: Option<String>,
    /// The resourceVersion it must have.
    pub(crate) revision: Option<String>,
    /// Whether what it owns stays.
    pub(crate) orphan: bool,
    /// Whether a pod goes without delay.
    pub(crate) at_once: bool,
    /// Whether nothing is to happen.
    pub(crate) dry_run: bool,
}

/// What kind of update it is: they differ in what a wrong UID means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Update {
    /// PUT.
    Replace,
    /// PATCH.
    Patch,
    /// PUT or PATCH of the status.
    Status,
}

impl Cluster {
    /// Creates an object.
    pub(crate) fn create(
        &mut self,
        resource: &Resource,
        namespace: &str,
        mut object: Value,
        dry_run: bool,
    ) -> Result<Arc<Value>, Refusal> {
        let name = self.name_new(resource, namespace, &mut object)?;
        let key = Key::new(&resource.id, namespace, &name);
        if self.store.get(&key).is_some() {
            return Err(Refusal::already_exists(resource, &name));
        }
        self.fill_in(resource, namespace, &mut object);
        if &*resource.id == id::PODS {
            admission::admit(self, &mut object)?;
        }
        if dry_run {
            return Ok(Arc::new(object));
        }
        if &*resource.id == id::CRDS {
            self.registry.add(&object);
        }
        Ok(self.store.put(key, object))
    }

    /// Changes an object.
    pub(crate) fn update(
        &mut self,
        resource: &Resource,
        key: &Key,
        kind: Update,
        dry_run: bool,
        change: impl FnOnce(&Value) -> Result<Value, Refusal>,
    ) -> Result<Arc<Value>, Refusal> {
        let current = self.store.get(key).cloned();
        let current = current.ok_or_else(|| Refusal::not_found(resource, &key.name))?;
        let mut new = change(&current)?;
        check_preconditions(resource, kind, &current, &new)?;
        keep_what_is_fixed(kind, &current, &mut new);
        if new == *current {
            return Ok(current);
        }
        if dry_run {
            return Ok(Arc::new(new));
        }
        if &*resource.id == id::CRDS {
            self.registry.add(&new);
        }
        Ok(self.store.put(key.clone(), new))
    }

    /// Deletes an object and answers with its last form. What it owns goes later, by the
    /// garbage collector.
    pub(crate) fn delete(
        &mut self,
        resource: &Resource,
        key: &Key,
        how: &Deletion,
    ) -> Result<Arc<Value>, Refusal> {
        let current = self.store.get(key).cloned();
        let current = current.ok_or_else(|| Refusal::not_found(resource, &key.name))?;
        let uid = json::text(&current, &["metadata", "uid"]);
        if let Some(asked) = how.uid.as_deref().filter(|asked| *asked != uid) {
            return Err(Refusal::other_uid(resource, &key.name, asked, uid));
        }
        let revision = json::text(&current, &["metadata", "resourceVersion"]);
        if how.revision.as_deref().is_some_and(|asked| asked != revision) {
            return Err(Refusal::modified(resource, &key.name));
        }
        if how.dry_run {
            return Ok(current);
        }
        if how.orphan {
            self.release_owned(uid);
        }
        if &*resource.id == id::PODS && !how.at_once {
            return Ok(self.stop_pod(key, &current));
        }
        if &*resource.id == id::NAMESPACES {
            for inside in self.store.in_namespace(&key.name) {
                self.store.remove(&inside);
            }
        }
        if &*resource.id == id::CRDS {
            self.registry.drop(&current);
        }
        Ok(self.store.remove(key).unwrap_or(current))
    }

    /// The name of a new object, checked and written into it.
    fn name_new(
        &mut self,
        resource: &Resource,
        namespace: &str,
        object: &mut Value,
    ) -> Result<String, Refusal> {
        if !json::text(object, &["metadata", "resourceVersion"]).is_empty() {
            return Err(Refusal::bad_request(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        if resource.namespaced && self.namespace(namespace).is_none() {
            let namespaces = self.registry.of_id(id::NAMESPACES);
            return Err(namespaces.map_or_else(Refusal::no_such_resource, |namespaces| {
                Refusal::not_found(&namespaces, namespace)
            }));
        }
        let given = json::text(object, &["metadata", "namespace"]);
        if resource.namespaced && !given.is_empty() && given != namespace {
            return Err(Refusal::bad_request(format!(
                "the namespace of the provided object does not match the namespace sent on the \
                 request ({given} != {namespace})"
            )));
        }
        let mut name = json::text(object, &["metadata", "name"]).to_owned();
        let prefix = json::text(object, &["metadata", "generateName"]).to_owned();
        if name.is_empty() && !prefix.is_empty() {
            name = format!("{prefix}{}", self.chance.suffix());
        }
        if name.is_empty() {
            let why = "metadata.name: Required value: name or generateName is required";
            return Err(Refusal::invalid(resource, "", why));
        }
        json::set(object, &["metadata", "name"], name.as_str());
        Ok(name)
    }

    fn fill_in(&mut self, resource: &Resource, namespace: &str, object: &mut Value) {
        json::remove(object, &["apiVersion"]);
        json::remove(object, &["kind"]);
        if resource.namespaced {
            json::set(object, &["metadata", "namespace"], namespace);
        }
        json::set(object, &["metadata", "uid"], self.chance.uid());
        json::set(object, &["metadata", "creationTimestamp"], self.clock.stamp());
        let counted = object.get("spec").is_some() || object.get("webhooks").is_some();
        let uncounted = [id::NAMESPACES, id::PODS, id::SERVICES, id::LEASES];
        if counted && !uncounted.contains(&&*resource.id) {
            json::set(object, &["metadata", "generation"], 1);
        }
        if !resource.custom && &*resource.id != id::NAMESPACES {
            json::remove(object, &["status"]);
        }
        defaults::complete(&resource.kind, object);
    }

    fn stop_pod(&mut self, key: &Key, current: &Arc<Value>) -> Arc<Value> {
        if json::get(current, &["metadata", "deletionTimestamp"]).is_some() {
            return current.clone();
        }
        let mut stopping = Value::clone(current);
        json::set(&mut stopping, &["metadata", "deletionTimestamp"], self.clock.stamp());
        json::set(&mut stopping, &["metadata", "deletionGracePeriodSeconds"], 30);
        let uid = json::text(current, &["metadata", "uid"]).to_owned();
        self.timers.after(self.stop_delay(), Timer::Remove(key.clone(), uid));
        self.store.put(key.clone(), stopping)
    }

    fn release_owned(&mut self, uid: &str) {
        for key in self.store.all_owned(uid) {
            let Some(owned) = self.store.get(&key).cloned() else { continue };
            let mut owned = Value::clone(&owned);
            if let Some(owners) = json::list_mut(&mut owned, &["metadata", "ownerReferences"]) {
                owners.retain(|owner| json::text(owner, &["uid"]) != uid);
            }
            self.store.put(key, owned);
        }
    }
}

fn check_preconditions(
    resource: &Resource,
    kind: Update,
    current: &Value,
    new: &Value,
) -> Result<(), Refusal> {
    let name = json::text(current, &["metadata", "name"]);
    let (uid, asked) = (json::text(current, &["metadata", "uid"]), uid_of(new));
    if kind == Update::Replace && !asked.is_empty() && asked != uid {
        return Err(Refusal::other_uid(resource, name, asked, uid));
    }
    let asked_revision = json::text(new, &["metadata", "resourceVersion"]);
    if asked_revision.is_empty() && kind == Update::Replace && &*resource.id == id::LEASES {
        let why = "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update";
        return Err(Refusal::invalid(resource, name, why));
    }
    let revision = json::text(current, &["metadata", "resourceVersion"]);
    if !asked_revision.is_empty() && asked_revision != revision {
        return Err(Refusal::modified(resource, name));
    }
    if !asked.is_empty() && asked != uid {
        let why = format!("metadata.uid: Invalid value: \"{asked}\": field is immutable");
        return Err(Refusal::invalid(resource, name, &why));
    }
    let renamed = json::text(new, &["metadata", "name"]);
    if !renamed.is_empty() && renamed != name {
        return Err(Refusal {
            code: StatusCode::BAD_REQUEST,
            reason: "BadRequest",
            message: format!(
                "the name of the object ({renamed}) does not match the name on the URL ({name})"
            ),
            details: json!({}),
        });
    }
    Ok(())
}

fn uid_of(object: &Value) -> &str {
    json::text(object, &["metadata", "uid"])
}

/// Puts back what an update cannot change, and counts a new generation when it is due.
fn keep_what_is_fixed(kind: Update, current: &Value, new: &mut Value) {
    if kind == Update::Status {
        let status = new.get("status").cloned();
        *new = current.clone();
        if let Some(status) = status {
            json::set(new, &["status"], status);
        }
        return;
    }
    json::remove(new, &["apiVersion"]);
    json::remove(new, &["kind"]);
    for field in FIXED {
        match json::get(current, &["metadata", field]) {
            Some(kept) => json::set(new, &["metadata", field], kept.clone()),
            None => drop(json::remove(new, &["metadata", field])),
        }
    }
    match current.get("status") {
        Some(status) => json::set(new, &["status"], status.clone()),
        None => drop(json::remove(new, &["status"])),
    }
    let changed = ["spec", "webhooks"].iter().any(|part| current.get(part) != new.get(part));
    if changed && json::get(current, &["metadata", "generation"]).is_some() {
        let generation = json::number(current, &["metadata", "generation"]) + 1;
        json::set(new, &["metadata", "generation"], generation);
    }
}

const FIXED: [&str; 8] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];
