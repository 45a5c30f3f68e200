//! The truth table of `domain/istio.md` §2.3, over webhooks as Istio's chart renders them.

use rstest::rstest;

use super::*;
use crate::testing::{canary_mesh, deployment, labels, namespace, revision_injector, tag_injector};

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

// ---------------------------------------------------------------------- ASM's labels

/// An ASM instance with the canary 1.18.0 beside 1.17.2: each revision answers for its own name,
/// `stable` for the current version, `canary` for the new one (S35).
fn asm_with_canary() -> Vec<Injector> {
    vec![
        tag_injector(DEFAULT_TAG, "1-17-2"),
        revision_injector("1-17-2"),
        tag_injector("stable", "1-17-2"),
        revision_injector("1-18-0"),
        tag_injector("canary", "1-18-0"),
    ]
}

#[rstest]
#[case::row_1(&[ENABLED], by("1-17-2"))]
#[case::row_2(&[(REVISION_LABEL, "stable")], by("1-17-2"))]
#[case::row_3(&[(REVISION_LABEL, "1-17-2")], by("1-17-2"))]
#[case::row_4(&[(REVISION_LABEL, "canary")], by("1-18-0"))]
#[case::row_5(&[(REVISION_LABEL, "1-18-0")], by("1-18-0"))]
// S37: both keys exclude each other; the legacy one wins, so the canary is not reached.
#[case::both_keys(&[ENABLED, (REVISION_LABEL, "1-18-0")], by("1-17-2"))]
#[case::version_with_dots(&[(REVISION_LABEL, "1.18.0")], Outcome::NotInjected)]
fn s35_labels_choose_the_version_while_a_canary_is_active(
    #[case] namespace: &[(&str, &str)],
    #[case] expected: Outcome,
) {
    assert_eq!(outcome(&asm_with_canary(), namespace, &[]), expected);
}

// ---------------------------------------------------------------------- before and after

fn shop(mesh: &mut Snapshot, pairs: &[(&str, &str)], proxy: Option<(&str, &str)>) {
    namespace(mesh, "shop", pairs);
    deployment(mesh, "shop", "cart", 2, proxy);
}

fn relabelled(mesh: &Snapshot, pairs: &[(&str, &str)]) -> Snapshot {
    let mut after = mesh.clone();
    namespace(&mut after, "shop", pairs);
    after
}

const OLD: Option<(&str, &str)> = Some(("1-30", "1.30.5"));

#[rstest]
#[case::same(&[ENABLED], &[ENABLED], OLD, Effect::Unchanged)]
#[case::moved(&[ENABLED], &[REV_31], OLD, Effect::Moves)]
#[case::label_forgotten(&[ENABLED], &[], OLD, Effect::Loses)]
#[case::label_of_nobody(&[ENABLED], &[REV_NONE], OLD, Effect::Loses)]
#[case::label_of_nobody_and_no_proxy_yet(&[ENABLED], &[REV_NONE], None, Effect::Loses)]
#[case::lost_long_ago(&[REV_NONE], &[REV_NONE], OLD, Effect::LosesAnyway)]
#[case::gained(&[], &[REV_31], None, Effect::Gains)]
fn a_change_of_labels_has_an_effect(
    #[case] before: &[(&str, &str)],
    #[case] after: &[(&str, &str)],
    #[case] proxy: Option<(&str, &str)>,
    #[case] expected: Effect,
) {
    let mut mesh = canary_mesh();
    shop(&mut mesh, before, proxy);

    let concerned = compare(&mesh, &relabelled(&mesh, after), None);

    let effects: Vec<Effect> = concerned.iter().map(|one| one.simulated.effect).collect();
    assert_eq!(effects, [expected]);
}

#[test]
fn an_upgrade_in_place_is_no_move() {
    let mut mesh = canary_mesh();
    shop(&mut mesh, &[ENABLED], OLD);
    let mut after = mesh.clone();
    for plane in &mut after.control_planes {
        let newer = "1.30.6".parse().ok();
        plane.version.clone_from(&newer);
        if let Some(proxy) = &mut plane.proxy {
            proxy.version = newer;
        }
    }

    let concerned = compare(&mesh, &after, None);

    let effects: Vec<Effect> = concerned.iter().map(|one| one.simulated.effect).collect();
    assert_eq!(effects, [Effect::Upgrades]);
}

#[test]
fn who_is_no_concern_of_the_mesh_is_left_out() {
    let mut mesh = canary_mesh();
    shop(&mut mesh, &[], None);

    assert_eq!(compare(&mesh, &mesh, None), []);
}

#[test]
fn an_injector_beside_the_default_tag_doubles() {
    let mut mesh = canary_mesh();
    shop(&mut mesh, &[ENABLED], OLD);
    let mut after = mesh.clone();
    after.injectors.push(revision_injector(DEFAULT_REVISION));

    let effect = |before: &Snapshot| compare(before, &after, None)[0].simulated.effect;
    assert_eq!(effect(&mesh), Effect::Doubles);
    assert_eq!(effect(&after), Effect::DoubleAnyway);
}

#[test]
fn a_revision_without_a_ready_istiod_refuses_its_pods() {
    let mut mesh = canary_mesh();
    shop(&mut mesh, &[ENABLED], OLD);
    mesh.control_planes[1].endpoints = Some(0);

    let concerned = compare(&mesh, &relabelled(&mesh, &[REV_31]), None);

    let simulated = &concerned[0].simulated;
    assert_eq!((simulated.now.answer, simulated.after.answer), (Answer::Answers, Answer::Refused));
    assert_eq!(simulated.effect, Effect::Refused);
    assert_eq!(simulated.after.version, "1.31.1".parse().ok(), "what it would have been");
}

#[rstest]
#[case::invalid_label(&[(INJECT_LABEL, "no")], None, by("1-30"))]
#[case::invalid_annotation(&[], Some("disabled"), by("1-30"))]
#[case::label_before_annotation(&[YES], Some("false"), by("1-30"))]
#[case::annotation(&[], Some("false"), Outcome::NotInjected)]
fn istiod_takes_true_and_false_and_leaves_the_rest_to_its_policy(
    #[case] pod: &[(&str, &str)],
    #[case] annotation: Option<&str>,
    #[case] expected: Outcome,
) {
    let namespace = Namespace { labels: labels(&[ENABLED]), ..Namespace::default() };
    let template = PodTemplate {
        labels: labels(pod),
        inject_annotation: annotation.map(Into::into),
        ..PodTemplate::default()
    };

    assert_eq!(predict(&two_revisions(), &namespace, &template).outcome, expected);
}
