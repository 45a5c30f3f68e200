//! Fetches a credential in the way that was found: takes a role, asks a server, runs a program.

use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use super::{CredentialError, Keys, Method, external, find, issued};
use crate::provider::asm::answer::decode;
use crate::provider::asm::api::{
    AssumedRole, RoleRequest, TokenRequest, assume_role, assume_role_with_oidc,
};
use crate::provider::asm::error::AsmError;
use crate::provider::asm::parameters::Call;
use crate::provider::asm::sender::Sender;

/// A fresh credential. A role may rest on another role, hence the box.
pub(super) fn issue<'a>(
    method: &'a Method,
    sender: &'a Sender,
    cancel: &'a CancellationToken,
) -> BoxFuture<'a, Result<Keys, CredentialError>> {
    async move {
        match method {
            Method::Held { keys, .. } => Ok(keys.clone()),
            Method::Role { base, role, host } => {
                let base = issue(base, sender, cancel).await?;
                take(role, &assume_role(host, role), Some(&base), sender, cancel).await
            }
            Method::Token { role, provider, file, host } => {
                let token = tokio::fs::read_to_string(file).await.map_err(|error| {
                    let file = file.display().to_string();
                    CredentialError::TokenFile { file, reason: error.to_string() }
                })?;
                let request = TokenRequest {
                    role: role.clone(),
                    provider_arn: provider.clone(),
                    token: SecretString::from(token.trim()),
                };
                take(role, &assume_role_with_oidc(host, &request), None, sender, cancel).await
            }
            Method::Uri(uri) => tokio::select! {
                keys = issued::fetch(uri, sender) => keys,
                () = cancel.cancelled() => Err(CredentialError::Cancelled),
            },
            Method::Program { words, programs } => {
                external::run(words, programs, sender.limits.program, cancel).await
            }
            Method::Place { environment, choice } => {
                let found = find(environment, choice);
                let found = found.map_err(|source| CredentialError::Gone { source })?;
                issue(&found.credentials.inner.method, sender, cancel).await
            }
        }
    }
    .boxed()
}

async fn take(
    role: &RoleRequest,
    call: &Call,
    keys: Option<&Keys>,
    sender: &Sender,
    cancel: &CancellationToken,
) -> Result<Keys, CredentialError> {
    let failed = |source: AsmError| CredentialError::Role {
        role: role.role_arn.clone(),
        source: Box::new(source),
    };
    // Taking a role changes nothing, so no door is asked.
    let body = sender.send(call, keys, || Ok(()), cancel).await.map_err(failed)?;
    let taken: AssumedRole = decode(call.operation, &body).map_err(failed)?;
    let issued = taken.credentials;
    let (id, secret) =
        (issued.access_key_id.expose_secret(), issued.access_key_secret.expose_secret());
    if id.is_empty() || secret.is_empty() {
        return Err(CredentialError::NoKeys { role: role.role_arn.clone() });
    }
    let keys = Keys::new(id, secret, Some(issued.security_token.expose_secret()));
    Ok(keys.until(issued.expiration.parse().ok()))
}
