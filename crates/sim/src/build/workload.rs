//! One workload to be made.

use serde_json::{Value, json};

use super::object;
use crate::cluster::Cluster;
use crate::controllers::NewPod;
use crate::json;
use crate::resources::id;
use crate::store::Key;

/// A workload of any kind, for [`Builder::workload`](crate::Builder::workload).
#[derive(Debug, Clone)]
pub struct Workload {
    kind: Kind,
    namespace: String,
    name: String,
    template: Value,
    spec: Value,
    selected: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    FinishedJob,
    CronJob,
    Pod,
}

impl Workload {
    /// A Deployment of one replica.
    pub fn deployment(namespace: &str, name: &str) -> Self {
        Self::new(Kind::Deployment, namespace, name)
    }

    /// A StatefulSet of one replica.
    pub fn stateful_set(namespace: &str, name: &str) -> Self {
        Self::new(Kind::StatefulSet, namespace, name).spec("serviceName", json!(name))
    }

    /// A DaemonSet.
    pub fn daemon_set(namespace: &str, name: &str) -> Self {
        Self::new(Kind::DaemonSet, namespace, name)
    }

    /// A Job that runs on.
    pub fn job(namespace: &str, name: &str) -> Self {
        Self::new(Kind::Job, namespace, name).pod("restartPolicy", json!("Never"))
    }

    /// A Job that has succeeded.
    pub fn finished_job(namespace: &str, name: &str) -> Self {
        Self::new(Kind::FinishedJob, namespace, name).pod("restartPolicy", json!("Never"))
    }

    /// A `CronJob`, with a finished Job of its last run.
    pub fn cron_job(namespace: &str, name: &str) -> Self {
        Self::new(Kind::CronJob, namespace, name)
            .spec("schedule", json!("15 2 * * *"))
            .pod("restartPolicy", json!("Never"))
    }

    /// A pod without an owner.
    pub fn bare_pod(namespace: &str, name: &str) -> Self {
        Self::new(Kind::Pod, namespace, name)
    }

    /// A gateway whose proxy is injected.
    pub fn gateway(namespace: &str, name: &str) -> Self {
        let mut gateway = Self::deployment(namespace, name)
            .label("istio", name.trim_start_matches("istio-"))
            .label("sidecar.istio.io/inject", "true")
            .annotation("inject.istio.io/templates", "gateway");
        let proxy = json!([{
            "name": "istio-proxy",
            "image": "auto",
            "ports": [{ "containerPort": 15090, "protocol": "TCP", "name": "http-envoy-prom" }],
        }]);
        json::set(&mut gateway.template, &["spec", "containers"], proxy);
        gateway
    }

    /// Pods that it wants.
    #[must_use]
    pub fn replicas(self, number: u32) -> Self {
        self.spec("replicas", json!(number))
    }

