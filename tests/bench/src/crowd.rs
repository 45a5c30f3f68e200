//! Many pods that look like injected ones, loaded directly: no webhook, scheduler or node works on
//! them, or making them would take an hour and keep both cores busy while others measure.
//!
//! Entry point: [`make`]. Each is a copy of one really injected pod under another name. Pods come first
//! and are then adopted by a ReplicaSet, and that by a Deployment, which find nothing left to do.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _};
use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use meshlift_bed::Bed;
use serde_json::{Value, json};

use crate::REVISION;

const AT_A_TIME: usize = 32;
const PODS_PER_WORKLOAD: usize = 50;
const WORKLOADS_PER_NAMESPACE: usize = 10;
const ADOPTION_LIMIT: Duration = Duration::from_mins(5);
/// No such scheduler runs: a pod that names it is nobody's work.
const NO_SCHEDULER: &str = "none";

/// Makes about `pods` pods like that of namespace `seed`; says how many.
pub(crate) async fn make(bed: &Bed, pods: usize) -> Result<usize> {
    let client = client(bed).await?;
    let seeds = bed.json(&["-n", "seed", "get", "pods"]).await?;
    let seed = seeds["items"].get(0).context("the seed has no pod")?;
    let workloads = pods.div_ceil(PODS_PER_WORKLOAD);
    for number in 0..workloads.div_ceil(WORKLOADS_PER_NAMESPACE) {
        let namespace =
            json!({"metadata": {"name": namespace_of(number * WORKLOADS_PER_NAMESPACE)}});
        post(&client, "/api/v1/namespaces", &namespace).await?;
    }
    let one = |number| pod_of(&client, seed, number);
    let all = futures::stream::iter(0..workloads * PODS_PER_WORKLOAD).map(one);
    all.buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
    for kind in ["ReplicaSet", "Deployment"] {
        let one = |number| owner_of(&client, seed, kind, number);
        let all = futures::stream::iter(0..workloads).map(one);
        all.buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
    }
    adopted(bed, workloads).await?;
    join_mesh(bed, workloads).await?;
    Ok(workloads * PODS_PER_WORKLOAD)
}

async fn client(bed: &Bed) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(bed.kubeconfig()).context("the bed's kubeconfig")?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .context("the bed's kubeconfig")?;
    Client::try_from(config).context("a client of the bed")
}

async fn pod_of(client: &Client, seed: &Value, number: usize) -> Result<()> {
    let workload = number / PODS_PER_WORKLOAD;
    let namespace = namespace_of(workload);
    let mut pod = seed.clone();
    let own = &mut pod["metadata"];
    let labels = labels_of(&own["labels"], workload);
    *own = json!({
        "name": format!("{}-{}-{number:05}", app_of(workload), hash_of(workload)),
        "namespace": namespace,
        "labels": labels,
        "annotations": own["annotations"],
    });
    if let Some(spec) = pod["spec"].as_object_mut() {
        spec.remove("nodeName");
        spec.insert("schedulerName".to_owned(), NO_SCHEDULER.into());
    }
    let status = pod.as_object_mut().and_then(|pod| pod.remove("status")).unwrap_or_default();
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    let mut made = post(client, &path, &pod).await?;
    made["status"] = status;
    if let Some(status) = made["status"].as_object_mut() {
        // Without an address nobody plays its proxy.
        for key in ["podIP", "podIPs", "hostIP", "hostIPs"] {
            status.remove(key);
        }
    }
    let name = made["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    send(client, Method::PUT, &format!("{path}/{name}/status"), &made).await.map(drop)
}

/// The ReplicaSet or the Deployment of a workload; their templates are the same, without a proxy.
async fn owner_of(client: &Client, seed: &Value, kind: &str, number: usize) -> Result<()> {
    let (app, namespace) = (app_of(number), namespace_of(number));
    let mut labels = json!({"app": app});
    let mut name = app.clone();
    let mut annotations = json!({});
    if kind == "ReplicaSet" {
        labels["pod-template-hash"] = hash_of(number).into();
        name = format!("{app}-{}", hash_of(number));
        annotations = json!({"deployment.kubernetes.io/revision": "1"});
    }
    let containers = seed["spec"]["containers"].as_array().into_iter().flatten();
    let own: Vec<_> = containers.filter(|container| container["name"] == "app").collect();
    let image = own.first().map_or("pause:3.10", |one| one["image"].as_str().unwrap_or_default());
    let owner = json!({
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations},
        "spec": {
            "replicas": PODS_PER_WORKLOAD,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "schedulerName": NO_SCHEDULER,
                    "containers": [{"name": "app", "image": image}],
                },
            },
        },
    });
    let resource = if kind == "ReplicaSet" { "replicasets" } else { "deployments" };
    post(client, &format!("/apis/apps/v1/namespaces/{namespace}/{resource}"), &owner)
        .await
        .map(drop)
}

/// Waits until every Deployment counts its pods as its own.
async fn adopted(bed: &Bed, workloads: usize) -> Result<()> {
    bed.wait_for("every pod to have its owner", ADOPTION_LIMIT, || async {
        let found = bed.json(&["get", "deployments", "-A", "-l", "app!=istiod"]).await?;
        let items = found["items"].as_array().context("no list")?;
        let whole = items
            .iter()
            .filter(|one| {
                one["metadata"]["namespace"].as_str().is_some_and(|name| name.starts_with("crowd"))
            })
            .filter(|one| one["status"]["readyReplicas"] == PODS_PER_WORKLOAD)
            .count();
        ensure!(whole == workloads, "{whole} of {workloads} are whole");
        Ok(true)
    })
    .await
}

/// Labels the namespaces, now that no pod of theirs is made any more: from here on the webhook would
/// inject what is injected already.
async fn join_mesh(bed: &Bed, workloads: usize) -> Result<()> {
    let namespaces = workloads.div_ceil(WORKLOADS_PER_NAMESPACE);
    let names: Vec<String> =
        (0..namespaces).map(|number| namespace_of(number * WORKLOADS_PER_NAMESPACE)).collect();
    let label = format!("istio.io/rev={REVISION}");
    let mut arguments = vec!["label", "namespaces"];
    arguments.extend(names.iter().map(String::as_str));
    arguments.push(&label);
    bed.kubectl(&arguments).await?.checked().map(drop)
}

async fn post(client: &Client, path: &str, object: &Value) -> Result<Value> {
    send(client, Method::POST, path, object).await
}

async fn send(client: &Client, method: Method, path: &str, object: &Value) -> Result<Value> {
    let body = serde_json::to_vec(object).context("writing an object")?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Content-Type", "application/json")
        .body(body)
        .context("making a request")?;
    client.request(request).await.with_context(|| format!("writing to {path}"))
}

fn labels_of(seed: &Value, workload: usize) -> Value {
    let mut labels = seed.clone();
    labels["app"] = app_of(workload).into();
    labels["pod-template-hash"] = hash_of(workload).into();
    labels["service.istio.io/canonical-name"] = app_of(workload).into();
    labels
}

fn namespace_of(workload: usize) -> String {
    format!("crowd-{:03}", workload / WORKLOADS_PER_NAMESPACE)
}

fn app_of(workload: usize) -> String {
    format!("app-{workload:04}")
}

fn hash_of(workload: usize) -> String {
    format!("5c{workload:06x}")
}
