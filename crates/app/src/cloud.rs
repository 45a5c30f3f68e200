//! The way to ASM: credentials by the field's usual chain, clients, and one linked instance.
//!
//! Entry points: [`Access`] for what the user linked, [`simulated`] for the demo, [`Linked`] for a
//! session. A credential is looked for whenever it is needed and kept nowhere; what is said of it is
//! its place. Deliberately absent: what an instance is (`meshlift_core`).

use std::sync::Arc;
use std::time::Duration;

use meshlift_cluster::door::Door;
use meshlift_cluster::instance::{ApiServer, Cloud, InstanceError};
use meshlift_cluster::programs::Programs;
use meshlift_cluster::provider::asm::credentials::{
    self, Choice, CredentialError, Credentials, Environment, FindError, Found, Listed, ProgramUse,
};
use meshlift_cluster::provider::asm::{
    AsmError, Client, Limits, Network, Region, Setup, Transport,
};
use meshlift_sim::asm::SimAsm;
use thiserror::Error;

use crate::Options;
use crate::api::dto::{ApiError, AsmLink, ErrorCode, Phrase, PhraseCode};
use crate::api::faults;
use crate::view::spoken;

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
    /// A simulated cloud in the place of the real one.
    simulated: Option<SimAsm>,
}

/// Whether a program that a profile names may run for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The user chose the profile, and asked for what needs it.
    ByUser,
    /// Nobody asked: nothing is executed.
    ByNobody,
}

/// Why ASM is not reached.
#[derive(Debug, Error)]
pub(crate) enum AccessError {
    #[error("{source}")]
    Credential { source: FindError },
    #[error("{source}")]
    Call { source: Box<AsmError> },
}

impl AccessError {
    /// The sentence for the window.
    pub(crate) fn said(&self) -> Phrase {
        match self {
            Self::Credential { source } => faults::credential(source),
            Self::Call { source } => spoken::words(&source.to_string()),
        }
    }
}

impl Access {
    /// By the variables of the environment, and the files that they and the custom name.
    pub(crate) fn new(options: &Options, door: Door) -> Self {
        let environment = Arc::new(options.asm_environment.clone());
        Self { environment, door, simulated: options.asm_cloud.clone() }
    }

    /// Where the credential is, without using it.
    pub(crate) fn find(&self, cli_profile: Option<&str>) -> Result<Found, AccessError> {
        credentials::find(&self.environment, &choice(cli_profile, Asked::ByUser))
            .map_err(|source| AccessError::Credential { source })
    }

    /// Profiles of the aliyun command that can be chosen.
    pub(crate) fn profiles(&self) -> Result<Vec<Listed>, AccessError> {
        credentials::profiles(&self.environment)
            .map_err(|source| AccessError::Credential { source })
    }

    /// A client for a region.
    pub(crate) fn client(
        &self,
        region: &str,
        cli_profile: Option<&str>,
        asked: Asked,
    ) -> Result<Client, AccessError> {
        let call = |source| AccessError::Call { source: Box::new(source) };
        let choice = choice(cli_profile, asked);
        // Said before anything is asked; what is used is looked for anew each time.
        credentials::find(&self.environment, &choice)
            .map_err(|source| AccessError::Credential { source })?;
        let transport = match self.simulated.clone() {
            Some(cloud) => Transport::InProcess(Arc::new(move || cloud.dial_openapi())),
            None => Transport::https(REACH).map_err(call)?,
        };
        Ok(Client::new(Setup {
            region: Region::new(region).map_err(call)?,
            network: Network::Public,
            transport,
            credentials: Credentials::at(self.environment.clone(), choice),
            door: self.door.clone(),
            limits: Limits::default(),
        }))
    }

    /// The instance of a link.
    pub(crate) fn linked(&self, link: &AsmLink, asked: Asked) -> Result<Linked, AccessError> {
        let client = self.client(&link.region, link.cli_profile.as_deref(), asked)?;
        let door = self.door.clone();
        let api_server = match self.simulated.clone() {
            Some(cloud) => {
                ApiServer::in_process(Arc::new(move || cloud.dial_control_plane()), door)
            }
            None => ApiServer::by_kubeconfig(door),
        };
        Ok(Linked { cloud: Cloud::new(client, &link.instance, api_server), every: EVERY })
    }
}

