//! How each component is started: its flags, its certificates, and the nodes that kwok plays.
//!
//! Entry points: one function for each component, in the order in which they start. Every address is
//! 127.0.0.1. Deliberately absent: starting them (`control_plane.rs`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use crate::binaries::Binaries;
use crate::pki::Pki;
use crate::slot::{Port, Slot};

const NODES: usize = 3;
const KUBELET_VERSION: &str = "v1.34.3";

/// The files that components are started with.
pub(crate) struct Certificates {
    authority: PathBuf,
    server: (PathBuf, PathBuf),
    service_accounts: (PathBuf, PathBuf),
}

impl Certificates {
    pub(crate) fn create(pki: &Pki, slot: &Slot) -> Result<Self> {
        let (a, b) = slot.network();
        let names = ["127.0.0.1", "localhost", "kubernetes.default.svc", &format!("{a}.{b}.0.1")]
            .map(str::to_owned);
        pki.serving("server", &names)?;
        pki.signing_pair("service-accounts")?;
        Ok(Self {
            authority: pki.path("ca.crt"),
            server: (pki.path("server.crt"), pki.path("server.key")),
            service_accounts: (pki.path("service-accounts.pub"), pki.path("service-accounts.key")),
        })
    }
}

fn local(slot: &Slot, port: Port) -> String {
    format!("http://127.0.0.1:{}", slot.port(port))
}

pub(crate) fn etcd(slot: &Slot, binaries: &Binaries) -> Command {
    let client = local(slot, Port::EtcdClient);
    let peer = local(slot, Port::EtcdPeer);
    let mut command = Command::new(binaries.component("etcd"));
    command
        .arg("--data-dir")
        .arg(slot.directory().join("etcd"))
        .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
        .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
        .args(["--initial-cluster", &format!("default={peer}")])
        // The data lives as long as the test: nothing is worth waiting for the disk.
        .args(["--unsafe-no-fsync", "--log-level", "warn"]);
    command
}

pub(crate) fn api_server(slot: &Slot, binaries: &Binaries, certificates: &Certificates) -> Command {
    let mut command = Command::new(binaries.component("kube-apiserver"));
    command
        .args(["--etcd-servers", &local(slot, Port::EtcdClient)])
        .args(["--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1"])
        .args(["--secure-port", &slot.port(Port::ApiServer).to_string()])
        .arg("--tls-cert-file")
        .arg(&certificates.server.0)
        .arg("--tls-private-key-file")
        .arg(&certificates.server.1)
        .arg("--client-ca-file")
        .arg(&certificates.authority)
        .arg("--service-account-key-file")
        .arg(&certificates.service_accounts.0)
        .arg("--service-account-signing-key-file")
        .arg(&certificates.service_accounts.1)
        .args(["--service-account-issuer", "https://kubernetes.default.svc"])
        .args(["--service-cluster-ip-range", &slot.service_range()])
        .args(["--endpoint-reconciler-type", "none"])
        .args(["--authorization-mode", "RBAC"])
        .args(["--kubelet-preferred-address-types", "InternalIP"])
        .arg("--cert-dir")
        .arg(slot.directory().join("api-server"));
    command
}

pub(crate) fn controller_manager(
    slot: &Slot,
    binaries: &Binaries,
    certificates: &Certificates,
    admin: &Path,
) -> Command {
    let mut command = Command::new(binaries.component("kube-controller-manager"));
    with_kubeconfigs(&mut command, admin);
    command
        .args(["--bind-address", "127.0.0.1"])
        .args(["--secure-port", &slot.port(Port::ControllerManager).to_string()])
        .args(["--leader-elect=false", "--controllers", "*,-node-ipam-controller"])
        // A pod made in the moment that its quota is made is counted with the next full count.
        .args(["--resource-quota-sync-period", "5s"])
        .arg("--service-account-private-key-file")
        .arg(&certificates.service_accounts.1)
        .arg("--root-ca-file")
        .arg(&certificates.authority)
        .args(["--kube-api-qps", "500", "--kube-api-burst", "1000"])
        .arg("--cert-dir")
        .arg(slot.directory().join("controller-manager"));
    command
}

pub(crate) fn scheduler(slot: &Slot, binaries: &Binaries, admin: &Path) -> Command {
    let mut command = Command::new(binaries.component("kube-scheduler"));
    with_kubeconfigs(&mut command, admin);
    command
        .args(["--bind-address", "127.0.0.1"])
        .args(["--secure-port", &slot.port(Port::Scheduler).to_string()])
        .args(["--leader-elect=false", "--kube-api-qps", "500", "--kube-api-burst", "1000"])
        .arg("--cert-dir")
        .arg(slot.directory().join("scheduler"));
    command
}

fn with_kubeconfigs(command: &mut Command, admin: &Path) {
    for flag in ["--kubeconfig", "--authentication-kubeconfig", "--authorization-kubeconfig"] {
        command.arg(flag).arg(admin);
    }
}

pub(crate) fn kwok(
    slot: &Slot,
    binaries: &Binaries,
    certificates: &Certificates,
    admin: &Path,
) -> Command {
    let port = slot.port(Port::Kwok).to_string();
    let mut command = Command::new(binaries.component("kwok"));
    command
        .arg("--kubeconfig")
        .arg(admin)
        .args(["--manage-all-nodes=true", "--node-ip", "127.0.0.1", "--node-port", &port])
        .args(["--server-address", &format!("127.0.0.1:{port}")])
        .arg("--tls-cert-file")
        .arg(&certificates.server.0)
        .arg("--tls-private-key-file")
        .arg(&certificates.server.1)
        // An address range reserved for benchmarks: nothing answers there, and EndpointSlices refuse
        // loopback addresses.
        .args(["--cidr", "198.18.0.1/16"])
        .args(["--enable-crds", "PortForward", "--node-lease-duration-seconds", "40"])
        // istiod is real: its pods are Ready when the process answers, which kwok can't know.
        .args(["--disregard-status-with-label-selector", "app=istiod"])
        // An empty home: no settings of the person who runs the tests.
        .env("HOME", slot.directory());
    command
}

pub(crate) fn player(binaries: &Binaries, admin: &Path) -> Command {
    let mut command = Command::new(binaries.component("player"));
    command.arg("--kubeconfig").arg(admin);
    command
}

pub(crate) fn nodes() -> Value {
    let node = |index: usize| {
        let name = format!("bed-node-{index}");
        json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {
                    "kubernetes.io/hostname": name,
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "topology.kubernetes.io/zone": format!("zone-{index}"),
                },
            },
            "status": {
                "nodeInfo": {
                    // Istio reads it: sidecars are native ones on nodes as new as this.
                    "kubeletVersion": KUBELET_VERSION,
                    "kubeProxyVersion": "",
                    "operatingSystem": "linux",
                    "architecture": "amd64",
                    "osImage": "played",
                    "kernelVersion": "played",
                    "containerRuntimeVersion": "played",
                    "machineID": name,
                    "systemUUID": name,
                    "bootID": name,
                },
                "allocatable": {"cpu": "4000", "memory": "16Ti", "pods": "20000"},
                "capacity": {"cpu": "4000", "memory": "16Ti", "pods": "20000"},
            },
        })
    };
    json!({"apiVersion": "v1", "kind": "List", "items": (0..NODES).map(node).collect::<Vec<_>>()})
}
