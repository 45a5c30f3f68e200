//! What speaks against a plan: prechecks, what an install would remove, missing permissions.
//!
//! Entry points: [`precheck`], [`findings`] and [`permissions`].

use std::collections::BTreeSet;

use futures::StreamExt as _;
use meshlift_cluster::evidence;
use meshlift_cluster::provider::istioctl;
use meshlift_core::injection::{Concerned, Effect, Simulated};
use meshlift_core::inventory::{Evidence, Kind, Snapshot};
use meshlift_core::policy::Method;
use meshlift_core::precheck::{self, Aim, Finding, Problem, Report};
use meshlift_core::rollout::{
    ActKind, Install, ObjectRef, Operation, Passing, Plan, Step, StepAction, forecast, what_if,
};
use meshlift_core::version::MeshVersion;
use serde_json::{Value, json};

use super::PlanError;
use crate::Meshlift;
use crate::api::dto::{ApiError, ErrorCode, FindingView, Phrase, PhraseCode as Code, Severity};
use crate::injecting::words;
use crate::session::{InstanceReader, Session};
use crate::stage::{Ground, Stage};
use crate::view::findings::finding;
use crate::view::why;

/// Questions about permissions under way at a time.
const REVIEWS: usize = 8;

/// The mesh with everything read that prechecks ask for. A saved one holds what was read with it.
pub(crate) async fn with_evidence(ground: &Ground, snapshot: &Snapshot) -> Snapshot {
    match ground {
        Ground::Live(session) => {
            let evidence = evidence_of(session, snapshot).await;
            Snapshot { evidence: Some(evidence), ..snapshot.clone() }
        }
        Ground::Saved => snapshot.clone(),
    }
}

/// Reads everything that prechecks ask of an open mesh.
pub(crate) async fn evidence_of(session: &Session, snapshot: &Snapshot) -> Evidence {
    let cloud = session.instance.as_ref().map(InstanceReader::cloud);
    evidence::read(&session.connection, snapshot, cloud).await
}

/// Runs the precheck for a target.
pub(crate) fn precheck(
    stage: &Stage,
    snapshot: &Snapshot,
    method: Method,
    target: &MeshVersion,
) -> Result<Report, PlanError> {
    stage.with(snapshot, |scene| {
        let Some(stable) = scene.roles.stable else {
            return Err(PlanError::Unavailable {
                said: Box::new(Phrase::plain(Code::NoMeshFound)),
                code: ErrorCode::NoMesh,
            });
        };
        let aim = Aim {
            method,
            stable: &stable.revision,
            target,
            profile: stage.profile,
            catalog: &stage.catalog,
            today: stage.today,
            operator: &stage.holder,
        };
        Ok(precheck::check(snapshot, &aim))
    })
}

/// Everything that speaks against a plan.
pub(crate) async fn findings(
    app: &Meshlift,
    ground: &Ground,
    stage: &Stage,
    snapshot: &Snapshot,
    plan: &Plan,
) -> Result<Vec<FindingView>, ApiError> {
    let mut findings = Vec::new();
    if let Some(target) = plan.to.version.as_ref() {
        let evident = with_evidence(ground, snapshot).await;
        let report = precheck(stage, &evident, method_of(plan), target)?;
        let concern = |found: &&Finding| concerns(plan, found);
        findings.extend(report.findings.iter().filter(concern).map(finding));
    }
    findings.extend(injection(snapshot, plan));
    match ground {
        Ground::Live(session) => {
            findings.extend(installs_findings(app, session, snapshot, plan).await?);
            findings.extend(permissions(session, plan).await);
        }
        Ground::Saved => findings.push(offline(stage)),
    }
    findings
        .sort_by(|a, b| (a.severity, &a.rule, &a.subject).cmp(&(b.severity, &b.rule, &b.subject)));
    Ok(findings)
}

