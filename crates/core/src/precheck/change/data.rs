//! The JSON of the catalogue of changes. Fields that nothing asks for are left out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ChangeId;
use crate::inventory::Name;
use crate::precheck::{Severity, source};
use crate::version::{MeshVersion, Minor};

pub(super) const CHANGES: &str = include_str!("../../../data/breaking-changes.json");

/// A change between versions that can hurt an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// Minors in which it, or a part of it, came.
    pub crosses: Vec<Minor>,
    /// Patches that brought it to an older minor as well.
    pub patches: Vec<MeshVersion>,
    /// How bad it is for whom it is worst.
    pub weight: Severity,
    /// How bad Istio's own catalogue finds it.
    pub weight_istio: Option<Severity>,
    /// How bad the catalogue of managed meshes finds it.
    pub weight_asm: Option<Severity>,
    /// Whether it concerns only meshes that one installs oneself.
    pub self_run_only: bool,
    /// Whether it concerns ambient mode alone.
    pub ambient: bool,
    /// Switches that keep the old behaviour, with the value that does.
    pub escapes: Vec<(String, String)>,
    /// The first minor that no longer knows them.
    pub escapes_until: Option<Minor>,
    /// What has to be read to look for it; empty when nothing in a cluster tells.
    pub reads: Vec<String>,
    /// Where it is written down.
    pub source: Name,
    /// Filter names of older Envoys, with what they are called now.
    pub legacy_filters: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct File {
    rules: Vec<Raw>,
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    crosses: Minor,
    also_crosses: Vec<Minor>,
    #[serde(default)]
    active_from_patches: Vec<MeshVersion>,
    severity: Weight,
    severity_by_catalogue: ByCatalogue,
    detector: RawDetector,
    escape: Vec<String>,
    escape_removed_in: Option<Minor>,
    scope: Scope,
    ambient: bool,
    source: Name,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Weight {
    High,
    MediumHigh,
    Medium,
    Low,
}

#[derive(Deserialize)]
struct ByCatalogue {
    istio: Option<Weight>,
    asm: Option<AsmWeight>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AsmWeight {
    Blocker,
    Warn,
    Note,
}

#[derive(Deserialize)]
struct RawDetector {
    resources: Vec<String>,
    #[serde(default)]
    legacy_filter_names: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Asm,
    Istio,
    Both,
}

/// Reads the catalogue. A row whose id the app has no detector for is an error: it would be silent.
pub(super) fn read(text: &str) -> Result<Vec<Change>, serde_json::Error> {
    let file: File = serde_json::from_str(text)?;
    file.rules.into_iter().map(change).collect()
}

fn change(raw: Raw) -> Result<Change, serde_json::Error> {
    let id = ChangeId::by_name(&raw.id)
        .ok_or_else(|| serde::de::Error::custom(format!("no detector for {}", raw.id)))?;
    let mut crosses = raw.also_crosses;
    crosses.push(raw.crosses);
    Ok(Change {
        id,
        crosses,
        patches: raw.active_from_patches,
        weight: weight(raw.severity),
        weight_istio: raw.severity_by_catalogue.istio.map(weight),
        weight_asm: raw.severity_by_catalogue.asm.map(|asm| match asm {
            AsmWeight::Blocker => Severity::Block,
            AsmWeight::Warn => Severity::Warn,
            AsmWeight::Note => Severity::Info,
        }),
        self_run_only: raw.scope == Scope::Istio,
        ambient: raw.ambient,
        escapes: raw.escape.iter().filter_map(|text| switch(text)).collect(),
        escapes_until: raw.escape_removed_in,
        reads: raw.detector.resources,
        source: source::notes(&raw.source, raw.crosses),
        legacy_filters: raw.detector.legacy_filter_names,
    })
}

fn weight(weight: Weight) -> Severity {
    match weight {
        Weight::High | Weight::MediumHigh => Severity::Block,
        Weight::Medium => Severity::Warn,
        Weight::Low => Severity::Info,
    }
}

/// A switch such as `ENABLE_AUTO_SNI=false`; what follows its value is a remark.
fn switch(text: &str) -> Option<(String, String)> {
    let (name, rest) = text.split_once('=')?;
    let is_variable =
        name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    let value = rest.split_whitespace().next()?;
    is_variable.then(|| (name.to_owned(), value.to_owned()))
}
