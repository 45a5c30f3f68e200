//! Moves a namespace: both injection labels in one patch. Entry point: [`set`].
//!
//! Two writes would leave the namespace without injection, or with two, in between. The patch tests
//! the UID, every old value that is set, and the resourceVersion for those that are not: a test for
//! a missing label has no form that every API server understands.

use meshlift_core::inventory::{INJECTION_LABEL, InjectionLabels, Name, REVISION_LABEL};
use serde_json::{Value, json};

use super::raw::{self, PatchKind, Writer};
use super::{ActError, Performed, objects};

pub(super) async fn set(
    writer: &Writer<'_>,
    namespace: &Name,
    uid: &Name,
    from: &InjectionLabels,
    to: &InjectionLabels,
) -> Result<Performed, ActError> {
    let object = objects::namespace(namespace);
    for _ in 0..raw::ATTEMPTS {
        let seen = raw::find(writer.connection, &objects::path(&object)).await?;
        let seen = seen.ok_or_else(|| ActError::gone(&object))?;
        if objects::meta(&seen, "uid") != Some(uid) {
            return Err(ActError::replaced(&object));
        }
        let found = labels_of(&seen);
        if found == *to {
            return Ok(Performed::nothing());
        }
        if found != *from {
            return Err(ActError::guard(format!(
                "{object} was changed by somebody else: it has {}, and the plan rests on {}",
                words(&found),
                words(from)
            )));
        }
        let sent = writer.patch(&object, PatchKind::Json, &patch(&seen, &found, to)).await;
        match sent {
            Ok(_) => return Ok(Performed::something()),
            Err(error) if raw::is_conflict(&error) => {}
            // A failed test is told as 422, and so is a value that no server would take.
            Err(error) if raw::is_invalid(&error) => {
                if !has_moved_on(writer, &object, &seen).await? {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ActError::conflict(&object))
}

async fn has_moved_on(
    writer: &Writer<'_>,
    object: &meshlift_core::rollout::ObjectRef,
    seen: &Value,
) -> Result<bool, ActError> {
    let now = raw::find(writer.connection, &objects::path(object)).await?;
    let version = |object: &Value| objects::meta(object, "resourceVersion").map(str::to_owned);
    Ok(now.as_ref().and_then(version) != version(seen))
}

fn labels_of(namespace: &Value) -> InjectionLabels {
    InjectionLabels {
        injection: objects::label(namespace, INJECTION_LABEL).map(Into::into),
        revision: objects::label(namespace, REVISION_LABEL).map(Into::into),
    }
}

fn patch(seen: &Value, from: &InjectionLabels, to: &InjectionLabels) -> Value {
    let meta = |field: &str| objects::meta(seen, field).unwrap_or_default();
    let mut operations = vec![
        json!({ "op": "test", "path": "/metadata/uid", "value": meta("uid") }),
        json!({ "op": "test", "path": "/metadata/resourceVersion", "value": meta("resourceVersion") }),
    ];
    if seen.pointer("/metadata/labels").is_none() {
        operations.push(json!({ "op": "add", "path": "/metadata/labels", "value": {} }));
    }
    operations.extend(change(INJECTION_LABEL, from.injection.as_ref(), to.injection.as_ref()));
    operations.extend(change(REVISION_LABEL, from.revision.as_ref(), to.revision.as_ref()));
    operations.into()
}

fn change(key: &str, from: Option<&Name>, to: Option<&Name>) -> Vec<Value> {
    let path = format!("/metadata/labels/{}", key.replace('~', "~0").replace('/', "~1"));
    let test = from.map(|old| json!({ "op": "test", "path": path, "value": old }));
    let write = match (from, to) {
        (None, None) => None,
        (Some(_), None) => Some(json!({ "op": "remove", "path": path })),
        (Some(_) | None, Some(new)) => Some(json!({ "op": "add", "path": path, "value": new })),
    };
    test.into_iter().chain(write).collect()
}

fn words(labels: &InjectionLabels) -> String {
    let one =
        |key: &str, value: &Option<Name>| value.as_ref().map(|value| format!("{key}={value}"));
    let set = [one(INJECTION_LABEL, &labels.injection), one(REVISION_LABEL, &labels.revision)];
    let set: Vec<String> = set.into_iter().flatten().collect();
    if set.is_empty() { "no injection label".to_owned() } else { set.join(" and ") }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn labels(injection: Option<&str>, revision: Option<&str>) -> InjectionLabels {
        InjectionLabels { injection: injection.map(Into::into), revision: revision.map(Into::into) }
    }

    #[rstest]
    #[case::from_one_revision_to_another(
        labels(None, Some("1-30")),
        labels(None, Some("1-31")),
        &["test rev 1-30", "add rev 1-31"]
    )]
    #[case::from_the_legacy_label(
        labels(Some("enabled"), None),
        labels(None, Some("1-31")),
        &["test injection enabled", "remove injection", "add rev 1-31"]
    )]
    #[case::and_back(
        labels(None, Some("1-31")),
        labels(Some("enabled"), None),
        &["add injection enabled", "test rev 1-31", "remove rev"]
    )]
    fn changes_both_labels_in_one_patch(
        #[case] from: InjectionLabels,
        #[case] to: InjectionLabels,
        #[case] expected: &[&str],
    ) {
        let seen = json!({ "metadata": { "uid": "u", "resourceVersion": "7", "labels": {} } });
        let patch = patch(&seen, &from, &to);
        let said: Vec<String> = patch.as_array().into_iter().flatten().skip(2).map(said).collect();
        assert_eq!(said, expected, "after the tests of UID and resourceVersion");
        assert_eq!(patch[0]["value"], "u");
        assert_eq!(patch[1]["value"], "7");
    }

    fn said(operation: &Value) -> String {
        let text = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
        let key = if text("path").ends_with("istio.io~1rev") { "rev" } else { "injection" };
        format!("{} {key} {}", text("op"), text("value")).trim_end().to_owned()
    }
}
