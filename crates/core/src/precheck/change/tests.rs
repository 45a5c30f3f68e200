//! For every change a mesh that it hits and one that it just misses.

use super::*;
use crate::inventory::evidence::{
    AccessPolicy, Agent, AgentKind, Binding, Cni, ConfigTrait, Crd, DestinationRule, EnvoyFilter,
    EnvoyPatch, Gap, IstioGateway, KubernetesGateway, LabelUse, Resource, Service, ServiceEntry,
    ServiceKind, ServicePort, Telemetry, TlsSetting, Tool, ToolKind, TracingProvider,
    VirtualService, WorkloadEntry,
};
use crate::inventory::{
    Installer, Kind, Name, ProxyPlacement, Role, Selector, Snapshot, TemplateTrait, Unsupported,
    WorkloadRef,
};
use rstest::rstest;

use crate::policy::{Method, Profile};
use crate::precheck::tests::{aim, checked};
use crate::precheck::{Aim, Report, check};
use crate::testing::{
    control_plane, deployment, evidence, healthy_mesh, labels, namespace, object,
};

/// A change, a path that crosses it, and the two meshes.
pub(in crate::precheck) struct Fixture {
    pub(in crate::precheck) id: &'static str,
    pub(in crate::precheck) path: (&'static str, &'static str),
    pub(in crate::precheck) hits: fn(&mut Snapshot),
    misses: fn(&mut Snapshot),
}

const fn fixture(
    id: &'static str,
    path: (&'static str, &'static str),
    hits: fn(&mut Snapshot),
    misses: fn(&mut Snapshot),
) -> Fixture {
    Fixture { id, path, hits, misses }
}

fn crosses(minor: u32) -> (String, String) {
    (format!("1.{}.0", minor - 1), format!("1.{minor}.1"))
}

