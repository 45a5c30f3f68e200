//! How many pods the cluster has, where its ztunnels ask istiod for all of them.
//!
//! Entry point: [`read`]. They are counted, not read: most carry no label of the mesh.

use meshlift_core::inventory::evidence::{Gap, Resource};
use meshlift_core::inventory::{Evidence, Snapshot, Unsupported};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::reader::Reader;
use crate::wire;

/// Counts them in a mesh of ambient mode.
pub(super) async fn read(reader: &Reader, mesh: &Snapshot) -> Evidence {
    let mut evidence = Evidence::default();
    if mesh.unsupported.contains(&Unsupported::Ambient) {
        match reader.one::<FirstPod>("/api/v1/pods?limit=1").await {
            Ok(first) => count(&mut evidence, &first.unwrap_or_default()),
            Err(why) => evidence.gaps.push(Gap { of: Resource::Pods, why }),
        }
    }
    evidence
}

/// The count, or that the server gave none.
fn count(evidence: &mut Evidence, first: &FirstPod) {
    evidence.pods = first.and_those_that_remain();
    if evidence.pods.is_none() {
        let why = "the server did not count them".to_owned();
        evidence.gaps.push(Gap { of: Resource::Pods, why });
    }
}

/// A page of one pod, with what the server says of the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct FirstPod {
    metadata: Remaining,
    #[serde(deserialize_with = "wire::null_as_default")]
    items: Vec<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Remaining {
    remaining_item_count: Option<usize>,
    #[serde(rename = "continue")]
    more: String,
}

impl FirstPod {
    /// All pods; none when more follow and the server does not say how many.
    fn and_those_that_remain(&self) -> Option<usize> {
        let shown = self.items.len();
        match self.metadata.remaining_item_count {
            Some(remaining) => Some(shown + remaining),
            None => self.metadata.more.is_empty().then_some(shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case::more(json!({"metadata": {"continue": "x", "remainingItemCount": 41}, "items": [{}]}), Some(42))]
    #[case::all_of_them(json!({"metadata": {}, "items": [{}]}), Some(1))]
    #[case::nobody_counts(json!({"metadata": {"continue": "x"}, "items": [{}]}), None)]
    #[case::none(json!({"metadata": {}, "items": null}), Some(0))]
    fn pods_are_counted_by_what_remains(#[case] page: Value, #[case] expected: Option<usize>) {
        let page: FirstPod = serde_json::from_value(page).unwrap();

        let mut evidence = Evidence::default();
        count(&mut evidence, &page);

        assert_eq!(evidence.pods, expected);
        assert_eq!(evidence.gap(Resource::Pods).is_some(), expected.is_none());
    }
}
