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
    /// A minor that the catalogue does not hold.
    #[serde(rename_all = "camelCase")]
    UnknownVersion {
        /// The minor.
        minor: Minor,
    },
    /// Every known patch of a minor on the way has a defect for which it is avoided.
    #[serde(rename_all = "camelCase")]
    NoSoundPatch {
        /// The minor.
        minor: Minor,
    },
}

/// What would make a refused hop possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Remedy {
    /// Go by a minor in between, or by a canary where the rules allow one.
    StopBetween,
    /// Go by shorter hops.
    #[serde(rename_all = "camelCase")]
    ShorterHops {
        /// How many minors one may cross.
        max: u64,
    },
    /// Be on a version first, by another method.
    #[serde(rename_all = "camelCase")]
    ReachFirst {
        /// The version.
        version: MeshVersion,
    },
    /// Use the other method.
    OtherMethod,
    /// Take back a canary that is not finished; a finished upgrade has no way back.
    RevokeCanary,
    /// Name the whole version with its build, as the live instance tells it.
    NameBuild,
    /// A newer catalogue, or a live instance that names the version.
    NewerCatalogue,
    /// A fixed patch, or choosing an avoided one with open eyes as the target.
    FixedPatch,
}

impl Why {
    /// What would make it possible; none where nothing would, or nothing has to be done.
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Same | Self::Major => None,
            Self::Downgrade => Some(Remedy::RevokeCanary),
            Self::BuildUnknown => Some(Remedy::NameBuild),
            Self::NotForPatches => Some(Remedy::OtherMethod),
            Self::InPlaceSkip => Some(Remedy::StopBetween),
            Self::CanarySkip { max } => Some(Remedy::ShorterHops { max: *max }),
            Self::TooOldFor { minimum } => Some(Remedy::ReachFirst { version: minimum.clone() }),
            Self::UnknownVersion { minor: _ } => Some(Remedy::NewerCatalogue),
            Self::NoSoundPatch { minor: _ } => Some(Remedy::FixedPatch),
        }
    }
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
            Self::UnknownVersion { minor } => write!(f, "{minor} is not in the catalogue"),
            Self::NoSoundPatch { minor } => {
                write!(f, "every known patch of {minor} has a defect to avoid")
            }
        }
    }
}
