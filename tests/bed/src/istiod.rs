//! One istiod: how its pod template becomes a process of this computer, and whether it serves.
//!
//! Entry points: [`Wanted::of`] says what a Deployment asks for, [`Istiod::start`] runs it. The process
//! gets the arguments and the environment of its container; only where it listens and how it reaches
//! the API server differ from a cluster.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec, Service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::ISTIO_VERSIONS;
use crate::binaries::Binaries;
use crate::pki::Pki;
use crate::process::Process;

/// The container of istiod's pods that is istiod.
const CONTAINER: &str = "discovery";
/// The ports of an istiod pod and where its process listens. Its webhook answers on the Service's port,
/// as the API server calls the `ClusterIP` and nothing forwards between the two.
pub(crate) const PORTS: [(u16, u16); 5] =
    [(8080, 8080), (15010, 15010), (15012, 15012), (15014, 15014), (15017, 443)];
const PROBE_LIMIT: Duration = Duration::from_millis(500);

/// What a Deployment of istiod asks to run. Equal values need no restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) namespace: String,
    pub(crate) deployment: String,
    pub(crate) revision: String,
    pub(crate) version: String,
    pub(crate) address: String,
    /// The pod the process stands for.
    pub(crate) pod: String,
    service_account: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Wanted {
    /// What `deployment` asks for behind `service`; `None` while it has no pod to stand for. `last` is
    /// the pod of the running process, which keeps it as long as it lives.
    pub(crate) fn of(
        deployment: &Deployment,
        service: &Service,
        pods: &[Pod],
        last: Option<&str>,
    ) -> Result<Option<Self>> {
        let name = deployment.metadata.name.clone().unwrap_or_default();
        let namespace = deployment.metadata.namespace.clone().unwrap_or_default();
        let spec = deployment
            .spec
            .as_ref()
            .and_then(|spec| spec.template.spec.as_ref())
            .with_context(|| format!("{namespace}/{name} has no pod template"))?;
        let version = version_of(spec)?;
        let mut candidates: Vec<&str> = pods
            .iter()
            .filter(|pod| {
                pod.metadata.deletion_timestamp.is_none()
                    && pod.metadata.namespace.as_deref() == Some(namespace.as_str())
                    && belongs_to(pod, &name)
                    && pod.spec.as_ref().and_then(|spec| version_of(spec).ok()).as_ref()
                        == Some(&version)
            })
            .filter_map(|pod| pod.metadata.name.as_deref())
            .collect();
        candidates.sort_unstable();
        let Some(pod) = candidates
            .iter()
            .find(|&&candidate| Some(candidate) == last)
            .or(candidates.first())
            .map(|&pod| pod.to_owned())
        else {
            return Ok(None);
        };
        let container = container_of(spec)?;
        let service_account =
            spec.service_account_name.clone().unwrap_or_else(|| "default".to_owned());
        let environment = environment_of(container, &namespace, &pod, &service_account);
        let revision = environment
            .iter()
            .find(|(key, _)| key == "REVISION")
            .map_or_else(|| "default".to_owned(), |(_, value)| value.clone());
        let address = service
            .spec
            .as_ref()
            .and_then(|spec| spec.cluster_ip.clone())
            .filter(|address| address.starts_with("127."))
            .with_context(|| format!("the Service {namespace}/{name} has no loopback ClusterIP"))?;
        Ok(Some(Self {
            namespace,
            deployment: name,
            revision,
            version,
            address,
            pod,
            service_account,
            arguments: container.args.clone().unwrap_or_default(),
            environment,
        }))
    }

    pub(crate) fn runs_for(&self, pod: &Pod) -> bool {
        pod.metadata.namespace.as_deref() == Some(self.namespace.as_str())
            && belongs_to(pod, &self.deployment)
            && pod.spec.as_ref().and_then(|spec| version_of(spec).ok()).as_ref()
                == Some(&self.version)
    }
}

/// A running pilot-discovery.
#[derive(Debug)]
pub(crate) struct Istiod {
    pub(crate) wanted: Wanted,
    pub(crate) process: Process,
    pub(crate) serving: bool,
}

