//! Versions to avoid or to treat with care.

use semver::Version;
use serde::Deserialize;

use crate::version::MeshVersion;

/// One known defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBad {
    /// Its id, such as `KB-03`.
    pub id: String,
    /// What it is, in a few words.
    pub title: String,
    /// Which versions have it.
    pub ranges: Vec<VersionRange>,
    /// What kind of version it concerns.
    pub role: Role,
    /// What follows for a plan.
    pub advice: Advice,
    /// When it shows; none for always, or when nothing is stated.
    pub condition: Option<String>,
    /// What goes wrong.
    pub problem: String,
    /// The first fixed patch of each line.
    pub fixed_in: Vec<Version>,
    /// It counts only for targets from this version on.
    pub target_from: Option<Version>,
    /// Where it comes from.
    pub source: String,
}

/// A closed range of Istio versions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VersionRange {
    /// The first; 0.0.0 when no lower bound is stated.
    pub min: Version,
    /// The last; none when there is no upper bound.
    pub max: Option<Version>,
}

/// What kind of version a defect concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A version to upgrade to.
    Target,
    /// A version to start from.
    Source,
    /// The local istioctl.
    Cli,
    /// The place that images come from.
    Hub,
}

/// What a defect means for a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// Don't choose it as a target.
    Avoid,
    /// Warn where the condition holds.
    Caution,
    /// Patch the source first.
    SourceOnly,
    /// It concerns the local istioctl only.
    CliOnly,
}

impl KnownBad {
    /// Whether a version has it. Vendors' builds of a version have it too.
    pub fn covers(&self, version: &MeshVersion) -> bool {
        self.ranges.iter().any(|range| range.covers(version.istio()))
    }
}

impl VersionRange {
    /// Whether its last version is below its first.
    pub(super) fn is_upside_down(&self) -> bool {
        self.max.as_ref().is_some_and(|max| *max < self.min)
    }

    fn covers(&self, version: &Version) -> bool {
        *version >= self.min && self.max.as_ref().is_none_or(|max| version <= max)
    }
}
