//! Which namespaces get a sidecar, of which revision (asm.md §7.4, S35 to S37), and the mesh's name.
//! Labels are set on the managed side, and the service copies them to the data plane.

use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::{Accepted, ClusterId, MeshId};
use crate::door::IntentId;

/// What a namespace is set to. The ways exclude each other (S37), so only one can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Injection {
    /// `istio-injection=enabled`: the current version.
    Enabled,
    /// No sidecars.
    Disabled,
    /// `istio.io/rev`: `stable`, `canary`, or a version as `1-18-0`. The API takes it only while a
    /// canary upgrade goes on.
    Revision(String),
    /// Ambient mode.
    Ambient,
    /// Out of ambient mode, back to sidecars.
    Sidecar,
}

impl Client {
    /// Sets which sidecars a namespace gets. Pods change when they are made anew.
    pub async fn update_istio_injection_config(
        &self,
        mesh: &MeshId,
        namespace: &str,
        injection: &Injection,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0).with("Namespace", namespace);
        let form = match injection {
            Injection::Enabled => form.with("EnableIstioInjection", true),
            Injection::Disabled => form.with("EnableIstioInjection", false),
            Injection::Revision(revision) => form.with("IstioRev", revision),
            Injection::Ambient => form.with("DataPlaneMode", "ambient"),
            Injection::Sidecar => form.with("DataPlaneMode", "sidecar"),
        };
        self.change(self.call(Operation::UpdateIstioInjectionConfig).form(form), intent).await
    }

    /// Copies the namespaces of a data-plane cluster to the managed side, labels included.
    pub async fn update_asm_namespace_from_guest_cluster(
        &self,
        mesh: &MeshId,
        cluster: &ClusterId,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0).with("K8sClusterId", &cluster.0);
        let call = self.call(Operation::UpdateASMNamespaceFromGuestCluster).form(form);
        self.change(call, intent).await
    }

    /// Gives the instance another name.
    pub async fn modify_service_mesh_name(
        &self,
        mesh: &MeshId,
        name: &str,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0).with("Name", name);
        self.change(self.call(Operation::ModifyServiceMeshName).form(form), intent).await
    }
}
