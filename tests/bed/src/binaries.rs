//! Where the built binaries are. Entry point: [`Binaries::locate`].
//!
//! Deliberately absent: how they are built. `build.sh` beside this crate knows, and does it here too
//! when nobody did before.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    folder: PathBuf,
    assets: Option<PathBuf>,
}

impl Binaries {
    /// Finds the folder of the current pins, building what is missing (minutes, the first time).
    pub(crate) async fn locate() -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build.sh");
        let output = tokio::process::Command::new(&script)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("running {}", script.display()))?
            .wait_with_output()
            .await
            .with_context(|| format!("waiting for {}", script.display()))?;
        if !output.status.success() {
            bail!("{} failed ({})", script.display(), output.status);
        }
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        let assets = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
        Ok(Self { folder, assets })
    }

    /// A component of Kubernetes, or kwok, or the player.
    pub(crate) fn component(&self, name: &str) -> PathBuf {
        let given = self.assets.as_ref().map(|assets| assets.join(name));
        match given {
            Some(path) if matches!(name, "etcd" | "kube-apiserver") => path,
            Some(_) | None => self.folder.join("bin").join(name),
        }
    }

    pub(crate) fn istioctl(&self, version: &str) -> PathBuf {
        self.folder.join("bin").join(format!("istioctl-{version}"))
    }

    pub(crate) fn pilot_discovery(&self, version: &str) -> PathBuf {
        self.folder.join("bin").join(format!("pilot-discovery-{version}"))
    }

    /// A file that comes with the binaries: a CRD, or Istio's charts.
    pub(crate) fn share(&self, name: &str) -> PathBuf {
        self.folder.join("share").join(name)
    }
}
