//! The three patch formats: JSON patch with its tests, merge patch, strategic merge patch.
//!
//! Of the strategic form only what clients send here is known: maps merge, lists of named items
//! merge by name, other lists are replaced; directives are refused.
#![expect(clippy::wildcard_enum_match_arm, reason = "JSON has no more kinds of values to come")]

use serde_json::{Map, Value};

use crate::json;

/// A patch format, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own.
    Strategic,
}

impl Format {
    /// The format of a content type.
    pub(crate) fn of(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Some(Self::Json),
            "application/merge-patch+json" => Some(Self::Merge),
            "application/strategic-merge-patch+json" => Some(Self::Strategic),
            _ => None,
        }
    }
}

/// The patched object; none when the patch does not apply, as after a failed test.
pub(crate) fn apply(format: Format, object: &Value, patch: &Value) -> Option<Value> {
    let mut patched = object.clone();
    match format {
        Format::Json => {
            for operation in patch.as_array()? {
                operate(&mut patched, operation)?;
            }
        }
        Format::Merge => merge(&mut patched, patch, false),
        Format::Strategic if has_directive(patch) => return None,
        Format::Strategic => merge(&mut patched, patch, true),
    }
    Some(patched)
}

fn operate(object: &mut Value, operation: &Value) -> Option<()> {
    let path = segments(json::text(operation, &["path"]))?;
    match json::text(operation, &["op"]) {
        "test" => {
            let wanted = operation.get("value").unwrap_or(&Value::Null);
            let found = at(object, &path).unwrap_or(&Value::Null);
            (found == wanted).then_some(())
        }
        "add" => add(object, &path, operation.get("value")?.clone()),
        "replace" => {
            let target = at_mut(object, &path)?;
            *target = operation.get("value")?.clone();
            Some(())
        }
        "remove" => take(object, &path).map(drop),
        "move" => {
            let value = take(object, &segments(json::text(operation, &["from"]))?)?;
            add(object, &path, value)
        }
        "copy" => {
            let value = at(object, &segments(json::text(operation, &["from"]))?)?.clone();
            add(object, &path, value)
        }
        _ => None,
    }
}

/// The keys of a JSON pointer.
fn segments(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let keys = pointer.strip_prefix('/')?.split('/');
    Some(keys.map(|key| key.replace("~1", "/").replace("~0", "~")).collect())
}

fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |at, key| match at {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

fn at_mut<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |at, key| match at {
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        other => other.get_mut(key),
    })
}

fn add(object: &mut Value, path: &[String], value: Value) -> Option<()> {
    let Some((last, way)) = path.split_last() else {
        *object = value;
        return Some(());
    };
    match at_mut(object, way)? {
        Value::Object(map) => {
            map.insert(last.clone(), value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index <= items.len())?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn take(object: &mut Value, path: &[String]) -> Option<Value> {
    let (last, way) = path.split_last()?;
    match at_mut(object, way)? {
        Value::Object(map) => map.shift_remove(last),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

fn merge(object: &mut Value, patch: &Value, by_name: bool) {
    match patch {
        Value::Object(changes) => merge_map(object, changes, by_name),
        Value::Array(changes) if by_name && are_named(changes) => merge_named(object, changes),
        other => *object = other.clone(),
    }
}

fn merge_map(object: &mut Value, changes: &Map<String, Value>, by_name: bool) {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Some(map) = object.as_object_mut() else { return };
    for (key, change) in changes {
        if change.is_null() {
            map.shift_remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), change, by_name);
        }
    }
}

fn are_named(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| item.get("name").is_some_and(Value::is_string))
}

fn merge_named(object: &mut Value, changes: &[Value]) {
    if !object.is_array() {
        *object = Value::Array(Vec::new());
    }
    let Some(items) = object.as_array_mut() else { return };
    for change in changes {
        let found = items.iter_mut().find(|item| item.get("name") == change.get("name"));
        match found {
            Some(item) => merge(item, change, true),
            None => items.push(change.clone()),
        }
    }
}

fn has_directive(patch: &Value) -> bool {
    match patch {
        Value::Object(map) => {
            map.iter().any(|(key, value)| key.starts_with('$') || has_directive(value))
        }
        Value::Array(items) => items.iter().any(has_directive),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::escaped_key(json!([{ "op": "add", "path": "/l/istio.io~1rev", "value": "1-31" }]),
        Some(json!({ "l": { "a": "1", "istio.io/rev": "1-31" } })))]
    #[case::passed_test(json!([{ "op": "test", "path": "/l/a", "value": "1" },
        { "op": "remove", "path": "/l/a" }]), Some(json!({ "l": {} })))]
    #[case::failed_test(json!([{ "op": "test", "path": "/l/a", "value": "2" },
        { "op": "remove", "path": "/l/a" }]), None)]
    #[case::test_of_absence(json!([{ "op": "test", "path": "/l/b", "value": null }]),
        Some(json!({ "l": { "a": "1" } })))]
    #[case::remove_of_nothing(json!([{ "op": "remove", "path": "/l/b" }]), None)]
    #[case::replace_of_nothing(json!([{ "op": "replace", "path": "/l/b", "value": 1 }]), None)]
    fn a_json_patch(#[case] patch: Value, #[case] expected: Option<Value>) {
        let object = json!({ "l": { "a": "1" } });

        assert_eq!(apply(Format::Json, &object, &patch), expected, "{patch}");
    }

    #[test]
    fn a_merge_patch_removes_with_null_and_replaces_lists() {
        let object = json!({ "a": { "b": 1, "c": 2 }, "list": [{ "name": "x" }] });
        let patch = json!({ "a": { "b": null }, "list": [{ "name": "y" }] });

        let patched = apply(Format::Merge, &object, &patch).unwrap();

        assert_eq!(patched, json!({ "a": { "c": 2 }, "list": [{ "name": "y" }] }));
    }

    #[test]
    fn a_strategic_patch_merges_containers_by_name() {
        let object = json!({ "containers": [{ "name": "x", "image": "a:1", "tty": true }] });
        let patch = json!({ "containers": [{ "name": "x", "image": "a:2" }] });

        let patched = apply(Format::Strategic, &object, &patch).unwrap();

        assert_eq!(
            patched,
            json!({ "containers": [{ "name": "x", "image": "a:2", "tty": true }] }),
        );
    }

    #[test]
    fn a_strategic_directive_is_refused_and_not_misread() {
        let patch = json!({ "containers": [{ "name": "x", "$patch": "delete" }] });

        assert_eq!(apply(Format::Strategic, &json!({}), &patch), None);
    }
}
