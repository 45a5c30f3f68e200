//! Which way keys were fetched, as a digest: keys that were fetched another way than the one that is
//! asked for now are another user's, or another role's.
//!
//! Entry point: [`Way::of`]. A digest takes the place of the way itself, so that nothing secret is
//! kept for the comparison.

use std::path::Path;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::{Keys, Method};
use crate::provider::asm::api::RoleRequest;

/// Tells one way to a credential from another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Way([u8; 32]);

impl Way {
    pub(super) fn of(method: &Method) -> Self {
        let mut parts = Parts(Sha256::new());
        parts.method(method);
        Self(parts.0.finalize().into())
    }
}

/// Each part goes in with its length, so that no two rows of parts make one text.
struct Parts(Sha256);

impl Parts {
    fn method(&mut self, method: &Method) {
        match method {
            Method::Held { keys, renewal: _ } => {
                self.add("held");
                self.keys(keys);
            }
            Method::Role { base, role, host } => {
                self.add("role");
                self.method(base);
                self.role(role);
                self.add(host);
            }
            Method::Token { role, provider, file, host } => {
                self.add("token");
                self.role(role);
                self.add(provider);
                self.path(file);
                self.add(host);
            }
            Method::Uri(uri) => {
                self.add("uri");
                self.add(uri.expose_secret());
            }
            Method::Program { words, programs: _ } => {
                self.add("program");
                for word in words {
                    self.add(word);
                }
            }
            // It is looked up before anything is fetched.
            Method::Place { environment: _, choice } => {
                self.add("place");
                self.given(choice.profile.as_deref());
            }
        }
    }

    fn keys(&mut self, keys: &Keys) {
        self.add(keys.id.expose_secret());
        self.add(keys.secret.expose_secret());
        self.given(keys.token.as_ref().map(ExposeSecret::expose_secret));
    }

    fn role(&mut self, role: &RoleRequest) {
        let RoleRequest { role_arn, session, seconds, policy, external_id } = role;
        self.add(role_arn);
        self.add(session);
        self.given(seconds.map(|seconds| seconds.to_string()).as_deref());
        self.given(policy.as_deref());
        self.given(external_id.as_deref());
    }

    fn path(&mut self, path: &Path) {
        self.bytes(path.as_os_str().as_encoded_bytes());
    }

    fn given(&mut self, part: Option<&str>) {
        self.add(if part.is_some() { "given" } else { "none" });
        self.add(part.unwrap_or_default());
    }

    fn add(&mut self, part: &str) {
        self.bytes(part.as_bytes());
    }

    fn bytes(&mut self, part: &[u8]) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(part);
    }
}
