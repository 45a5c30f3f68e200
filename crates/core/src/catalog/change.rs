//! Changes between minors that can hurt an upgrade (`domain/istio.md` §13).

use serde::{Deserialize, Serialize};

use crate::policy::Provider;
use crate::version::{MeshVersion, Minor};

/// One change that an upgrade may cross.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Change {
    /// Its id, such as `B121-3`.
    pub id: String,
    /// The minor that brings it.
    pub crosses: Minor,
    /// Further minors that bring it once more.
    #[serde(default)]
    pub also_crosses: Vec<Minor>,
    /// How much it can hurt.
    pub severity: Impact,
    /// What changes, in a sentence.
    pub change: String,
    /// What to do about it.
    pub remedy: String,
    /// Settings that keep the old behaviour.
    #[serde(default)]
    pub escape: Vec<String>,
    /// The first minor in which those settings are gone.
    #[serde(default)]
    pub escape_removed_in: Option<Minor>,
    /// Whose meshes it concerns.
    pub scope: Scope,
    /// Whether it concerns meshes with ambient workloads only.
    #[serde(default)]
    pub ambient: bool,
    /// Where it is stated.
    pub source: String,
}

/// How much a change can hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Impact {
    /// Traffic or admission can break.
    High,
    /// Behaviour or observability changes.
    Medium,
    /// Housekeeping.
    Low,
}

/// Whose meshes a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Alibaba Cloud Service Mesh only.
    Asm,
    /// Istio that one runs oneself only.
    Istio,
    /// Both.
    Both,
}

impl Change {
    /// Whether a hop crosses it: the source is below the minor that brings it, the target is not.
    pub fn is_crossed(&self, from: &MeshVersion, to: &MeshVersion) -> bool {
        let lies_between = |minor: &Minor| from.minor() < *minor && *minor <= to.minor();
        lies_between(&self.crosses) || self.also_crosses.iter().any(lies_between)
    }

    /// Whether it concerns meshes of a provider.
    pub fn concerns(&self, provider: Provider) -> bool {
        match (self.scope, provider) {
            (Scope::Both, _) | (Scope::Asm, Provider::Asm) | (Scope::Istio, Provider::Istio) => {
                true
            }
            (Scope::Asm, Provider::Istio) | (Scope::Istio, Provider::Asm) => false,
        }
    }
}
