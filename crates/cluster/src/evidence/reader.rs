//! Reads lists for the evidence: page by page, folded as they come, with a gap where one is refused.

use std::collections::BTreeSet;
use std::ops::Deref;

use meshlift_core::inventory::evidence::{Applied, Crd, Gap, ObjectName, Resource};
use meshlift_core::inventory::{Evidence, Name};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::calls::{Calls, PAGE};
use crate::wire::{self, ObjectMeta};

/// CRDs in one page: each holds a schema that may be a megabyte.
const CRDS: u32 = 25;

/// Versions of a kind from the best to the worst.
const VERSIONS: [&str; 6] = ["v1", "v1beta1", "v1beta2", "v1alpha3", "v1alpha2", "v1alpha1"];

/// What is known of every object of a CRD.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) metadata: Metadata,
    pub(super) spec: Value,
    pub(super) status: Value,
}

/// Metadata, and who wrote the object.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    #[serde(flatten)]
    own: ObjectMeta,
    managed_fields: Vec<Writer>,
}

/// A client that wrote the object, as the server notes it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Writer {
    manager: String,
    api_version: String,
    subresource: String,
    /// In RFC 3339, in UTC: the texts sort as the times do.
    time: String,
}

impl Deref for Metadata {
    type Target = ObjectMeta;

    fn deref(&self) -> &ObjectMeta {
        &self.own
    }
}

/// What a kind without its CRD means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WithoutCrd {
    /// Something is missing that belongs to the mesh.
    CannotTell,
    /// The tool is not used here: there are no objects.
    None,
}

/// What lists are read with.
pub(super) struct Reader {
    calls: Calls,
    crds: Vec<Crd>,
    /// Why the CRDs are not known.
    crds_refused: Option<String>,
}

/// Objects that were read, or why not.
pub(super) struct Part<E> {
    pub(super) found: Vec<E>,
    applied: Vec<Applied>,
    gap: Option<Gap>,
}

impl<E> Part<E> {
    /// Moves the gap and the manifests into the evidence and gives the objects.
    pub(super) fn into(self, evidence: &mut Evidence) -> Vec<E> {
        evidence.applied.extend(self.applied);
        evidence.gaps.extend(self.gap);
        self.found
    }
}

impl Reader {
    pub(super) fn new(calls: Calls) -> Self {
        Self { calls, crds: Vec::new(), crds_refused: None }
    }

    /// Reads the CRDs, which say where the other kinds are.
    pub(super) async fn crds(&mut self, evidence: &mut Evidence) {
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let mut crds = Vec::new();
        let take = |page: Vec<RawCrd>| crds.extend(page.into_iter().filter_map(RawCrd::fold));
        match self.calls.pages(path, CRDS, take).await {
            Ok(()) => self.crds = crds,
            Err(error) => {
                let (of, why) = (Resource::CustomResourceDefinitions, error.to_string());
                self.crds_refused = Some(why.clone());
                evidence.gaps.push(Gap { of, why });
            }
        }
        evidence.crds.clone_from(&self.crds);
    }

    /// Reads a built-in kind.
    pub(super) async fn built_in<T: DeserializeOwned, E>(
        &self,
        of: Resource,
        path: &str,
        fold: impl Fn(T) -> Option<E>,
    ) -> Part<E> {
        let mut found = Vec::new();
        let take = |page: Vec<T>| found.extend(page.into_iter().filter_map(&fold));
        let read = self.calls.pages(path, PAGE, take).await;
        let gap = read.err().map(|error| Gap { of, why: error.to_string() });
        Part { found, applied: Vec::new(), gap }
    }

    /// Reads a kind that a CRD defines, in the best version that it serves.
    pub(super) async fn custom<E>(
        &self,
        of: Resource,
        crd: &str,
        without: WithoutCrd,
        fold: impl Fn(&Object) -> Option<E>,
    ) -> Part<E> {
        let (mut found, mut applied) = (Vec::new(), Vec::new());
        let path = match self.path(of, crd, without) {
            Ok(Some(path)) => path,
            Ok(None) => return Part { found, applied, gap: None },
            Err(gap) => return Part { found, applied, gap: Some(gap) },
        };
        let take = |page: Vec<Object>| {
            for object in page {
                applied.extend(manifest_of(&object, crd));
                found.extend(fold(&object));
            }
        };
        let read = self.calls.pages(&path, PAGE, take).await;
        let gap = read.err().map(|error| Gap { of, why: error.to_string() });
        Part { found, applied, gap }
    }

    /// Reads one object that may be missing.
    pub(super) async fn one<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, String> {
        self.calls.find(path).await.map_err(|error| error.to_string())
    }

    fn path(&self, of: Resource, crd: &str, without: WithoutCrd) -> Result<Option<String>, Gap> {
        if let Some(why) = &self.crds_refused {
            return Err(Gap { of, why: why.clone() });
        }
        let (plural, group) = crd.split_once('.').unwrap_or((crd, ""));
        let served = self.crds.iter().find(|known| &*known.name == crd).map(|known| &known.served);
        let best = served.and_then(|served| VERSIONS.iter().find(|it| served.contains(**it)));
        match (best, without) {
            (Some(version), _) => Ok(Some(format!("/apis/{group}/{version}/{plural}"))),
            (None, WithoutCrd::None) => Ok(None),
            (None, WithoutCrd::CannotTell) => {
                Err(Gap { of, why: format!("the CRD {crd} is not there") })
            }
        }
    }
}

