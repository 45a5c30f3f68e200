//! For every rule of the catalogue a mesh that it hits and one that it just misses, on the way from
//! 1.30.5 to 1.31.1 in place.

use std::collections::BTreeSet;

use super::*;
use crate::inventory::evidence::{
    Agent, AgentKind, Application, Applied, Autoscaler, Crd, Delegate, EnvoyFilter, EnvoyPatch,
    HeldLease, IstioGateway, MeshConfig, QuotaLine, ScaledObject, Service, Sync, Telemetry,
    VirtualService,
};
use crate::inventory::{Kind, Name, ProxyPlacement, Role, TemplateTrait, Unsupported, WorkloadRef};
use crate::testing::{node, object, revision_injector};

/// A rule and the two meshes.
pub(in crate::precheck) struct Fixture {
    pub(in crate::precheck) id: &'static str,
    hits: fn(&mut Snapshot),
    misses: fn(&mut Snapshot),
}

const fn fixture(id: &'static str, hits: fn(&mut Snapshot), misses: fn(&mut Snapshot)) -> Fixture {
    Fixture { id, hits, misses }
}

pub(in crate::precheck) const FIXTURES: &[Fixture] = &[
    fixture(
        "P-01",
        |m| m.cluster.kubernetes = "v1.28.3".into(),
        |m| m.cluster.kubernetes = "v1.32.0".into(),
    ),
    fixture("P-02", |m| runs(m, "1.29.8"), |m| runs(m, "1.30.0")),
    fixture("P-03", |m| proxies(m, "1.29.8"), |m| proxies(m, "1.30.0")),
    fixture("P-04", |m| proxies(m, "1.31.2"), |m| proxies(m, "1.31.1")),
    fixture(
        "P-05",
        |m| m.injectors.push(revision_injector("default")),
        |m| m.injectors.push(revision_injector("1-31")),
    ),
    fixture(
        "P-06",
        |m| labelled(m, &[("istio-injection", "enabled"), (REVISION_LABEL, "1-30")]),
        |m| labelled(m, &[(REVISION_LABEL, "1-30")]),
    ),
    fixture(
        "P-07",
        |m| labelled(m, &[(REVISION_LABEL, "1-16")]),
        |m| labelled(m, &[(REVISION_LABEL, "default")]),
    ),
    fixture("P-08", |m| endpoints(m, 0), |m| endpoints(m, 1)),
    fixture("P-09", |m| m.budgets.clear(), |m| m.budgets[0].disruptions_allowed = 2),
    fixture("P-10", |m| m.control_planes[0].ready = 1, |m| m.control_planes[0].ready = 3),
    fixture("P-11", |m| stored(m, "v1alpha1"), |m| stored(m, "v1")),
    fixture(
        "P-12",
        |m| m.control_planes[0].installer = Installer::Unknown,
        |m| m.control_planes[0].installer = Installer::Sail,
    ),
    fixture("P-16", |m| filter(m, Some("^1\\.30.*")), telemetry),
    fixture("P-17", |m| applied(m, "v1alpha3"), |m| applied(m, "v1")),
    fixture("P-19", |m| secured(m, "baseline"), |m| secured(m, "privileged")),
    fixture("P-20", |m| quota(m, 3000), |m| quota(m, 4000)),
    fixture("P-21", |m| hub(m, "gcr.io/istio-release"), |m| hub(m, "docker.io/istio")),
    fixture(
        "P-22",
        |m| evidence(m).root_certificates.clear(),
        |m| evidence(m).root_expires = Some(1_900_000_000),
    ),
    fixture("P-24", |m| synced(m, 3, 1), |m| synced(m, 3, 0)),
    fixture(
        "P-25",
        |m| m.workloads.values_mut().for_each(|it| it.paused = true),
        |m| m.workloads.values_mut().for_each(|it| it.status.desired = 3),
    ),
    fixture("P-26", |m| losing(m, &[]), |m| losing(m, &[("istio-injection", "enabled")])),
    fixture("P-27", |m| pinned(m, Some("hub/proxyv2:1.30.5")), |m| pinned(m, None)),
    fixture("P-28", |m| scaled(m, 3), |m| scaled(m, 2)),
    fixture("P-29", |m| application(m, false), |m| application(m, true)),
    fixture("P-31", |m| agent(m, "1.29.8"), |m| agent(m, "1.30.5")),
    fixture("P-33", |m| selects(m, "app.kubernetes.io/version"), |m| selects(m, "app")),
    fixture("P-34", |m| lease(m, "ben@desk"), |m| lease(m, "ana@laptop")),
    fixture(
        "P-35",
        |m| evidence(m).local_clock = Some(1_795_500_006),
        |m| evidence(m).local_clock = Some(1_795_500_005),
    ),
    fixture("P-36", |m| unready(m, 1), |m| unready(m, 0)),
];

