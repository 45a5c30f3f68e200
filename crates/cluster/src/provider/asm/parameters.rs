//! Parameters of a call and how they are written: `name=value` pairs in the query or in a form.
//!
//! Entry points: [`Pairs`] for the parameters of one place, [`Call`] for a whole call. A list becomes
//! `Tag.1`, `Tag.2`, a list of objects `Tag.1.Key` (asm.md §8.3). Pairs are kept sorted by name, which
//! is the order that the signature asks for, so the wire and the canonical request are one text.

use std::collections::BTreeMap;
use std::fmt;

use super::operation::Operation;
use crate::calls::escape;

/// Content type of a form.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// A call before it is signed.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) operation: Operation,
    /// The host that answers it; it is signed.
    pub(super) host: String,
    /// `/` for RPC operations.
    pub(super) path: String,
    pub(super) query: Pairs,
    /// Present, even if empty, where the operation takes a form.
    pub(super) form: Option<Pairs>,
}

impl Call {
    /// A call of an RPC operation without parameters.
    pub(super) fn rpc(operation: Operation, host: &str) -> Self {
        Self {
            operation,
            host: host.to_owned(),
            path: "/".to_owned(),
            query: Pairs::default(),
            form: None,
        }
    }

    pub(super) fn query(self, query: Pairs) -> Self {
        Self { query, ..self }
    }

    pub(super) fn form(self, form: Pairs) -> Self {
        Self { form: Some(form), ..self }
    }
}

/// Named values of one place. What is not given is not sent. Its debug form has names only, as a value
/// may be a token.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Pairs(BTreeMap<String, String>);

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Pairs {
    /// With a value that is always sent.
    pub(super) fn with(mut self, name: &str, value: impl Value) -> Self {
        value.flatten(name, &mut self.0);
        self
    }

    /// A value by its name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The pairs as text, sorted bytewise, each name and value escaped as RFC 3986 says.
    pub(super) fn encoded(&self) -> String {
        let pair =
            |(name, value): (&String, &String)| format!("{}={}", escape(name), escape(value));
        self.0.iter().map(pair).collect::<Vec<_>>().join("&")
    }
}

/// What can be a parameter.
pub(super) trait Value {
    /// Adds itself under `name`, or under names that begin with it.
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>);
}

impl Value for &str {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        pairs.insert(name.to_owned(), self.to_owned());
    }
}

impl Value for String {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        pairs.insert(name.to_owned(), self);
    }
}

impl Value for &String {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        self.as_str().flatten(name, pairs);
    }
}

impl Value for bool {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        pairs.insert(name.to_owned(), self.to_string());
    }
}

impl Value for u32 {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        pairs.insert(name.to_owned(), self.to_string());
    }
}

impl<T: Value> Value for Option<T> {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        if let Some(value) = self {
            value.flatten(name, pairs);
        }
    }
}

/// A list: each item under the name and its place, counted from 1.
impl<T: Value> Value for Vec<T> {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        for (at, item) in self.into_iter().enumerate() {
            item.flatten(&format!("{name}.{}", at + 1), pairs);
        }
    }
}

/// An object: each member under the name and its own.
impl Value for Pairs {
    fn flatten(self, name: &str, pairs: &mut BTreeMap<String, String>) {
        pairs.extend(self.0.into_iter().map(|(member, value)| (format!("{name}.{member}"), value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_objects_are_flattened() {
        let tag = |key: &str, value: &str| Pairs::default().with("Key", key).with("Value", value);

        let pairs = Pairs::default()
            .with("Tag", vec![tag("env", "prod"), tag("team", "a b")])
            .with("Names", vec!["x", "y"]);

        assert_eq!(
            pairs.encoded(),
            "Names.1=x&Names.2=y&Tag.1.Key=env&Tag.1.Value=prod&Tag.2.Key=team&Tag.2.Value=a%20b"
        );
    }

    #[test]
    fn what_is_not_given_is_not_sent_and_what_is_empty_is() {
        let pairs = Pairs::default()
            .with("A", None::<&str>)
            .with("B", "")
            .with("C", Some(false))
            .with("D", 15_u32);

        assert_eq!(pairs.encoded(), "B=&C=false&D=15");
    }

    #[test]
    fn a_call_shows_the_names_of_its_parameters_and_no_value() {
        let form = Pairs::default().with("OIDCToken", "hunter").with("RoleArn", "role");
        let call = Call::rpc(Operation::AssumeRoleWithOIDC, "sts.aliyuncs.com").form(form);

        let shown = format!("{call:?}");

        assert!(shown.contains(r#"{"OIDCToken", "RoleArn"}"#), "{shown}");
        assert!(!shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn everything_but_the_unreserved_is_escaped() {
        let pairs = Pairs::default().with("k", "a b+c*d~e/f=g&h%\u{7f51}-_.");

        assert_eq!(pairs.encoded(), "k=a%20b%2Bc%2Ad~e%2Ff%3Dg%26h%25%E7%BD%91-_.");
    }
}
