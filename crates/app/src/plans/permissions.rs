//! What a plan's own writes need of the user, asked of the cluster by reviews of access.
//!
//! Entry point: [`missing`]. Deliberately absent: the rights of an install, which are istioctl's, and
//! those of a call to ASM, which has no review to ask.

use std::collections::BTreeSet;
use std::fmt;

use futures::StreamExt as _;
use meshlift_core::inventory::Kind;
use meshlift_core::rollout::{ActKind, ObjectRef, Plan, Step};
use serde_json::{Value, json};

use crate::api::dto::{FindingView, Phrase, PhraseCode as Code, Severity};
use crate::session::Session;

/// Questions under way at a time.
const REVIEWS: usize = 8;

/// What the user may not do and the plan needs, and what nobody could tell about.
pub(crate) async fn missing(session: &Session, plan: &Plan) -> Vec<FindingView> {
    let writes = plan.steps.iter().flat_map(Step::acts).flat_map(needs);
    let istio = session.istio_namespace();
    let lease = ["get", "create", "update"].map(|verb| Need {
        verb,
        group: "coordination.k8s.io".into(),
        resource: "leases".into(),
        namespace: Some(istio.clone()),
        lack: Lack::Blocks,
    });
    let needed: BTreeSet<Need> = writes.chain(lease).chain(dry_runs(plan)).collect();
    let user = session.connection.user().await;
    let user = &user;
    futures::stream::iter(needed)
        .map(|need| async move { asked(session, need, user).await })
        .buffered(REVIEWS)
        .filter_map(|found| async move { found })
        .collect()
        .await
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    verb: &'static str,
    group: String,
    resource: String,
    namespace: Option<String>,
    lack: Lack,
}

/// What follows when a permission lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lack {
    /// A write of the plan would be refused.
    Blocks,
    /// Nobody can try out what a restart would do: the run can't tell, and asks.
    Blinds,
}

/// Before a restart the app makes a pod without keeping it, to see who would inject it.
fn dry_runs(plan: &Plan) -> impl Iterator<Item = Need> {
    let waves = plan.steps.iter().filter_map(Step::wave);
    waves.flat_map(|wave| &wave.items).map(|item| Need {
        verb: "create",
        group: String::new(),
        resource: "pods".to_owned(),
        namespace: Some(item.workload.namespace.to_string()),
        lack: Lack::Blinds,
    })
}

/// API group of webhook configurations.
const WEBHOOKS: &str = "admissionregistration.k8s.io";

fn needs(act: ActKind) -> Vec<Need> {
    let cluster_wide = |verb, group: &str, resource: &str| Need {
        verb,
        group: group.to_owned(),
        resource: resource.to_owned(),
        namespace: None,
        lack: Lack::Blocks,
    };
    match act {
        // istioctl touches nearly every kind; what it may not do, it says itself.
        // ASM says itself what its RAM and RBAC rules refuse; it has no review to ask.
        ActKind::Install { install: _ } | ActKind::Asm { instance: _, call: _ } => Vec::new(),
        ActKind::Label { .. } => vec![cluster_wide("patch", "", "namespaces")],
        ActKind::Restart { workload, uid: _, template_hash: _ } => match resource(workload.kind) {
            Some(resource) => vec![Need {
                verb: "patch",
                group: "apps".to_owned(),
                resource: resource.to_owned(),
                namespace: Some(workload.namespace.to_string()),
                lack: Lack::Blocks,
            }],
            None => Vec::new(),
        },
        ActKind::SetTag { .. } => ["create", "update"]
            .map(|verb| cluster_wide(verb, WEBHOOKS, "mutatingwebhookconfigurations"))
            .to_vec(),
        ActKind::DeactivateInjector { .. } => {
            vec![cluster_wide("update", WEBHOOKS, "mutatingwebhookconfigurations")]
        }
        ActKind::SetDefaultValidator { .. } => ["create", "update"]
            .map(|verb| cluster_wide(verb, WEBHOOKS, "validatingwebhookconfigurations"))
            .to_vec(),
        ActKind::SetTagService { .. } => {
            ["create", "update"].map(|verb| cluster_wide(verb, "", "services")).to_vec()
        }
        ActKind::Delete { object, uid: _ } => vec![on("delete", &object)],
        ActKind::Restore { object, manifest: Some(_), left: _ } => {
            vec![on("create", &object), on("update", &object)]
        }
        ActKind::Restore { object, manifest: None, left: _ } => vec![on("delete", &object)],
    }
}

