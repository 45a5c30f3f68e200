//! Makes the HTTP client of a context: the kubeconfig's TLS, proxy, impersonation and credentials.

use std::sync::Arc;

use kube::client::{Client, ClientBuilder};
use kube::config::{
    AuthInfo, Cluster, Config, Context as ContextSpec, KubeConfigOptions, Kubeconfig,
    KubeconfigError, LoadDataError, NamedAuthInfo, NamedCluster, NamedContext,
};
use tower::buffer::BufferLayer;

use super::ConnectError;
use super::credential::{self, Exec, TokenLayer};
use crate::calls::{CallError, Limits};
use crate::contexts::Context;
use crate::door::{Door, DoorLayer};

/// Requests that may wait in front of the transport.
const QUEUE: usize = 256;

/// Makes the client. A credential program runs here, and its certificate or token is used from here
/// on; kube itself never gets to know of it, because it would run it several times, without a limit,
/// on the thread it happens to be on, and with our standard input.
pub(super) async fn build(
    context: &Context,
    door: Door,
    limits: Limits,
) -> Result<Client, ConnectError> {
    let unusable =
        |problem: String| ConnectError::Unusable { context: context.name.clone(), problem };
    let mut user = context.access.user.clone().unwrap_or_default();
    let tokens = match sign_in(context, &mut user, limits).await {
        Ok(tokens) => tokens,
        Err(source) => {
            return Err(ConnectError::Call { context: context.name.clone(), source });
        }
    };
    let mut config = Config::from_custom_kubeconfig(alone(context, user), &options())
        .await
        .map_err(|error| unusable(reason(&error)))?;
    if config.root_cert.as_ref().is_some_and(Vec::is_empty) {
        return Err(unusable("its certificate authority holds no certificate".to_owned()));
    }
    config.connect_timeout = Some(limits.connect);
    // The journal decides about repeating a write, and `Calls` about repeating a read.
    config.default_retry = false;

    let builder = move || -> Result<Client, kube::Error> {
        let builder = ClientBuilder::try_from(config)?;
        let door = DoorLayer(door);
        Ok(match tokens {
            None => builder.with_layer(&door).build(),
            Some(tokens) => builder
                .with_layer(&door)
                .with_layer(&BufferLayer::new(QUEUE))
                .with_layer(&tokens)
                .build(),
        })
    };
    // Files are read and certificates parsed in there.
    let built = tokio::task::spawn_blocking(builder);
    match tokio::time::timeout(limits.read, built).await {
        Ok(Ok(Ok(client))) => Ok(client),
        Ok(Ok(Err(error))) => Err(unusable(why(&error))),
        Ok(Err(_)) => Err(unusable("its certificates could not be read".to_owned())),
        Err(_) => Err(unusable("reading its certificates took too long".to_owned())),
    }
}

/// Runs the credential program, if the user has one and nothing else to sign in with.
async fn sign_in(
    context: &Context,
    user: &mut AuthInfo,
    limits: Limits,
) -> Result<Option<TokenLayer>, CallError> {
    let Some(exec) = user.exec.take() else { return Ok(None) };
    let has_other = user.token.is_some()
        || user.token_file.is_some()
        || (user.username.is_some() && user.password.is_some());
    if has_other {
        return Ok(None);
    }
    let command = context.executes.clone().unwrap_or_default();
    let exec = Exec::new(exec, context.access.cluster.as_ref(), command, limits.credential);
    let credential = credential::obtain(&exec).await?;
    if let Some((certificate, key)) = credential.certificate {
        user.client_certificate = None;
        user.client_key = None;
        user.client_certificate_data = Some(certificate);
        user.client_key_data = Some(key);
    }
    Ok(credential.token.map(|token| TokenLayer::new(Arc::new(exec), token)))
}

const ONLY: &str = "context";

fn options() -> KubeConfigOptions {
    KubeConfigOptions { context: Some(ONLY.to_owned()), cluster: None, user: None }
}

/// A kubeconfig with nothing but this context. A name and a password in the address are left out:
/// API servers take no such credentials, and addresses are logged.
fn alone(context: &Context, user: AuthInfo) -> Kubeconfig {
    let access = &context.access;
    let server = Some(context.server.clone());
    let cluster = access.cluster.clone().map(|cluster| Cluster { server, ..cluster });
    Kubeconfig {
        clusters: vec![NamedCluster { name: ONLY.to_owned(), cluster, ..NamedCluster::default() }],
        auth_infos: vec![NamedAuthInfo {
            name: ONLY.to_owned(),
            auth_info: Some(user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: ONLY.to_owned(),
            context: Some(ContextSpec {
                cluster: ONLY.to_owned(),
                user: Some(ONLY.to_owned()),
                namespace: access.namespace.clone(),
                ..ContextSpec::default()
            }),
            ..NamedContext::default()
        }],
        ..Kubeconfig::default()
    }
}

/// Why kube made no client. In words of our own: kube's may quote what it read.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another library's errors, of which a few have words of their own"
)]
fn why(error: &kube::Error) -> String {
    match error {
        kube::Error::InferKubeconfig(error) => reason(error),
        kube::Error::ProxyProtocolDisabled { .. }
        | kube::Error::ProxyProtocolUnsupported { .. } => {
            "only http and https proxies are supported".to_owned()
        }
        kube::Error::Auth(kube::client::AuthError::ReadTokenFile(error, path)) => {
            format!("its token file {} can't be read: {}", path.display(), error.kind())
        }
        kube::Error::Auth(_) => "its credentials can't be used".to_owned(),
        kube::Error::RustlsTls(_) => {
            "its client certificate, key or authority is not valid".to_owned()
        }
        _ => "no client can be made from it".to_owned(),
    }
}

fn reason(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::LoadCertificateAuthority(error) => data("certificate authority", error),
        KubeconfigError::LoadClientCertificate(error) => data("client certificate", error),
        KubeconfigError::LoadClientKey(error) => data("client key", error),
        KubeconfigError::ParseCertificates(_) => {
            "its certificate authority is not a certificate in PEM".to_owned()
        }
        KubeconfigError::ParseClusterUrl(_) | KubeconfigError::MissingClusterUrl => {
            "its server address is not a URL".to_owned()
        }
        KubeconfigError::ParseProxyUrl(_) => "its proxy address is not a URL".to_owned(),
        KubeconfigError::ParseNoProxy(_) => "NO_PROXY can't be read".to_owned(),
        KubeconfigError::CurrentContextNotSet
        | KubeconfigError::KindMismatch
        | KubeconfigError::ApiVersionMismatch
        | KubeconfigError::LoadContext(_)
        | KubeconfigError::LoadClusterOfContext(_)
        | KubeconfigError::FindPath
        | KubeconfigError::ReadConfig(..)
        | KubeconfigError::Parse(_) => "its entry is not complete".to_owned(),
    }
}

fn data(what: &str, error: &LoadDataError) -> String {
    match error {
        LoadDataError::DecodeBase64(_) => format!("its {what} is not base64"),
        LoadDataError::ReadFile(error, path) => {
            format!("its {what} {} can't be read: {}", path.display(), error.kind())
        }
        LoadDataError::NoBase64DataOrFile => format!("its {what} is missing"),
    }
}
