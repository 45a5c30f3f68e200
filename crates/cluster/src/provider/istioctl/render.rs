//! What an install would apply, as `istioctl manifest generate` renders it.
//!
//! Entry points: [`render`] runs the binary, [`parse`] reads its output.

use std::collections::BTreeMap;
use std::time::Duration;

use meshlift_core::rollout::{Install, ObjectRef};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{InstallError, arguments, check, live, overlay, plain};
use crate::connection::Target;
use crate::programs::{Effect, Invocation, Programs};

/// Time that a render gets: it asks the cluster for its version and settings.
const PATIENCE: Duration = Duration::from_mins(1);

/// One rendered object, as far as anything is decided from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    /// Content of a `ConfigMap`.
    pub(super) data: BTreeMap<String, String>,
}

impl Rendered {
    /// Its name among the objects of the cluster.
    pub(super) fn reference(&self) -> ObjectRef {
        let known = live::KINDS.iter().find(|known| known.kind == self.kind);
        let resource = known.map_or_else(|| plural(&self.kind), |known| known.resource.to_owned());
        let namespace = self.namespace.as_deref().filter(|_| !live::is_cluster_wide(&self.kind));
        ObjectRef {
            api_version: self.api_version.as_str().into(),
            kind: self.kind.as_str().into(),
            resource: resource.into(),
            namespace: namespace.map(Into::into),
            name: self.name.as_str().into(),
        }
    }
}

/// Resource name of a kind by the rule that Kubernetes' own kinds follow.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}

/// Renders an install with its own binary, revision and values.
pub(super) async fn render(
    programs: &Programs,
    install: &Install,
    target: &Target,
    cancel: &CancellationToken,
) -> Result<Vec<Rendered>, InstallError> {
    let call = Invocation {
        program: install.binary.clone().into(),
        args: arguments::generate(install, target),
        files: vec![overlay::file(install), target.file()],
        env: vec![target.variable()?],
        effect: Effect::Reads,
        cancel: cancel.clone(),
    };
    let rendered = tokio::time::timeout(PATIENCE, programs.run(call, |_, _| {})).await;
    let exit = rendered.map_err(|_| InstallError::Slow { binary: install.binary.clone() })??;
    if !exit.success() {
        let file = check::values_of(install)?;
        let words = plain::without_values(exit.last_words(), &file);
        return Err(InstallError::Render { values: install.values_file.clone(), words });
    }
    let parsed = tokio::task::spawn_blocking(move || parse(&exit.stdout)).await;
    parsed
        .map_err(|error| error.to_string())
        .and_then(|parsed| parsed)
        .map_err(|problem| InstallError::Parse { binary: install.binary.clone(), problem })
}

/// Reads a stream of rendered objects.
pub(super) fn parse(stream: &str) -> Result<Vec<Rendered>, String> {
    let documents = stream.split("\n---\n").filter(|document| !document.trim().is_empty());
    documents.filter_map(|document| one(document).transpose()).collect()
}

fn one(document: &str) -> Result<Option<Rendered>, String> {
    // CRDs are long, and their own names are all that is asked of them.
    let options = serde_saphyr::options! { budget: None };
    let read: Option<Document> = serde_saphyr::from_str_with_options(document, options)
        .map_err(|error| plain::place(&error))?;
    let Some(Document { api_version, kind, metadata, data }) = read else { return Ok(None) };
    let is_config = kind == "ConfigMap";
    Ok(Some(Rendered {
        api_version,
        kind,
        namespace: metadata.namespace.filter(|namespace| !namespace.is_empty()),
        name: metadata.name,
        labels: metadata.labels.unwrap_or_default(),
        data: if is_config { texts(data) } else { BTreeMap::new() },
    }))
}

fn texts(data: Option<BTreeMap<String, serde_json::Value>>) -> BTreeMap<String, String> {
    let texts = data.into_iter().flatten();
    texts.filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: String,
    kind: String,
    metadata: Metadata,
    data: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    namespace: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_stream_of_objects() {
        let stream = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    operator.istio.io/component: Pilot
  name: istiod-1-31
  namespace: istio-system
spec:
  template: {}

---
apiVersion: v1
data:
  mesh: |-
    a: 1
    ---
    b: 2
kind: ConfigMap
metadata:
  name: istio-1-31
  namespace: istio-system

---

---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: istiod
  namespace: istio-system
";
        let found = parse(stream).unwrap();
        let names: Vec<String> = found.iter().map(|one| one.reference().to_string()).collect();
        assert_eq!(
            names,
            [
                "Deployment istio-system/istiod-1-31",
                "ConfigMap istio-system/istio-1-31",
                "ClusterRole istiod"
            ]
        );
        assert_eq!(found[0].labels["operator.istio.io/component"], "Pilot");
        assert_eq!(found[1].data["mesh"], "a: 1\n---\nb: 2");
    }

    #[test]
    fn names_resources_of_kinds_it_does_not_know() {
        let plurals = ["NetworkPolicy", "IngressClass", "Telemetry"].map(plural);
        assert_eq!(plurals, ["networkpolicies", "ingressclasses", "telemetries"]);
    }
}
