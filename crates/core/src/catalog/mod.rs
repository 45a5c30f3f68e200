//! Which versions exist, until when, on which Kubernetes, which are better avoided, and what changes
//! between them.
//!
//! Entry points: [`Catalog::embedded`], [`Catalog::read_bundle`], [`Catalog::with_live`]. The data
//! ages every quarter, so each part carries its as-of date and where it comes from. Deliberately
//! absent: which hop is allowed (`policy`), reading a file, and today's date.

mod bundle;
mod change;
mod decode;
mod known_bad;
mod live;
mod release;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::policy::Provider;
use crate::version::{MeshVersion, Minor};

pub use bundle::{BundleError, FORMAT, FORMAT_VERSION};
pub use change::{Change, Impact, Scope};
pub use known_bad::{Advice, Component, KnownBad, Role, VersionRange};
pub use live::{Compatibility, LiveVersions, Merged};
pub use release::{End, KubernetesFit, Release};

const RELEASES: &str = include_str!("../../data/istio-releases.json");
const KNOWN_BAD: &str = include_str!("../../data/known-bad.json");
const CHANGES: &str = include_str!("../../data/breaking-changes.json");
const ASM_VERSIONS: &str = include_str!("../../data/asm-versions.json");

static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| {
    let sources = Sources {
        releases: RELEASES,
        known_bad: KNOWN_BAD,
        changes: CHANGES,
        asm_versions: ASM_VERSIONS,
    };
    Catalog::parse(sources).unwrap_or_default()
});

/// What is known of versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Date of the newest fact in it.
    pub as_of: Date,
    /// How old each part is, and where it comes from.
    pub parts: Vec<Part>,
    /// Istio's minors, oldest first.
    pub releases: Vec<Release>,
    /// Versions to avoid or to treat with care.
    pub known_bad: Vec<KnownBad>,
    /// Changes between minors, by the minor that brings them, the worst first.
    pub changes: Vec<Change>,
    /// ASM versions seen in public, oldest first. ASM's support dates are never embedded: they are
    /// read from a live instance.
    pub asm: Vec<MeshVersion>,
    /// Which Kubernetes minors ASM minors run on; only a live provider tells.
    pub asm_kubernetes: Vec<Compatibility>,
}

/// One part of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which part.
    pub kind: PartKind,
    /// Date of its newest fact.
    pub as_of: Date,
    /// Where it comes from.
    pub origin: Origin,
}

/// The parts of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PartKind {
    /// Istio's minors.
    Releases,
    /// Versions to avoid.
    KnownBad,
    /// Changes between minors.
    Changes,
    /// ASM's versions.
    AsmVersions,
}

/// Where a part of the catalogue comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// It is built in.
    Embedded,
    /// A file that the user named.
    File,
    /// A live provider.
    Live,
}

/// The texts that a catalogue is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Istio's minors, in the form of `data/istio-releases.json`.
    pub releases: &'a str,
    /// Versions to avoid, in the form of `data/known-bad.json`.
    pub known_bad: &'a str,
    /// Changes between minors, in the form of `data/breaking-changes.json`.
    pub changes: &'a str,
    /// ASM versions, in the form of `data/asm-versions.json`.
    pub asm_versions: &'a str,
}

/// Why a text is not a catalogue.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum CatalogError {
    #[error("failed to read the {part}")]
    Part { part: &'static str, source: serde_json::Error },
    #[error("release {minor} ends on `{text}`, which is neither a date nor a month")]
    ReleaseEnd { minor: Minor, text: String },
    #[error("release {minor} is listed twice")]
    ReleaseTwice { minor: Minor },
    #[error("release {minor} ends before it was released")]
    EndsBefore { minor: Minor },
    #[error("the newest patch of release {minor} is {patch}")]
    ForeignPatch { minor: Minor, patch: MeshVersion },
    #[error("{id} names no versions, or a range that ends before it begins")]
    DefectRange { id: String },
    #[error("{id} is listed twice")]
    IdTwice { id: String },
}

impl Catalog {
    /// The copy that is built in.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads a catalogue from the data files.
    pub fn parse(sources: Sources<'_>) -> Result<Self, CatalogError> {
        let releases = decode::releases(part("list of releases", sources.releases)?)?;
        let known_bad = decode::known_bad(part("list of known defects", sources.known_bad)?)?;
        let changes = decode::changes(part("list of changes", sources.changes)?)?;
        let asm = decode::asm_versions(part("list of ASM versions", sources.asm_versions)?);
        let mut catalog = Self::default();
        catalog.put_releases(releases, Origin::Embedded);
        catalog.put_known_bad(known_bad, Origin::Embedded);
        catalog.put_changes(changes, Origin::Embedded);
        catalog.put_asm(asm, Origin::Embedded);
        Ok(catalog)
    }

    fn put_releases(&mut self, dated: decode::Dated<Release>, origin: Origin) {
        self.releases = dated.items;
        self.note(PartKind::Releases, dated.as_of, origin);
    }

    fn put_known_bad(&mut self, dated: decode::Dated<KnownBad>, origin: Origin) {
        self.known_bad = dated.items;
        self.note(PartKind::KnownBad, dated.as_of, origin);
    }

