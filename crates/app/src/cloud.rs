//! The way to ASM: credentials by the field's usual chain, clients, and one linked instance.
//!
//! Entry points: [`Access`] for what the user linked, [`simulated`] for the demo, [`Linked`] for a
//! session. A credential is looked for whenever it is needed and kept nowhere; what is said of it is
//! its place. Deliberately absent: what an instance is (`meshlift_core`).

use std::sync::Arc;
use std::time::Duration;

use meshlift_cluster::door::Door;
use meshlift_cluster::instance::{ApiServer, Cloud};
use meshlift_cluster::provider::asm::credentials::{
    self, Choice, Credentials, Environment, FindError, Found, ProgramUse,
};
use meshlift_cluster::provider::asm::{
    AsmError, Client, Limits, Network, Region, Setup, Transport,
};
use meshlift_sim::asm::SimAsm;
use thiserror::Error;

use crate::api::dto::{ApiError, AsmLink, ErrorCode, Phrase, PhraseCode};

/// How often an instance is read while somebody looks. What its calls may cost is not documented.
const EVERY: Duration = Duration::from_secs(10);
/// How often a simulated one is.
const EVERY_SIMULATED: Duration = Duration::from_secs(1);
/// Time to reach the API, TLS included.
const REACH: Duration = Duration::from_secs(5);
/// Where every simulated instance is.
const REGION_SIMULATED: &str = "cn-hangzhou";
/// The pause before a simulated API is asked again.
const PAUSE_SIMULATED: Duration = Duration::from_millis(100);

/// An instance that a session is linked with.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    pub(crate) cloud: Cloud,
    /// How often it is read.
    pub(crate) every: Duration,
}

/// The way to the instances that the user linked.
#[derive(Clone)]
pub(crate) struct Access {
    environment: Arc<Environment>,
    door: Door,
}

/// Why ASM is not reached.
#[derive(Debug, Error)]
pub(crate) enum AccessError {
    #[error("{source}")]
    Credential { source: FindError },
    #[error("{source}")]
    Call { source: Box<AsmError> },
}

impl Access {
    /// By the variables of the environment, and the files that they and the custom name.
    pub(crate) fn new(environment: Environment, door: Door) -> Self {
        Self { environment: Arc::new(environment), door }
    }

    /// Where the credential is, without using it.
    pub(crate) fn find(&self) -> Result<Found, AccessError> {
        // A profile that runs a program is named and not used: nothing runs that the user did not ask for.
        let choice = Choice { profile: None, programs: ProgramUse::Refuse };
        credentials::find(&self.environment, &choice)
            .map_err(|source| AccessError::Credential { source })
    }

    /// A client for a region.
    pub(crate) fn client(&self, region: &str) -> Result<Client, AccessError> {
        let call = |source| AccessError::Call { source: Box::new(source) };
        let credentials = self.find()?.credentials;
        Ok(Client::new(Setup {
            region: Region::new(region).map_err(call)?,
            network: Network::Public,
            transport: Transport::https(REACH).map_err(call)?,
            credentials,
            door: self.door.clone(),
            limits: Limits::default(),
        }))
    }

    /// The instance of a link.
    pub(crate) fn linked(&self, link: &AsmLink) -> Result<Linked, AccessError> {
        let client = self.client(&link.region)?;
        let api_server = ApiServer::by_kubeconfig(self.door.clone());
        Ok(Linked { cloud: Cloud::new(client, &link.instance, api_server), every: EVERY })
    }
}

/// A simulated instance, with the key that it knows.
pub(crate) fn simulated(instance: &SimAsm, door: Door) -> Result<Linked, AsmError> {
    let (openapi, control) = (instance.clone(), instance.clone());
    let key = instance.access_key();
    let client = Client::new(Setup {
        region: Region::new(REGION_SIMULATED)?,
        network: Network::Public,
        transport: Transport::InProcess(Arc::new(move || openapi.dial_openapi())),
        credentials: Credentials::of_keys(key.id, key.secret, key.token),
        door: door.clone(),
        limits: Limits { pause: PAUSE_SIMULATED, ..Limits::default() },
    });
    let api_server = ApiServer::in_process(Arc::new(move || control.dial_control_plane()), door);
    let cloud = Cloud::new(client, &instance.mesh_id(), api_server);
    Ok(Linked { cloud, every: EVERY_SIMULATED })
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match &error {
            AccessError::Credential { .. } => Self::new(ErrorCode::AsmCredential, &error)
                .hinting(Phrase::plain(PhraseCode::HintAsmCredentials)),
            AccessError::Call { .. } => Self::new(ErrorCode::Asm, &error),
        }
    }
}

/// Why a call to ASM failed, as an error of a command.
pub(crate) fn asm_error(error: &AsmError) -> ApiError {
    match error {
        AsmError::Credential(_)
        | AsmError::UnknownKey(_)
        | AsmError::WrongSecret(_)
        | AsmError::ExpiredToken(_)
        | AsmError::InvalidToken(_) => ApiError::new(ErrorCode::AsmCredential, error)
            .hinting(Phrase::plain(PhraseCode::HintAsmCredentials)),
        AsmError::ReadOnly { .. } => ApiError::new(ErrorCode::ReadOnly, error),
        AsmError::Forbidden(_) => ApiError::new(ErrorCode::Forbidden, error),
        AsmError::Timeout { .. }
        | AsmError::Unreachable { .. }
        | AsmError::Cut { .. }
        | AsmError::Throttled { .. }
        | AsmError::Unavailable(_)
        | AsmError::Server(_) => ApiError::new(ErrorCode::Asm, error).retryable(),
        AsmError::NoIntent { .. }
        | AsmError::NotAllowed { .. }
        | AsmError::Region { .. }
        | AsmError::NotLoopback { .. }
        | AsmError::NoClient { .. }
        | AsmError::Cancelled { .. }
        | AsmError::TooLong { .. }
        | AsmError::NotTheApi { .. }
        | AsmError::Undecodable { .. }
        | AsmError::ClockSkew { .. }
        | AsmError::ArrivedTwice(_)
        | AsmError::VersionNotExpected(_)
        | AsmError::NotFound(_)
        | AsmError::Locked(_)
        | AsmError::NameTaken(_)
        | AsmError::NotReady(_)
        | AsmError::InUse(_)
        | AsmError::Rejected(_) => ApiError::new(ErrorCode::Asm, error),
    }
}
