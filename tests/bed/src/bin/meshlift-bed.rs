//! `meshlift-bed up`: a bed with a small mesh, for people and for the bench.
//!
//! Prints `name=value` lines, one each for the kubeconfig, the istioctls and the logs, then `ready`,
//! and runs until Ctrl-C, SIGTERM or the end of its standard input.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, thread};

use anyhow::{Context, Result, bail};
use meshlift_bed::{Bed, ISTIO_VERSIONS, Workload};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

const USAGE: &str =
    "usage: meshlift-bed up [--gateway] [--empty] [--version 1.30.5] [--revision 1-30]

  --gateway    add an ingress gateway
  --empty      no mesh and no workloads
  --version    one of 1.29.8, 1.30.5, 1.31.1
  --revision   the mesh's revision; \"default\" for an install without one";

struct Options {
    gateway: bool,
    empty: bool,
    version: String,
    revision: String,
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "a command says on its standard error why it failed")]
async fn main() -> ExitCode {
    match up().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn up() -> Result<()> {
    let options = options(env::args().skip(1))?;
    let bed = Bed::start().await?;
    let made = if options.empty { Ok(()) } else { demo(&bed, &options).await };
    let waited = match made {
        Ok(()) => announce(&bed).and(until_told().await),
        Err(error) => Err(error),
    };
    bed.stop().await?;
    waited
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options> {
    if words.next().as_deref() != Some("up") {
        bail!("{USAGE}");
    }
    let mut options = Options {
        gateway: false,
        empty: false,
        version: "1.30.5".to_owned(),
        revision: "1-30".to_owned(),
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--gateway" => options.gateway = true,
            "--empty" => options.empty = true,
            "--version" => options.version = words.next().context(USAGE)?,
            "--revision" => options.revision = words.next().context(USAGE)?,
            _ => bail!("{USAGE}"),
        }
    }
    if !ISTIO_VERSIONS.contains(&options.version.as_str()) {
        bail!("{USAGE}");
    }
    Ok(options)
}

/// One mesh, two namespaces, five workloads.
async fn demo(bed: &Bed, options: &Options) -> Result<()> {
    let gateway = [
        "components.ingressGateways[0].enabled=true",
        "components.ingressGateways[0].name=istio-ingressgateway",
    ];
    let values: &[&str] = if options.gateway { &gateway } else { &[] };
    bed.install(&options.version, &options.revision, values).await?;
    let label = if options.revision == "default" {
        ("istio-injection", "enabled")
    } else {
        ("istio.io/rev", options.revision.as_str())
    };
    let shop = [
        Workload::deployment("cart", 3),
        Workload::deployment("checkout", 2),
        Workload::stateful_set("orders", 2),
    ];
    bed.workloads("shop", &[label], &shop).await?;
    let tools = [Workload::deployment("search", 2), Workload::daemon_set("agent")];
    bed.workloads("tools", &[label], &tools).await
}

fn announce(bed: &Bed) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "kubeconfig={}", bed.kubeconfig().display())?;
    writeln!(out, "kubectl={}", bed.kubectl_path().display())?;
    for version in ISTIO_VERSIONS {
        writeln!(out, "istioctl-{version}={}", bed.istioctl_path(version).display())?;
    }
    writeln!(out, "logs={}", bed.directory().join("logs").display())?;
    writeln!(out, "ready")?;
    out.flush().context("writing to standard output")
}

async fn until_told() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = end_of_input() => {}
    }
    Ok(())
}

/// Never, when there is no input to begin with: a bed in the background is ended by a signal.
async fn end_of_input() {
    if fs::read_link("/proc/self/fd/0").is_ok_and(|input| input == Path::new("/dev/null")) {
        return std::future::pending().await;
    }
    let (tell, told) = oneshot::channel();
    // A thread of its own: the runtime would wait for a blocked read of its own at the end.
    thread::spawn(move || {
        // An unreadable input has ended too; and when nobody waits any more, that is fine.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = tell.send(());
    });
    let _ = told.await;
}
