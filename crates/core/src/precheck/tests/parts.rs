//! Rules that look at several things: each part with a mesh that it hits, and one that it just misses.

use super::*;
use crate::inventory::evidence::{
    Application, Applied, Crd, HeldLease, Quota, QuotaLine, Resource, Room, SailObject,
};
use crate::inventory::{InjectorConfig, Name, WebhookClient};
use crate::testing::{object, revision_injector, tag_injector};

/// A moment after and one before the clock of the healthy mesh.
const ENDED: i64 = 1_795_400_000;
const HOLDS: i64 = 1_795_500_001;

/// A validator that refuses what it can't ask this Service about.
fn closed_validator(mesh: &mut Snapshot, revision: &str, service: &str) {
    let validator = &mut mesh.validators[0];
    validator.fails_closed = true;
    validator.revision = Some(revision.into());
    validator.services = vec![format!("istio-system/{service}").into()];
}

/// A tag that still names a revision.
fn tagged(mesh: &mut Snapshot, revision: &str) {
    mesh.injectors.push(tag_injector("prod", revision));
}

/// An injector of a control plane that runs elsewhere.
fn injector_elsewhere(mesh: &mut Snapshot) {
    tagged(mesh, "1-29");
    let url: Name = "https://mesh.example/inject".into();
    for webhook in &mut mesh.injectors[2].webhooks {
        webhook.client = WebhookClient::Url { url: url.clone() };
    }
}

fn validator_ca(mesh: &mut Snapshot, ends: i64) {
    mesh.validators[0].fails_closed = true;
    mesh.validators[0].ca_expires = Some(ends);
}

fn injector_ca(mesh: &mut Snapshot, ends: i64) {
    mesh.injectors[1].webhooks[0].ca_expires = Some(ends);
}

/// A mesh without a default revision, and a workload in a namespace with these labels.
fn without_default(mesh: &mut Snapshot, labelled: &[(&str, &str)], inject: Option<&str>) {
    mesh.injectors.retain(|injector| injector.tag.is_none());
    namespace(mesh, "shop", labelled);
    let inject = inject.map(|value| ("sidecar.istio.io/inject".into(), value.into()));
    mesh.workloads.values_mut().for_each(|it| it.template.labels.extend(inject.clone()));
    mesh.pods.clear();
}

/// A quota with room for a tenth of a CPU, where the injector gives a proxy this many thousandths.
fn cpu_quota(mesh: &mut Snapshot, proxy: Option<i64>) {
    let lines = vec![QuotaLine { of: Measure::RequestsCpu, hard: 1000, used: 950 }];
    evidence(mesh).quotas.push(Quota { name: object("shop", "team"), lines });
    let resources = proxy.map(|cpu| [(Measure::RequestsCpu, cpu)].into());
    for injector in &mut mesh.injectors {
        let resources = resources.clone();
        injector.config = Some(InjectorConfig { resources, ..InjectorConfig::default() });
    }
}

#[rstest]
#[case::read(Some(200), Severity::Block)]
#[case::not_read(None, Severity::Warn)]
fn a_quota_blocks_where_the_injector_says_what_a_proxy_needs(
    #[case] proxy: Option<i64>,
    #[case] severity: Severity,
) {
    let mut mesh = healthy();
    cpu_quota(&mut mesh, proxy);

    assert_eq!(rules(&in_place(&mesh)), [("P-20", severity)]);
}

fn room(mesh: &mut Snapshot, fits: bool) {
    evidence(mesh).room = Some(Room { fits, asked: 3, of: 3 });
}

fn written(mesh: &mut Snapshot, version: &str) {
    let crd: Name = "sidecars.networking.istio.io".into();
    let served = ["v1".into(), "v1beta1".into()].into();
    evidence(mesh).crds.push(Crd { name: crd.clone(), served, ..Crd::default() });
    evidence(mesh).applied.push(Applied {
        kind: "Sidecar".into(),
        name: object("shop", "cart"),
        crd,
        version: version.into(),
        by: Some("helm".into()),
    });
}

/// The same on ASM's API server. The cluster has a CRD of that name too, left by an older install.
fn written_in_asm(mesh: &mut Snapshot, version: &str, served: &[&str]) {
    written(mesh, version);
    let there = Crd {
        name: "sidecars.networking.istio.io".into(),
        served: served.iter().map(|version| (*version).into()).collect(),
        ..Crd::default()
    };
    evidence(mesh).rule_crds = Some(vec![there]);
}

fn waiting(mesh: &mut Snapshot, reason: &str) {
    mesh.pods.values_mut().take(1).for_each(|pod| pod.waiting = Some(reason.into()));
}

