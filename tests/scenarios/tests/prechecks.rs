//! Prechecks on a real API server and a real istiod: a healthy mesh has no finding, one fault is
//! exactly one finding, many faults are all found, and istioctl's own tools look at the same mesh.
//!
//! The bed runs Istio 1.29 to 1.31. For changes of older versions the objects are real, and the
//! version that the mesh is on is said to be an older one.

#![allow(unreachable_pub, clippy::print_stdout, reason = "a test binary, which says what it found")]

mod prechecks {
    pub mod page;
}

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::civil::date;
use meshlift_bed::Bed;
use meshlift_cluster::connection::Connection;
use meshlift_cluster::contexts::{self, KubeconfigFiles};
use meshlift_cluster::door::Door;
use meshlift_cluster::{evidence, snapshot};
use meshlift_core::catalog::Catalog;
use meshlift_core::inventory::{ProxyPlacement, Snapshot};
use meshlift_core::policy::{Method, Profile};
use meshlift_core::precheck::{self, Aim, Report};
use meshlift_core::version::MeshVersion;
use prechecks::page;

const HEALTHY: &str = include_str!("prechecks/healthy.yaml");
const FAULT: &str = include_str!("prechecks/fault.yaml");
const KINDS: &str = include_str!("prechecks/kinds.yaml");
const RULES: &str = include_str!("prechecks/rules.yaml");
const PLATFORM: &str = include_str!("prechecks/platform.yaml");
const AMBIENT: &str = include_str!("prechecks/ambient.yaml");
const PATIENCE: Duration = Duration::from_mins(4);
/// A hub of one's own: nothing is pulled on the bed.
const HUB: &str = "values.global.hub=mirror.example/istio";
/// How many rules have to be hit for real.
const WANTED: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn prechecks_find_what_is_planted() -> Result<()> {
    let bed = Bed::start().await?;
    let mesh = Mesh::install(&bed).await?;

    a_healthy_mesh_has_no_finding(&mesh).await?;
    one_fault_is_exactly_one_finding(&mesh).await?;
    let hit = many_faults_are_found(&mesh).await?;
    page::same_or_bless("rules", &page::list(&hit)?)?;
    bed.stop().await
}

#[test]
fn the_page_lists_every_rule_of_the_data_files() -> Result<()> {
    let page = include_str!("../../../docs/prechecks.md");
    let listed: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(|id| id.contains('-') && id.starts_with(['P', 'B', 'I']))
        .collect();
    let known = page::rows()?;
    let missing: Vec<&str> =
        known.iter().map(|row| row.id.as_str()).filter(|id| !listed.contains(id)).collect();
    ensure!(missing.is_empty(), "docs/prechecks.md does not list {missing:?}");
    let on_the_bed = page.matches("| hit on the bed |").count();
    ensure!(on_the_bed >= WANTED, "only {on_the_bed} rules were hit for real");
    Ok(())
}

struct Mesh<'a> {
    bed: &'a Bed,
    connection: Connection,
}

impl<'a> Mesh<'a> {
    async fn install(bed: &'a Bed) -> Result<Self> {
        let two = ["values.pilot.autoscaleEnabled=false", "values.pilot.replicaCount=2", HUB];
        bed.install("1.30.5", "1-30", &two).await?;
        bed.apply(HEALTHY).await?;
        let files =
            KubeconfigFiles { env: None, home: None, added: vec![bed.kubeconfig().to_owned()] };
        let found = contexts::read(&files);
        let context = found.contexts.first().context("a context")?;
        let connection = Connection::open(context, Door::new(true)).await?;
        Ok(Self { bed, connection })
    }

    async fn read(&self) -> Result<Snapshot> {
        let snapshot = snapshot::read(&self.connection).await?;
        let evidence = evidence::read(&self.connection, &snapshot, None).await;
        Ok(Snapshot { evidence: Some(evidence), ..snapshot })
    }

    /// The report once it satisfies `done`: controllers and proxies take their time.
    async fn until(&self, what: &str, done: impl Fn(&Report) -> bool) -> Result<Report> {
        let last = std::sync::Mutex::new(None);
        let waited = self.bed.wait_for(what, PATIENCE, || async {
            let report = asked(&self.read().await?, "1.31.1", Method::Canary)?;
            let over = done(&report);
            *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(report);
            Ok(over)
        });
        let waited = waited.await;
        let last = last.into_inner()?.context("no report")?;
        waited.with_context(|| format!("found: {:?}", found(&last)))?;
        Ok(last)
    }

