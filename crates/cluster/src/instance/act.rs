//! Makes the calls that change an instance, each once. Whether one is there already is looked at
//! before, by whoever asks.

use meshlift_core::asm::{Call, InjectionChange, Switch, injection_of};
use meshlift_core::inventory::{GATEWAY_NAMESPACE, Instance};

use super::{Cloud, InstanceError, objects};
use crate::door::IntentId;
use crate::provider::asm::AsmError;
use crate::provider::asm::api::{GatewayName, GatewaySelection, Injection, Mode, Part};

impl Cloud {
    /// Makes a call whose intent is in the journal. `instance` is what was read last. It ends when
    /// ASM took the call: what follows from it goes on after that.
    pub async fn perform(
        &self,
        instance: &Instance,
        call: &Call,
        intent: &IntentId,
    ) -> Result<(), InstanceError> {
        match call {
            Call::Precheck { target } => {
                let part = Part::ControlPlane { expected_version: target.to_string() };
                self.upgrade_call(&part, Mode::Check, intent).await
            }
            Call::Upgrade { target } => {
                let part = Part::ControlPlane { expected_version: target.to_string() };
                self.upgrade_call(&part, Mode::Upgrade, intent).await
            }
            Call::UpgradeGateway { gateway, target: _ } => {
                let name = GatewayName {
                    namespace: GATEWAY_NAMESPACE.to_owned(),
                    name: gateway.to_string(),
                };
                let Some(gateways) = GatewaySelection::new(vec![name]) else { return Ok(()) };
                // What a guard is compared with after the control plane's upgrade is not documented.
                let part = Part::Gateways { gateways, expected_version: None };
                self.upgrade_call(&part, Mode::Upgrade, intent).await
            }
            Call::Label { namespace, from: _, to } => {
                let change = injection_of(to)
                    .ok_or_else(|| InstanceError::NoCall { namespace: namespace.to_string() })?;
                let injection = match change {
                    InjectionChange::Revision(revision) => {
                        Injection::Revision(revision.to_string())
                    }
                    InjectionChange::Injection(Switch::Enabled) => Injection::Enabled,
                    InjectionChange::Injection(Switch::Disabled) => Injection::Disabled,
                };
                let asked = self
                    .client
                    .update_istio_injection_config(&self.mesh, namespace, &injection, intent);
                asked.await.map(drop).map_err(refused)
            }
            Call::GatewayCanary { gateway, canary } => {
                let connection = self.api_server.standing().await.ok_or_else(|| {
                    InstanceError::NoApiServer { why: "it was not read".to_owned() }
                })?;
                let found = instance
                    .gateway(gateway)
                    .ok_or_else(|| InstanceError::GatewayGone { gateway: gateway.to_string() })?;
                objects::annotate(&connection, found, *canary, intent).await.map_err(|source| {
                    InstanceError::Gateway {
                        gateway: gateway.to_string(),
                        source: Box::new(source),
                    }
                })
            }
        }
    }

    /// Whether it is a check or an upgrade is always said: the API takes silence for an upgrade.
    async fn upgrade_call(
        &self,
        part: &Part,
        mode: Mode,
        intent: &IntentId,
    ) -> Result<(), InstanceError> {
        let asked =
            self.client.upgrade_mesh_edition_partially(&self.mesh, part, mode, intent).await;
        asked.map(drop).map_err(refused)
    }
}

fn refused(source: AsmError) -> InstanceError {
    InstanceError::Call { source: Box::new(source) }
}
