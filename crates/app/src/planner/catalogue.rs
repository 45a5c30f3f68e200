//! The catalogue as the window shows it.
//!
//! Entry points: [`view`] and [`windows`].

use meshlift_core::catalog::{
    Advice, Catalog, KnownBad, Origin, Part, PartKind, Release, VersionRange,
};
use meshlift_core::version::MeshVersion;
use semver::Version;

use super::{changes, count};
use crate::api::dto::{
    CatalogueOrigin, CataloguePart, CataloguePartKind, CatalogueView, DefectAdvice, DefectView,
    Phrase, ReleaseView, WindowView,
};

/// The whole catalogue, and the file that the user named.
pub(crate) fn view(
    catalog: &Catalog,
    file: Option<String>,
    problem: Option<Phrase>,
) -> CatalogueView {
    CatalogueView {
        parts: catalog.parts.iter().map(|one| part(catalog, *one)).collect(),
        file,
        problem,
        releases: catalog.releases.iter().rev().map(|one| release(catalog, one)).collect(),
        defects: catalog.known_bad.iter().map(defect).collect(),
        changes: catalog.changes.iter().rev().map(|change| changes::view(change, None)).collect(),
        asm: catalog.asm.iter().rev().map(MeshVersion::numbers).collect(),
    }
}

/// Support windows of the minors from one version to another.
pub(super) fn windows(catalog: &Catalog, from: &MeshVersion, to: &MeshVersion) -> Vec<WindowView> {
    let range = from.minor()..=to.minor();
    catalog.releases.iter().filter(|release| range.contains(&release.minor)).map(window).collect()
}

fn window(release: &Release) -> WindowView {
    WindowView {
        minor: release.minor.to_string(),
        released: release.released.to_string(),
        ends: release.ends.map(|end| end.date.to_string()),
        estimated: release.ends.is_some_and(|end| end.estimated),
        kubernetes: release.kubernetes.iter().map(ToString::to_string).collect(),
    }
}

fn part(catalog: &Catalog, part: Part) -> CataloguePart {
    let (kind, entries) = match part.kind {
        PartKind::Releases => (CataloguePartKind::Releases, catalog.releases.len()),
        PartKind::KnownBad => (CataloguePartKind::KnownBad, catalog.known_bad.len()),
        PartKind::Changes => (CataloguePartKind::Changes, catalog.changes.len()),
        PartKind::AsmVersions => (CataloguePartKind::AsmVersions, catalog.asm.len()),
    };
    CataloguePart {
        kind,
        as_of: part.as_of.to_string(),
        origin: match part.origin {
            Origin::Embedded => CatalogueOrigin::Embedded,
            Origin::File => CatalogueOrigin::File,
            Origin::Live => CatalogueOrigin::Live,
        },
        count: count(entries),
    }
}

fn release(catalog: &Catalog, release: &Release) -> ReleaseView {
    ReleaseView {
        window: window(release),
        newest: release.newest.numbers(),
        sound: catalog.newest_sound(release.minor).map(|version| version.numbers()),
        kubernetes: release.kubernetes_range(),
        kubernetes_minimum: release.kubernetes_minimum.map(|minor| minor.to_string()),
    }
}

fn defect(defect: &KnownBad) -> DefectView {
    let ranges: Vec<String> = defect.ranges.iter().map(range).collect();
    DefectView {
        id: defect.id.clone(),
        title: defect.title.clone(),
        versions: ranges.join(", "),
        advice: match defect.advice {
            Advice::Avoid => DefectAdvice::Avoid,
            Advice::Caution => DefectAdvice::Caution,
            Advice::SourceOnly => DefectAdvice::SourceOnly,
            Advice::CliOnly => DefectAdvice::CliOnly,
        },
        problem: defect.problem.clone(),
        condition: defect.condition.clone(),
        fixed_in: defect.fixed_in.iter().map(ToString::to_string).collect(),
        source: defect.source.clone(),
    }
}

/// A range such as `1.30.0–1.30.2`; `≤` where no first version is stated, `≥` where no last one is.
fn range(range: &VersionRange) -> String {
    let is_open = range.min == Version::new(0, 0, 0);
    match &range.max {
        None if is_open => "*".to_owned(),
        None => format!("≥ {}", range.min),
        Some(max) if is_open => format!("≤ {max}"),
        Some(max) if *max == range.min => max.to_string(),
        Some(max) => format!("{}–{max}", range.min),
    }
}
