//! Label selectors and field selectors, as the API server evaluates them.
//!
//! This is an evaluation of its own and shares no code with the app's predictor: the simulated
//! webhooks would otherwise agree with a wrong predictor.

use serde_json::{Map, Value};

use crate::json;

/// A label selector of an object, with `matchLabels` and `matchExpressions`.
pub(crate) fn matches(selector: &Value, labels: Option<&Map<String, Value>>) -> bool {
    let labels_match = selector
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .all(|(key, wanted)| labels.and_then(|labels| labels.get(key)) == Some(wanted));
    labels_match
        && json::items(selector, &["matchExpressions"])
            .iter()
            .all(|expression| holds(expression, labels))
}

/// A map of labels that must all be there, as Services have.
pub(crate) fn contains(wanted: &Value, labels: Option<&Map<String, Value>>) -> bool {
    let Some(wanted) = wanted.as_object() else { return false };
    !wanted.is_empty()
        && wanted.iter().all(|(key, value)| labels.and_then(|have| have.get(key)) == Some(value))
}

fn holds(expression: &Value, labels: Option<&Map<String, Value>>) -> bool {
    let found = labels.and_then(|labels| labels.get(json::text(expression, &["key"])));
    let listed = |value: &Value| json::items(expression, &["values"]).contains(value);
    match json::text(expression, &["operator"]) {
        "In" => found.is_some_and(listed),
        "NotIn" => !found.is_some_and(listed),
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        _ => false,
    }
}

/// The filter of a list or a watch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    labels: Vec<Term>,
    fields: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

impl Filter {
    /// From the `labelSelector` and `fieldSelector` of a request; the error is a sentence.
    pub(crate) fn parse(labels: &str, fields: &str) -> Result<Self, String> {
        let labels = terms(labels).map(label_term).collect::<Result<_, _>>()?;
        let fields = terms(fields).map(field_term).collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    /// Whether everything passes.
    pub(crate) fn is_open(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether an object passes.
    pub(crate) fn passes(&self, object: &Value) -> bool {
        self.labels.iter().all(|term| term.holds(|key| json::label(object, key)))
            && self.fields.iter().all(|term| term.holds(|path| Some(field(object, path))))
    }
}

impl Term {
    fn holds<'a>(&self, find: impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::In(key, values) => find(key).is_some_and(|found| listed(values, found)),
            Self::NotIn(key, values) => !find(key).is_some_and(|found| listed(values, found)),
            Self::Exists(key) => find(key).is_some(),
            Self::Missing(key) => find(key).is_none(),
        }
    }
}

fn listed(values: &[String], found: &str) -> bool {
    values.iter().any(|value| value == found)
}

fn field<'a>(object: &'a Value, path: &str) -> &'a str {
    json::text(object, &path.split('.').collect::<Vec<_>>())
}

/// Splits at commas that stand outside brackets.
fn terms(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|term| !term.is_empty())
}

fn label_term(term: &str) -> Result<Term, String> {
    if let Some((key, rest)) = term.split_once(" notin ") {
        return Ok(Term::NotIn(key.trim().to_owned(), set(rest)?));
    }
    if let Some((key, rest)) = term.split_once(" in ") {
        return Ok(Term::In(key.trim().to_owned(), set(rest)?));
    }
    if let Some(equality) = equality(term) {
        return Ok(equality);
    }
    if let Some(key) = term.strip_prefix('!') {
        return Ok(Term::Missing(key.trim().to_owned()));
    }
    if term.contains(|letter: char| letter.is_whitespace() || "()".contains(letter)) {
        return Err(format!("unable to parse requirement: {term}"));
    }
    Ok(Term::Exists(term.to_owned()))
}

fn field_term(term: &str) -> Result<Term, String> {
    equality(term).ok_or_else(|| format!("invalid selector: '{term}'; can't understand '{term}'"))
}

fn equality(term: &str) -> Option<Term> {
    if let Some((key, value)) = term.split_once("!=") {
        return Some(Term::NotIn(key.trim().to_owned(), vec![value.trim().to_owned()]));
    }
    let (key, value) = term.split_once("==").or_else(|| term.split_once('='))?;
    Some(Term::In(key.trim().to_owned(), vec![value.trim().to_owned()]))
}

fn set(text: &str) -> Result<Vec<String>, String> {
    let inner = text
        .trim()
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .ok_or_else(|| format!("unable to parse requirement: {text}"))?;
    Ok(inner.split(',').map(|value| value.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::in_absent("In", false)]
    #[case::not_in_absent("NotIn", true)]
    #[case::exists_absent("Exists", false)]
    #[case::does_not_exist_absent("DoesNotExist", true)]
    fn a_missing_label(#[case] operator: &str, #[case] expected: bool) {
        let selector = json!({ "matchExpressions": [
            { "key": "istio-injection", "operator": operator, "values": ["enabled"] },
        ] });

        assert_eq!(matches(&selector, None), expected, "{operator}");
    }

    #[rstest]
    #[case::present("app", true)]
    #[case::equal("app=cart", true)]
    #[case::double_equal("app==cart,tier=web", true)]
    #[case::unequal("app!=cart", false)]
    #[case::unequal_absent("zone!=a", true)]
    #[case::one_of("app in (cart, till)", true)]
    #[case::none_of("app notin (cart, till),tier", false)]
    #[case::absent("!zone", true)]
    fn a_label_selector(#[case] selector: &str, #[case] expected: bool) {
        let pod = json!({ "metadata": { "labels": { "app": "cart", "tier": "web" } } });
        let filter = Filter::parse(selector, "").unwrap();

        assert_eq!(filter.passes(&pod), expected, "{selector}");
    }

    #[test]
    fn a_field_selector() {
        let pod = json!({ "metadata": { "name": "a" }, "status": { "phase": "Running" } });

        assert!(Filter::parse("", "status.phase!=Failed,metadata.name=a").unwrap().passes(&pod));
        assert!(!Filter::parse("", "status.phase=Failed").unwrap().passes(&pod));
        assert!(Filter::parse("", "nonsense").is_err());
    }
}
