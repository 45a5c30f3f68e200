//! One kubeconfig file.

use std::io;
use std::path::PathBuf;

use kube::config::{Kubeconfig, KubeconfigError};

use super::{FileFault, FileProblem};

/// A file that may hold a kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) path: PathBuf,
    /// Whether somebody named it: then it should be there.
    named: bool,
}

impl Listed {
    /// A file that a person or a variable names.
    pub(super) fn by_name(path: PathBuf) -> Self {
        Self { path, named: true }
    }

    /// A file that is there by custom; most people without one just have no cluster.
    pub(super) fn by_custom(path: PathBuf) -> Self {
        Self { path, named: false }
    }
}

/// Reads a file, its relative paths resolved against its folder. None when there is nothing to use;
/// what is wrong is said in `problems`.
pub(super) fn read(listed: &Listed, problems: &mut Vec<FileProblem>) -> Option<Kubeconfig> {
    let mut refuse = |fault: FileFault| {
        problems.push(FileProblem { file: listed.path.clone(), fault });
        None
    };
    if listed.path.is_dir() {
        return refuse(FileFault::Folder);
    }
    match Kubeconfig::read_from(&listed.path) {
        Ok(config) if is_empty(&config) => refuse(match std::fs::metadata(&listed.path) {
            Ok(metadata) if metadata.len() == 0 => FileFault::Empty,
            Ok(_) | Err(_) => FileFault::Blank,
        }),
        Ok(config) => Some(config),
        Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == io::ErrorKind::NotFound => {
            if listed.named {
                refuse(FileFault::Missing)
            } else {
                None
            }
        }
        Err(error) => refuse(fault(&error)),
    }
}

fn is_empty(config: &Kubeconfig) -> bool {
    config.clusters.is_empty()
        && config.auth_infos.is_empty()
        && config.contexts.is_empty()
        && config.current_context.is_none()
}

/// Names the place of a defect and never its text: that may be a token.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the many kinds of I/O errors two have words of their own"
)]
fn fault(error: &KubeconfigError) -> FileFault {
    match error {
        KubeconfigError::ReadConfig(error, _) => match error.kind() {
            io::ErrorKind::PermissionDenied => FileFault::Forbidden,
            io::ErrorKind::InvalidData => FileFault::NotText,
            kind => FileFault::Unreadable { why: kind.to_string() },
        },
        KubeconfigError::Parse(error) => match error.location() {
            Some(place) => FileFault::Invalid { line: place.line(), column: place.column() },
            None => FileFault::NotYaml,
        },
        KubeconfigError::KindMismatch | KubeconfigError::ApiVersionMismatch => FileFault::Mixed,
        KubeconfigError::CurrentContextNotSet
        | KubeconfigError::LoadContext(_)
        | KubeconfigError::LoadClusterOfContext(_)
        | KubeconfigError::FindPath
        | KubeconfigError::MissingClusterUrl
        | KubeconfigError::ParseClusterUrl(_)
        | KubeconfigError::ParseProxyUrl(_)
        | KubeconfigError::LoadCertificateAuthority(_)
        | KubeconfigError::LoadClientCertificate(_)
        | KubeconfigError::LoadClientKey(_)
        | KubeconfigError::ParseCertificates(_)
        | KubeconfigError::ParseNoProxy(_) => FileFault::Unusable,
    }
}
