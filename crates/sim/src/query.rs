//! Parameters of a request, from a query or from a form.

/// The parameters of a request.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// From the text after `?`.
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(key, value)| (decode(key), decode(&value.replace('+', " "))))
                .collect(),
        )
    }

    /// A parameter; empty when absent.
    pub(crate) fn text(&self, key: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == key);
        found.map_or("", |(_, value)| value)
    }

    /// Every value of a parameter.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    /// A switch.
    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.text(key), "true" | "1")
    }

    /// A number; none when absent or not a number.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.text(key).parse().ok()
    }

    /// All of them, in the order of the text.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Whether the write is only to be tried.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.all("dryRun").any(|value| value == "All")
    }
}

/// Undoes percent encoding.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(decoded) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            out.push(decoded);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded() {
        let query = Query::parse("&labelSelector=app%3Dcart%2C!x&limit=500&watch=true");

        assert_eq!(query.text("labelSelector"), "app=cart,!x");
        assert_eq!(query.number("limit"), Some(500));
        assert!(query.flag("watch"));
    }
}
