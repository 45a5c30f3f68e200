//! The injection simulator against the real thing: a namespace for every combination of labels, two
//! istiods and a tag, and pods that the API server admits by a dry run. What was predicted from the
//! live selectors is what admission does: for every row of the truth table, for random combinations,
//! and again after a change that was forecast before it was made.

mod admission;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::Bed;
use meshlift_cluster::connection::Connection;
use meshlift_cluster::contexts::{self, KubeconfigFiles};
use meshlift_cluster::door::Door;
use meshlift_cluster::snapshot;
use meshlift_core::injection::{Outcome, predict};
use meshlift_core::inventory::{
    INJECT_LABEL, INJECTION_LABEL, Labels, PodTemplate, REVISION_LABEL, Snapshot,
};
use meshlift_core::rollout::{compose_promote, forecast};
use serde_json::{Value, json};

use admission::admitted;

/// Random combinations, besides the table.
const RANDOM: usize = 200;
const SEED: u64 = 0x5eed_2026;
const OLD: (&str, &str) = ("1-30", "1.30.5");
const NEW: (&str, &str) = ("1-31", "1.31.1");
/// A tag of the user's that names the new revision.
const TAG: &str = "prod";
/// A revision that nobody carries.
const NOBODY: &str = "1-16";

/// The webhook that a namespace's revision label asks for, and one that asks beside it.
const OWN: &str = "rev.namespace.sidecar-injector.istio.io";
const COPY: &str = "copy.sidecar-injector.istio.io";

/// Values of `istio-injection` and `istio.io/rev` on a namespace.
const INJECTION: [Option<&str>; 3] = [None, Some("enabled"), Some("disabled")];
const REVISION: [Option<&str>; 6] =
    [None, Some(OLD.0), Some(NEW.0), Some(TAG), Some("default"), Some(NOBODY)];
/// Values of `sidecar.istio.io/inject` and `istio.io/rev` on a pod.
const INJECT: [Option<&str>; 4] = [None, Some("true"), Some("false"), Some("no")];
const POD_REVISION: [Option<&str>; 5] = [None, Some(OLD.0), Some(NEW.0), Some(TAG), Some(NOBODY)];
/// Values of the annotation `sidecar.istio.io/inject`.
const ANNOTATION: [Option<&str>; 3] = [None, Some("true"), Some("false")];

/// One kind of pod in one kind of namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Combination {
    injection: Option<&'static str>,
    revision: Option<&'static str>,
    inject: Option<&'static str>,
    pod_revision: Option<&'static str>,
    annotation: Option<&'static str>,
    host_network: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_predicted_is_what_admission_does() -> Result<()> {
    let bed = Bed::start().await?;
    bed.install(OLD.1, OLD.0, &[]).await?;
    bed.install(NEW.1, NEW.0, &[]).await?;
    let tag = ["tag", "set", TAG, "--revision", NEW.0];
    bed.istioctl(NEW.1, &tag).await?.checked()?;
    namespaces(&bed).await?;
    let rows = rows();
    let random = random();
    let all: Vec<Combination> = rows.iter().chain(&random).copied().collect();
    let connection = connect(&bed).await?;

    let before = snapshot::read(&connection).await?;
    let found = admitted(&bed, &pods(&all)).await?;
    compare("now", &before, &all, &found)?;
    let injected = found.iter().filter(|revision| revision.is_some()).count();
    ensure!(injected > 40 && injected < all.len() - 40, "both outcomes are frequent: {injected}");

    let plan = compose_promote(&before, NEW.0)?;
    let after = forecast(&before, &plan).after;
    let promote = ["tag", "set", "default", "--revision", NEW.0, "--overwrite", "-y"];
    bed.istioctl(NEW.1, &promote).await?.checked()?;
    let found = admitted(&bed, &pods(&all)).await?;
    compare("after the promotion, as forecast before it", &after, &all, &found)?;
    let moved = found.iter().filter(|revision| revision.as_deref() == Some(NEW.0)).count();
    ensure!(moved > 0, "the default moved");

    two_webhooks_that_match_are_both_asked(&bed, &connection).await?;
    let pods = bed.json(&["get", "pods", "--all-namespaces", "--selector", "app=asked"]).await?;
    assert_eq!(pods["items"].as_array().map(Vec::len), Some(0), "no pod was kept");
    bed.stop().await
}

