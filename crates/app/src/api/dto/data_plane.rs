//! Namespaces and workloads: which revision they are on, and what would happen to them.

use serde::{Deserialize, Serialize};

use super::{Availability, Mark, Phrase};

dto! {
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
        /// Proxies of it that are not what their control plane would give them now.
        pub behind: u32,
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
}

dto_word! {
    /// State of a data-plane row.
    pub enum RowState { UpToDate, Held, Later, NeedsRestart, Behind, WouldLoseSidecar, MissingSidecar, NoSidecar, CannotRestart, Rolling, Unknown }
}