pub(in crate::precheck) const FIXTURES: &[Fixture] = &[
    fixture(
        "I113-probe",
        ("1.12.0", "1.13.1"),
        |m| with(m, TemplateTrait::RewritesProbes),
        |m| with(m, TemplateTrait::ExcludesOutbound),
    ),
    fixture(
        "I113-port22",
        ("1.12.0", "1.13.1"),
        |m| with(m, TemplateTrait::ListensOnPort22),
        |m| with(m, TemplateTrait::RewritesProbes),
    ),
    fixture(
        "B116-1",
        ("1.15.0", "1.16.1"),
        |m| crd(m, GATEWAYS, "v0.4.3", &["v1alpha2"]),
        |m| crd(m, GATEWAYS, "v0.5.0", &["v1beta1"]),
    ),
    fixture(
        "B117-1",
        ("1.16.5", "1.17.3"),
        |m| gateway(m, "istio", &[]),
        |m| gateway(m, "istio", &["gateway.istio.io/name-override"]),
    ),
    fixture(
        "B118-1",
        ("1.17.2", "1.18.1"),
        |m| gateway(m, "istio", &[]),
        |m| {
            gateway(m, "istio", &[]);
            m.control_planes[0] = control_plane("1-30", "1.17.3");
        },
    ),
    fixture(
        "B118-2",
        ("1.17.3", "1.18.1"),
        |m| with(m, TemplateTrait::LimitsProxyCpu),
        |m| with(m, TemplateTrait::RewritesProbes),
    ),
    fixture(
        "B119-1",
        ("1.18.0", "1.19.1"),
        |m| filter(m, patch("MERGE", "envoy.lua")),
        |m| filter(m, patch("MERGE", "envoy.filters.http.lua")),
    ),
    fixture(
        "I119-rbac",
        ("1.18.0", "1.19.1"),
        |m| m.control_planes[0].installer = Installer::Helm,
        |m| m.control_planes[0].installer = Installer::Sail,
    ),
    fixture(
        "B120-1",
        ("1.19.0", "1.20.1"),
        |m| filter(m, patch("INSERT_BEFORE", "x")),
        |m| filter(m, patch("MERGE", "x")),
    ),
    fixture(
        "B120-2",
        ("1.19.0", "1.20.1"),
        |m| with(m, TemplateTrait::TunesProxyProbe),
        |m| with(m, TemplateTrait::RewritesProbes),
    ),
    fixture(
        "B121-1",
        ("1.20.0", "1.21.1"),
        |m| hosts(m, &["*.shop.example"], &["cart.shop.example"]),
        |m| hosts(m, &["*.shop.example"], &["cart.example"]),
    ),
    fixture("B121-2", ("1.20.0", "1.21.1"), |m| tls(m, false, true), |m| tls(m, true, true)),
    fixture("B121-3", ("1.20.0", "1.21.1"), |m| tls(m, true, false), |m| tls(m, true, true)),
    fixture(
        "B121-4",
        ("1.20.0", "1.21.1"),
        |m| {
            alias(m);
            rule(m, "shop", "pay");
        },
        |m| {
            alias(m);
            rule(m, "shop", "cart");
        },
    ),
    fixture(
        "B121-5",
        ("1.20.0", "1.21.1"),
        |m| selects_by(m, "istio.io/gateway-name"),
        |m| selects_by(m, "gateway.networking.k8s.io/gateway-name"),
    ),
    fixture(
        "B122-1",
        ("1.21.0", "1.22.1"),
        |m| mentions(m, ConfigTrait::Xds),
        |m| mentions(m, ConfigTrait::ShadowHost),
    ),
    fixture(
        "B122-2",
        ("1.21.0", "1.22.1"),
        |m| service(m, "istio-system", "zipkin", ServiceKind::Addressed),
        |m| {
            service(m, "istio-system", "zipkin", ServiceKind::Addressed);
            config(m).names_tracer = true;
        },
    ),
    fixture(
        "B122-3",
        ("1.21.0", "1.22.1"),
        |m| {
            scope(m, "other");
            rule(m, "shop", "cart");
        },
        |m| {
            scope(m, "shop");
            rule(m, "shop", "cart");
        },
    ),
    fixture(
        "B122-4",
        ("1.21.0", "1.22.1"),
        |m| entry(m, "NONE", 80, Some(8080)),
        |m| entry(m, "NONE", 80, Some(80)),
    ),
    fixture(
        "B122-6",
        ("1.21.0", "1.22.1"),
        |m| {
            ambient(m);
            gateway(m, "istio-waypoint", &["istio.io/for-service-account"]);
        },
        |m| {
            ambient(m);
            gateway(m, "istio-waypoint", &[]);
        },
    ),
    fixture(
        "B123-1",
        ("1.22.0", "1.23.1"),
        |m| evidence(m).metric_rules.push(object("monitoring", "istio")),
        |m| tool(m, ToolKind::Grafana, "12.0.0"),
    ),
    fixture(
        "B123-2",
        ("1.23.0", "1.24.1"),
        |m| {
            operator(m);
            deployment(m, "istio-operator", "istio-operator", 2, None);
        },
        operator,
    ),
    fixture(
        "B124-1",
        ("1.23.0", "1.24.1"),
        |m| helm_crd(m, GATEWAY, None),
        |m| {
            helm_crd(m, GATEWAY, Some("istio-base"));
            helm_crd(m, "istiooperators.install.istio.io", None);
        },
    ),
    fixture(
        "B124-3",
        ("1.23.0", "1.24.1"),
        |m| {
            hosts(m, &["cart"], &[]);
            evidence(m).virtual_services[0].retries = true;
        },
        |m| hosts(m, &["cart"], &[]),
    ),
    fixture(
        "B124-4",
        ("1.23.0", "1.24.1"),
        |m| {
            rule(m, "shop", "cart");
            rule(m, "other", "cart.shop.svc.cluster.local");
        },
        |m| {
            rule(m, "shop", "cart");
            rule(m, "other", "cart");
        },
    ),
    fixture(
        "B124-5",
        ("1.23.0", "1.24.1"),
        |m| {
            entry(m, "DNS", 80, None);
            dns(m);
        },
        |m| {
            entry(m, "NONE", 80, None);
            entry(m, "DNS", 80, None);
            evidence(m).service_entries[1].hosts = ["*.pay.example".into()].into();
            dns(m);
        },
    ),
    fixture(
        "B124-6",
        ("1.23.0", "1.24.1"),
        |m| tool(m, ToolKind::IstioCsr, "0.12.0"),
        |m| tool(m, ToolKind::IstioCsr, "0.12.1"),
    ),
    fixture(
        "I124-cel",
        ("1.23.0", "1.24.1"),
        |m| mentions(m, ConfigTrait::OldPeerAttributes),
        |m| mentions(m, ConfigTrait::Xds),
    ),
    fixture(
        "I124-amb",
        ("1.23.0", "1.24.1"),
        |m| {
            ambient(m);
            evidence(m).cni = Some(Cni { captures_dns: true, ..Cni::default() });
        },
        |m| {
            ambient(m);
            evidence(m).cni = Some(Cni::default());
        },
    ),
    fixture("B125-1", ("1.24.0", "1.25.1"), |m| policy(m, true), |m| policy(m, false)),
    fixture("B125-2", ("1.24.0", "1.25.1"), ambient, |m| agent(m, AgentKind::Cni)),
    fixture(
        "B125-3",
        ("1.24.0", "1.25.1"),
        |m| tracer(m, "opencensus"),
        |m| tracer(m, "lightstep"),
    ),
    fixture(
        "B125-4",
        ("1.24.0", "1.25.1"),
        |m| {
            with(m, TemplateTrait::ExcludesOutbound);
            dns(m);
        },
        |m| with(m, TemplateTrait::ExcludesOutbound),
    ),
    fixture("B126-1", ("1.25.0", "1.26.1"), ambient, ztunnel_alone),
    fixture("B127-1", ("1.26.0", "1.27.1"), addressed, |m| {
        addressed(m);
        with(m, TemplateTrait::ChoosesPlacement);
    }),
    fixture(
        "B128-1",
        ("1.27.0", "1.28.1"),
        |m| crd(m, POLICIES, "v1.3.0", &["v1alpha3"]),
        |m| crd(m, POLICIES, "v1.4.0", &["v1"]),
    ),
    fixture(
        "B128-2",
        ("1.27.0", "1.28.1"),
        |m| with(m, TemplateTrait::RotatesMetrics),
        |m| with(m, TemplateTrait::SetsStatsCompression),
    ),
    fixture(
        "B128-3",
        ("1.27.0", "1.28.1"),
        |m| {
            hosts(m, &["cart"], &[]);
            evidence(m).virtual_services[0].mirrors = true;
            mentions(m, ConfigTrait::ShadowHost);
        },
        |m| mentions(m, ConfigTrait::ShadowHost),
    ),
    fixture(
        "B129-1",
        ("1.27.5", "1.27.6"),
        |m| tool(m, ToolKind::Kiali, "2.27.0"),
        |m| tool(m, ToolKind::Grafana, "12.0.0"),
    ),
    fixture(
        "B129-2",
        ("1.28.0", "1.29.1"),
        |m| with(m, TemplateTrait::SetsStatsCompression),
        |m| with(m, TemplateTrait::RotatesMetrics),
    ),
    fixture("B129-3", ("1.28.0", "1.29.1"), ambient, ztunnel_alone),
    fixture(
        "B129-4",
        ("1.28.0", "1.29.1"),
        |m| binding(m, "monitoring"),
        |m| binding(m, "istio-system"),
    ),
    fixture("B130-1", ("1.29.0", "1.30.1"), |m| excluded(m, "mesh"), |m| excluded(m, "shop")),
    fixture(
        "B130-2",
        ("1.29.0", "1.30.1"),
        |m| crd(m, TLS_ROUTES, "v1.4.1", &["v1alpha2"]),
        |m| crd(m, TLS_ROUTES, "v1.5.0", &["v1"]),
    ),
    fixture("B130-3", ("1.29.0", "1.30.1"), |m| claims(m, "other"), |m| claims(m, "shop")),
    fixture(
        "B130-4",
        ("1.29.0", "1.30.1"),
        |m| with(m, TemplateTrait::AsksXds),
        |m| with(m, TemplateTrait::AsksDebug),
    ),
    fixture(
        "B131-1",
        ("1.30.5", "1.31.1"),
        |m| m.control_planes[0].image = "gcr.io/istio-release/pilot:1.30.5".into(),
        |m| m.control_planes[0].image = "ghcr.io/istio/release/pilot:1.30.5".into(),
    ),
    fixture(
        "B131-2",
        ("1.30.5", "1.31.1"),
        |m| service(m, "shop", "db", ServiceKind::Headless),
        |m| service(m, "shop", "db", ServiceKind::Addressed),
    ),
    fixture(
        "B131-3",
        ("1.30.5", "1.31.1"),
        |m| selects_managed(m, "shop"),
        |m| selects_managed(m, "edge"),
    ),
    fixture("B131-4", ("1.30.5", "1.31.1"), |m| vm(m, false), |m| vm(m, true)),
    fixture("B131-5", ("1.30.5", "1.31.1"), |m| many(m, 40_001), |m| many(m, 39_000)),
    fixture(
        "B131-6",
        ("1.30.5", "1.31.1"),
        |m| with(m, TemplateTrait::AsksXds),
        |m| with(m, TemplateTrait::AsksDebug),
    ),
];

