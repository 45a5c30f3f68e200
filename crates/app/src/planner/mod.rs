//! The Planner: routes between two versions, with no cluster.
//!
//! Entry points: [`choices`] and [`routes`]. Pure: the catalogue and the rules become data, and the
//! findings of a mesh are put beside the changes on the way.

pub(crate) mod catalogue;
pub(crate) mod changes;
mod first;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use meshlift_core::catalog::{Catalog, KubernetesFit};
use meshlift_core::plan::{self, Circumstances, KubernetesUpgrade, PlannedHop, Route, Routes};
use meshlift_core::policy::{Method, Profile, Provider, Verdict, judge};
use meshlift_core::version::{MeshVersion, Minor, VersionError};
use thiserror::Error;

use crate::api::dto::{
    self, ApiError, ErrorCode, FirstQuestion, HopView, KubernetesStep, OtherMethod, PassedOverView,
    PlannedMesh, PlannerChoices, ProfileView, RefusalView, RouteList, RouteRequest, RouteView,
};
use crate::view::findings::refusal;
use changes::Hits;
pub(crate) use first::practice;
pub(crate) use words::defect;

/// Versions that the first question goes back at most.
const BEGINS_BACK: usize = 8;

/// Why the Planner gave no routes.
#[derive(Debug, Error)]
pub(crate) enum PlannerError {
    #[error("{source}")]
    Version { source: VersionError },
    #[error("no set of rules is called `{profile}`")]
    Profile { profile: String },
    #[error("`{kubernetes}` is not a Kubernetes minor such as 1.34")]
    Kubernetes { kubernetes: String },
}

/// A question that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) from: MeshVersion,
    pub(crate) to: MeshVersion,
    pub(crate) profile: &'static Profile,
    pub(crate) circumstances: Circumstances,
}

/// The mesh that the changes are looked for in.
#[derive(Debug, Clone)]
pub(crate) struct Mesh {
    pub(crate) view: PlannedMesh,
    pub(crate) hits: Hits,
}

/// What the Planner can offer.
pub(crate) fn choices(catalog: &Catalog) -> PlannerChoices {
    let istio: Vec<String> =
        catalog.istio_versions().into_iter().map(MeshVersion::numbers).collect();
    let asm: Vec<String> = catalog.asm.iter().rev().map(MeshVersion::numbers).collect();
    let versions = Profile::all()
        .iter()
        .map(|profile| {
            let known = match profile.provider {
                Provider::Asm => asm.clone(),
                Provider::Istio => istio.clone(),
            };
            (profile.id.clone(), known)
        })
        .collect::<BTreeMap<_, _>>();
    let first = Profile::all()
        .iter()
        .filter_map(|profile| Some((profile.id.clone(), first_question(profile, catalog)?)))
        .collect();
    let profiles = Profile::all()
        .iter()
        .map(|profile| ProfileView { id: profile.id.clone(), source: profile.source.clone() })
        .collect();
    let kubernetes: BTreeSet<Minor> =
        catalog.releases.iter().flat_map(|release| release.kubernetes.clone()).collect();
    PlannerChoices {
        profiles,
        versions,
        first,
        kubernetes: kubernetes.into_iter().rev().map(|minor| minor.to_string()).collect(),
        as_of: catalog.as_of.to_string(),
    }
}

/// A question that has an answer: to the newest version that any leads to, from as far back as the
/// Planner begins. The rules of a provider may allow no way over versions that nobody has seen.
fn first_question(profile: &Profile, catalog: &Catalog) -> Option<FirstQuestion> {
    let newest_first: Vec<&MeshVersion> = match profile.provider {
        Provider::Asm => catalog.asm.iter().rev().collect(),
        Provider::Istio => catalog.istio_versions(),
    };
    let circumstances = Circumstances::default();
    newest_first.iter().enumerate().find_map(|(place, to)| {
        let older = newest_first.iter().skip(place + 1).take(BEGINS_BACK).rev();
        let leads = |from: &&&MeshVersion| {
            !plan::routes(from, to, profile, catalog, &circumstances).routes.is_empty()
        };
        let from = older.clone().find(leads)?;
        Some(FirstQuestion { from: from.numbers(), to: to.numbers() })
    })
}

/// Understands a question.
pub(crate) fn asked(request: &RouteRequest, today: Date) -> Result<Asked, PlannerError> {
    let version =
        |text: &str| text.parse::<MeshVersion>().map_err(|source| PlannerError::Version { source });
    let Some(profile) = Profile::by_id(&request.profile) else {
        return Err(PlannerError::Profile { profile: request.profile.clone() });
    };
    let kubernetes = request.kubernetes.as_deref().map(minor).transpose()?;
    Ok(Asked {
        from: version(&request.from)?,
        to: version(&request.to)?,
        profile,
        circumstances: Circumstances { kubernetes, today: Some(today) },
    })
}

