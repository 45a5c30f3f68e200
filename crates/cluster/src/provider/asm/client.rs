//! The client: every operation passes here, and here the door is asked, the credential is fetched and
//! the answer is decoded.
//!
//! Entry points: [`Client::new`], [`Client::until`] for calls that can be cancelled. The operations
//! are methods in `api`. Deliberately absent: deciding what to do with an answer.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::answer;
use super::credentials::{Credentials, Fault, Keys};
use super::endpoint::{Network, Region, sts_host};
use super::error::AsmError;
use super::operation::{Effect, Operation, Service};
use super::parameters::Call;
use super::sender::{Limits, Sender};
use super::transport::Transport;
use crate::door::{Door, IntentId, Refusal};

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The region whose endpoint answers.
    pub region: Region,
    /// From where it is reached.
    pub network: Network,
    /// The way to it.
    pub transport: Transport,
    /// Who asks.
    pub credentials: Credentials,
    /// The read-only switch.
    pub door: Door,
    /// How long things may take.
    pub limits: Limits,
}

/// A client of the service-mesh API and of the two neighbours that it needs. Clones share
/// everything, the credential in use included.
#[derive(Debug, Clone)]
pub struct Client {
    setup: Arc<Setup>,
    sender: Sender,
    cancel: CancellationToken,
}

impl Client {
    /// A client. Nothing is sent yet.
    pub fn new(setup: Setup) -> Self {
        let sender = Sender { transport: setup.transport.clone(), limits: setup.limits };
        Self { setup: Arc::new(setup), sender, cancel: CancellationToken::new() }
    }

    /// The same client, whose calls all end when `cancel` does. A write that is cancelled may still
    /// have happened.
    #[must_use]
    pub fn until(&self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self.clone() }
    }

    /// The same client in another region: the central endpoint does not answer for those of
    /// [`Region::separate`].
    #[must_use]
    pub fn in_region(&self, region: Region) -> Self {
        Self { setup: Arc::new(Setup { region, ..(*self.setup).clone() }), ..self.clone() }
    }

    /// The region that it asks.
    pub fn region(&self) -> &Region {
        &self.setup.region
    }

    /// A call of one of the RPC operations, without parameters.
    pub(super) fn call(&self, operation: Operation) -> Call {
        let region = &self.setup.region;
        let host = match operation.service() {
            Service::Mesh => region.mesh_host(self.setup.network),
            Service::Sts => sts_host(Some(region)),
            Service::Ack => region.ack_host(),
        };
        Call::rpc(operation, &host)
    }

    /// Asks, and decodes the answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, AsmError> {
        self.run(call, None).await
    }

    /// Changes something that was journaled, and decodes the answer.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        call: Call,
        intent: &IntentId,
    ) -> Result<T, AsmError> {
        self.run(call, Some(intent)).await
    }

    /// The one place that every call passes.
    async fn run<T: DeserializeOwned>(
        &self,
        call: Call,
        intent: Option<&IntentId>,
    ) -> Result<T, AsmError> {
        let admit = || admit(&self.setup.door, call.operation, intent);
        // No credential is fetched for a call that may not leave.
        admit()?;
        let keys = self.keys().await?;
        let answer = self.sender.send(&call, Some(&keys), admit, &self.cancel).await;
        let others = match answer.as_ref().err().and_then(fault) {
            Some(fault) => self.setup.credentials.forget(&keys, fault).await,
            None => false,
        };
        let body = match answer {
            // An expired credential was refused before anything happened; one that can be renewed is.
            Err(AsmError::ExpiredToken(_)) if others => {
                let keys = self.keys().await?;
                self.sender.send(&call, Some(&keys), admit, &self.cancel).await?
            }
            answer => answer?,
        };
        answer::decode(call.operation, &body)
    }

    async fn keys(&self) -> Result<Keys, AsmError> {
        Ok(self.setup.credentials.current(&self.sender, &self.cancel).await?)
    }
}

/// What an error says about the keys that the call was signed with.
fn fault(error: &AsmError) -> Option<Fault> {
    match error {
        AsmError::ExpiredToken(_)
        | AsmError::InvalidToken(_)
        | AsmError::UnknownKey(_)
        | AsmError::WrongSecret(_) => Some(Fault::Refused),
        AsmError::Forbidden(_) => Some(Fault::Forbidden),
        AsmError::ReadOnly { .. }
        | AsmError::NoIntent { .. }
        | AsmError::NotAllowed { .. }
        | AsmError::Region { .. }
        | AsmError::NotLoopback { .. }
        | AsmError::NoClient { .. }
        | AsmError::Credential(_)
        | AsmError::Cancelled { .. }
        | AsmError::Unreachable { .. }
        | AsmError::Timeout { .. }
        | AsmError::Cut { .. }
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
        | AsmError::Throttled { .. }
        | AsmError::Unavailable(_)
        | AsmError::Server(_)
        | AsmError::Rejected(_) => None,
    }
}

/// Whether a call may leave: a read always, a write for a journaled intent while the door is open.
fn admit(door: &Door, operation: Operation, intent: Option<&IntentId>) -> Result<(), Refusal> {
    match operation.effect() {
        Effect::Reads => Ok(()),
        Effect::Writes => door.admit_write(operation.name(), intent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_only_mode_refuses_every_write_and_no_read() {
        let door = Door::new(true);
        let intent = IntentId::new("run-1/3");

        for operation in Operation::ALL.iter().copied() {
            let admitted = admit(&door, operation, Some(&intent));
            match operation.effect() {
                Effect::Reads => assert_eq!(admitted, Ok(()), "{operation} only asks"),
                Effect::Writes => assert_eq!(
                    admitted,
                    Err(Refusal::ReadOnly { request: operation.name().to_owned() }),
                    "an intent does not open a shut door for {operation}"
                ),
            }
        }
    }

    #[test]
    fn every_write_needs_an_intent() {
        let door = Door::new(false);

        for operation in Operation::ALL.iter().copied() {
            let without = admit(&door, operation, None);
            let empty = admit(&door, operation, Some(&IntentId::new("")));
            let with = admit(&door, operation, Some(&IntentId::new("run-1/3")));
            let refused = Err(Refusal::NoIntent { request: operation.name().to_owned() });
            match operation.effect() {
                Effect::Reads => assert_eq!(without, Ok(()), "{operation} only asks"),
                Effect::Writes => {
                    assert_eq!(without, refused, "{operation}");
                    assert_eq!(empty, refused, "{operation}: an empty id names no intent");
                }
            }
            assert_eq!(with, Ok(()), "{operation}");
        }
    }
}
