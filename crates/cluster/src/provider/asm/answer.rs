//! Reads answers leniently: what is missing or null is empty, numbers and switches may come as text,
//! and words that nobody documented are kept as they are.
//!
//! Entry points: [`decode`]; the functions for `deserialize_with`; `open_enum!` for words.

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, de};
use serde_json::Value;

use super::error::AsmError;
use super::operation::Operation;

/// An answer of the given type. Its words never get into an error: an answer may hold a kubeconfig.
pub(super) fn decode<T: DeserializeOwned>(
    operation: Operation,
    body: &[u8],
) -> Result<T, AsmError> {
    let broken = |request_id: String| AsmError::Undecodable { operation, request_id };
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return Err(broken(String::new()));
    };
    let id = members.get("RequestId").and_then(Value::as_str).unwrap_or_default();
    let id: String = id.chars().take(80).collect();
    members.values_mut().for_each(drop_nulls);
    members.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(members)).map_err(|_| broken(id))
}

/// A member that is null says as much as one that is missing.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Text, or a number or switch that is taken as text.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(switch) => Ok(switch.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err(de::Error::custom("text expected")),
    }
}

/// A switch, or the text `true` or `false`; empty text is false.
pub(super) fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(stated(deserializer)?.unwrap_or(false))
}

/// A switch that may be left out: none then, and for empty text.
pub(super) fn stated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match text(deserializer)?.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        "" => Ok(None),
        _ => Err(de::Error::custom("a switch expected")),
    }
}

/// A whole number, or text that is one; empty text is 0.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match text(deserializer)?.trim() {
        "" => Ok(0),
        digits => digits.parse().map_err(|_| de::Error::custom("a number expected")),
    }
}

/// A decimal number, or text that is one; empty text is none.
pub(super) fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match text(deserializer)?.trim() {
        "" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| de::Error::custom("a number expected")),
    }
}

/// An enum of documented words that keeps any other word as it is.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that no page documents; empty if there was none.
            Other(String),
        }

        impl $name {
            /// The word, as the API spells it.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $word,)+ Self::Other(word) => word }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() { $($word => Self::$variant,)+ _ => Self::Other(word) }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::provider::asm::answer::text(deserializer).map(Self::from)
            }
        }
    };
}
pub(super) use open_enum;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, rename_all = "PascalCase")]
    struct Thing {
        #[serde(deserialize_with = "text")]
        name: String,
        #[serde(deserialize_with = "count")]
        number: u32,
        #[serde(deserialize_with = "switch")]
        on: bool,
        #[serde(deserialize_with = "decimal")]
        part: Option<f64>,
        list: Vec<String>,
    }

    fn read(body: &str) -> Result<Thing, AsmError> {
        decode(Operation::DescribeMetadata, body.as_bytes())
    }

    #[test]
    fn numbers_and_switches_may_be_text() {
        let text = read(r#"{"Name":1,"Number":"7","On":"true","Part":"0.5","List":null,"New":{}}"#);
        let plain = read(r#"{"Name":"1","Number":7,"On":true,"Part":0.5}"#);

        assert_eq!(text, plain);
        assert_eq!(plain.unwrap().number, 7);
        assert_eq!(read("{}"), Ok(Thing::default()), "everything may be missing");
    }

    #[test]
    fn what_has_another_form_is_not_quoted() {
        for body in [r#"{"Number":"hunter","RequestId":"R-7"}"#, "[]", "hunter", r#"{"Name":"hun"#]
        {
            let error = read(body).unwrap_err();

            assert!(!format!("{error:?} {error}").contains("hun"), "{error:?}");
            assert!(error.to_string().starts_with("the answer to DescribeMetadata"), "{error}");
        }
    }
}
