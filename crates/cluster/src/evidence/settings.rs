//! How the mesh is configured, folded: mesh config, the CNI agent's settings, the root certificate.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use meshlift_core::inventory::evidence::{Cni, Gap, MeshConfig, Resource, TracingProvider};
use meshlift_core::inventory::{
    ControlPlane, DEFAULT_REVISION, Evidence, Installer, Kind, Name, Selector, Snapshot,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::Value;

use super::reader::{Reader, name};
use super::text::items;
use crate::connection::not_after;
use crate::snapshot::selector_of;
use crate::wire::{self, ConfigMap};

/// Reads them.
pub(super) async fn read(reader: &Reader, mesh: &Snapshot) -> Evidence {
    let mut evidence = Evidence::default();
    for plane in &mesh.control_planes {
        match mesh_config(reader, plane).await {
            Ok(Some(config)) => drop(evidence.mesh_configs.insert(plane.revision.clone(), config)),
            Ok(None) => {}
            Err(why) => evidence.gaps.push(Gap { of: Resource::MeshConfig, why }),
        }
    }
    match cni(reader, mesh).await {
        Ok(found) => evidence.cni = found,
        Err(why) => evidence.gaps.push(Gap { of: Resource::CniConfig, why }),
    }
    let path = "/api/v1/configmaps?fieldSelector=metadata.name%3Distio-ca-root-cert";
    let roots = reader.built_in(Resource::RootCertificates, path, |map: ConfigMap| {
        let end = map.data.get("root-cert.pem").and_then(|pem| end_of(pem));
        Some((name(&map.metadata).namespace, end))
    });
    let roots = roots.await.into(&mut evidence);
    evidence.root_expires = roots.iter().filter_map(|(_, end)| *end).min();
    evidence.root_certificates = roots.into_iter().map(|(namespace, _)| namespace).collect();
    evidence
}

/// When the first certificate of a bundle ends, in seconds since the epoch.
fn end_of(pem: &str) -> Option<i64> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    not_after(&certificate).map(Timestamp::as_second)
}

/// The mesh config of a revision; none when its ConfigMap is not there.
async fn mesh_config(reader: &Reader, plane: &ControlPlane) -> Result<Option<MeshConfig>, String> {
    if plane.installer == Installer::Asm {
        return Err("ASM keeps it outside the cluster".to_owned());
    }
    let map = match &*plane.revision {
        DEFAULT_REVISION => "istio".to_owned(),
        revision => format!("istio-{revision}"),
    };
    let path = format!("/api/v1/namespaces/{}/configmaps/{map}", plane.namespace);
    let Some(map) = reader.one::<ConfigMap>(&path).await? else { return Ok(None) };
    let Some(text) = map.data.get("mesh") else { return Ok(None) };
    // The words of a parser's error may quote what it read.
    let value: Value = serde_saphyr::from_str(text)
        .map_err(|_| format!("the mesh config of {} is not YAML", plane.revision))?;
    Ok(Some(fold(&value)))
}

fn fold(config: &Value) -> MeshConfig {
    let metadata = config.pointer("/defaultConfig/proxyMetadata").and_then(Value::as_object);
    let metadata: BTreeMap<String, String> =
        metadata.into_iter().flatten().map(|(key, value)| (key.clone(), plain(value))).collect();
    let selectors = items(config, "/discoverySelectors").iter();
    let trusted = config.pointer("/defaultConfig/gatewayTopology/numTrustedProxies");
    let named = ["/defaultProviders/tracing", "/defaultConfig/tracing"];
    MeshConfig {
        discovery_selectors: selectors.filter_map(selector).collect(),
        traces: config.get("enableTracing").and_then(Value::as_bool).unwrap_or_default(),
        names_tracer: named.iter().any(|at| config.pointer(at).is_some_and(|it| !is_empty(it))),
        providers: items(config, "/extensionProviders").iter().filter_map(provider).collect(),
        variables: metadata.keys().map(|key| key.as_str().into()).collect(),
        switches: switches(&metadata),
        trusts_proxies: trusted.is_some(),
    }
}

