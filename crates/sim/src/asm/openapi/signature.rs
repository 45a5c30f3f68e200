//! Signature V3 of the cloud's OpenAPI (`ACS3-HMAC-SHA256`), computed again from what arrived.
//!
//! Entry point: [`signature`]. It is written after the public description of the protocol and
//! knows nothing of any client. Deliberately absent: what a wrong one means (`auth`).

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// What the algorithm is called in the `Authorization` header and in the string to sign.
pub(super) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// Bytes of an HMAC block of SHA-256.
const BLOCK: usize = 64;

/// A request as it is signed.
pub(super) struct Signed<'a> {
    /// HTTP method.
    pub(super) method: &'a str,
    /// Path.
    pub(super) path: &'a str,
    /// Decoded parameters of the query.
    pub(super) query: &'a [(String, String)],
    /// Every header that is signed: lower-case name and value. A name may come twice.
    pub(super) headers: &'a [(String, String)],
    /// Lower-case hex of the body's SHA-256.
    pub(super) payload: &'a str,
}

/// The signature of a request under a secret, in lower-case hex.
pub(super) fn signature(secret: &str, request: &Signed<'_>) -> String {
    let text = format!("{ALGORITHM}\n{}", digest(canonical(request).as_bytes()));
    hex(&hmac(secret.as_bytes(), text.as_bytes()))
}

/// SHA-256 in lower-case hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The canonical request.
fn canonical(request: &Signed<'_>) -> String {
    let mut query: Vec<(String, String)> =
        request.query.iter().map(|(key, value)| (encoded(key), encoded(value))).collect();
    query.sort();
    let query: Vec<String> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let headers = merged(request.headers);
    let mut lines = String::new();
    for (name, value) in &headers {
        let _ = writeln!(lines, "{name}:{value}");
    }
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let path = if request.path.is_empty() { "/" } else { request.path };
    [request.method, path, &query.join("&"), &lines, &names.join(";"), request.payload].join("\n")
}

/// Headers by name; values of the same name in order, with a comma between them.
fn merged(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut sorted: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    sorted.sort();
    let mut merged: Vec<(String, String)> = Vec::new();
    for (name, value) in sorted {
        match merged.last_mut().filter(|(last, _)| *last == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => merged.push((name, value)),
        }
    }
    merged
}

/// Percent encoding that leaves only unreserved characters.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// HMAC with SHA-256, after RFC 2104.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// Vector A of `domain/asm.md` §8.4, from the official documentation.
    #[test]
    fn the_vector_of_the_documentation() {
        let query = pairs(&[
            ("RegionId", "cn-shanghai"),
            ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
        ]);
        let headers = pairs(&[
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", EMPTY),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ]);
        let request = Signed {
            method: "POST",
            path: "/",
            query: &query,
            headers: &headers,
            payload: &digest(b""),
        };

        assert_eq!(
            digest(canonical(&request).as_bytes()),
            "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
        );
        assert_eq!(
            signature("YourAccessKeySecret", &request),
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        );
    }

    /// Vector B of `domain/asm.md` §8.4, from the official SDK's own tests.
    #[test]
    fn the_vector_of_the_official_sdk() {
        let query = pairs(&[("test", "ok"), ("empty", "")]);
        let headers = pairs(&[("x-acs-test", "http"), ("x-acs-TEST", "https")]);
        let request = Signed {
            method: "",
            path: "",
            query: &query,
            headers: &headers,
            payload: "55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23",
        };

        assert_eq!(
            digest(canonical(&request).as_bytes()),
            "de5b11a1e2e756c1d859871395fe0b6d47f2564e88a5477eb586c03c6fc105ff",
        );
        assert_eq!(
            signature("secret", &request),
            "4ab59fffe3c5738ff8a2729f90cc04fe18b02a4b15b2102cbaf92f9ff3df2ea3",
        );
    }

    /// Vector C of `domain/asm.md` §8.4: a form body and a security token.
    #[test]
    fn the_vector_with_a_form_and_a_token() {
        let payload = digest(b"Name=demo%20mesh&ServiceMeshId=c08ba3fd1e6484b0f8cc1ad8fe10d");
        let headers = pairs(&[
            ("host", "servicemesh.aliyuncs.com"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-acs-action", "ModifyServiceMeshName"),
            ("x-acs-version", "2020-01-11"),
            ("x-acs-date", "2026-01-02T03:04:05Z"),
            ("x-acs-signature-nonce", "00000000000000000000000000000001"),
            ("x-acs-accesskey-id", "STS.example"),
            ("x-acs-security-token", "exampletoken"),
            ("x-acs-content-sha256", &payload),
        ]);
        let request =
            Signed { method: "POST", path: "/", query: &[], headers: &headers, payload: &payload };

        assert_eq!(payload, "8682f0ba0e386148ac0e7015f75bf2950fc5e84f8b83668d739cf5087e7b3ad5");
        assert_eq!(
            digest(canonical(&request).as_bytes()),
            "cfc11408cdc9c9c11b05150f167b86a1c49775def3580a11fe99425e55f7c857",
        );
        assert_eq!(
            signature("examplesecret", &request),
            "a9e17680d61bc567d7e0dc56d534f9d7a7cfa51ca0ec234b7d4dddfc1062a860",
        );
    }

    #[test]
    fn a_long_secret_is_hashed_first() {
        let long = "k".repeat(100);

        assert_eq!(hmac(long.as_bytes(), b"x"), hmac(&Sha256::digest(long.as_bytes()), b"x"));
    }
}