impl Istiod {
    pub(crate) fn start(
        wanted: Wanted,
        binaries: &Binaries,
        pki: &Pki,
        directory: &Path,
    ) -> Result<Self> {
        // RBAC then judges it as it would judge the pod.
        let user = format!("system:serviceaccount:{}:{}", wanted.namespace, wanted.service_account);
        let groups =
            ["system:serviceaccounts", &format!("system:serviceaccounts:{}", wanted.namespace)];
        let kubeconfig = pki.kubeconfig(&user, &groups)?;
        let home = directory.join("istiod").join(&wanted.namespace).join(&wanted.deployment);
        std::fs::create_dir_all(&home).with_context(|| format!("creating {}", home.display()))?;
        let address = &wanted.address;
        let mut command = Command::new(binaries.pilot_discovery(&wanted.version));
        command
            .args(&wanted.arguments)
            .arg("--kubeconfig")
            .arg(&kubeconfig)
            .arg(format!("--httpAddr={address}:8080"))
            .arg(format!("--httpsAddr={address}:443"))
            .arg(format!("--grpcAddr={address}:15010"))
            .arg(format!("--secureGRPCAddr={address}:15012"))
            .arg(format!("--monitoringAddr={address}:15014"))
            .arg(format!("--ctrlz_address={address}"))
            // It keeps its certificates under its working directory.
            .current_dir(&home)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .envs(wanted.environment.iter().cloned());
        let log = directory.join("logs").join(format!("{}.log", wanted.deployment));
        let process = Process::spawn(&wanted.deployment, &command, &log)?;
        Ok(Self { wanted, process, serving: false })
    }

    /// Asks the process whether it is ready, and its webhook whether it listens.
    pub(crate) async fn probe(&mut self) {
        let address = self.wanted.address.as_str();
        self.serving =
            timeout(PROBE_LIMIT, serves(address)).await.is_ok_and(|answer| answer.is_ok());
    }
}

async fn serves(address: &str) -> Result<()> {
    TcpStream::connect((address, 443)).await?;
    let mut stream = TcpStream::connect((address, 8080)).await?;
    stream.write_all(b"GET /ready HTTP/1.0\r\n\r\n").await?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await?;
    if &answer[9..] != b"200" {
        bail!("not ready");
    }
    Ok(())
}

/// The `ReplicaSet`'s hash is all that stands between a Deployment's name and its pod's.
fn belongs_to(pod: &Pod, deployment: &str) -> bool {
    let hash = pod.metadata.labels.as_ref().and_then(|labels| labels.get("pod-template-hash"));
    hash.is_some_and(|hash| {
        pod.metadata.generate_name.as_deref() == Some(&format!("{deployment}-{hash}-"))
    })
}

fn container_of(spec: &PodSpec) -> Result<&Container> {
    spec.containers
        .iter()
        .find(|container| container.name == CONTAINER)
        .with_context(|| format!("no container named {CONTAINER}"))
}

/// The version in an image tag; a variant (`-distroless`) is the same program.
fn version_of(spec: &PodSpec) -> Result<String> {
    let image = container_of(spec)?.image.clone().unwrap_or_default();
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    ISTIO_VERSIONS
        .into_iter()
        .find(|&version| tag == version || tag.starts_with(&format!("{version}-")))
        .map(str::to_owned)
        .with_context(|| format!("the bed has no istiod for the image {image}"))
}

fn environment_of(
    container: &Container,
    namespace: &str,
    pod: &str,
    service_account: &str,
) -> Vec<(String, String)> {
    let value = |variable: &EnvVar| {
        if let Some(value) = &variable.value {
            return Some(value.clone());
        }
        let field = variable.value_from.as_ref()?.field_ref.as_ref()?;
        match field.field_path.as_str() {
            "metadata.name" => Some(pod.to_owned()),
            "metadata.namespace" => Some(namespace.to_owned()),
            "spec.serviceAccountName" => Some(service_account.to_owned()),
            _ => None,
        }
    };
    container
        .env
        .iter()
        .flatten()
        // It names a file of the container; the process is told where its kubeconfig is.
        .filter(|variable| variable.name != "KUBECONFIG")
        .filter_map(|variable| Some((variable.name.clone(), value(variable)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_version_is_the_tag_without_its_variant() {
        let rows = [
            ("docker.io/istio/pilot:1.30.5", Some("1.30.5")),
            ("docker.io/istio/pilot:1.31.1-distroless", Some("1.31.1")),
            ("mirror.example:5000/istio/pilot:1.29.8-debug", Some("1.29.8")),
            ("docker.io/istio/pilot:1.30.50", None),
            ("docker.io/istio/pilot", None),
        ];
        for (image, version) in rows {
            let spec: PodSpec = serde_json::from_value(
                json!({"containers": [{"name": CONTAINER, "image": image}]}),
            )
            .unwrap();
            assert_eq!(version_of(&spec).ok().as_deref(), version, "{image}");
        }
    }

    #[test]
    fn a_pod_belongs_to_the_deployment_of_its_whole_name() {
        let pod: Pod = serde_json::from_value(json!({"metadata": {
            "generateName": "istiod-1-30-abc-",
            "labels": {"pod-template-hash": "abc"},
        }}))
        .unwrap();
        assert!(belongs_to(&pod, "istiod-1-30"), "its own");
        assert!(!belongs_to(&pod, "istiod"), "the install without a revision is another one");
    }
}
