//! The encoder: a JSON object along a table of field numbers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

/// The fields of a message: JSON name, field number, shape.
pub(crate) struct Message(pub(crate) &'static [(&'static str, u32, Shape)]);

/// How a field is written.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// A bool.
    Flag,
    /// A signed number.
    Int,
    /// Bytes; base64 in JSON.
    Bytes,
    /// A time; RFC 3339 in JSON.
    Time,
    /// A number or a string.
    IntOrText,
    /// Repeated strings.
    Texts,
    /// A map of strings.
    TextMap,
    /// A map of quantities, which are strings in JSON.
    QuantityMap,
    /// A map of bytes.
    BytesMap,
    /// A message.
    One(&'static Message),
    /// Repeated messages.
    Each(&'static Message),
    /// A message whose fields stand directly in the JSON object around it.
    Inline(&'static Message),
}

/// The fields of `value` that `table` knows.
pub(super) fn message(table: &Message, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, number, shape) in table.0 {
        if let Shape::Inline(inner) = shape {
            let bytes = message(inner, value);
            if !bytes.is_empty() {
                bytes_field(&mut out, *number, &bytes);
            }
            continue;
        }
        match value.get(name) {
            None | Some(Value::Null) => {}
            Some(found) => field(&mut out, *number, *shape, found),
        }
    }
    out
}

fn field(out: &mut Vec<u8>, number: u32, shape: Shape, value: &Value) {
    match shape {
        Shape::Text => bytes_field(out, number, text(value)),
        Shape::Flag => uint_field(out, number, u64::from(value.as_bool().unwrap_or(false))),
        Shape::Int => uint_field(out, number, value.as_i64().unwrap_or(0).cast_unsigned()),
        Shape::Bytes => bytes_field(out, number, &decoded(value)),
        Shape::Time => bytes_field(out, number, &time(value)),
        Shape::IntOrText => bytes_field(out, number, &super::int_or_text(value)),
        Shape::Texts => each(value).for_each(|item| bytes_field(out, number, text(item))),
        Shape::TextMap => map(out, number, value, |item| text(item).to_vec()),
        Shape::QuantityMap => map(out, number, value, quantity),
        Shape::BytesMap => map(out, number, value, decoded),
        Shape::One(table) | Shape::Inline(table) => {
            bytes_field(out, number, &message(table, value));
        }
        Shape::Each(table) => {
            each(value).for_each(|item| bytes_field(out, number, &message(table, item)));
        }
    }
}

fn map(out: &mut Vec<u8>, number: u32, value: &Value, encode: impl Fn(&Value) -> Vec<u8>) {
    for (key, item) in value.as_object().into_iter().flatten() {
        let mut entry = Vec::new();
        bytes_field(&mut entry, 1, key.as_bytes());
        bytes_field(&mut entry, 2, &encode(item));
        bytes_field(out, number, &entry);
    }
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &[u8] {
    value.as_str().unwrap_or_default().as_bytes()
}

fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(text(value)).unwrap_or_default()
}

fn quantity(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    bytes_field(&mut out, 1, text(value));
    out
}

fn time(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let Ok(at) = value.as_str().unwrap_or_default().parse::<Timestamp>() else {
        return out;
    };
    uint_field(&mut out, 1, at.as_second().cast_unsigned());
    uint_field(&mut out, 2, i64::from(at.subsec_nanosecond()).cast_unsigned());
    out
}

/// A length-delimited field.
pub(super) fn bytes_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    varint(out, u64::from(number << 3 | 2));
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A varint field.
pub(super) fn uint_field(out: &mut Vec<u8>, number: u32, value: u64) {
    varint(out, u64::from(number << 3));
    varint(out, value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Paths in `value` that `table` would leave out, for the test that nothing is lost.
#[cfg(test)]
pub(crate) fn left_out(table: &Message, value: &Value, at: &str, found: &mut Vec<String>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{at}.{name}");
        match shape_of(table, name) {
            None => found.push(path),
            Some(Shape::One(table)) => left_out(table, inner, &path, found),
            Some(Shape::Each(table)) => {
                each(inner).for_each(|item| left_out(table, item, &path, found));
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
fn shape_of(table: &Message, name: &str) -> Option<Shape> {
    table.0.iter().find_map(|(known, _, shape)| {
        if let Shape::Inline(inner) = shape {
            return shape_of(inner, name);
        }
        (*known == name).then_some(*shape)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static INNER: Message = Message(&[("path", 1, Shape::Text)]);
    static OUTER: Message = Message(&[
        ("name", 1, Shape::Text),
        ("count", 16, Shape::Int),
        ("at", 3, Shape::Time),
        ("hidden", 4, Shape::Inline(&INNER)),
        ("labels", 5, Shape::TextMap),
    ]);

    #[test]
    fn writes_fields_by_number() {
        let bytes = message(&OUTER, &json!({ "name": "a", "count": 300, "unknown": 1 }));

        assert_eq!(bytes, [0x0a, 1, b'a', 0x80, 0x01, 0xac, 0x02], "tags and varints");
    }

    #[test]
    fn a_negative_number_takes_ten_bytes() {
        let bytes = message(&OUTER, &json!({ "count": -1 }));

        assert_eq!(bytes.len(), 12, "two for the tag, ten for the value");
    }

    #[test]
    fn inlined_fields_get_a_message_of_their_own() {
        let bytes = message(&OUTER, &json!({ "path": "/x" }));

        assert_eq!(bytes, [0x22, 4, 0x0a, 2, b'/', b'x'], "wrapped in field 4");
    }

    #[test]
    fn a_time_becomes_seconds() {
        let bytes = message(&OUTER, &json!({ "at": "1970-01-01T00:00:05Z" }));

        assert_eq!(bytes, [0x1a, 4, 0x08, 5, 0x10, 0], "seconds and nanoseconds");
    }

    #[test]
    fn a_map_becomes_entries() {
        let bytes = message(&OUTER, &json!({ "labels": { "k": "v" } }));

        assert_eq!(bytes, [0x2a, 6, 0x0a, 1, b'k', 0x12, 1, b'v'], "key 1, value 2");
    }
}
