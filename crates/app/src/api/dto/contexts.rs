//! The contexts of the kubeconfigs, and the meshes behind them in one line each.

use serde::{Deserialize, Serialize};

use super::{ApiError, Mark, Phrase, SavedView};

dto! {
    /// Names a context.
    pub struct ContextName {
        /// The context.
        pub context: String,
    }

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
        /// What is wrong with it.
        pub said: Phrase,
    }

    /// One context.
    pub struct ContextRow {
        /// Its name.
        pub name: String,
        /// Address of its API server; of an open one, the address that it was opened at.
        pub server: String,
        /// The address that the kubeconfig leads to meanwhile, where that is another one.
        pub moved_to: Option<String>,
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
        pub problem: Option<Phrase>,
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
        /// Proxies that are not what their control plane would give them now.
        pub behind: u32,
        /// Proxies in the mesh.
        pub proxies: u32,
        /// State in words.
        pub state: Phrase,
        /// How urgent.
        pub mark: Mark,
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
}

dto_word! {
    /// Which provider runs a mesh.
    pub enum ProviderKind { Asm, Istioctl, Helm, Sail, ArgoCd, Flux, Vendor, Unknown, None }

    /// State of a connection.
    pub enum ConnectionState { Reading, Connected, Waiting, Lost, Saved }
}
