//! API servers on 127.0.0.1, with certificates made for the occasion.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// An authority that certificates are issued by.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// As a kubeconfig carries it.
    pub(crate) fn data(&self) -> String {
        STANDARD.encode(&self.pem)
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a name, valid until the end of a year, with its key, both in PEM.
    pub(crate) fn issue(&self, name: &str, until: i32) -> (String, String) {
        let (certificate, key) = self.certificate(name, until);
        (certificate.pem(), key.serialize_pem())
    }

    fn certificate(&self, name: &str, until: i32) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 12, 31);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// A server that answers every request by one function of its head. Ends with the test.
pub(crate) struct Server {
    address: SocketAddr,
    heads: Mutex<Receiver<String>>,
}

impl Server {
    /// Speaks TLS with a certificate for `name`.
    pub(crate) fn with_tls(
        authority: &Authority,
        name: &str,
        until: i32,
        answer: fn(&str) -> String,
    ) -> Self {
        let (certificate, key) = authority.certificate(name, until);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        Self::start(answer, move |stream| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            Box::new(StreamOwned::new(session, stream))
        })
    }

    /// Speaks plain HTTP, as `kubectl proxy` does.
    pub(crate) fn plain(answer: fn(&str) -> String) -> Self {
        Self::start(answer, |stream| Box::new(stream))
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn plain_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that came so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().try_iter().collect()
    }

    fn start(
        answer: fn(&str) -> String,
        wrap: impl Fn(TcpStream) -> Box<dyn Channel> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heads) = mpsc::channel();
        let wrap = Arc::new(wrap);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, wrap) = (sender.clone(), Arc::clone(&wrap));
                std::thread::spawn(move || {
                    let mut channel = wrap(stream);
                    while let Some(head) = read_head(&mut *channel) {
                        let said = answer(&head);
                        let _ = sender.send(head);
                        if channel
                            .write_all(said.as_bytes())
                            .and_then(|()| channel.flush())
                            .is_err()
                        {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, heads: Mutex::new(heads) }
    }
}

pub(crate) trait Channel: Read + Write {}

impl<T: Read + Write> Channel for T {}

fn read_head(channel: &mut dyn Channel) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        channel.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
        if head[0] == TLS_HANDSHAKE {
            // As any HTTP server does.
            let _ = channel.write_all(http("400 Bad Request", "this is no TLS server").as_bytes());
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
    channel.read_exact(&mut body).ok()?;
    Some(head)
}

const TLS_HANDSHAKE: u8 = 0x16;

pub(crate) fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A healthy API server, as far as opening a connection asks.
pub(crate) fn healthy(head: &str) -> String {
    if head.starts_with("GET /version ") {
        return http("200 OK", r#"{"gitVersion":"v1.34.3"}"#);
    }
    if head.starts_with("GET /api/v1/namespaces/kube-system ") {
        return http("200 OK", r#"{"metadata":{"name":"kube-system","uid":"the-uid"}}"#);
    }
    http("404 Not Found", r#"{"kind":"Status","reason":"NotFound","code":404}"#)
}
