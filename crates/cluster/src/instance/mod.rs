//! One ASM instance: reads it as the core knows it, and makes its calls.
//!
//! Entry points: [`Cloud::read`], [`Cloud::istiods`] and [`Cloud::perform`]. Two servers are asked, each for what it
//! holds (`domain/asm.md` §10.1): the API for versions, states and upgrades, the instance's own API
//! server for gateways and for the labels that are synced. What is not had is named in the reading
//! and never guessed. Deliberately absent: the data plane ([`crate::snapshot`]), and deciding
//! anything.

mod act;
mod api_server;
mod error;
mod fronts;
mod objects;
mod proxies;
mod reading;
mod sync;

use std::sync::Arc;
use std::time::{Duration, Instant};

use meshlift_core::inventory::Instance;
use tokio::sync::Mutex;

use crate::connection::Connection;
use crate::provider::asm::Client;
use crate::provider::asm::api::MeshId;

pub use api_server::ApiServer;
pub use error::InstanceError;
use reading::Slow;

/// How old what changes rarely may be: versions on offer, clusters, load balancers.
const SLOW: Duration = Duration::from_mins(1);

/// The way to one instance. Clones share what was read.
#[derive(Debug, Clone)]
pub struct Cloud {
    client: Client,
    mesh: MeshId,
    api_server: Arc<ApiServer>,
    slow: Arc<Mutex<Option<(Instant, Slow)>>>,
}

impl Cloud {
    /// An instance by its id. Nothing is asked yet.
    pub fn new(client: Client, mesh: &str, api_server: ApiServer) -> Self {
        Self {
            client,
            mesh: MeshId(mesh.to_owned()),
            api_server: Arc::new(api_server),
            slow: Arc::default(),
        }
    }

    /// Id of the instance.
    pub fn id(&self) -> &str {
        &self.mesh.0
    }

    /// Its own API server, which holds Istio's objects; none before it was reached by a reading.
    pub async fn api_server(&self) -> Option<Connection> {
        self.api_server.standing().await
    }

    /// The instance as it is now. What changes rarely may be a minute old.
    pub async fn read(&self) -> Result<Instance, InstanceError> {
        let detail = self
            .client
            .describe_service_mesh_detail(&self.mesh)
            .await
            .map_err(|source| InstanceError::Read { source: Box::new(source) })?
            .service_mesh;
        let mut instance = reading::instance(&detail);
        let found = self.api_server.objects(&self.client, &self.mesh, &detail).await;
        let policy = objects::fill(&mut instance, found);
        self.slow().await.fill(&mut instance, &detail.spec.load_balancer);
        sync::fill(&mut instance, policy);
        let upgrade = self.upgrade(&instance).await;
        reading::fill_upgrade(&mut instance, upgrade);
        Ok(instance)
    }

    /// Forgets what changes rarely, so that the next reading asks for it anew.
    pub async fn forget(&self) {
        *self.slow.lock().await = None;
    }

    async fn slow(&self) -> Slow {
        let mut held = self.slow.lock().await;
        if let Some((at, slow)) = held.as_ref()
            && at.elapsed() < SLOW
        {
            return slow.clone();
        }
        // Many calls at once: the future is too large to lie in every one that reads an instance.
        let slow = Box::pin(Slow::read(&self.client, &self.mesh)).await;
        *held = Some((Instant::now(), slow.clone()));
        slow
    }
}