const GATEWAYS: &str = "gateways.gateway.networking.k8s.io";
const POLICIES: &str = "backendtlspolicies.gateway.networking.k8s.io";
const TLS_ROUTES: &str = "tlsroutes.gateway.networking.k8s.io";

fn with(mesh: &mut Snapshot, wanted: TemplateTrait) {
    for workload in mesh.workloads.values_mut() {
        workload.template.traits.insert(wanted);
    }
}

fn crd(mesh: &mut Snapshot, name: &str, bundle: &str, versions: &[&str]) {
    let versions: std::collections::BTreeSet<Name> =
        versions.iter().map(|it| (*it).into()).collect();
    evidence(mesh).crds.push(Crd {
        name: name.into(),
        bundle: Some(bundle.into()),
        stored: versions.clone(),
        served: versions,
        ..Crd::default()
    });
}

const GATEWAY: &str = "gateways.networking.istio.io";

fn helm_crd(mesh: &mut Snapshot, name: &str, owner: Option<&str>) {
    mesh.control_planes[0].installer = Installer::Helm;
    crd(mesh, name, "", &["v1"]);
    let made = evidence(mesh).crds.last_mut().unwrap();
    made.helm_release = owner.map(Into::into);
}

/// Workloads that count on their proxy being a container among the others, which it still is.
fn addressed(mesh: &mut Snapshot) {
    with(mesh, TemplateTrait::AddressesProxy);
    place(mesh, ProxyPlacement::Classic);
}