/// What is predicted to be injected twice: the API server really asks both webhooks about one pod.
async fn two_webhooks_that_match_are_both_asked(bed: &Bed, connection: &Connection) -> Result<()> {
    let mine = format!("istio-sidecar-injector-{}", NEW.0);
    let mut copy = bed.json(&["get", "mutatingwebhookconfiguration", &mine]).await?;
    copy["metadata"] = json!({
        "name": "istio-sidecar-injector-copy",
        "labels": { "app": "sidecar-injector", REVISION_LABEL: NEW.0 },
    });
    let mut webhook = copy["webhooks"][0].take();
    webhook["name"] = COPY.into();
    webhook["namespaceSelector"] = json!({ "matchLabels": { "meshlift.test/twice": "yes" } });
    copy["webhooks"] = json!([webhook]);
    bed.apply(&copy.to_string()).await?;
    let labels = [(REVISION_LABEL, OLD.0), ("meshlift.test/twice", "yes")];
    bed.workloads("asked-twice", &labels, &[]).await?;

    let mesh = snapshot::read(connection).await?;
    let outcome =
        predict(&mesh.injectors, &mesh.namespaces["asked-twice"], &PodTemplate::default());
    assert_eq!(outcome.outcome, Outcome::Twice);

    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "asked", "namespace": "asked-twice", "labels": { "app": "asked" } },
        "spec": { "containers": [{ "name": "app", "image": "pause:3.10" }] },
    });
    let (own, copied) = (calls(bed, OWN).await?, calls(bed, COPY).await?);
    admitted(bed, &[pod]).await?;
    assert_eq!(calls(bed, OWN).await? - own, 1, "the webhook of {}", OLD.0);
    assert_eq!(calls(bed, COPY).await? - copied, 1, "the copy");
    Ok(())
}

/// How often the API server has asked a webhook.
async fn calls(bed: &Bed, webhook: &str) -> Result<u64> {
    let metrics = bed.kubectl(&["get", "--raw", "/metrics"]).await?.checked()?;
    let counts = metrics.lines().filter(|line| {
        line.starts_with("apiserver_admission_webhook_admission_duration_seconds_count{")
            && line.contains(&format!("name=\"{webhook}\""))
    });
    counts.map(|line| Ok(line.rsplit(' ').next().context("a count")?.parse::<u64>()?)).sum()
}

/// The truth table of `domain/istio.md` §2.3, one row after the other, with every value that a row
/// leaves open.
fn rows() -> Vec<Combination> {
    let combination = |injection, revision, inject, pod_revision| Combination {
        injection,
        revision,
        inject,
        pod_revision,
        annotation: None,
        host_network: false,
    };
    let mut rows = BTreeSet::new();
    for pod_revision in POD_REVISION {
        for inject in [None, Some("true")] {
            rows.insert(combination(Some("enabled"), None, inject, pod_revision));
            for revision in [Some(OLD.0), Some(NEW.0), Some(NOBODY)] {
                rows.insert(combination(Some("enabled"), revision, inject, pod_revision));
                rows.insert(combination(Some("disabled"), revision, inject, pod_revision));
            }
            for revision in REVISION {
                rows.insert(combination(None, revision, inject, pod_revision));
            }
        }
        for injection in INJECTION {
            for revision in REVISION {
                rows.insert(combination(injection, revision, Some("false"), pod_revision));
            }
        }
    }
    rows.into_iter().collect()
}

