//! What the Planner says, as codes.

use meshlift_core::plan::{
    Best, Difference, Hop, KubernetesUpgrade, Need, PlannedHop, Routes, Warning,
};
use meshlift_core::policy::{Method, Remedy};

use crate::api::dto::{Phrase, PhraseCode as Code};

/// Why a hop uses its method.
pub(super) fn reason(hop: &PlannedHop) -> Phrase {
    Phrase::plain(match (hop.hop, hop.method) {
        (Hop::HotPatch, _) => Code::HopHotPatch,
        (Hop::Minor { crossed: 1 }, Method::InPlace) => Code::HopInPlaceAdjacent,
        (Hop::Minor { crossed: 1 }, Method::Canary) => Code::HopCanaryAdjacent,
        (Hop::Minor { crossed: _ }, Method::Canary) => Code::HopCanarySkip,
        (Hop::Minor { crossed: _ }, Method::InPlace)
        | (Hop::Patch | Hop::Same | Hop::Major | Hop::Downgrade | Hop::BuildUnknown, _) => {
            Code::HopPatch
        }
    })
}

/// What speaks against a hop.
pub(super) fn warning(warning: &Warning) -> Phrase {
    match warning {
        Warning::Stricter(_) => Phrase::plain(Code::WarnStrict),
        Warning::KnownBad { id, version, problem, condition, fixed_in } => {
            let problem = defect(id, problem, condition.as_deref());
            let version = ("version", version.numbers());
            let said = if fixed_in.is_empty() {
                Phrase::with(Code::WarnKnownBad, [version])
            } else {
                let fixed = ("fixed", fixed_in.join(", "));
                Phrase::with(Code::WarnKnownBadFixed, [version, fixed])
            };
            said.saying("problem", problem)
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

/// A defect of the catalogue inside a sentence.
pub(crate) fn defect(id: &str, problem: &str, condition: Option<&str>) -> Phrase {
    let (id, problem) = (("id", id.to_owned()), ("problem", problem.to_owned()));
    match condition {
        Some(when) => Phrase::with(Code::WordDefectWhen, [id, problem, ("when", when.to_owned())]),
        None => Phrase::with(Code::WordDefect, [id, problem]),
    }
}

/// Why Kubernetes has to be upgraded before a hop.
pub(super) fn kubernetes(hop: &PlannedHop, upgrade: KubernetesUpgrade) -> Phrase {
    let code = match (upgrade.need, upgrade.fits_running) {
        (Need::Required, true) => Code::KubernetesRequired,
        (Need::Required, false) => Code::KubernetesRequiredOutside,
        (Need::Advised, true) => Code::KubernetesAdvised,
        (Need::Advised, false) => Code::KubernetesAdvisedOutside,
    };
    let mut said = Phrase::with(
        code,
        [("version", hop.to.numbers()), ("kubernetes", upgrade.from.to_string())],
    );
    if !upgrade.fits_running {
        said.params.insert("running".to_owned(), hop.from.numbers());
    }
    said
}

/// What would make a refused hop possible.
pub(super) fn remedy(remedy: &Remedy) -> Phrase {
    match remedy {
        Remedy::StopBetween => Phrase::plain(Code::RemedyStopBetween),
        Remedy::ShorterHops { max } => {
            Phrase::with(Code::RemedyShorterHops, [("max", max.to_string())])
        }
        Remedy::ReachFirst { version } => {
            Phrase::with(Code::RemedyReachFirst, [("version", version.numbers())])
        }
        Remedy::OtherMethod => Phrase::plain(Code::RemedyOtherMethod),
        Remedy::RevokeCanary => Phrase::plain(Code::RemedyRevokeCanary),
        Remedy::NameBuild => Phrase::plain(Code::RemedyNameBuild),
        Remedy::NewerCatalogue => Phrase::plain(Code::RemedyNewerCatalogue),
        Remedy::FixedPatch => Phrase::plain(Code::RemedyFixedPatch),
    }
}

/// Why the first route is the first, against the second. `is_there` says that nothing is to be done.
pub(super) fn verdict(found: &Routes, is_there: bool) -> Phrase {
    let against = |code, figure: fn(&meshlift_core::plan::Route) -> usize| {
        let of = |place: usize| {
            found.routes.get(place).map(|route| figure(route).to_string()).unwrap_or_default()
        };
        Phrase::with(code, [("first", of(0)), ("next", of(1))])
    };
    match found.best() {
        None if is_there => Phrase::plain(Code::VerdictThere),
        None => Phrase::plain(Code::VerdictNone),
        Some(Best::Only) => Phrase::plain(Code::VerdictOnly),
        Some(Best::Ahead(Difference::Restarts { fewer: _ })) => {
            against(Code::VerdictFewestRestarts, |route| route.restarts() as usize)
        }
        Some(Best::Ahead(Difference::WaysBack { more: _ })) => {
            against(Code::VerdictMoreWaysBack, meshlift_core::plan::Route::ways_back)
        }
        Some(Best::Ahead(Difference::KubernetesUpgrades { fewer: _ })) => {
            against(Code::VerdictFewerKubernetes, meshlift_core::plan::Route::kubernetes_upgrades)
        }
        Some(Best::Ahead(Difference::Hops { fewer: _ })) => {
            against(Code::VerdictFewerHops, |route| route.hops.len())
        }
        Some(Best::Ahead(Difference::Order)) => Phrase::plain(Code::VerdictAsGoodAsNext),
    }
}

/// How a route is behind the best one.
pub(super) fn behind(best: Difference) -> Phrase {
    let count = |code, number: u32| Phrase::with(code, [("count", number.to_string())]);
    match best {
        Difference::Restarts { fewer } => count(Code::BehindRestarts, fewer),
        Difference::WaysBack { more } => count(Code::BehindWaysBack, more),
        Difference::KubernetesUpgrades { fewer } => count(Code::BehindKubernetes, fewer),
        Difference::Hops { fewer } => count(Code::BehindHops, fewer),
        Difference::Order => Phrase::plain(Code::BehindOrder),
    }
}
