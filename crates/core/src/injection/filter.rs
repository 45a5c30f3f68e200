//! What istiod itself decides after a webhook matched: its `ConfigMap`'s selectors and policy, in the
//! order in which `injectRequired` of `pkg/kube/inject/inject.go` asks them.
//!
//! Entry point: [`refuses`]. What comes before them (the host's network, namespaces that are left
//! alone, an annotation that opts out) is the same for every injector, and decided in the parent.

use super::{Reason, selects};
use crate::inventory::{
    INJECT_LABEL, InjectionPolicy, InjectorConfig, Name, PodTemplate, Selector,
};

/// Why this injector leaves a pod out; none when it injects it. One whose `ConfigMap` was not read is
/// taken for one that the chart installed, which injects.
pub(super) fn refuses(config: Option<&InjectorConfig>, template: &PodTemplate) -> Option<Reason> {
    let config = config?;
    let matches = |selectors: &[Selector]| {
        selectors.iter().any(|one| !is_empty(one) && selects(one, &template.labels))
    };
    match (said(template), config.policy) {
        (_, InjectionPolicy::Unknown) => Some(Reason::PolicyOff),
        (Some(true), InjectionPolicy::Enabled | InjectionPolicy::Disabled) => None,
        // It has opted out already, which is a better reason than the policy.
        (Some(false), InjectionPolicy::Enabled | InjectionPolicy::Disabled) => None,
        (None, InjectionPolicy::Enabled | InjectionPolicy::Disabled) if matches(&config.never) => {
            Some(Reason::NeverSelected)
        }
        (None, InjectionPolicy::Enabled) => None,
        (None, InjectionPolicy::Disabled) => {
            (!matches(&config.always)).then_some(Reason::PolicyOff)
        }
    }
}

/// What the pod says for itself: its label before its annotation, and true and false alone.
fn said(template: &PodTemplate) -> Option<bool> {
    let label = template.labels.get(INJECT_LABEL);
    let value: Option<&Name> = label.or(template.inject_annotation.as_ref());
    value.and_then(|value| value.parse().ok())
}

/// Kubernetes takes an empty selector for everything, and istiod leaves it out.
fn is_empty(selector: &Selector) -> bool {
    selector.match_labels.is_empty() && selector.expressions.is_empty()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::injection::{Outcome, predict};
    use crate::inventory::{Labels, Namespace};
    use crate::testing::{labels, revision_injector};

    fn selector(pairs: &[(&str, &str)]) -> Selector {
        Selector { match_labels: labels(pairs), expressions: Vec::new() }
    }

    /// What happens to a pod in a namespace of revision 1-30 whose injector is told this.
    fn fate(
        config: InjectorConfig,
        pod: &[(&str, &str)],
        annotation: Option<&str>,
    ) -> (bool, Reason) {
        let mut injector = revision_injector("1-30");
        injector.config = Some(config);
        let namespace = Namespace {
            name: "shop".into(),
            labels: labels(&[("istio.io/rev", "1-30")]),
            ..Namespace::default()
        };
        let pod: Labels = labels(pod);
        let inject_annotation = annotation.map(Into::into);
        let template = PodTemplate { labels: pod, inject_annotation, ..PodTemplate::default() };
        let found = predict(&[injector], &namespace, &template);
        (found.outcome != Outcome::NotInjected, found.reason)
    }

    fn never() -> InjectorConfig {
        InjectorConfig { never: vec![selector(&[("kind", "job")])], ..InjectorConfig::default() }
    }

    fn disabled() -> InjectorConfig {
        InjectorConfig {
            policy: InjectionPolicy::Disabled,
            always: vec![selector(&[("kind", "web")])],
            ..InjectorConfig::default()
        }
    }

    #[rstest]
    #[case::selected(&[("kind", "job")], None, false)]
    #[case::not_selected(&[("kind", "web")], None, true)]
    #[case::its_label_wins(&[("kind", "job"), ("sidecar.istio.io/inject", "true")], None, true)]
    #[case::its_annotation_wins(&[("kind", "job")], Some("true"), true)]
    #[case::a_wrong_word_says_nothing(&[("kind", "job")], Some("yes"), false)]
    fn a_never_selector_leaves_out_pods_that_say_nothing(
        #[case] pod: &[(&str, &str)],
        #[case] annotation: Option<&str>,
        #[case] injected: bool,
    ) {
        let (found, reason) = fate(never(), pod, annotation);

        assert_eq!(found, injected);
        assert_eq!(reason == Reason::NeverSelected, !injected);
    }

    #[rstest]
    #[case::says_nothing(&[], None, false)]
    #[case::always_selected(&[("kind", "web")], None, true)]
    #[case::asks_by_label(&[("sidecar.istio.io/inject", "true")], None, true)]
    #[case::asks_by_annotation(&[], Some("true"), true)]
    #[case::label_before_annotation(&[("sidecar.istio.io/inject", "maybe")], Some("true"), false)]
    fn a_policy_that_is_off_injects_only_who_asks(
        #[case] pod: &[(&str, &str)],
        #[case] annotation: Option<&str>,
        #[case] injected: bool,
    ) {
        let (found, reason) = fate(disabled(), pod, annotation);

        assert_eq!(found, injected);
        assert_eq!(reason == Reason::PolicyOff, !injected);
    }

    #[test]
    fn never_comes_before_always_and_no_selector_selects_nothing() {
        let mut both = never();
        both.always = vec![selector(&[("kind", "job")])];
        assert!(!fate(both, &[("kind", "job")], None).0);

        let empty = InjectorConfig { never: vec![selector(&[])], ..InjectorConfig::default() };
        assert!(fate(empty, &[("kind", "job")], None).0);
    }

    #[test]
    fn a_policy_that_istiod_does_not_know_injects_nothing() {
        let config =
            InjectorConfig { policy: InjectionPolicy::Unknown, ..InjectorConfig::default() };

        let (injected, reason) = fate(config, &[("sidecar.istio.io/inject", "true")], None);

        assert_eq!((injected, reason), (false, Reason::PolicyOff));
    }
}
