//! Reads and writes of single objects, as JSON and by path. Entry points: [`find`], [`list`],
//! [`Writer`].

use std::collections::BTreeSet;

use meshlift_core::inventory::Name;
use meshlift_core::rollout::ObjectRef;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::objects;
use crate::calls::{CallError, JSON_PATCH, STRATEGIC_PATCH, escape};
use crate::connection::Connection;
use crate::door::IntentId;

/// Name under which the API server records our writes.
pub(crate) const FIELD_MANAGER: &str = "meshlift";
/// A first try, and five more after conflicts.
pub(crate) const ATTEMPTS: usize = 6;

/// Whether a write is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is.
    Real,
    /// The server only says whether it would take it.
    DryRun,
}

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchKind {
    /// A list of operations, which can test.
    Json,
    /// A part of the object, merged by Kubernetes' own rules.
    StrategicMerge,
}

/// Writes for one intent.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) intent: &'a IntentId,
    pub(crate) mode: Mode,
}

impl Writer<'_> {
    pub(crate) async fn patch(
        &self,
        object: &ObjectRef,
        kind: PatchKind,
        change: &Value,
    ) -> Result<Value, CallError> {
        let content_type = match kind {
            PatchKind::Json => JSON_PATCH,
            PatchKind::StrategicMerge => STRATEGIC_PATCH,
        };
        let path = self.with_options(&objects::path(object));
        self.connection.calls().patch(&path, content_type, change, self.intent).await
    }

    pub(crate) async fn put(&self, object: &ObjectRef, body: &Value) -> Result<Value, CallError> {
        let path = self.with_options(&objects::path(object));
        self.connection.calls().put(&path, body, self.intent).await
    }

    pub(crate) async fn post(&self, object: &ObjectRef, body: &Value) -> Result<Value, CallError> {
        let path = self.with_options(&objects::collection(object));
        self.connection.calls().post(&path, body, self.intent).await
    }

    /// Deletes the object of this UID; what it owns goes in the background.
    pub(crate) async fn delete(&self, object: &ObjectRef, uid: &str) -> Result<(), CallError> {
        let mut options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": { "uid": uid },
            "propagationPolicy": "Background",
        });
        // With options in the body of a deletion, the server does not look at those in the query: a
        // dry run that is asked for there alone deletes.
        match self.mode {
            Mode::Real => {}
            Mode::DryRun => options["dryRun"] = json!(["All"]),
        }
        let path = objects::path(object);
        self.connection.calls().delete(&path, Some(&options), self.intent).await.map(drop)
    }

    fn with_options(&self, path: &str) -> String {
        match self.mode {
            Mode::Real => format!("{path}?fieldManager={FIELD_MANAGER}"),
            Mode::DryRun => format!("{path}?fieldManager={FIELD_MANAGER}&dryRun=All"),
        }
    }
}

/// An object that may be missing.
pub(crate) async fn find(connection: &Connection, path: &str) -> Result<Option<Value>, CallError> {
    connection.calls().find(path).await
}

/// The objects of a list that a label selector matches.
pub(crate) async fn list<T: DeserializeOwned>(
    connection: &Connection,
    path: &str,
    selector: &str,
) -> Result<Vec<T>, CallError> {
    connection.calls().list(&format!("{path}?labelSelector={}", escape(selector))).await
}

/// The names in a list.
pub(crate) async fn names(
    connection: &Connection,
    path: &str,
) -> Result<BTreeSet<Name>, CallError> {
    #[derive(Deserialize)]
    struct Item {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        name: Name,
    }
    let items: Vec<Item> = connection.calls().list(path).await?;
    Ok(items.into_iter().map(|item| item.metadata.name).collect())
}

/// What a pod would be after admission. Nothing is kept of it.
pub(crate) async fn dry_run_pod(
    connection: &Connection,
    intent: &IntentId,
    namespace: &str,
    pod: &Value,
) -> Result<Value, CallError> {
    let path =
        format!("/api/v1/namespaces/{namespace}/pods?fieldManager={FIELD_MANAGER}&dryRun=All");
    connection.calls().post(&path, pod, intent).await
}

/// Whether a write lost against another one, or found that another one made the object first.
pub(crate) fn is_conflict(error: &CallError) -> bool {
    matches!(error, CallError::Conflict { .. } | CallError::AlreadyExists { .. })
}

/// Whether the server does not take what was sent.
pub(crate) fn is_invalid(error: &CallError) -> bool {
    matches!(error, CallError::Invalid { .. })
}

/// Whether there is no such object.
pub(crate) fn is_not_found(error: &CallError) -> bool {
    matches!(error, CallError::NotFound { .. })
}