fn sail(mesh: &mut Snapshot, is_busy: bool) {
    let (kind, name) = ("Istio".into(), "default".into());
    evidence(mesh).sail.push(SailObject { kind, name, is_busy });
}

fn syncing(mesh: &mut Snapshot, destination: &str) {
    evidence(mesh).applications.push(Application {
        name: object("argocd", "istio"),
        destination: destination.into(),
        is_syncing: true,
        ..Application::default()
    });
}

#[rstest]
#[case::validator(
    "P-08",
    |m: &mut Snapshot| closed_validator(m, "1-29", "istiod-1-29"),
    |m: &mut Snapshot| closed_validator(m, "1-30", "istiod-1-30"),
)]
#[case::validator_of_a_tag(
    "P-08",
    |m: &mut Snapshot| closed_validator(m, "1-29", "istiod-revision-tag-prod"),
    |m: &mut Snapshot| closed_validator(m, "1-30", "istiod-revision-tag-prod"),
)]
#[case::tag_of_a_revision_that_went("P-08", |m: &mut Snapshot| tagged(m, "1-29"), |m: &mut Snapshot| tagged(m, "1-30"))]
#[case::injector("P-08", |m: &mut Snapshot| m.injectors.push(revision_injector("1-29")), injector_elsewhere)]
#[case::ca_of_a_validator("P-08", |m: &mut Snapshot| validator_ca(m, ENDED), |m: &mut Snapshot| validator_ca(m, HOLDS))]
#[case::ca_of_an_injector("P-08", |m: &mut Snapshot| injector_ca(m, ENDED), |m: &mut Snapshot| injector_ca(m, HOLDS))]
#[case::enabled_without_a_default(
    "P-05",
    |m: &mut Snapshot| without_default(m, &[("istio-injection", "enabled")], None),
    |m: &mut Snapshot| without_default(m, &[(REVISION_LABEL, "1-30")], None),
)]
#[case::asked_for_without_a_default(
    "P-05",
    |m: &mut Snapshot| without_default(m, &[], Some("true")),
    |m: &mut Snapshot| without_default(m, &[], Some("false")),
)]
#[case::quota_that_the_injector_exceeds(
    "P-20",
    |m: &mut Snapshot| cpu_quota(m, Some(200)),
    |m: &mut Snapshot| cpu_quota(m, Some(10)),
)]
#[case::room("P-09", |m: &mut Snapshot| room(m, false), |m: &mut Snapshot| room(m, true))]
#[case::written_by_helm("P-17", |m: &mut Snapshot| written(m, "v1alpha3"), |m: &mut Snapshot| written(m, "v1beta1"))]
#[case::asm_no_longer_serves_it(
    "P-17",
    |m: &mut Snapshot| written_in_asm(m, "v1beta1", &["v1"]),
    |m: &mut Snapshot| written_in_asm(m, "v1beta1", &["v1", "v1beta1"]),
)]
#[case::only_the_cluster_no_longer_serves_it(
    "P-17",
    |m: &mut Snapshot| written_in_asm(m, "v1alpha3", &["v1"]),
    |m: &mut Snapshot| written_in_asm(m, "v1alpha3", &["v1", "v1alpha3"]),
)]
#[case::image("P-21", |m: &mut Snapshot| waiting(m, "ImagePullBackOff"), |m: &mut Snapshot| waiting(m, "CrashLoopBackOff"))]
#[case::sail("P-34", |m: &mut Snapshot| sail(m, true), |m: &mut Snapshot| sail(m, false))]
#[case::argo_cd("P-34", |m: &mut Snapshot| syncing(m, "istio-system"), |m: &mut Snapshot| syncing(m, "shop"))]
fn a_part_hits_its_fault_and_misses_what_is_close_to_it(
    #[case] rule: &str,
    #[case] hits: fn(&mut Snapshot),
    #[case] misses: fn(&mut Snapshot),
) {
    let found = |plant: fn(&mut Snapshot)| -> Vec<String> {
        let mut mesh = healthy();
        plant(&mut mesh);
        let report = checked(&mesh, Method::Canary, "1.31.1");
        report.findings.iter().map(|finding| finding.rule.to_string()).collect()
    };

    assert_eq!(found(hits), [rule], "exactly this fault");
    assert!(!found(misses).iter().any(|it| it == rule));
}

/// Istio's kinds of an ASM instance are on its own API server, which another kubeconfig is for.
#[rstest]
#[case::of_asm(
    true,
    "kubectl --context <asm-context> -n shop get sidecars.networking.istio.io cart -o yaml"
)]
#[case::of_istio(false, "kubectl -n shop get sidecars.networking.istio.io cart -o yaml")]
fn the_command_for_an_old_manifest_is_for_the_server_that_has_it(
    #[case] is_asm: bool,
    #[case] command: &str,
) {
    let mut mesh = healthy();
    written(&mut mesh, "v1alpha3");
    if is_asm {
        mesh.instance = Some(crate::inventory::Instance::default().into());
    }

    let report = in_place(&mesh);

    let found = report.findings.iter().find(|it| &*it.rule == "P-17").expect("it is found");
    assert_eq!(found.fix.as_deref(), Some(command));
}

