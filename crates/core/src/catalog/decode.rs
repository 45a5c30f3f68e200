//! The JSON of the catalogue's files. Fields that nothing asks for are left out.

use std::collections::BTreeSet;

use jiff::civil::Date;
use semver::Version;
use serde::Deserialize;

use super::{Advice, CatalogError, End, KnownBad, Release, Role, VersionRange};
use crate::version::{MeshVersion, Minor};

/// What one file holds, and how old it is.
pub(super) struct Dated<T> {
    pub(super) as_of: Date,
    pub(super) items: Vec<T>,
}

#[derive(Deserialize)]
struct ReleaseFile {
    as_of: Date,
    releases: Vec<RawRelease>,
}

#[derive(Deserialize)]
struct RawRelease {
    minor: Minor,
    released: Date,
    eol: Option<String>,
    eol_kind: EndKind,
    kubernetes_supported: Vec<Minor>,
    kubernetes_tested: Option<Vec<Minor>>,
    kubernetes_min_code: Option<Minor>,
    newest_patch: MeshVersion,
    source: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EndKind {
    Announced,
    Expected,
    Unknown,
}

#[derive(Deserialize)]
struct KnownBadFile {
    as_of: Date,
    entries: Vec<RawKnownBad>,
}

#[derive(Deserialize)]
struct RawKnownBad {
    id: String,
    title: String,
    ranges: Vec<VersionRange>,
    role: Role,
    condition: Option<String>,
    problem: String,
    fixed_in: Vec<Version>,
    source: String,
    planner: Advice,
    applies_when_target_min: Option<Version>,
}

#[derive(Deserialize)]
struct AsmFile {
    as_of: Date,
    versions: Vec<MeshVersion>,
}

pub(super) fn releases(text: &str) -> Result<Dated<Release>, CatalogError> {
    let file: ReleaseFile =
        serde_json::from_str(text).map_err(|source| CatalogError::Releases { source })?;
    let mut seen = BTreeSet::new();
    let mut items = Vec::with_capacity(file.releases.len());
    for raw in file.releases {
        if !seen.insert(raw.minor) {
            return Err(CatalogError::ReleaseTwice { minor: raw.minor });
        }
        items.push(release(raw)?);
    }
    items.sort_by_key(|release: &Release| release.minor);
    Ok(Dated { as_of: file.as_of, items })
}

pub(super) fn known_bad(text: &str) -> Result<Dated<KnownBad>, CatalogError> {
    let file: KnownBadFile =
        serde_json::from_str(text).map_err(|source| CatalogError::KnownBad { source })?;
    let items = file
        .entries
        .into_iter()
        .map(|raw| KnownBad {
            id: raw.id,
            title: raw.title,
            ranges: raw.ranges,
            role: raw.role,
            advice: raw.planner,
            condition: raw.condition,
            problem: raw.problem,
            fixed_in: raw.fixed_in,
            target_from: raw.applies_when_target_min,
            source: raw.source,
        })
        .collect();
    Ok(Dated { as_of: file.as_of, items })
}

pub(super) fn asm_versions(text: &str) -> Result<Dated<MeshVersion>, CatalogError> {
    let file: AsmFile =
        serde_json::from_str(text).map_err(|source| CatalogError::AsmVersions { source })?;
    let mut items = file.versions;
    items.sort();
    Ok(Dated { as_of: file.as_of, items })
}

fn release(raw: RawRelease) -> Result<Release, CatalogError> {
    if raw.newest_patch.minor() != raw.minor {
        return Err(CatalogError::ForeignPatch { minor: raw.minor, patch: raw.newest_patch });
    }
    let ends = end(&raw)?;
    Ok(Release {
        minor: raw.minor,
        newest: raw.newest_patch,
        released: raw.released,
        ends,
        kubernetes: raw.kubernetes_supported,
        kubernetes_tested: raw.kubernetes_tested.unwrap_or_default(),
        kubernetes_minimum: raw.kubernetes_min_code,
        source: raw.source,
    })
}

/// A month without a day means its last day.
fn end(raw: &RawRelease) -> Result<Option<End>, CatalogError> {
    let estimated = match raw.eol_kind {
        EndKind::Announced => false,
        EndKind::Expected => true,
        EndKind::Unknown => return Ok(None),
    };
    let Some(text) = &raw.eol else { return Ok(None) };
    let day = text.parse::<Date>();
    let date = day
        .or_else(|_| format!("{text}-01").parse::<Date>().map(Date::last_of_month))
        .map_err(|_| CatalogError::ReleaseEnd { minor: raw.minor, text: text.clone() })?;
    Ok(Some(End { date, estimated }))
}
