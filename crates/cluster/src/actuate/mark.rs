//! The mark that an act leaves on an object of Istio's: which act of which run wrote it. An object
//! without one is not taken away by the way back.

use meshlift_core::rollout::ActId;
use serde_json::Value;

use super::objects;

/// Annotation that names run and act.
const CHANGED_BY: &str = "meshlift.dev/changed-by";

/// Marks an object that is about to be written.
pub(super) fn set(object: &mut Value, run_id: &str, act: &ActId) {
    if let Some(annotations) = objects::meta_map(object, "annotations") {
        annotations.insert(CHANGED_BY.to_owned(), format!("{run_id}/{act}").into());
    }
}

/// Whether one of our acts wrote the object.
pub(super) fn is_ours(object: &Value) -> bool {
    objects::annotation(object, CHANGED_BY).is_some()
}

/// An object as it may be written again, without the mark.
pub(super) fn unmarked(object: &Value) -> Value {
    let mut manifest = objects::manifest(object);
    let metadata = manifest.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
    {
        annotations.shift_remove(CHANGED_BY);
        if annotations.is_empty() {
            metadata.shift_remove("annotations");
        }
    }
    manifest
}