/// What the user may not do and the plan needs.
pub(crate) async fn permissions(session: &Session, plan: &Plan) -> Vec<FindingView> {
    let needed: BTreeSet<Need> = plan.steps.iter().flat_map(Step::acts).flat_map(needs).collect();
    let istio = session.istio_namespace();
    let lease = ["get", "create", "update"].map(|verb| Need {
        verb,
        group: "coordination.k8s.io".into(),
        resource: "leases".into(),
        namespace: Some(istio.clone()),
    });
    let user = session.connection.user().await;
    let user = &user;
    futures::stream::iter(needed.into_iter().chain(lease))
        .map(|need| async move { denied(session, need, user).await })
        .buffered(REVIEWS)
        .filter_map(|denied| async move { denied })
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
}

fn method_of(plan: &Plan) -> Method {
    match plan.operation {
        Operation::UpgradeControlPlane | Operation::UpgradeGateways => Method::InPlace,
        Operation::DeployCanary
        | Operation::MoveNamespaces
        | Operation::Restart
        | Operation::GatewayCanary
        | Operation::Promote
        | Operation::Revoke
        | Operation::Unpublish
        | Operation::RollBack => Method::Canary,
    }
}

/// Whether a finding of the whole mesh concerns this plan. An install is checked against all of
/// them; the other operations against what they touch, and the way back is never blocked.
fn concerns(plan: &Plan, found: &Finding) -> bool {
    let touched = || {
        plan.steps.iter().any(|step| match &step.action {
            StepAction::Restart { wave } => {
                wave.items.iter().any(|item| item.workload.to_string() == found.subject)
            }
            StepAction::MoveNamespace { namespace, .. } => {
                found.subject == format!("Namespace {namespace}")
            }
            StepAction::Install { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => false,
        })
    };
    let about_target = || matches!(&found.problem, Problem::NotReady { revision, .. } if *revision == plan.to.revision);
    match plan.operation {
        Operation::UpgradeControlPlane | Operation::DeployCanary => true,
        Operation::MoveNamespaces
        | Operation::Restart
        | Operation::Promote
        | Operation::UpgradeGateways => touched() || about_target(),
        Operation::GatewayCanary
        | Operation::Revoke
        | Operation::Unpublish
        | Operation::RollBack => false,
    }
}

/// What speaks against the installs of a plan. Each is checked against the mesh as the steps before it
/// leave it: one that takes gateways back runs when the default is back already.
async fn installs_findings(
    app: &Meshlift,
    session: &Session,
    snapshot: &Snapshot,
    plan: &Plan,
) -> Result<Vec<FindingView>, ApiError> {
    let mut findings = Vec::new();
    let mut picture = snapshot.clone();
    for step in &plan.steps {
        match &step.action {
            StepAction::Install { install } => {
                findings.extend(install_findings(app, session, &picture, install).await?);
            }
            StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Restart { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => {}
        }
        for act in step.acts() {
            what_if::after(&mut picture, &act);
        }
    }
    Ok(findings)
}

async fn install_findings(
    app: &Meshlift,
    session: &Session,
    snapshot: &Snapshot,
    install: &Install,
) -> Result<Vec<FindingView>, ApiError> {
    let checked = tokio::select! {
        checked = istioctl::check(&session.connection, &session.programs, install, snapshot) => checked?,
        () = app.inner.all.cancelled() => return Ok(Vec::new()),
    };
    Ok(checked.blocks.iter().map(|block| pruning(install, block.to_string())).collect())
}

/// Every silent loss of a sidecar and every double injection that the plan would bring: what stays
/// blocks it, what is over at its end is told.
fn injection(snapshot: &Snapshot, plan: &Plan) -> Vec<FindingView> {
    let forecast = forecast(snapshot, plan);
    let harms = forecast.harms.iter().map(|harm| {
        let one = &harm.concerned;
        let Simulated { now, after, effect } = &one.simulated;
        match harm.passing {
            Passing::Stays => {
                let said = Phrase::plain(Code::FindForecastThen)
                    .saying("effect", words::effect(*effect, now, after))
                    .saying("why", why::reason(&after.injection.reason));
                harmed(one, Severity::Block, said)
            }
            Passing::Passes => {
                let said = words::passing(*effect, &one.simulated, &harm.step);
                harmed(one, Severity::Info, said)
            }
        }
    });
    harms.collect()
}

fn harmed(one: &Concerned, severity: Severity, consequence: Phrase) -> FindingView {
    let (rule, what) = match one.simulated.effect {
        Effect::Doubles | Effect::DoubleAnyway => ("P-05", Code::FindDouble),
        Effect::Refused => ("P-08", Code::FindWebhookDown),
        Effect::Loses
        | Effect::LosesAnyway
        | Effect::Moves
        | Effect::Upgrades
        | Effect::Gains
        | Effect::Unchanged => ("P-26", Code::FindWouldLose),
    };
    let subject = one.workload.to_string();
    FindingView {
        id: format!("{rule}:{subject} after"),
        rule: rule.to_owned(),
        severity,
        what: Phrase::plain(what),
        subject,
        consequence,
        remedy: None,
        fix: None,
        acknowledgeable: false,
        source: meshlift_core::precheck::page(rule).to_string(),
    }
}

/// What only the cluster could tell was not asked; that is never counted as passed.
fn offline(stage: &Stage) -> FindingView {
    FindingView {
        id: "P-18:offline".to_owned(),
        rule: "P-18".to_owned(),
        severity: Severity::Info,
        what: Phrase::plain(Code::FindOffline),
        subject: stage.context.clone(),
        consequence: Phrase::plain(Code::FindOfflineThen),
        remedy: None,
        fix: None,
        acknowledgeable: false,
        source: "docs/prechecks.md, P-18".to_owned(),
    }
}

fn pruning(install: &Install, objects: String) -> FindingView {
    let subject = format!("istioctl {}", install.version.numbers());
    FindingView {
        id: format!("P-14:{objects}"),
        rule: "P-14".to_owned(),
        severity: Severity::Block,
        what: Phrase::plain(Code::FindPrune),
        subject,
        consequence: Phrase::with(Code::FindPruneThen, [("objects", objects)]),
        remedy: Some(Phrase::plain(Code::MendPrune)),
        fix: None,
        acknowledgeable: false,
        source: "istioctl's own source, operator/pkg".to_owned(),
    }
}

// ---------------------------------------------------------------------- permissions

/// API group of webhook configurations.
const WEBHOOKS: &str = "admissionregistration.k8s.io";

fn needs(act: ActKind) -> Vec<Need> {
    let cluster_wide = |verb, group: &str, resource: &str| Need {
        verb,
        group: group.to_owned(),
        resource: resource.to_owned(),
        namespace: None,
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
        ActKind::Restore { object, manifest: Some(_) } => {
            vec![on("create", &object), on("update", &object)]
        }
        ActKind::Restore { object, manifest: None } => vec![on("delete", &object)],
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
    }
}

/// The finding of a permission that is missing. A question that fails says nothing: the write
/// itself will.
async fn denied(session: &Session, need: Need, user: &str) -> Option<FindingView> {
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
    let answer = session.connection.calls().ask(path, &question).await.ok()?;
    let allowed = answer.pointer("/status/allowed").and_then(Value::as_bool)?;
    if allowed {
        return None;
    }
    let name = need.namespace.clone().unwrap_or_default();
    let place = match need.namespace {
        Some(namespace) => Phrase::with(Code::WordNamed, [("name", namespace)]),
        None => Phrase::plain(Code::WordAnyNamespace),
    };
    let subject = format!("{} {}", need.verb, need.resource);
    Some(FindingView {
        id: format!("P-18:{subject} {name}"),
        rule: "P-18".to_owned(),
        severity: Severity::Block,
        what: Phrase::plain(Code::FindPermission),
        subject,
        consequence: Phrase::with(
            Code::FindPermissionThen,
            [
                ("user", user.to_owned()),
                ("verb", need.verb.to_owned()),
                ("resource", need.resource),
            ],
        )
        .saying("namespace", place),
        remedy: Some(Phrase::plain(Code::MendPermission)),
        fix: None,
        acknowledgeable: false,
        source: meshlift_core::precheck::page("P-18").to_string(),
    })
}