    async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.bed.kubectl(arguments).await?.checked()
    }
}

fn asked(snapshot: &Snapshot, target: &str, method: Method) -> Result<Report> {
    let target: MeshVersion = target.parse()?;
    Ok(precheck::check(
        snapshot,
        &Aim {
            method,
            stable: "1-30",
            target: &target,
            profile: Profile::by_id("istio").context("the rules for Istio")?,
            catalog: Catalog::embedded(),
            today: date(2026, 11, 24),
            operator: "ana@laptop",
        },
    ))
}

async fn a_healthy_mesh_has_no_finding(mesh: &Mesh<'_>) -> Result<()> {
    let report = mesh.until("nothing to find", |report| report.findings.is_empty()).await?;

    ensure!(report.passed > 35, "only {} rules passed", report.passed);
    ensure!(report.unknown == 0, "{} rules can't tell", report.unknown);
    Ok(())
}

async fn one_fault_is_exactly_one_finding(mesh: &Mesh<'_>) -> Result<()> {
    mesh.bed.apply(FAULT).await?;

    let report = mesh.until("the fault", |report| !report.findings.is_empty()).await?;

    let found = found(&report);
    ensure!(found == [("B131-4", "WorkloadEntry shop/vm-1")], "{found:?}");
    Ok(())
}

/// The rule and the object of every finding.
fn found(report: &Report) -> Vec<(&str, &str)> {
    report.findings.iter().map(|it| (&*it.rule, it.subject.as_str())).collect()
}

async fn many_faults_are_found(mesh: &Mesh<'_>) -> Result<BTreeSet<String>> {
    plant(mesh).await?;
    // Told by controllers and proxies, which take their time.
    let late: BTreeSet<String> = ["P-20", "P-24", "P-25", "P-26"].map(str::to_owned).into();
    let report = mesh.until("the faults", |report| rules(report).is_superset(&late)).await?;
    let down: Vec<_> = found(&report).into_iter().filter(|(rule, _)| *rule == "P-08").collect();
    let left_over = "MutatingWebhookConfiguration istio-sidecar-injector-1-29";
    ensure!(down == [("P-08", left_over)], "an injector without its istiod: {down:?}");
    let mut hit = rules(&report);
    let faulty = mesh.read().await?;
    for (source, target, method) in [
        ("1.30.5", "1.31.1", Method::InPlace),
        ("1.28.0", "1.29.8", Method::InPlace),
        ("1.26.0", "1.27.9", Method::Canary),
        ("1.23.6", "1.24.6", Method::Canary),
        ("1.12.0", "1.31.1", Method::Canary),
    ] {
        hit.extend(rules(&asked(&as_if(&faulty, source)?, target, method)?));
    }
    compare(mesh, &faulty).await?;

    mesh.bed.apply(AMBIENT).await?;
    let ambient = as_if(&mesh.read().await?, "1.12.0")?;
    hit.extend(rules(&asked(&ambient, "1.31.1", Method::Canary)?));
    let wanted = hit.len() >= WANTED;
    ensure!(wanted, "only {} rules were hit: {hit:?}", hit.len());
    println!("{} rules were hit for real: {hit:?}", hit.len());
    Ok(hit)
}

