//! Folds what istiod's injectors are configured with, and what stands behind istiod's Services.

use std::collections::BTreeMap;

use meshlift_core::inventory::evidence::Measure;
use meshlift_core::inventory::{InjectionPolicy, InjectorConfig, Name, ProxyImage, Selector};
use serde::Deserialize;
use serde_json::Value;

use super::webhook::selector;
use super::{Entry, Names, version_of};
use crate::wire::{self, thousandths};

/// The proxy that an injector puts into pods, by the name of its configuration.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::snapshot) struct ProxyConfig {
    pub(in crate::snapshot) proxy: ProxyImage,
    /// What decides about pods; none when it can't be read.
    pub(in crate::snapshot) injector: Option<InjectorConfig>,
}

/// One slice of a Service's endpoints.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::snapshot) struct Endpoints {
    pub(in crate::snapshot) service: Name,
    /// A Service of two address families has slices of each, with the same pods.
    pub(in crate::snapshot) family: Name,
    pub(in crate::snapshot) ready: u32,
}

/// Start of the names of injectors' configurations.
pub(in crate::snapshot) const INJECTOR_CONFIG: &str = "istio-sidecar-injector";

/// An injector's configuration.
pub(in crate::snapshot) fn config(names: &Names, object: &wire::ConfigMap) -> Option<Entry> {
    if !object.metadata.name.starts_with(INJECTOR_CONFIG) {
        return None;
    }
    let values: Value = serde_json::from_str(object.data.get("values")?).ok()?;
    let image = image(&values)?;
    let version = version_of(&image);
    let injector = object.data.get("config").and_then(|text| injector(names, text, &values));
    let proxy = ProxyImage { image: names.share(&image), version };
    Some(Entry::Config(ProxyConfig { proxy, injector }))
}

/// The part of istiod's own configuration that decides about pods; its templates are left out.
fn injector(names: &Names, text: &str, values: &Value) -> Option<InjectorConfig> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Raw {
        policy: String,
        #[serde(deserialize_with = "wire::null_as_default")]
        never_inject_selector: Vec<wire::LabelSelector>,
        #[serde(deserialize_with = "wire::null_as_default")]
        always_inject_selector: Vec<wire::LabelSelector>,
    }
    // The templates that are skipped are long.
    let options = serde_saphyr::options! { budget: None };
    let raw: Raw = serde_saphyr::from_str_with_options(text, options).ok()?;
    let selectors = |read: &[wire::LabelSelector]| -> Vec<Selector> {
        read.iter().map(|one| selector(names, one)).collect()
    };
    let secrets = values.pointer("/global/imagePullSecrets").and_then(Value::as_array);
    Some(InjectorConfig {
        policy: match raw.policy.as_str() {
            "enabled" => InjectionPolicy::Enabled,
            "disabled" => InjectionPolicy::Disabled,
            _ => InjectionPolicy::Unknown,
        },
        never: selectors(&raw.never_inject_selector),
        always: selectors(&raw.always_inject_selector),
        pull_secrets: secrets
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|name| names.share(name))
            .collect(),
        resources: resources(values),
    })
}

/// What the injector gives a proxy; none when its values name no resources at all.
fn resources(values: &Value) -> Option<BTreeMap<Measure, i64>> {
    let given = values.pointer("/global/proxy/resources")?;
    let places = [
        (Measure::RequestsCpu, "/requests/cpu"),
        (Measure::RequestsMemory, "/requests/memory"),
        (Measure::LimitsCpu, "/limits/cpu"),
        (Measure::LimitsMemory, "/limits/memory"),
    ];
    let quantity = |at: &str| match given.pointer(at)? {
        Value::String(text) => thousandths(text),
        Value::Number(number) => thousandths(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Some(places.into_iter().filter_map(|(of, at)| Some((of, quantity(at)?))).collect())
}

/// `global.proxy.image` is a whole reference, or a name that hub, tag and variant complete.
fn image(values: &Value) -> Option<String> {
    let text = |pointer: &str| match values.pointer(pointer) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let image = text("/global/proxy/image").unwrap_or_else(|| "proxyv2".to_owned());
    if image.contains('/') {
        return Some(image);
    }
    let hub = text("/global/hub")?;
    let tag = text("/global/tag")?;
    Some(match text("/global/variant") {
        Some(variant) if !tag.ends_with(&format!("-{variant}")) => {
            format!("{hub}/{image}:{tag}-{variant}")
        }
        Some(_) | None => format!("{hub}/{image}:{tag}"),
    })
}

/// A slice of endpoints.
pub(in crate::snapshot) fn endpoints(names: &Names, object: &wire::EndpointSlice) -> Option<Entry> {
    let service = object.metadata.labels.get("kubernetes.io/service-name")?;
    let ready = object.endpoints.iter().filter(|endpoint| endpoint.is_ready()).count();
    Some(Entry::Endpoints(Endpoints {
        service: names.share(service),
        family: names.share(&object.address_type),
        ready: u32::try_from(ready).unwrap_or(u32::MAX),
    }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::joined(json!({"global": {"hub": "docker.io/istio", "tag": "1.30.5", "proxy": {"image": "proxyv2"}}}), Some("docker.io/istio/proxyv2:1.30.5"))]
    #[case::variant(json!({"global": {"hub": "h", "tag": "1.30.5", "variant": "distroless", "proxy": {"image": "proxyv2"}}}), Some("h/proxyv2:1.30.5-distroless"))]
    #[case::variant_in_the_tag(json!({"global": {"hub": "h", "tag": "1.30.5-debug", "variant": "debug", "proxy": {"image": "proxyv2"}}}), Some("h/proxyv2:1.30.5-debug"))]
    #[case::whole(json!({"global": {"hub": "h", "tag": "1.30.5", "proxy": {"image": "mirror/proxyv2:1.30.4"}}}), Some("mirror/proxyv2:1.30.4"))]
    #[case::no_image(json!({"global": {"hub": "h", "tag": "1.30.5"}}), Some("h/proxyv2:1.30.5"))]
    #[case::no_hub(json!({"global": {"tag": "1.30.5"}}), None)]
    fn tells_which_proxy_is_injected(#[case] values: Value, #[case] expected: Option<&str>) {
        assert_eq!(image(&values).as_deref(), expected);
    }

    #[test]
    fn tells_whom_istiod_leaves_out() {
        let text = "policy: disabled\nalwaysInjectSelector:\n  []\nneverInjectSelector:\n\
            - matchExpressions:\n  - {key: kind, operator: In, values: [job]}\n\
            templates:\n  sidecar: |\n    {{- $x := 1 }}\n";
        let requests = json!({"requests": {"cpu": "10m", "memory": "40Mi"}, "limits": {"cpu": 1}});
        let values =
            json!({"global": {"imagePullSecrets": ["pull"], "proxy": {"resources": requests}}});

        let found = injector(&Names::default(), text, &values).unwrap();

        assert_eq!(found.policy, InjectionPolicy::Disabled);
        assert_eq!(&*found.never[0].expressions[0].key, "kind");
        assert!(found.always.is_empty());
        assert_eq!(found.pull_secrets, ["pull".into()].into());
        let resources = [
            (Measure::RequestsCpu, 10),
            (Measure::RequestsMemory, 40 * 1024 * 1024 * 1000),
            (Measure::LimitsCpu, 1000),
        ];
        assert_eq!(found.resources, Some(resources.into()));
    }
}
