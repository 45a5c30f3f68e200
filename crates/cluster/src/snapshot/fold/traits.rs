//! Folds what rules ask about a pod template: a few facts, never its texts.
//!
//! Entry points: [`Template`], read from a template's JSON, and [`traits`].

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::inventory::{Role, TemplateTrait};
use serde::Deserialize;
use serde_json::Value;

use super::workload::FILLED_IN;
use crate::wire;

/// A pod template, as far as anything is asked about it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Template {
    pub(super) metadata: TemplateMetadata,
    pub(super) spec: TemplateSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplateMetadata {
    #[serde(deserialize_with = "wire::null_as_default")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "wire::null_as_default")]
    pub(super) annotations: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TemplateSpec {
    pub(super) containers: Vec<TemplateContainer>,
    #[serde(deserialize_with = "wire::null_as_default")]
    pub(super) init_containers: Vec<TemplateContainer>,
    pub(super) host_network: bool,
    affinity: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TemplateContainer {
    pub(super) name: String,
    pub(super) image: String,
    #[serde(deserialize_with = "wire::null_as_default")]
    pub(super) env: Vec<Variable>,
    #[serde(deserialize_with = "wire::null_as_default")]
    args: Vec<String>,
    #[serde(deserialize_with = "wire::null_as_default")]
    command: Vec<String>,
    #[serde(deserialize_with = "wire::null_as_default")]
    ports: Vec<Port>,
    readiness_probe: Option<Value>,
    liveness_probe: Option<Value>,
    startup_probe: Option<Value>,
    lifecycle: Value,
    resources: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Port {
    container_port: u32,
}

const PROXY: &str = "istio-proxy";
const PROXY_CONFIG: &str = "proxy.istio.io/config";

/// What a template says that a rule asks about.
pub(super) fn traits(template: &Template, role: Role) -> BTreeSet<TemplateTrait> {
    let asked: [(TemplateTrait, bool); 15] = [
        (TemplateTrait::ListensOnPort22, listens_on_22(template)),
        (TemplateTrait::RewritesProbes, rewrites_probes(template)),
        (TemplateTrait::NoReadinessProbe, has_no_readiness_probe(template)),
        (TemplateTrait::LimitsProxyCpu, limits_proxy_cpu(template)),
        (TemplateTrait::TunesProxyProbe, annotated(template, "readiness.status.sidecar.istio.io/")),
        (TemplateTrait::OddStatsFlush, flushes_oddly(template)),
        (TemplateTrait::SetsDeltaXds, sets(template, "ISTIO_DELTA_XDS")),
        (
            TemplateTrait::ExcludesOutbound,
            annotated(template, "traffic.sidecar.istio.io/excludeOutbound"),
        ),
        (
            TemplateTrait::SetsStatsCompression,
            annotated(template, "sidecar.istio.io/statsCompression"),
        ),
        (
            TemplateTrait::RotatesMetrics,
            sets(template, "METRIC_ROTATION_INTERVAL")
                || sets(template, "METRIC_GRACEFUL_DELETION_INTERVAL"),
        ),
        (TemplateTrait::AddressesProxy, role == Role::Application && addresses_proxy(template)),
        (TemplateTrait::ChoosesPlacement, annotated(template, "sidecar.istio.io/nativeSidecar")),
        (TemplateTrait::KeepsApart, keeps_apart(template)),
        (TemplateTrait::AsksDebug, says(template, ":15014") || says(template, "/debug/syncz")),
        (TemplateTrait::AsksXds, says(template, ":15010")),
    ];
    asked.into_iter().filter(|(_, holds)| *holds).map(|(asked, _)| asked).collect()
}

/// Containers of the workload itself.
fn own(template: &Template) -> impl Iterator<Item = &TemplateContainer> {
    template.spec.containers.iter().filter(|container| container.name != PROXY)
}

/// Whether an annotation's key begins so.
fn annotated(template: &Template, prefix: &str) -> bool {
    template.metadata.annotations.keys().any(|key| key.starts_with(prefix))
}

fn annotation<'a>(template: &'a Template, key: &str) -> &'a str {
    template.metadata.annotations.get(key).map_or("", String::as_str)
}

fn listens_on_22(template: &Template) -> bool {
    let left_out = annotation(template, "traffic.sidecar.istio.io/excludeInboundPorts");
    let excluded = left_out.split(',').any(|port| port.trim() == "22");
    !excluded && own(template).flat_map(|one| &one.ports).any(|port| port.container_port == 22)
}

fn rewrites_probes(template: &Template) -> bool {
    let off = annotation(template, "sidecar.istio.io/rewriteAppHTTPProbers") == "false";
    let probed = own(template).any(|one| {
        let probes = [&one.readiness_probe, &one.liveness_probe, &one.startup_probe];
        probes.into_iter().flatten().any(|probe| probe.get("exec").is_none())
    });
    !off && probed
}

fn has_no_readiness_probe(template: &Template) -> bool {
    own(template).next().is_some() && own(template).all(|one| one.readiness_probe.is_none())
}

fn limits_proxy_cpu(template: &Template) -> bool {
    let by_annotation = annotated(template, "sidecar.istio.io/proxyCPULimit");
    let proxy = template.spec.containers.iter().find(|container| container.name == PROXY);
    let by_container = proxy.is_some_and(|one| one.resources.pointer("/limits/cpu").is_some());
    let says_how_many = annotation(template, PROXY_CONFIG).contains("concurrency");
    (by_annotation || by_container) && !says_how_many
}

/// Whether an annotation sets an interval that the bootstrap of some proxies can't hold.
fn flushes_oddly(template: &Template) -> bool {
    let interval = annotation(template, "sidecar.istio.io/statsFlushInterval");
    let seconds = duration(interval);
    !interval.is_empty() && seconds.is_none_or(|seconds| !(1.0..60.0).contains(&seconds))
}

/// The seconds of a duration such as `1m30s`; none when it is none.
fn duration(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|one: char| !one.is_ascii_digit() && one != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|one: char| one.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        let factor = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
        rest = next;
    }
    Some(seconds)
}