/// Combinations of everything, no two alike, the same at every run.
fn random() -> BTreeSet<Combination> {
    let mut state = SEED;
    let mut next = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    let mut random = BTreeSet::new();
    while random.len() < RANDOM {
        random.insert(Combination {
            injection: INJECTION[next(INJECTION.len())],
            revision: REVISION[next(REVISION.len())],
            inject: INJECT[next(INJECT.len())],
            pod_revision: POD_REVISION[next(POD_REVISION.len())],
            annotation: ANNOTATION[next(ANNOTATION.len())],
            host_network: next(8) == 0,
        });
    }
    random
}

impl Combination {
    fn namespace(&self) -> String {
        let part = |value: Option<&str>| value.unwrap_or("none").to_owned();
        format!("asked-{}-{}", part(self.injection), part(self.revision))
    }

    fn pod_labels(&self) -> BTreeMap<&'static str, &'static str> {
        let given = [(INJECT_LABEL, self.inject), (REVISION_LABEL, self.pod_revision)];
        let given = given.into_iter().filter_map(|(key, value)| Some((key, value?)));
        std::iter::once(("app", "asked")).chain(given).collect()
    }

    fn pod(&self, number: usize) -> Value {
        let mut pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": format!("asked-{number}"),
                "namespace": self.namespace(),
                "labels": self.pod_labels(),
                "annotations": {},
            },
            "spec": {
                "hostNetwork": self.host_network,
                "containers": [{ "name": "app", "image": "pause:3.10" }],
            },
        });
        if let Some(annotation) = self.annotation {
            pod["metadata"]["annotations"][INJECT_LABEL] = annotation.into();
        }
        pod
    }

    fn template(&self) -> PodTemplate {
        let labels = self.pod_labels().into_iter();
        PodTemplate {
            labels: labels.map(|(key, value)| (key.into(), value.into())).collect::<Labels>(),
            inject_annotation: self.annotation.map(Into::into),
            host_network: self.host_network,
            ..PodTemplate::default()
        }
    }
}

async fn namespaces(bed: &Bed) -> Result<()> {
    for injection in INJECTION {
        for revision in REVISION {
            let combination = Combination {
                injection,
                revision,
                inject: None,
                pod_revision: None,
                annotation: None,
                host_network: false,
            };
            let labels: Vec<(&str, &str)> =
                [(INJECTION_LABEL, injection), (REVISION_LABEL, revision)]
                    .into_iter()
                    .filter_map(|(key, value)| Some((key, value?)))
                    .collect();
            bed.workloads(&combination.namespace(), &labels, &[]).await?;
        }
    }
    Ok(())
}

/// Their pods, each with a name of its own.
fn pods(all: &[Combination]) -> Vec<Value> {
    all.iter().enumerate().map(|(number, one)| one.pod(number)).collect()
}

fn compare(
    when: &str,
    mesh: &Snapshot,
    all: &[Combination],
    found: &[Option<String>],
) -> Result<()> {
    let mut wrong = Vec::new();
    for (combination, really) in all.iter().zip(found) {
        let namespace = mesh
            .namespaces
            .get(&*combination.namespace())
            .with_context(|| format!("namespace {}", combination.namespace()))?;
        let predicted = match predict(&mesh.injectors, namespace, &combination.template()).outcome {
            Outcome::Injected { revision } => Some(revision.to_string()),
            Outcome::NotInjected => None,
            Outcome::Twice => Some("several".to_owned()),
        };
        if predicted != *really {
            wrong.push(format!("{combination:?}: predicted {predicted:?}, was {really:?}"));
        }
    }
    ensure!(
        wrong.is_empty(),
        "{when}, {} of {} differ:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
    Ok(())
}

async fn connect(bed: &Bed) -> Result<Connection> {
    let files = KubeconfigFiles { env: None, home: None, added: vec![bed.kubeconfig().to_owned()] };
    let found = contexts::read(&files);
    let context = found.contexts.first().context("a context")?;
    Ok(Connection::open(context, Door::new(true)).await?)
}
