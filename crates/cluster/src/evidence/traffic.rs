//! Istio's own objects and gateways, folded.
//!
//! Entry points: [`rules`], which may be kept on another API server, and [`kubernetes`].

use std::collections::BTreeSet;

use meshlift_core::inventory::evidence::{
    AccessPolicy, Delegate, DestinationRule, EnvoyFilter, EnvoyPatch, IstioGateway,
    KubernetesGateway, LabelUse, ObjectName, Resource, ServiceEntry, ServicePort, Telemetry,
    TlsSetting, VirtualService, WorkloadEntry,
};
use meshlift_core::inventory::{Evidence, Labels, Name};
use serde_json::Value;

use super::reader::{Object, Reader, WithoutCrd, name};
use super::text::{items, keys, selected_keys, text, texts, traits};

/// What [`rules`] reads.
pub(super) const RULES: [Resource; 12] = [
    Resource::EnvoyFilters,
    Resource::DestinationRules,
    Resource::VirtualServices,
    Resource::ServiceEntries,
    Resource::Sidecars,
    Resource::WorkloadEntries,
    Resource::Telemetries,
    Resource::AuthorizationPolicies,
    Resource::PeerAuthentications,
    Resource::RequestAuthentications,
    Resource::WasmPlugins,
    Resource::IstioGateways,
];

/// Istio's own objects.
pub(super) async fn rules(reader: &Reader) -> Evidence {
    let (mut traffic, policies, others) = tokio::join!(
        Box::pin(traffic(reader)),
        Box::pin(policies(reader)),
        Box::pin(other_policies(reader)),
    );
    super::merge(&mut traffic, policies);
    super::merge(&mut traffic, others);
    traffic
}

/// Gateways of the Gateway API.
pub(super) async fn kubernetes(reader: &Reader) -> Evidence {
    let crd = "gateways.gateway.networking.k8s.io";
    let fold = |it: &Object| Some(kubernetes_gateway(it));
    let found = reader.custom(Resource::KubernetesGateways, crd, WithoutCrd::None, fold).await;
    let mut evidence = Evidence::default();
    evidence.kubernetes_gateways = found.into(&mut evidence);
    evidence
}

/// Traffic rules and what they name.
async fn traffic(reader: &Reader) -> Evidence {
    let missing = WithoutCrd::CannotTell;
    let networking = |plural: &str| format!("{plural}.networking.istio.io");
    let (filters, rules, services, entries, sidecars, workloads) = (
        networking("envoyfilters"),
        networking("destinationrules"),
        networking("virtualservices"),
        networking("serviceentries"),
        networking("sidecars"),
        networking("workloadentries"),
    );
    let (filters, rules, services, entries, sidecars, workloads) = tokio::join!(
        reader.custom(Resource::EnvoyFilters, &filters, missing, |it: &Object| Some(envoy_filter(
            it
        ))),
        reader.custom(Resource::DestinationRules, &rules, missing, |it: &Object| Some(
            destination_rule(it)
        )),
        reader.custom(Resource::VirtualServices, &services, missing, |it: &Object| Some(
            virtual_service(it)
        )),
        reader.custom(Resource::ServiceEntries, &entries, missing, |it: &Object| Some(
            service_entry(it)
        )),
        reader
            .custom(Resource::Sidecars, &sidecars, missing, |it: &Object| Some(name(&it.metadata))),
        reader.custom(Resource::WorkloadEntries, &workloads, missing, |it: &Object| Some(
            workload_entry(it)
        )),
    );
    let mut evidence = Evidence::default();
    evidence.envoy_filters = filters.into(&mut evidence);
    evidence.destination_rules = rules.into(&mut evidence);
    evidence.virtual_services = services.into(&mut evidence);
    evidence.service_entries = entries.into(&mut evidence);
    evidence.sidecars = sidecars.into(&mut evidence);
    evidence.workload_entries = workloads.into(&mut evidence);
    evidence
}

/// Gateways, access policies and telemetry.
async fn policies(reader: &Reader) -> Evidence {
    let missing = WithoutCrd::CannotTell;
    let (telemetries, policies, gateways) = tokio::join!(
        reader.custom(
            Resource::Telemetries,
            "telemetries.telemetry.istio.io",
            missing,
            |it: &Object| Some(telemetry(it))
        ),
        reader.custom(
            Resource::AuthorizationPolicies,
            "authorizationpolicies.security.istio.io",
            missing,
            |it: &Object| Some(access_policy(it)),
        ),
        reader.custom(
            Resource::IstioGateways,
            "gateways.networking.istio.io",
            missing,
            |it: &Object| Some(istio_gateway(it))
        ),
    );
    let mut evidence = Evidence::default();
    evidence.telemetries = telemetries.into(&mut evidence);
    evidence.access_policies = policies.into(&mut evidence);
    evidence.istio_gateways = gateways.into(&mut evidence);
    evidence
}

