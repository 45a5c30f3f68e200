//! Proves, before anything is written, that an install does what was asked and nothing else.
//!
//! Entry point: [`check`]. It renders with the binary, revision and values of the install itself,
//! reads the live objects, and tells what would be added, changed and removed, and every reason not
//! to go on. Deliberately absent: consenting to any of them.

use std::collections::BTreeSet;

use meshlift_core::inventory::{DEFAULT_REVISION, Snapshot};
use meshlift_core::rollout::{Install, InstallPart, ObjectRef};
use meshlift_core::version::MeshVersion;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::compare::{self, Block, Live, Owner};
use super::render::{Rendered, render};
use super::{ask_with, live, plain, values};
use crate::actuate::{objects, raw};
use crate::calls::CallError;
use crate::connection::{Connection, UnlistablePath};
use crate::programs::{ProgramError, Programs};

/// What an install would do, and what speaks against it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallCheck {
    /// Objects that it would make.
    pub adds: Vec<ObjectRef>,
    /// Objects that it would apply over what is there.
    pub changes: Vec<ObjectRef>,
    /// Objects that it would delete.
    pub removes: Vec<ObjectRef>,
    /// Why it must not run; empty when nothing speaks against it.
    pub blocks: Vec<Block>,
    /// Whether a run of this very install has applied and pruned everything already. It tells one
    /// whose end nobody saw from one that was cut short.
    pub applied: bool,
    /// Whether the values could not be compared with any of the mesh: then only gateways, CNI and
    /// ztunnel tell whether they are its own.
    pub values_unproven: bool,
}

