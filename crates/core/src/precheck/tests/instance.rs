//! A settled instance has no finding of its own; with one fault it has exactly that finding.

use rstest::rstest;

use super::*;
use crate::asm::join;
use crate::asm::testing::{data_plane, gateway, instance};
use crate::inventory::{
    Balancer, BalancerPart, BalancerRole, BalancerState, Edition, Fit, InjectionLabels,
    InjectionScope, Instance, LabelSync, MemberCluster, MeshUpgrade, UPGRADE_TARGET,
};
use crate::version::Minor;

fn healthy() -> (Snapshot, Instance) {
    let (mut cluster, mut asm) = (data_plane(), instance("1.16.4.93"));
    gateway(&mut cluster, &mut asm, "ingressgateway", "1.16.4.93");
    namespace(&mut cluster, "shop", &[("istio-injection", "enabled")]);
    let labels = InjectionLabels { injection: Some("enabled".into()), revision: None };
    asm.labels.insert("shop".into(), labels);
    let minor = |minor| Minor { major: 1, minor };
    let fit = |asm| Fit { asm: minor(asm), from: minor(22), until: minor(26) };
    asm.fits = vec![fit(17), fit(18)];
    (cluster, asm)
}

fn found(
    change: impl FnOnce(&mut Snapshot, &mut Instance),
    method: Method,
    target: &str,
) -> Vec<(String, Severity)> {
    let (mut cluster, mut asm) = healthy();
    change(&mut cluster, &mut asm);
    let target: MeshVersion = target.parse().unwrap();
    let report = check(&join(cluster, &asm), &aim(method, &target));
    let is_own = |rule: &str| rule.starts_with("A-") || ["P-01", "P-06", "P-32"].contains(&rule);
    let own = report.findings.iter().filter(|it| is_own(&it.rule));
    own.map(|it| (it.rule.to_string(), it.severity)).collect()
}

fn aim(method: Method, target: &MeshVersion) -> Aim<'_> {
    Aim {
        method,
        stable: "1-16-4",
        target,
        profile: Profile::by_id("asm-seed").unwrap(),
        catalog: Catalog::embedded(),
        today: jiff::civil::date(2026, 11, 24),
        operator: "ana@laptop",
    }
}

/// A cluster that runs.
fn member(drains: Option<bool>) -> MemberCluster {
    MemberCluster {
        id: "c1".into(),
        name: "one".to_owned(),
        state: "running".to_owned(),
        kubernetes: "v1.24.6-aliyun.1".to_owned(),
        drains,
    }
}

#[test]
fn without_a_gateway_nothing_is_drained() {
    let change = |_: &mut Snapshot, it: &mut Instance| {
        it.clusters = vec![member(Some(false))];
        it.gateways.clear();
    };

    assert_eq!(found(change, Method::InPlace, "1.17.2.42"), []);
}

#[test]
fn a_settled_instance_has_no_finding() {
    assert_eq!(found(|_, _| {}, Method::InPlace, "1.17.2.42"), []);
}

#[rstest]
#[case::s26_at_work(|_: &mut Snapshot, it: &mut Instance| it.state.0 = "updating".to_owned(),
    "A-01", Severity::Block)]
#[case::failed_before(|_: &mut Snapshot, it: &mut Instance| it.upgrade.mesh = MeshUpgrade::Failed,
    "A-01", Severity::Warn)]
#[case::label_in_the_cluster_alone(|it: &mut Snapshot, _: &mut Instance| {
    namespace(it, "shop", &[("istio-injection", "disabled")]);
}, "A-04", Severity::Warn)]
#[case::both_labels_that_mean_the_same(|it: &mut Snapshot, asm: &mut Instance| {
    namespace(it, "both", &[("istio-injection", "enabled"), ("istio.io/rev", "stable")]);
    let (injection, revision) = (Some("enabled".into()), Some("stable".into()));
    asm.labels.insert("both".into(), InjectionLabels { injection, revision });
}, "P-06", Severity::Warn)]
#[case::locked_balancer(|_: &mut Snapshot, it: &mut Instance| it.balancers.push(Balancer {
    serves: BalancerRole::Pilot, part: BalancerPart::Balancer, state: BalancerState::Locked,
}), "A-05", Severity::Block)]
#[case::locked_address(|_: &mut Snapshot, it: &mut Instance| it.balancers.push(Balancer {
    serves: BalancerRole::ApiServer, part: BalancerPart::Address, state: BalancerState::Locked,
}), "A-05", Severity::Block)]
#[case::s23_one_gateway_pod(|_: &mut Snapshot, it: &mut Instance| it.gateways[0].replicas = 1,
    "A-06", Severity::Warn)]
#[case::left_over_canary(|it: &mut Snapshot, _: &mut Instance| {
    deployment(it, "istio-system", "istio-ingressgateway-canary", 1, None);
}, "A-07", Severity::Warn)]
#[case::cluster_down(|_: &mut Snapshot, it: &mut Instance| it.clusters.push(MemberCluster {
    state: "stopped".to_owned(),
    ..member(None)
}), "A-08", Severity::Warn)]
#[case::gateways_are_cut_off(|_: &mut Snapshot, it: &mut Instance| {
    it.clusters = vec![member(Some(true)), member(Some(false)), member(None)];
}, "A-06", Severity::Warn)]
#[case::the_backend_chooses(|_: &mut Snapshot, it: &mut Instance| {
    it.target = "1.17.2.50".parse().ok();
}, "A-10", Severity::Block)]
#[case::nothing_newer(|_: &mut Snapshot, it: &mut Instance| it.target = None,
    "A-10", Severity::Block)]
