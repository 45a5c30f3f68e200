//! Changes that `EnvoyFilter` objects run into.

use super::{Crossing, Hit};
use crate::inventory::evidence::{EnvoyFilter, EnvoyPatch};
use crate::precheck::edit;

/// B119-1: filters by the names of older Envoys, configured without a type, or of a version that
/// no istiod knows.
pub(super) fn legacy(crossing: &Crossing<'_>) -> Vec<Hit> {
    let names = &crossing.change.legacy_filters;
    let filters = crossing.facts.evidence.envoy_filters.iter();
    filters
        .filter_map(|filter| {
            let at = filter.patches.iter().find_map(|patch| {
                let mut old = patch.filters.iter().filter(|name| names.contains_key(&***name));
                match old.next() {
                    Some(name) => Some(format!("{name} → {}", canonical(&names[&**name], patch))),
                    None if patch.untyped => Some("config".to_owned()),
                    None => patch.version_two.then(|| "envoy.config.….v2".to_owned()),
                }
            })?;
            Some(hit(filter).at(at))
        })
        .collect()
}

/// Where a name stands for two filters, the place of the patch decides.
fn canonical<'a>(names: &'a [String], patch: &EnvoyPatch) -> &'a str {
    let kind = if patch.apply_to.starts_with("HTTP") { ".http." } else { ".network." };
    let fitting = names.iter().find(|name| name.contains(kind)).or_else(|| names.first());
    fitting.map_or("", String::as_str)
}

/// B120-1: filters that are put before or after others, whose order changed.
pub(super) fn relative(crossing: &Crossing<'_>) -> Vec<Hit> {
    let filters = crossing.facts.evidence.envoy_filters.iter();
    filters
        .filter_map(|filter| {
            let operations = ["INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST"];
            let patch = filter.patches.iter().find(|it| operations.contains(&&*it.operation))?;
            Some(hit(filter).at(&*patch.operation))
        })
        .collect()
}

/// A filter, and how to open it.
pub(super) fn hit(filter: &EnvoyFilter) -> Hit {
    Hit::new(format!("EnvoyFilter {}", filter.name)).mended_by(edit("envoyfilter", &filter.name))
}
