//! Commands of the injection simulator.

use meshlift_cluster::preflight;
use meshlift_core::rollout::forecast;

use crate::Meshlift;
use crate::api::dto::{
    ApiError, ErrorCode, InjectionChange, InjectionRequest, InjectionView, ProofRequest, ProofView,
};
use crate::injecting::{self, Compared, Picture, UnknownWorkload};
use crate::plans::PlanError;
use crate::plans::make::{self, Purpose};
use crate::stage::{Ground, Whole};

impl Meshlift {
    /// Who would inject pods, now and after a change. Nothing is written for it.
    pub async fn injection_simulate(
        &self,
        request: InjectionRequest,
    ) -> Result<InjectionView, ApiError> {
        let whole = self.whole(&request.context).await?;
        let (after, refused) = match &request.change {
            None => (Picture::Same, None),
            Some(InjectionChange::Namespace { namespace, labels }) => {
                let after = injecting::labelled(&whole.snapshot, namespace, labels);
                (Picture::Labelled(Box::new(after)), None)
            }
            Some(InjectionChange::Operation { operation }) => {
                let Whole { ground, stage, snapshot } = &whole;
                match make::compose(self, ground, stage, snapshot, operation, Purpose::Picture)
                    .await
                {
                    Ok(plan) => (Picture::Planned(Box::new(forecast(snapshot, &plan))), None),
                    Err(refused) => (Picture::Same, Some(refused)),
                }
            }
        };
        tokio::task::spawn_blocking(move || {
            let compared = Compared { before: &whole.snapshot, after, refused };
            injecting::view(&compared, &request.subject)
        })
        .await
        .map_err(|error| ApiError::new(ErrorCode::Internal, &error))?
        .map_err(ApiError::from)
    }

    /// Lets the API server admit a pod of a workload that is not kept, and compares what came of it
    /// with what was predicted.
    pub async fn injection_prove(&self, request: ProofRequest) -> Result<ProofView, ApiError> {
        let Whole { ground, snapshot, .. } = self.whole(&request.context).await?;
        let Ground::Live(session) = ground else { return Err(PlanError::Saved.into()) };
        if self.inner.door.is_read_only() {
            return Err(PlanError::ReadOnly.into());
        }
        let (workload, predicted) = injecting::predicted(&snapshot, &request.row)?;
        let now = self.inner.clock.now();
        let purpose = format!("dry-run a pod of {workload}");
        let intent = self.inner.journal.probe(None, now, &purpose).await?;
        let found = preflight::dry_run_pod(&session.connection, &intent, &workload).await;
        Ok(injecting::proof(&predicted, &found))
    }
}

impl From<UnknownWorkload> for ApiError {
    fn from(error: UnknownWorkload) -> Self {
        Self::new(ErrorCode::BadRequest, &error)
    }
}
