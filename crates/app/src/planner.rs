//! The Planner: routes between two versions, with no cluster.
//!
//! Entry points: [`choices`] and [`routes`]. Pure: the catalogue and the rules become data.

use std::collections::BTreeMap;

use jiff::civil::Date;
use meshlift_core::catalog::{Catalog, KubernetesFit, Release};
use meshlift_core::plan::{self, Best, Circumstances, Hop, PlannedHop, Route, Routes, Warning};
use meshlift_core::policy::{Method, Profile, Provider};
use meshlift_core::version::{MeshVersion, Minor, VersionError};
use thiserror::Error;

use crate::api::dto::{
    self, ApiError, ErrorCode, HopView, Phrase, PhraseCode as Code, PlannerChoices, ProfileView,
    RefusalView, RouteList, RouteRequest, RouteView, WindowView,
};
use crate::view::findings::refusal;

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
    let profiles = Profile::all()
        .iter()
        .map(|profile| ProfileView { id: profile.id.clone(), source: profile.source.clone() })
        .collect();
    let mut kubernetes: Vec<Minor> =
        catalog.releases.iter().flat_map(|release| release.kubernetes.clone()).collect();
    kubernetes.sort();
    kubernetes.dedup();
    PlannerChoices {
        profiles,
        versions,
        kubernetes: kubernetes.into_iter().rev().map(|minor| minor.to_string()).collect(),
        as_of: catalog.as_of.to_string(),
    }
}

/// Every way from A to B.
pub(crate) fn routes(
    request: &RouteRequest,
    catalog: &Catalog,
    today: Date,
) -> Result<RouteList, PlannerError> {
    let version =
        |text: &str| text.parse::<MeshVersion>().map_err(|source| PlannerError::Version { source });
    let (from, to) = (version(&request.from)?, version(&request.to)?);
    let Some(profile) = Profile::by_id(&request.profile) else {
        return Err(PlannerError::Profile { profile: request.profile.clone() });
    };
    let kubernetes = request.kubernetes.as_deref().map(minor).transpose()?;
    let circumstances = Circumstances { kubernetes, today: Some(today) };
    let found = plan::routes(&from, &to, profile, catalog, &circumstances);
    Ok(RouteList {
        routes: found.routes.iter().map(route).collect(),
        refusals: found
            .refusals
            .iter()
            .map(|refused| RefusalView {
                from: refused.from.numbers(),
                to: refused.to.numbers(),
                method: refused.method.map(method),
                reason: refusal(&refused.refusal),
                source: refused.refusal.source.clone(),
            })
            .collect(),
        windows: windows(catalog, &from, &to),
        verdict: Some(verdict(&found)),
    })
}

/// A Kubernetes version such as `v1.34.3` or `1.34`, reduced to its minor.
pub(crate) fn minor(text: &str) -> Result<Minor, PlannerError> {
    let refuse = || PlannerError::Kubernetes { kubernetes: text.to_owned() };
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let mut parts = numbers.split('.');
    let mut next = || parts.next().and_then(|part| part.parse().ok()).ok_or_else(refuse);
    Ok(Minor { major: next()?, minor: next()? })
}

fn route(route: &Route) -> RouteView {
    RouteView {
        hops: route.hops.iter().map(hop).collect(),
        restarts: route.restarts(),
        ways_back: u32::try_from(route.ways_back()).unwrap_or(u32::MAX),
    }
}

fn hop(hop: &PlannedHop) -> HopView {
    HopView {
        from: hop.from.numbers(),
        to: hop.to.numbers(),
        method: method(hop.method),
        class: hop.hop.class().to_owned(),
        reason: Phrase::plain(reason(hop)),
        source: hop.source.clone(),
        warnings: hop.warnings.iter().map(warning).collect(),
        kubernetes_fits: hop.kubernetes.and_then(fits),
    }
}

