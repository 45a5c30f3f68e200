//! A credential as servers and programs print it: JSON with one of two spellings of its keys.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{CredentialError, Keys};
use crate::calls::root_cause;
use crate::provider::asm::sender::Sender;

/// Longest credential that is read, in bytes.
const LONGEST: usize = 64 * 1024;

#[derive(Deserialize)]
struct Issued {
    #[serde(rename = "AccessKeyId", alias = "access_key_id")]
    id: SecretString,
    #[serde(rename = "AccessKeySecret", alias = "access_key_secret")]
    secret: SecretString,
    #[serde(rename = "SecurityToken", alias = "sts_token", alias = "security_token", default)]
    token: SecretString,
    #[serde(rename = "Expiration", alias = "expiration", default)]
    until: String,
}

/// The credential in a text; none if it holds none that can be used.
pub(super) fn read(text: &[u8]) -> Option<Keys> {
    let issued: Issued = serde_json::from_slice(text).ok()?;
    let (id, secret) = (issued.id.expose_secret(), issued.secret.expose_secret());
    let until = match issued.until.as_str() {
        "" => None,
        time => Some(time.parse().ok()?),
    };
    let keys = Keys::new(id, secret, Some(issued.token.expose_secret())).until(until);
    (!id.is_empty() && !secret.is_empty()).then_some(keys)
}

/// Asks a server for a credential.
pub(super) async fn fetch(uri: &SecretString, sender: &Sender) -> Result<Keys, CredentialError> {
    let failed = |reason: String| CredentialError::Uri { reason };
    let limit = sender.limits.read;
    let asked = async {
        let client = super::super::transport::plain(limit)
            .map_err(|error| failed(format!("can't be asked: {error}")))?;
        // Without the address, which may hold a token.
        let broken =
            |error: reqwest::Error| failed(format!("failed: {}", root_cause(&error.without_url())));
        let mut answer = client.get(uri.expose_secret()).send().await.map_err(broken)?;
        if !answer.status().is_success() {
            return Err(failed(format!("answered with {}", answer.status())));
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(broken)? {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST {
                return Err(failed(format!("answered with more than {LONGEST} bytes")));
            }
        }
        read(&body).ok_or_else(|| failed("did not answer with a credential as JSON".to_owned()))
    };
    tokio::time::timeout(limit, asked)
        .await
        .map_err(|_| failed(format!("did not answer within {} s", limit.as_secs_f32())))?
}