fn place(mesh: &mut Snapshot, placement: ProxyPlacement) {
    let proxies = mesh.pods.values_mut().filter_map(|pod| pod.proxy.as_mut());
    proxies.for_each(|proxy| proxy.placement = placement);
}

fn gateway(mesh: &mut Snapshot, class: &str, annotations: &[&str]) {
    evidence(mesh).kubernetes_gateways.push(KubernetesGateway {
        name: object("edge", "public"),
        class: class.into(),
        has_addresses: false,
        annotations: annotations.iter().map(|it| (*it).into()).collect(),
    });
}

fn patch(operation: &str, name: &str) -> EnvoyPatch {
    EnvoyPatch {
        apply_to: "HTTP_FILTER".into(),
        operation: operation.into(),
        filters: [name.into()].into(),
        ..EnvoyPatch::default()
    }
}

fn filter(mesh: &mut Snapshot, patch: EnvoyPatch) {
    let name = object("shop", "headers");
    let filter = EnvoyFilter { name, patches: vec![patch], ..EnvoyFilter::default() };
    evidence(mesh).envoy_filters.push(filter);
}

fn mentions(mesh: &mut Snapshot, what: ConfigTrait) {
    filter(mesh, patch("MERGE", "x"));
    evidence(mesh).envoy_filters[0].traits.insert(what);
}

