//! Objects of other tools and the programs beside the mesh, folded.

use std::collections::BTreeSet;

use meshlift_core::inventory::evidence::{
    Agent, AgentKind, Application, LabelUse, ObjectName, Resource, SailObject, ScaledObject, Tool,
    ToolKind,
};
use meshlift_core::inventory::{Evidence, Name};
use serde::Deserialize;
use serde_json::Value;

use super::platform::Target;
use super::reader::{Object, Reader, WithoutCrd, helm_release, name};
use super::text::{items, text};
use super::traffic::istio_keys;
use crate::calls::escape;
use crate::wire::ObjectMeta;

/// Reads them.
pub(super) async fn read(reader: &Reader) -> Evidence {
    let mut evidence = Box::pin(objects(reader)).await;
    let workloads = |kind: &str, selector: &str| {
        format!("/apis/apps/v1/{kind}?labelSelector={}", escape(selector))
    };
    let ztunnels = workloads("daemonsets", "app=ztunnel");
    let cnis = workloads("daemonsets", "k8s-app=istio-cni-node");
    let names = "app.kubernetes.io/name in (cert-manager-istio-csr,grafana,kiali)";
    let tools = workloads("deployments", names);
    let (ztunnels, cnis, tools) = tokio::join!(
        reader.built_in(Resource::Agents, &ztunnels, |it: RawWorkload| {
            Some(it.agent(AgentKind::Ztunnel))
        }),
        reader.built_in(Resource::Agents, &cnis, |it: RawWorkload| Some(it.agent(AgentKind::Cni))),
        reader.built_in(Resource::Tools, &tools, RawWorkload::tool),
    );
    evidence.agents = ztunnels.into(&mut evidence);
    let cnis = cnis.into(&mut evidence);
    evidence.agents.extend(cnis);
    evidence.tools = tools.into(&mut evidence);
    evidence
}

async fn objects(reader: &Reader) -> Evidence {
    let none = WithoutCrd::None;
    let (operators, scaled, applications, monitors, rules, sail, revisions) = tokio::join!(
        reader.custom(
            Resource::IstioOperators,
            "istiooperators.install.istio.io",
            none,
            |it: &Object| Some(name(&it.metadata)),
        ),
        reader.custom(Resource::ScaledObjects, "scaledobjects.keda.sh", none, scaled_object),
        reader.custom(
            Resource::Applications,
            "applications.argoproj.io",
            none,
            |it: &Object| Some(application(it))
        ),
        reader.custom(
            Resource::ServiceMonitors,
            "servicemonitors.monitoring.coreos.com",
            none,
            service_monitor,
        ),
        reader.custom(
            Resource::PrometheusRules,
            "prometheusrules.monitoring.coreos.com",
            none,
            metric_rule,
        ),
        reader.custom(Resource::Sail, "istios.sailoperator.io", none, |it: &Object| Some(
            sail_object(it)
        )),
        reader.custom(Resource::Sail, "istiorevisions.sailoperator.io", none, |it: &Object| Some(
            sail_object(it)
        )),
    );
    let mut evidence = Evidence::default();
    evidence.operators = operators.into(&mut evidence);
    evidence.scaled_objects = scaled.into(&mut evidence);
    evidence.applications = applications.into(&mut evidence);
    evidence.label_uses = monitors.into(&mut evidence);
    evidence.metric_rules = rules.into(&mut evidence);
    evidence.sail = sail.into(&mut evidence);
    let revisions = revisions.into(&mut evidence);
    evidence.sail.extend(revisions);
    // Their manifests are not Istio's.
    evidence.applied.clear();
    evidence
}

fn scaled_object(object: &Object) -> Option<ScaledObject> {
    let target = Target::deserialize(object.spec.get("scaleTargetRef")?).ok()?;
    let target = target.within(&object.metadata.namespace);
    Some(ScaledObject { name: name(&object.metadata), target })
}

fn application(object: &Object) -> Application {
    let spec = &object.spec;
    let heals = spec.pointer("/syncPolicy/automated/selfHeal").and_then(Value::as_bool);
    let ignored = items(spec, "/ignoreDifferences").iter().any(|one| {
        let named = items(one, "/jsonPointers").iter().chain(items(one, "/jqPathExpressions"));
        let mut named = named.filter_map(Value::as_str);
        named.any(|path| path.contains("template") && path.contains("annotations"))
    });
    Application {
        name: name(&object.metadata),
        destination: text(spec, "/destination/namespace").into(),
        heals: heals.unwrap_or_default(),
        ignores_annotations: ignored,
        is_syncing: text(&object.status, "/operationState/phase") == "Running",
    }
}

/// The operator is at work until it has seen the newest generation and says Reconciled and Ready. What
/// it says of an error is an end too: nothing moves until somebody mends it.
fn sail_object(object: &Object) -> SailObject {
    let observed = object.status.get("observedGeneration").and_then(Value::as_i64);
    let state = text(&object.status, "/state");
    let settled = state == "Healthy" || state.ends_with("Error");
    SailObject {
        kind: object.kind.as_str().into(),
        name: object.metadata.name.as_str().into(),
        is_busy: observed.is_some_and(|seen| seen < object.metadata.generation)
            || (!state.is_empty() && !settled),
    }
}

fn service_monitor(object: &Object) -> Option<LabelUse> {
    let keys: BTreeSet<Name> = istio_keys(object.spec.get("selector")?);
    (!keys.is_empty()).then(|| LabelUse {
        kind: "ServiceMonitor".into(),
        name: name(&object.metadata),
        keys,
    })
}

/// A rule that asks for one of the labels which are cut differently since 1.23.
fn metric_rule(object: &Object) -> Option<ObjectName> {
    let said = object.spec.to_string();
    let labels = ["envoy_cluster_name", "cluster_name", "http_conn_manager_prefix"];
    labels.iter().any(|label| said.contains(label)).then(|| name(&object.metadata))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawWorkload {
    metadata: ObjectMeta,
    spec: WorkloadSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WorkloadSpec {
    template: WorkloadTemplate,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WorkloadTemplate {
    spec: PodSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    containers: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container {
    image: String,
}

impl RawWorkload {
    fn agent(self, kind: AgentKind) -> Agent {
        let tag = self.tag();
        Agent {
            name: name(&self.metadata),
            kind,
            version: tag.and_then(|tag| tag.parse().ok()),
            helm_release: helm_release(&self.metadata),
        }
    }

    fn tool(self) -> Option<Tool> {
        let kind = match self.metadata.labels.get("app.kubernetes.io/name")?.as_str() {
            "cert-manager-istio-csr" => ToolKind::IstioCsr,
            "grafana" => ToolKind::Grafana,
            "kiali" => ToolKind::Kiali,
            _ => return None,
        };
        let version = self.tag().map(|tag| tag.trim_start_matches('v'));
        let numbers = version.and_then(|tag| tag.split(['-', '+']).next()).map(Name::from);
        Some(Tool { name: name(&self.metadata), kind, version: numbers })
    }

    /// The tag of its first container's image.
    fn tag(&self) -> Option<&str> {
        let image = self.spec.template.spec.containers.first()?.image.split('@').next()?;
        Some(image.rsplit('/').next()?.split_once(':')?.1)
    }
}
