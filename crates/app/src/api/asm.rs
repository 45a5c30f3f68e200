//! Commands about ASM: where the credential is, which instances can be linked, and the simulated
//! console.

use meshlift_cluster::contexts::Context;
use meshlift_cluster::provider::asm::Region;
use meshlift_cluster::provider::asm::api::{ClusterSpec, ListedInstance};
use meshlift_cluster::provider::asm::credentials::Listed;
use meshlift_core::rollout::Waiting;

use crate::Meshlift;
use crate::api::dto::{
    ApiError, AsmCliProfile, AsmClusterMatch, AsmCredentialChoice, AsmCredentials, AsmEdition,
    AsmInstanceRow, AsmInstances, AsmRegion, ErrorCode, Nothing, RunId,
};
use crate::cloud::{Asked, asm_error};
use crate::view::spoken;

impl Meshlift {
    /// Where the credential for ASM comes from. It is looked for and not used.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn asm_credentials(
        &self,
        request: AsmCredentialChoice,
    ) -> Result<AsmCredentials, ApiError> {
        let access = &self.inner.access;
        // Without them the first credential can still be used; what is wrong with their file is said
        // where it decides.
        let profiles = access.profiles().unwrap_or_default();
        let profiles = profiles.into_iter().map(cli_profile).collect();
        let regions = Region::known().map(str::to_owned).into();
        let none = AsmCredentials { source: None, region: None, problem: None, profiles, regions };
        Ok(match access.find(request.cli_profile.as_deref()) {
            Ok(found) => AsmCredentials {
                source: Some(spoken::words(&found.source.to_string())),
                region: found.region.map(|region| region.as_str().to_owned()),
                ..none
            },
            Err(error) => AsmCredentials { problem: Some(error.said()), ..none },
        })
    }

    /// The instances of a region, each with the contexts that lead to its clusters.
    pub async fn asm_instances(&self, request: AsmRegion) -> Result<AsmInstances, ApiError> {
        let profile = request.cli_profile.as_deref();
        let client = self.inner.access.client(&request.region, profile, Asked::ByUser)?;
        let listed =
            client.describe_service_meshes(&[]).await.map_err(|error| asm_error(&error))?;
        let contexts = self.inner.contexts.clusters().await?;
        let instances =
            listed.service_meshes.into_iter().map(|listed| row(listed, &contexts)).collect();
        Ok(AsmInstances { instances })
    }

    /// Does the step that a run waits for in the simulated console. A real one is nobody's but the
    /// user's.
    pub async fn hand_off_simulate(&self, request: RunId) -> Result<Nothing, ApiError> {
        let record = self.record(&request.run_id).await?;
        let refused = |message: String| ApiError::plain(ErrorCode::RunState, message);
        let live = self.inner.runs.live(&record.key).map(|live| live.borrow().waiting.clone());
        let Some(Some(Waiting::HandOff { task })) = live else {
            return Err(refused(format!("run {} waits for no step in a console", record.number)));
        };
        if self.inner.door.is_read_only() {
            return Err(crate::plans::PlanError::ReadOnly.into());
        }
        let Some(simulated) = self.inner.contexts.simulated(&record.context) else {
            return Err(refused("this console is real: the step is yours to do there".to_owned()));
        };
        simulated.by_hand(&task).map_err(refused)?;
        Ok(Nothing {})
    }
}

fn cli_profile(listed: Listed) -> AsmCliProfile {
    AsmCliProfile {
        name: listed.name,
        mode: listed.mode.as_str().to_owned(),
        region: listed.region.map(|region| region.as_str().to_owned()),
        runs: listed.runs,
    }
}

fn row(listed: ListedInstance, contexts: &[Context]) -> AsmInstanceRow {
    let info = listed.service_mesh_info;
    AsmInstanceRow {
        id: info.service_mesh_id,
        name: info.name,
        region: info.region_id,
        version: info.version,
        edition: match listed.cluster_spec {
            ClusterSpec::Standard => AsmEdition::Standard,
            ClusterSpec::Enterprise => AsmEdition::Enterprise,
            ClusterSpec::Ultimate => AsmEdition::Ultimate,
            ClusterSpec::Other(_) => AsmEdition::Unknown,
        },
        upgradable: listed.upgradable,
        clusters: listed.clusters.into_iter().map(|id| matched(id, contexts)).collect(),
    }
}

/// Kubeconfigs that ACK gives carry the cluster's id in their names.
fn matched(id: String, contexts: &[Context]) -> AsmClusterMatch {
    let names_it = |context: &&Context| {
        [&context.name, &context.user, &context.server].iter().any(|text| text.contains(&*id))
    };
    let named = contexts.iter().filter(names_it).map(|context| context.name.clone());
    AsmClusterMatch { contexts: named.collect(), id }
}
