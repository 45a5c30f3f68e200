//! What the application is opened with.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use meshlift_cluster::provider::asm::credentials::Environment;
use meshlift_sim::asm::SimAsm;

use crate::clock::Clock;
use crate::contexts::KubeconfigSources;
use crate::operator;
use crate::settings::Store;
use crate::simulated::{DemoPace, SimulatedInstance, SimulatedMesh};

/// What the application is opened with.
#[derive(Clone)]
pub struct Options {
    /// Folder of the journal.
    pub data_folder: PathBuf,
    /// What keeps the settings.
    pub store: Arc<dyn Store>,
    /// Where kubeconfigs are looked for.
    pub kubeconfigs: KubeconfigSources,
    /// Whether every write is refused, and may not be allowed from the window.
    pub read_only_forced: bool,
    /// How quickly the demo goes; none for no demo.
    pub demo: Option<DemoPace>,
    /// Further simulated meshes.
    pub simulated: Vec<SimulatedMesh>,
    /// Further simulated ASM instances.
    pub simulated_instances: Vec<SimulatedInstance>,
    /// Where the credential for ASM is looked for.
    pub asm_environment: Environment,
    /// A simulated cloud in the place of the real one.
    pub asm_cloud: Option<SimAsm>,
    /// Folders in which istioctl is looked for, as in `PATH`.
    pub istioctl_path: Option<OsString>,
    /// Who is at this computer, as `user@host`.
    pub operator: String,
    /// The clock.
    pub clock: Clock,
}

/// The variables of this process that are text; others name no credential.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Options {
    /// What the environment says, with the demo as a person would like it.
    pub fn new(data_folder: PathBuf, store: Arc<dyn Store>) -> Self {
        Self {
            data_folder,
            store,
            kubeconfigs: KubeconfigSources {
                env: std::env::var_os("KUBECONFIG"),
                home: std::env::home_dir(),
            },
            read_only_forced: false,
            demo: Some(DemoPace::Quick),
            simulated: Vec::new(),
            simulated_instances: Vec::new(),
            asm_environment: Environment::new(variables()),
            asm_cloud: None,
            istioctl_path: std::env::var_os("PATH"),
            operator: operator::operator(),
            clock: Clock::System,
        }
    }
}