    /// A label of its pods.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        json::set(&mut self.template, &["metadata", "labels", key], value);
        self
    }

    /// An annotation of its pods.
    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        json::set(&mut self.template, &["metadata", "annotations", key], value);
        self
    }

    /// A field of its `spec`, such as `paused` or `strategy`.
    #[must_use]
    pub fn spec(mut self, field: &str, value: Value) -> Self {
        json::set(&mut self.spec, &[field], value);
        self
    }

    /// A field of its pods' `spec`, such as `hostNetwork`.
    #[must_use]
    pub fn pod(mut self, field: &str, value: Value) -> Self {
        json::set(&mut self.template, &["spec", field], value);
        self
    }

    fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            template: json!({
                "metadata": { "labels": { "app": name, "version": "v1" } },
                "spec": { "containers": [{
                    "name": name,
                    "image": format!("registry.example/{name}:1.4.2"),
                    "ports": [{ "containerPort": 8080, "protocol": "TCP", "name": "http" }],
                    "resources": { "requests": { "cpu": "50m", "memory": "64Mi" } },
                }] },
            }),
            spec: json!({}),
            selected: json!({ "matchLabels": { "app": name } }),
        }
    }

    pub(super) fn make(self, cluster: &mut Cluster) {
        match self.kind {
            Kind::Deployment => self.make_controlled(cluster, "Deployment"),
            Kind::StatefulSet => self.make_controlled(cluster, "StatefulSet"),
            Kind::DaemonSet => self.make_controlled(cluster, "DaemonSet"),
            Kind::Job => self.make_job(cluster, &self.name, None, false),
            Kind::FinishedJob => self.make_job(cluster, &self.name, None, true),
            Kind::CronJob => self.make_cron_job(cluster),
            Kind::Pod => {
                let mut pod = self.template.clone();
                json::set(&mut pod, &["apiVersion"], "v1");
                json::set(&mut pod, &["kind"], "Pod");
                json::set(&mut pod, &["metadata", "namespace"], self.namespace.as_str());
                json::set(&mut pod, &["metadata", "name"], self.name.as_str());
                object(cluster, pod);
            }
        }
    }

    fn make_controlled(self, cluster: &mut Cluster, kind: &str) {
        let mut made = self.shell("apps/v1", kind, &self.name);
        made["spec"] = self.spec;
        made["spec"]["selector"] = self.selected;
        made["spec"]["template"] = self.template;
        object(cluster, made);
    }

    fn make_cron_job(&self, cluster: &mut Cluster) {
        let mut made = self.shell("batch/v1", "CronJob", &self.name);
        made["spec"] = self.spec.clone();
        made["spec"]["jobTemplate"] = json!({ "spec": { "template": self.template } });
        object(cluster, made);
        let key = Key::new("cronjobs.batch", &self.namespace, &self.name);
        let Some(cron) = cluster.store.get(&key).cloned() else { return };
        let owner = reference("CronJob", &cron);
        self.make_job(cluster, &format!("{}-29402535", self.name), Some(owner), true);
        let mut cron = Value::clone(&cron);
        cron["status"] = json!({ "lastScheduleTime": cluster.clock.stamp() });
        cluster.store.put(key, cron);
    }

    fn make_job(&self, cluster: &mut Cluster, name: &str, owner: Option<Value>, done: bool) {
        let mut made = self.shell("batch/v1", "Job", name);
        if let Some(owner) = owner {
            json::set(&mut made, &["metadata", "ownerReferences"], vec![owner]);
        }
        made["spec"] = json!({ "parallelism": 1, "completions": 1, "template": self.template });
        object(cluster, made);
        let key = Key::new(id::JOBS, &self.namespace, name);
        let Some(job) = cluster.store.get(&key).cloned() else { return };
        let refused = cluster.make_pod(NewPod {
            maker: &key,
            owner: reference("Job", &job),
            template: &self.template,
            name: None,
            labels: vec![("batch.kubernetes.io/job-name", name.to_owned())],
            node: None,
        });
        debug_assert!(refused.is_ok(), "{refused:?}");
        cluster.step();
        let mut job = Value::clone(&job);
        let start = cluster.clock.stamp();
        job["status"] = if done {
            finish_pods(cluster, json::text(&job, &["metadata", "uid"]));
            json!({ "succeeded": 1, "startTime": start, "completionTime": start })
        } else {
            json!({ "active": 1, "ready": 1, "startTime": start })
        };
        cluster.store.put(key, job);
    }

    fn shell(&self, api_version: &str, kind: &str, name: &str) -> Value {
        json!({
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {
                "namespace": self.namespace,
                "name": name,
                "labels": { "app": self.name },
            },
        })
    }
}

fn reference(kind: &str, owner: &Value) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": kind,
        "name": json::text(owner, &["metadata", "name"]),
        "uid": json::text(owner, &["metadata", "uid"]),
        "controller": true,
    })
}

/// Lets every pod of an owner end well.
fn finish_pods(cluster: &mut Cluster, owner: &str) {
    for (key, pod) in cluster.store.owned(owner, id::PODS) {
        let mut pod = Value::clone(&pod);
        json::set(&mut pod, &["status", "phase"], "Succeeded");
        if let Some(conditions) = json::list_mut(&mut pod, &["status", "conditions"]) {
            for condition in conditions {
                if matches!(json::text(condition, &["type"]), "Ready" | "ContainersReady") {
                    condition["status"] = json!("False");
                    condition["reason"] = json!("PodCompleted");
                }
            }
        }
        let ended = json!({ "terminated": { "exitCode": 0, "reason": "Completed" } });
        for list in ["containerStatuses", "initContainerStatuses"] {
            for status in json::list_mut(&mut pod, &["status", list]).into_iter().flatten() {
                status["state"] = ended.clone();
                status["ready"] = json!(false);
                status["started"] = json!(false);
            }
        }
        cluster.store.put(key, pod);
    }
}
