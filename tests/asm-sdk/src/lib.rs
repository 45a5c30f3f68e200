//! What the cloud client sends and reads, beside what the official Python SDK does for the same
//! operation.
//!
//! Entry points: [`of_the_sdk`] runs `sdk_requests.py`, [`canonical`] brings a request of ours into the
//! same form; [`answers_of_the_sdk`] runs `sdk_answers.py`. The comparisons are `tests/compare.rs` and
//! `tests/answers.rs`; `make test-asm` sets the SDK up and runs them.
//! Deliberately absent: any network.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Names the Python that has the SDK; `make test-asm` sets it.
pub const PYTHON: &str = "MESHLIFT_ASM_SDK_PYTHON";

/// A request that the SDK built.
#[derive(Debug, Deserialize)]
pub struct SdkRequest {
    /// The operation.
    pub operation: String,
    /// Whether it was signed with a temporary key.
    pub token: bool,
    /// The canonical request, with `DATE` and `NONCE` in the places of both.
    pub canonical: String,
    /// The parameters of its query, as they are.
    pub query: BTreeMap<String, String>,
    /// The header `accept`; a request without signature has none.
    pub accept: Option<String>,
    /// Its body, blanks written as `%20`.
    pub body: String,
}

/// One request of every operation, as the SDK builds it: once with a key, once with a temporary one.
pub fn of_the_sdk() -> Result<Vec<SdkRequest>> {
    told("sdk_requests.py")
}

/// An answer of every operation, by its name, with a value in every field that the SDK knows.
pub fn answers_of_the_sdk() -> Result<BTreeMap<String, Value>> {
    told("sdk_answers.py")
}

/// What one of the scripts prints.
fn told<T: DeserializeOwned>(script: &str) -> Result<T> {
    let Ok(python) = std::env::var(PYTHON) else {
        bail!("{PYTHON} is not set: `make test-asm` installs the SDK and sets it");
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let output = Command::new(&python).arg("-B").arg(path).output();
    let output = output.with_context(|| format!("{python} could not be started"))?;
    if !output.status.success() {
        bail!("{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{script} can't be read"))
}

/// The canonical request of what arrived, with `DATE` and `NONCE` in the places of both.
pub fn canonical(method: &str, target: &str, headers: &[(String, String)], body: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let hash = Sha256::digest(body.as_bytes());
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let signed: BTreeMap<&str, &str> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| name.starts_with("x-acs-") || matches!(*name, "host" | "content-type"))
        .map(|(name, value)| match name {
            "x-acs-date" => (name, "DATE"),
            "x-acs-signature-nonce" => (name, "NONCE"),
            _ => (name, value),
        })
        .collect();
    let lines = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect::<Vec<_>>();
    let lines = lines.concat();
    let names = signed.into_keys().collect::<Vec<_>>().join(";");
    format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{hash}")
}