fn reason(hop: &PlannedHop) -> Code {
    match (hop.hop, hop.method) {
        (Hop::HotPatch, _) => Code::HopHotPatch,
        (Hop::Minor { crossed: 1 }, Method::InPlace) => Code::HopInPlaceAdjacent,
        (Hop::Minor { crossed: 1 }, Method::Canary) => Code::HopCanaryAdjacent,
        (Hop::Minor { crossed: _ }, Method::Canary) => Code::HopCanarySkip,
        (Hop::Minor { crossed: _ }, Method::InPlace)
        | (Hop::Patch | Hop::Same | Hop::Major | Hop::Downgrade | Hop::BuildUnknown, _) => {
            Code::HopPatch
        }
    }
}

fn warning(warning: &Warning) -> Phrase {
    match warning {
        Warning::Stricter(_) => Phrase::plain(Code::WarnStrict),
        Warning::KnownBad { id, version, problem, condition } => {
            let when = condition.as_deref().map(|when| format!(" ({when})")).unwrap_or_default();
            let problem = format!("{problem}{when} [{id}]");
            Phrase::with(Code::WarnKnownBad, [("version", version.numbers()), ("problem", problem)])
        }
        Warning::Kubernetes { version, range } => Phrase::with(
            Code::WarnKubernetes,
            [("version", version.numbers()), ("range", range.clone())],
        ),
        Warning::OutOfSupport { minor, date } => Phrase::with(
            Code::WarnOutOfSupport,
            [("minor", minor.to_string()), ("date", date.to_string())],
        ),
        Warning::Skew => Phrase::plain(Code::WarnSkew),
    }
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

fn verdict(routes: &Routes) -> Phrase {
    Phrase::plain(match routes.best() {
        None => Code::VerdictNone,
        Some(Best::Only) => Code::VerdictOnly,
        Some(Best::FewestRestarts) => Code::VerdictFewestRestarts,
        Some(Best::MoreWaysBack) => Code::VerdictMoreWaysBack,
        Some(Best::AsGoodAsNext) => Code::VerdictAsGoodAsNext,
    })
}

fn windows(catalog: &Catalog, from: &MeshVersion, to: &MeshVersion) -> Vec<WindowView> {
    let range = from.minor()..=to.minor();
    catalog.releases.iter().filter(|release| range.contains(&release.minor)).map(window).collect()
}

fn window(release: &Release) -> WindowView {
    WindowView {
        minor: release.minor.to_string(),
        released: release.released.to_string(),
        ends: release.ends.map(|end| end.date.to_string()),
        estimated: release.ends.is_some_and(|end| end.estimated),
        kubernetes: release.kubernetes.iter().map(ToString::to_string).collect(),
    }
}

impl From<PlannerError> for ApiError {
    fn from(error: PlannerError) -> Self {
        Self::new(ErrorCode::BadRequest, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_over_two_minors_is_offered_first_because_it_restarts_least() {
        let request = RouteRequest {
            from: "1.29.8".into(),
            to: "1.31.1".into(),
            profile: "istio".into(),
            kubernetes: Some("1.34".into()),
        };

        let list = routes(&request, Catalog::embedded(), jiff::civil::date(2026, 11, 24)).unwrap();

        let best = &list.routes[0];
        assert_eq!((best.hops.len(), best.restarts), (1, 1), "one hop, one restart");
        assert_eq!(best.hops[0].method, dto::Method::Canary);
        assert_eq!(best.hops[0].reason.code, Code::HopCanarySkip);
        assert_eq!(best.hops[0].kubernetes_fits, Some(true));
        let minors: Vec<&str> = list.windows.iter().map(|window| window.minor.as_str()).collect();
        assert_eq!(minors, ["1.29", "1.30", "1.31"]);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let request = RouteRequest {
            from: "latest".into(),
            to: "1.31.1".into(),
            profile: "istio".into(),
            kubernetes: None,
        };
        let refused = routes(&request, Catalog::embedded(), jiff::civil::date(2026, 11, 24));
        assert!(matches!(refused, Err(PlannerError::Version { .. })), "got {refused:?}");
    }
}
