//! Gateways and the public address of istiod (asm.md §7.4). There is no operation that lists
//! gateways: they are `IstioGateway` objects of the managed API server.

use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::{Accepted, MeshId};
use crate::door::IntentId;

/// What happens to a public address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EipChange {
    /// This address is attached.
    Bind {
        /// Its id.
        eip: String,
    },
    /// The attached address is detached.
    Unbind,
}

/// Which istiod is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PilotOf {
    /// The current control plane's.
    Current,
    /// The canary's.
    Canary,
}

impl Client {
    /// Replaces a gateway by `body`, an `IstioGateway` as JSON or YAML; the annotation of the gateway
    /// canary can be set in this way too.
    pub async fn update_asm_gateway(
        &self,
        mesh: &MeshId,
        gateway: &str,
        body: &str,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let call = self.call(Operation::UpdateASMGateway).form(described(mesh, gateway, body));
        self.change(call, intent).await
    }

    /// Makes a gateway from `body`, an `IstioGateway` as JSON or YAML.
    pub async fn create_asm_gateway(
        &self,
        mesh: &MeshId,
        gateway: &str,
        body: &str,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let call = self.call(Operation::CreateASMGateway).form(described(mesh, gateway, body));
        self.change(call, intent).await
    }

    /// Attaches a public address to an istiod, or detaches it.
    pub async fn modify_pilot_eip_resource(
        &self,
        mesh: &MeshId,
        pilot: PilotOf,
        change: &EipChange,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let is_canary = match pilot {
            PilotOf::Current => false,
            PilotOf::Canary => true,
        };
        let form = Pairs::default().with("ServiceMeshId", &mesh.0).with("IsCanary", is_canary);
        let form = match change {
            EipChange::Bind { eip } => form.with("Operation", "BindEip").with("EipId", eip),
            EipChange::Unbind => form.with("Operation", "UnBindEip"),
        };
        self.change(self.call(Operation::ModifyPilotEipResource).form(form), intent).await
    }
}

fn described(mesh: &MeshId, gateway: &str, body: &str) -> Pairs {
    Pairs::default()
        .with("ServiceMeshId", &mesh.0)
        .with("IstioGatewayName", gateway)
        .with("Body", body)
}