/// Two objects with these hosts; the second one only if it has any.
fn hosts(mesh: &mut Snapshot, first: &[&str], second: &[&str]) {
    for (name, hosts) in [("first", first), ("second", second)] {
        if hosts.is_empty() {
            continue;
        }
        evidence(mesh).virtual_services.push(VirtualService {
            name: object("shop", name),
            gateways: ["mesh".into()].into(),
            hosts: hosts.iter().map(|it| (*it).into()).collect(),
            ..VirtualService::default()
        });
    }
}

fn tls(mesh: &mut Snapshot, names_sni: bool, names_trust: bool) {
    rule(mesh, "shop", "pay.example");
    let tls = TlsSetting { at: "trafficPolicy".into(), names_sni, names_trust };
    evidence(mesh).destination_rules[0].tls.push(tls);
}

fn rule(mesh: &mut Snapshot, namespace: &str, host: &str) {
    let name = object(namespace, "rule");
    let rule = DestinationRule { name, host: host.into(), ..DestinationRule::default() };
    evidence(mesh).destination_rules.push(rule);
}

fn service(mesh: &mut Snapshot, namespace: &str, name: &str, of: ServiceKind) {
    let service = Service { name: object(namespace, name), of, ..Service::default() };
    evidence(mesh).services.push(service);
}

fn alias(mesh: &mut Snapshot) {
    service(mesh, "shop", "pay", ServiceKind::ExternalName { host: "pay.example".into() });
}

fn selects_by(mesh: &mut Snapshot, key: &str) {
    let name = object("edge", "public");
    let keys = [key.into()].into();
    evidence(mesh).label_uses.push(LabelUse { kind: "NetworkPolicy".into(), name, keys });
}

fn config(mesh: &mut Snapshot) -> &mut crate::inventory::evidence::MeshConfig {
    evidence(mesh).mesh_configs.entry("1-30".into()).or_default()
}

fn scope(mesh: &mut Snapshot, team: &str) {
    namespace(mesh, "shop", &[("istio-injection", "enabled"), ("team", "shop")]);
    let match_labels = labels(&[("team", team)]);
    config(mesh).discovery_selectors.push(Selector { match_labels, ..Selector::default() });
}

fn entry(mesh: &mut Snapshot, resolution: &str, number: u32, target: Option<u32>) {
    evidence(mesh).service_entries.push(ServiceEntry {
        name: object("shop", "pay"),
        hosts: ["pay.example".into()].into(),
        resolution: resolution.into(),
        ports: vec![ServicePort { number, target, protocol: "HTTP".into() }],
        ..ServiceEntry::default()
    });
}

fn claims(mesh: &mut Snapshot, second: &str) {
    entry(mesh, "DNS", 80, None);
    entry(mesh, "DNS", 80, None);
    evidence(mesh).service_entries[1].name = object(second, "pay");
}

fn dns(mesh: &mut Snapshot) {
    config(mesh).switches.insert("ISTIO_META_DNS_CAPTURE".into(), "true".into());
}

fn ambient(mesh: &mut Snapshot) {
    ztunnel_alone(mesh);
    agent(mesh, AgentKind::Cni);
}

/// Ambient mode on another CNI than Istio's.
fn ztunnel_alone(mesh: &mut Snapshot) {
    mesh.unsupported.push(Unsupported::Ambient);
    agent(mesh, AgentKind::Ztunnel);
}

fn agent(mesh: &mut Snapshot, kind: AgentKind) {
    let name = match kind {
        AgentKind::Ztunnel => "ztunnel",
        AgentKind::Cni => "istio-cni-node",
    };
    let name = object("istio-system", name);
    evidence(mesh).agents.push(Agent { name, kind, version: None, helm_release: None });
}

fn excluded(mesh: &mut Snapshot, name: &str) {
    ambient(mesh);
    namespace(mesh, "mesh", &[("istio.io/dataplane-mode", "ambient")]);
    evidence(mesh).cni = Some(Cni { excluded: [name.into()].into(), ..Cni::default() });
}

fn operator(mesh: &mut Snapshot) {
    evidence(mesh).operators.push(object("istio-system", "mesh"));
}