/// Every way from A to B, in words.
pub(crate) fn routes(asked: &Asked, catalog: &Catalog, mesh: Option<&Mesh>) -> RouteList {
    let Asked { from, to, profile, circumstances } = asked;
    let found = plan::routes(from, to, profile, catalog, circumstances);
    let hits = mesh.map(|mesh| &mesh.hits);
    let changes = changes::crossed(&found, catalog, profile.provider, hits);
    let best = found.routes.first();
    let route_view = |route| {
        let first = first::first(route, profile.provider, catalog, &changes);
        route_view(route, best, asked, first)
    };
    RouteList {
        routes: found.routes.iter().map(route_view).collect(),
        more: found.more,
        refusals: refusals(&found),
        passed_over: found
            .passed_over
            .iter()
            .map(|passed| PassedOverView {
                version: passed.version.numbers(),
                instead: passed.instead.numbers(),
                defects: passed.defects.clone(),
            })
            .collect(),
        windows: catalogue::windows(catalog, from, to),
        verdict: Some(words::verdict(&found, from == to)),
        mesh: mesh.map(|mesh| mesh.view.clone()),
        changes,
    }
}

/// A Kubernetes version such as `v1.34.3` or `1.34`, reduced to its minor.
fn minor(text: &str) -> Result<Minor, PlannerError> {
    Minor::leading(text).ok_or_else(|| PlannerError::Kubernetes { kubernetes: text.to_owned() })
}

fn route_view(
    route: &Route,
    best: Option<&Route>,
    asked: &Asked,
    first: Vec<dto::TodoView>,
) -> RouteView {
    let behind = best.filter(|best| *best != route);
    RouteView {
        hops: route.hops.iter().map(|one| hop(one, asked.profile)).collect(),
        restarts: route.restarts(),
        ways_back: count(route.ways_back()),
        kubernetes_upgrades: count(route.kubernetes_upgrades()),
        behind: behind.map(|best| words::behind(best.ahead_of(route))),
        first,
    }
}

fn hop(hop: &PlannedHop, profile: &Profile) -> HopView {
    HopView {
        from: hop.from.numbers(),
        to: hop.to.numbers(),
        method: method(hop.method),
        class: hop.hop.class().to_owned(),
        reason: words::reason(hop),
        rule: hop.rule.clone(),
        source: hop.source.clone(),
        way_back: hop.way_back,
        other: other(hop, profile),
        warnings: hop.warnings.iter().map(words::warning).collect(),
        kubernetes_first: hop.kubernetes_first.map(|upgrade| kubernetes(hop, upgrade)),
        kubernetes_fits: hop.kubernetes.and_then(fits),
        changes: hop.changes.clone(),
    }
}

/// The method that the hop does not use.
fn other(hop: &PlannedHop, profile: &Profile) -> OtherMethod {
    let other = match hop.method {
        Method::InPlace => Method::Canary,
        Method::Canary => Method::InPlace,
    };
    let refused = match judge(&hop.from, &hop.to, other, profile) {
        Verdict::Allowed(_) => None,
        Verdict::Refused(refused) => Some(refusal(&refused)),
    };
    OtherMethod { method: method(other), refused }
}

fn kubernetes(hop: &PlannedHop, upgrade: KubernetesUpgrade) -> KubernetesStep {
    let minors = (upgrade.from.minor..=upgrade.to.minor)
        .map(|minor| Minor { major: upgrade.to.major, minor }.to_string())
        .collect();
    KubernetesStep { minors, why: words::kubernetes(hop, upgrade) }
}

fn refusals(found: &Routes) -> Vec<RefusalView> {
    let view = |refused: &plan::RefusedHop| RefusalView {
        from: refused.from.numbers(),
        to: refused.to.numbers(),
        method: refused.method.map(method),
        reason: refusal(&refused.refusal),
        remedy: refused.refusal.why.remedy().as_ref().map(words::remedy),
        source: refused.refusal.source.clone(),
    };
    found.refusals.iter().map(view).collect()
}

fn fits(fit: KubernetesFit) -> Option<bool> {
    match fit {
        KubernetesFit::Supported | KubernetesFit::Tested => Some(true),
        KubernetesFit::Undocumented | KubernetesFit::Refused { .. } => Some(false),
        KubernetesFit::Unknown => None,
    }
}

fn method(method: Method) -> dto::Method {
    match method {
        Method::InPlace => dto::Method::InPlace,
        Method::Canary => dto::Method::Canary,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<PlannerError> for ApiError {
    fn from(error: PlannerError) -> Self {
        Self::new(ErrorCode::BadRequest, &error)
    }
}