/// Policies that are asked about no more than whom they select.
async fn other_policies(reader: &Reader) -> Evidence {
    let selecting = |it: &Object| {
        let keys = it.spec.get("selector").map(selected_keys).unwrap_or_default();
        Some(LabelUse { kind: it.kind.as_str().into(), name: name(&it.metadata), keys })
    };
    let read = |of, crd| reader.custom(of, crd, WithoutCrd::CannotTell, selecting);
    let (peers, requests, plugins) = tokio::join!(
        read(Resource::PeerAuthentications, "peerauthentications.security.istio.io"),
        read(Resource::RequestAuthentications, "requestauthentications.security.istio.io"),
        read(Resource::WasmPlugins, "wasmplugins.extensions.istio.io"),
    );
    let mut evidence = Evidence::default();
    for part in [peers, requests, plugins] {
        let found = part.into(&mut evidence);
        evidence.other_policies.extend(found);
    }
    evidence
}

fn envoy_filter(object: &Object) -> EnvoyFilter {
    let patches = items(&object.spec, "/configPatches").iter().map(envoy_patch).collect();
    EnvoyFilter {
        name: name(&object.metadata),
        selects_by: keys(&object.spec, "/workloadSelector/labels"),
        patches,
        traits: traits(&object.spec),
    }
}

fn envoy_patch(patch: &Value) -> EnvoyPatch {
    let matched = "/match/listener/filterChain/filter";
    let named = [
        text(patch, &format!("{matched}/name")),
        text(patch, &format!("{matched}/subFilter/name")),
        text(patch, "/patch/value/name"),
    ];
    let value = patch.pointer("/patch/value");
    let has = |key: &str| value.is_some_and(|value| value.get(key).is_some());
    let pattern = text(patch, "/match/proxy/proxyVersion");
    EnvoyPatch {
        apply_to: text(patch, "/applyTo").into(),
        operation: text(patch, "/patch/operation").into(),
        filters: named.into_iter().filter(|it| !it.is_empty()).map(Into::into).collect(),
        proxy_version: (!pattern.is_empty()).then(|| pattern.into()),
        untyped: has("config") && !has("typed_config") && !has("typedConfig"),
        version_two: value.is_some_and(is_version_two),
    }
}

