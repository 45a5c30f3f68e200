//! A healthy mesh has no finding; with one fault it has exactly that finding. Each rule has a fixture
//! that hits and one that just misses: those of the catalogue are in [`fixtures`], those of changes
//! beside the changes.

mod documented;
pub(super) mod fixtures;

mod instance;
mod parts;

use rstest::rstest;

use super::*;
use crate::inventory::evidence::{Gap, Node};
use crate::inventory::{
    Budget, Cluster, Installer, ProxyPlacement, REVISION_LABEL, Selector, Strategy, TemplateTrait,
    Unreadable, Unsupported,
};
use crate::policy::Profile;
use crate::testing::{
    canary_mesh, control_plane, deployment, evidence, healthy_mesh as healthy, labels, mesh,
    namespace, node,
};

pub(super) fn checked(snapshot: &Snapshot, method: Method, target: &str) -> Report {
    let target: MeshVersion = target.parse().unwrap();
    check(snapshot, &Aim { target: &target, ..aim(method) })
}

static TARGET: std::sync::LazyLock<MeshVersion> =
    std::sync::LazyLock::new(|| "1.31.1".parse().unwrap());

pub(super) fn aim(method: Method) -> Aim<'static> {
    Aim {
        method,
        stable: "1-30",
        target: &TARGET,
        profile: Profile::by_id("istio").unwrap(),
        catalog: Catalog::embedded(),
        today: jiff::civil::date(2026, 11, 24),
        operator: "ana@laptop",
    }
}

fn in_place(snapshot: &Snapshot) -> Report {
    checked(snapshot, Method::InPlace, "1.31.1")
}

/// How many rules run on the way from 1.30.5 to a target.
fn ran(target: &str) -> usize {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).chain([CHANGES]).collect();
    let to: MeshVersion = target.parse().unwrap();
    let minors = |change: &&Change| change.crosses.contains(&to.minor()) && !change.ambient;
    ids.len() + changes().iter().filter(minors).count()
}

fn rules(report: &Report) -> Vec<(&str, Severity)> {
    report.findings.iter().map(|finding| (&*finding.rule, finding.severity)).collect()
}

#[rstest]
#[case::in_place(Method::InPlace)]
#[case::canary(Method::Canary)]
fn a_healthy_mesh_has_no_finding(#[case] method: Method) {
    let report = checked(&healthy(), method, "1.31.1");

    assert_eq!(report.findings, Vec::new());
    assert_eq!(report.passed as usize, ran("1.31.1"), "every rule ran and passed");
}

fn kubernetes_too_old(mesh: &mut Snapshot) {
    mesh.cluster = Cluster { kubernetes: "v1.28.3".into(), ..mesh.cluster.clone() };
}

fn kubernetes_undocumented(mesh: &mut Snapshot) {
    mesh.cluster = Cluster { kubernetes: "v1.99.0".into(), ..mesh.cluster.clone() };
}

fn proxies_two_minors_behind(mesh: &mut Snapshot) {
    deployment(mesh, "shop", "old", 2, Some(("1-30", "1.29.8")));
}

fn proxies_ahead(mesh: &mut Snapshot) {
    deployment(mesh, "shop", "new", 2, Some(("1-30", "1.32.0")));
}

fn both_labels(mesh: &mut Snapshot) {
    namespace(mesh, "both", &[("istio-injection", "enabled"), (REVISION_LABEL, "1-30")]);
}

fn orphaned_namespace(mesh: &mut Snapshot) {
    namespace(mesh, "gone", &[(REVISION_LABEL, "1-16")]);
}

fn one_replica(mesh: &mut Snapshot) {
    let plane = &mut mesh.control_planes[0];
    (plane.replicas, plane.ready) = (1, 1);
}

fn rolling(mesh: &mut Snapshot) {
    mesh.control_planes[0].rolling = true;
}

fn no_ca_bundle(mesh: &mut Snapshot) {
    mesh.injectors[0].webhooks[0].has_ca_bundle = false;
}

/// The injector of a revision whose istiod is gone.
fn left_over_injector(mesh: &mut Snapshot) {
    mesh.injectors.push(crate::testing::revision_injector("1-29"));
}

fn paused(mesh: &mut Snapshot) {
    mesh.workloads.values_mut().for_each(|workload| workload.paused = true);
}

fn recreate(mesh: &mut Snapshot) {
    mesh.workloads.values_mut().for_each(|workload| workload.strategy = Strategy::Recreate);
}

fn no_disruption_allowed(mesh: &mut Snapshot) {
    let strategy = Strategy::Rolling { max_unavailable: 1, max_surge: 0 };
    mesh.workloads.values_mut().for_each(|workload| workload.strategy = strategy);
    mesh.budgets.push(Budget {
        namespace: "shop".into(),
        name: "cart".into(),
        selector: Selector { match_labels: labels(&[("app", "cart")]), ..Selector::default() },
        disruptions_allowed: 0,
    });
}