/// Plants a fault for every rule that has one on a bed.
async fn plant(mesh: &Mesh<'_>) -> Result<()> {
    let bed = mesh.bed;
    for namespace in ["other", "istio-operator", "left", "twice"] {
        mesh.kubectl(&["create", "namespace", namespace]).await?;
    }
    // It comes up injected, and would not again once its namespace lost the label.
    mesh.kubectl(&["label", "namespace", "left", "istio.io/rev=1-30"]).await?;
    let left = HEALTHY.replace("namespace: shop", "namespace: left");
    let left = left.split("---").nth(1).context("the Deployment")?;
    bed.apply(left).await?;
    mesh.kubectl(&["-n", "left", "rollout", "status", "deployment/cart", "--timeout=60s"]).await?;
    mesh.kubectl(&["label", "namespace", "left", "istio.io/rev-"]).await?;
    let twice = left.replace("namespace: left", "namespace: twice");
    let labels = ["istio.io/rev=1-30", "meshlift.test/twice=yes"];
    mesh.kubectl(&["label", "namespace", "twice", labels[0], labels[1]]).await?;
    bed.apply(KINDS).await?;
    mesh.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]).await?;
    bed.apply(RULES).await?;
    bed.apply(&twice).await?;
    bed.apply(PLATFORM).await?;
    for (namespace, label) in [("both", "istio.io/rev=1-30"), ("orphan", "istio.io/rev=1-16")] {
        mesh.kubectl(&["create", "namespace", namespace]).await?;
        mesh.kubectl(&["label", "namespace", namespace, label]).await?;
    }
    mesh.kubectl(&["label", "namespace", "both", "istio-injection=enabled"]).await?;
    // Pod security would refuse an injected pod that is not there yet, and leave room in the quota.
    let full = "--for=jsonpath={.status.used.pods}=5";
    mesh.kubectl(&["-n", "shop", "wait", full, "resourcequota/team", "--timeout=240s"]).await?;
    let enforced = "pod-security.kubernetes.io/enforce=baseline";
    mesh.kubectl(&["label", "namespace", "shop", enforced]).await?;
    let manifest = r#"kubectl.kubernetes.io/last-applied-configuration={"apiVersion":"networking.istio.io/v1alpha1","kind":"WorkloadEntry"}"#;
    mesh.kubectl(&["-n", "shop", "annotate", "--overwrite", "workloadentry", "vm-1", manifest])
        .await?;
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string();
    bed.apply(&format!(
        "{{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {{name: meshlift, namespace: \
         istio-system}}, spec: {{holderIdentity: ben@desk/2, leaseDurationSeconds: 900, renewTime: \
         '{now}'}}}}"
    ))
    .await?;
    let tracing = "[{\"op\":\"replace\",\"path\":\"/data/mesh\",\"value\":\"enableTracing: true\\n\
        extensionProviders:\\n- name: opencensus\\n  opencensus: {service: collector.other.svc, port: 55678}\\n\
        discoverySelectors:\\n- matchLabels: {istio.io/rev: 1-30}\\n\
        defaultConfig:\\n  proxyMetadata: {ISTIO_META_DNS_CAPTURE: \\\"true\\\"}\\n\"}]";
    mesh.kubectl(&[
        "-n",
        "istio-system",
        "patch",
        "configmap",
        "istio-1-30",
        "--type=json",
        "-p",
        tracing,
    ])
    .await?;
    Ok(())
}

/// The mesh as if its control plane ran another version. Before 1.27 proxies were containers among the
/// others.
fn as_if(snapshot: &Snapshot, version: &str) -> Result<Snapshot> {
    let mut other = snapshot.clone();
    let version: MeshVersion = version.parse()?;
    for plane in &mut other.control_planes {
        plane.version = Some(version.clone());
    }
    if version.istio().minor < 27 {
        let proxies = other.pods.values_mut().filter_map(|pod| pod.proxy.as_mut());
        proxies.for_each(|proxy| proxy.placement = ProxyPlacement::Classic);
    }
    Ok(other)
}

/// Rules that found something; those that can't tell found nothing.
fn rules(report: &Report) -> BTreeSet<String> {
    let certain = report.findings.iter().filter(|finding| !finding.is_unknown());
    certain.map(|finding| finding.rule.to_string()).collect()
}

/// What istioctl's own tools say about the same mesh, beside ours.
async fn compare(mesh: &Mesh<'_>, faulty: &Snapshot) -> Result<()> {
    let ours = rules(&asked(faulty, "1.31.1", Method::Canary)?);
    let analyze =
        mesh.bed.istioctl("1.31.1", &["analyze", "-A", "-o", "json", "--revision", "1-30"]);
    let analyze = page::told(&analyze.await?)?;
    let precheck = mesh.bed.istioctl("1.31.1", &["x", "precheck", "-o", "json"]);
    let precheck = page::told(&precheck.await?)?;
    page::same_or_bless("comparison", &page::comparison(&ours, &analyze, &precheck)?)
}
