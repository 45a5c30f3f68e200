//! Upgrade Management: the mesh, its revisions, and what the two tabs offer.

use serde::{Deserialize, Serialize};

use super::{
    AsmView, Connection, DataPlaneRow, ForeignRun, Mark, NamespaceView, Phrase, PrecheckView,
    ProviderKind, RunSummary, SavedView,
};

dto! {
    /// Chooses the target version of a mesh.
    pub struct TargetChoice {
        /// The context.
        pub context: String,
        /// The version; none for the app's own choice.
        pub target: Option<String>,
    }

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
        /// Proxies that are not what their control plane would give them now.
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
        pub unreadable: Vec<Phrase>,
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
        /// The version that the last precheck was for, where that is another than the target.
        pub checked_for: Option<String>,
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
        /// The version that the last precheck was for, where that is another than the target.
        pub checked_for: Option<String>,
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
}

dto_word! {
    /// What a revision is in a canary upgrade.
    pub enum RevisionRole { Stable, Canary, Other }

    /// Name of a stepper's step.
    pub enum StepName { Precheck, ControlPlane, Gateways, Workloads, Verify, DeployCanary, MoveNamespaces, Promote, Unpublish }

    /// State of a step.
    pub enum StepState { Done, Current, Later, Blocked, Failed, Skipped }
}
