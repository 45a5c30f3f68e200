//! The JSON of the catalogue's files. Fields that nothing asks for are left out.

use std::collections::BTreeSet;

use jiff::civil::Date;
use semver::Version;
use serde::Deserialize;

use super::{Advice, CatalogError, Change, Component, End, KnownBad, Release, Role, VersionRange};
use crate::version::{MeshVersion, Minor};

/// What one file holds, and how old it is.
pub(super) struct Dated<T> {
    pub(super) as_of: Date,
    pub(super) items: Vec<T>,
}

#[derive(Deserialize)]
pub(super) struct ReleaseFile {
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
pub(super) struct KnownBadFile {
    as_of: Date,
    entries: Vec<RawKnownBad>,
}

#[derive(Deserialize)]
struct RawKnownBad {
    id: String,
    title: String,
    ranges: Vec<VersionRange>,
    role: Role,
    component: Option<Component>,
    condition: Option<String>,
    problem: String,
    fixed_in: Vec<Version>,
    source: String,
    planner: Advice,
    applies_when_target_min: Option<Version>,
}

#[derive(Deserialize)]
pub(super) struct AsmFile {
    as_of: Date,
    versions: Vec<MeshVersion>,
}

#[derive(Deserialize)]
pub(super) struct ChangeFile {
    as_of: Date,
    rules: Vec<Change>,
}

pub(super) fn releases(file: ReleaseFile) -> Result<Dated<Release>, CatalogError> {
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

pub(super) fn known_bad(file: KnownBadFile) -> Result<Dated<KnownBad>, CatalogError> {
    let items: Vec<KnownBad> = file.entries.into_iter().map(defect).collect();
    for entry in &items {
        let upside_down = entry.ranges.iter().any(VersionRange::is_upside_down);
        if entry.ranges.is_empty() && entry.role != Role::Hub || upside_down {
            return Err(CatalogError::DefectRange { id: entry.id.clone() });
        }
    }
    only_once(items.iter().map(|entry| &entry.id))?;
    Ok(Dated { as_of: file.as_of, items })
}

pub(super) fn changes(file: ChangeFile) -> Result<Dated<Change>, CatalogError> {
    only_once(file.rules.iter().map(|change| &change.id))?;
    let mut items = file.rules;
    items.sort_by(|a, b| (a.crosses, a.severity, &a.id).cmp(&(b.crosses, b.severity, &b.id)));
    Ok(Dated { as_of: file.as_of, items })
}

pub(super) fn asm_versions(file: AsmFile) -> Dated<MeshVersion> {
    let mut items = file.versions;
    items.sort();
    items.dedup();
    Dated { as_of: file.as_of, items }
}

fn defect(raw: RawKnownBad) -> KnownBad {
    KnownBad {
        id: raw.id,
        title: raw.title,
        ranges: raw.ranges,
        role: raw.role,
        component: raw.component.unwrap_or_default(),
        advice: raw.planner,
        condition: raw.condition,
        problem: raw.problem,
        fixed_in: raw.fixed_in,
        target_from: raw.applies_when_target_min,
        source: raw.source,
    }
}

fn only_once<'a>(ids: impl Iterator<Item = &'a String>) -> Result<(), CatalogError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(CatalogError::IdTwice { id: id.clone() });
        }
    }
    Ok(())
}

fn release(raw: RawRelease) -> Result<Release, CatalogError> {
    if raw.newest_patch.minor() != raw.minor {
        return Err(CatalogError::ForeignPatch { minor: raw.minor, patch: raw.newest_patch });
    }
    let ends = end(&raw)?;
    if ends.is_some_and(|end| end.date < raw.released) {
        return Err(CatalogError::EndsBefore { minor: raw.minor });
    }
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