fn tool(mesh: &mut Snapshot, kind: ToolKind, version: &str) {
    let name = object("tools", "tool");
    evidence(mesh).tools.push(Tool { name, kind, version: Some(version.into()) });
}

fn policy(mesh: &mut Snapshot, by_client_address: bool) {
    let name = object("shop", "inside");
    let policy = AccessPolicy { name, by_client_address, ..AccessPolicy::default() };
    evidence(mesh).access_policies.push(policy);
}

fn tracer(mesh: &mut Snapshot, kind: &str) {
    let provider = TracingProvider { name: "traces".into(), kind: kind.into() };
    config(mesh).providers.push(provider);
    let providers = ["traces".into()].into();
    let telemetry = Telemetry { name: object("shop", "traces"), providers, ..Telemetry::default() };
    evidence(mesh).telemetries.push(telemetry);
}

fn binding(mesh: &mut Snapshot, namespace: &str) {
    evidence(mesh).bindings.push(Binding {
        name: "reads".into(),
        role: "istio-reader-istio-system".into(),
        accounts: [object(namespace, "reader")].into(),
    });
}

/// A managed gateway in `edge`, and a Gateway of Istio that selects it from a namespace.
fn selects_managed(mesh: &mut Snapshot, from: &str) {
    namespace(mesh, "edge", &[]);
    let reference = deployment(mesh, "edge", "public-istio", 2, None);
    mesh.workloads.get_mut(&reference).unwrap().role = Role::ManagedGateway;
    let selector = labels(&[("app", "public-istio")]);
    let name = object(from, "public");
    let gateway = IstioGateway { name, selector, ..IstioGateway::default() };
    evidence(mesh).istio_gateways.push(gateway);
}

fn vm(mesh: &mut Snapshot, tunnelled: bool) {
    let entry = WorkloadEntry { name: object("shop", "vm-1"), registered_itself: true, tunnelled };
    evidence(mesh).workload_entries.push(entry);
}

/// Pods of an ambient mesh; few of them carry a label of the mesh, and so few are in the snapshot.
fn many(mesh: &mut Snapshot, count: usize) {
    mesh.unsupported.push(Unsupported::Ambient);
    evidence(mesh).pods = Some(count);
}

fn rules_hit(fixture: &Fixture, plant: fn(&mut Snapshot)) -> Vec<String> {
    let mut mesh = healthy_mesh();
    mesh.control_planes = vec![control_plane("1-30", fixture.path.0)];
    plant(&mut mesh);
    let report = checked(&mesh, Method::Canary, fixture.path.1);
    let certain = report.findings.iter().filter(|finding| !finding.is_unknown());
    certain.map(|finding| finding.rule.to_string()).collect()
}

#[test]
fn every_change_hits_its_fault_and_misses_what_is_close_to_it() {
    for fixture in FIXTURES {
        let hit = rules_hit(fixture, fixture.hits);
        let missed = rules_hit(fixture, fixture.misses);

        assert!(hit.iter().any(|id| id == fixture.id), "{} found only {hit:?}", fixture.id);
        assert!(!missed.iter().any(|id| id == fixture.id), "{} hits a close miss", fixture.id);
    }
}

#[test]
fn a_change_outside_the_path_is_not_looked_for() {
    for fixture in FIXTURES {
        let mut mesh = healthy_mesh();
        mesh.control_planes = vec![control_plane("1-30", fixture.path.1)];
        (fixture.hits)(&mut mesh);
        let report = checked(&mesh, Method::InPlace, fixture.path.1);

        let found = report.findings.iter().any(|finding| &*finding.rule == fixture.id);
        assert!(!found, "{} is found although the path does not cross it", fixture.id);
    }
}

#[test]
fn every_change_that_can_be_looked_for_has_a_fixture() {
    for change in changes() {
        let looked_for = matches!(DETECTORS[change.id as usize], Detector::Reads(..));
        let id = change.id.as_str();
        let planted = FIXTURES.iter().any(|fixture| fixture.id == id);
        assert_eq!(planted, looked_for, "{id}");
    }
    assert_eq!(changes().len(), ChangeId::ALL.len(), "a detector without a row in the catalogue");
}