#[case::not_read(|_: &mut Snapshot, it: &mut Instance| it.unreadable.push(Unreadable {
    what: "gateways".to_owned(), why: "no route".to_owned(),
}), "A-11", Severity::Warn)]
#[case::s42_kubernetes_too_new(|it: &mut Snapshot, _: &mut Instance| {
    it.cluster.kubernetes = "v1.31.1-aliyun.1".to_owned();
}, "P-01", Severity::Warn)]
fn one_fault_is_one_finding(
    #[case] fault: fn(&mut Snapshot, &mut Instance),
    #[case] rule: &str,
    #[case] severity: Severity,
) {
    assert_eq!(found(fault, Method::InPlace, "1.17.2.42"), [(rule.to_owned(), severity)]);
}

#[rstest]
#[case::s17_standard(|_: &mut Snapshot, it: &mut Instance| it.edition = Edition::Standard, "A-02")]
#[case::injects_everything(|_: &mut Snapshot, it: &mut Instance| {
    it.scope = InjectionScope::Everything;
}, "A-03")]
fn what_a_canary_needs(#[case] fault: fn(&mut Snapshot, &mut Instance), #[case] rule: &str) {
    let blocking = found(fault, Method::Canary, "1.18.0.158")
        .into_iter()
        .filter(|(_, severity)| *severity == Severity::Block);

    assert_eq!(blocking.map(|(rule, _)| rule).collect::<Vec<_>>(), [rule]);
}

/// What was not read is not what is not there.
#[rstest]
#[case::target(|_: &mut Snapshot, it: &mut Instance| {
    it.target = None;
    it.unreadable.push(Unreadable { what: UPGRADE_TARGET.to_owned(), why: "no route".to_owned() });
}, Method::InPlace, &["A-10", "A-11"])]
#[case::edition(|_: &mut Snapshot, it: &mut Instance| it.edition = Edition::Unknown, Method::Canary, &["A-02"])]
fn what_was_not_read_is_told_as_that(
    #[case] fault: fn(&mut Snapshot, &mut Instance),
    #[case] method: Method,
    #[case] told: &[&str],
) {
    let (mut cluster, mut asm) = healthy();
    fault(&mut cluster, &mut asm);
    let target: MeshVersion = "1.17.2.42".parse().unwrap();

    let report = check(&join(cluster, &asm), &aim(method, &target));

    let unknown = report.findings.iter().filter(|it| it.is_unknown() && it.rule.starts_with("A-"));
    assert_eq!(unknown.map(|it| &*it.rule).collect::<Vec<_>>(), told);
    let blocks = |it: &&Finding| it.rule.starts_with("A-") && it.severity == Severity::Block;
    assert_eq!(report.findings.iter().find(blocks), None);
}

#[test]
fn an_injection_policy_that_is_not_told_is_not_passed() {
    let untold = |_: &mut Snapshot, it: &mut Instance| it.scope = InjectionScope::Unknown;

    assert!(
        found(untold, Method::Canary, "1.18.0.158").contains(&("A-03".to_owned(), Severity::Warn))
    );
    assert_eq!(found(untold, Method::InPlace, "1.17.2.42"), [], "only a canary chooses");
}

#[test]
fn in_a_cluster_that_the_sync_leaves_out_its_own_labels_count() {
    let differs = |it: &mut Snapshot, asm: &mut Instance| {
        namespace(it, "shop", &[("istio-injection", "disabled")]);
        asm.sync = LabelSync::Spared;
    };

    assert_eq!(found(differs, Method::InPlace, "1.17.2.42"), [], "nobody puts them back");
}

#[test]
fn what_the_newer_page_refuses_is_a_warning() {
    let warned = found(|_, _| {}, Method::Canary, "1.18.0.158");

    assert_eq!(warned, [("A-09".to_owned(), Severity::Warn)], "K1: two minors in one hop");
}

/// Both labels in the cluster; ASM holds the namespace, or has never heard of it.
#[rstest]
#[case::where_asm_puts_its_own_back(
    true,
    "aliyun servicemesh UpdateIstioInjectionConfig \
    --ServiceMeshId c1 --Namespace both --EnableIstioInjection true"
)]
#[case::where_asm_holds_nothing(false, "kubectl label namespace both istio.io/rev-")]
fn both_labels_are_mended_where_they_are_kept(#[case] held: bool, #[case] fix: &str) {
    let (mut cluster, mut asm) = healthy();
    asm.id = "c1".into();
    namespace(&mut cluster, "both", &[("istio-injection", "enabled"), ("istio.io/rev", "stable")]);
    if held {
        let (injection, revision) = (Some("enabled".into()), Some("stable".into()));
        asm.labels.insert("both".into(), InjectionLabels { injection, revision });
    }
    let target: MeshVersion = "1.17.2.42".parse().unwrap();

    let report = check(&join(cluster, &asm), &aim(Method::InPlace, &target));

    let both = report.findings.iter().find(|it| &*it.rule == "P-06").unwrap();
    assert_eq!(both.fix.as_deref(), Some(fix));
}
