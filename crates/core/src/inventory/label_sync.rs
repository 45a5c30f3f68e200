//! Whether ASM copies the injection labels of namespaces to a data-plane cluster (`domain/asm.md`
//! §10.2).

use serde::{Deserialize, Serialize};

use super::Name;

/// Whether ASM copies its namespaces' labels to the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LabelSync {
    /// It does: a label is set on ASM's side, and one that was set in the cluster alone is put back.
    #[default]
    Copied,
    /// An `ASMReconcileNSLabels` leaves the cluster out: a label is set in the cluster itself.
    Spared,
}

/// What an `ASMReconcileNSLabels` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncPolicy {
    /// Whether the clusters are those that get a copy, or those that get none.
    pub allows: bool,
    /// The clusters that it names.
    pub clusters: Vec<Name>,
}

impl SyncPolicy {
    /// What it means for the clusters of an instance; none where it does not mean the same for all
    /// of them, as nothing in a cluster names its own id.
    pub fn over<'a>(&self, members: impl IntoIterator<Item = &'a Name>) -> Option<LabelSync> {
        let mut each = members.into_iter().map(|member| self.covers(member));
        let first = each.next()?;
        let sync = if first { LabelSync::Copied } else { LabelSync::Spared };
        each.all(|other| other == first).then_some(sync)
    }

    fn covers(&self, member: &Name) -> bool {
        self.clusters.contains(member) == self.allows
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::on_the_list_of_those_that_get_one(true, &["c1"], &["c1"], Some(LabelSync::Copied))]
    #[case::not_on_it(true, &["c2"], &["c1"], Some(LabelSync::Spared))]
    #[case::the_list_is_empty(true, &[], &["c1"], Some(LabelSync::Spared))]
    #[case::on_the_list_of_those_that_get_none(false, &["c1"], &["c1"], Some(LabelSync::Spared))]
    #[case::nobody_is_left_out(false, &[], &["c1"], Some(LabelSync::Copied))]
    #[case::all_alike(false, &["c1", "c2"], &["c1", "c2"], Some(LabelSync::Spared))]
    #[case::one_of_two(false, &["c1"], &["c1", "c2"], None)]
    #[case::clusters_not_read(false, &["c1"], &[], None)]
    fn a_policy_allows_or_leaves_out(
        #[case] allows: bool,
        #[case] listed: &[&str],
        #[case] members: &[&str],
        #[case] expected: Option<LabelSync>,
    ) {
        let names = |of: &[&str]| of.iter().map(|&name| Name::from(name)).collect::<Vec<_>>();
        let policy = SyncPolicy { allows, clusters: names(listed) };

        assert_eq!(policy.over(&names(members)), expected);
    }
}