fn pinned(mesh: &mut Snapshot) {
    let image = Some("hub/proxyv2:1.30.5".into());
    mesh.workloads
        .values_mut()
        .for_each(|workload| workload.template.proxy_image.clone_from(&image));
}

fn budgets_forbidden(mesh: &mut Snapshot) {
    let why = "you may not list them".to_owned();
    mesh.unreadable.push(Unreadable { what: "poddisruptionbudgets".to_owned(), why });
}

#[rstest]
#[case::kubernetes_too_old(kubernetes_too_old, "P-01", Severity::Block)]
#[case::kubernetes_undocumented(kubernetes_undocumented, "P-01", Severity::Warn)]
#[case::proxies_two_minors_behind(proxies_two_minors_behind, "P-03", Severity::Block)]
#[case::proxies_ahead(proxies_ahead, "P-04", Severity::Block)]
#[case::both_labels(both_labels, "P-06", Severity::Warn)]
#[case::orphaned_namespace(orphaned_namespace, "P-07", Severity::Warn)]
#[case::no_ca_bundle(no_ca_bundle, "P-08", Severity::Block)]
#[case::left_over_injector(left_over_injector, "P-08", Severity::Block)]
#[case::one_replica(one_replica, "P-09", Severity::Warn)]
#[case::rolling(rolling, "P-10", Severity::Block)]
#[case::paused(paused, "P-25", Severity::Warn)]
#[case::recreate(recreate, "P-25", Severity::Warn)]
#[case::no_disruption_allowed(no_disruption_allowed, "P-25", Severity::Warn)]
#[case::pinned(pinned, "P-27", Severity::Warn)]
fn one_fault_is_exactly_one_finding(
    #[case] plant: fn(&mut Snapshot),
    #[case] rule: &str,
    #[case] severity: Severity,
) {
    let mut mesh = healthy();
    plant(&mut mesh);

    assert_eq!(rules(&in_place(&mesh)), [(rule, severity)]);
}

#[test]
fn two_active_injectors_are_two_sidecars() {
    let mut mesh = healthy();
    mesh.injectors.push(crate::testing::revision_injector("default"));

    assert!(rules(&in_place(&mesh)).contains(&("P-05", Severity::Block)));
}

#[test]
fn two_owners_of_one_mesh_block() {
    let mut mesh = canary_mesh();
    mesh.evidence = healthy().evidence;
    mesh.control_planes[1].installer = Installer::Sail;

    assert_eq!(rules(&in_place(&mesh)), [("P-12", Severity::Block)]);
}

#[test]
fn a_workload_that_would_lose_its_sidecar_is_named() {
    let mut mesh = healthy();
    namespace(&mut mesh, "unlabelled", &[]);
    deployment(&mut mesh, "unlabelled", "api", 2, Some(("1-30", "1.30.5")));
    evidence(&mut mesh).root_certificates.insert("unlabelled".into());

    assert_eq!(rules(&in_place(&mesh)), [("P-26", Severity::Warn)]);
}

#[rstest]
#[case::two_minors_in_place(Method::InPlace, "1.29.8", "1.31.1", true)]
#[case::two_minors_by_canary(Method::Canary, "1.29.8", "1.31.1", false)]
#[case::downgrade(Method::InPlace, "1.31.1", "1.30.5", true)]
fn a_hop_that_the_rules_refuse_blocks(
    #[case] method: Method,
    #[case] running: &str,
    #[case] target: &str,
    #[case] blocks: bool,
) {
    let mut mesh = mesh();
    mesh.control_planes = vec![control_plane("1-30", running)];

    let report = checked(&mesh, method, target);

    assert_eq!(report.blocking() > 0, blocks, "{:?}", report.findings);
}

#[test]
fn a_target_to_avoid_blocks_and_names_the_defect() {
    let report = checked(&healthy(), Method::InPlace, "1.31.0");

    let found = report.findings.iter().any(
        |finding| matches!(&finding.problem, Problem::KnownBad { id, .. } if id.starts_with("KB-")),
    );
    assert!(found, "{:?}", report.findings);
}

#[test]
fn a_canary_counts_only_proxies_that_will_follow_it() {
    let mut mesh = healthy();
    deployment(&mut mesh, "shop", "old", 1, Some(("1-30", "1.29.8")));

    assert_eq!(checked(&mesh, Method::Canary, "1.31.1").blocking(), 0);
}

#[test]
fn what_could_not_be_read_is_never_counted_as_passed() {
    let mut mesh = healthy();
    budgets_forbidden(&mut mesh);

    let report = in_place(&mesh);

    assert_eq!((report.passed as usize, report.unknown), (ran("1.31.1") - 2, 2));
    assert_eq!(rules(&report), [("P-09", Severity::Warn), ("P-25", Severity::Warn)]);
}

