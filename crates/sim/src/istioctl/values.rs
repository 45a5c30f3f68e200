//! From values files and `--set` flags to what is to be installed.

use serde_json::{Map, Value, json};

use super::Flags;
use crate::json;
use crate::patch::{self, Format};

/// What is to be installed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Version of the program, and so of what it installs.
    pub(crate) version: String,
    /// The profile.
    pub(crate) profile: String,
    /// The revision; empty for an install without one.
    pub(crate) revision: String,
    /// The istio namespace.
    pub(crate) namespace: String,
    /// Registry and path of the images.
    pub(crate) hub: String,
    /// Tag of the images.
    pub(crate) tag: String,
    /// Variant of the images, such as `distroless`, or nothing.
    pub(crate) variant: String,
    /// Name of the proxy image.
    pub(crate) proxy_image: String,
    /// Whether CRDs and base are installed.
    pub(crate) base: bool,
    /// Whether istiod is installed.
    pub(crate) pilot: bool,
    /// Replicas of istiod.
    pub(crate) replicas: i64,
    /// Whether namespaces without a label are injected.
    pub(crate) by_default: bool,
    /// Ingress gateways, then egress gateways.
    pub(crate) gateways: Vec<Gateway>,
    /// Seconds to wait for readiness.
    pub(crate) timeout: u64,
}

/// A gateway that the install renders.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gateway {
    /// Name of its Deployment and Service.
    pub(crate) name: String,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Whether traffic comes in through it.
    pub(crate) ingress: bool,
    /// Its own labels.
    pub(crate) labels: Map<String, Value>,
    /// Its replicas.
    pub(crate) replicas: i64,
}

impl Settings {
    /// The settings of a command line. Files are read where their text is not given, nothing else.
    pub(crate) fn read(version: &str, flags: &Flags) -> Result<Self, String> {
        let mut overlay = json!({});
        for file in &flags.files {
            let text = match flags.texts.get(file) {
                Some(text) => text.clone(),
                None => std::fs::read_to_string(file)
                    .map_err(|error| format!("failed to read {file}: {error}"))?,
            };
            overlay = merged(&overlay, &parse(&text).map_err(|error| format!("{file}: {error}"))?);
        }
        Self::of(version, &overlay, flags)
    }

    /// The settings of values that are a text already.
    pub(crate) fn of_text(version: &str, text: &str, set: &[&str]) -> Result<Self, String> {
        let set = set.iter().map(|&pair| pair.to_owned()).collect();
        Self::of(version, &parse(text)?, &Flags { set, ..Flags::default() })
    }