fn runs(mesh: &mut Snapshot, version: &str) {
    mesh.control_planes = vec![control_plane("1-30", version)];
}

fn proxies(mesh: &mut Snapshot, version: &str) {
    deployment(mesh, "shop", "other", 2, Some(("1-30", version)));
}

fn labelled(mesh: &mut Snapshot, pairs: &[(&str, &str)]) {
    namespace(mesh, "labelled", pairs);
}

fn endpoints(mesh: &mut Snapshot, ready: u32) {
    mesh.control_planes[0].endpoints = Some(ready);
}

fn stored(mesh: &mut Snapshot, version: &str) {
    evidence(mesh).crds.push(Crd {
        name: "gateways.networking.istio.io".into(),
        served: ["v1".into()].into(),
        stored: [version.into()].into(),
        ..Crd::default()
    });
}

fn filter(mesh: &mut Snapshot, proxy_version: Option<&str>) {
    let patch =
        EnvoyPatch { proxy_version: proxy_version.map(Into::into), ..EnvoyPatch::default() };
    let name = object("shop", "headers");
    let filter = EnvoyFilter { name, patches: vec![patch], ..EnvoyFilter::default() };
    evidence(mesh).envoy_filters.push(filter);
}

/// What changes proxies too, through an API that Istio keeps.
fn telemetry(mesh: &mut Snapshot) {
    let name = object("shop", "headers");
    evidence(mesh).telemetries.push(Telemetry { name, ..Telemetry::default() });
}

fn applied(mesh: &mut Snapshot, version: &str) {
    stored(mesh, "v1");
    evidence(mesh).applied.push(Applied {
        kind: "Gateway".into(),
        name: object("shop", "public"),
        crd: "gateways.networking.istio.io".into(),
        version: version.into(),
        by: None,
    });
}

fn secured(mesh: &mut Snapshot, level: &str) {
    let labels = [("istio-injection", "enabled"), ("pod-security.kubernetes.io/enforce", level)];
    namespace(mesh, "shop", &labels);
}

/// A quota of pods, in thousandths, with three in use: a restart needs a fourth for a while.
fn quota(mesh: &mut Snapshot, hard: i64) {
    let lines = vec![QuotaLine { of: Measure::Pods, hard, used: 3000 }];
    let name = object("shop", "team");
    evidence(mesh).quotas.push(crate::inventory::evidence::Quota { name, lines });
}

fn hub(mesh: &mut Snapshot, hub: &str) {
    if let Some(proxy) = &mut mesh.control_planes[0].proxy {
        proxy.image = format!("{hub}/proxyv2:1.30.5").into();
    }
}

fn synced(mesh: &mut Snapshot, connected: usize, behind: usize) {
    let pods: Vec<_> = mesh.pods.keys().cloned().collect();
    let first = |count: usize| pods.iter().take(count).cloned().collect();
    let sync = Sync { connected: first(connected), behind: first(behind) };
    evidence(mesh).sync.insert("1-30".into(), sync);
}

fn losing(mesh: &mut Snapshot, labels: &[(&str, &str)]) {
    namespace(mesh, "unlabelled", labels);
    deployment(mesh, "unlabelled", "api", 2, Some(("1-30", "1.30.5")));
    evidence(mesh).root_certificates.insert("unlabelled".into());
}

fn pinned(mesh: &mut Snapshot, image: Option<&str>) {
    let image: Option<Name> = image.map(Into::into);
    mesh.workloads.values_mut().for_each(|it| it.template.proxy_image.clone_from(&image));
}

fn cart() -> WorkloadRef {
    WorkloadRef { namespace: "shop".into(), kind: Kind::Deployment, name: "cart".into() }
}

fn scaled(mesh: &mut Snapshot, current: u32) {
    let name = object("shop", "cart");
    let scaler = Autoscaler { name, target: cart(), min: 2, max: 3, current };
    evidence(mesh).autoscalers.push(scaler);
}

fn application(mesh: &mut Snapshot, ignores_annotations: bool) {
    evidence(mesh).applications.push(Application {
        name: object("argocd", "shop"),
        destination: "shop".into(),
        heals: true,
        ignores_annotations,
        is_syncing: false,
    });
}

fn agent(mesh: &mut Snapshot, version: &str) {
    evidence(mesh).agents.push(Agent {
        name: object("istio-system", "istio-cni-node"),
        kind: AgentKind::Cni,
        version: version.parse().ok(),
        helm_release: None,
    });
}

