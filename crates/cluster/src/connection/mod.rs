//! An open connection to one cluster.
//!
//! Entry points: [`Connection::open`] for a context of a kubeconfig, [`Connection::in_process`] for the
//! simulator. Every request of either passes the same [`Door`]. Opening is the only moment at which a
//! credential program runs, besides renewing what it gave. It ends with the cluster's identity: a run
//! belongs to that, not to the name of a context. Deliberately absent: reading a mesh
//! ([`crate::snapshot`]).

mod certificate;
mod client;
mod credential;
mod in_process;
mod target;

use std::fmt;
use std::sync::Arc;

use kube::client::Client;
use meshlift_core::inventory::Cluster;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::calls::{CallError, Calls, Limits};
use crate::contexts::Context;
use crate::door::Door;

pub(crate) use certificate::not_after;
pub use in_process::Dial;
pub use target::{Target, UnlistablePath};

/// A connection. Clones share everything.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<Inner>,
}

struct Inner {
    context: String,
    server: Arc<str>,
    user: String,
    programs: Target,
    client: Client,
    calls: Calls,
    door: Door,
    cluster: Cluster,
}

/// Why a connection was not opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum ConnectError {
    #[error("context `{context}` can't be used: {problem}")]
    Unusable { context: String, problem: String },
    #[error("{source}")]
    Call { context: String, source: CallError },
}

/// Why it is not certain that a cluster still answers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum IdentityError {
    #[error("cluster {found} answers in the place of cluster {expected}")]
    Other { expected: String, found: String },
    #[error("{source}")]
    Unread { source: CallError },
}

impl ConnectError {
    /// The call that failed, if the context itself is in order.
    pub fn call(&self) -> Option<&CallError> {
        match self {
            Self::Unusable { .. } => None,
            Self::Call { source, .. } => Some(source),
        }
    }
}

impl Connection {
    /// Connects to the cluster of a context, within the usual limits of time.
    pub async fn open(context: &Context, door: Door) -> Result<Self, ConnectError> {
        Self::open_within(context, door, Limits::default()).await
    }

    /// Connects to the cluster of a context.
    pub async fn open_within(
        context: &Context,
        door: Door,
        limits: Limits,
    ) -> Result<Self, ConnectError> {
        if let Some(problem) = &context.problem {
            return Err(ConnectError::Unusable {
                context: context.name.clone(),
                problem: problem.to_string(),
            });
        }
        let door = door.for_connection();
        let client = client::build(context, door.clone(), limits).await?;
        let opened = Self::with_client(Parts {
            context: context.name.clone(),
            server: context.server.as_str().into(),
            user: context.user.clone(),
            programs: Target::of(context),
            client,
            door,
            limits,
        });
        opened.await.map_err(|error| certificate::explain(error, context))
    }

    /// Connects to the simulator, whose server takes the other end of every pipe that `dial` makes.
    pub async fn in_process(name: &str, dial: Dial, door: Door) -> Result<Self, ConnectError> {
        let door = door.for_connection();
        let client = in_process::client(dial, door.clone());
        Self::with_client(Parts {
            context: name.to_owned(),
            server: in_process::ADDRESS.into(),
            user: "simulated".to_owned(),
            programs: Target::simulated(name),
            client,
            door,
            limits: Limits::default(),
        })
        .await
    }

    /// The cluster, as it was when the connection was opened.
    pub fn cluster(&self) -> &Cluster {
        &self.inner.cluster
    }

    /// Reads again which cluster it is: before a write after a pause.
    pub async fn read_cluster(&self) -> Result<Cluster, CallError> {
        identify(&self.inner.calls).await
    }

    /// Whether the cluster of this UID answers here now. Asked before a write that carries no guard of
    /// its own against reaching another one.
    pub async fn is_still(&self, uid: &str) -> Result<(), IdentityError> {
        let read = Box::pin(uid_of(&self.inner.calls));
        let found = read.await.map_err(|source| IdentityError::Unread { source })?;
        if found == uid {
            return Ok(());
        }
        Err(IdentityError::Other { expected: uid.to_owned(), found })
    }

    /// Address of the API server.
    pub fn server(&self) -> &str {
        &self.inner.server
    }

    /// Name of the context.
    pub fn context(&self) -> &str {
        &self.inner.context
    }

    /// Who the API server says this is; what the kubeconfig says where the server cannot tell.
    pub async fn user(&self) -> String {
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let question =
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let answer = self.inner.calls.ask(path, &question).await;
        let name = |answer: &Value| {
            answer.pointer("/status/userInfo/username")?.as_str().map(str::to_owned)
        };
        answer.ok().as_ref().and_then(name).unwrap_or_else(|| self.inner.user.clone())
    }

    /// What a child program is given to reach this cluster.
    pub fn target(&self) -> &Target {
        &self.inner.programs
    }

    /// Calls to the API server.
    pub fn calls(&self) -> &Calls {
        &self.inner.calls
    }

    /// The client itself, for port-forwards. It stands behind the same door.
    pub fn client(&self) -> Client {
        self.inner.client.clone()
    }

    /// The door, to register pods that may be port-forwarded to.
    pub fn door(&self) -> &Door {
        &self.inner.door
    }

    async fn with_client(parts: Parts) -> Result<Self, ConnectError> {
        let Parts { context, server, user, programs, client, door, limits } = parts;
        // A person waits: the first question is asked once.
        let at_once = Limits { retry: std::time::Duration::ZERO, ..limits };
        let calls = Calls::new(client.clone(), Arc::clone(&server), at_once);
        let cluster = identify(&calls)
            .await
            .map_err(|source| ConnectError::Call { context: context.clone(), source })?;
        let calls = Calls::new(client.clone(), Arc::clone(&server), limits);
        let inner = Inner { context, server, user, programs, client, calls, door, cluster };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("context", &self.inner.context)
            .field("server", &self.inner.server)
            .field("cluster", &self.inner.cluster)
            .finish_non_exhaustive()
    }
}

struct Parts {
    context: String,
    server: Arc<str>,
    user: String,
    programs: Target,
    client: Client,
    door: Door,
    limits: Limits,
}

async fn identify(calls: &Calls) -> Result<Cluster, CallError> {
    let (uid, version) = futures::try_join!(uid_of(calls), calls.get::<Version>("/version"))?;
    Ok(Cluster { uid, kubernetes: version.git_version })
}

/// A cluster has no id of its own: this namespace is made with it and cannot be deleted.
async fn uid_of(calls: &Calls) -> Result<String, CallError> {
    let namespace: Identified = calls.get("/api/v1/namespaces/kube-system").await?;
    Ok(namespace.metadata.uid)
}

#[derive(Deserialize)]
struct Identified {
    metadata: Identity,
}

#[derive(Deserialize)]
struct Identity {
    uid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}
