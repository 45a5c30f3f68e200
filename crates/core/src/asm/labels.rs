//! Injection labels on ASM's side: how a change is asked for, and where both sides differ.
//!
//! Entry points: [`injection_of`], [`differing`]. Labels are changed on ASM's side, which syncs them
//! to the data plane (`domain/asm.md` §10.2); a change in the data plane alone is reverted. A policy
//! can leave a cluster out of it: then its own labels are the ones that count.

use crate::inventory::{InjectionLabels, LabelSync, Name, Snapshot};

/// What `UpdateIstioInjectionConfig` is asked for. The two ways exclude each other (S37, §7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InjectionChange {
    /// `IstioRev`: the value of `istio.io/rev`; only during a canary upgrade.
    Revision(Name),
    /// `EnableIstioInjection`: `istio-injection` is `enabled` or `disabled`.
    Injection(Switch),
}

/// The legacy switch of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// `istio-injection=enabled`.
    Enabled,
    /// `istio-injection=disabled`.
    Disabled,
}

/// A namespace whose injection labels differ between ASM and the data-plane cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The namespace.
    pub namespace: Name,
    /// Its labels on ASM's side.
    pub asm: InjectionLabels,
    /// Its labels in the cluster.
    pub cluster: InjectionLabels,
}

/// How labels are asked for; none for labels that ASM has no call for: both at once (S37), or none
/// at all.
pub fn injection_of(labels: &InjectionLabels) -> Option<InjectionChange> {
    match (labels.injection.as_deref(), &labels.revision) {
        (None, Some(revision)) => Some(InjectionChange::Revision(revision.clone())),
        (Some("enabled"), None) => Some(InjectionChange::Injection(Switch::Enabled)),
        (Some("disabled"), None) => Some(InjectionChange::Injection(Switch::Disabled)),
        (Some(_), _) | (None, None) => None,
    }
}

/// Namespaces on both sides whose labels differ, in name order. A namespace that ASM does not have
/// is not synced, so it differs from nothing (§10.1); nor does anything in a cluster that is left out.
pub fn differing(snapshot: &Snapshot) -> Vec<Differing> {
    let Some(instance) = &snapshot.instance else { return Vec::new() };
    match instance.sync {
        LabelSync::Spared => return Vec::new(),
        LabelSync::Copied => {}
    }
    let both = instance.labels.iter().filter_map(|(name, asm)| {
        let found = snapshot.namespaces.get(name).filter(|found| !found.terminating)?;
        let cluster = found.injection_labels();
        (cluster != *asm).then(|| Differing { namespace: name.clone(), asm: asm.clone(), cluster })
    });
    both.collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::asm::join;
    use crate::asm::testing::{canary, canary_data_plane, data_plane, instance};
    use crate::injection::{self, Outcome};
    use crate::inventory::{INJECTION_LABEL, PodTemplate, REVISION_LABEL};
    use crate::rollout::labels_for;
    use crate::testing::namespace;

    fn labels(injection: Option<&str>, revision: Option<&str>) -> InjectionLabels {
        InjectionLabels { injection: injection.map(Into::into), revision: revision.map(Into::into) }
    }

    #[rstest]
    #[case::s36_by_version(None, Some("1-18-0"), Some(InjectionChange::Revision("1-18-0".into())))]
    #[case::stable(None, Some("stable"), Some(InjectionChange::Revision("stable".into())))]
    #[case::canary(None, Some("canary"), Some(InjectionChange::Revision("canary".into())))]
    #[case::legacy(Some("enabled"), None, Some(InjectionChange::Injection(Switch::Enabled)))]
    #[case::off(Some("disabled"), None, Some(InjectionChange::Injection(Switch::Disabled)))]
    #[case::s37_never_both(Some("enabled"), Some("1-18-0"), None)]
    #[case::none(None, None, None)]
    fn a_label_is_asked_for_by_one_call(
        #[case] injection: Option<&str>,
        #[case] revision: Option<&str>,
        #[case] expected: Option<InjectionChange>,
    ) {
        assert_eq!(injection_of(&labels(injection, revision)), expected);
    }

    /// The table of S35, row by row, during a canary from 1.16.4 to 1.18.0.
    #[rstest]
    #[case::istio_injection(&[(INJECTION_LABEL, "enabled")], Some("1-16-4"))]
    #[case::stable(&[(REVISION_LABEL, "stable")], Some("1-16-4"))]
    #[case::current_by_version(&[(REVISION_LABEL, "1-16-4")], Some("1-16-4"))]
    #[case::canary(&[(REVISION_LABEL, "canary")], Some("1-18-0"))]
    #[case::canary_by_version(&[(REVISION_LABEL, "1-18-0")], Some("1-18-0"))]
    #[case::no_label(&[], None)]
    #[case::unknown_version(&[(REVISION_LABEL, "1-17-2")], None)]
    #[case::both_labels(&[(INJECTION_LABEL, "enabled"), (REVISION_LABEL, "1-18-0")], Some("1-16-4"))]
    fn s35_the_label_chooses_the_version(
        #[case] pairs: &[(&str, &str)],
        #[case] expected: Option<&str>,
    ) {
        let mut cluster = canary_data_plane();
        namespace(&mut cluster, "shop", pairs);
        let mesh = join(cluster, &canary(instance("1.16.4.93")));

        let shop = &mesh.namespaces["shop"];
        let found = injection::predict(&mesh.injectors, shop, &PodTemplate::default());

        let revision = match &found.outcome {
            Outcome::Injected { revision } => Some(&**revision),
            Outcome::Twice | Outcome::NotInjected => None,
        };
        assert_eq!(revision, expected);
    }

    #[rstest]
    #[case::s36_s38_forward(&[(INJECTION_LABEL, "enabled")], "1-18-0", None, labels(None, Some("1-18-0")))]
    #[case::back_to_what_it_was(&[(REVISION_LABEL, "1-18-0")], "1-16-4", Some(labels(None, Some("stable"))), labels(None, Some("stable")))]
    #[case::back_without_memory(&[(REVISION_LABEL, "1-18-0")], "1-16-4", None, labels(Some("enabled"), None))]
    fn a_move_leaves_exactly_one_label(
        #[case] pairs: &[(&str, &str)],
        #[case] to: &str,
        #[case] earlier: Option<InjectionLabels>,
        #[case] expected: InjectionLabels,
    ) {
        let mut cluster = canary_data_plane();
        namespace(&mut cluster, "shop", pairs);
        let mesh = join(cluster, &canary(instance("1.16.4.93")));

        let found = labels_for(&mesh, &mesh.namespaces["shop"], to, earlier.as_ref());

        assert_eq!(found, expected);
        assert!(injection_of(&found).is_some(), "ASM has a call for it");
    }

    #[test]
    fn a_label_that_asm_would_revert_is_named() {
        let mut cluster = data_plane();
        namespace(&mut cluster, "shop", &[(REVISION_LABEL, "1-18-0")]);
        namespace(&mut cluster, "only-here", &[(INJECTION_LABEL, "enabled")]);
        let mut asm = instance("1.16.4.93");
        asm.labels.insert("shop".into(), labels(Some("enabled"), None));
        asm.labels.insert("only-there".into(), labels(Some("enabled"), None));

        let found = differing(&join(cluster, &asm));

        let expected = Differing {
            namespace: "shop".into(),
            asm: labels(Some("enabled"), None),
            cluster: labels(None, Some("1-18-0")),
        };
        assert_eq!(found, [expected], "a namespace of one side alone is not synced");
    }
}
