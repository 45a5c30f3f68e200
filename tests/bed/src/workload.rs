//! Small workloads for scenarios: a few lines say what a namespace holds.
//!
//! Entry points: [`Workload::deployment`] and its siblings, given to [`crate::Bed::workloads`].

use serde_json::{Map, Value, json};

/// The kinds of workload that own pods by a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Deployment.
    Deployment,
    /// A StatefulSet, with its headless Service.
    StatefulSet,
    /// A DaemonSet: one pod for each of the bed's nodes.
    DaemonSet,
}

impl Kind {
    /// The kind as `kubectl` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::StatefulSet => "statefulset",
            Self::DaemonSet => "daemonset",
        }
    }
}

/// One workload of pause containers.
#[derive(Debug, Clone)]
pub struct Workload {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    replicas: u32,
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
}

impl Workload {
    /// A Deployment of `replicas` pods.
    pub fn deployment(name: &str, replicas: u32) -> Self {
        Self::new(Kind::Deployment, name, replicas)
    }

    /// A StatefulSet of `replicas` pods.
    pub fn stateful_set(name: &str, replicas: u32) -> Self {
        Self::new(Kind::StatefulSet, name, replicas)
    }

    /// A DaemonSet.
    pub fn daemon_set(name: &str) -> Self {
        Self::new(Kind::DaemonSet, name, 0)
    }

    /// Adds a label to the pods, for example `sidecar.istio.io/inject=false`.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.into());
        self
    }

    /// Adds an annotation to the pods, for example `bed.meshlift.dev/ack=never`.
    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.annotations.insert(key.to_owned(), value.into());
        self
    }

    fn new(kind: Kind, name: &str, replicas: u32) -> Self {
        Self { kind, name: name.to_owned(), replicas, labels: Map::new(), annotations: Map::new() }
    }

    /// The objects of this workload in `namespace`.
    pub fn objects(&self, namespace: &str) -> Vec<Value> {
        let mut labels = self.labels.clone();
        labels.insert("app".to_owned(), self.name.clone().into());
        let mut spec = json!({
            "selector": {"matchLabels": {"app": self.name}},
            "template": {
                "metadata": {"labels": labels, "annotations": self.annotations},
                "spec": {
                    // Nothing runs that would use the time to end well.
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": "app", "image": "pause:3.10"}],
                },
            },
        });
        let metadata = json!({"name": self.name, "namespace": namespace});
        let kind = match self.kind {
            Kind::Deployment => "Deployment",
            Kind::StatefulSet => "StatefulSet",
            Kind::DaemonSet => "DaemonSet",
        };
        match self.kind {
            Kind::Deployment => spec["replicas"] = self.replicas.into(),
            Kind::StatefulSet => {
                spec["replicas"] = self.replicas.into();
                spec["serviceName"] = self.name.clone().into();
            }
            Kind::DaemonSet => {}
        }
        let mut objects = vec![
            json!({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}),
        ];
        if self.kind == Kind::StatefulSet {
            objects.push(json!({
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": metadata,
                "spec": {"clusterIP": "None", "selector": {"app": self.name}, "ports": [{"name": "tcp", "port": 80}]},
            }));
        }
        objects
    }
}
