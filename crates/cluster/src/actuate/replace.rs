//! Makes or replaces an object of Istio's as a whole. Entry point: [`put`].
//!
//! The new object is computed from what is live, and written with the resourceVersion that was
//! read: whoever changed it in between wins, and it is computed again.

use meshlift_core::inventory::REVISION_LABEL;
use meshlift_core::rollout::{ActId, ObjectRef};
use serde_json::Value;

use super::raw::{self, Writer};
use super::{ActError, Performed, mark, objects};
use crate::calls::CallError;
use crate::connection::Connection;

/// An object and how it is to look.
pub(super) trait Wanted {
    /// Reads what the object is made from, and names it.
    async fn source(&self, connection: &Connection) -> Result<Source, ActError>;

    /// The object, from its source and what is there; none if that can't be done.
    fn make(&self, source: &Source, existing: Option<&Value>) -> Option<Value>;
}

/// What a wanted object is made from.
pub(super) struct Source {
    /// The object that is wanted.
    pub(super) object: ObjectRef,
    /// Live objects that it is made from.
    pub(super) from: Vec<Value>,
    /// A fact that decides how it looks.
    pub(super) unlabelled: bool,
}

pub(super) async fn put(
    writer: &Writer<'_>,
    run_id: &str,
    act: &ActId,
    wanted: &impl Wanted,
) -> Result<Performed, ActError> {
    let mut first: Option<Option<String>> = None;
    for _ in 0..raw::ATTEMPTS {
        let source = wanted.source(writer.connection).await?;
        let object = &source.object;
        let existing = raw::find(writer.connection, &objects::path(object)).await?;
        let revision = existing.as_ref().and_then(|one| objects::label(one, REVISION_LABEL));
        let revision = revision.map(str::to_owned);
        if first.get_or_insert_with(|| revision.clone()) != &revision {
            return Err(ActError::guard(format!("{object} was changed by somebody else")));
        }

        let made = wanted.make(&source, existing.as_ref());
        let mut made = made.ok_or_else(|| ActError::malformed(object))?;
        let unmarked = existing.as_ref().map(mark::unmarked);
        if unmarked.as_ref() == Some(&made) {
            return Ok(Performed::nothing());
        }
        let before = unmarked.map(|one| one.to_string());
        mark::set(&mut made, run_id, act);
        match write(writer, object, existing.as_ref(), made).await {
            Ok(_) => {
                return Ok(Performed { changed: true, before, object: Some(object.clone()) });
            }
            Err(error) if raw::is_conflict(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ActError::guard("the object was changed by somebody else again and again"))
}

/// Writes an object over the one that was read, or makes it where there was none.
pub(super) async fn write(
    writer: &Writer<'_>,
    object: &ObjectRef,
    existing: Option<&Value>,
    mut made: Value,
) -> Result<Value, CallError> {
    let Some(existing) = existing else { return writer.post(object, &made).await };
    let seen = |field: &str| objects::meta(existing, field).map(str::to_owned);
    let (uid, version) = (seen("uid"), seen("resourceVersion"));
    if let Some(metadata) = made.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid".to_owned(), uid.into());
        metadata.insert("resourceVersion".to_owned(), version.into());
    }
    writer.put(object, &made).await
}
