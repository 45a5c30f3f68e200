//! The digest of a pod template: whether somebody changed it since a plan was made.
//!
//! Entry point: [`template_hash`]. It covers every field of the template, also those that this program
//! does not know, and so is made from the JSON that the API server gives, never from a slim message:
//! a change that a digest does not see is a change that a guard lets through. It stays the same when
//! only a restart was asked for, by us or by kubectl, and over servers that write a missing value as
//! null or leave it out.

use std::fmt::Write as _;

use meshlift_core::inventory::{Name, RESTARTED_BY};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Annotations that ask for a restart and change nothing else.
const RESTARTS: [&str; 2] = [RESTARTED_BY, "kubectl.kubernetes.io/restartedAt"];

/// SHA-256 of a `spec.template`, as 64 hexadecimal digits.
pub fn template_hash(template: &Value) -> Name {
    let mut hasher = Sha256::new();
    feed(&mut hasher, template, Place::Template);
    let digits = hasher.finalize().iter().fold(String::with_capacity(64), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    digits.into()
}

/// Where a value stands, as far as annotations matter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Template,
    Metadata,
    Annotations,
    Elsewhere,
}

impl Place {
    fn of(self, key: &str) -> Self {
        match (self, key) {
            (Self::Template, "metadata") => Self::Metadata,
            (Self::Metadata, "annotations") => Self::Annotations,
            (Self::Template | Self::Metadata | Self::Annotations | Self::Elsewhere, _) => {
                Self::Elsewhere
            }
        }
    }
}

/// Writes a value so that equal values give equal bytes: keys in order, nothing that is null.
fn feed(hasher: &mut Sha256, value: &Value, place: Place) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> =
                fields.iter().filter(|(key, value)| counts(key, value, place)).collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            hasher.update(b"{");
            for (key, value) in fields {
                text(hasher, key);
                feed(hasher, value, place.of(key));
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                feed(hasher, item, Place::Elsewhere);
            }
            hasher.update(b"]");
        }
        Value::String(string) => text(hasher, string),
        Value::Number(number) => {
            hasher.update(b"#");
            text(hasher, &number.to_string());
        }
        Value::Bool(true) => hasher.update(b"t"),
        Value::Bool(false) => hasher.update(b"f"),
        Value::Null => hasher.update(b"n"),
    }
}

/// The length first: no two texts in a row read like two others.
fn text(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_be_bytes());
    hasher.update(text.as_bytes());
}

fn counts(key: &str, value: &Value, place: Place) -> bool {
    if value.is_null() || (place == Place::Annotations && RESTARTS.contains(&key)) {
        return false;
    }
    // A restart adds the first annotation, and with it the map.
    let only_restarts = |fields: &serde_json::Map<String, Value>| {
        fields.iter().all(|(key, value)| !counts(key, value, Place::Annotations))
    };
    !(place.of(key) == Place::Annotations && value.as_object().is_some_and(only_restarts))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn template() -> Value {
        json!({
            "metadata": {"labels": {"app": "cart", "version": "v1"}},
            "spec": {"containers": [{"name": "cart", "image": "cart:1", "resources": {}}]},
        })
    }

    #[rstest]
    #[case::another_order(json!({
        "spec": {"containers": [{"image": "cart:1", "resources": {}, "name": "cart"}]},
        "metadata": {"labels": {"version": "v1", "app": "cart"}},
    }))]
    #[case::a_null(json!({
        "metadata": {"creationTimestamp": null, "labels": {"app": "cart", "version": "v1"}},
        "spec": {"containers": [{"name": "cart", "image": "cart:1", "resources": {}}]},
    }))]
    #[case::restarted(json!({
        "metadata": {
            "labels": {"app": "cart", "version": "v1"},
            "annotations": {
                "meshlift.dev/restarted-by": "run-1/wave-1",
                "kubectl.kubernetes.io/restartedAt": "2026-11-24T04:00:00Z",
            },
        },
        "spec": {"containers": [{"name": "cart", "image": "cart:1", "resources": {}}]},
    }))]
    fn stays_the_same(#[case] other: Value) {
        assert_eq!(template_hash(&other), template_hash(&template()));
    }

    #[rstest]
    #[case::image("/spec/containers/0/image", json!("cart:2"))]
    #[case::label("/metadata/labels/version", json!("v2"))]
    #[case::a_field_nobody_knows("/spec/containers/0/resources", json!({"tomorrow": 1}))]
    #[case::another_type("/spec/containers/0/name", json!(1))]
    #[case::another_annotation("/metadata", json!({
        "labels": {"app": "cart", "version": "v1"}, "annotations": {"sidecar.istio.io/inject": "false"},
    }))]
    #[case::our_annotation_elsewhere("/metadata", json!({
        "labels": {"app": "cart", "version": "v1", "meshlift.dev/restarted-by": "x"},
    }))]
    fn changes_with_any_field(#[case] pointer: &str, #[case] value: Value) {
        let mut changed = template();
        *changed.pointer_mut(pointer).unwrap() = value;

        assert_ne!(template_hash(&changed), template_hash(&template()), "{pointer}");
    }

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        assert_ne!(template_hash(&json!(["ab", "c"])), template_hash(&json!(["a", "bc"])));
    }
}
