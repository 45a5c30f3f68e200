use rstest::rstest;

use super::*;
use crate::inventory::{Budget, REVISION_LABEL, Selector};
use crate::testing::{canary_mesh, deployment, labels, mesh, namespace};

const ENABLED: (&str, &str) = ("istio-injection", "enabled");

#[rstest]
#[case::on_its_revision(ENABLED, Some(("1-30", "1.30.5")), State::UpToDate)]
#[case::older_proxy_of_the_same_revision(ENABLED, Some(("1-30", "1.29.8")), State::Behind)]
#[case::moved_to_the_canary((REVISION_LABEL, "1-31"), Some(("1-30", "1.30.5")), State::NeedsRestart)]
#[case::already_on_the_canary((REVISION_LABEL, "1-31"), Some(("1-31", "1.31.1")), State::UpToDate)]
#[case::names_a_revision_that_is_gone((REVISION_LABEL, "1-16"), Some(("1-16", "1.16.7")), State::WouldLoseSidecar)]
#[case::started_before_the_label(ENABLED, None, State::MissingSidecar)]
#[case::not_in_the_mesh(("team", "a"), None, State::NoSidecar)]
fn a_workload_is_told_what_a_restart_would_do(
    #[case] label: (&str, &str),
    #[case] proxy: Option<(&str, &str)>,
    #[case] expected: State,
) {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "shop", &[label]);
    deployment(&mut mesh, "shop", "cart", 3, proxy);

    assert_eq!(assess(&mesh)[0].state, expected);
}

#[test]
fn after_an_in_place_upgrade_only_the_proxy_version_tells() {
    let mut mesh = mesh();
    namespace(&mut mesh, "shop", &[ENABLED]);
    deployment(&mut mesh, "shop", "cart", 2, Some(("1-30", "1.29.8")));

    let found = &assess(&mesh)[0];

    assert_eq!(found.now[0].revision, found.after.revision, "the revision's name did not change");
    assert_eq!(found.state, State::Behind);
}

#[rstest]
#[case::on_the_old_version("1.30.5", State::CannotRestart)]
#[case::on_the_version_of_its_control_plane("1.31.1", State::UpToDate)]
fn a_pinned_proxy_is_up_to_date_only_on_the_version_that_others_get(
    #[case] pinned: &str,
    #[case] expected: State,
) {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "shop", &[(REVISION_LABEL, "1-31")]);
    let cart = deployment(&mut mesh, "shop", "cart", 2, Some(("1-31", pinned)));
    let image: Name = format!("docker.io/istio/proxyv2:{pinned}").into();
    mesh.workloads.get_mut(&cart).unwrap().template.proxy_image = Some(image.clone());

    let found = &assess(&mesh)[0];

    assert_eq!(found.state, expected);
    assert_eq!(found.hindrance, Some(Hindrance::PinnedImage { image }), "the reason is named");
}

#[rstest]
#[case::paused(|workload: &mut Workload| workload.paused = true, Hindrance::Paused)]
#[case::on_delete(|workload: &mut Workload| workload.strategy = Strategy::OnDelete, Hindrance::OnDelete)]
fn a_restart_that_is_needed_and_cannot_help_is_named(
    #[case] change: fn(&mut Workload),
    #[case] expected: Hindrance,
) {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "shop", &[(REVISION_LABEL, "1-31")]);
    let cart = deployment(&mut mesh, "shop", "cart", 2, Some(("1-30", "1.30.5")));
    change(mesh.workloads.get_mut(&cart).unwrap());

    let found = &assess(&mesh)[0];

    assert_eq!((found.state, found.hindrance.clone()), (State::CannotRestart, Some(expected)));
}

#[test]
fn a_pinned_proxy_follows_its_namespace_to_another_revision_and_keeps_its_image() {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "shop", &[(REVISION_LABEL, "1-31")]);
    let cart = deployment(&mut mesh, "shop", "cart", 2, Some(("1-30", "1.30.5")));
    let image = Some("hub/proxyv2:1.30.5".into());
    mesh.workloads.get_mut(&cart).unwrap().template.proxy_image = image;

    let found = &assess(&mesh)[0];

    assert_eq!((found.state, &found.hindrance), (State::NeedsRestart, &None));
    assert_eq!(found.after.version.as_ref().map(ToString::to_string).as_deref(), Some("1.30.5"));
}

#[rstest]
#[case::surge_only(Strategy::Rolling { max_unavailable: 0, max_surge: 1 }, None)]
#[case::takes_one(Strategy::Rolling { max_unavailable: 1, max_surge: 0 }, Some(("cart".into(), 0)))]
#[case::recreate(Strategy::Recreate, Some(("cart".into(), 0)))]
fn a_restart_is_held_against_the_budget(
    #[case] strategy: Strategy,
    #[case] exceeds: Option<(Name, u32)>,
) {
    let mut mesh = mesh();
    namespace(&mut mesh, "shop", &[ENABLED]);
    let cart = deployment(&mut mesh, "shop", "cart", 3, Some(("1-30", "1.30.5")));
    mesh.workloads.get_mut(&cart).unwrap().strategy = strategy;
    mesh.budgets.push(Budget {
        namespace: "shop".into(),
        name: "cart".into(),
        selector: Selector { match_labels: labels(&[("app", "cart")]), expressions: Vec::new() },
        disruptions_allowed: 0,
    });

    assert_eq!(disruption(&mesh, &mesh.workloads[&cart]).exceeds, exceeds);
}

#[rstest]
#[case::tag("docker.io/istio/proxyv2:1.30.5", Some("1.30.5"))]
#[case::variant("hub:5000/istio/proxyv2:1.30.5-distroless", Some("1.30.5"))]
#[case::asm("registry/acs/proxyv2:v1.18.0.158-gc6cf0b9c-aliyun", Some("1.18.0.158"))]
#[case::digest("docker.io/istio/proxyv2@sha256:abc", None)]
#[case::port_without_tag("hub:5000/istio/proxyv2", None)]
#[case::word("docker.io/istio/proxyv2:latest", None)]
fn the_tag_of_an_image_names_its_version(#[case] image: &str, #[case] expected: Option<&str>) {
    let found = image_version(image).map(|version| version.numbers());

    assert_eq!(found.as_deref(), expected);
}