#[test]
fn what_nothing_tells_about_is_said_and_does_not_pass() {
    let unseen = changes().iter().filter(|it| matches!(DETECTORS[it.id as usize], Detector::Note));
    for change in unseen {
        let minor = u32::try_from(change.crosses[0].minor).unwrap();
        let (from, to) = crosses(minor);
        let mut mesh = healthy_mesh();
        mesh.control_planes = vec![control_plane("1-30", &from)];
        let report = checked(&mesh, Method::Canary, &to);

        let said = report.findings.iter().find(|finding| &*finding.rule == change.id.as_str());
        assert!(said.is_some_and(Finding::is_unknown), "{}", change.id.as_str());
        assert!(change.reads.is_empty(), "{} names something to read", change.id.as_str());
    }
}

/// Any selector by the label that went, of whatever kind.
#[rstest]
#[case::service(|m: &mut Snapshot, key: &str| {
    let selector = labels(&[(key, "public")]);
    evidence(m).services.push(Service { name: object("edge", "public"), selector, ..Service::default() });
}, "Service edge/public")]
#[case::gateway(|m: &mut Snapshot, key: &str| {
    let selector = labels(&[(key, "public")]);
    evidence(m).istio_gateways.push(IstioGateway { name: object("edge", "public"), selector, ..IstioGateway::default() });
}, "Gateway edge/public")]
#[case::filter(|m: &mut Snapshot, key: &str| {
    filter(m, patch("MERGE", "x"));
    evidence(m).envoy_filters[0].selects_by = [key.into()].into();
}, "EnvoyFilter shop/headers")]
#[case::telemetry(|m: &mut Snapshot, key: &str| {
    let selects_by = [key.into()].into();
    evidence(m).telemetries.push(Telemetry { name: object("edge", "logs"), selects_by, ..Telemetry::default() });
}, "Telemetry edge/logs")]
#[case::peer_authentication(|m: &mut Snapshot, key: &str| {
    other_policy(m, "PeerAuthentication", "edge", &[key]);
}, "PeerAuthentication edge/one")]
fn every_selector_by_the_label_that_went_is_named(
    #[case] plant: fn(&mut Snapshot, &str),
    #[case] subject: &str,
) {
    let told = |key: &str| {
        let mut mesh = healthy_mesh();
        mesh.control_planes = vec![control_plane("1-30", "1.20.0")];
        plant(&mut mesh, key);
        let report = checked(&mesh, Method::Canary, "1.21.1");
        let own = report.findings.into_iter().filter(|it| &*it.rule == "B121-5");
        own.map(|it| it.subject).collect::<Vec<_>>()
    };

    assert_eq!(told("istio.io/gateway-name"), [subject]);
    assert_eq!(told("gateway.networking.k8s.io/gateway-name"), [""; 0]);
}

#[test]
fn policies_and_machines_that_istiod_no_longer_looks_at_count_as_well() {
    let mut mesh = healthy_mesh();
    mesh.control_planes = vec![control_plane("1-30", "1.21.0")];
    scope(&mut mesh, "other");
    vm(&mut mesh, true);
    other_policy(&mut mesh, "WasmPlugin", "shop", &[]);

    let report = checked(&mesh, Method::Canary, "1.22.1");

    let found = report.findings.iter().find(|it| &*it.rule == "B122-3").map(|it| &it.problem);
    assert!(matches!(found, Some(Problem::Changed { at, .. }) if at == "2"), "{found:?}");
}

fn other_policy(mesh: &mut Snapshot, kind: &str, namespace: &str, keys: &[&str]) {
    let keys = keys.iter().map(|key| (*key).into()).collect();
    let policy = LabelUse { kind: kind.into(), name: object(namespace, "one"), keys };
    evidence(mesh).other_policies.push(policy);
}