    fn of(version: &str, overlay: &Value, flags: &Flags) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for pair in &flags.set {
            pairs.push(pair.split_once('=').ok_or_else(|| {
                format!("bad set value: {pair}, must be a path and a value joined by =")
            })?);
        }
        let chosen = pairs.iter().rev().find(|(path, _)| *path == "profile").map(|(_, name)| *name);
        let profile = chosen.unwrap_or_else(|| json::text(overlay, &["profile"]));
        let profile = if profile.is_empty() { "default" } else { profile };
        let mut spec = merged(&profile_values(profile)?, overlay);
        for (path, value) in &pairs {
            put(&mut spec, path, scalar(value))?;
        }
        // The flag, unlike the value, has a name for an install without a revision.
        if let Some(revision) = flags.revision.as_ref().filter(|it| *it != "default") {
            put(&mut spec, "revision", json!(revision))?;
        }
        let spec = &spec;
        Ok(Self::of_spec(version, profile, spec, flags.timeout.unwrap_or(300)))
    }

    fn of_spec(version: &str, profile: &str, spec: &Value, timeout: u64) -> Self {
        let or = |paths: &[&[&str]], default: &str| {
            let found =
                paths.iter().map(|path| json::text(spec, path)).find(|text| !text.is_empty());
            found.unwrap_or(default).to_owned()
        };
        let namespace =
            or(&[&["namespace"], &["values", "global", "istioNamespace"]], "istio-system");
        let pilot = |path: &[&str]| json::number(spec, path);
        let replicas = pilot(&["values", "pilot", "replicaCount"])
            .max(pilot(&["values", "pilot", "autoscaleMin"]))
            .max(pilot(&["components", "pilot", "k8s", "replicaCount"]))
            .max(pilot(&["components", "pilot", "k8s", "hpaSpec", "minReplicas"]))
            .max(1);
        let enabled = |name: &str| json::flag(spec, &["components", name, "enabled"]);
        let mut gateways = gateways(spec, "ingressGateways", true, &namespace);
        gateways.extend(self::gateways(spec, "egressGateways", false, &namespace));
        Self {
            version: version.to_owned(),
            profile: profile.to_owned(),
            revision: or(&[&["values", "revision"], &["revision"]], ""),
            hub: or(&[&["values", "global", "hub"], &["hub"]], "docker.io/istio"),
            tag: or(&[&["values", "global", "tag"], &["tag"]], version),
            variant: or(&[&["values", "global", "variant"]], ""),
            proxy_image: or(&[&["values", "global", "proxy", "image"]], "proxyv2"),
            base: enabled("base"),
            pilot: enabled("pilot"),
            replicas,
            by_default: json::flag(
                spec,
                &["values", "sidecarInjectorWebhook", "enableNamespacesByDefault"],
            ),
            gateways,
            namespace,
            timeout,
        }
    }

    /// The revision as labels carry it.
    pub(crate) fn label(&self) -> &str {
        if self.revision.is_empty() { "default" } else { &self.revision }
    }

    /// `name` with the revision behind it.
    pub(crate) fn revisioned(&self, name: &str) -> String {
        if self.revision.is_empty() { name.to_owned() } else { format!("{name}-{}", self.revision) }
    }

    /// An image of this install.
    pub(crate) fn image(&self, name: &str) -> String {
        match self.variant.as_str() {
            "" => format!("{}/{name}:{}", self.hub, self.tag),
            variant => format!("{}/{name}:{}-{variant}", self.hub, self.tag),
        }
    }
}

fn gateways(spec: &Value, list: &str, ingress: bool, namespace: &str) -> Vec<Gateway> {
    json::items(spec, &["components", list])
        .iter()
        .filter(|gateway| gateway.get("enabled").and_then(Value::as_bool) != Some(false))
        .map(|gateway| {
            let mut labels =
                gateway.get("label").and_then(Value::as_object).cloned().unwrap_or_default();
            let name = json::text(gateway, &["name"]).to_owned();
            let (app, role) = if ingress {
                ("istio-ingressgateway", "ingressgateway")
            } else {
                ("istio-egressgateway", "egressgateway")
            };
            labels.entry("app").or_insert_with(|| json!(app));
            labels.entry("istio").or_insert_with(|| json!(role));
            let own = json::text(gateway, &["namespace"]);
            Gateway {
                name,
                namespace: if own.is_empty() { namespace } else { own }.to_owned(),
                ingress,
                labels,
                replicas: json::number(gateway, &["k8s", "replicaCount"])
                    .max(json::number(gateway, &["k8s", "hpaSpec", "minReplicas"]))
                    .max(1),
            }
        })
        .collect()
}

/// The part of a profile that matters here.
fn profile_values(profile: &str) -> Result<Value, String> {
    let (core, ingress, egress) = match profile {
        "default" | "openshift" => (true, true, false),
        "demo" => (true, true, true),
        "minimal" | "stable" => (true, false, false),
        "empty" => (false, false, false),
        other => return Err(format!("unknown profile \"{other}\"")),
    };
    Ok(json!({ "components": {
        "base": { "enabled": core },
        "pilot": { "enabled": core },
        "ingressGateways": [{ "name": "istio-ingressgateway", "enabled": ingress }],
        "egressGateways": [{ "name": "istio-egressgateway", "enabled": egress }],
    } }))
}

