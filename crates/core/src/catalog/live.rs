//! What a live provider says of its own versions, merged into the catalogue.
//!
//! Entry point: [`Catalog::with_live`]. The shape is that of ASM's `DescribeVersions`,
//! `DescribeMetadata` and `DescribeUpgradeVersion` (`domain/asm.md` §7.2, §7.3) as plain data.
//! Deliberately absent: asking for it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Catalog, Origin, Part, PartKind};
use crate::version::{MeshVersion, Minor};

/// What a live provider answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LiveVersions {
    /// The day of the answer.
    pub asked: Date,
    /// Versions that can be created, for each edition: `DescribeVersions.VersionInfo`.
    pub editions: BTreeMap<String, Vec<String>>,
    /// Versions that the provider lists: `DescribeMetadata.MetaData.Versions`, its `ProEdition`
    /// and both `VersionRegistry`.
    pub listed: Vec<String>,
    /// The target that the provider chose: `DescribeUpgradeVersion.Version.IstioOperatorVersion`.
    pub offered: Option<String>,
    /// Which Kubernetes fits: `DescribeMetadata.MetaData.CompatibilityInfoList`.
    pub compatibility: Vec<Compatibility>,
}

/// The Kubernetes minors that one ASM minor runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compatibility {
    /// The ASM minor.
    pub asm: Minor,
    /// The first Kubernetes minor.
    pub first: Minor,
    /// The last one.
    pub last: Minor,
}

/// A catalogue with a provider's own versions in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The catalogue.
    pub catalog: Catalog,
    /// Texts of the answer that are no versions, as they came.
    pub skipped: Vec<String>,
}

impl Compatibility {
    /// Whether a Kubernetes minor is inside.
    pub fn fits(&self, kubernetes: Minor) -> bool {
        (self.first..=self.last).contains(&kubernetes)
    }
}

impl Catalog {
    /// The catalogue with what a live provider says. The provider is the authority on its own
    /// versions: its Kubernetes ranges take the place of older ones, its versions are added to
    /// those that public pages name.
    pub fn with_live(&self, live: &LiveVersions) -> Merged {
        let mut catalog = self.clone();
        let mut skipped = Vec::new();
        let texts = live.editions.values().flatten().chain(&live.listed).chain(&live.offered);
        for text in texts {
            match text.parse::<MeshVersion>() {
                Ok(version) if !catalog.asm.contains(&version) => catalog.asm.push(version),
                Ok(_) => {}
                Err(_) => skipped.push(text.clone()),
            }
        }
        catalog.asm.sort();
        for range in &live.compatibility {
            catalog.asm_kubernetes.retain(|known| known.asm != range.asm);
            catalog.asm_kubernetes.push(*range);
        }
        catalog.asm_kubernetes.sort_by_key(|range| range.asm);
        catalog.parts.retain(|part| part.kind != PartKind::AsmVersions);
        let part = Part { kind: PartKind::AsmVersions, as_of: live.asked, origin: Origin::Live };
        catalog.parts.push(part);
        skipped.sort();
        skipped.dedup();
        Merged { catalog, skipped }
    }
}
