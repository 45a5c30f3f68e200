//! What speaks against a plan: prechecks, what an install would remove, missing permissions.
//!
//! Entry points: [`precheck`] and [`findings`]. Deliberately absent: asking for permissions
//! (`super::permissions`).

use meshlift_cluster::evidence;
use meshlift_cluster::provider::istioctl;
use meshlift_core::injection::{Concerned, Effect, Simulated};
use meshlift_core::inventory::{Evidence, Snapshot};
use meshlift_core::policy::Method;
use meshlift_core::precheck::{self, Aim, Finding, Problem, Report};
use meshlift_core::rollout::{Install, Operation, Passing, Plan, StepAction, forecast, what_if};
use meshlift_core::version::MeshVersion;

use super::{PlanError, permissions};
use crate::Meshlift;
use crate::api::dto::{ApiError, ErrorCode, FindingView, Phrase, PhraseCode as Code, Severity};
use crate::injecting::words;
use crate::session::{InstanceReader, Session};
use crate::stage::{Ground, Stage};
use crate::values;
use crate::view::findings::finding;
use crate::view::why;

/// The mesh with everything read that prechecks ask for. A saved one holds what was read with it.
pub(crate) async fn with_evidence(
    app: &Meshlift,
    ground: &Ground,
    stage: &Stage,
    snapshot: &Snapshot,
) -> Snapshot {
    match ground {
        Ground::Live(session) => {
            let evidence = evidence_of(app, stage, session, snapshot).await;
            Snapshot { evidence: Some(evidence), ..snapshot.clone() }
        }
        Ground::Saved => snapshot.clone(),
    }
}

/// Reads everything that prechecks ask of an open mesh.
pub(crate) async fn evidence_of(
    app: &Meshlift,
    stage: &Stage,
    session: &Session,
    snapshot: &Snapshot,
) -> Evidence {
    let cloud = session.instance.as_ref().map(InstanceReader::cloud);
    let (read, values) = tokio::join!(
        evidence::read(&session.connection, snapshot, cloud),
        values::known(app, stage),
    );
    evidence::with_values(read, values)
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
        let evident = with_evidence(app, ground, stage, snapshot).await;
        let report = precheck(stage, &evident, method_of(plan), target)?;
        let concern = |found: &&Finding| concerns(plan, found);
        findings.extend(report.findings.iter().filter(concern).map(finding));
    }
    findings.extend(injection(snapshot, plan));
    match ground {
        Ground::Live(session) => {
            findings.extend(installs_findings(app, session, snapshot, plan).await?);
            findings.extend(permissions::missing(session, plan).await);
        }
        Ground::Saved => findings.push(offline(stage)),
    }
    findings
        .sort_by(|a, b| (a.severity, &a.rule, &a.subject).cmp(&(b.severity, &b.rule, &b.subject)));
    Ok(findings)
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
    let blocks = checked.blocks.iter().map(|block| pruning(install, block.to_string()));
    Ok(blocks.chain(checked.values_unproven.then(|| unproven(install))).collect())
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
    let (rule, what, mend) = match one.simulated.effect {
        Effect::Doubles | Effect::DoubleAnyway => ("P-05", Code::FindDouble, Code::MendDouble),
        Effect::Refused => ("P-08", Code::FindWebhookDown, Code::MendWebhook),
        Effect::Loses
        | Effect::LosesAnyway
        | Effect::Moves
        | Effect::Upgrades
        | Effect::Gains
        | Effect::Unchanged => ("P-26", Code::FindWouldLose, Code::MendWouldLose),
    };
    let subject = one.workload.to_string();
    FindingView {
        id: format!("{rule}:{subject} after"),
        rule: rule.to_owned(),
        severity,
        what: Phrase::plain(what),
        subject,
        consequence,
        remedy: Some(Phrase::plain(mend)),
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
        remedy: Some(Phrase::plain(Code::MendOffline)),
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

/// Nobody could compare the values with those of the mesh; that is never counted as passed.
fn unproven(install: &Install) -> FindingView {
    let file = ("file", install.values_file.clone());
    FindingView {
        id: "P-14:unproven".to_owned(),
        severity: Severity::Warn,
        what: Phrase::plain(Code::FindCannotTell),
        consequence: Phrase::with(Code::FindUnprovenThen, [file]),
        remedy: Some(Phrase::plain(Code::MendUnproven)),
        ..pruning(install, String::new())
    }
}
