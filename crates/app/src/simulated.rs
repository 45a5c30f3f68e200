//! Meshes that are simulated inside this process: the demo, and those that a test gives.
//!
//! Entry points: [`SimulatedMesh`] and [`DemoPace`]. Behind the connection everything is the same
//! code as for a real cluster.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use meshlift_cluster::connection::{ConnectError, Connection};
use meshlift_cluster::door::Door;
use meshlift_cluster::programs::{Exit, Programs, SimulatedProgram};
use meshlift_cluster::provider::istioctl::Binary;
use meshlift_sim::{Pace, SimMesh};

/// Name of the demo's context.
pub const DEMO: &str = "demo-istio";
/// The demo is the same mesh at every start.
const DEMO_SEED: u64 = 7;
/// What stands where an istioctl has its path.
const ISTIOCTL: &str = "istioctl";

/// How quickly the demo's pods start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoPace {
    /// As on a real cluster.
    Real,
    /// As a person who looks around would like it.
    Quick,
    /// At once.
    Instant,
}

/// A simulated mesh under the name of a context.
#[derive(Debug, Clone)]
pub struct SimulatedMesh {
    /// Name of its context.
    pub context: String,
    /// The mesh; clones are the same mesh.
    pub mesh: SimMesh,
}

/// A simulated mesh that can be opened.
#[derive(Debug, Clone)]
pub(crate) struct Simulated {
    context: Arc<str>,
    mesh: SimMesh,
}

impl SimulatedMesh {
    /// The mesh that every new user sees first.
    pub fn demo(pace: DemoPace) -> Self {
        let mesh = SimMesh::demo(DEMO_SEED);
        mesh.pace(match pace {
            DemoPace::Real => Pace::Demo { pod_start: Duration::from_secs(8) },
            DemoPace::Quick => Pace::Demo { pod_start: Duration::from_millis(1500) },
            DemoPace::Instant => Pace::Instant,
        });
        Self { context: DEMO.to_owned(), mesh }
    }
}

impl Simulated {
    pub(crate) fn new(given: SimulatedMesh) -> Self {
        Self { context: given.context.into(), mesh: given.mesh }
    }

    /// Name of its context.
    pub(crate) fn context(&self) -> &str {
        &self.context
    }

    /// The values that it was installed with.
    pub(crate) fn values(&self) -> &str {
        self.mesh.values()
    }

    /// Its own istioctl.
    pub(crate) fn binaries(&self) -> Vec<Binary> {
        vec![Binary {
            path: PathBuf::from(ISTIOCTL),
            version: self.mesh.istioctl_version().parse().ok(),
            problem: None,
        }]
    }

    /// Connects to it, and gives the programs that act on it.
    pub(crate) async fn connect(&self, door: Door) -> Result<(Connection, Programs), ConnectError> {
        let mesh = self.mesh.clone();
        let dial = Arc::new(move || mesh.dial());
        let connection = Connection::in_process(&self.context, dial, door).await?;
        Ok((connection, Programs::Simulated(Arc::new(Istioctl(self.mesh.clone())))))
    }
}

/// A simulated mesh's istioctl behind the port of programs.
struct Istioctl(SimMesh);

impl SimulatedProgram for Istioctl {
    fn run(&self, args: &[String]) -> BoxFuture<'_, Exit> {
        let args = args.to_vec();
        async move {
            let exit = self.0.program(&args).await;
            Exit { status: Some(exit.status), stdout: exit.stdout, stderr: exit.stderr }
        }
        .boxed()
    }
}
