//! Which values of an install may be shown. A values file holds whatever its owner put there, so
//! nothing is shown but what can't be a secret.
//!
//! Entry points: [`shown`] for one value, [`without_values`] for a program's own words.

use serde_json::Value;

use super::values::leaves;

/// Words in a value's path that make it one which is never shown.
const SECRET: [&str; 9] =
    ["password", "passwd", "secret", "token", "credential", "key", "cert", "auth", "private"];
/// Names of settings whose texts say nothing that must be kept.
const PLAIN: [&str; 16] = [
    "accessLogEncoding",
    "accessLogFile",
    "clusterName",
    "hub",
    "image",
    "imagePullPolicy",
    "istioNamespace",
    "level",
    "meshID",
    "mode",
    "network",
    "profile",
    "revision",
    "tag",
    "trustDomain",
    "variant",
];
/// Longer texts are no settings but documents, which may hold anything.
const SHOWN: usize = 80;
/// What stands in the place of a value.
const HIDDEN: &str = "(not shown)";
/// Shorter values are parts of many words, and no secrets.
const SHORT: usize = 4;

/// A value, as JSON, as it may be shown.
pub(super) fn shown(path: &str, value: &str) -> String {
    if may_be_shown(path, value) { value.to_owned() } else { HIDDEN.to_owned() }
}

fn may_be_shown(path: &str, value: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    if SECRET.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let is_switch = matches!(value, "true" | "false") || value.parse::<f64>().is_ok();
    let name = path.rsplit('.').next().unwrap_or(path);
    let is_plain = PLAIN.contains(&name) && value.len() <= SHOWN && !value.contains("\\n");
    is_switch || is_plain
}

/// What a program said about a values file, without any value of it. Of a file that can't be read
/// nobody knows its values, so nothing is repeated.
pub(super) fn without_values(words: &str, file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file);
    let values: Result<Value, _> = serde_saphyr::from_str(&text);
    let Ok(values) = values else {
        return "its words are not repeated: they may quote the values".to_owned();
    };
    let mut hidden: Vec<String> = leaves(&values)
        .iter()
        .filter(|(path, value)| !may_be_shown(path, value))
        .flat_map(|(_, value)| texts(value))
        .filter(|text| text.len() >= SHORT && !is_own(text))
        .collect();
    // The longest first: a value may be a part of another.
    hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
    hidden.iter().fold(words.to_owned(), |words, value| words.replace(value, HIDDEN))
}

/// Where a text is wrong. What is wrong there is left out: a parser quotes what it read.
pub(super) fn place(error: &serde_saphyr::Error) -> String {
    error.location().map_or_else(
        || "it can't be read".to_owned(),
        |at| format!("line {}, column {}", at.line(), at.column()),
    )
}

/// Words of every such file.
fn is_own(text: &str) -> bool {
    matches!(text, "IstioOperator" | "install.istio.io/v1alpha1" | "istio-system")
}

/// Every text of a value that was written as JSON: its own, or those of a list's items.
fn texts(value: &str) -> Vec<String> {
    fn collect(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.extend(text.lines().map(|line| line.trim().to_owned())),
            Value::Number(number) => into.push(number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            Value::Object(fields) => fields.values().for_each(|item| collect(item, into)),
            Value::Bool(_) | Value::Null => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(value) {
        collect(&value, &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::switch("pilot.autoscaleEnabled", "true", true)]
    #[case::number("pilot.autoscaleMin", "2", true)]
    #[case::plain("global.hub", r#""docker.io/istio""#, true)]
    #[case::long("global.hub", &format!("{:?}", "x".repeat(90)), false)]
    #[case::any_text("pilot.env.UPSTREAM", r#""planted""#, false)]
    #[case::number_of_a_secret("global.token", "12345678", false)]
    #[case::list("meshConfig.extensionProviders", r#"[{"name":"planted"}]"#, false)]
    fn shows_what_can_be_no_secret(
        #[case] path: &str,
        #[case] value: &str,
        #[case] is_shown: bool,
    ) {
        assert_eq!(shown(path, value) == value, is_shown);
    }

    #[test]
    fn words_are_repeated_without_the_values() {
        let file =
            b"kind: IstioOperator\nspec:\n  hub: docker.io/istio\n  values:\n    a: planted\n    \
                     b: [{c: planted-too}]\n";
        let words = "IstioOperator at docker.io/istio: bad planted-too and planted";

        let found = without_values(words, file);

        assert_eq!(found, "IstioOperator at docker.io/istio: bad (not shown) and (not shown)");
    }

    #[test]
    fn nothing_is_repeated_about_a_file_that_is_no_yaml() {
        assert!(!without_values("unexpected planted", b"a: [planted").contains("planted"));
    }
}