/// Why an install could not be checked or run.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum InstallError {
    #[error("the values file {file} could not be read: {source}")]
    Values { file: String, source: std::io::Error },
    #[error("the values file {file} is not YAML: {problem}")]
    NotYaml { file: String, problem: String },
    #[error(transparent)]
    Kubeconfig(#[from] UnlistablePath),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("istioctl could not render {values}: {words}")]
    Render { values: String, words: String },
    #[error("{binary} did not render the install in time")]
    Slow { binary: String },
    #[error("the render of {binary} could not be read: {problem}")]
    Parse { binary: String, problem: String },
    #[error("the objects of the install could not be read: {0}")]
    Read(#[from] CallError),
}

/// Checks an install against the mesh. Writes nothing.
pub async fn check(
    connection: &Connection,
    programs: &Programs,
    install: &Install,
    snapshot: &Snapshot,
) -> Result<InstallCheck, InstallError> {
    let cancel = CancellationToken::new();
    let _stop_programs = cancel.clone().drop_guard();
    let target = connection.target();

    let mut blocks = inputs(programs, install, &cancel).await?;
    if !blocks.is_empty() {
        return Ok(InstallCheck { blocks, ..InstallCheck::default() });
    }
    let applied = render(programs, install, target, &cancel).await?;
    let whole = match install.part {
        InstallPart::Everything => applied.clone(),
        InstallPart::ControlPlane => {
            let everything = Install { part: InstallPart::Everything, ..install.clone() };
            render(programs, &everything, target, &cancel).await?
        }
    };
    let labelled = live::labelled(connection, compare::COMPONENT).await?;

    let name = name_in(&values_of(install)?, &install.values_file)?;
    let version = install.version.numbers();
    let owner = Owner {
        revision: install.revision.as_deref(),
        version: &version,
        name: name.as_deref(),
        namespace: istio_namespace(&applied),
        spares_other_versions: spares_other_versions(&install.version),
    };
    let compared = compare::compare(&applied, &whole, &labelled, &owner);
    blocks.extend(compared.blocks);
    let own = own_values(connection, install, snapshot, &whole, owner.namespace).await?;
    let values_unproven = own.is_none();
    blocks.extend(own.into_iter().flatten());
    blocks.extend(takes_default(install, snapshot, &applied));

    let (changes, adds) = presence(connection, &applied, &labelled).await?;
    let removes = compared.removes;
    let applied =
        adds.is_empty() && removes.is_empty() && compare::was_applied(&applied, &labelled, &owner);
    Ok(InstallCheck { adds, changes, removes, blocks, applied, values_unproven })
}

/// Whether binary and values are those that were confirmed.
pub(super) async fn inputs(
    programs: &Programs,
    install: &Install,
    cancel: &CancellationToken,
) -> Result<Vec<Block>, InstallError> {
    let mut blocks = Vec::new();
    let found = ask_with(programs, install.binary.clone().into(), cancel).await;
    if found.version.as_ref() != Some(&install.version) {
        let told = found.version.map(|version| version.to_string());
        blocks.push(Block::WrongBinary {
            binary: install.binary.clone(),
            expected: install.version.clone(),
            found: told.or(found.problem.map(|fault| fault.to_string())).unwrap_or_default(),
        });
    }
    if values_digest(&values_of(install)?) != install.values_digest.to_ascii_lowercase() {
        blocks.push(Block::ValuesChanged { file: install.values_file.clone() });
    }
    Ok(blocks)
}

/// SHA-256 of a values file, as [`Install::values_digest`] holds it.
pub fn values_digest(values: &[u8]) -> String {
    Sha256::digest(values).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

pub(super) fn values_of(install: &Install) -> Result<Vec<u8>, InstallError> {
    std::fs::read(&install.values_file)
        .map_err(|source| InstallError::Values { file: install.values_file.clone(), source })
}

/// `metadata.name` of the values, which istioctl puts on everything that it applies.
fn name_in(values: &[u8], file: &str) -> Result<Option<String>, InstallError> {
    #[derive(Deserialize)]
    struct Values {
        metadata: Option<Metadata>,
    }
    #[derive(Deserialize)]
    struct Metadata {
        name: Option<String>,
    }
    let text = String::from_utf8_lossy(values);
    if text.trim().is_empty() {
        return Ok(None);
    }
    let values: Option<Values> = serde_saphyr::from_str(&text).map_err(|error| {
        InstallError::NotYaml { file: file.to_owned(), problem: plain::place(&error) }
    })?;
    Ok(values.and_then(|values| values.metadata).and_then(|metadata| metadata.name))
}

fn istio_namespace(applied: &[Rendered]) -> &str {
    let istiod = applied.iter().find(|one| {
        one.kind == "Deployment"
            && one.labels.get(compare::COMPONENT).is_some_and(|component| component == "Pilot")
    });
    istiod.and_then(|one| one.namespace.as_deref()).unwrap_or("istio-system")
}

/// The installer that releases since 1.24 share prunes only what its own version applied.
fn spares_other_versions(version: &MeshVersion) -> bool {
    let minor = version.minor();
    (minor.major, minor.minor) >= (1, 24)
}

/// Whether the values are those of a revision that runs: the one that is replaced, or for a new
/// revision any other. None when the mesh keeps no values to compare with: releases before them, and
/// somebody who removed them.
async fn own_values(
    connection: &Connection,
    install: &Install,
    snapshot: &Snapshot,
    whole: &[Rendered],
    namespace: &str,
) -> Result<Option<Vec<Block>>, InstallError> {
    let name = values::config_map(install.revision.as_deref());
    let rendered = whole.iter().find(|one| one.kind == "ConfigMap" && one.name == name);
    let own = install.revision.as_deref().unwrap_or(DEFAULT_REVISION);
    let planes = match snapshot.control_plane(own) {
        Some(plane) => vec![plane],
        None => snapshot.control_planes.iter().filter(|one| &*one.namespace == namespace).collect(),
    };
    if planes.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let Some(file) = rendered.and_then(|one| one.data.get(values::KEY)) else { return Ok(None) };

    let mut closest: Option<Vec<values::Difference>> = None;
    for plane in planes {
        let revision = (&*plane.revision != DEFAULT_REVISION).then_some(&*plane.revision);
        let path = format!(
            "/api/v1/namespaces/{}/configmaps/{}",
            plane.namespace,
            values::config_map(revision)
        );
        let Some(live) = raw::find(connection, &path).await? else { continue };
        let Some(mesh) = live.pointer(&format!("/data/{}", values::KEY)) else { continue };
        let mesh = mesh.as_str().unwrap_or_default();
        let Some(found) = values::differences(mesh, file) else { continue };
        if closest.as_ref().is_none_or(|closest| found.len() < closest.len()) {
            closest = Some(found);
        }
    }
    Ok(closest.map(|found| found.into_iter().map(Block::Value).collect()))
}

/// Whether the install would move the default, which nobody asked it to.
fn takes_default(install: &Install, snapshot: &Snapshot, applied: &[Rendered]) -> Option<Block> {
    // With `operatorManageWebhooks` it renders no injector and leaves every tag alone.
    applied.iter().find(|one| one.kind == "MutatingWebhookConfiguration")?;
    let default = snapshot
        .injectors
        .iter()
        .find(|injector| injector.tag.as_deref() == Some(DEFAULT_REVISION));
    match (&install.revision, default) {
        (Some(revision), None) if !snapshot.control_planes.is_empty() => {
            Some(Block::WouldBecomeDefault { revision: revision.clone() })
        }
        (None, Some(injector)) if &*injector.revision != DEFAULT_REVISION => {
            Some(Block::WouldTakeDefaultBack { current: injector.revision.clone() })
        }
        (Some(_) | None, Some(_) | None) => None,
    }
}

/// The applied objects that are there already, and those that are not.
async fn presence(
    connection: &Connection,
    applied: &[Rendered],
    labelled: &[Live],
) -> Result<(Vec<ObjectRef>, Vec<ObjectRef>), InstallError> {
    let known: BTreeSet<&ObjectRef> = labelled.iter().map(|one| &one.object).collect();
    let definitions = raw::names(connection, DEFINITIONS).await?;
    let mut changes = Vec::new();
    let mut adds = Vec::new();
    for one in applied {
        let object = one.reference();
        let is_there = match one.kind.as_str() {
            "CustomResourceDefinition" => definitions.contains(&object.name),
            _ if known.contains(&object) => true,
            _ => raw::find(connection, &objects::path(&object)).await?.is_some(),
        };
        if is_there { changes.push(object) } else { adds.push(object) }
    }
    Ok((changes, adds))
}

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
