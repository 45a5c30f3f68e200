//! What the window and the application say to each other.
//!
//! Plain data: counters are `u32`, times are RFC 3339 strings, ids are strings, so that every value
//! survives JavaScript. Sentences travel as a [`Phrase`], a closed code with parameters, and are
//! put into words by the front end. Deliberately absent: anything secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::acknowledgement::Acknowledgement;
pub use super::phrase::PhraseCode;

macro_rules! dto {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        $item
    )* };
}

macro_rules! dto_word {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs, reason = "the words are the console's own")]
        $item
    )* };
}

mod asm;

pub use asm::{
    AsmCliProfile, AsmClusterMatch, AsmClusterView, AsmCredentialChoice, AsmCredentials,
    AsmEdition, AsmGatewayView, AsmInstanceRow, AsmInstances, AsmLink, AsmRegion, AsmView,
    GatewayCanaryWish, HandOffTask, HandOffView,
};

dto! {
    /// A sentence as a closed code and its parameters.
    pub struct Phrase {
        /// Which sentence.
        pub code: PhraseCode,
        /// What fills its blanks, by name.
        pub params: BTreeMap<String, String>,
        /// Sentences that fill blanks themselves, by the same names.
        pub nested: BTreeMap<String, Phrase>,
    }

    // ------------------------------------------------------------------ requests

    /// A request or an answer that says nothing.
    pub struct Nothing {}

    /// Names a context.
    pub struct ContextName {
        /// The context.
        pub context: String,
    }

    /// The read-only switch of the top bar.
    pub struct ReadOnly {
        /// Whether every write is refused.
        pub on: bool,
    }

    /// Chooses the target version of a mesh.
    pub struct TargetChoice {
        /// The context.
        pub context: String,
        /// The version; none for the app's own choice.
        pub target: Option<String>,
    }

    /// Asks for a precheck.
    pub struct PrecheckRequest {
        /// The context.
        pub context: String,
        /// The method that it is checked for.
        pub method: Method,
    }

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

    /// Watches the application.
    pub struct WatchApp {
        /// Id chosen by the caller, which `watch_end` takes.
        pub watch_id: String,
    }

    /// Watches an open mesh.
    pub struct WatchMesh {
        /// Id chosen by the caller, which `watch_end` takes.
        pub watch_id: String,
        /// The context.
        pub context: String,
    }

    /// Watches a run.
    pub struct WatchRun {
        /// Id chosen by the caller, which `watch_end` takes.
        pub watch_id: String,
        /// The run.
        pub run_id: String,
        /// Sequence number of the last log line that the caller has.
        pub since_seq: u32,
    }

    /// Ends a watch.
    pub struct WatchId {
        /// The id that the watch was started with.
        pub watch_id: String,
    }

    // ------------------------------------------------------------------ application

    /// What the window shows before any mesh is open.
    pub struct AppInfo {
        /// Version of the app.
        pub version: String,
        /// Whether every write is refused now.
        pub read_only: bool,
        /// Whether every write is refused, and may not be allowed from the window.
        pub read_only_forced: bool,
        /// Folder of journal and settings, to show to the user.
        pub data_folder: String,
        /// As-of date of the embedded release data, `YYYY-MM-DD`.
        pub catalog_as_of: String,
    }

    /// A preference set by the user.
    pub struct Settings {
        /// `en-US` or `zh-CN`.
        pub language: String,
        /// `light`, `dark` or `system`.
        pub theme: String,
        /// Whether the app starts read-only.
        pub read_only: bool,
        /// Further kubeconfig files, beside `KUBECONFIG` and `~/.kube/config`.
        pub kubeconfig_files: Vec<String>,
        /// Further istioctl binaries.
        pub istioctl_paths: Vec<String>,
        /// File that replaces parts of the built-in catalogue.
        #[serde(default)]
        pub catalogue_file: Option<String>,
        /// Saved snapshots that are listed beside the contexts.
        #[serde(default)]
        pub snapshot_files: Vec<String>,
        /// What the user says about a context, by its name.
        pub contexts: BTreeMap<String, ContextSettings>,
    }

    /// What the user says about one context.
    pub struct ContextSettings {
        /// Free tag shown beside the name; `prod` makes it red.
        pub tag: Option<String>,
        /// Whether confirmations ask to type the context's name. Always true for `prod`.
        pub protected: bool,
        /// IstioOperator file that this mesh was installed with.
        pub install_values: Option<String>,
        /// The ASM instance that is its control plane.
        #[serde(default)]
        pub asm: Option<AsmLink>,
    }

    /// An istioctl binary that was found.
    pub struct IstioctlBinary {
        /// Where it is.
        pub path: String,
        /// Its version; none when it did not tell.
        pub version: Option<String>,
        /// Why it cannot be used.
        pub problem: Option<String>,
    }

    /// Something changed that any page may show.
    #[serde(tag = "kind")]
    pub enum AppEvent {
        /// The list of contexts changed.
        ContextsChanged,
        /// A run started, changed its state or ended.
        RunChanged {
            /// The run.
            run: RunSummary,
        },
        /// Nothing drives a run any more: it is over, or was interrupted.
        #[serde(rename_all = "camelCase")]
        RunEnded {
            /// The run.
            run_id: String,
        },
        /// The settings changed.
        SettingsChanged,
    }

    // ------------------------------------------------------------------ contexts

    /// Every context of every kubeconfig, and what is wrong with the files.
    pub struct ContextList {
        /// The contexts, in file order.
        pub contexts: Vec<ContextRow>,
        /// Files that could not be used.
        pub problems: Vec<FileProblem>,
        /// The kubeconfigs' own current context.
        pub current: Option<String>,
    }

    /// A kubeconfig file with a defect.
    pub struct FileProblem {
        /// The file.
        pub file: String,
        /// What is wrong with it, in one sentence.
        pub message: String,
    }

    /// One context.
    pub struct ContextRow {
        /// Its name.
        pub name: String,
        /// Address of its API server.
        pub server: String,
        /// The file it comes from.
        pub file: String,
        /// Its namespace preference is irrelevant here; its user's name is not secret.
        pub user: String,
        /// Tag given by the user.
        pub tag: Option<String>,
        /// Whether confirmations ask to type its name.
        pub protected: bool,
        /// Whether it is the simulated mesh.
        pub simulated: bool,
        /// Command line that opening it would execute; nothing is executed before.
        pub executes: Option<String>,
        /// Why it can't be opened at all.
        pub problem: Option<String>,
        /// Whether it is open.
        pub open: bool,
        /// The saved snapshot that it is, once its file was read; none for a cluster.
        pub saved: Option<SavedView>,
    }

    /// One row of the Meshes page.
    pub struct MeshSummary {
        /// The context.
        pub context: String,
        /// Which provider runs the mesh; none when there is no mesh.
        pub provider: Option<ProviderKind>,
        /// Control-plane versions, newest last.
        pub versions: Vec<String>,
        /// The next version that the catalogue offers.
        pub next: Option<String>,
        /// Days of support left by the catalogue; negative when it is over.
        pub support_days: Option<i32>,
        /// Proxies that are behind their control plane.
        pub behind: u32,
        /// Proxies in the mesh.
        pub proxies: u32,
        /// State in words.
        pub state: Phrase,
        /// How urgent.
        pub mark: Mark,
    }

    // ------------------------------------------------------------------ the open mesh

    /// One message of an open mesh. The first is always `View`; rows follow.
    #[serde(tag = "kind")]
    pub enum MeshEvent {
        /// Everything about the mesh but its rows.
        View {
            /// The view.
            view: Box<MeshView>,
        },
        /// Rows that are new or changed.
        Rows {
            /// Changed rows.
            upserts: Vec<DataPlaneRow>,
            /// Ids of rows that are gone.
            removes: Vec<String>,
            /// Whether the first complete reading has been delivered.
            complete: bool,
        },
        /// How the connection is.
        Connection {
            /// The connection.
            connection: Connection,
        },
    }

    /// State of the connection to a cluster.
    pub struct Connection {
        /// Connected, reading, waiting or lost.
        pub state: ConnectionState,
        /// When the mesh was last read.
        pub read_at: Option<String>,
        /// Why it is not connected, in one sentence.
        pub problem: Option<ApiError>,
    }

    /// The head of Upgrade Management and both its tabs.
    pub struct MeshView {
        /// The context.
        pub context: String,
        /// Address of its API server.
        pub server: String,
        /// UID of the kube-system namespace.
        pub cluster_uid: String,
        /// Kubernetes version.
        pub kubernetes: String,
        /// Which provider runs the mesh.
        pub provider: ProviderKind,
        /// Why the mesh can't be upgraded from here, if so.
        pub declined: Option<Phrase>,
        /// Support end of the control-plane version, `YYYY-MM-DD`.
        pub supported_until: Option<String>,
        /// Days until then.
        pub support_days: Option<i32>,
        /// Every control plane, stable first.
        pub revisions: Vec<RevisionView>,
        /// Every tag.
        pub tags: Vec<TagView>,
        /// The revision that answers for `istio-injection=enabled`.
        pub default_revision: Option<String>,
        /// Versions that can be targets, best first.
        pub targets: Vec<TargetView>,
        /// The target chosen for this mesh; set with `choose_target`.
        pub target: Option<String>,
        /// Workloads in the mesh.
        pub workloads: u32,
        /// Proxies in the mesh.
        pub proxies: u32,
        /// Proxies that are behind.
        pub behind: u32,
        /// The ASM instance, where it is one.
        pub asm: Option<Box<AsmView>>,
        /// The In-place Upgrade tab.
        pub in_place: InPlaceView,
        /// The Canary Upgrade tab.
        pub canary: CanaryView,
        /// Namespaces with their place on the revisions.
        pub namespaces: Vec<NamespaceView>,
        /// What could not be read, as sentences.
        pub unreadable: Vec<String>,
        /// Run that is not finished, if any.
        pub active_run: Option<RunSummary>,
        /// Another operator's run on the same mesh.
        pub foreign_run: Option<ForeignRun>,
        /// Whether every write is refused now.
        pub read_only: bool,
        /// The saved snapshot that it is read from; none for a live mesh.
        pub saved: Option<SavedView>,
    }

    /// A control plane as the window shows it.
    pub struct RevisionView {
        /// Its revision.
        pub name: String,
        /// Its version; none when unknown.
        pub version: Option<String>,
        /// Version of the proxies it injects.
        pub proxy_version: Option<String>,
        /// Stable, canary or other.
        pub role: RevisionRole,
        /// Whether it is ready, and why not.
        pub health: Phrase,
        /// Mark that goes with it.
        pub mark: Mark,
        /// Ready replicas.
        pub ready: u32,
        /// Wanted replicas.
        pub replicas: u32,
        /// Proxies connected to its replicas; none when they could not be asked.
        pub connected: Option<u32>,
        /// Pods whose proxy it injected.
        pub pods: u32,
    }

    /// A revision tag.
    pub struct TagView {
        /// Its name.
        pub name: String,
        /// The revision it names.
        pub revision: String,
    }

    /// A version that the mesh could go to.
    pub struct TargetView {
        /// The version.
        pub version: String,
        /// Whether an in-place upgrade may go there in one hop.
        pub in_place: Availability,
        /// Whether a canary may go there in one hop.
        pub canary: Availability,
        /// What speaks against it, such as a known defect.
        pub caution: Option<Phrase>,
    }

    /// A button: whether it may be pressed, and why not.
    pub struct Availability {
        /// Whether it may be pressed.
        pub available: bool,
        /// Why not; shown beside the button.
        pub reason: Option<Phrase>,
    }

    /// The In-place Upgrade tab.
    pub struct InPlaceView {
        /// The five steps.
        pub steps: Vec<StepView>,
        /// *Perform Upgrade Precheck*.
        pub precheck: Availability,
        /// *Upgrade*.
        pub upgrade: Availability,
        /// *Upgrade Gateway*, for all gateways.
        pub gateways: Availability,
        /// *Rolling Upgrade*.
        pub workloads: Availability,
        /// Result of the last precheck for the chosen target.
        pub findings: Option<PrecheckView>,
    }

    /// The Canary Upgrade tab.
    pub struct CanaryView {
        /// The five steps.
        pub steps: Vec<StepView>,
        /// The stable revision.
        pub stable: Option<String>,
        /// The canary revision, once deployed.
        pub canary: Option<String>,
        /// *Perform Upgrade Precheck*.
        pub precheck: Availability,
        /// *Deploy canary*.
        pub deploy: Availability,
        /// *Promote*.
        pub promote: Availability,
        /// *Revoke*.
        pub revoke: Availability,
        /// *Unpublish*: retire the old revision.
        pub unpublish: Availability,
        /// *Upgrade Gateway*, for all gateways.
        pub gateways: Availability,
        /// Moving namespaces.
        pub move_namespaces: Availability,
        /// Result of the last precheck for the chosen target.
        pub findings: Option<PrecheckView>,
    }

    /// One step of a tab's stepper.
    pub struct StepView {
        /// Which step.
        pub step: StepName,
        /// Done, current, later or blocked.
        pub state: StepState,
        /// One fact about it.
        pub fact: Phrase,
        /// Mark that goes with the fact.
        pub mark: Mark,
    }

    /// Result of a precheck.
    pub struct PrecheckView {
        /// When it ran.
        pub at: String,
        /// The target it was run for.
        pub target: String,
        /// What it found, worst first.
        pub findings: Vec<FindingView>,
        /// Checks that found nothing.
        pub passed: u32,
        /// Checks that could not tell.
        pub unknown: u32,
    }

    /// One finding.
    pub struct FindingView {
        /// Its id, under which it is acknowledged.
        pub id: String,
        /// Its rule, such as `P-06`.
        pub rule: String,
        /// How bad.
        pub severity: Severity,
        /// What, in a few words.
        pub what: Phrase,
        /// Where: the object's name.
        pub subject: String,
        /// What follows when it is ignored.
        pub consequence: Phrase,
        /// How it is mended, in a few words.
        pub remedy: Option<Phrase>,
        /// Command line that mends it, or leads to where it is mended.
        pub fix: Option<String>,
        /// Whether a start may go on although it blocks, once somebody says why.
        pub acknowledgeable: bool,
        /// Where the rule comes from.
        pub source: String,
    }

    /// One namespace on the Canary tab.
    pub struct NamespaceView {
        /// Its name.
        pub name: String,
        /// Injection label as written, such as `istio.io/rev=1-31`; none for no label.
        pub label: Option<String>,
        /// State in words.
        pub state: Phrase,
        /// Mark that goes with it.
        pub mark: Mark,
        /// Workloads in it that are in the mesh.
        pub workloads: u32,
        /// Pods per place; squares are drawn from these.
        pub pods: Vec<PodPlace>,
        /// Revision that would inject a new pod of it; none for no revision.
        pub follows: Option<String>,
        /// Moving it to the canary.
        pub to_canary: Availability,
        /// Command line of that move, where it may be made.
        pub command_to_canary: Option<String>,
        /// Moving it back to stable.
        pub to_stable: Availability,
        /// Command line of that move, where it may be made.
        pub command_to_stable: Option<String>,
    }

    /// Some pods of a namespace that stand on one revision and will stand on one after a restart.
    pub struct PodPlace {
        /// Revision of the running proxy; none for no sidecar.
        pub now: Option<String>,
        /// Revision after a restart; none for no sidecar.
        pub after: Option<String>,
        /// How many pods.
        pub pods: u32,
    }

    /// One row of the data plane: a workload.
    pub struct DataPlaneRow {
        /// Stable id, `namespace/Kind/name`.
        pub id: String,
        /// Its namespace.
        pub namespace: String,
        /// Its name.
        pub name: String,
        /// Its kind.
        pub kind: String,
        /// Whether it is a gateway.
        pub gateway: bool,
        /// Ready pods.
        pub ready: u32,
        /// Wanted pods.
        pub pods: u32,
        /// Proxy versions that run, oldest first; empty for none.
        pub proxy_now: Vec<String>,
        /// Proxy version after a restart; none for no sidecar.
        pub proxy_after: Option<String>,
        /// Revisions of the running proxies.
        pub revision_now: Vec<String>,
        /// Revision after a restart; none for no sidecar.
        pub revision_after: Option<String>,
        /// State by which rows are filtered.
        pub state: RowState,
        /// State in words.
        pub label: Phrase,
        /// Mark that goes with it.
        pub mark: Mark,
        /// Why, as a fragment of a sentence.
        pub why: Phrase,
        /// The full reason, one sentence a line.
        pub detail: Vec<Phrase>,
        /// *Rolling Upgrade* or *Upgrade Gateway* on this row.
        pub restart: Availability,
        /// Command line of that action.
        pub command: String,
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

    // ------------------------------------------------------------------ plans

    /// What the user wants to have planned.
    pub struct PlanRequest {
        /// The context.
        pub context: String,
        /// The operation.
        pub operation: OperationRequest,
    }

    /// One button of Upgrade Management.
    #[serde(tag = "kind")]
    pub enum OperationRequest {
        /// *Upgrade*: the control plane, in place.
        #[serde(rename_all = "camelCase")]
        UpgradeControlPlane {
            /// The target version.
            target: String,
        },
        /// *Deploy canary*.
        #[serde(rename_all = "camelCase")]
        DeployCanary {
            /// The target version.
            target: String,
        },
        /// Moves namespaces to a revision or tag, without restarting anything.
        #[serde(rename_all = "camelCase")]
        MoveNamespaces {
            /// The namespaces.
            namespaces: Vec<String>,
            /// Where to.
            to: MoveTarget,
            /// Whether their workloads are restarted in the same run.
            restart: bool,
        },
        /// *Rolling Upgrade* of workloads, *Upgrade Gateway* of gateways.
        #[serde(rename_all = "camelCase")]
        Restart {
            /// Row ids.
            workloads: Vec<String>,
            /// Row id that goes first, alone.
            first: Option<String>,
            /// Workloads at a time; none for the default.
            width: Option<u32>,
        },
        /// *Upgrade Gateway* for gateways that the install renders.
        UpgradeGateways,
        /// *Upgrade Gateway* for named gateways of ASM.
        #[serde(rename_all = "camelCase")]
        UpgradeNamedGateways {
            /// Row ids.
            gateways: Vec<String>,
        },
        /// A canary beside one gateway of ASM, or its end.
        #[serde(rename_all = "camelCase")]
        GatewayCanary {
            /// Row id of the gateway.
            gateway: String,
            /// Whether it is to have one.
            wish: GatewayCanaryWish,
        },
        /// *Promote*: the canary becomes the default.
        Promote,
        /// *Revoke*: back to stable, the canary goes.
        Revoke,
        /// *Unpublish*: the old revision goes.
        Unpublish,
    }

    /// A plan, to be confirmed exactly as shown.
    pub struct PlanView {
        /// Digest that `run_start` takes.
        pub digest: String,
        /// What kind of operation.
        pub operation: OperationKind,
        /// The context.
        pub context: String,
        /// Address of its API server.
        pub server: String,
        /// Whether the context's name has to be typed.
        pub protected: bool,
        /// Version and revision it starts from.
        pub from: String,
        /// Version and revision it goes to.
        pub to: String,
        /// The steps, in order.
        pub steps: Vec<PlanStepView>,
        /// What will happen, in plain words.
        pub will: Vec<Phrase>,
        /// What will not happen.
        pub will_not: Vec<Phrase>,
        /// The way back, or that there is none.
        pub way_back: Phrase,
        /// Whether it can be undone: decides how the button looks.
        pub reversible: bool,
        /// What speaks against it; blocking ones refuse the start.
        pub findings: Vec<FindingView>,
        /// Questions that must be agreed to before the start.
        pub consents: Vec<ConsentView>,
        /// Whether it may start, and why not.
        pub start: Availability,
    }

    /// One step of a plan.
    pub struct PlanStepView {
        /// Its id.
        pub id: String,
        /// What it does.
        pub title: Phrase,
        /// Workloads it restarts.
        pub workloads: u32,
        /// Pods it replaces.
        pub pods: u32,
        /// Equivalent command lines.
        pub commands: Vec<String>,
    }

    /// Something the user has to agree to.
    pub struct ConsentView {
        /// Its id, which `run_start` takes.
        pub id: String,
        /// What is agreed to.
        pub question: Phrase,
    }

    /// Starts a plan.
    pub struct StartRun {
        /// Digest of the plan, as it was shown.
        pub digest: String,
        /// Ids of the consents given.
        pub consents: Vec<String>,
        /// Blocking findings that the user takes upon themselves, with the reason.
        #[serde(default)]
        pub acknowledgements: Vec<Acknowledgement>,
        /// The context's name as typed, where asked.
        pub typed_name: Option<String>,
    }

    /// The run that was started.
    pub struct RunStarted {
        /// Its id.
        pub run_id: String,
    }

    // ------------------------------------------------------------------ runs

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

    // ------------------------------------------------------------------ errors

    /// Why a command failed.
    pub struct ApiError {
        /// What kind of failure; the front end switches on it.
        pub code: ErrorCode,
        /// One sentence in English: what, to what, what to try.
        pub message: String,
        /// The chain of causes, outermost first.
        pub detail: Vec<String>,
        /// What to try.
        pub hint: Option<Phrase>,
        /// Whether asking again may help.
        pub retryable: bool,
    }
}

dto_word! {
    /// Which provider runs a mesh.
    pub enum ProviderKind { Asm, Istioctl, Helm, Sail, ArgoCd, Flux, Vendor, Unknown, None }
    /// Shape and colour of a state.
    pub enum Mark { Ok, Idle, Busy, Warning, Bad, Outside }
    /// State of a connection.
    pub enum ConnectionState { Reading, Connected, Waiting, Lost, Saved }
    /// What a revision is in a canary upgrade.
    pub enum RevisionRole { Stable, Canary, Other }
    /// Name of a stepper's step.
    pub enum StepName { Precheck, ControlPlane, Gateways, Workloads, Verify, DeployCanary, MoveNamespaces, Promote, Unpublish }
    /// State of a step.
    pub enum StepState { Done, Current, Later, Blocked, Failed, Skipped }
    /// How bad a finding is.
    pub enum Severity { Block, Warn, Info }
    /// State of a data-plane row.
    pub enum RowState { UpToDate, Later, NeedsRestart, Behind, WouldLoseSidecar, MissingSidecar, NoSidecar, CannotRestart, Rolling, Unknown }
    /// Where namespaces are moved.
    pub enum MoveTarget { Canary, Stable }
    /// What an operation is.
    pub enum OperationKind { UpgradeControlPlane, DeployCanary, MoveNamespaces, Restart, UpgradeGateways, GatewayCanary, Promote, Revoke, Unpublish, RollBack }
    /// State of a run.
    pub enum RunState { Running, Pausing, Paused, Waiting, Asking, Interrupted, Succeeded, Failed, Aborted }
    /// State of a wave's cell.
    pub enum CellState { Pending, Asks, Restarting, Verifying, Done, Failed, Skipped }
    /// An answer to a run's question.
    pub enum Answer { Continue, Retry, Skip, Abort }
    /// Kind of a log line.
    pub enum LogKind { Plan, Check, Label, Patch, Install, Change, Pod, Wait, Done, Warn, Fail, Pause, Go }
    /// Method of a hop.
    pub enum Method { InPlace, Canary }
    /// Kind of failure of a command.
    pub enum ErrorCode {
        /// The request itself is wrong.
        BadRequest,
        /// No context of this name.
        ContextUnknown,
        /// A kubeconfig cannot be used.
        KubeconfigBroken,
        /// The API server does not answer.
        Unreachable,
        /// The certificate authority is not the expected one.
        WrongAuthority,
        /// The client or server certificate has expired.
        CertificateExpired,
        /// The credentials were not accepted.
        Unauthorized,
        /// The user may not do this.
        Forbidden,
        /// A credential program failed.
        CredentialProgram,
        /// No mesh in this cluster.
        NoMesh,
        /// Every write is refused.
        ReadOnly,
        /// The plan is not known, or was not computed here.
        PlanUnknown,
        /// The mesh is no longer what the plan was made from.
        PlanOutdated,
        /// The plan has blocking findings or lacks a consent.
        PlanBlocked,
        /// Another run or operator holds the mesh.
        MeshLocked,
        /// It is another cluster than the run's.
        OtherCluster,
        /// No run of this id.
        RunUnknown,
        /// The run is not in a state for this.
        RunState,
        /// No suitable istioctl.
        IstioctlMissing,
        /// The install's own values are missing.
        ValuesMissing,
        /// A child program failed.
        ProgramFailed,
        /// ASM's API was not reached or refused.
        Asm,
        /// No credential for ASM was found, or it was not accepted.
        AsmCredential,
        /// The journal or the settings could not be written.
        Storage,
        /// A file of this name is there already.
        FileExists,
        /// A file could not be read, or is not what it should be.
        FileBroken,
        /// Anything else.
        Internal,
    }
}

mod injecting;
mod offline;
mod planning;
mod runbook;

pub use injecting::*;
pub use offline::*;
pub use planning::*;
pub use runbook::*;