/// The name of an object.
pub(super) fn name(metadata: &ObjectMeta) -> ObjectName {
    ObjectName {
        namespace: metadata.namespace.as_str().into(),
        name: metadata.name.as_str().into(),
    }
}

/// The Helm release that owns an object: the label and both annotations belong together.
pub(super) fn helm_release(metadata: &ObjectMeta) -> Option<Name> {
    let managed =
        metadata.labels.get("app.kubernetes.io/managed-by").is_some_and(|it| it == "Helm");
    let placed = metadata.annotations.contains_key("meta.helm.sh/release-namespace");
    let release = metadata.annotations.get("meta.helm.sh/release-name")?;
    (managed && placed).then(|| release.as_str().into())
}

/// The version in which an object was written last: that of the manifest that kubectl kept, else the
/// one that the server noted. Nothing else of either is looked at.
fn manifest_of(object: &Object, crd: &str) -> Option<Applied> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Manifest {
        api_version: String,
        kind: String,
    }
    let kept = "kubectl.kubernetes.io/last-applied-configuration";
    let (written, kind, by) = if let Some(text) = object.metadata.annotations.get(kept) {
        let Manifest { api_version, kind } = serde_json::from_str(text).ok()?;
        (api_version, kind, None)
    } else {
        let writer = last_writer(&object.metadata.managed_fields)?;
        let by = Some(Name::from(writer.manager.as_str()));
        (writer.api_version.clone(), object.kind.clone(), by)
    };
    let version = written.rsplit_once('/').map_or(written.as_str(), |(_, it)| it);
    Some(Applied {
        kind: kind.into(),
        name: name(&object.metadata),
        crd: crd.into(),
        version: version.into(),
        by,
    })
}

/// Who wrote the object last, but for istiod, which writes in whatever version it was built with.
fn last_writer(writers: &[Writer]) -> Option<&Writer> {
    let whole = writers.iter().filter(|one| one.subresource.is_empty());
    whole.filter(|one| one.manager != "pilot-discovery").max_by(|a, b| a.time.cmp(&b.time))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawCrd {
    metadata: ObjectMeta,
    spec: CrdSpec,
    status: CrdStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CrdSpec {
    versions: Vec<CrdVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CrdVersion {
    name: String,
    served: bool,
    deprecated: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CrdStatus {
    #[serde(deserialize_with = "wire::null_as_default")]
    stored_versions: Vec<String>,
}

impl RawCrd {
    /// The parts of a CRD that rules ask for; none for those that concern no mesh.
    fn fold(self) -> Option<Crd> {
        let Self { metadata, spec, status } = self;
        let concerns = metadata.name.ends_with(".istio.io")
            || metadata.name.ends_with(".gateway.networking.k8s.io")
            || metadata.name.starts_with("inferencepools.")
            || OTHERS.contains(&metadata.name.as_str());
        if !concerns {
            return None;
        }
        let names = |wanted: fn(&CrdVersion) -> bool| -> BTreeSet<Name> {
            let versions = spec.versions.iter().filter(|version| wanted(version));
            versions.map(|version| version.name.as_str().into()).collect()
        };
        let bundle = metadata.annotations.get("gateway.networking.k8s.io/bundle-version");
        Some(Crd {
            served: names(|version| version.served),
            deprecated: names(|version| version.deprecated),
            stored: status.stored_versions.iter().map(|it| it.as_str().into()).collect(),
            bundle: bundle.map(|bundle| bundle.as_str().into()),
            helm_release: helm_release(&metadata),
            name: metadata.name.into(),
        })
    }
}

/// CRDs of other tools that rules ask about.
const OTHERS: [&str; 6] = [
    "applications.argoproj.io",
    "istiorevisions.sailoperator.io",
    "istios.sailoperator.io",
    "prometheusrules.monitoring.coreos.com",
    "scaledobjects.keda.sh",
    "servicemonitors.monitoring.coreos.com",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(metadata: &serde_json::Value) -> Option<(String, Option<String>)> {
        let object = json!({ "kind": "Sidecar", "metadata": metadata });
        let object: Object = serde_json::from_value(object).unwrap();
        let found = manifest_of(&object, "sidecars.networking.istio.io")?;
        Some((found.version.to_string(), found.by.map(|by| by.to_string())))
    }

    #[test]
    fn the_last_writer_tells_the_version_where_no_manifest_is_kept() {
        let fields = json!([
            { "manager": "helm", "apiVersion": "networking.istio.io/v1alpha3", "time": "2026-02-01T00:00:00Z" },
            { "manager": "kubectl-edit", "apiVersion": "networking.istio.io/v1", "time": "2026-01-01T00:00:00Z" },
            { "manager": "pilot-discovery", "apiVersion": "networking.istio.io/v1beta1", "time": "2026-03-01T00:00:00Z" },
            { "manager": "status", "apiVersion": "networking.istio.io/v1beta1", "subresource": "status", "time": "2026-04-01T00:00:00Z" },
        ]);
        let kept = r#"{"apiVersion":"networking.istio.io/v1beta1","kind":"Sidecar"}"#;
        let annotations = json!({ "kubectl.kubernetes.io/last-applied-configuration": kept });

        let noted = applied(&json!({ "name": "one", "managedFields": fields }));
        let by_manifest = applied(&json!({ "managedFields": fields, "annotations": annotations }));

        assert_eq!(noted, Some(("v1alpha3".to_owned(), Some("helm".to_owned()))));
        assert_eq!(by_manifest, Some(("v1beta1".to_owned(), None)));
        assert_eq!(applied(&json!({ "name": "one" })), None);
    }
}
