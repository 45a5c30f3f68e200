//! Versions on the way that a route does not stop at, and why.

use super::search::Question;
use crate::policy::Provider;
use crate::version::MeshVersion;

/// A version that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The version.
    pub version: MeshVersion,
    /// The version of the same minor that is taken in its place.
    pub instead: MeshVersion,
    /// Ids of the known defects that speak against it; none when it is only superseded.
    pub defects: Vec<String>,
}

/// What was passed over for a stop: what is known to be bad and newer, and for a provider that
/// names its builds also what the stop supersedes.
pub(super) fn of_stop(question: &Question<'_>, stop: &MeshVersion) -> Vec<PassedOver> {
    let catalog = question.catalog;
    let passed = |version: &MeshVersion| PassedOver {
        version: version.clone(),
        instead: stop.clone(),
        defects: catalog.reasons_to_avoid(version),
    };
    match question.profile.provider {
        Provider::Istio => {
            let Some(release) = catalog.release(stop.minor()) else { return Vec::new() };
            let newer = (stop.istio().patch + 1)..=release.newest.istio().patch;
            newer
                .filter_map(|patch| format!("{}.{patch}", stop.minor()).parse().ok())
                .map(|version| passed(&version))
                .collect()
        }
        Provider::Asm => catalog
            .asm
            .iter()
            .filter(|version| version.minor() == stop.minor() && *version < stop)
            .map(passed)
            .collect(),
    }
}
