//! Who asks, and whether the request is what they signed (§8, §9).
//!
//! Entry point: [`check`]. The gateway's order of these checks is not documented; this one tells
//! an unknown key before a wrong signature and a wrong signature before a used nonce.

use http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use super::denial::Denial;
use super::signature::{self, ALGORITHM, Signed};
use crate::asm::instance::Instance;

/// How far the date of a request may be from the cloud's clock.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

const KEY_ID: &str = "demo-access-key-id";
const KEY_SECRET: &str = "demo-secret-that-opens-nothing";
const TEMPORARY_ID: &str = "STS.demo-access-key-id";
const TEMPORARY_SECRET: &str = "demo-temporary-secret-that-opens-nothing";
const TOKEN: &str = "demo-security-token-that-opens-nothing";

/// A key of the OpenAPI. These keys are made up and open nothing but a simulated instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id.
    pub id: &'static str,
    /// Its secret.
    pub secret: &'static str,
    /// The security token of a temporary key.
    pub token: Option<&'static str>,
}

/// The long-lived key.
pub(crate) fn long_lived_key() -> AccessKey {
    AccessKey { id: KEY_ID, secret: KEY_SECRET, token: None }
}

/// The temporary key.
pub(crate) fn temporary_key() -> AccessKey {
    AccessKey { id: TEMPORARY_ID, secret: TEMPORARY_SECRET, token: Some(TOKEN) }
}

/// The cloud's clock.
pub(crate) fn now(instance: &Instance) -> Timestamp {
    let now = instance.clock.now();
    now.checked_add(instance.faults.skew()).unwrap_or(now)
}

/// Refuses a request that nobody known has signed, now and once.
pub(super) fn check(
    instance: &mut Instance,
    parts: &Parts,
    query: &[(String, String)],
    body: &[u8],
) -> Result<(), Denial> {
    let authorization = Authorization::of(parts)?;
    let key = [long_lived_key(), temporary_key()]
        .into_iter()
        .find(|key| key.id == authorization.credential)
        .ok_or_else(|| {
            Denial::not_found("InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        })?;
    check_token(instance, parts, &key)?;
    check_date(instance, parts)?;
    check_signature(parts, query, body, &authorization, &key)?;
    use_nonce(instance, header(parts, "x-acs-signature-nonce")?)
}

/// The signature of a request that has one.
pub(super) fn signature(parts: &Parts) -> Option<String> {
    Authorization::of(parts).ok().map(|authorization| authorization.signature)
}

/// A header that must be there.
pub(super) fn header<'a>(parts: &'a Parts, name: &str) -> Result<&'a str, Denial> {
    let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| incomplete(&format!("the header {name} is missing")))
}

struct Authorization {
    credential: String,
    signed: Vec<String>,
    signature: String,
}

impl Authorization {
    fn of(parts: &Parts) -> Result<Self, Denial> {
        let text = header(parts, "authorization")?;
        let fields = text.strip_prefix(ALGORITHM).map(str::trim_start);
        let fields = fields.ok_or_else(|| incomplete("the signature method is not supported"))?;
        let field = |name: &str| {
            let found = fields.split(',').find_map(|field| field.strip_prefix(name));
            let value = found.and_then(|rest| rest.strip_prefix('='));
            value.ok_or_else(|| incomplete(&format!("{name} is missing in Authorization")))
        };
        Ok(Self {
            credential: field("Credential")?.to_owned(),
            signed: field("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: field("Signature")?.to_owned(),
        })
    }
}

fn incomplete(why: &str) -> Denial {
    let message = format!("The request signature does not conform to the standards: {why}.");
    Denial::bad("IncompleteSignature", message)
}

fn check_token(instance: &Instance, parts: &Parts, key: &AccessKey) -> Result<(), Denial> {
    let Some(token) = key.token else { return Ok(()) };
    let given = parts.headers.get("x-acs-security-token").and_then(|value| value.to_str().ok());
    match given {
        None => Err(Denial::bad("MissingSecurityToken", "SecurityToken is mandatory.")),
        Some(given) if given != token => Err(Denial::bad(
            "InvalidSecurityToken.Malformed",
            "Specified SecurityToken is malformed.",
        )),
        Some(_) if instance.faults.token_expired() => {
            Err(Denial::bad("InvalidSecurityToken.Expired", "Specified SecurityToken is expired."))
        }
        Some(_) => Ok(()),
    }
}

fn check_date(instance: &Instance, parts: &Parts) -> Result<(), Denial> {
    let illegal = || {
        Denial::bad(
            "IllegalTimestamp",
            "The input parameter x-acs-date that is mandatory for processing this request is not \
             supported: it is expired or in the future.",
        )
    };
    let text = header(parts, "x-acs-date")?;
    let well_formed = text.len() == "2026-01-02T03:04:05Z".len() && text.ends_with('Z');
    let date: Timestamp = text.parse().map_err(|_| illegal())?;
    let distance = date.duration_since(now(instance)).abs();
    if well_formed && distance <= TOLERANCE { Ok(()) } else { Err(illegal()) }
}

fn check_signature(
    parts: &Parts,
    query: &[(String, String)],
    body: &[u8],
    authorization: &Authorization,
    key: &AccessKey,
) -> Result<(), Denial> {
    let payload = signature::digest(body);
    if header(parts, "x-acs-content-sha256")? != payload {
        return Err(mismatch("x-acs-content-sha256 is not the hash of the body"));
    }
    let signed = |name: &str| authorization.signed.iter().any(|known| known == name);
    let must = |name: &str| name.starts_with("x-acs-") || matches!(name, "host" | "content-type");
    if let Some(left) =
        parts.headers.keys().find(|name| must(name.as_str()) && !signed(name.as_str()))
    {
        return Err(incomplete(&format!("the header {left} is not signed")));
    }
    let mut headers = Vec::new();
    for name in &authorization.signed {
        headers.push((name.clone(), header(parts, name)?.to_owned()));
    }
    let request = Signed {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query,
        headers: &headers,
        payload: &payload,
    };
    if signature::signature(key.secret, &request) == authorization.signature {
        return Ok(());
    }
    Err(mismatch("the string to sign differs"))
}

fn mismatch(why: &str) -> Denial {
    let message = format!("Specified signature does not match our calculation: {why}.");
    Denial::bad("SignatureDoesNotMatch", message)
}

/// A nonce is good once; the cloud remembers it for as long as its date could be right.
fn use_nonce(instance: &mut Instance, nonce: &str) -> Result<(), Denial> {
    let now = now(instance);
    instance.nonces.retain(|_, at| now.duration_since(*at).abs() <= TOLERANCE * 2);
    match instance.nonces.insert(nonce.to_owned(), now) {
        Some(_) => {
            Err(Denial::bad("SignatureNonceUsed", "Specified signature nonce was used already."))
        }
        None => Ok(()),
    }
}
