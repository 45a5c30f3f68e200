//! Credential programs (`exec` in a kubeconfig): run once at opening, and again when what they gave
//! is about to expire. Never on a terminal, never longer than a limit, never left behind.
//!
//! Entry points: [`obtain`], and [`TokenLayer`] that signs requests with what was obtained.

use std::mem;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use kube::config::{Cluster, ExecConfig};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tower::{BoxError, Layer, Service};

use crate::calls::{CallError, ProgramFault};
use crate::contexts::{HIDDEN, secrets};

/// A token this close to its end is renewed.
const EARLY: SignedDuration = SignedDuration::from_secs(60);
/// Characters of a program's own complaint that are shown.
const COMPLAINT: usize = 300;

/// A credential program with all that it is given.
pub(super) struct Exec {
    config: ExecConfig,
    info: String,
    command: String,
    limit: Duration,
}

/// What a credential program gave.
pub(super) struct Credential {
    pub(super) token: Option<Token>,
    /// A certificate in base64 and its key.
    pub(super) certificate: Option<(String, SecretString)>,
}

/// A bearer token.
pub(super) struct Token {
    secret: SecretString,
    expires: Option<Timestamp>,
}

impl Exec {
    /// `command` is how the program is named to people.
    pub(super) fn new(
        config: ExecConfig,
        cluster: Option<&Cluster>,
        command: String,
        limit: Duration,
    ) -> Self {
        let cluster = cluster.filter(|_| config.provide_cluster_info);
        let info = json!({
            "apiVersion": config.api_version,
            "kind": "ExecCredential",
            "spec": {"interactive": false, "cluster": cluster.map(described)},
        });
        Self { config, info: info.to_string(), command, limit }
    }

    fn failed(&self, fault: ProgramFault, reason: impl Into<String>) -> CallError {
        CallError::CredentialProgram { command: self.command.clone(), fault, reason: reason.into() }
    }

    fn gave_nothing(&self, reason: impl Into<String>) -> CallError {
        self.failed(ProgramFault::NoCredential, reason)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.config.command.as_deref().unwrap_or_default());
        command
            .args(self.config.args.iter().flatten())
            .env("KUBERNETES_EXEC_INFO", &self.info)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for variable in self.config.env.iter().flatten() {
            if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
                command.env(name, value);
            }
        }
        // In a group of its own it can be ended with everything that it started.
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

/// Runs the program and reads what it prints.
pub(super) async fn obtain(exec: &Exec) -> Result<Credential, CallError> {
    let output = run(exec).await?;
    if !output.status.success() {
        let (fault, ended) = match output.status.code() {
            Some(code) => (ProgramFault::Exit { code }, format!("failed with exit code {code}")),
            None => (ProgramFault::NoCredential, "was ended by a signal".to_owned()),
        };
        let reason = match last_words(&output.stderr, &secrets(&exec.config)) {
            Some(words) => format!("{ended}: {words}"),
            None => ended,
        };
        return Err(exec.failed(fault, reason));
    }
    let printed: Printed = serde_json::from_slice(&output.stdout)
        .map_err(|_| exec.gave_nothing("did not print an ExecCredential"))?;
    let status = printed.status.ok_or_else(|| exec.gave_nothing("printed no credential"))?;
    let expires = match status.expiration_timestamp {
        Some(text) => Some(
            text.parse().map_err(|_| exec.gave_nothing("printed an expiry that is not a time"))?,
        ),
        None => None,
    };
    let certificate = status.client_certificate_data.zip(status.client_key_data);
    let credential = Credential {
        token: status.token.map(|secret| Token { secret: secret.into(), expires }),
        // kube expects both as a kubeconfig has them.
        certificate: certificate.map(|(certificate, key)| {
            (STANDARD.encode(certificate), SecretString::from(STANDARD.encode(key)))
        }),
    };
    if credential.token.is_none() && credential.certificate.is_none() {
        return Err(exec.gave_nothing("printed neither a token nor a certificate"));
    }
    Ok(credential)
}

