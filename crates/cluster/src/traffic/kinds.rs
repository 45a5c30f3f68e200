//! Which kinds of traffic rules the server has.
//!
//! Entry point: [`kinds`].

use std::collections::BTreeMap;

use meshlift_core::inventory::Name;
use meshlift_core::rollout::{ObjectRef, RuleChange, RuleEvent};
use serde::Deserialize;

use super::differences::Key;
use crate::calls::{CallError, Calls};

/// API groups whose objects steer traffic or decide who may send it.
const GROUPS: [&str; 3] = ["networking.istio.io", "security.istio.io", "gateway.networking.k8s.io"];

/// One kind of rules, as the server offers it.
#[derive(Debug, Clone)]
pub(super) struct RuleKind {
    pub(super) api_version: Name,
    pub(super) kind: Name,
    pub(super) resource: Name,
}

/// The API group and the resource: what stays when the preferred version changes.
pub(super) type KindKey = (Name, Name);

/// The kinds of [`GROUPS`] that can be watched, each in the server's preferred version that has it.
pub(super) async fn kinds(calls: &Calls) -> Result<BTreeMap<KindKey, RuleKind>, CallError> {
    let found: Groups = calls.get("/apis").await?;
    let mut kinds = BTreeMap::new();
    for group in found.groups.into_iter().filter(|group| GROUPS.contains(&&*group.name)) {
        for Version { group_version } in group.versions {
            let offered: Resources = calls.get(&format!("/apis/{group_version}")).await?;
            for Resource { name, kind, verbs: _ } in offered.resources.into_iter().filter(watched) {
                let key = (group.name.clone(), name.clone());
                let api_version = group_version.clone();
                kinds.entry(key).or_insert(RuleKind { api_version, kind, resource: name });
            }
        }
    }
    Ok(kinds)
}

fn watched(resource: &Resource) -> bool {
    !resource.name.contains('/') && resource.verbs.iter().any(|verb| verb == "watch")
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: Name,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    group_version: Name,
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: Name,
    kind: Name,
    verbs: Vec<String>,
}

impl RuleKind {
    /// The path of its list in the whole cluster.
    pub(super) fn path(&self) -> String {
        format!("/apis/{}/{}", self.api_version, self.resource)
    }

    /// One change of one of its rules.
    pub(super) fn change(
        &self,
        (namespace, name): &Key,
        event: RuleEvent,
        by: Option<Name>,
    ) -> RuleChange {
        let rule = ObjectRef {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            resource: self.resource.clone(),
            namespace: Some(namespace.clone()).filter(|namespace| !namespace.is_empty()),
            name: name.clone(),
        };
        RuleChange { rule, event, by, times: 1 }
    }
}
