//! Runs: where they are, what they ask, and what they leave behind.

use serde::{Deserialize, Serialize};

use super::{Availability, HandOffView, OperationKind, Phrase, StepState};

dto! {
    /// Names a run.
    pub struct RunId {
        /// The run.
        pub run_id: String,
    }

    /// Answers a run's question.
    pub struct RunAnswer {
        /// The run.
        pub run_id: String,
        /// The question.
        pub question_id: String,
        /// The answer.
        pub answer: Answer,
    }

    /// A run of another operator on the same mesh, as the cluster's marker says.
    pub struct ForeignRun {
        /// Who, as `user@host`.
        pub holder: String,
        /// What it does; none where its marker does not say, or says what is not known here.
        pub operation: Option<OperationKind>,
        /// The step that was under way when it renewed its lease last, of how many: `2/5`.
        pub step: Option<String>,
        /// Whether its lease is stale or released, so that it may be taken over.
        pub may_take_over: bool,
    }

    /// One message of a run that is watched.
    pub struct RunUpdate {
        /// The whole run but its log.
        pub view: RunView,
        /// Log lines after the last one delivered.
        pub log: Vec<LogLine>,
    }

    /// A run in one line.
    pub struct RunSummary {
        /// Its id.
        pub id: String,
        /// Short running number on this computer.
        pub number: u32,
        /// The context it was started on.
        pub context: String,
        /// UID of its cluster.
        pub cluster_uid: String,
        /// What kind of operation.
        pub operation: OperationKind,
        /// From.
        pub from: String,
        /// To.
        pub to: String,
        /// State.
        pub state: RunState,
        /// Who started it.
        pub operator: String,
        /// When.
        pub started_at: String,
        /// When it ended.
        pub ended_at: Option<String>,
        /// Current sentence.
        pub sentence: Phrase,
        /// Pods that are done.
        pub pods_done: u32,
        /// Pods in all.
        pub pods_total: u32,
    }

    /// A run.
    pub struct RunView {
        /// The run in one line.
        pub summary: RunSummary,
        /// Second line under the current sentence.
        pub hint: Option<Phrase>,
        /// Its steps.
        pub steps: Vec<RunStepView>,
        /// Its question to the user, if it waits for one.
        pub question: Option<QuestionView>,
        /// The step in ASM's console that it waits for.
        pub hand_off: Option<HandOffView>,
        /// Questions asked so far.
        pub questions: u32,
        /// Seconds left, as far as it can be told.
        pub seconds_left: Option<u32>,
        /// *Pause*.
        pub pause: Availability,
        /// *Resume*.
        pub resume: Availability,
        /// *Abort*.
        pub abort: Availability,
        /// *Roll back*.
        pub roll_back: Availability,
        /// Workloads that appeared during the run and were not touched.
        pub left_over: Vec<String>,
        /// The last change of each traffic rule that changed during the run, the latest at the end.
        pub traffic_changes: Vec<Phrase>,
        /// Traffic rules whose changes are not seen.
        pub traffic_unseen: Vec<Phrase>,
    }

    /// One step of a run, on the time bar.
    pub struct RunStepView {
        /// Its id.
        pub id: String,
        /// What it does.
        pub title: Phrase,
        /// State.
        pub state: StepState,
        /// Seconds it took or has taken.
        pub seconds: Option<u32>,
        /// One cell per workload, for a wave.
        pub cells: Vec<CellView>,
        /// Equivalent command lines.
        pub commands: Vec<String>,
    }

    /// One workload of a wave.
    pub struct CellView {
        /// Row id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Its namespace.
        pub namespace: String,
        /// State.
        pub state: CellState,
        /// Pods on the wanted version and revision.
        pub done: u32,
        /// Pods that are being replaced.
        pub busy: u32,
        /// Pods in all.
        pub total: u32,
        /// Seconds it took or has taken.
        pub seconds: Option<u32>,
        /// Why it failed or waits.
        pub note: Option<Phrase>,
    }

    /// A question of a run to the user.
    pub struct QuestionView {
        /// Its id, which `run_answer` takes.
        pub id: String,
        /// The question.
        pub text: Phrase,
        /// Possible answers.
        pub answers: Vec<Answer>,
    }

    /// One line of a run's log.
    pub struct LogLine {
        /// Sequence number, rising.
        pub seq: u32,
        /// When.
        pub at: String,
        /// Its kind, shown as a word.
        pub kind: LogKind,
        /// What.
        pub text: Phrase,
        /// Command line of the act, if it was one.
        pub command: Option<String>,
    }

    /// A finished or unfinished run's report.
    pub struct Report {
        /// As Markdown.
        pub markdown: String,
        /// As a web page.
        pub html: String,
        /// As JSON.
        pub json: String,
    }
}

dto_word! {
    /// State of a run.
    pub enum RunState { Running, Pausing, Paused, Waiting, Asking, Interrupted, Succeeded, Failed, Aborted }

    /// State of a wave's cell.
    pub enum CellState { Pending, Asks, Restarting, Verifying, Done, Failed, Skipped }

    /// An answer to a run's question.
    pub enum Answer { Continue, Retry, Skip, Abort }

    /// Kind of a log line.
    pub enum LogKind { Plan, Check, Label, Patch, Install, Change, Pod, Wait, Done, Warn, Fail, Pause, Go }
}