/// Variables whose value is true, false or a number: what a switch is, and no secret can be.
pub(crate) fn switches(variables: &BTreeMap<String, String>) -> BTreeMap<Name, Name> {
    let is_switch = |value: &str| {
        matches!(value, "true" | "false")
            || (!value.is_empty()
                && value.len() < 10
                && value.bytes().all(|it| it.is_ascii_digit()))
    };
    let switches = variables.iter().filter(|(_, value)| is_switch(value));
    switches.map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect()
}

/// Adds what is known of the values of an install: their text, none where nobody named any, or why
/// they could not be read.
pub fn with_values(mut evidence: Evidence, known: Result<Option<String>, String>) -> Evidence {
    let read = known.and_then(|text| text.as_deref().map(parsed).transpose());
    match read {
        Ok(None) => {}
        Ok(Some(file)) => {
            let spec = file.get("spec").unwrap_or(&file);
            evidence.values = Some(set_by(spec));
            evidence.values_set_more = set_more(spec);
        }
        Err(why) => evidence.gaps.push(Gap { of: Resource::InstallValues, why }),
    }
    evidence
}

fn parsed(text: &str) -> Result<Value, String> {
    // The words of a parser's error may quote what it read.
    serde_saphyr::from_str(text).map_err(|_| "they are not YAML".to_owned())
}

/// Switches that values name: in istiod's environment, and in the proxies'.
fn set_by(spec: &Value) -> BTreeMap<Name, Name> {
    let maps = [
        "/values/pilot/env",
        "/values/meshConfig/defaultConfig/proxyMetadata",
        "/meshConfig/defaultConfig/proxyMetadata",
    ];
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for fields in maps.iter().filter_map(|at| spec.pointer(at)?.as_object()) {
        variables.extend(fields.iter().map(|(key, value)| (key.clone(), plain(value))));
    }
    for one in items(spec, "/components/pilot/k8s/env") {
        let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
        variables.insert(name.to_owned(), one.get("value").map(plain).unwrap_or_default());
    }
    switches(&variables)
}

