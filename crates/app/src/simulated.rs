//! Meshes that are simulated inside this process: the demos, and those that a test gives.
//!
//! Entry points: [`SimulatedMesh`], [`SimulatedInstance`] and [`DemoPace`]. Behind the connection
//! everything is the same code as for a real cluster and the real cloud.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use meshlift_cluster::connection::{ConnectError, Connection, Dial};
use meshlift_cluster::door::Door;
use meshlift_cluster::programs::{Exit, InputFile, Programs, SimulatedProgram};
use meshlift_cluster::provider::asm::credentials::Environment;
use meshlift_cluster::provider::istioctl::Binary;
use meshlift_core::asm::HandOff;
use meshlift_sim::asm::SimAsm;
use meshlift_sim::{Pace, SimMesh};

use crate::cloud::{self, Linked};

/// Name of the demo's context: Istio that one runs oneself.
pub const DEMO: &str = "demo-istio";
/// Name of the context of the demo on ASM.
pub const DEMO_ASM: &str = "demo-asm";
/// Name of the context of the demo on a newer ASM, whose gateways can have a canary.
pub const DEMO_ASM_GATEWAYS: &str = "demo-asm-gateways";
/// The demos are the same at every start.
const DEMO_SEED: u64 = 7;
/// What stands where an istioctl has its path.
const ISTIOCTL: &str = "istioctl";

/// How quickly the demos' pods start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoPace {
    /// As on a real cluster.
    Real,
    /// As a person who looks around would like it.
    Quick,
    /// At once.
    Instant,
}

impl DemoPace {
    fn pace(self) -> Pace {
        match self {
            Self::Real => Pace::Demo { pod_start: Duration::from_secs(8) },
            Self::Quick => Pace::Demo { pod_start: Duration::from_millis(1500) },
            Self::Instant => Pace::Instant,
        }
    }
}

/// A simulated mesh under the name of a context.
#[derive(Debug, Clone)]
pub struct SimulatedMesh {
    /// Name of its context.
    pub context: String,
    /// The mesh; clones are the same mesh.
    pub mesh: SimMesh,
}

/// A simulated ASM instance under the name of its data plane's context.
#[derive(Debug, Clone)]
pub struct SimulatedInstance {
    /// Name of the context.
    pub context: String,
    /// The instance; clones are the same instance.
    pub instance: SimAsm,
    /// Where its credential is looked for; none for the key that it knows by itself.
    pub environment: Option<Environment>,
}

/// A simulated mesh that can be opened.
#[derive(Debug, Clone)]
pub(crate) struct Simulated {
    context: Arc<str>,
    world: World,
}

#[derive(Debug, Clone)]
enum World {
    Istio(SimMesh),
    Asm(SimAsm, Option<Environment>),
}

/// What was opened.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) programs: Programs,
    /// The way to its ASM instance.
    pub(crate) linked: Option<Linked>,
}

impl SimulatedMesh {
    /// The mesh that every new user sees first.
    pub fn demo(pace: DemoPace) -> Self {
        let mesh = SimMesh::demo(DEMO_SEED);
        mesh.pace(pace.pace());
        Self { context: DEMO.to_owned(), mesh }
    }
}

impl SimulatedInstance {
    /// The ASM instances that every new user can practise on.
    pub fn demos(pace: DemoPace) -> [Self; 2] {
        let demo = |context: &str, instance: SimAsm| {
            instance.pace(pace.pace());
            Self { context: context.to_owned(), instance, environment: None }
        };
        [
            demo(DEMO_ASM, SimAsm::demo(DEMO_SEED)),
            demo(DEMO_ASM_GATEWAYS, SimAsm::demo_of_gateways(DEMO_SEED)),
        ]
    }
}

impl Simulated {
    pub(crate) fn istio(given: SimulatedMesh) -> Self {
        Self { context: given.context.into(), world: World::Istio(given.mesh) }
    }

