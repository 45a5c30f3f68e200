//! The scenarios. Each takes a [`World`](crate::World) without a mesh and leaves it upgraded, or says
//! what did not hold.

mod canary;
mod contexts;
mod crash;
mod cut_short;
mod gateways;
mod in_place;
mod mesh;
mod repointed;
mod revoke;
mod traffic;
mod unsure;

use anyhow::Result;
use meshlift_app::api::dto::OperationRequest;
use serde::{Deserialize, Serialize};

use crate::world::World;

pub use canary::{canary, canary_from_an_install_without_revision, canary_over_two_minors};
pub use contexts::{contexts_that_cannot_be_used, credentials_that_cannot_be_used};
pub use crash::{
    killed_at_every_write_of_a_promotion, killed_at_every_write_of_a_wave,
    killed_during_an_install, killed_with_its_install,
};
pub use cut_short::{canary_install_cut_short, install_in_place_cut_short};
pub use gateways::{
    extra_gateway_by_canary, extra_gateway_in_place, no_istioctl_writes_without_the_values,
};
pub use in_place::{in_place, in_place_without_revision};
pub use repointed::context_repointed_between_kill_and_resume;
pub use revoke::{
    half_done_canary_revoked, half_done_canary_revoked_without_revision, promoted_canary_revoked,
    promoted_canary_revoked_without_revision,
};
pub use traffic::traffic_rule_changed_during_a_run;
pub use unsure::operator_who_may_not_create_pods;

/// Gives `$test` the names of the scenarios that take one world and run on the simulator and on the bed.
#[macro_export]
macro_rules! for_each_scenario {
    ($test:ident) => {
        $test! {
            canary
            half_done_canary_revoked
            half_done_canary_revoked_without_revision
            promoted_canary_revoked
            promoted_canary_revoked_without_revision
            canary_from_an_install_without_revision
            canary_over_two_minors
            in_place
            in_place_without_revision
            traffic_rule_changed_during_a_run
            extra_gateway_in_place
            extra_gateway_by_canary
            killed_at_every_write_of_a_wave
            killed_at_every_write_of_a_promotion
            killed_during_an_install
            killed_with_its_install
            canary_install_cut_short
            install_in_place_cut_short
        }
    };
}

/// Makes the mesh that the scenarios need which write nothing, and so may share one.
pub async fn make_mesh(world: &World) -> Result<()> {
    mesh::make(world, &mesh::MINOR, &[gateways::GATEWAY]).await.map(drop)
}

/// What a program that can be killed does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Work {
    /// Starts an operation.
    Start(OperationRequest),
    /// Takes up the run that was interrupted.
    Resume,
}