/// What a part can't decide is said for that part.
#[rstest]
#[case::too_many_nodes("P-09", |m: &mut Snapshot| {
    evidence(m).room = Some(Room { fits: false, asked: 12, of: 400 });
})]
#[case::pods_of_nodes("P-09", |m: &mut Snapshot| {
    let (of, why) = (Resource::Room, "pods is forbidden".to_owned());
    evidence(m).gaps.push(Gap { of, why });
})]
#[case::injectors_for_labels("P-07", |m: &mut Snapshot| unreadable(m, "mutatingwebhookconfigurations"))]
#[case::injectors_for_defaults("P-05", |m: &mut Snapshot| unreadable(m, "mutatingwebhookconfigurations"))]
#[case::endpoints("P-08", |m: &mut Snapshot| unreadable(m, "endpointslices in istio-system"))]
#[case::istiods("P-08", |m: &mut Snapshot| unreadable(m, "deployments"))]
#[case::pull_secrets("P-21", |m: &mut Snapshot| {
    pulls_with_a_secret(m);
    m.pods.values_mut().for_each(|pod| pod.ready = false);
})]
fn what_a_part_can_not_decide_is_said(#[case] rule: &str, #[case] plant: fn(&mut Snapshot)) {
    let mut mesh = healthy();
    plant(&mut mesh);

    let report = checked(&mesh, Method::Canary, "1.31.1");

    let found = report.findings.iter().find(|it| &*it.rule == rule).expect("it is said");
    assert!(found.is_unknown(), "{found:?}");
    assert!(!report.clear.contains(rule), "it is not counted as passed");
}

fn unreadable(mesh: &mut Snapshot, what: &str) {
    let (what, why) = (what.to_owned(), "you may not list them".to_owned());
    mesh.unreadable.push(Unreadable { what, why });
}

fn pulls_with_a_secret(mesh: &mut Snapshot) {
    for injector in &mut mesh.injectors {
        let pull_secrets = ["pull".into()].into();
        injector.config = Some(InjectorConfig { pull_secrets, ..InjectorConfig::default() });
    }
}

#[test]
fn a_proxy_that_runs_proves_that_its_namespace_can_pull() {
    let mut mesh = healthy();
    pulls_with_a_secret(&mut mesh);

    assert_eq!(checked(&mesh, Method::Canary, "1.31.1").findings, []);
}

#[test]
fn no_room_is_no_matter_in_place_or_where_istiod_runs_elsewhere() {
    let mut mesh = healthy();
    room(&mut mesh, false);
    assert_eq!(in_place(&mesh).findings, []);

    mesh.control_planes[0].installer = Installer::Asm;
    let report = checked(&mesh, Method::Canary, "1.31.1");
    assert!(report.findings.iter().all(|it| &*it.rule != "P-09"), "{:?}", report.findings);
}

#[test]
fn a_lease_that_ran_out_is_no_operator_at_work() {
    let mut mesh = healthy();
    let renewed = 1_795_500_000 - 61;
    evidence(&mut mesh).lease = Some(HeldLease { holder: "bo@sofa".into(), renewed, lasts: 60 });

    assert_eq!(in_place(&mesh).findings, []);
}

/// Every change on the way is one of three: hit or not decided, clear, or set aside with a reason.
#[test]
fn nothing_on_the_way_is_left_open() {
    let mut mesh = healthy();
    let kept = ("ENABLE_AUTO_SNI".into(), "false".into());
    mesh.control_planes[0].switches.extend([kept]);
    let source: MeshVersion = "1.28.4".parse().unwrap();
    mesh.control_planes[0].version = Some(source.clone());

    let report = checked(&mesh, Method::Canary, "1.31.1");

    let crossed = changes().iter().filter(|change| {
        let on_the_way =
            |minor: &crate::version::Minor| source.minor() < *minor && *minor <= TARGET.minor();
        change.crosses.iter().any(on_the_way)
    });
    for change in crossed {
        let id = change.id.as_str();
        let found = report.findings.iter().any(|it| &*it.rule == id);
        let states = [found, report.clear.contains(id), report.aside.contains_key(id)];
        let decided = states.into_iter().filter(|it| *it).count();
        assert_eq!(decided, 1, "{id}: found, clear, aside = {states:?}");
    }
    assert!(report.aside.values().any(|why| *why == Aside::NoAmbient));
}
