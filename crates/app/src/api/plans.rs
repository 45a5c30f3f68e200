//! Commands that check and plan, and the one that starts a plan.

use std::collections::BTreeSet;

use meshlift_core::asm::Call;
use meshlift_core::inventory::Snapshot;
use meshlift_core::policy::Method;
use meshlift_core::precheck;
use meshlift_core::rollout::{Progress, foreign_differences};
use meshlift_core::version::MeshVersion;

use crate::Meshlift;
use crate::api::dto::{
    self, ApiError, AppEvent, FindingView, Nothing, PlanRequest, PlanView, PrecheckRequest,
    PrecheckView, RunStarted, Severity, StartRun, TargetChoice,
};
use crate::journal::{Acknowledged, NewRun};
use crate::plans::{PlanError, Planned, check, make};
use crate::session::Session;
use crate::stage::{Ground, Whole};
use crate::view::{findings, targets};

impl Meshlift {
    /// Chooses the target version of a mesh, or leaves it to the app.
    pub async fn target_choose(&self, request: TargetChoice) -> Result<Nothing, ApiError> {
        if let Some(target) = &request.target
            && target.parse::<MeshVersion>().is_err()
        {
            return Err(PlanError::Version { text: target.clone() }.into());
        }
        let preferences = self.inner.preferences.clone();
        tokio::task::spawn_blocking(move || {
            preferences.choose_target(&request.context, request.target)
        })
        .await
        .map_err(|error| ApiError::new(dto::ErrorCode::Internal, &error))??;
        self.inner.meshes.changed();
        Ok(Nothing {})
    }

    /// Checks a mesh for the target that is chosen for it.
    pub async fn precheck_run(&self, request: PrecheckRequest) -> Result<PrecheckView, ApiError> {
        let Whole { ground, stage, snapshot } = self.whole(&request.context).await?;
        let method = match request.method {
            dto::Method::InPlace => Method::InPlace,
            dto::Method::Canary => Method::Canary,
        };
        let Some(target) = stage.with(&snapshot, targets::choose) else {
            return Err(ApiError::plain(
                dto::ErrorCode::PlanBlocked,
                "there is no version that this mesh could go to",
            ));
        };
        let evident = check::with_evidence(self, &ground, &stage, &snapshot).await;
        let report = check::precheck(&stage, &evident, method, &target)?;
        let mut view = findings::report(&report, &target, self.inner.clock.now());
        if let (Ground::Live(session), Method::InPlace) = (&ground, method) {
            self.precheck_by_asm(session, &snapshot, &target, &mut view).await?;
        }
        self.inner.meshes.note(&request.context, |prechecks| match method {
            Method::InPlace => prechecks.in_place = Some(view.clone()),
            Method::Canary => prechecks.canary = Some(view.clone()),
        });
        Ok(view)
    }

    /// Adds what ASM's own precheck says, where the mesh is ASM's. It gives no report: it passes, or
    /// it is refused with a message. In read-only mode it is not asked, and counts as not told.
    async fn precheck_by_asm(
        &self,
        session: &Session,
        snapshot: &Snapshot,
        target: &MeshVersion,
        view: &mut PrecheckView,
    ) -> Result<(), ApiError> {
        let (Some(reader), Some(instance)) = (&session.instance, snapshot.instance.as_deref())
        else {
            return Ok(());
        };
        let Some(chosen) = instance.target.as_ref().filter(|it| it.istio() == target.istio())
        else {
            return Ok(());
        };
        if self.inner.door.is_read_only() {
            view.unknown += 1;
            return Ok(());
        }
        let (now, purpose) = (self.inner.clock.now(), "let ASM check the upgrade");
        let intent = self.inner.journal.probe(None, now, purpose).await?;
        let call = Call::Precheck { target: chosen.clone() };
        match reader.cloud().perform(instance, &call, &intent).await {
            Ok(()) => view.passed += 1,
            Err(error) => {
                let severity = if error.is_transient() {
                    precheck::Severity::Warn
                } else {
                    precheck::Severity::Block
                };
                view.findings.insert(0, findings::by_asm(error.to_string(), severity));
            }
        }
        Ok(())
    }

    /// Makes a plan, to be confirmed exactly as it is shown.
    pub async fn plan_make(&self, request: PlanRequest) -> Result<PlanView, ApiError> {
        make::make(self, &request.context, &request.operation).await
    }

    /// Starts a plan that was made here, if it still holds.
    pub async fn run_start(&self, request: StartRun) -> Result<RunStarted, ApiError> {
        let Some(planned) = self.inner.plans.get(&request.digest) else {
            return Err(PlanError::Unknown { digest: request.digest }.into());
        };
        confirmed(&planned, &request)?;
        if self.inner.door.is_read_only() {
            return Err(PlanError::ReadOnly.into());
        }
        let _starting = self.inner.starting.lock().await;
        let Whole { ground, stage, snapshot } = self.whole(&planned.context).await?;
        let Ground::Live(session) = ground else { return Err(PlanError::Saved.into()) };
        if let Some(active) = stage.active {
            return Err(PlanError::RunActive { number: active.number }.into());
        }
        let differences = foreign_differences(&planned.plan, &Progress::default(), &snapshot);
        if !differences.is_empty() {
            return Err(PlanError::Outdated { differences }.into());
        }
        let new = NewRun {
            plan: planned.plan.clone(),
            context: planned.context.clone(),
            server: session.connection.server().to_owned(),
            operator: self.inner.options.operator.clone(),
            started: self.inner.clock.now(),
            acknowledged: acknowledged(&planned, &request),
            consents: request.consents,
        };
        let key = self.inner.runs.start(new, session).await?;
        self.inner.meshes.changed();
        let _ = self.inner.events.send(AppEvent::ContextsChanged);
        Ok(RunStarted { run_id: key.to_string() })
    }
}

/// Why a blocking finding is all right, in the words of whoever takes it upon themselves.
fn reason_for<'a>(finding: &FindingView, request: &'a StartRun) -> Option<&'a str> {
    let given = request.acknowledgements.iter().find(|it| it.finding == finding.id)?;
    let reason = given.reason.trim();
    (finding.acknowledgeable && !reason.is_empty()).then_some(reason)
}

/// Blocking findings of a plan with the reasons that were given for going on.
fn acknowledged(planned: &Planned, request: &StartRun) -> Vec<Acknowledged> {
    let findings = planned.view.findings.iter();
    findings
        .filter(|finding| finding.severity == Severity::Block)
        .filter_map(|finding| {
            Some(Acknowledged {
                rule: finding.rule.as_str().into(),
                subject: finding.subject.clone(),
                reason: reason_for(finding, request)?.to_owned(),
            })
        })
        .collect()
}

/// Whether everything was confirmed that the plan asks for.
fn confirmed(planned: &Planned, request: &StartRun) -> Result<(), PlanError> {
    let view = &planned.view;
    if view.protected && request.typed_name.as_deref() != Some(planned.context.as_str()) {
        return Err(PlanError::NotTyped { context: planned.context.clone() });
    }
    let blocking = view.findings.iter().filter(|finding| finding.severity == Severity::Block);
    let count = blocking.filter(|finding| reason_for(finding, request).is_none()).count();
    if count > 0 {
        return Err(PlanError::Blocked { count });
    }
    let given: BTreeSet<&String> = request.consents.iter().collect();
    let missing: Vec<String> = view
        .consents
        .iter()
        .filter(|consent| !given.contains(&consent.id))
        .map(|consent| consent.question.english())
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(PlanError::NoConsent { missing }) }
}