#[test]
fn a_native_sidecar_is_no_news() {
    let mut mesh = healthy_mesh();
    mesh.control_planes = vec![control_plane("1-30", "1.26.8")];
    with(&mut mesh, TemplateTrait::AddressesProxy);
    place(&mut mesh, ProxyPlacement::Native);

    let report = checked(&mesh, Method::Canary, "1.27.9");

    assert_eq!(moving(&report), [""; 0]);
}

/// A Job never ends as long as its proxy is a container among the others.
#[test]
fn jobs_change_with_the_place_of_their_proxy() {
    let mut mesh = healthy_mesh();
    mesh.control_planes = vec![control_plane("1-30", "1.26.8")];
    job(&mut mesh);
    place(&mut mesh, ProxyPlacement::Classic);

    let report = checked(&mesh, Method::Canary, "1.27.9");

    let found = |rule: &str| {
        let own = report.findings.iter().filter(|it| &*it.rule == rule);
        own.map(|it| it.subject.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(found("B127-1"), ["Job shop/nightly"]);
    assert!(found("P-25").contains(&"Job shop/nightly"), "no run restarts it");
}

fn job(mesh: &mut Snapshot) {
    let made = deployment(mesh, "shop", "nightly", 1, Some(("1-30", "1.26.8")));
    let reference = WorkloadRef { kind: Kind::Job, ..made.clone() };
    let mut workload = mesh.workloads.remove(&made).unwrap();
    workload.reference = reference.clone();
    mesh.workloads.insert(reference.clone(), workload);
    let own = mesh.pods.values_mut().filter(|pod| pod.workload.as_ref() == Some(&made));
    own.for_each(|pod| pod.workload = Some(reference.clone()));
}

/// Rules that tell of proxies that change their place.
fn moving(report: &Report) -> Vec<&str> {
    let of = |rule: &&str| matches!(*rule, "B127-1" | "P-30");
    report.findings.iter().map(|it| &*it.rule).filter(of).collect()
}

/// ASM makes native sidecars from 1.22 on Kubernetes 1.30, whatever Istio's minor did later.
#[rstest]
#[case::brings_it("1.21.6.84", "1.22.6.114", "v1.30.1-aliyun.1", ProxyPlacement::Classic, &["B127-1", "P-30"])]
#[case::older_kubernetes("1.21.6.84", "1.22.6.114", "v1.28.9-aliyun.1", ProxyPlacement::Classic, &[])]
#[case::native_already("1.21.6.84", "1.22.6.114", "v1.30.1-aliyun.1", ProxyPlacement::Native, &[])]
#[case::brought_it_before("1.26.8.10", "1.27.5.10", "v1.33.1-aliyun.1", ProxyPlacement::Classic, &[])]
fn a_managed_mesh_makes_native_sidecars_earlier(
    #[case] from: &str,
    #[case] to: &str,
    #[case] kubernetes: &str,
    #[case] placement: ProxyPlacement,
    #[case] told: &[&str],
) {
    let mut mesh = healthy_mesh();
    mesh.control_planes = vec![control_plane("1-30", from)];
    mesh.cluster.kubernetes = kubernetes.into();
    with(&mut mesh, TemplateTrait::AddressesProxy);
    place(&mut mesh, placement);
    let target: MeshVersion = to.parse().unwrap();
    let profile = Profile::by_id("asm-seed").unwrap();

    let report = check(&mesh, &Aim { target: &target, profile, ..aim(Method::InPlace) });

    assert_eq!(moving(&report), told, "{:?}", report.findings);
}

/// Istio's labels tell few pods of an ambient mesh apart, so its size is counted or not told.
#[test]
fn pods_that_nobody_counted_are_told_of() {
    let mut mesh = healthy_mesh();
    mesh.unsupported.push(Unsupported::Ambient);
    let why = "the server did not count them".to_owned();
    evidence(&mut mesh).gaps.push(Gap { of: Resource::Pods, why });

    let report = checked(&mesh, Method::Canary, "1.31.1");

    let unknown = report.findings.iter().filter(|it| it.is_unknown() && it.subject == "pods");
    assert_eq!(unknown.map(|it| &*it.rule).collect::<Vec<_>>(), ["B131-5", "P-31"]);
}
