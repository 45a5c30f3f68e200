//! Commands of runbooks.

use crate::Meshlift;
use crate::api::dto::{
    ApiError, ErrorCode, Runbook, RunbookForm, RunbookOf, RunbookRequest, SaveRunbook, SavedFile,
};
use crate::files;
use crate::planner;
use crate::plans::PlanError;
use crate::runbook::{Language, PlanSource, RouteSource, of_plan, of_route};

impl Meshlift {
    /// A plan or a route as a document.
    pub async fn runbook_make(&self, request: RunbookRequest) -> Result<Runbook, ApiError> {
        let language = Language::of(&request.language);
        let made = self.inner.clock.now();
        match &request.of {
            RunbookOf::Plan { digest } => {
                let Some(planned) = self.inner.plans.get(digest) else {
                    return Err(PlanError::Unknown { digest: digest.clone() }.into());
                };
                Ok(of_plan(&PlanSource {
                    plan: &planned.plan,
                    view: &planned.view,
                    acknowledged: &request.acknowledged,
                    made,
                    language,
                }))
            }
            RunbookOf::Route { request, number } => {
                let asked = planner::asked(request, self.today())?;
                let list = self.planned(request, &asked).await?;
                let Some(route) = list.routes.get(*number as usize) else {
                    return Err(ApiError::plain(
                        ErrorCode::BadRequest,
                        format!("there is no route {} between these versions", number + 1),
                    ));
                };
                let instance = match &request.context {
                    Some(context) => self.whole(context).await?.snapshot.instance.clone(),
                    None => None,
                };
                Ok(of_route(&RouteSource {
                    list: &list,
                    route,
                    profile: asked.profile,
                    instance: instance.as_deref().map(|instance| &*instance.id),
                    kubernetes: request.kubernetes.as_deref(),
                    as_of: &self.inner.catalogues.current().as_of.to_string(),
                    made,
                    language,
                }))
            }
        }
    }

    /// Writes a runbook into one private file.
    pub async fn runbook_save(&self, request: SaveRunbook) -> Result<SavedFile, ApiError> {
        let runbook = self.runbook_make(request.runbook).await?;
        let text = match request.form {
            RunbookForm::Markdown => runbook.markdown,
            RunbookForm::Html => runbook.html,
            RunbookForm::Json => runbook.json,
        };
        Ok(files::write(&request.path, text, request.if_exists).await?)
    }
}
