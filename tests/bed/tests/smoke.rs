//! What the bed promises, shown on the bed itself: real installs, real injection, real restarts, and
//! nothing left behind. The three Istio versions are one source under three stamps.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::{Bed, Workload};
use serde_json::Value;

const CONNECT_LIMIT: Duration = Duration::from_secs(30);
const END_LIMIT: Duration = Duration::from_secs(5);

/// Every pod of a namespace with the image of its proxy, which may be a native sidecar.
async fn proxies(bed: &Bed, namespace: &str) -> Result<BTreeMap<String, Option<String>>> {
    let pods = bed.json(&["-n", namespace, "get", "pods"]).await?;
    let image = |pod: &Value| {
        ["containers", "initContainers"]
            .iter()
            .filter_map(|list| pod["spec"][list].as_array())
            .flatten()
            .find(|container| container["name"] == "istio-proxy")
            .and_then(|proxy| proxy["image"].as_str().map(str::to_owned))
    };
    Ok(pods["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null())
        .map(|pod| (pod["metadata"]["name"].as_str().unwrap_or_default().to_owned(), image(pod)))
        .collect())
}

async fn expect_proxies(bed: &Bed, namespace: &str, count: usize, version: &str) -> Result<()> {
    let what = format!("{count} pods of {namespace} with a proxy in {version}");
    let wanted = format!("docker.io/istio/proxyv2:{version}");
    bed.wait_for(&what, CONNECT_LIMIT, || async {
        let found = proxies(bed, namespace).await?;
        ensure!(
            found.len() == count && found.values().all(|image| image.as_ref() == Some(&wanted)),
            "found {found:?}"
        );
        Ok(true)
    })
    .await
}

/// Waits until istioctl counts these proxies of a revision, all in `version`; its own connection has no
/// real version.
async fn expect_connected(bed: &Bed, revision: &str, version: &str, count: usize) -> Result<()> {
    let what = format!("{count} proxies connected to {revision} in {version}");
    let arguments = ["version", "--revision", revision, "-o", "json"];
    bed.wait_for(&what, CONNECT_LIMIT, || async {
        let text = bed.istioctl(version, &arguments).await?.checked()?;
        let versions: Value = serde_json::from_str(&text)?;
        let found: Vec<&str> = versions["dataPlaneVersion"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|proxy| proxy["IstioVersion"].as_str())
            .filter(|version| !version.starts_with("65536"))
            .collect();
        ensure!(found == vec![version; count], "istioctl counts {found:?}");
        Ok(true)
    })
    .await
}

/// The processes that name the bed's folder in their command line.
fn processes_of(directory: &str) -> Vec<String> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(&format!("{directory}/")))
        .collect()
}

fn expect_nothing_left(directory: &str, pids: &[u32]) {
    let deadline = Instant::now() + END_LIMIT;
    while !processes_of(directory).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(processes_of(directory), Vec::<String>::new(), "no process may outlive its bed");
    for pid in pids {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!line.contains(directory), "process {pid} is still the bed's: {line}");
    }
}

/// Checks that nothing of these processes can be reached from another computer.
fn expect_loopback_only(pids: &[u32]) -> Result<()> {
    let mut sockets = BTreeSet::new();
    for pid in pids {
        for entry in fs::read_dir(format!("/proc/{pid}/fd"))?.flatten() {
            let target = fs::read_link(entry.path()).unwrap_or_default();
            let inode = target.to_string_lossy();
            let inode = inode.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            sockets.extend(inode.map(str::to_owned));
        }
    }
    let mut listeners = 0;
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table)?.lines().skip(1) {
            // Local address, remote address, state (0A listens), …; the tenth field is the inode.
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields[3] != "0A" || !sockets.contains(fields[9]) {
                continue;
            }
            listeners += 1;
            let (address, _) = fields[1].split_once(':').context("an address without a port")?;
            assert!(is_loopback(address), "{line} of {table} is open to other computers");
        }
    }
    assert!(listeners >= pids.len(), "every component listens: {listeners} of {pids:?}");
    Ok(())
}

/// Whether an address of `/proc/net/tcp` or `tcp6` is in 127.0.0.0/8 or is `::1`. Each four bytes
/// stand in the order of the processor.
fn is_loopback(address: &str) -> bool {
    let is_v4 = |word: &str| word.ends_with("7F");
    match address.len() {
        8 => is_v4(address),
        _ => {
            address == "00000000000000000000000001000000"
                || address.strip_prefix("0000000000000000FFFF0000").is_some_and(is_v4)
        }
    }
}

/// Stops the bed and checks that neither a process nor a file of it is left.
async fn end_without_a_trace(bed: Bed) -> Result<()> {
    let directory = bed.directory().display().to_string();
    let ids = bed.pids().await;
    assert!(ids.len() >= 7, "six components and an istiod: {ids:?}");
    assert!(
        processes_of(&directory).len() >= 6,
        "the search for processes finds them while they run"
    );
    expect_loopback_only(&ids)?;
    bed.stop().await?;
    expect_nothing_left(&directory, &ids);
    assert!(!fs::exists(&directory)?, "the bed's folder goes with it");
    Ok(())
}

