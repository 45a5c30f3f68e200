//! One kubeconfig file.

use std::io;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError};

use super::FileProblem;

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
    let mut refuse = |message: String| {
        problems.push(FileProblem { file: listed.path.clone(), message });
        None
    };
    let name = listed.path.display();
    if listed.path.is_dir() {
        return refuse(format!("{name} is a folder, not a kubeconfig"));
    }
    match Kubeconfig::read_from(&listed.path) {
        Ok(config) if is_empty(&config) => refuse(match std::fs::metadata(&listed.path) {
            Ok(metadata) if metadata.len() == 0 => format!("{name} is empty"),
            Ok(_) | Err(_) => format!("{name} holds no cluster, user or context"),
        }),
        Ok(config) => Some(config),
        Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == io::ErrorKind::NotFound => {
            if listed.named {
                refuse(format!("{name} does not exist"))
            } else {
                None
            }
        }
        Err(error) => refuse(sentence(&listed.path, &error)),
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
fn sentence(path: &Path, error: &KubeconfigError) -> String {
    let name = path.display();
    match error {
        KubeconfigError::ReadConfig(error, _) => match error.kind() {
            io::ErrorKind::PermissionDenied => format!("{name} may not be read by this user"),
            io::ErrorKind::InvalidData => format!("{name} is not text"),
            kind => format!("{name} can't be read: {kind}"),
        },
        KubeconfigError::Parse(error) => match error.location() {
            Some(place) => format!(
                "{name} is not a valid kubeconfig: see line {}, column {}",
                place.line(),
                place.column()
            ),
            None => format!("{name} is not valid YAML"),
        },
        KubeconfigError::KindMismatch | KubeconfigError::ApiVersionMismatch => {
            format!("{name} mixes documents of different kinds")
        }
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
        | KubeconfigError::ParseNoProxy(_) => format!("{name} can't be used as a kubeconfig"),
    }
}