fn selects(mesh: &mut Snapshot, key: &str) {
    let selector = labels(&[(key, "1")]);
    let service = Service { name: object("shop", "cart"), selector, ..Service::default() };
    evidence(mesh).services.push(service);
}

fn lease(mesh: &mut Snapshot, holder: &str) {
    let renewed = 1_795_500_000 - 30;
    evidence(mesh).lease = Some(HeldLease { holder: holder.into(), renewed, lasts: 60 });
}

fn unready(mesh: &mut Snapshot, pods: usize) {
    mesh.pods.values_mut().take(pods).for_each(|pod| pod.ready = false);
}

fn with(mesh: &mut Snapshot, wanted: TemplateTrait) {
    for workload in mesh.workloads.values_mut() {
        workload.template.traits.insert(wanted);
    }
}

fn rules_hit(plant: fn(&mut Snapshot)) -> BTreeSet<String> {
    let mut mesh = healthy();
    plant(&mut mesh);
    let report = in_place(&mesh);
    let certain = report.findings.iter().filter(|finding| !finding.is_unknown());
    certain.map(|finding| finding.rule.to_string()).collect()
}

#[test]
fn every_rule_hits_its_fault_and_misses_what_is_close_to_it() {
    for fixture in FIXTURES {
        let hit = rules_hit(fixture.hits);

        assert!(hit.contains(fixture.id), "{} found only {hit:?}", fixture.id);
        assert!(
            !rules_hit(fixture.misses).contains(fixture.id),
            "{} hits a close miss",
            fixture.id
        );
    }
}

/// One fault of many a rule, with the problem that it is told as.
#[rstest]
#[case::autoscaler_of_istiod(|m: &mut Snapshot| {
    let target = WorkloadRef { namespace: "istio-system".into(), kind: Kind::Deployment, name: "istiod-1-30".into() };
    evidence(m).autoscalers.push(Autoscaler { name: object("istio-system", "istiod"), target, min: 1, max: 5, current: 2 });
}, Problem::AutoscalerAllowsOne { autoscaler: "istiod".into() })]
#[case::budget_of_istiod(|m: &mut Snapshot| m.budgets[0].disruptions_allowed = 0, Problem::BudgetAllowsNothing { budget: "istiod".into() })]
#[case::one_replica(|m: &mut Snapshot| m.workloads.values_mut().for_each(|it| it.status.desired = 1), Problem::OneReplica)]
#[case::no_probe(|m: &mut Snapshot| with(m, TemplateTrait::NoReadinessProbe), Problem::NoReadinessProbe)]
#[case::given_up(|m: &mut Snapshot| m.workloads.values_mut().for_each(|it| it.status.deadline_exceeded = true), Problem::RolloutGivenUp)]
#[case::own_proxy(|m: &mut Snapshot| m.workloads.values_mut().for_each(|it| it.template.has_own_proxy = true), Problem::OwnProxy)]
#[case::asleep(|m: &mut Snapshot| {
    m.workloads.values_mut().for_each(|it| it.status.desired = 0);
    evidence(m).scaled_objects.push(ScaledObject { name: object("shop", "cart"), target: cart() });
}, Problem::ScaledToZero { by: "cart".into() })]
#[case::no_delegate(|m: &mut Snapshot| {
    let delegates = vec![Delegate { to: object("shop", ""), routes_too: false }];
    let name = object("shop", "cart");
    evidence(m).virtual_services.push(VirtualService { name, delegates, ..VirtualService::default() });
}, Problem::BadDelegate { to: "shop/".into() })]
#[case::port(|m: &mut Snapshot| {
    m.workloads.values_mut().for_each(|it| it.role = Role::InjectedGateway);
    let selector = labels(&[("app", "cart")]);
    evidence(m).services.push(Service { name: object("shop", "cart"), selector: selector.clone(), ports: [80].into(), ..Service::default() });
    evidence(m).istio_gateways.push(IstioGateway { name: object("shop", "public"), selector, ports: [80, 443].into() });
}, Problem::PortNotServed { port: 443 })]
#[case::room(|m: &mut Snapshot| with(m, TemplateTrait::KeepsApart), Problem::TooFewNodes { needed: 4, nodes: 3 })]
#[case::pressure(|m: &mut Snapshot| evidence(m).nodes[0].pressure = ["MemoryPressure".into()].into(), Problem::NodeUnsteady { why: "MemoryPressure".into() })]
#[case::root_ends(|m: &mut Snapshot| evidence(m).root_expires = Some(1_800_000_000), Problem::RootExpires { date: "2027-01-15".into() })]
#[case::untyped(|m: &mut Snapshot| { filter(m, None); evidence(m).envoy_filters[0].patches[0].untyped = true; }, Problem::FilterUntyped)]
#[case::bundle(|m: &mut Snapshot| {
    stored(m, "v1");
    evidence(m).crds[0].name = "grpcroutes.gateway.networking.k8s.io".into();
    evidence(m).crds[0].bundle = Some("v1.0.0".into());
}, Problem::BundleTooOld { bundle: "v1.0.0".into(), minimum: "1.1.0".into() })]
#[case::not_connected(|m: &mut Snapshot| synced(m, 2, 0), Problem::NotConnected { count: 1 })]
#[case::crashing(|m: &mut Snapshot| m.pods.values_mut().take(1).for_each(|it| it.waiting = Some("CrashLoopBackOff".into())), Problem::Crashing { pods: 1, reason: "CrashLoopBackOff".into() })]
#[case::bare(|m: &mut Snapshot| m.pods.values_mut().take(1).for_each(|it| it.workload = None), Problem::BarePod)]
fn a_fault_is_told_as_what_it_is(#[case] plant: fn(&mut Snapshot), #[case] problem: Problem) {
    let mut mesh = healthy();
    plant(&mut mesh);

    let report = in_place(&mesh);

    assert!(report.findings.iter().any(|it| it.problem == problem), "{:?}", report.findings);
}