/// Whether the proxy's metadata or a container's environment sets a variable.
fn sets(template: &Template, variable: &str) -> bool {
    let mut containers = template.spec.containers.iter();
    annotation(template, PROXY_CONFIG).contains(variable)
        || containers.any(|one| one.env.iter().any(|it| it.name == variable))
}

/// Whether it counts on the proxy being a container among the others.
fn addresses_proxy(template: &Template) -> bool {
    let customised = template
        .spec
        .containers
        .iter()
        .any(|one| one.name == PROXY && (one.image.is_empty() || one.image == FILLED_IN));
    let as_default = annotation(template, "kubectl.kubernetes.io/default-container") == PROXY;
    let ends_it = own(template).any(|one| one.lifecycle.to_string().contains("quitquitquit"));
    customised || as_default || ends_it || says(template, "quitquitquit")
}

fn keeps_apart(template: &Template) -> bool {
    let required = "/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution";
    let terms = template.spec.affinity.pointer(required).and_then(Value::as_array);
    terms.into_iter().flatten().any(|term| {
        term.get("topologyKey").and_then(Value::as_str) == Some("kubernetes.io/hostname")
    })
}

/// Whether a command line or a variable of a container names something.
fn says(template: &Template, word: &str) -> bool {
    own(template).any(|one| {
        let texts = one.args.iter().chain(&one.command);
        texts.chain(one.env.iter().map(|it| &it.value)).any(|text| text.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn found(metadata: &Value, container: Value) -> BTreeSet<TemplateTrait> {
        let mut container = container;
        container["readinessProbe"] = json!({ "exec": { "command": ["true"] } });
        let template = json!({ "metadata": metadata, "spec": { "containers": [container] } });
        traits(&serde_json::from_value(template).unwrap(), Role::Application)
    }

    #[rstest]
    #[case::nothing(json!({}), json!({ "name": "app" }), None)]
    #[case::port(json!({}), json!({ "name": "app", "ports": [{ "containerPort": 22 }] }), Some(TemplateTrait::ListensOnPort22))]
    #[case::port_left_out(json!({ "annotations": { "traffic.sidecar.istio.io/excludeInboundPorts": "80, 22" } }), json!({ "name": "app", "ports": [{ "containerPort": 22 }] }), None)]
    #[case::probe(json!({}), json!({ "name": "app", "livenessProbe": { "httpGet": {} } }), Some(TemplateTrait::RewritesProbes))]
    #[case::limit(json!({ "annotations": { "sidecar.istio.io/proxyCPULimit": "1" } }), json!({ "name": "app" }), Some(TemplateTrait::LimitsProxyCpu))]
    #[case::limit_and_concurrency(json!({ "annotations": { "sidecar.istio.io/proxyCPULimit": "1", "proxy.istio.io/config": "concurrency: 2" } }), json!({ "name": "app" }), None)]
    #[case::rotation(json!({ "annotations": { "proxy.istio.io/config": "proxyMetadata: {METRIC_ROTATION_INTERVAL: 1h}" } }), json!({ "name": "app" }), Some(TemplateTrait::RotatesMetrics))]
    #[case::flushes_in_time(json!({ "annotations": { "sidecar.istio.io/statsFlushInterval": "30s" } }), json!({ "name": "app" }), None)]
    #[case::flushes_late(json!({ "annotations": { "sidecar.istio.io/statsFlushInterval": "1m30s" } }), json!({ "name": "app" }), Some(TemplateTrait::OddStatsFlush))]
    #[case::flushes_at_once(json!({ "annotations": { "sidecar.istio.io/statsFlushInterval": "500ms" } }), json!({ "name": "app" }), Some(TemplateTrait::OddStatsFlush))]
    #[case::customised(json!({}), json!({ "name": "istio-proxy", "image": "auto" }), Some(TemplateTrait::AddressesProxy))]
    #[case::ends_the_proxy(json!({}), json!({ "name": "app", "command": ["curl", "localhost:15020/quitquitquit"] }), Some(TemplateTrait::AddressesProxy))]
    #[case::debug(json!({}), json!({ "name": "app", "env": [{ "name": "URL", "value": "http://istiod.istio-system:15014/debug/syncz" }] }), Some(TemplateTrait::AsksDebug))]
    fn knows_what_a_template_says(
        #[case] metadata: Value,
        #[case] container: Value,
        #[case] expected: Option<TemplateTrait>,
    ) {
        assert_eq!(found(&metadata, container), expected.into_iter().collect());
    }
}
