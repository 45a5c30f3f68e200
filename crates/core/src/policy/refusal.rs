//! Why something is refused, with the rule and its source.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::version::{MeshVersion, Minor};

/// Something that the rules refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Why.
    pub why: Why,
    /// Name of the rule.
    pub rule: String,
    /// Where the rule stands.
    pub source: String,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Why {
    /// It is this version already.
    Same,
    /// The wanted version is the older one.
    Downgrade,
    /// No rule covers a new major version.
    Major,
    /// Only one side names its build.
    BuildUnknown,
    /// A canary of this provider is for a new minor.
    NotForPatches,
    /// In place goes to the adjacent minor only.
    InPlaceSkip,
    /// A canary may not cross that many minors.
    #[serde(rename_all = "camelCase")]
    CanarySkip {
        /// How many it may cross.
        max: u64,
    },
    /// The running version is too old for the method.
    #[serde(rename_all = "camelCase")]
    TooOldFor {
        /// The lowest version to start from.
        minimum: MeshVersion,
    },
    /// Kubernetes is below what the version's code accepts.
    #[serde(rename_all = "camelCase")]
    Kubernetes {
        /// The version.
        version: MeshVersion,
        /// The Kubernetes minor.
        kubernetes: Minor,
        /// What it needs.
        minimum: Minor,
    },
    /// A minor that the catalogue does not hold.
    #[serde(rename_all = "camelCase")]
    UnknownVersion {
        /// The minor.
        minor: Minor,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("it is this version already"),
            Self::Downgrade => f.write_str("a downgrade is not offered"),
            Self::Major => f.write_str("no rule covers a new major version"),
            Self::BuildUnknown => {
                f.write_str("one side does not name its build, so the order can't be told")
            }
            Self::NotForPatches => f.write_str("a canary is for a new minor"),
            Self::InPlaceSkip => f.write_str("in place goes to the adjacent minor only"),
            Self::CanarySkip { max } => write!(f, "a canary may cross at most {max} minors"),
            Self::TooOldFor { minimum } => write!(f, "the method needs {minimum} or later"),
            Self::Kubernetes { version, kubernetes, minimum } => {
                write!(f, "Kubernetes {kubernetes} is below the {minimum} that {version} needs")
            }
            Self::UnknownVersion { minor } => write!(f, "{minor} is not in the catalogue"),
        }
    }
}