/// A patch for the version that runs stops to apply; one for both versions does not.
#[rstest]
#[case::for_the_old_one("^1\\.30.*", true)]
#[case::for_both("^1\\.3[01].*", false)]
#[case::for_neither("^1\\.29.*", false)]
fn a_filter_for_other_versions_is_told(#[case] pattern: &str, #[case] told: bool) {
    let mut mesh = healthy();
    filter(&mut mesh, Some(pattern));

    let report = in_place(&mesh);

    let is_told = |it: &Finding| matches!(it.problem, Problem::FilterForOtherVersions { .. });
    assert_eq!(report.findings.iter().any(is_told), told, "{:?}", report.findings);
}

/// The rules that a cluster can't decide: they say so where it matters, and pass elsewhere.
#[rstest]
#[case::helm("P-13", |m: &mut Snapshot| m.control_planes[0].installer = Installer::Helm)]
#[case::several_clusters("P-23", |m: &mut Snapshot| m.unsupported.push(Unsupported::MultiCluster))]
#[case::vendor("P-32", |m: &mut Snapshot| m.control_planes[0].installer = Installer::Vendor)]
fn what_a_cluster_does_not_tell_is_said(#[case] id: &str, #[case] plant: fn(&mut Snapshot)) {
    let mut mesh = healthy();
    plant(&mut mesh);

    let report = in_place(&mesh);

    let said = report.findings.iter().any(|it| &*it.rule == id && it.is_unknown());
    assert!(said, "{:?}", report.findings);
    assert!(in_place(&healthy()).findings.is_empty(), "{id} speaks up for nothing");
}

/// P-30 needs another path than the other rules.
#[rstest]
#[case::classic("v1.33.0", ProxyPlacement::Classic, true)]
#[case::native_already("v1.33.0", ProxyPlacement::Native, false)]
#[case::older_node("v1.32.9", ProxyPlacement::Classic, false)]
fn proxies_change_their_place_on_new_nodes(
    #[case] kubelet: &str,
    #[case] placement: ProxyPlacement,
    #[case] told: bool,
) {
    let mut mesh = healthy();
    runs(&mut mesh, "1.26.8");
    evidence(&mut mesh).nodes.push(node(4));
    evidence(&mut mesh).nodes[3].kubelet = kubelet.into();
    mesh.pods
        .values_mut()
        .filter_map(|pod| pod.proxy.as_mut())
        .for_each(|it| it.placement = placement);

    let report = checked(&mesh, Method::Canary, "1.27.9");

    assert_eq!(report.findings.iter().any(|it| &*it.rule == "P-30"), told);
}

#[test]
fn labels_that_mean_two_revisions_block() {
    let mut mesh = canary_mesh();
    mesh.evidence = healthy().evidence;
    labelled(&mut mesh, &[("istio-injection", "enabled"), (REVISION_LABEL, "1-31")]);

    let report = in_place(&mesh);

    let both = report.findings.iter().find(|it| &*it.rule == "P-06").unwrap();
    assert_eq!(both.severity, Severity::Block);
}

#[test]
fn a_mesh_config_alone_is_no_finding() {
    let mut mesh = healthy();
    evidence(&mut mesh).mesh_configs.insert("1-30".into(), MeshConfig::default());

    assert_eq!(in_place(&mesh).findings, Vec::new());
}
