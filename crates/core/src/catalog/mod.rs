//! Which versions exist, until when, on which Kubernetes, and which are better avoided.
//!
//! Entry points: [`Catalog::embedded`], [`Catalog::parse`]. The data ages every quarter, so it
//! carries its as-of date, and a newer copy can be parsed in its place. Deliberately absent: which
//! hop is allowed (`policy`), reading a file, and today's date.

mod decode;
mod known_bad;
mod release;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use jiff::civil::Date;
use thiserror::Error;

use crate::version::{MeshVersion, Minor};

pub use known_bad::{Advice, KnownBad, Role, VersionRange};
pub use release::{End, KubernetesFit, Release};

const RELEASES: &str = include_str!("../../data/istio-releases.json");
const KNOWN_BAD: &str = include_str!("../../data/known-bad.json");
const ASM_VERSIONS: &str = include_str!("../../data/asm-versions.json");

static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::parse(Sources { releases: RELEASES, known_bad: KNOWN_BAD, asm_versions: ASM_VERSIONS })
        .unwrap_or_default()
});

/// What is known of versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Date of the newest fact in it.
    pub as_of: Date,
    /// Istio's minors, oldest first.
    pub releases: Vec<Release>,
    /// Versions to avoid or to treat with care.
    pub known_bad: Vec<KnownBad>,
    /// ASM versions seen in public, oldest first. ASM's support dates are never embedded: they are
    /// read from a live instance.
    pub asm: Vec<MeshVersion>,
}

/// The texts that a catalogue is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Istio's minors, in the form of `data/istio-releases.json`.
    pub releases: &'a str,
    /// Versions to avoid, in the form of `data/known-bad.json`.
    pub known_bad: &'a str,
    /// ASM versions, in the form of `data/asm-versions.json`.
    pub asm_versions: &'a str,
}

/// Why a text is not a catalogue.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum CatalogError {
    #[error("failed to read the list of releases")]
    Releases { source: serde_json::Error },
    #[error("failed to read the list of known defects")]
    KnownBad { source: serde_json::Error },
    #[error("failed to read the list of ASM versions")]
    AsmVersions { source: serde_json::Error },
    #[error("release {minor} ends on `{text}`, which is neither a date nor a month")]
    ReleaseEnd { minor: Minor, text: String },
    #[error("release {minor} is listed twice")]
    ReleaseTwice { minor: Minor },
    #[error("the newest patch of release {minor} is {patch}")]
    ForeignPatch { minor: Minor, patch: MeshVersion },
}

impl Catalog {
    /// The copy that is built in.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads a catalogue.
    pub fn parse(sources: Sources<'_>) -> Result<Self, CatalogError> {
        let releases = decode::releases(sources.releases)?;
        let known_bad = decode::known_bad(sources.known_bad)?;
        let asm = decode::asm_versions(sources.asm_versions)?;
        Ok(Self {
            as_of: releases.as_of.max(known_bad.as_of),
            releases: releases.items,
            known_bad: known_bad.items,
            asm: asm.items,
        })
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
        self.defects_of_target(version).iter().any(|defect| defect.advice == Advice::Avoid)
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

    /// Whether a Kubernetes minor fits a version.
    pub fn fit(&self, version: &MeshVersion, kubernetes: Minor) -> KubernetesFit {
        self.release(version.minor())
            .map_or(KubernetesFit::Unknown, |release| release.fit(kubernetes))
    }
}
