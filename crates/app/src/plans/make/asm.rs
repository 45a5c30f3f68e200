//! The plans of an ASM mesh. Restarts and moves are those of every mesh.

use meshlift_core::inventory::{GATEWAY_NAMESPACE, GatewayCanary, Kind, Name, WorkloadRef};
use meshlift_core::policy::Method;
use meshlift_core::rollout::{
    Pace, Plan, Refusal, compose_asm_canary, compose_asm_gateway_canary, compose_asm_gateways,
    compose_asm_promote, compose_asm_revoke, compose_asm_unpublish, compose_asm_upgrade,
};

use super::{Making, PlanError, earlier, hop, parsed, refused};
use crate::api::dto::{ApiError, GatewayCanaryWish, OperationRequest};
use crate::view::words::row_id;

impl Making<'_> {
    /// The plan of an operation on an ASM mesh.
    pub(super) async fn asm(&self, operation: &OperationRequest) -> Result<Plan, ApiError> {
        let snapshot = self.snapshot;
        let made = match operation {
            OperationRequest::UpgradeControlPlane { target } => {
                let target = parsed(target)?;
                hop(self.stage, snapshot, &target, Method::InPlace)?;
                compose_asm_upgrade(snapshot, &target)
            }
            OperationRequest::DeployCanary { target } => {
                let target = parsed(target)?;
                hop(self.stage, snapshot, &target, Method::Canary)?;
                compose_asm_canary(snapshot, &target)
            }
            OperationRequest::MoveNamespaces { namespaces, to, restart } => {
                let pace = restart.then(Pace::default);
                return self.movement(namespaces, *to, pace).await;
            }
            OperationRequest::Restart { workloads, first, width } => {
                return self.restart(workloads, first.as_ref(), *width);
            }
            OperationRequest::UpgradeGateways => compose_asm_gateways(snapshot, &[]),
            OperationRequest::UpgradeNamedGateways { gateways } => {
                let named = gateways.iter().map(|id| self.gateway(id));
                compose_asm_gateways(snapshot, &named.collect::<Result<Vec<_>, _>>()?)
            }
            OperationRequest::GatewayCanary { gateway, wish } => {
                let canary = match wish {
                    GatewayCanaryWish::Wanted => GatewayCanary::Wanted,
                    GatewayCanaryWish::Unwanted => GatewayCanary::Unwanted,
                };
                compose_asm_gateway_canary(snapshot, &self.gateway(gateway)?, canary)
            }
            OperationRequest::Promote => compose_asm_promote(snapshot, &self.places.canary()?),
            OperationRequest::Revoke => {
                let canary = self.places.canary()?;
                let earlier = earlier::earlier(self.app, &snapshot.cluster.uid).await?.labels;
                compose_asm_revoke(snapshot, &canary, &earlier, &Pace::default())
            }
            OperationRequest::Unpublish => compose_asm_unpublish(snapshot, &self.places.old()?),
        };
        Ok(made.map_err(refused)?)
    }

    /// The gateway of a row.
    fn gateway(&self, id: &str) -> Result<Name, PlanError> {
        let instance =
            self.snapshot.instance.as_deref().ok_or_else(|| refused(Refusal::NoInstance))?;
        let is_row = |deployment: String| {
            let workload = WorkloadRef {
                namespace: GATEWAY_NAMESPACE.into(),
                kind: Kind::Deployment,
                name: deployment.into(),
            };
            row_id(&workload) == id
        };
        let found = instance.gateways.iter().find(|gateway| is_row(gateway.deployment()));
        found
            .map(|gateway| gateway.name.clone())
            .ok_or_else(|| PlanError::Workload { id: id.to_owned() })
    }
}