#[tokio::test]
async fn a_canary_by_relabel_and_restart_moves_every_proxy() -> Result<()> {
    let bed = Bed::start().await?;
    bed.install("1.30.5", "1-30", &[]).await?;
    let shop = [
        Workload::deployment("cart", 3),
        Workload::deployment("checkout", 1).annotation("sidecar.istio.io/nativeSidecar", "false"),
        Workload::stateful_set("orders", 2),
        Workload::daemon_set("agent"),
    ];
    bed.workloads("shop", &[("istio.io/rev", "1-30")], &shop).await?;
    bed.workloads("plain", &[], &[Workload::deployment("alone", 1)]).await?;
    expect_proxies(&bed, "shop", 9, "1.30.5").await?;
    expect_connected(&bed, "1-30", "1.30.5", 9).await?;
    let alone = proxies(&bed, "plain").await?;
    assert!(alone.values().all(Option::is_none), "only labelled namespaces get proxies: {alone:?}");
    let pods = bed.json(&["-n", "shop", "get", "pods"]).await?;
    let injected = pods["items"].as_array().into_iter().flatten().all(|pod| {
        pod["metadata"]["annotations"]["sidecar.istio.io/status"]
            .as_str()
            .is_some_and(|status| status.contains(r#""revision":"1-30""#))
    });
    assert!(injected, "every pod carries the mark of the revision that injected it");

    bed.install("1.31.1", "1-31", &[]).await?;
    expect_connected(&bed, "1-30", "1.30.5", 9).await?;
    assert_ne!(bed.istiod_address("1-30"), bed.istiod_address("1-31"), "two control planes");
    bed.kubectl(&["label", "namespace", "shop", "istio.io/rev=1-31", "--overwrite"])
        .await?
        .checked()?;
    bed.restart("shop", &shop).await?;
    expect_proxies(&bed, "shop", 9, "1.31.1").await?;
    expect_connected(&bed, "1-31", "1.31.1", 9).await?;

    bed.istioctl("1.30.5", &["uninstall", "--revision", "1-30", "-y"]).await?.checked()?;
    bed.wait_for("the end of the old istiod", CONNECT_LIMIT, || async {
        Ok(bed.istiod_address("1-30").is_none())
    })
    .await?;
    expect_connected(&bed, "1-31", "1.31.1", 9).await?;

    end_without_a_trace(bed).await
}

#[tokio::test]
async fn an_install_without_revision_and_its_gateway_are_upgraded_in_place() -> Result<()> {
    let gateway = [
        "components.ingressGateways[0].enabled=true",
        "components.ingressGateways[0].name=istio-ingressgateway",
    ];
    let bed = Bed::start().await?;
    bed.install("1.29.8", "default", &gateway).await?;
    let shop = [Workload::deployment("cart", 2)];
    bed.workloads("shop", &[("istio-injection", "enabled")], &shop).await?;
    expect_connected(&bed, "default", "1.29.8", 3).await?;
    let address = bed.istiod_address("default");

    bed.restart_api_server().await?;
    bed.install("1.30.5", "default", &gateway).await?;
    assert_eq!(bed.istiod_address("default"), address, "in place keeps the address");
    bed.restart("shop", &shop).await?;
    expect_proxies(&bed, "shop", 2, "1.30.5").await?;
    // The install rolled the gateway by itself: its Deployment's template changed.
    expect_connected(&bed, "default", "1.30.5", 3).await?;

    let stranger = bed.kubeconfig_for("stranger", &["guests"])?;
    let refused =
        bed.kubectl(&["--kubeconfig", &stranger.to_string_lossy(), "get", "pods", "-A"]).await?;
    assert!(refused.stderr.contains("Forbidden"), "RBAC is real: {}", refused.stderr);
    let expired = bed.expired_kubeconfig_for("stranger", &["guests"])?;
    let refused =
        bed.kubectl(&["--kubeconfig", &expired.to_string_lossy(), "get", "pods", "-A"]).await?;
    assert!(refused.stderr.contains("logged in"), "an expired user is nobody: {}", refused.stderr);
    bed.stop().await
}

#[test]
fn a_killed_bed_leaves_no_process() -> Result<()> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_meshlift-bed"))
        .args(["up", "--empty"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut kubeconfig = None;
    for line in BufReader::new(child.stdout.take().context("its output is piped")?).lines() {
        let line = line?;
        if let Some(path) = line.strip_prefix("kubeconfig=") {
            kubeconfig = Some(path.to_owned());
        }
        if line == "ready" {
            break;
        }
    }
    let kubeconfig = kubeconfig.context("the bed did not come up")?;
    let (directory, _) = kubeconfig.split_once("/pki/").context("an unexpected place")?;
    assert!(processes_of(directory).len() >= 6, "the bed is up: {:?}", processes_of(directory));
    child.kill()?;
    child.wait()?;
    expect_nothing_left(directory, &[]);
    // Its folder is left for the next bed of that number to clear; not this time.
    fs::remove_dir_all(directory)?;
    Ok(())
}
