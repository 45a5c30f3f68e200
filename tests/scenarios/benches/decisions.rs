//! Measures what a person waits for, on simulated meshes: reading a mesh, telling which proxies are
//! behind, the precheck, and the way from one version to another. Prints one table.
//!
//! A floor is the least that the work could be done with, measured in the same run: for what looks at
//! a mesh, to look at every pod and workload of it once; for a way, to judge every hop that the rules
//! could allow. Reading what prechecks ask stands beside reading the mesh. A ratio is the same on any
//! computer, a time is not.
//!
//! Deliberately absent: a real API server. Reading includes the simulator's own work of serving, so
//! its figure is an upper bound; the others are the core alone.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::civil::date;
use meshlift_cluster::connection::Connection;
use meshlift_cluster::door::Door;
use meshlift_cluster::{evidence, snapshot};
use meshlift_core::catalog::{Catalog, Release};
use meshlift_core::dataplane;
use meshlift_core::inventory::Snapshot;
use meshlift_core::plan::{self, Circumstances};
use meshlift_core::policy::{Method, Profile, Verdict, judge};
use meshlift_core::precheck::{self, Aim};
use meshlift_core::version::{MeshVersion, Minor};
use meshlift_sim::SimMesh;

/// Times each thing is measured; the fastest counts, as the one that was disturbed least.
const ROUNDS: u32 = 5;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    head();
    for deployments in [5, 50] {
        let mesh = mesh(deployments);
        let size = format!("{} pods", deployments * 200);
        let (snapshot, took) = read(&mesh).await?;
        say("read the mesh", &size, took, None, "");
        let whole = took;
        let floor = fastest(|| _ = black_box(once(&snapshot)));
        let took = fastest(|| _ = black_box(dataplane::assess(&snapshot)));
        say("which proxies are behind", &size, took, Some(floor), "");
        let connection = connect(&mesh).await?;
        let begin = Instant::now();
        let evidence = evidence::read(&connection, &snapshot, None).await;
        say("read what prechecks ask", &size, begin.elapsed(), Some(whole), "");
        let mut evident = Snapshot { evidence: Some(evidence), ..snapshot };
        for (source, what) in [("1.30.5", "precheck"), ("1.12.0", "precheck over 19 minors")] {
            for plane in &mut evident.control_planes {
                plane.version = Some(source.parse()?);
            }
            let (took, rules) = precheck(&evident)?;
            say(what, &format!("{rules} rules"), took, Some(floor), "50 ms");
        }
    }
    let (took, floor) = routes()?;
    say("every way from 1.24 to 1.31", "", took, Some(floor), "1 ms");
    let (took, floor) = long_way()?;
    say("the best ways over minors", "100 versions", took, Some(floor), "1 ms");
    Ok(())
}

/// Twenty namespaces of these Deployments with ten pods each.
fn mesh(deployments: u32) -> SimMesh {
    SimMesh::builder()
        .install("1.30.5", "", &["profile=minimal", "revision=1-30"])
        .crowd(("istio.io/rev", "1-30"), 20, deployments, 10)
        .build()
}

async fn connect(mesh: &SimMesh) -> anyhow::Result<Connection> {
    let served = mesh.clone();
    let dial = Arc::new(move || served.dial());
    Ok(Connection::in_process("bench", dial, Door::new(true)).await?)
}

async fn read(mesh: &SimMesh) -> anyhow::Result<(Snapshot, Duration)> {
    let connection = connect(mesh).await?;
    let mut best = None;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let snapshot = snapshot::read(&connection).await?;
        let took = begin.elapsed();
        if best.as_ref().is_none_or(|(_, fastest)| took < *fastest) {
            best = Some((snapshot, took));
        }
    }
    best.context("nothing was measured")
}

/// How long every rule takes together, and how many rules that are.
fn precheck(snapshot: &Snapshot) -> anyhow::Result<(Duration, usize)> {
    let target: MeshVersion = "1.31.1".parse()?;
    let aim = Aim {
        method: Method::Canary,
        stable: "1-30",
        target: &target,
        profile: Profile::by_id("istio").context("no profile for Istio")?,
        catalog: Catalog::embedded(),
        today: date(2026, 11, 24),
        operator: "ana@laptop",
    };
    let report = precheck::check(snapshot, &aim);
    let found: BTreeSet<&str> = report.findings.iter().map(|it| &*it.rule).collect();
    let rules = report.passed as usize + found.len();
    Ok((fastest(|| drop(black_box(precheck::check(snapshot, &aim)))), rules))
}

