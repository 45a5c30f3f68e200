//! Reading a mesh of 10,000 pods on the bed, beside the floor (curl) and the peers (kubectl,
//! istioctl). Prints one table; nothing is judged here, and nothing fails for being slow.
//!
//! Entry point: `meshlift-bench`, by `make bench`. It starts itself again for each reading of ours, so
//! that time and memory are those of an application that has just been opened.

mod crowd;
mod ours;
mod peers;
mod table;
mod wire;

use std::env;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use meshlift_bed::{Bed, Workload};

use ours::Ours;
use peers::Curl;

/// Pods in the mesh, in equal workloads.
const PODS: usize = 10_000;
/// Every reading is taken this often, in turns; the median counts.
const ROUNDS: usize = 5;
const VERSION: &str = "1.30.5";
const REVISION: &str = "1-30";

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(PODS).await,
        ["pods", pods] => compare(pods.parse().context("no number of pods")?).await,
        [ours::WORD, desk] => ours::read_and_tell(desk).await,
        _ => bail!("usage: meshlift-bench [pods <number>]"),
    }
}

async fn compare(pods: usize) -> Result<()> {
    let bed = Bed::start().await?;
    let table = measure(&bed, pods).await;
    bed.stop().await?;
    say(&table?)
}

async fn measure(bed: &Bed, pods: usize) -> Result<String> {
    bed.install(VERSION, REVISION, &[]).await?;
    let seed = [Workload::deployment("seed", 1)];
    bed.workloads("seed", &[("istio.io/rev", REVISION)], &seed).await?;
    let made = crowd::make(bed, pods).await?;
    say(&format!("{made} pods were made; measuring"))?;

    let folder = tempfile::tempdir().context("making a folder")?;
    let curl = Curl::of(bed, folder.path())?;
    let mut floors = Vec::new();
    let mut pages = Vec::new();
    let mut ours = Vec::new();
    for round in 0..ROUNDS {
        pages.push(curl.get("/api/v1/pods?limit=1000").await?);
        ours.push(ours::measure(bed, &folder.path().join(format!("{round}")), None).await?);
        floors.push(curl.get("/api/v1/pods").await?);
    }
    let wire = wire::Counter::before(bed).await?;
    let counted = ours::measure(bed, &folder.path().join("wire"), Some(&wire)).await?;
    let kubectl = peers::kubectl(bed).await?;
    let istioctl = peers::istioctl(bed, VERSION).await?;
    let smallest = ours.iter().chain([&counted]).map(|one| one.proxies).min().unwrap_or_default();
    if smallest < made {
        bail!("{made} pods were made, and {smallest} proxies read");
    }

    Ok(table::table(&table::Measured {
        pods: made,
        page: median(pages.iter().map(|one| one.took)),
        list: median(floors.iter().map(|one| one.took)),
        list_bytes: floors.first().map_or(0, |one| one.bytes),
        first_rows: median(ours.iter().map(Ours::first_rows)),
        complete: median(ours.iter().map(Ours::complete)),
        bytes: wire.received(),
        memory: median(ours.iter().map(|one| one.grown_kib)),
        kubectl,
        istioctl,
    }))
}

fn median<T: Ord + Default>(figures: impl Iterator<Item = T>) -> T {
    let mut figures: Vec<T> = figures.collect();
    figures.sort();
    let middle = figures.len() / 2;
    figures.into_iter().nth(middle).unwrap_or_default()
}

/// Seconds with as many digits as mean something.
fn seconds(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.2} s") } else { format!("{seconds:.0} s") }
}

fn say(text: &str) -> Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout().lock(), "{text}").context("writing to standard output")
}
