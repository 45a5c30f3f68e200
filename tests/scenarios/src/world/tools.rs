//! The istioctl binaries that the application is given: the world's own, each behind a small script
//! that notes every call and can hold an install back.
//!
//! Entry point: [`Tools::write`].

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// istioctl in several versions.
#[derive(Debug, Clone)]
pub struct Tools {
    folder: PathBuf,
    paths: Vec<PathBuf>,
}

/// One call of an istioctl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its process id.
    pub pid: u32,
    /// Its arguments.
    pub arguments: String,
}

impl Tools {
    /// Writes a script for each of `istioctls`, which are versions with command lines.
    pub(crate) fn write(folder: &Path, istioctls: &[(&str, String)]) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let mut paths = Vec::new();
        for (version, command) in istioctls {
            let path = folder.join(format!("istioctl-{version}"));
            fs::write(&path, script(folder, command))
                .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
                .with_context(|| format!("writing {}", path.display()))?;
            paths.push(path);
        }
        Ok(Self { folder: folder.to_owned(), paths })
    }

    /// Their paths.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Holds every install back, before it does anything, until [`Tools::release`].
    pub fn hold_installs(&self) -> Result<()> {
        fs::write(self.folder.join("hold"), "").context("holding installs")
    }

    /// Lets installs go on.
    pub fn release(&self) -> Result<()> {
        fs::remove_file(self.folder.join("hold")).context("releasing installs")
    }

    /// The installs so far, in their order.
    pub fn installs(&self) -> Vec<Call> {
        let calls = fs::read_to_string(self.folder.join("calls")).unwrap_or_default();
        calls
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter(|(_, arguments)| arguments.starts_with("install"))
            .filter_map(|(pid, arguments)| {
                Some(Call { pid: pid.parse().ok()?, arguments: arguments.to_owned() })
            })
            .collect()
    }
}

/// `exec` keeps the process id that was noted.
fn script(folder: &Path, command: &str) -> String {
    let folder = folder.display();
    format!(
        "#!/bin/sh\n\
         echo \"$$ $*\" >> '{folder}/calls'\n\
         if [ \"$1\" = install ]; then while [ -e '{folder}/hold' ]; do sleep 0.05; done; fi\n\
         exec {command} \"$@\"\n"
    )
}
