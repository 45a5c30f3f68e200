//! What istiod's own configuration makes of a pod, against the real thing: one istiod that leaves some
//! pods out, one whose policy is not to inject, and one that injects namespaces without a label. Every
//! pod is admitted by a dry run, and what was predicted from the live objects is what admission does.

mod admission;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::Bed;
use meshlift_cluster::connection::Connection;
use meshlift_cluster::contexts::{self, KubeconfigFiles};
use meshlift_cluster::door::Door;
use meshlift_cluster::snapshot;
use meshlift_core::injection::{Outcome, predict};
use meshlift_core::inventory::{
    INJECT_LABEL, InjectionPolicy, PodTemplate, REVISION_LABEL, Snapshot,
};
use serde_json::{Value, json};

use admission::admitted;

/// Leaves jobs out.
const LEAVES_OUT: (&str, &str) = ("1-30", "1.30.5");
/// Injects nobody but web servers and those that ask.
const ASKED_ONLY: (&str, &str) = ("1-31", "1.31.1");

/// Injects what has no label at all, unless a system namespace holds it.
const BY_DEFAULT: (&str, &str) = ("default", "1.29.8");
/// Kubernetes' own namespaces, which have no label of a mesh.
const UNLABELLED: [&str; 2] = ["default", "kube-system"];

/// Label by which both tell pods apart.
const KIND: &str = "kind";
const KINDS: [Option<&str>; 3] = [None, Some("job"), Some("web")];
/// Values of `sidecar.istio.io/inject`, as label and as annotation.
const INJECT: [Option<&str>; 4] = [None, Some("true"), Some("false"), Some("no")];

/// A pod in a namespace of one of the revisions, or of none.
#[derive(Debug, Clone, Copy)]
struct Asked {
    namespace: &'static str,
    kind: Option<&'static str>,
    label: Option<&'static str>,
    annotation: Option<&'static str>,
    host_network: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_istiod_is_told_is_what_is_predicted() -> Result<()> {
    let bed = Bed::start().await?;
    let webhook = "values.sidecarInjectorWebhook";
    let never = format!("{webhook}.neverInjectSelector[0].matchLabels.{KIND}=job");
    let always = format!("{webhook}.alwaysInjectSelector[0].matchLabels.{KIND}=web");
    let unlabelled = format!("{webhook}.enableNamespacesByDefault=true");
    bed.install(BY_DEFAULT.1, BY_DEFAULT.0, &[&unlabelled]).await?;
    bed.install(LEAVES_OUT.1, LEAVES_OUT.0, &[&never]).await?;
    let off = "values.global.proxy.autoInject=disabled";
    bed.install(ASKED_ONLY.1, ASKED_ONLY.0, &[off, &always]).await?;
    for revision in [LEAVES_OUT.0, ASKED_ONLY.0] {
        bed.workloads(revision, &[(REVISION_LABEL, revision)], &[]).await?;
    }

    let mesh = snapshot::read(&connect(&bed).await?).await?;
    let told = |revision: &str| {
        let own = mesh.injectors.iter().find(|it| it.tag.is_none() && &*it.revision == revision);
        own.and_then(|injector| injector.config.as_ref()).context("its ConfigMap was read")
    };
    ensure!(told(LEAVES_OUT.0)?.never.len() == 1, "{:?}", told(LEAVES_OUT.0)?);
    ensure!(told(ASKED_ONLY.0)?.policy == InjectionPolicy::Disabled, "{:?}", told(ASKED_ONLY.0)?);

    let all = all();
    let found = admitted(&bed, &pods(&all)).await?;
    let mut wrong = Vec::new();
    for (asked, really) in all.iter().zip(&found) {
        let predicted = asked.predicted(&mesh)?;
        if predicted != *really {
            wrong.push(format!("{asked:?}: predicted {predicted:?}, was {really:?}"));
        }
    }
    ensure!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    let injected = found.iter().filter(|revision| revision.is_some()).count();
    ensure!(injected > 10 && injected < all.len() - 10, "both outcomes are frequent: {injected}");
    let by_default = all.iter().zip(&found).filter(|(asked, found)| {
        asked.namespace == "default" && found.as_deref() == Some(BY_DEFAULT.0)
    });
    ensure!(by_default.count() > 2, "what has no label is injected");
    bed.stop().await
}

/// Every combination, and a few pods on the host's network.
fn all() -> Vec<Asked> {
    let mut all = Vec::new();
    for namespace in [LEAVES_OUT.0, ASKED_ONLY.0].into_iter().chain(UNLABELLED) {
        for kind in KINDS {
            for label in INJECT {
                for annotation in INJECT {
                    let host_network = false;
                    all.push(Asked { namespace, kind, label, annotation, host_network });
                }
            }
            let (label, annotation) = (Some("true"), None);
            all.push(Asked { namespace, kind, label, annotation, host_network: true });
        }
    }
    all
}

impl Asked {
    fn labels(&self) -> BTreeMap<&'static str, &'static str> {
        let given = [(KIND, self.kind), (INJECT_LABEL, self.label)];
        let given = given.into_iter().filter_map(|(key, value)| Some((key, value?)));
        std::iter::once(("app", "asked")).chain(given).collect()
    }

    fn pod(&self, number: usize) -> Value {
        let annotations: BTreeMap<&str, &str> =
            self.annotation.into_iter().map(|value| (INJECT_LABEL, value)).collect();
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": format!("asked-{number}"),
                "namespace": self.namespace,
                "labels": self.labels(),
                "annotations": annotations,
            },
            "spec": {
                "hostNetwork": self.host_network,
                "containers": [{ "name": "app", "image": "pause:3.10" }],
            },
        })
    }

    fn predicted(&self, mesh: &Snapshot) -> Result<Option<String>> {
        let namespace = mesh.namespaces.get(self.namespace).context("its namespace")?;
        let labels = self.labels().into_iter().map(|(key, value)| (key.into(), value.into()));
        let template = PodTemplate {
            labels: labels.collect(),
            inject_annotation: self.annotation.map(Into::into),
            host_network: self.host_network,
            ..PodTemplate::default()
        };
        Ok(match predict(&mesh.injectors, namespace, &template).outcome {
            Outcome::Injected { revision } => Some(revision.to_string()),
            Outcome::NotInjected => None,
            Outcome::Twice => Some("several".to_owned()),
        })
    }
}

/// Their pods, each with a name of its own.
fn pods(all: &[Asked]) -> Vec<Value> {
    all.iter().enumerate().map(|(number, one)| one.pod(number)).collect()
}

async fn connect(bed: &Bed) -> Result<Connection> {
    let files = KubeconfigFiles { env: None, home: None, added: vec![bed.kubeconfig().to_owned()] };
    let found = contexts::read(&files);
    let context = found.contexts.first().context("a context")?;
    Ok(Connection::open(context, Door::new(true)).await?)
}
