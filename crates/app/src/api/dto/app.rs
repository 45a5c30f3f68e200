//! What the application says of itself: its settings, what it watches and what it reports unasked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AsmLink, Phrase, RunSummary};

dto! {
    /// The read-only switch of the top bar.
    pub struct ReadOnly {
        /// Whether every write is refused.
        pub on: bool,
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

    /// One change of the settings. It names what it changes and nothing else, so that of two at
    /// once neither undoes the other.
    #[serde(tag = "kind")]
    pub enum SettingsChange {
        /// The language.
        #[serde(rename_all = "camelCase")]
        Language {
            /// `en-US` or `zh-CN`.
            language: String,
        },
        /// The theme.
        #[serde(rename_all = "camelCase")]
        Theme {
            /// `light`, `dark` or `system`.
            theme: String,
        },
        /// Whether the app starts read-only.
        #[serde(rename_all = "camelCase")]
        ReadOnly {
            /// Whether it does.
            on: bool,
        },
        /// One more path in a list.
        #[serde(rename_all = "camelCase")]
        AddPath {
            /// The list.
            list: PathsOf,
            /// The path.
            path: String,
        },
        /// One path less in a list.
        #[serde(rename_all = "camelCase")]
        RemovePath {
            /// The list.
            list: PathsOf,
            /// The path.
            path: String,
        },
        /// The file that replaces parts of the built-in catalogue.
        #[serde(rename_all = "camelCase")]
        Catalogue {
            /// The file; none for the built-in one alone.
            file: Option<String>,
        },
        /// Something that the user says about a context.
        #[serde(rename_all = "camelCase")]
        Context {
            /// The context.
            context: String,
            /// What.
            change: ContextChange,
        },
    }

    /// One change of what the user says about a context.
    #[serde(tag = "kind")]
    pub enum ContextChange {
        /// Its tag.
        #[serde(rename_all = "camelCase")]
        Tag {
            /// The tag; none for none.
            tag: Option<String>,
        },
        /// Whether confirmations ask to type its name.
        #[serde(rename_all = "camelCase")]
        Protected {
            /// Whether they do.
            on: bool,
        },
        /// The IstioOperator file that it was installed with.
        #[serde(rename_all = "camelCase")]
        InstallValues {
            /// The file; none when it is not known.
            file: Option<String>,
        },
        /// The ASM instance that is its control plane.
        #[serde(rename_all = "camelCase")]
        Asm {
            /// The instance; none to unlink it.
            link: Option<AsmLink>,
        },
    }

    /// What the user says about one context.
    #[derive(Default)]
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
        pub problem: Option<Phrase>,
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
}

dto_word! {
    /// The lists of paths in the settings.
    pub enum PathsOf { Kubeconfigs, Istioctls }
}