fn resource(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Deployment => Some("deployments"),
        Kind::StatefulSet => Some("statefulsets"),
        Kind::DaemonSet => Some("daemonsets"),
        Kind::ReplicaSet | Kind::Job | Kind::CronJob | Kind::Other => None,
    }
}

fn on(verb: &'static str, object: &ObjectRef) -> Need {
    let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
    Need {
        verb,
        group: group.to_owned(),
        resource: object.resource.to_string(),
        namespace: object.namespace.as_ref().map(ToString::to_string),
        lack: Lack::Blocks,
    }
}

/// The finding of a permission that is missing, or of a question that nobody answered: that is never
/// counted as passed.
async fn asked(session: &Session, need: Need, user: &str) -> Option<FindingView> {
    let question = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": need.verb,
            "group": need.group,
            "resource": need.resource,
            "namespace": need.namespace,
        } },
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    match session.connection.calls().ask(path, &question).await {
        Ok(answer) => match answer.pointer("/status/allowed").and_then(Value::as_bool) {
            Some(true) => None,
            Some(false) => Some(denied(&need, user)),
            None => Some(unanswered(&need, "status.allowed".to_owned())),
        },
        Err(error) => Some(unanswered(&need, error.to_string())),
    }
}

fn denied(need: &Need, user: &str) -> FindingView {
    let place = match &need.namespace {
        Some(namespace) => Phrase::with(Code::WordNamed, [("name", namespace.clone())]),
        None => Phrase::plain(Code::WordAnyNamespace),
    };
    let (severity, then) = match need.lack {
        Lack::Blocks => (Severity::Block, Code::FindPermissionThen),
        Lack::Blinds => (Severity::Warn, Code::FindDryRunThen),
    };
    let params = [
        ("user", user.to_owned()),
        ("verb", need.verb.to_owned()),
        ("resource", need.resource.clone()),
    ];
    let consequence = Phrase::with(then, params).saying("namespace", place);
    found(need, severity, (Code::FindPermission, consequence, Code::MendPermission))
}

fn unanswered(need: &Need, why: String) -> FindingView {
    let params = [("permission", need.to_string()), ("why", why)];
    let consequence = Phrase::with(Code::FindPermissionUnknownThen, params);
    found(need, Severity::Warn, (Code::FindCannotTell, consequence, Code::MendAskAgain))
}

fn found(
    need: &Need,
    severity: Severity,
    (what, consequence, mend): (Code, Phrase, Code),
) -> FindingView {
    let within = need.namespace.as_deref().unwrap_or_default();
    FindingView {
        id: format!("P-18:{need} {within}"),
        rule: "P-18".to_owned(),
        severity,
        what: Phrase::plain(what),
        subject: need.to_string(),
        consequence,
        remedy: Some(Phrase::plain(mend)),
        fix: Some(need.command()),
        acknowledgeable: false,
        source: meshlift_core::precheck::page("P-18").to_string(),
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)
    }
}

impl Need {
    /// The same question with kubectl.
    fn command(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        let place = match &self.namespace {
            Some(namespace) => format!("--namespace {namespace}"),
            None => "--all-namespaces".to_owned(),
        };
        format!("kubectl auth can-i {} {}{dot}{} {place}", self.verb, self.resource, self.group)
    }
}