#[test]
fn what_nobody_read_for_prechecks_is_never_counted_as_passed() {
    let mut mesh = healthy();
    mesh.evidence = None;

    let report = in_place(&mesh);

    assert!(report.unknown > 15, "only {} rules say that they can't tell", report.unknown);
    assert!(report.findings.iter().all(Finding::is_unknown), "{:?}", report.findings);
}

#[test]
fn a_gap_is_told_by_every_rule_that_needs_what_lacks() {
    let mut mesh = healthy();
    let why = "you may not list them".to_owned();
    evidence(&mut mesh).gaps.push(Gap { of: Resource::Services, why });

    let report = in_place(&mesh);

    let told: Vec<&str> = report.findings.iter().map(|it| &*it.rule).collect();
    assert_eq!(told, ["B131-2", "P-33", "P-33"]);
}

#[test]
fn a_setting_that_keeps_the_old_behaviour_silences_its_change_until_it_goes() {
    let fixture = super::change::tests::FIXTURES.iter().find(|it| it.id == "B121-3").unwrap();
    let silenced = |target: &str| {
        let mut mesh = healthy();
        mesh.control_planes = vec![control_plane("1-30", "1.20.8")];
        evidence(&mut mesh).values = Some([keeps_verification()].into());
        (fixture.hits)(&mut mesh);
        let report = checked(&mesh, Method::Canary, target);
        !report.findings.iter().any(|finding| &*finding.rule == fixture.id)
    };

    assert!(silenced("1.22.8"), "1.22 still knows the switch");
    assert!(!silenced("1.24.6"), "1.24 no longer does");
}

fn keeps_verification() -> (Name, Name) {
    ("VERIFY_CERTIFICATE_AT_CLIENT".into(), "false".into())
}

/// A setting on the old istiod alone, in the mesh config alone, or in the install's values as well: those
/// may name it, set it without naming it by a compatibility profile or overlays, or be unknown.
#[rstest]
#[case::canary_made_anew(Method::Canary, &["istiod"], true)]
#[case::istiod_that_stays(Method::InPlace, &["istiod"], false)]
#[case::config_that_is_rendered_anew(Method::InPlace, &["config"], true)]
#[case::canary_with_it_in_the_values(Method::Canary, &["istiod", "values"], false)]
#[case::canary_that_gets_it_first(Method::Canary, &["values"], false)]
#[case::canary_of_values_that_set_more(Method::Canary, &["istiod", "more"], false)]
#[case::config_of_values_that_set_more(Method::InPlace, &["config", "more"], false)]
#[case::values_that_set_something_else(Method::Canary, &["more"], true)]
#[case::canary_of_unknown_values(Method::Canary, &["istiod", "unknown"], true)]
#[case::istiod_that_stays_whatever_the_values(Method::InPlace, &["istiod", "unknown"], false)]
#[case::nowhere(Method::Canary, &[], true)]
fn a_setting_keeps_the_old_behaviour_where_the_install_carries_it(
    #[case] method: Method,
    #[case] places: &[&str],
    #[case] told: bool,
) {
    let fixture = super::change::tests::FIXTURES.iter().find(|it| it.id == "B121-3").unwrap();
    let mut mesh = healthy();
    mesh.control_planes = vec![control_plane("1-30", "1.20.8")];
    (fixture.hits)(&mut mesh);
    let setting = || places.iter().map(|_| keeps_verification()).take(1);
    if places.contains(&"istiod") {
        mesh.control_planes[0].switches.extend(setting());
    }
    if places.contains(&"config") {
        let configs = &mut evidence(&mut mesh).mesh_configs;
        configs.entry("1-30".into()).or_default().switches.extend(setting());
    }
    let carried = places.contains(&"values").then(keeps_verification);
    let known = !places.contains(&"unknown");
    evidence(&mut mesh).values = known.then(|| carried.into_iter().collect());
    evidence(&mut mesh).values_set_more = places.contains(&"more");

    let report = checked(&mesh, method, "1.21.6");

    let found = report.findings.iter().find(|it| &*it.rule == fixture.id);
    assert_eq!(found.is_some(), told, "{:?}", report.aside);
    if let Some(Finding { problem: Problem::Changed { lost, .. }, .. }) = found {
        let is_set = places.iter().any(|place| ["istiod", "config"].contains(place));
        let switch = Name::from("VERIFY_CERTIFICATE_AT_CLIENT");
        let expected = is_set.then_some(Lost { switch, values_known: known });
        assert_eq!(*lost, expected, "the setting that would be lost is named");
    }
}