async fn run(exec: &Exec) -> Result<Output, CallError> {
    let child = exec.command().spawn().map_err(|error| {
        let hint = exec.config.install_hint.as_deref().unwrap_or_default().trim();
        let reason = if error.kind() == std::io::ErrorKind::NotFound {
            "was not found".to_owned()
        } else {
            format!("could not be started: {}", error.kind())
        };
        let reason = if hint.is_empty() { reason } else { format!("{reason}. {hint}") };
        exec.failed(ProgramFault::NotStarted, reason)
    })?;
    let group = Group::of(&child);
    match tokio::time::timeout(exec.limit, child.wait_with_output()).await {
        Ok(Ok(output)) => {
            group.ended();
            Ok(output)
        }
        Ok(Err(error)) => Err(exec.gave_nothing(format!("could not be read: {}", error.kind()))),
        Err(_) => {
            Err(exec.gave_nothing(format!("gave no answer within {} s", exec.limit.as_secs_f32())))
        }
    }
}

/// The processes of a program, ended when this is dropped, also by a call that is cancelled.
struct Group(Option<i32>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()))
    }

    /// The program is over: its id may belong to another one by now.
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(rustix::process::Pid::from_raw) {
            // It may have ended by itself a moment ago.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The last line of what a program complained of, without what the kubeconfig gave it in secret.
fn last_words(stderr: &[u8], secrets: &[&str]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    let line = secrets.iter().fold(line.to_owned(), |line, secret| line.replace(secret, HIDDEN));
    Some(line.chars().take(COMPLAINT).collect())
}

/// What a program that asks for it is told about the cluster.
fn described(cluster: &Cluster) -> Value {
    let authority = cluster.certificate_authority_data.clone().or_else(|| {
        let file = cluster.certificate_authority.as_ref()?;
        std::fs::read(file).ok().map(|pem| STANDARD.encode(pem))
    });
    let config = cluster
        .extensions
        .iter()
        .flatten()
        .find(|extension| extension.name == "client.authentication.k8s.io/exec")
        .map(|extension| extension.extension.clone());
    json!({
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify.unwrap_or(false),
        "certificate-authority-data": authority,
        "proxy-url": cluster.proxy_url,
        "config": config,
    })
}

#[derive(Deserialize)]
struct Printed {
    status: Option<PrintedStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrintedStatus {
    token: Option<String>,
    expiration_timestamp: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Signs requests with a program's token.
#[derive(Clone)]
pub(super) struct TokenLayer {
    exec: Arc<Exec>,
    held: Arc<Mutex<Token>>,
}

impl TokenLayer {
    pub(super) fn new(exec: Arc<Exec>, token: Token) -> Self {
        Self { exec, held: Arc::new(Mutex::new(token)) }
    }

    async fn header(&self) -> Result<HeaderValue, CallError> {
        let mut held = self.held.lock().await;
        if held.is_expiring() {
            let fresh = obtain(&self.exec).await?.token;
            *held = fresh.ok_or_else(|| self.exec.gave_nothing("printed no token this time"))?;
        }
        let value = format!("Bearer {}", held.secret.expose_secret().trim());
        let mut header = HeaderValue::try_from(value)
            .map_err(|_| self.exec.gave_nothing("printed a token that no request can carry"))?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// The server did not accept it: the next request asks the program again.
    async fn discard(&self) {
        self.held.lock().await.expires = Some(Timestamp::UNIX_EPOCH);
    }
}

impl Token {
    fn is_expiring(&self) -> bool {
        self.expires.is_some_and(|expires| Timestamp::now() + EARLY >= expires)
    }
}

impl<S> Layer<S> for TokenLayer {
    type Service = Signed<S>;

    fn layer(&self, transport: S) -> Self::Service {
        Signed { tokens: self.clone(), transport }
    }
}

#[derive(Clone)]
pub(super) struct Signed<S> {
    tokens: TokenLayer,
    transport: S,
}

impl<S, B> Service<Request<Body>> for Signed<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Send,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.transport.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let tokens = self.tokens.clone();
        // The one that is ready is used, its clone waits for the next request.
        let clone = self.transport.clone();
        let mut transport = mem::replace(&mut self.transport, clone);
        Box::pin(async move {
            request.headers_mut().insert(header::AUTHORIZATION, tokens.header().await?);
            let answer = transport.call(request).await.map_err(Into::into)?;
            if answer.status() == StatusCode::UNAUTHORIZED {
                tokens.discard().await;
            }
            Ok(answer)
        })
    }
}
