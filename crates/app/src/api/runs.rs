//! Commands about runs: list, report, way back, and what a user may tell one.

use meshlift_core::rollout;

use crate::Meshlift;
use crate::api::dto::{
    self, ApiError, ContextName, Nothing, PlanView, Report, RunAnswer, RunId, RunSummary,
};
use crate::journal::{RunKey, RunRecord};
use crate::plans::make;
use crate::report;
use crate::runner::{Command, RunError};

impl Meshlift {
    /// Every run on this computer, newest first.
    pub async fn run_list(&self, _: Nothing) -> Result<Vec<RunSummary>, ApiError> {
        let mut summaries = Vec::new();
        for record in self.inner.journal.runs().await? {
            let state = self.inner.sessions.get(&record.context).ok();
            let snapshot = state.and_then(|session| session.state().borrow().snapshot.clone());
            summaries.push(self.summary_of(&record, snapshot.as_deref()).await?);
        }
        Ok(summaries)
    }

    /// The report of a run, finished or not.
    pub async fn run_report(&self, request: RunId) -> Result<Report, ApiError> {
        let record = self.record(&request.run_id).await?;
        let entries = self.inner.journal.entries(&record.key, 0).await?;
        let summary = self.summary_of(&record, None).await?;
        Ok(report::report(&record, &entries, &summary))
    }

    /// The way back of a run, as a plan of its own.
    pub async fn run_roll_back_plan(&self, request: RunId) -> Result<PlanView, ApiError> {
        let record = self.record(&request.run_id).await?;
        let history = self.inner.runs.history(&record.key).await?;
        make::roll_back(self, &record.context, &record.plan, &history.progress).await
    }

    /// Lets a run finish what is in flight and start nothing.
    pub async fn run_pause(&self, request: RunId) -> Result<Nothing, ApiError> {
        self.tell(&request.run_id, Command::Pause).await
    }

    /// Lets a run go on; one that was interrupted is taken up again.
    pub async fn run_resume(&self, request: RunId) -> Result<Nothing, ApiError> {
        let record = self.record(&request.run_id).await?;
        if self.inner.runs.live(&record.key).is_some() {
            return self.tell(&request.run_id, Command::Resume).await;
        }
        if self.inner.door.is_read_only() {
            return Err(crate::plans::PlanError::ReadOnly.into());
        }
        let _starting = self.inner.starting.lock().await;
        self.context_open(ContextName { context: record.context.clone() }).await?;
        let session = self.inner.sessions.get(&record.context)?;
        self.inner.runs.resume(record, session).await?;
        self.inner.meshes.changed();
        Ok(Nothing {})
    }

    /// Ends a run. What it did stays as it is.
    pub async fn run_abort(&self, request: RunId) -> Result<Nothing, ApiError> {
        let record = self.record(&request.run_id).await?;
        let is_driven = || self.inner.runs.live(&record.key).is_some();
        if !is_driven() {
            // One that is just being taken up is driven in a moment: then its actor is told.
            let _starting = self.inner.starting.lock().await;
            if !is_driven() {
                self.inner.runs.abandon(&record).await?;
                self.inner.meshes.changed();
                return Ok(Nothing {});
            }
        }
        self.tell(&request.run_id, Command::Abort).await
    }

    /// Answers a run's question.
    pub async fn run_answer(&self, request: RunAnswer) -> Result<Nothing, ApiError> {
        let answer = match request.answer {
            dto::Answer::Continue => rollout::Answer::Continue,
            dto::Answer::Retry => rollout::Answer::Retry,
            dto::Answer::Skip => rollout::Answer::Skip,
            dto::Answer::Abort => rollout::Answer::Abort,
        };
        let command = Command::Answer { question: request.question_id, answer };
        self.tell(&request.run_id, command).await
    }

    async fn tell(&self, run: &str, command: Command) -> Result<Nothing, ApiError> {
        let record = self.record(run).await?;
        self.inner.runs.order(&record, command).await?;
        Ok(Nothing {})
    }

    /// A run by its id.
    pub(crate) async fn record(&self, run: &str) -> Result<RunRecord, ApiError> {
        let found = self.inner.journal.run(&RunKey::new(run)).await?;
        Ok(found.ok_or_else(|| RunError::Unknown { run: run.to_owned() })?)
    }
}
