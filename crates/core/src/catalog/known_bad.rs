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
    /// Where it sits.
    pub component: Component,
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

/// The part of Istio that a defect sits in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Component {
    /// The control plane.
    #[serde(rename = "istiod")]
    Istiod,
    /// The proxy and its agent.
    #[serde(rename = "proxy")]
    Proxy,
    /// The CNI node agent.
    #[serde(rename = "cni")]
    Cni,
    /// The charts of gateways, and what istiod makes of what they install.
    #[serde(rename = "istiod and gateway chart")]
    Charts,
    /// The local istioctl.
    #[serde(rename = "istioctl")]
    Istioctl,
    /// The place that images come from.
    #[serde(rename = "images")]
    Images,
    /// Not stated.
    #[default]
    #[serde(other)]
    Unstated,
}

impl Component {
    /// Whether an ASM mesh has it. What comes with a self-run install alone (Helm charts, istioctl,
    /// the CNI agent, upstream's image hubs) it has not: the column A/O of `domain/asm.md` §6.
    fn is_in_asm(self) -> bool {
        match self {
            Self::Istiod | Self::Proxy | Self::Unstated => true,
            Self::Cni | Self::Charts | Self::Istioctl | Self::Images => false,
        }
    }
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
    /// Whether a version has it. Vendors' builds of a version may have it too, in the parts that they
    /// ship.
    pub fn covers(&self, version: &MeshVersion) -> bool {
        (!version.is_asm() || self.component.is_in_asm())
            && self.ranges.iter().any(|range| range.covers(version.istio()))
    }

    /// Whether it forbids to choose a version that it covers.
    ///
    /// An ASM version is never forbidden: the cloud chooses the one target (`domain/asm.md` §1), the
    /// patch that has the fix upstream may not exist there (§5.1), and the fourth number may have
    /// brought the fix under the same x.y.z. So the defect is said, and the user decides.
    pub fn is_to_avoid_in(&self, version: &MeshVersion) -> bool {
        match self.advice {
            Advice::Avoid => !version.is_asm(),
            Advice::Caution | Advice::SourceOnly | Advice::CliOnly => false,
        }
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
