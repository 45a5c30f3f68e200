//! The way to an instance's own API server, which holds gateways and namespaces.

use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;

use super::objects::{self, Found};
use crate::connection::{Connection, Dial};
use crate::contexts;
use crate::door::Door;
use crate::provider::asm::Client;
use crate::provider::asm::api::{self, MeshId, Reach};

/// Pause after a failure before it is tried again: its address may not be reachable from here at
/// all, and every try takes long.
const PAUSE: Duration = Duration::from_mins(1);

/// The way to an instance's own API server.
#[derive(Debug)]
pub struct ApiServer {
    way: Way,
    door: Door,
    held: Mutex<Held>,
}

enum Way {
    /// By the kubeconfig that the API gives. It is kept in memory and nowhere else.
    Kubeconfig,
    /// Through pipes to the simulator.
    InProcess(Dial),
}

#[derive(Debug, Default)]
struct Held {
    connection: Option<Connection>,
    failed: Option<(Instant, String)>,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kubeconfig => "Kubeconfig",
            Self::InProcess(_) => "InProcess",
        })
    }
}

impl ApiServer {
    /// The one that the kubeconfig of the API names. Writes pass `door`.
    pub fn by_kubeconfig(door: Door) -> Self {
        Self { way: Way::Kubeconfig, door, held: Mutex::default() }
    }

    /// The simulator's.
    pub fn in_process(dial: Dial, door: Door) -> Self {
        Self { way: Way::InProcess(dial), door, held: Mutex::default() }
    }

    /// Everything that is read from it, or why it was not had.
    pub(super) async fn objects(
        &self,
        client: &Client,
        mesh: &MeshId,
        detail: &api::Instance,
    ) -> Result<Found, String> {
        let reach = if detail.endpoints.public_api_server_endpoint.is_empty() {
            Reach::Private
        } else {
            Reach::Public
        };
        let connection = self.connection(client, mesh, reach).await?;
        match Box::pin(objects::read(&connection, &detail.service_mesh_info.version)).await {
            Ok(found) => Ok(found),
            Err(error) => {
                self.held.lock().await.connection = None;
                Err(error.to_string())
            }
        }
    }

    /// The connection that stands, if one does.
    pub(super) async fn standing(&self) -> Option<Connection> {
        self.held.lock().await.connection.clone()
    }

    async fn connection(
        &self,
        client: &Client,
        mesh: &MeshId,
        reach: Reach,
    ) -> Result<Connection, String> {
        let mut held = self.held.lock().await;
        if let Some(connection) = &held.connection {
            return Ok(connection.clone());
        }
        if let Some((at, why)) = &held.failed
            && at.elapsed() < PAUSE
        {
            return Err(why.clone());
        }
        match self.connect(client, mesh, reach).await {
            Ok(connection) => {
                *held = Held { connection: Some(connection.clone()), failed: None };
                Ok(connection)
            }
            Err(why) => {
                held.failed = Some((Instant::now(), why.clone()));
                Err(why)
            }
        }
    }

    async fn connect(
        &self,
        client: &Client,
        mesh: &MeshId,
        reach: Reach,
    ) -> Result<Connection, String> {
        let name = format!("ASM {mesh}");
        let door = self.door.clone();
        let opened = match &self.way {
            Way::InProcess(dial) => Connection::in_process(&name, dial.clone(), door).await,
            Way::Kubeconfig => {
                let given = client
                    .describe_service_mesh_kubeconfig(mesh, reach)
                    .await
                    .map_err(|error| error.to_string())?;
                let context = contexts::given(&name, given.kubeconfig.expose_secret())?;
                Connection::open(&context, door).await
            }
        };
        opened.map_err(|error| error.to_string())
    }
}
