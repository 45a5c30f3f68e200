//! Names the distance between two mesh versions.
//!
//! Entry point: [`classify`]. Deliberately absent: which methods a distance allows; that is policy
//! and differs between providers.

use std::cmp::Ordering;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::version::MeshVersion;

/// The distance from the version that runs to the version that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Hop {
    /// Nothing to do.
    Same,
    /// Same Istio version, higher build of the provider, who rolls these out by himself (S26).
    HotPatch,
    /// Same minor, higher patch.
    Patch,
    /// A higher minor.
    #[serde(rename_all = "camelCase")]
    Minor {
        /// How many minors are crossed, at least one.
        crossed: u64,
    },
    /// A higher major: no provider documents such a hop.
    Major,
    /// The wanted version is the older one.
    Downgrade,
    /// Same Istio version, but only one side names its build, so no order can be told.
    BuildUnknown,
}

/// Classifies the hop from the version that runs to the version that is wanted.
pub fn classify(running: &MeshVersion, wanted: &MeshVersion) -> Hop {
    match wanted.istio().cmp(running.istio()) {
        Ordering::Less => Hop::Downgrade,
        Ordering::Equal => between_builds(running.build(), wanted.build()),
        Ordering::Greater => rise(running.istio(), wanted.istio()),
    }
}

impl Hop {
    /// The name that the console's table uses for it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Same => "none",
            Self::HotPatch => "hot patch",
            Self::Patch => "patch",
            Self::Minor { crossed: _ } => "minor",
            Self::Major => "major",
            Self::Downgrade => "downgrade",
            Self::BuildUnknown => "unknown",
        }
    }

    /// Full restarts of the data plane it asks for: a hot patch leaves proxies as they are (S27).
    pub fn restarts(self) -> u32 {
        match self {
            Self::Patch | Self::Minor { crossed: _ } | Self::Major => 1,
            Self::Same | Self::HotPatch | Self::Downgrade | Self::BuildUnknown => 0,
        }
    }
}

fn rise(running: &Version, wanted: &Version) -> Hop {
    if wanted.major > running.major {
        return Hop::Major;
    }
    match wanted.minor - running.minor {
        0 => Hop::Patch,
        crossed => Hop::Minor { crossed },
    }
}

fn between_builds(running: Option<u32>, wanted: Option<u32>) -> Hop {
    match (running, wanted) {
        (None, None) => Hop::Same,
        (Some(running), Some(wanted)) => match wanted.cmp(&running) {
            Ordering::Less => Hop::Downgrade,
            Ordering::Equal => Hop::Same,
            Ordering::Greater => Hop::HotPatch,
        },
        // A missing build is unknown, not zero: old image tags drop it.
        (Some(_), None) | (None, Some(_)) => Hop::BuildUnknown,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing_newer("1.18.0.158", "1.18.0.158", Hop::Same)]
    #[case::suffix_does_not_count("1.18.0.158", "v1.18.0.158-gc6cf0b9c-aliyun", Hop::Same)]
    #[case::hot_patch_of_s26("v1.18.0.123", "v1.18.0.146", Hop::HotPatch)]
    #[case::lower_build("v1.18.0.146", "v1.18.0.123", Hop::Downgrade)]
    #[case::build_left_out("1.18.0", "1.18.0.158", Hop::BuildUnknown)]
    #[case::patch("1.30.3", "1.30.5", Hop::Patch)]
    #[case::out_of_candidate("1.31.0-rc.1", "1.31.0", Hop::Patch)]
    #[case::one_minor("1.17.2.42", "1.18.0.158", Hop::Minor { crossed: 1 })]
    #[case::two_minors("1.29.8", "1.31.1", Hop::Minor { crossed: 2 })]
    #[case::numbers_not_text("1.9.7", "1.10.5", Hop::Minor { crossed: 1 })]
    #[case::lower_patch("1.30.5", "1.30.3", Hop::Downgrade)]
    #[case::lower_minor_with_higher_patch("1.31.1", "1.30.9", Hop::Downgrade)]
    #[case::major("1.31.1", "2.0.0", Hop::Major)]
    fn names_the_distance(
        #[case] running: MeshVersion,
        #[case] wanted: MeshVersion,
        #[case] expected: Hop,
    ) {
        assert_eq!(classify(&running, &wanted), expected, "{running} to {wanted}");
    }
}