    pub(crate) fn asm(given: SimulatedInstance) -> Self {
        Self { context: given.context.into(), world: World::Asm(given.instance, given.environment) }
    }

    /// Name of its context.
    pub(crate) fn context(&self) -> &str {
        &self.context
    }

    /// The values that it was installed with, where an install made it.
    pub(crate) fn values(&self) -> Option<&str> {
        match &self.world {
            World::Istio(mesh) => Some(mesh.values()),
            World::Asm(..) => None,
        }
    }

    /// Its own istioctl.
    pub(crate) fn binaries(&self) -> Vec<Binary> {
        match &self.world {
            World::Istio(mesh) => vec![Binary {
                path: PathBuf::from(ISTIOCTL),
                version: mesh.istioctl_version().parse().ok(),
                problem: None,
            }],
            World::Asm(..) => Vec::new(),
        }
    }

    /// Connects to it, and gives what acts on it.
    pub(crate) async fn connect(&self, door: Door) -> Result<Opened, ConnectError> {
        let (dial, programs, linked): (_, Arc<dyn SimulatedProgram>, _) = match &self.world {
            World::Istio(mesh) => {
                let (near, own) = (mesh.clone(), mesh.clone());
                let dial: Dial = Arc::new(move || near.dial());
                (dial, Arc::new(Istioctl(own)), None)
            }
            World::Asm(instance, environment) => {
                let near = instance.clone();
                let dial: Dial = Arc::new(move || near.dial_data_plane());
                let linked = cloud::simulated(instance, environment.as_ref(), door.clone());
                let linked = linked.map_err(|error| ConnectError::Unusable {
                    context: self.context.to_string(),
                    problem: error.to_string(),
                })?;
                (dial, Arc::new(NoProgram), Some(linked))
            }
        };
        let connection = Connection::in_process(&self.context, dial, door).await?;
        Ok(Opened { connection, programs: Programs::Simulated(programs), linked })
    }

    /// Does a step in the simulated console, as a person would; why not, in its own words.
    pub(crate) fn by_hand(&self, task: &HandOff) -> Result<(), String> {
        let World::Asm(instance, _) = &self.world else {
            return Err("this mesh has no console".to_owned());
        };
        let done = match task {
            HandOff::DeployCanary { version } => {
                let offered = instance.console_canary_versions();
                let wanted = |text: &String| {
                    text.parse::<meshlift_core::version::MeshVersion>()
                        .is_ok_and(|found| found.istio() == version.istio())
                };
                let text = offered.into_iter().find(wanted);
                instance.console_deploy_canary(&text.unwrap_or_else(|| version.to_string()))
            }
            HandOff::Promote { version: _ } => instance.console_promote(),
            HandOff::Revoke { version: _ } => instance.console_revoke(),
            HandOff::Unpublish { version: _ } => instance.console_unpublish(),
        };
        done.map_err(|refused| refused.to_string())
    }
}

/// A simulated mesh's istioctl behind the port of programs.
struct Istioctl(SimMesh);

impl SimulatedProgram for Istioctl {
    fn run(&self, args: &[String], files: &[InputFile]) -> BoxFuture<'_, Exit> {
        let args = args.to_vec();
        let files = files.iter().map(|file| (file.name.clone(), file.text.clone())).collect();
        async move {
            let exit = self.0.program(&args, files).await;
            Exit { status: Some(exit.status), stdout: exit.stdout, stderr: exit.stderr }
        }
        .boxed()
    }
}

/// Nothing of an ASM mesh is done by a program.
struct NoProgram;

impl SimulatedProgram for NoProgram {
    fn run(&self, _: &[String], _: &[InputFile]) -> BoxFuture<'_, Exit> {
        let stderr = "no program acts on an ASM mesh".to_owned();
        std::future::ready(Exit { status: Some(127), stdout: String::new(), stderr }).boxed()
    }
}
