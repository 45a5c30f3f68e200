//! Short ways to read and change JSON objects. Anything missing reads as empty.

use serde_json::{Map, Value};

/// The value at a path of keys.
pub(crate) fn get<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |at, key| at.get(key))
}

/// The string at a path.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    get(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a path.
pub(crate) fn number(value: &Value, path: &[&str]) -> i64 {
    get(value, path).and_then(Value::as_i64).unwrap_or_default()
}

/// The truth value at a path.
pub(crate) fn flag(value: &Value, path: &[&str]) -> bool {
    get(value, path).and_then(Value::as_bool).unwrap_or_default()
}

/// The items of the list at a path.
pub(crate) fn items<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    get(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The labels of an object.
pub(crate) fn labels(object: &Value) -> Option<&Map<String, Value>> {
    get(object, &["metadata", "labels"]).and_then(Value::as_object)
}

/// The value of a label.
pub(crate) fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    get(object, &["metadata", "labels", key]).and_then(Value::as_str)
}

/// The value of an annotation.
pub(crate) fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    get(object, &["metadata", "annotations", key]).and_then(Value::as_str)
}

/// Puts a value at a path, making objects on the way.
pub(crate) fn set(value: &mut Value, path: &[&str], new: impl Into<Value>) {
    let Some((last, way)) = path.split_last() else {
        *value = new.into();
        return;
    };
    let mut at = value;
    for key in way {
        at = entry(at, key);
    }
    *entry(at, last) = new.into();
}

/// Takes a value away.
pub(crate) fn remove(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, way) = path.split_last()?;
    let parent = way.iter().try_fold(value, |at, key| at.get_mut(*key))?;
    parent.as_object_mut()?.shift_remove(*last)
}

/// The list at a path, made if there is none.
pub(crate) fn list_mut<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Vec<Value>> {
    let at = path.iter().fold(value, |at, key| entry(at, key));
    if !at.is_array() {
        *at = Value::Array(Vec::new());
    }
    at.as_array_mut()
}

fn entry<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    &mut value[key]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sets_through_missing_objects() {
        let mut object = json!({});

        set(&mut object, &["metadata", "labels", "istio.io/rev"], "1-30");

        assert_eq!(label(&object, "istio.io/rev"), Some("1-30"));
    }

    #[test]
    fn removes_what_is_there_and_nothing_else() {
        let mut object = json!({ "spec": { "a": 1, "b": 2 } });

        assert_eq!(remove(&mut object, &["spec", "a"]), Some(json!(1)));
        assert_eq!(remove(&mut object, &["gone", "a"]), None);
        assert_eq!(object, json!({ "spec": { "b": 2 } }));
    }
}