/// Whether a type URL of Envoy's second API version stands anywhere in it.
fn is_version_two(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("type.googleapis.com/") && text.contains(".v2."),
        Value::Array(items) => items.iter().any(is_version_two),
        Value::Object(fields) => fields.values().any(is_version_two),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn destination_rule(object: &Object) -> DestinationRule {
    let spec = &object.spec;
    let subsets = items(spec, "/subsets").iter().enumerate();
    let policies: Vec<(String, &Value)> = spec
        .get("trafficPolicy")
        .map(|policy| ("trafficPolicy".to_owned(), policy))
        .into_iter()
        .chain(subsets.filter_map(|(place, subset)| {
            let policy = subset.get("trafficPolicy")?;
            Some((format!("subsets[{place}].trafficPolicy"), policy))
        }))
        .collect();
    let ejects = |policy: &Value| {
        let ports = items(policy, "/portLevelSettings").iter();
        let mut detections =
            std::iter::once(policy).chain(ports).filter_map(|at| at.get("outlierDetection"));
        detections.any(|detection| detection.get("minHealthPercent").is_none())
    };
    DestinationRule {
        name: name(&object.metadata),
        host: text(spec, "/host").into(),
        tls: policies.iter().flat_map(|(at, policy)| tls_settings(at, policy)).collect(),
        ejects_outliers: policies.iter().any(|(_, policy)| ejects(policy)),
    }
}

/// Every place of a traffic policy that originates TLS by itself.
fn tls_settings(at: &str, policy: &Value) -> Vec<TlsSetting> {
    let ports = items(policy, "/portLevelSettings").iter().enumerate();
    let ports = ports.map(|(place, port)| (format!("{at}.portLevelSettings[{place}]"), port));
    std::iter::once((at.to_owned(), policy))
        .chain(ports)
        .filter_map(|(at, policy)| {
            let tls = policy.get("tls")?;
            let originates = matches!(text(tls, "/mode"), "SIMPLE" | "MUTUAL");
            let says = |key: &str| !text(tls, &format!("/{key}")).is_empty();
            let skips = tls.get("insecureSkipVerify").and_then(Value::as_bool).unwrap_or_default();
            originates.then(|| TlsSetting {
                at: at.into(),
                names_sni: says("sni"),
                names_trust: says("caCertificates") || says("credentialName") || skips,
            })
        })
        .collect()
}

fn virtual_service(object: &Object) -> VirtualService {
    let spec = &object.spec;
    let own = name(&object.metadata);
    let mut gateways = texts(spec, "/gateways");
    if gateways.is_empty() {
        gateways.insert("mesh".into());
    }
    let http = items(spec, "/http");
    let routes = http.iter().chain(items(spec, "/tcp")).chain(items(spec, "/tls"));
    let destinations = routes
        .flat_map(|route| items(route, "/route"))
        .map(|route| Name::from(text(route, "/destination/host")))
        .filter(|host| !host.is_empty())
        .collect();
    let says = |key: &str| http.iter().any(|route| route.get(key).is_some());
    let delegates = http.iter().filter_map(|route| delegate(route, &own.namespace)).collect();
    VirtualService {
        gateways,
        hosts: texts(spec, "/hosts"),
        destinations,
        retries: says("retries"),
        mirrors: says("mirror") || says("mirrors"),
        delegates,
        traits: traits(spec),
        name: own,
    }
}

fn delegate(route: &Value, own: &Name) -> Option<Delegate> {
    let delegate = route.get("delegate")?;
    let namespace = match text(delegate, "/namespace") {
        "" => Name::clone(own),
        other => other.into(),
    };
    let to = ObjectName { namespace, name: text(delegate, "/name").into() };
    let routes_too = ["route", "redirect"].iter().any(|key| route.get(*key).is_some());
    Some(Delegate { to, routes_too })
}

fn service_entry(object: &Object) -> ServiceEntry {
    let spec = &object.spec;
    let number = |port: &Value, key: &str| {
        port.get(key).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
    };
    let ports = items(spec, "/ports").iter().map(|port| ServicePort {
        number: number(port, "number").unwrap_or_default(),
        target: number(port, "targetPort"),
        protocol: text(port, "/protocol").into(),
    });
    let allocates = object.metadata.labels.get("networking.istio.io/enable-autoallocate-ip");
    let opted_out = allocates.is_some_and(|value| value.eq_ignore_ascii_case("false"));
    ServiceEntry {
        name: name(&object.metadata),
        hosts: texts(spec, "/hosts"),
        export_to: texts(spec, "/exportTo"),
        resolution: match text(spec, "/resolution") {
            "" => "NONE".into(),
            resolution => resolution.into(),
        },
        has_addresses: !items(spec, "/addresses").is_empty() || opted_out,
        ports: ports.collect(),
    }
}

fn workload_entry(object: &Object) -> WorkloadEntry {
    let metadata = &object.metadata;
    let tunnel = metadata.labels.get("networking.istio.io/tunnel");
    WorkloadEntry {
        name: name(metadata),
        registered_itself: metadata.annotations.contains_key("istio.io/autoRegistrationController"),
        tunnelled: tunnel.is_some_and(|it| it == "http"),
    }
}

fn telemetry(object: &Object) -> Telemetry {
    let tracing = items(&object.spec, "/tracing");
    let off = |one: &Value| one.get("disableSpanReporting").and_then(Value::as_bool) == Some(true);
    let named = tracing.iter().flat_map(|one| items(one, "/providers"));
    Telemetry {
        name: name(&object.metadata),
        selects_by: object.spec.get("selector").map(selected_keys).unwrap_or_default(),
        traces: tracing.iter().any(|one| !off(one)),
        providers: named.map(|provider| text(provider, "/name").into()).collect(),
        traits: traits(&object.spec),
    }
}

fn access_policy(object: &Object) -> AccessPolicy {
    let spec = &object.spec;
    let said = spec.to_string();
    let by_client = ["\"remoteIpBlocks\"", "\"notRemoteIpBlocks\"", "\"remote.ip\""];
    AccessPolicy {
        name: name(&object.metadata),
        selects_by: spec.get("selector").map(selected_keys).unwrap_or_default(),
        traits: traits(spec),
        by_client_address: by_client.iter().any(|word| said.contains(word)),
    }
}

fn istio_gateway(object: &Object) -> IstioGateway {
    let spec = &object.spec;
    let selector = spec.get("selector").and_then(Value::as_object);
    let selector: Labels = selector
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into())))
        .collect();
    let ports = items(spec, "/servers")
        .iter()
        .filter_map(|server| u32::try_from(server.pointer("/port/number")?.as_u64()?).ok());
    IstioGateway { name: name(&object.metadata), selector, ports: ports.collect() }
}

fn kubernetes_gateway(object: &Object) -> KubernetesGateway {
    let annotations = object.metadata.annotations.keys().filter(|key| key.contains("istio.io/"));
    let annotations: BTreeSet<Name> = annotations.map(|key| key.as_str().into()).collect();
    KubernetesGateway {
        name: name(&object.metadata),
        class: text(&object.spec, "/gatewayClassName").into(),
        has_addresses: !items(&object.spec, "/addresses").is_empty(),
        annotations,
    }
}

/// Keys of a selector of another kind that belong to Istio.
pub(super) fn istio_keys(selector: &Value) -> BTreeSet<Name> {
    let mut found = selected_keys(selector);
    found.extend(keys(selector, "/matchLabels"));
    found.into_iter().filter(|key| key.contains("istio.io/")).collect()
}

#[cfg(test)]
mod tests;