/// A profile that the user chose may run its program when the user asks for something; the one that
/// happens to be the current one is named and not used.
fn choice(cli_profile: Option<&str>, asked: Asked) -> Choice {
    let programs = match (cli_profile, asked) {
        (Some(_), Asked::ByUser) => ProgramUse::Run(Programs::Real),
        (None, _) | (_, Asked::ByNobody) => ProgramUse::Refuse,
    };
    Choice { profile: cli_profile.map(str::to_owned), programs }
}

/// A simulated instance, with the key that it knows or the one that is found.
pub(crate) fn simulated(
    instance: &SimAsm,
    environment: Option<&Environment>,
    door: Door,
) -> Result<Linked, AsmError> {
    let (openapi, control) = (instance.clone(), instance.clone());
    let credentials = if let Some(environment) = environment {
        Credentials::at(Arc::new(environment.clone()), choice(None, Asked::ByNobody))
    } else {
        let key = instance.access_key();
        Credentials::of_keys(key.id, key.secret, key.token)
    };
    let client = Client::new(Setup {
        region: Region::new(REGION_SIMULATED)?,
        network: Network::Public,
        transport: Transport::InProcess(Arc::new(move || openapi.dial_openapi())),
        credentials,
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
            AccessError::Credential { source } => Self::new(ErrorCode::AsmCredential, &error)
                .saying(faults::credential(source))
                .hinting(Phrase::plain(PhraseCode::HintAsmCredentials)),
            AccessError::Call { source } => asm_error(source),
        }
    }
}

/// Why a call to ASM failed and what to do about it, as an error of a command.
pub(crate) fn asm_error(error: &AsmError) -> ApiError {
    let plain = |code| ApiError::new(code, error);
    let hinted = |code, hint| plain(code).hinting(Phrase::plain(hint));
    match error {
        AsmError::Credential(CredentialError::Gone { source }) => {
            hinted(ErrorCode::AsmCredential, PhraseCode::HintAsmCredentials)
                .saying(faults::credential(source))
        }
        AsmError::Credential(_)
        | AsmError::UnknownKey(_)
        | AsmError::WrongSecret(_)
        | AsmError::ExpiredToken(_)
        | AsmError::InvalidToken(_) => {
            hinted(ErrorCode::AsmCredential, PhraseCode::HintAsmCredentials)
        }
        AsmError::ReadOnly { .. } => plain(ErrorCode::ReadOnly),
        AsmError::Forbidden(_) => hinted(ErrorCode::Asm, PhraseCode::HintAsmPermission),
        AsmError::Region { .. } => hinted(ErrorCode::Asm, PhraseCode::HintAsmRegion),
        AsmError::Throttled { .. } | AsmError::Unavailable(_) | AsmError::Server(_) => {
            hinted(ErrorCode::Asm, PhraseCode::HintAsmLater).retryable()
        }
        AsmError::Timeout { .. }
        | AsmError::Unreachable { .. }
        | AsmError::Cut { .. }
        | AsmError::NotTheApi { .. } => {
            hinted(ErrorCode::Asm, PhraseCode::HintCheckNetwork).retryable()
        }
        AsmError::NoIntent { .. }
        | AsmError::NotAllowed { .. }
        | AsmError::NotLoopback { .. }
        | AsmError::NoClient { .. }
        | AsmError::Cancelled { .. }
        | AsmError::TooLong { .. }
        | AsmError::Undecodable { .. }
        | AsmError::ClockSkew { .. }
        | AsmError::ArrivedTwice(_)
        | AsmError::VersionNotExpected(_)
        | AsmError::NotFound(_)
        | AsmError::Locked(_)
        | AsmError::NameTaken(_)
        | AsmError::NotReady(_)
        | AsmError::InUse(_)
        | AsmError::Rejected(_) => plain(ErrorCode::Asm),
    }
}

/// Why an instance was not read, as an error of a command.
pub(crate) fn instance_error(error: &InstanceError) -> ApiError {
    match error {
        InstanceError::Read { source } | InstanceError::Call { source } => asm_error(source),
        InstanceError::NoApiServer { .. } => ApiError::new(ErrorCode::Asm, error)
            .hinting(Phrase::plain(PhraseCode::HintCheckNetwork))
            .retryable(),
        InstanceError::Gateway { .. }
        | InstanceError::GatewayGone { .. }
        | InstanceError::NoCall { .. } => ApiError::new(ErrorCode::Asm, error),
    }
}