/// Without the values nobody knows that a setting goes, and these rules tell what a setting keeps away.
#[rstest]
#[case::native_sidecars("P-30", ("1.26.8", "1.27.3"), ("ENABLE_NATIVE_SIDECARS", "false"))]
#[case::limit_of_istiod("P-31", ("1.30.5", "1.31.1"), ("ISTIO_GPRC_MAXRECVMSGSIZE", "16777216"))]
fn a_setting_of_unknown_values_is_taken_to_stay(
    #[case] rule: &str,
    #[case] (from, to): (&str, &str),
    #[case] (name, value): (&str, &str),
    #[values(None, Some(BTreeMap::new()))] values: Option<BTreeMap<Name, Name>>,
) {
    let mut mesh = healthy();
    mesh.control_planes = vec![control_plane("1-30", from)];
    mesh.control_planes[0].switches.insert(name.into(), value.into());
    mesh.unsupported.push(Unsupported::Ambient);
    for proxy in mesh.pods.values_mut().filter_map(|pod| pod.proxy.as_mut()) {
        proxy.placement = ProxyPlacement::Classic;
    }
    evidence(&mut mesh).nodes = vec![Node { kubelet: "v1.33.1".into(), ..node(1) }];
    evidence(&mut mesh).pods = Some(40_000);
    let is_known = values.is_some();
    evidence(&mut mesh).values = values;

    let report = checked(&mesh, Method::Canary, to);

    let told = report.findings.iter().any(|it| &*it.rule == rule);
    assert_eq!(told, is_known, "{:?}", report.findings);
}

#[test]
fn values_that_could_not_be_read_are_told_of() {
    let mut mesh = healthy();
    let why = "they are not YAML".to_owned();
    evidence(&mut mesh).gaps.push(Gap { of: Resource::InstallValues, why });

    let report = in_place(&mesh);

    assert_eq!(rules(&report), [("P-15", Severity::Warn)]);
    assert_eq!(report.unknown, 1);
}

#[test]
fn defects_that_show_under_a_condition_are_in_the_catalogue() {
    let ids: Vec<&str> = Catalog::embedded().known_bad.iter().map(|it| it.id.as_str()).collect();

    for id in [super::path::OF_ODD_FLUSHES, super::path::OF_AMBIENT] {
        assert!(ids.contains(&id), "{id} is none of {ids:?}");
    }
}

/// What only some meshes meet of a defect that shows under a condition.
#[rstest]
#[case::neither(|_: &mut Snapshot| {}, &[])]
#[case::odd_interval(|m: &mut Snapshot| {
    for workload in m.workloads.values_mut() {
        workload.template.traits.insert(TemplateTrait::OddStatsFlush);
    }
}, &["KB-02"])]
#[case::ambient(|m: &mut Snapshot| m.unsupported.push(Unsupported::Ambient), &["KB-05"])]
fn a_defect_is_told_where_its_condition_may_hold(
    #[case] plant: fn(&mut Snapshot),
    #[case] told: &[&str],
) {
    let mut mesh = healthy();
    plant(&mut mesh);

    let report = checked(&mesh, Method::InPlace, "1.30.4");

    let known = report.findings.iter().filter_map(|finding| {
        let Problem::KnownBad { id, .. } = &finding.problem else { return None };
        Some(id.as_str())
    });
    assert_eq!(known.collect::<Vec<_>>(), told);
}

#[test]
fn a_newer_canary_that_stands_beside_is_no_matter_in_place() {
    let mut mesh = canary_mesh();
    mesh.evidence = healthy().evidence;
    namespace(&mut mesh, "shop", &[(REVISION_LABEL, "1-31")]);
    deployment(&mut mesh, "shop", "new", 2, Some(("1-31", "1.31.1")));

    let report = checked(&mesh, Method::InPlace, "1.30.6");

    assert!(report.findings.iter().all(|it| &*it.rule != "P-04"), "{:?}", report.findings);
}

#[test]
fn the_catalogue_of_a_managed_mesh_weighs_changes_its_own_way() {
    let fixture = super::change::tests::FIXTURES.iter().find(|it| it.id == "B120-1").unwrap();
    let weight = |profile: &str| {
        let mut mesh = healthy();
        mesh.control_planes = vec![control_plane("1-30", "1.19.8")];
        (fixture.hits)(&mut mesh);
        let target: MeshVersion = "1.20.8".parse().unwrap();
        let profile = Profile::by_id(profile).unwrap();
        let aim = Aim { target: &target, profile, ..aim(Method::Canary) };
        let report = check(&mesh, &aim);
        report.findings.iter().find(|it| &*it.rule == fixture.id).map(|it| it.severity)
    };

    assert_eq!(weight("istio"), Some(Severity::Block));
    assert_eq!(weight("asm-seed"), Some(Severity::Warn));
}
