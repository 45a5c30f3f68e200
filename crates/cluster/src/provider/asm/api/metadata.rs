//! Which versions there are and what runs with what (asm.md §7.3).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::answer::count;
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;

/// Answer of `DescribeVersions`: versions that a new instance can have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Versions {
    /// The id of the request.
    pub request_id: String,
    /// By edition.
    pub version_info: Vec<VersionInfo>,
}

/// The versions of an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct VersionInfo {
    /// `Default` or `Pro`.
    pub edition: String,
    /// Full versions.
    pub versions: Vec<String>,
}

/// Answer of `DescribeMetadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Metadata {
    /// The id of the request.
    pub request_id: String,
    /// What it says.
    pub meta_data: MetadataOf,
}

/// What the service says about its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MetadataOf {
    /// The newest of the Standard Edition.
    pub current_version: String,
    /// All of the Standard Edition.
    pub versions: Vec<String>,
    /// Their Istio versions: maps of ASM version to Istio version.
    pub version_registry: Vec<Map<String, Value>>,
    /// The editions with more features.
    pub pro_edition: ProMetadata,
    /// Regions in which the service is.
    pub regions: Vec<String>,
    /// Which Kubernetes versions run with which ASM versions (S42).
    pub compatibility_info_list: Vec<CompatibilityInfo>,
}

/// Versions of the editions with more features.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ProMetadata {
    /// The newest.
    pub current_version: String,
    /// All.
    pub versions: Vec<String>,
    /// Their Istio versions: maps of ASM version to Istio version.
    pub version_registry: Vec<Map<String, Value>>,
}

/// The Kubernetes versions that run with an ASM version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CompatibilityInfo {
    /// From and to, both included.
    pub k8s_version: KubernetesRange,
    /// The ASM version.
    pub asm_version: MinorVersion,
}

/// Kubernetes versions from one to another, both included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[expect(missing_docs, reason = "four numbers that say what they are")]
pub struct KubernetesRange {
    #[serde(deserialize_with = "count")]
    pub min_major: u32,
    #[serde(deserialize_with = "count")]
    pub min_minor: u32,
    #[serde(deserialize_with = "count")]
    pub max_major: u32,
    #[serde(deserialize_with = "count")]
    pub max_minor: u32,
}

/// A version of which only the minor counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[expect(missing_docs, reason = "two numbers that say what they are")]
pub struct MinorVersion {
    #[serde(deserialize_with = "count")]
    pub major: u32,
    #[serde(deserialize_with = "count")]
    pub minor: u32,
}

impl Client {
    /// Versions that a new instance can have.
    pub async fn describe_versions(&self) -> Result<Versions, AsmError> {
        self.ask(self.call(Operation::DescribeVersions)).await
    }

    /// Versions, regions, and what runs with what.
    pub async fn describe_metadata(&self) -> Result<Metadata, AsmError> {
        self.ask(self.call(Operation::DescribeMetadata)).await
    }
}
