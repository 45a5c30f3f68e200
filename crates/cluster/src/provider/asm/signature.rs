//! Signature V3, `ACS3-HMAC-SHA256` (asm.md §8; the vectors of §8.4 are the tests here).
//!
//! Entry point: [`sign`], which gives a call its headers. The pure steps are [`canonical`] and
//! [`authorization`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::credentials::Keys;
use super::operation::Signing;
use super::parameters::{Call, FORM, Pairs};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What makes a request unique: its time and a number used once.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    /// UTC, to the second.
    pub(super) date: String,
    pub(super) nonce: String,
}

impl Stamp {
    /// A fresh one.
    pub(super) fn now() -> Self {
        Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            nonce: uuid::Uuid::new_v4().simple().to_string(),
        }
    }
}

/// A call with everything that goes on the wire.
pub(super) struct Signed {
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// The canonical request and the names of the headers that it covers.
pub(super) struct Canonical {
    pub(super) request: String,
    pub(super) signed_headers: String,
}

/// Headers, query and body of a call; signed unless it is anonymous.
pub(super) fn sign(call: &Call, keys: Option<&Keys>, stamp: &Stamp) -> Signed {
    let body = call.form.as_ref().map(Pairs::encoded).unwrap_or_default();
    let query = match call.operation.signing() {
        Signing::Signed => call.query.encoded(),
        Signing::Anonymous => anonymous(call, stamp).encoded(),
    };
    let hash = sha256(body.as_bytes());
    let mut headers = vec![
        ("host", call.host.clone()),
        ("accept", "application/json".to_owned()),
        ("x-acs-action", call.operation.name().to_owned()),
        ("x-acs-version", call.operation.service().version().to_owned()),
        ("x-acs-date", stamp.date.clone()),
        ("x-acs-signature-nonce", stamp.nonce.clone()),
        ("x-acs-content-sha256", hash.clone()),
    ];
    if call.form.is_some() {
        headers.push(("content-type", FORM.to_owned()));
    }
    if let Some(keys) = keys {
        if let Some(token) = &keys.token {
            headers.push(("x-acs-accesskey-id", keys.id.expose_secret().to_owned()));
            headers.push(("x-acs-security-token", token.expose_secret().to_owned()));
        }
        let canonical =
            canonical(call.operation.method().as_str(), &call.path, &query, &headers, &hash);
        headers.push(("authorization", authorization(keys, &canonical)));
    }
    let target =
        if query.is_empty() { call.path.clone() } else { format!("{}?{query}", call.path) };
    Signed { target, headers, body }
}

/// An operation without a signature says in its address what it is, as in the older protocol
/// (D25 of asm.md).
fn anonymous(call: &Call, stamp: &Stamp) -> Pairs {
    call.query
        .clone()
        .with("Action", call.operation.name())
        .with("Version", call.operation.service().version())
        .with("Format", "JSON")
        .with("Timestamp", &stamp.date)
        .with("SignatureNonce", &stamp.nonce)
}

/// The text that is signed. `query` is sorted and escaped already.
pub(super) fn canonical<N: AsRef<str>>(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(N, String)],
    hash: &str,
) -> Canonical {
    let mut covered: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, value) in headers {
        let name = name.as_ref().to_ascii_lowercase();
        if name.starts_with("x-acs-") || name == "host" || name == "content-type" {
            covered.entry(name).or_default().push(value.trim());
        }
    }
    let mut lines = String::new();
    for (name, values) in &mut covered {
        values.sort_unstable();
        // Writing to a string can't fail.
        let _ = writeln!(lines, "{name}:{}", values.join(","));
    }
    let signed_headers = covered.into_keys().collect::<Vec<_>>().join(";");
    let path = if path.is_empty() { "/" } else { path };
    let path = path.replace('+', "%20").replace('*', "%2A").replace("%7E", "~");
    let request = format!("{method}\n{path}\n{query}\n{lines}\n{signed_headers}\n{hash}");
    Canonical { request, signed_headers }
}

/// The value of the header `Authorization`.
pub(super) fn authorization(keys: &Keys, canonical: &Canonical) -> String {
    let text = format!("{ALGORITHM}\n{}", sha256(canonical.request.as_bytes()));
    format!(
        "{ALGORITHM} Credential={},SignedHeaders={},Signature={}",
        keys.id.expose_secret(),
        canonical.signed_headers,
        hmac(keys.secret.expose_secret(), &text),
    )
}

fn hmac(secret: &str, text: &str) -> String {
    // A key of any length is taken, so there is no error to pass on.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
