//! Looks for words in what an object says.

use std::collections::BTreeSet;

use meshlift_core::inventory::Name;
use meshlift_core::inventory::evidence::ConfigTrait;
use serde_json::Value;

/// Words and what they tell, in lower case.
const WORDS: [(&str, ConfigTrait); 10] = [
    ("connection.peer", ConfigTrait::OldPeerAttributes),
    // With the dot: the newer `upstream_peer` stands alone.
    ("upstream_peer.", ConfigTrait::OldPeerAttributes),
    ("xds-grpc", ConfigTrait::Xds),
    ("\"ads\"", ConfigTrait::Xds),
    ("x-envoy-", ConfigTrait::ForwardedHeaders),
    ("x-forwarded-for", ConfigTrait::ForwardedHeaders),
    ("xff_num_trusted_hops", ConfigTrait::ForwardedHeaders),
    ("use_remote_address", ConfigTrait::ForwardedHeaders),
    ("internal_address_config", ConfigTrait::ForwardedHeaders),
    ("-shadow", ConfigTrait::ShadowHost),
];

/// What an object mentions anywhere.
pub(super) fn traits(spec: &Value) -> BTreeSet<ConfigTrait> {
    let text = spec.to_string().to_ascii_lowercase();
    // What took the place of the older attribute ends in the same letters.
    let text = text.replace("filter_state.upstream_peer.", "");
    WORDS.into_iter().filter(|(word, _)| text.contains(word)).map(|(_, tells)| tells).collect()
}

/// A text at a place; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items at a place.
pub(super) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a list at a place.
pub(super) fn texts(value: &Value, pointer: &str) -> BTreeSet<Name> {
    items(value, pointer).iter().filter_map(Value::as_str).map(Into::into).collect()
}

/// The keys of an object at a place.
pub(super) fn keys(value: &Value, pointer: &str) -> BTreeSet<Name> {
    let fields = value.pointer(pointer).and_then(Value::as_object);
    fields.into_iter().flat_map(|fields| fields.keys()).map(|key| key.as_str().into()).collect()
}

/// Keys that a label selector asks for.
pub(super) fn selected_keys(selector: &Value) -> BTreeSet<Name> {
    let mut keys = keys(selector, "/matchLabels");
    let expressions = items(selector, "/matchExpressions");
    keys.extend(expressions.iter().map(|it| Name::from(text(it, "/key"))));
    keys
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::older_attribute("upstream_peer.labels['app']", &[ConfigTrait::OldPeerAttributes])]
    #[case::newer_attribute("filter_state.upstream_peer.labels['app']", &[])]
    #[case::header("X-Envoy-Original-Path", &[ConfigTrait::ForwardedHeaders])]
    #[case::nothing("response.code", &[])]
    fn finds_words(#[case] value: &str, #[case] expected: &[ConfigTrait]) {
        let spec = json!({ "expression": value });

        assert_eq!(traits(&spec), expected.iter().copied().collect());
    }
}
