//! What we are measured against: curl, which only moves the bytes, and the tools that people use today.
//!
//! Entry points: [`Curl`], [`kubectl`], [`istioctl`].

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kube::config::Kubeconfig;
use meshlift_bed::Bed;
use tokio::process::Command;

/// curl with the administrator's credentials.
#[derive(Debug)]
pub(crate) struct Curl {
    server: String,
    folder: PathBuf,
}

/// One transfer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer {
    /// How long it took, connecting included.
    pub(crate) took: Duration,
    /// Bytes of the body, as they came.
    pub(crate) bytes: u64,
}

impl Curl {
    /// Writes the credentials where curl finds them.
    pub(crate) fn of(bed: &Bed, folder: &Path) -> Result<Self> {
        let config = Kubeconfig::read_from(bed.kubeconfig()).context("the bed's kubeconfig")?;
        let text = serde_json::to_value(&config).context("the bed's kubeconfig")?;
        let user = text["users"][0]["user"].clone();
        let cluster = text["clusters"][0]["cluster"].clone();
        for (file, data) in [
            ("user.crt", &user["client-certificate-data"]),
            ("user.key", &user["client-key-data"]),
            ("ca.crt", &cluster["certificate-authority-data"]),
        ] {
            let data = data.as_str().with_context(|| format!("no {file} in the kubeconfig"))?;
            let data = BASE64_STANDARD.decode(data).context("reading the kubeconfig")?;
            std::fs::write(folder.join(file), data).context("writing credentials")?;
        }
        Ok(Self { server: bed.api_server_url(), folder: folder.to_owned() })
    }

    /// Fetches a path as protobuf and compressed, and throws it away.
    pub(crate) async fn get(&self, path: &str) -> Result<Transfer> {
        let file = |name: &str| self.folder.join(name);
        let ended = Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--output", "/dev/null"])
            .args(["--header", "Accept: application/vnd.kubernetes.protobuf"])
            .args(["--header", "Accept-Encoding: gzip"])
            .args(["--write-out", "%{time_total} %{size_download}"])
            .arg("--cert")
            .arg(file("user.crt"))
            .arg("--key")
            .arg(file("user.key"))
            .arg("--cacert")
            .arg(file("ca.crt"))
            .arg(format!("{}{path}", self.server))
            .output()
            .await
            .context("curl is needed for the floor")?;
        if !ended.status.success() {
            bail!("curl failed: {}", String::from_utf8_lossy(&ended.stderr));
        }
        let told = String::from_utf8(ended.stdout).context("what curl told")?;
        let (took, bytes) = told.split_once(' ').context("what curl told")?;
        let took = Duration::from_secs_f64(took.parse().context("curl's time")?);
        Ok(Transfer { took, bytes: bytes.parse().context("curl's size")? })
    }
}

/// `kubectl get pods -A -o json`.
pub(crate) async fn kubectl(bed: &Bed) -> Result<Duration> {
    let begin = Instant::now();
    bed.kubectl(&["get", "pods", "-A", "-o", "json"]).await?.checked()?;
    Ok(begin.elapsed())
}

/// `istioctl x injector list`.
pub(crate) async fn istioctl(bed: &Bed, version: &str) -> Result<Duration> {
    let begin = Instant::now();
    bed.istioctl(version, &["x", "injector", "list"]).await?.checked()?;
    Ok(begin.elapsed())
}

/// The context in the bed's kubeconfig.
pub(crate) fn context_of(bed: &Bed) -> Result<String> {
    let config = Kubeconfig::read_from(bed.kubeconfig()).context("the bed's kubeconfig")?;
    config.current_context.context("the bed's kubeconfig names no context")
}