/// An `IstioOperator` as the flat form that `--set` uses.
fn parse(text: &str) -> Result<Value, String> {
    let file: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let kind = json::text(&file, &["kind"]);
    if !kind.is_empty() && kind != "IstioOperator" {
        return Err(format!("kind is {kind} and not IstioOperator"));
    }
    let mut spec = file.get("spec").cloned().filter(Value::is_object).unwrap_or_else(|| json!({}));
    let namespace = json::text(&file, &["metadata", "namespace"]);
    if !namespace.is_empty() {
        json::set(&mut spec, &["namespace"], namespace);
    }
    Ok(spec)
}

/// Maps merge, gateways merge by name, everything else is replaced.
fn merged(below: &Value, above: &Value) -> Value {
    patch::apply(Format::Strategic, below, above).unwrap_or_else(|| below.clone())
}

fn scalar(text: &str) -> Value {
    match text {
        "true" => json!(true),
        "false" => json!(false),
        _ => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
    }
}

/// Puts a value at a path such as `components.ingressGateways.[0].enabled` or `a.b\.c`.
fn put(into: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let escaped = path.replace("\\.", "\u{0}");
    let keys: Vec<String> = escaped
        .replace('[', ".[")
        .split('.')
        .filter(|key| !key.is_empty())
        .map(|key| key.replace('\u{0}', "."))
        .collect();
    let mut at = into;
    for key in &keys {
        let index = key.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
        at = if let Some(index) = index {
            let index: usize = index.parse().map_err(|_| format!("bad index {key} in {path}"))?;
            let items = json::list_mut(at, &[]).ok_or_else(|| format!("bad path {path}"))?;
            while items.len() <= index {
                items.push(json!({}));
            }
            &mut items[index]
        } else {
            if !at.is_object() {
                *at = json!({});
            }
            &mut at[key.as_str()]
        };
    }
    *at = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: &str = "
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  profile: minimal
  components:
    egressGateways:
      - name: istio-egressgateway
        enabled: true
  values:
    pilot:
      autoscaleMin: 2
";

    #[test]
    fn a_profile_lies_below_the_file_and_the_file_below_the_flags() {
        let settings =
            Settings::of_text("1.31.1", VALUES, &["revision=1-31", "tag=1.31.1-x"]).unwrap();

        assert_eq!(settings.revision, "1-31");
        assert_eq!(settings.tag, "1.31.1-x");
        assert_eq!(settings.replicas, 2);
        let names: Vec<_> = settings.gateways.iter().map(|gateway| &gateway.name).collect();
        assert_eq!(names, ["istio-egressgateway"], "minimal has no ingress, the file adds egress");
    }

    #[test]
    fn without_anything_the_default_profile_has_an_ingress_gateway() {
        let settings = Settings::of_text("1.31.1", "spec: {}", &[]).unwrap();

        assert_eq!(settings.gateways.len(), 1);
        assert_eq!(settings.revisioned("istiod"), "istiod");
        assert_eq!(settings.label(), "default");
    }

    #[test]
    fn helm_values_beat_the_fields_above_them() {
        let values = "spec:\n  values:\n    revision: 1-30\n";

        let settings = Settings::of_text("1.31.1", values, &["revision=1-31"]).unwrap();

        assert_eq!(settings.revision, "1-30", "as in the real program");
    }

    #[test]
    fn a_flag_reaches_into_a_list() {
        let set = ["components.egressGateways.[0].enabled=false"];

        let settings = Settings::of_text("1.31.1", VALUES, &set).unwrap();

        assert!(settings.gateways.is_empty(), "the only gateway is switched off");
    }

    #[test]
    fn a_path_may_name_an_index_and_an_escaped_dot() {
        let mut into = json!({});

        put(&mut into, "a.[1].b\\.c", json!(1)).unwrap();

        assert_eq!(into, json!({ "a": [{}, { "b.c": 1 }] }));
    }

    #[test]
    fn another_kind_of_file_is_refused() {
        assert!(Settings::of_text("1.31.1", "kind: Pod", &[]).is_err());
    }
}
