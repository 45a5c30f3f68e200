//! Deletes an object, and puts one back. Entry points: [`delete`], [`restore`].

use meshlift_core::inventory::{Name, REVISION_LABEL};
use meshlift_core::rollout::ObjectRef;
use serde_json::Value;

use super::raw::{self, Mode, Writer};
use super::{ActError, Performed, mark, objects, released, replace};

/// Deletes exactly this object: another one of its name stays. A lease goes when nobody holds it.
pub(super) async fn delete(
    writer: &Writer<'_>,
    object: &ObjectRef,
    uid: &Name,
) -> Result<Performed, ActError> {
    let found = match (&*object.kind, writer.mode) {
        ("Lease", Mode::Real) => released::released(writer.connection, object).await?,
        _ => raw::find(writer.connection, &objects::path(object)).await?,
    };
    let Some(seen) = found else { return Ok(Performed::nothing()) };
    if objects::meta(&seen, "uid") != Some(uid) {
        return Err(ActError::replaced(object));
    }
    let before = Some(mark::unmarked(&seen).to_string());
    match writer.delete(object, uid).await {
        Ok(()) => Ok(Performed { changed: true, before, object: Some(object.clone()) }),
        Err(error) if raw::is_not_found(&error) => Ok(Performed::nothing()),
        Err(error) if raw::is_conflict(&error) => Err(ActError::replaced(object)),
        Err(error) => Err(error.into()),
    }
}

/// Puts an object back as it was before one of our acts, which left it naming a revision, or removes
/// it if it was not there.
pub(super) async fn restore(
    writer: &Writer<'_>,
    object: &ObjectRef,
    manifest: Option<&str>,
    left: Option<&Name>,
) -> Result<Performed, ActError> {
    let Some(manifest) = manifest else { return restore_absence(writer, object, left).await };
    let wanted: Value = serde_json::from_str(manifest).map_err(|_| ActError::malformed(object))?;
    let wanted = mark::unmarked(&wanted);

    for _ in 0..raw::ATTEMPTS {
        let existing = raw::find(writer.connection, &objects::path(object)).await?;
        if existing.as_ref().map(objects::manifest).as_ref() == Some(&wanted) {
            return Ok(Performed::nothing());
        }
        if !is_as_left(existing.as_ref(), &wanted, left) {
            return Err(ActError::guard(format!("{object} was changed by somebody else")));
        }
        match replace::write(writer, object, existing.as_ref(), wanted.clone()).await {
            Ok(_) => return Ok(Performed::something()),
            Err(error) if raw::is_conflict(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ActError::conflict(object))
}

/// Whether an object names what our act left it naming, or what it is about to name again: whatever
/// else changed in it is istiod's. Where an act left it naming nothing, it must be our own.
fn is_as_left(existing: Option<&Value>, wanted: &Value, left: Option<&Name>) -> bool {
    let Some(existing) = existing else { return left.is_none() };
    named(existing) == named(wanted)
        || left.map_or_else(|| mark::is_ours(existing), |left| named(existing) == Some(left))
}

/// Deletes an object that one of our acts made, and only such a one.
async fn restore_absence(
    writer: &Writer<'_>,
    object: &ObjectRef,
    left: Option<&Name>,
) -> Result<Performed, ActError> {
    let Some(seen) = raw::find(writer.connection, &objects::path(object)).await? else {
        return Ok(Performed::nothing());
    };
    if !mark::is_ours(&seen) {
        return Err(ActError::guard(format!("{object} was made by somebody else meanwhile")));
    }
    // Who moves a tag may leave our mark on it.
    if left.is_some_and(|left| named(&seen) != Some(left)) {
        return Err(ActError::guard(format!("{object} was changed by somebody else")));
    }
    let uid: Name = objects::meta(&seen, "uid").unwrap_or_default().into();
    delete(writer, object, &uid).await
}

/// The revision that an object names.
fn named(object: &Value) -> Option<&str> {
    objects::label(object, REVISION_LABEL)
}
