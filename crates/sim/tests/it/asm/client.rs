//! A small client of the cloud's OpenAPI, and the views that the tests share.

use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use meshlift_sim::asm::AccessKey;
use meshlift_sim::{Pace, SimAsm, SimCluster};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A form that a client sends.
const FORM: &str = "application/x-www-form-urlencoded";
/// How long a pod takes to start in these tests.
pub(super) const POD_START: Duration = Duration::from_secs(2);

/// An answer of the OpenAPI.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    /// Its error code; empty for a good answer.
    pub(super) fn code(&self) -> &str {
        self.body["Code"].as_str().unwrap_or_default()
    }
}

/// A request before it is signed. A test may spoil any part of it.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) key: AccessKey,
    pub(super) query: String,
    pub(super) form: String,
    pub(super) headers: Vec<(&'static str, String)>,
    /// What the signature is multiplied with, as it were: a wrong secret.
    pub(super) secret: String,
}

impl Ask {
    /// A request of an action, with its parameters in the places where they belong.
    pub(super) fn new(
        asm: &SimAsm,
        action: &str,
        query: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Self {
        let (key, date) = (asm.access_key(), asm.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let method = if action == "DescribeServiceMeshes" { Method::GET } else { Method::POST };
        let mut headers = vec![
            ("host", asm.host().to_owned()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-version", "2020-01-11".to_owned()),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", format!("nonce-{}", asm.calls().len())),
        ];
        if !form.is_empty() {
            headers.push(("content-type", FORM.to_owned()));
        }
        let secret = key.secret.to_owned();
        Self { method, key, query: encode(query), form: encode(form), headers, secret }
    }

    /// Signs with the temporary key.
    pub(super) fn temporary(mut self, asm: &SimAsm) -> Self {
        let key = asm.temporary_key();
        self.secret = key.secret.to_owned();
        self.headers.push(("x-acs-security-token", key.token.unwrap_or_default().to_owned()));
        self.headers.push(("x-acs-accesskey-id", key.id.to_owned()));
        self.key = key;
        self
    }

    /// Puts another value into a header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        for (known, old) in &mut self.headers {
            if *known == name {
                value.clone_into(old);
            }
        }
        self
    }

    /// Signs and sends it. The error is what the connection says.
    pub(super) async fn send(self, asm: &SimAsm) -> Result<Answer, String> {
        let request = self.signed();
        let pipe = TokioIo::new(asm.dial_openapi());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(pipe).await.unwrap();
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let body = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    fn signed(mut self) -> Request<Full<Bytes>> {
        let payload = hex(&Sha256::digest(self.form.as_bytes()));
        self.headers.push(("x-acs-content-sha256", payload.clone()));
        self.headers.sort();
        let mut lines = String::new();
        for (name, value) in &self.headers {
            writeln!(lines, "{name}:{value}").unwrap();
        }
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut pairs: Vec<&str> = self.query.split('&').filter(|pair| !pair.is_empty()).collect();
        pairs.sort_unstable();
        let canonical =
            [self.method.as_str(), "/", &pairs.join("&"), &lines, &names, &payload].join("\n");
        let text = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let signature = hex(&hmac(self.secret.as_bytes(), text.as_bytes()));
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
            self.key.id
        );
        let path = if self.query.is_empty() { "/".to_owned() } else { format!("/?{}", self.query) };
        let mut request = Request::builder().method(self.method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::from(self.form));
        request.header("authorization", authorization).body(body).unwrap()
    }
}

/// A good answer to an action that is asked properly.
pub(super) async fn good(
    asm: &SimAsm,
    action: &str,
    query: &[(&str, &str)],
    form: &[(&str, &str)],
) -> Value {
    let answer = Ask::new(asm, action, query, form).send(asm).await.unwrap();
    assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    answer.body
}

/// The code of a denial.
pub(super) async fn denied(
    asm: &SimAsm,
    action: &str,
    query: &[(&str, &str)],
    form: &[(&str, &str)],
) -> String {
    let answer = Ask::new(asm, action, query, form).send(asm).await.unwrap();
    assert_ne!(answer.status, 200, "{action} was taken: {}", answer.body);
    answer.code().to_owned()
}

/// `DescribeServiceMeshDetail`.
pub(super) async fn detail(asm: &SimAsm) -> Value {
    let id = asm.mesh_id();
    let body = good(asm, "DescribeServiceMeshDetail", &[], &[("ServiceMeshId", &id)]).await;
    body["ServiceMesh"].clone()
}

/// `UpgradeDetail` of `DescribeServiceMeshUpgradeStatus`, over all gateways.
pub(super) async fn status(asm: &SimAsm) -> Value {
    let id = asm.mesh_id();
    let query = [("ServiceMeshId", id.as_str())];
    let body = good(asm, "DescribeServiceMeshUpgradeStatus", &query, &[]).await;
    body["UpgradeDetail"].clone()
}

/// A demo at the pace of these tests.
pub(super) fn demo() -> SimAsm {
    let asm = SimAsm::demo(7);
    asm.pace(Pace::Demo { pod_start: POD_START });
    asm
}

/// Restarts the workloads of a namespace that a template can restart.
pub(super) fn restart(data: &SimCluster, namespace: &str) {
    for kind in ["deployments.apps", "statefulsets.apps", "daemonsets.apps"] {
        for workload in data.objects(kind) {
            if workload["metadata"]["namespace"] == namespace {
                let name = workload["metadata"]["name"].as_str().unwrap();
                data.meddle(kind, namespace, name, |it| {
                    let annotations = &mut it["spec"]["template"]["metadata"]["annotations"];
                    let count =
                        annotations["meshlift.dev/restarted-by"].as_str().map_or(0, str::len);
                    annotations["meshlift.dev/restarted-by"] = Value::from("x".repeat(count + 1));
                });
            }
        }
    }
}

/// Versions of the proxies of a namespace, by the tag of their image.
pub(super) fn versions(data: &SimCluster, namespace: &str) -> Vec<String> {
    let mut versions: Vec<String> = data
        .objects("pods")
        .iter()
        .filter(|pod| pod["metadata"]["namespace"] == namespace)
        .filter(|pod| pod["status"]["phase"] != "Succeeded")
        .filter_map(|pod| crate::common::proxy_image(pod).map(str::to_owned))
        .map(|image| image.rsplit(':').next().unwrap_or_default().to_owned())
        .collect();
    versions.sort();
    versions.dedup();
    versions
}

fn encode(pairs: &[(&str, &str)]) -> String {
    let encoded = pairs.iter().map(|(key, value)| format!("{}={}", percent(key), percent(value)));
    encoded.collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    })
}

/// HMAC after RFC 2104, for a secret shorter than a block.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| -> Vec<u8> {
        (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ pad).collect()
    };
    let inner = Sha256::digest([padded(0x36), text.to_vec()].concat());
    Sha256::digest([padded(0x5c), inner.to_vec()].concat()).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}
