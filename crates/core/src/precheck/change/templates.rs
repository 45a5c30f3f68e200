//! Changes that workloads' own templates run into.

use super::{Crossing, Hit};
use crate::inventory::evidence::AgentKind;
use crate::inventory::evidence::ToolKind;
use crate::inventory::{Kind, ProxyPlacement, Role, TemplateTrait, Workload};
use crate::precheck::native;
use crate::version::Minor;

/// Switch of the proxies' own DNS.
pub(super) const DNS_CAPTURE: &str = "ISTIO_META_DNS_CAPTURE";

/// I113-probe: how many workloads have probes that are rewritten.
pub(super) fn probes(crossing: &Crossing<'_>) -> Vec<Hit> {
    let count = with(crossing, TemplateTrait::RewritesProbes).count();
    if count == 0 {
        return Vec::new();
    }
    vec![Hit::new("Data plane").at(count.to_string())]
}

/// I113-port22: workloads that listen on port 22.
pub(super) fn port_22(crossing: &Crossing<'_>) -> Vec<Hit> {
    let listening = with(crossing, TemplateTrait::ListensOnPort22);
    let annotation = "traffic.sidecar.istio.io/excludeInboundPorts";
    listening
        .map(|workload| named(workload).mended_by(annotate(workload, annotation, "22")))
        .collect()
}

/// B118-2: proxies with a CPU limit and no concurrency.
pub(super) fn concurrency(crossing: &Crossing<'_>) -> Vec<Hit> {
    let limited = crossing
        .facts
        .meshed()
        .map(|(workload, _)| workload)
        .filter(|workload| workload.template.traits.contains(&TemplateTrait::LimitsProxyCpu));
    let fix = |workload| annotate(workload, "proxy.istio.io/config", "concurrency: 2");
    limited.map(|workload| named(workload).mended_by(fix(workload))).collect()
}

/// B120-2: proxies whose probes somebody tuned.
pub(super) fn proxy_probes(crossing: &Crossing<'_>) -> Vec<Hit> {
    with(crossing, TemplateTrait::TunesProxyProbe).map(opened).collect()
}

/// B125-4: annotations that now hold for DNS as well; and, from 1.25, the chart's names of ztunnel and
/// dashboards that are too new for an old Grafana.
pub(super) fn excluded_outbound(crossing: &Crossing<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    if crossing.facts.switch(DNS_CAPTURE) == Some("true") {
        hits.extend(with(crossing, TemplateTrait::ExcludesOutbound).map(opened));
    }
    if !crossing.crosses(25) {
        return hits;
    }
    let evidence = crossing.facts.evidence;
    let renamed = evidence.agents.iter().filter(|agent| {
        let release = agent.helm_release.as_deref();
        agent.kind == AgentKind::Ztunnel && release.is_some_and(|release| release != "ztunnel")
    });
    hits.extend(renamed.map(|agent| Hit::new(format!("DaemonSet {}", agent.name))));
    let old = evidence.tools.iter().filter(|tool| {
        tool.kind == ToolKind::Grafana
            && tool
                .version
                .as_ref()
                .and_then(|it| Minor::leading(it))
                .is_some_and(|it| it < GRAFANA)
    });
    hits.extend(old.map(|tool| Hit::new(format!("Deployment {}", tool.name))));
    hits
}

/// The oldest Grafana that shows the dashboards.
const GRAFANA: Minor = Minor { major: 7, minor: 2 };

/// B127-1: workloads that take the proxy for an ordinary container, or that end.
pub(super) fn native(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    if native::takes_effect(facts).is_none() {
        return Vec::new();
    }
    let classic = native::placed(facts.snapshot, ProxyPlacement::Classic);
    let native = native::placed(facts.snapshot, ProxyPlacement::Native);
    let is_native = |workload: &Workload| {
        let reference = &workload.reference;
        native.contains(reference) && !classic.contains(reference)
    };
    let concerned = facts.injected().map(|(workload, _)| workload).filter(|workload| {
        let traits = &workload.template.traits;
        let ends = matches!(workload.reference.kind, Kind::Job | Kind::CronJob);
        (ends || traits.contains(&TemplateTrait::AddressesProxy))
            && !traits.contains(&TemplateTrait::ChoosesPlacement)
            && !is_native(workload)
    });
    let annotation = "sidecar.istio.io/nativeSidecar";
    concerned
        .map(|workload| named(workload).mended_by(annotate(workload, annotation, "false")))
        .collect()
}

/// B128-2: variables of the metrics' rotation, in templates and in the mesh config.
pub(super) fn rotation(crossing: &Crossing<'_>) -> Vec<Hit> {
    let configs = crossing.facts.evidence.mesh_configs.iter().filter_map(|(revision, config)| {
        let variable = config.variables.iter().find(|name| ROTATION.contains(&&***name))?;
        Some(Hit::new(format!("Mesh config of {revision}")).at(&**variable))
    });
    with(crossing, TemplateTrait::RotatesMetrics).map(opened).chain(configs).collect()
}

const ROTATION: [&str; 2] = ["METRIC_ROTATION_INTERVAL", "METRIC_GRACEFUL_DELETION_INTERVAL"];

/// B129-2: an annotation that is no longer read.
pub(super) fn compression(crossing: &Crossing<'_>) -> Vec<Hit> {
    let set = with(crossing, TemplateTrait::SetsStatsCompression);
    let fix = |workload: &Workload| {
        let config = "statsCompression: false";
        annotate(workload, "proxy.istio.io/config", config)
    };
    set.map(|workload| named(workload).mended_by(fix(workload))).collect()
}

/// Injected workloads whose template has a trait.
fn with<'a>(
    crossing: &'a Crossing<'_>,
    wanted: TemplateTrait,
) -> impl Iterator<Item = &'a Workload> {
    let injected = crossing.facts.injected().map(|(workload, _)| workload);
    injected.filter(move |workload| workload.template.traits.contains(&wanted))
}

fn named(workload: &Workload) -> Hit {
    Hit::new(workload.reference.to_string())
}

fn opened(workload: &Workload) -> Hit {
    let reference = &workload.reference;
    let kind = reference.kind.to_string().to_lowercase();
    let fix = format!("kubectl -n {} edit {kind} {}", reference.namespace, reference.name);
    named(workload).mended_by(fix)
}

/// Command that puts an annotation on a workload's pods.
fn annotate(workload: &Workload, key: &str, value: &str) -> String {
    let reference = &workload.reference;
    let kind = reference.kind.to_string().to_lowercase();
    format!(
        "kubectl -n {} patch {kind} {} --type=merge -p '{{\"spec\":{{\"template\":{{\"metadata\":\
         {{\"annotations\":{{\"{key}\":\"{value}\"}}}}}}}}}}'",
        reference.namespace, reference.name
    )
}

/// Whether a workload is a gateway that istiod renders.
pub(super) fn is_managed(workload: &Workload) -> bool {
    workload.role == Role::ManagedGateway
}