/// Whether a render sets more than the values name: a compatibility profile brings the switches of an
/// older version (`domain/istio.md` §13), and overlays patch what was rendered.
fn set_more(spec: &Value) -> bool {
    let profiles = ["/values/compatibilityVersion", "/compatibilityVersion"];
    let has_profile =
        profiles.iter().any(|at| spec.pointer(at).is_some_and(|it| !plain(it).is_empty()));
    has_profile || !items(spec, "/components/pilot/k8s/overlays").is_empty()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(_) | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn selector(value: &Value) -> Option<Selector> {
    let read = wire::LabelSelector::deserialize(value).ok()?;
    Some(selector_of(&read))
}

/// A provider that takes traces; its kind is the name of its one field beside `name`.
fn provider(value: &Value) -> Option<TracingProvider> {
    const TRACERS: [&str; 6] =
        ["zipkin", "lightstep", "datadog", "stackdriver", "opencensus", "opentelemetry"];
    let fields = value.as_object()?;
    let kind = fields.keys().find(|key| TRACERS.contains(&key.to_ascii_lowercase().as_str()))?;
    let name = fields.get("name").and_then(Value::as_str)?;
    Some(TracingProvider { name: name.into(), kind: kind.to_ascii_lowercase().into() })
}

/// Settings of the CNI agent, where there is one.
async fn cni(reader: &Reader, mesh: &Snapshot) -> Result<Option<Cni>, String> {
    let mut agents = mesh.workloads.keys().filter(|reference| {
        reference.kind == Kind::DaemonSet && reference.name.starts_with("istio-cni-node")
    });
    let Some(agent) = agents.next() else { return Ok(None) };
    let path = format!("/api/v1/namespaces/{}/configmaps/istio-cni-config", agent.namespace);
    let Some(map) = reader.one::<ConfigMap>(&path).await? else { return Ok(None) };
    let says = |key: &str| map.data.get(key).is_some_and(|value| value == "true");
    let excluded: BTreeSet<Name> = map
        .data
        .get("EXCLUDE_NAMESPACES")
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(Into::into)
        .collect();
    Ok(Some(Cni {
        excluded,
        ambient: says("AMBIENT_ENABLED"),
        captures_dns: says("AMBIENT_DNS_CAPTURE"),
    }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn values_are_kept_by_the_switches_that_they_set() {
        let text = "
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_DELTA_XDS: \"false\"}}}
  components: {pilot: {k8s: {env: [{name: ENABLE_AUTO_SNI, value: \"false\"}]}}}
  values: {pilot: {env: {VERIFY_CERTIFICATE_AT_CLIENT: false, TOKEN: planted-password}}}
";

        let found = with_values(Evidence::default(), Ok(Some(text.to_owned())));

        assert!(!found.values_set_more);
        let found = found.values.unwrap();
        let told: Vec<_> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(
            told,
            [
                ("ENABLE_AUTO_SNI", "false"),
                ("ISTIO_DELTA_XDS", "false"),
                ("VERIFY_CERTIFICATE_AT_CLIENT", "false"),
            ]
        );
    }

    #[rstest]
    #[case::compatibility("spec: {values: {compatibilityVersion: \"1.28\"}}", true)]
    #[case::compatibility_as_a_number("spec: {values: {compatibilityVersion: 1.28}}", true)]
    #[case::no_compatibility("spec: {values: {compatibilityVersion: \"\"}}", false)]
    #[case::overlays("spec: {components: {pilot: {k8s: {overlays: [{kind: Deployment}]}}}}", true)]
    #[case::no_overlays("spec: {components: {pilot: {k8s: {overlays: []}}}}", false)]
    fn values_that_set_more_than_they_name_are_known(#[case] text: &str, #[case] more: bool) {
        let found = with_values(Evidence::default(), Ok(Some(text.to_owned())));

        assert_eq!(found.values_set_more, more);
        assert_eq!(found.values, Some(BTreeMap::new()));
    }

    #[rstest]
    #[case::nobody_named_any(Ok(None), None)]
    #[case::no_yaml(Ok(Some("{".to_owned())), Some("they are not YAML"))]
    #[case::no_file(Err("they are not YAML".to_owned()), Some("they are not YAML"))]
    fn values_that_nobody_knows_are_not_empty_ones(
        #[case] known: Result<Option<String>, String>,
        #[case] told: Option<&str>,
    ) {
        let found = with_values(Evidence::default(), known);

        assert_eq!(found.values, None);
        assert_eq!(found.gap(Resource::InstallValues).map(|gap| &*gap.why), told);
    }

    #[test]
    fn a_mesh_config_is_kept_by_what_rules_ask() {
        let text = "
discoverySelectors:
- matchLabels: {team: shop}
enableTracing: true
extensionProviders:
- name: traces
  opencensus: {service: collector}
- name: checks
  envoyExtAuthzHttp: {service: checks}
defaultConfig:
  proxyMetadata: {ISTIO_META_DNS_CAPTURE: \"true\", TOKEN: planted-password}
";
        let config = fold(&serde_saphyr::from_str(text).unwrap());

        assert_eq!(config.discovery_selectors.len(), 1);
        assert!(config.traces && !config.names_tracer);
        let kinds: Vec<&str> = config.providers.iter().map(|it| &*it.kind).collect();
        assert_eq!(kinds, ["opencensus"]);
        assert_eq!(config.switches.len(), 1, "a value that is no switch is not kept");
        assert!(!format!("{config:?}").contains("planted-password"));
    }
}