    fn put_changes(&mut self, dated: decode::Dated<Change>, origin: Origin) {
        self.changes = dated.items;
        self.note(PartKind::Changes, dated.as_of, origin);
    }

    fn put_asm(&mut self, dated: decode::Dated<MeshVersion>, origin: Origin) {
        self.asm = dated.items;
        self.note(PartKind::AsmVersions, dated.as_of, origin);
    }

    fn note(&mut self, kind: PartKind, as_of: Date, origin: Origin) {
        self.parts.retain(|part| part.kind != kind);
        self.parts.push(Part { kind, as_of, origin });
        self.parts.sort_by_key(|part| part.kind);
        let upstream = self.parts.iter().filter(|part| part.kind != PartKind::AsmVersions);
        self.as_of = upstream.map(|part| part.as_of).max().unwrap_or_default();
    }

    /// What is known of a minor.
    pub fn release(&self, minor: Minor) -> Option<&Release> {
        self.releases.iter().find(|release| release.minor == minor)
    }

    /// The newest known patch of every minor of Istio, newest first.
    pub fn istio_versions(&self) -> Vec<&MeshVersion> {
        self.releases.iter().rev().map(|release| &release.newest).collect()
    }

    /// The newest patch of a minor that nothing speaks against as a target.
    pub fn newest_sound(&self, minor: Minor) -> Option<MeshVersion> {
        let newest = &self.release(minor)?.newest;
        (0..=newest.istio().patch)
            .rev()
            .filter_map(|patch| format!("{minor}.{patch}").parse().ok())
            .find(|version| !self.is_to_avoid(version))
    }

    /// Whether a version should not be chosen as a target.
    pub fn is_to_avoid(&self, version: &MeshVersion) -> bool {
        self.defects_of_target(version).iter().any(|defect| defect.is_to_avoid_in(version))
    }

    /// Ids of the defects for which a version should not be chosen as a target.
    pub fn reasons_to_avoid(&self, version: &MeshVersion) -> Vec<String> {
        let defects = self.defects_of_target(version).into_iter();
        defects
            .filter(|defect| defect.is_to_avoid_in(version))
            .map(|defect| defect.id.clone())
            .collect()
    }

    /// Known defects of a version as a target.
    pub fn defects_of_target(&self, version: &MeshVersion) -> Vec<&KnownBad> {
        self.known_bad
            .iter()
            .filter(|entry| entry.role == Role::Target && entry.covers(version))
            .collect()
    }

    /// What speaks against starting from a version towards a target.
    pub fn defects_of_source(&self, from: &MeshVersion, to: &MeshVersion) -> Vec<&KnownBad> {
        self.known_bad
            .iter()
            .filter(|entry| entry.role == Role::Source && entry.covers(from))
            .filter(|entry| entry.target_from.as_ref().is_none_or(|first| to.istio() >= first))
            .collect()
    }

    /// What changes on the way from one version to another, for meshes of a provider.
    pub fn changes_crossed(
        &self,
        from: &MeshVersion,
        to: &MeshVersion,
        provider: Provider,
    ) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.concerns(provider) && change.is_crossed(from, to))
    }

    /// The Kubernetes minors that a version is documented for, oldest first; none when nothing is
    /// known.
    pub fn kubernetes_of(&self, version: &MeshVersion, provider: Provider) -> Option<Vec<Minor>> {
        let minor = version.minor();
        match provider {
            Provider::Istio => self.release(minor).map(|release| release.kubernetes.clone()),
            Provider::Asm => {
                let range = self.asm_kubernetes.iter().find(|range| range.asm == minor)?;
                let numbers = range.first.minor..=range.last.minor;
                Some(numbers.map(|minor| Minor { major: range.first.major, minor }).collect())
            }
        }
    }

    /// Whether a Kubernetes minor fits a version of a provider. For ASM only a live provider tells.
    pub fn fit_for(
        &self,
        version: &MeshVersion,
        provider: Provider,
        kubernetes: Minor,
    ) -> KubernetesFit {
        match provider {
            Provider::Istio => self.fit(version, kubernetes),
            Provider::Asm => {
                let minor = version.minor();
                match self.asm_kubernetes.iter().find(|range| range.asm == minor) {
                    None => KubernetesFit::Unknown,
                    Some(range) if range.fits(kubernetes) => KubernetesFit::Supported,
                    Some(range) if kubernetes < range.first => {
                        KubernetesFit::Refused { minimum: range.first }
                    }
                    Some(_) => KubernetesFit::Undocumented,
                }
            }
        }
    }

    /// Whether a Kubernetes minor fits a version of Istio.
    pub fn fit(&self, version: &MeshVersion, kubernetes: Minor) -> KubernetesFit {
        self.release(version.minor())
            .map_or(KubernetesFit::Unknown, |release| release.fit(kubernetes))
    }
}

fn part<T: DeserializeOwned>(part: &'static str, text: &str) -> Result<T, CatalogError> {
    serde_json::from_str(text).map_err(|source| CatalogError::Part { part, source })
}
