//! The truth table of `domain/istio.md` §2.3, over webhooks as Istio's chart renders them.

use rstest::rstest;

use super::*;
use crate::testing::{canary_mesh, labels, revision_injector, tag_injector};

/// 1-30 with the tag `default`, and 1-31 beside it.
fn two_revisions() -> Vec<Injector> {
    canary_mesh().injectors
}

/// An install without a revision, switched off because the tag `default` went to 1-31.
fn default_taken_over() -> Vec<Injector> {
    let mut old = revision_injector(DEFAULT_REVISION);
    for webhook in &mut old.webhooks {
        webhook.namespace_selector.match_labels = labels(&[DEACTIVATED]);
        webhook.object_selector.match_labels = labels(&[DEACTIVATED]);
    }
    vec![old, tag_injector(DEFAULT_TAG, "1-31"), revision_injector("1-31")]
}

fn outcome(injectors: &[Injector], namespace: &[(&str, &str)], pod: &[(&str, &str)]) -> Outcome {
    let namespace =
        Namespace { name: "shop".into(), labels: labels(namespace), ..Namespace::default() };
    let template = PodTemplate { labels: labels(pod), ..PodTemplate::default() };
    predict(injectors, &namespace, &template).outcome
}

fn by(revision: &str) -> Outcome {
    Outcome::Injected { revision: revision.into() }
}

const ENABLED: (&str, &str) = (INJECTION_LABEL, "enabled");
const DISABLED: (&str, &str) = (INJECTION_LABEL, "disabled");
const REV_31: (&str, &str) = (REVISION_LABEL, "1-31");
const REV_NONE: (&str, &str) = (REVISION_LABEL, "1-16");
const TAG: (&str, &str) = (REVISION_LABEL, "default");
const YES: (&str, &str) = (INJECT_LABEL, "true");
const NO: (&str, &str) = (INJECT_LABEL, "false");

#[rstest]
#[case::legacy_label(&[ENABLED], &[], by("1-30"))]
#[case::legacy_label_ignores_the_pod_revision(&[ENABLED], &[REV_31], by("1-30"))]
#[case::legacy_label_beats_revision(&[ENABLED, REV_31], &[], by("1-30"))]
#[case::disabled_beats_revision(&[DISABLED, REV_31], &[], Outcome::NotInjected)]
#[case::revision(&[REV_31], &[], by("1-31"))]
#[case::revision_ignores_the_pod(&[REV_31], &[(REVISION_LABEL, "1-30")], by("1-31"))]
#[case::revision_nobody_carries(&[REV_NONE], &[], Outcome::NotInjected)]
#[case::tag(&[TAG], &[], by("1-30"))]
#[case::pod_asks(&[], &[YES], by("1-30"))]
#[case::pod_names_a_revision(&[], &[REV_31], by("1-31"))]
#[case::pod_names_a_revision_and_asks(&[], &[REV_31, YES], by("1-31"))]
#[case::nobody_asks(&[], &[], Outcome::NotInjected)]
#[case::opted_out_of_legacy(&[ENABLED], &[NO], Outcome::NotInjected)]
#[case::opted_out_of_revision(&[REV_31], &[NO], Outcome::NotInjected)]
fn two_revisions_inject_by_the_truth_table(
    #[case] namespace: &[(&str, &str)],
    #[case] pod: &[(&str, &str)],
    #[case] expected: Outcome,
) {
    assert_eq!(outcome(&two_revisions(), namespace, pod), expected);
}

#[rstest]
#[case::legacy_label(&[ENABLED], by("1-31"))]
#[case::revision(&[REV_31], by("1-31"))]
#[case::tag(&[TAG], by("1-31"))]
#[case::nobody_asks(&[], Outcome::NotInjected)]
fn a_deactivated_injector_matches_nothing(
    #[case] namespace: &[(&str, &str)],
    #[case] expected: Outcome,
) {
    assert_eq!(outcome(&default_taken_over(), namespace, &[]), expected);
}

#[test]
fn an_active_default_injector_beside_the_default_tag_injects_twice() {
    let mut injectors = two_revisions();
    injectors.push(revision_injector(DEFAULT_REVISION));

    assert_eq!(outcome(&injectors, &[ENABLED], &[]), Outcome::Twice);
}

#[rstest]
#[case::host_network(PodTemplate { host_network: true, ..PodTemplate::default() }, Reason::HostNetwork)]
#[case::annotation(
    PodTemplate { inject_annotation: Some("false".into()), ..PodTemplate::default() },
    Reason::OptedOutByAnnotation
)]
fn istiod_leaves_out_what_its_own_filter_refuses(
    #[case] template: PodTemplate,
    #[case] expected: Reason,
) {
    let namespace = Namespace { labels: labels(&[ENABLED]), ..Namespace::default() };

    let found = predict(&two_revisions(), &namespace, &template);

    assert_eq!((found.outcome, found.reason), (Outcome::NotInjected, expected));
}

#[test]
fn the_default_revision_is_the_tags() {
    let snapshot = Snapshot { injectors: default_taken_over(), ..Snapshot::default() };

    assert_eq!(default_revision(&snapshot).revision.as_deref(), Some("1-31"));
}