fn routes() -> anyhow::Result<(Duration, Duration)> {
    let (from, to): (MeshVersion, MeshVersion) = ("1.24.0".parse()?, "1.31.1".parse()?);
    let profile = Profile::by_id("istio").context("no profile for Istio")?;
    let catalog = Catalog::embedded();
    let circumstances = Circumstances { kubernetes: None, today: Some(date(2026, 11, 24)) };
    let search = || plan::routes(&from, &to, profile, catalog, &circumstances);
    let floor = fastest(|| _ = black_box(judged(catalog, profile)));
    Ok((fastest(|| drop(black_box(search()))), floor))
}

/// A catalogue of 100 minors in a row, from the first to the last.
fn long_way() -> anyhow::Result<(Duration, Duration)> {
    let model = Catalog::embedded().releases.last().context("no release")?;
    let release = |number: u64| -> anyhow::Result<Release> {
        Ok(Release {
            minor: Minor { major: 1, minor: number },
            newest: format!("1.{number}.1").parse()?,
            ..model.clone()
        })
    };
    let releases = (100..200).map(release).collect::<anyhow::Result<_>>()?;
    let catalog = Catalog { releases, known_bad: Vec::new(), ..Catalog::embedded().clone() };
    let (from, to): (MeshVersion, MeshVersion) = ("1.100.1".parse()?, "1.199.1".parse()?);
    let profile = Profile::by_id("istio").context("no profile for Istio")?;
    let kubernetes = Some("1.34".parse()?);
    let circumstances = Circumstances { kubernetes, today: Some(date(2026, 11, 24)) };
    let search = || plan::routes(&from, &to, profile, &catalog, &circumstances);
    anyhow::ensure!(search().routes.first().is_some_and(|best| best.hops.len() == 50));
    let floor = fastest(|| _ = black_box(judged(&catalog, profile)));
    Ok((fastest(|| drop(black_box(search()))), floor))
}

/// Looks at every pod and every workload once.
fn once(mesh: &Snapshot) -> usize {
    let pods = mesh.pods.values().map(|pod| pod.reference.name.len() + usize::from(pod.ready));
    let workloads = mesh.workloads.values().map(|it| it.template.labels.len());
    pods.sum::<usize>() + workloads.sum::<usize>()
}

/// Judges every hop over one or two minors, by either method.
fn judged(catalog: &Catalog, profile: &Profile) -> usize {
    let versions: Vec<&MeshVersion> = catalog.releases.iter().map(|it| &it.newest).collect();
    let hops = versions.iter().enumerate().flat_map(|(place, from)| {
        versions.iter().skip(place + 1).take(2).map(move |to| (*from, *to))
    });
    let methods = [Method::InPlace, Method::Canary];
    hops.flat_map(|(from, to)| methods.map(|method| judge(from, to, method, profile)))
        .filter(|verdict| matches!(verdict, Verdict::Allowed(_)))
        .count()
}

fn fastest(mut work: impl FnMut()) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn shown(took: Duration) -> String {
    format!("{:.3} ms", took.as_secs_f64() * 1000.0)
}

#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn head() {
    let [what, size, took, floor, ratio, goal] = ["what", "size", "took", "floor", "ratio", "goal"];
    println!("{what:<28} {size:>12} {took:>12} {floor:>12} {ratio:>8} {goal:>8}");
}

#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn say(what: &str, size: &str, took: Duration, floor: Option<Duration>, goal: &str) {
    let ratio = floor.map(|floor| format!("{:.1}", took.as_secs_f64() / floor.as_secs_f64()));
    let (floor, ratio) = (floor.map(shown).unwrap_or_default(), ratio.unwrap_or_default());
    println!("{what:<28} {size:>12} {:>12} {floor:>12} {ratio:>8} {goal:>8}", shown(took));
}
