//! Who asks, what they may do, and credentials of a role (asm.md §7.3, §7.7).

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::super::answer::text;
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::{Call, Pairs};

/// A role to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRequest {
    /// The role's resource name.
    pub role_arn: String,
    /// The name under which it is taken, for the audit.
    pub session: String,
    /// For how many seconds; the service chooses if none.
    pub seconds: Option<u32>,
    /// A policy that narrows what the role may do.
    pub policy: Option<String>,
    /// What the owner of the role asks to be told.
    pub external_id: Option<String>,
}

/// A role to take with a token of an identity provider.
pub struct TokenRequest {
    /// The role; `external_id` is not used.
    pub role: RoleRequest,
    /// The provider's resource name.
    pub provider_arn: String,
    /// The provider's token.
    pub token: SecretString,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Answer of `AssumeRole` and `AssumeRoleWithOIDC`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AssumedRole {
    /// The id of the request.
    pub request_id: String,
    /// The credential.
    pub credentials: TemporaryKeys,
}

/// A credential that ends by itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct TemporaryKeys {
    /// The key.
    pub access_key_id: SecretString,
    /// Its secret.
    pub access_key_secret: SecretString,
    /// What proves that both are temporary.
    pub security_token: SecretString,
    /// Until when, RFC 3339.
    pub expiration: String,
}

/// Answer of `GetCallerIdentity`. None of it is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CallerIdentity {
    /// The id of the request.
    pub request_id: String,
    /// The account.
    #[serde(deserialize_with = "text")]
    pub account_id: String,
    /// The resource name of the user or of the role.
    pub arn: String,
    /// `Account`, `RAMUser` or `AssumedRoleUser`.
    pub identity_type: String,
    /// The user's id, if it is a user.
    #[serde(deserialize_with = "text")]
    pub user_id: String,
}

/// Answer of `DescribeUserPermissions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Permissions {
    /// The id of the request.
    pub request_id: String,
    /// Roles inside meshes.
    pub permissions: Vec<Permission>,
}

/// A role inside a mesh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Permission {
    /// `istio-admin`, `istio-ops` or `istio-readonly`.
    pub role_name: String,
    /// The instance.
    pub resource_id: String,
    /// `cluster`.
    pub resource_type: String,
    /// `custom`.
    pub role_type: String,
    /// Whether it belongs to a role and not to a user.
    #[serde(deserialize_with = "text")]
    pub is_ram_role: String,
    /// The account.
    #[serde(deserialize_with = "text")]
    pub parent_id: String,
}

/// The call that takes a role.
pub(in crate::provider::asm) fn assume_role(host: &str, role: &RoleRequest) -> Call {
    let query = named(role).with("ExternalId", role.external_id.as_deref());
    Call::rpc(Operation::AssumeRole, host).query(query)
}

/// The call that takes a role with a provider's token. The token goes into the body, not into the
/// address, which proxies write down.
pub(in crate::provider::asm) fn assume_role_with_oidc(host: &str, request: &TokenRequest) -> Call {
    let form = named(&request.role)
        .with("OIDCProviderArn", &request.provider_arn)
        .with("OIDCToken", request.token.expose_secret());
    Call::rpc(Operation::AssumeRoleWithOIDC, host).form(form)
}

fn named(role: &RoleRequest) -> Pairs {
    Pairs::default()
        .with("RoleArn", &role.role_arn)
        .with("RoleSessionName", &role.session)
        .with("DurationSeconds", role.seconds)
        .with("Policy", role.policy.as_deref())
}

impl Client {
    /// Who this client is for Alibaba Cloud.
    pub async fn get_caller_identity(&self) -> Result<CallerIdentity, AsmError> {
        self.ask(self.call(Operation::GetCallerIdentity)).await
    }

    /// What a user may do inside meshes; the caller, if none is named.
    pub async fn describe_user_permissions(
        &self,
        user: Option<&str>,
    ) -> Result<Permissions, AsmError> {
        let form = Pairs::default().with("SubAccountUserId", user);
        self.ask(self.call(Operation::DescribeUserPermissions).form(form)).await
    }

    /// A credential of a role.
    pub async fn assume_role(&self, role: &RoleRequest) -> Result<AssumedRole, AsmError> {
        let host = self.call(Operation::AssumeRole).host;
        self.ask(assume_role(&host, role)).await
    }
}
