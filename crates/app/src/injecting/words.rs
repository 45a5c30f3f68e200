//! What the simulator says, as codes.

use meshlift_core::injection::{Answer, Effect, Fate, Outcome, Simulated};
use meshlift_core::rollout::{Preflight, StepId};

use super::injected;
use crate::api::dto::{
    EffectKind, FateView, Mark, MatchView, Phrase, PhraseCode as Code, ProofView,
};
use crate::view::words::version;
use crate::view::{spoken, why};

/// What happens to a new pod.
pub(super) fn fate(fate: &Fate) -> FateView {
    let matches = fate.injection.matches.iter();
    FateView {
        revision: injected(fate).map(ToString::to_string),
        version: fate.version.as_ref().map(meshlift_core::version::MeshVersion::numbers),
        said: said(fate),
        why: why::reason(&fate.injection.reason),
        matches: matches
            .map(|one| MatchView {
                webhook: one.webhook.to_string(),
                configuration: one.configuration.to_string(),
                revision: one.revision.to_string(),
                tag: one.tag.as_ref().map(ToString::to_string),
            })
            .collect(),
    }
}

fn said(fate: &Fate) -> Phrase {
    let revision = |revision: &str| ("revision", revision.to_owned());
    match (&fate.injection.outcome, fate.answer) {
        (Outcome::NotInjected, _) => Phrase::plain(Code::FateNotInjected),
        (Outcome::Twice, _) => {
            let count = fate.injection.matches.len().to_string();
            Phrase::with(Code::FateTwice, [("count", count)])
        }
        (Outcome::Injected { revision: by }, Answer::Refused) => {
            Phrase::with(Code::FateRefused, [revision(by)])
        }
        (
            Outcome::Injected { revision: by },
            Answer::NotAsked | Answer::Answers | Answer::CannotTell,
        ) => match &fate.version {
            Some(version) => Phrase::with(
                Code::FateInjectedVersion,
                [revision(by), ("version", version.numbers())],
            ),
            None => Phrase::with(Code::FateInjected, [revision(by)]),
        },
    }
}

/// The difference as a word.
pub(super) fn kind(effect: Effect) -> EffectKind {
    match effect {
        Effect::Loses => EffectKind::Loses,
        Effect::Doubles => EffectKind::Doubles,
        Effect::Refused => EffectKind::Refused,
        Effect::LosesAnyway => EffectKind::LosesAnyway,
        Effect::DoubleAnyway => EffectKind::DoubleAnyway,
        Effect::Moves => EffectKind::Moves,
        Effect::Upgrades => EffectKind::Upgrades,
        Effect::Gains => EffectKind::Gains,
        Effect::Unchanged => EffectKind::Unchanged,
    }
}

/// The difference in words.
pub(crate) fn effect(effect: Effect, now: &Fate, after: &Fate) -> Phrase {
    let revision = |fate: &Fate| injected(fate).map(ToString::to_string).unwrap_or_default();
    match effect {
        Effect::Loses => Phrase::plain(Code::EffectLoses),
        Effect::Doubles => Phrase::plain(Code::EffectDoubles),
        Effect::Refused => Phrase::plain(Code::EffectRefused),
        Effect::LosesAnyway => Phrase::plain(Code::EffectLosesAnyway),
        Effect::DoubleAnyway => Phrase::plain(Code::EffectDoubleAnyway),
        Effect::Moves => {
            Phrase::with(Code::EffectMoves, [("from", revision(now)), ("to", revision(after))])
        }
        Effect::Upgrades => {
            let [from, to] = [now, after].map(|fate| version(fate.version.as_ref()));
            Phrase::with(Code::EffectUpgrades, [("from", from), ("to", to)])
        }
        Effect::Gains => Phrase::with(Code::EffectGains, [("to", revision(after))]),
        Effect::Unchanged => Phrase::plain(Code::EffectUnchanged),
    }
}

/// What is wrong until a step is done.
pub(crate) fn passing(kind: Effect, simulated: &Simulated, step: &StepId) -> Phrase {
    Phrase::with(Code::PassingHarm, [("step", step.to_string())])
        .saying("effect", effect(kind, &simulated.now, &simulated.after))
}

/// Mark that goes with a difference.
pub(super) fn mark(effect: Effect) -> Mark {
    match effect {
        Effect::Loses | Effect::Doubles | Effect::Refused => Mark::Bad,
        Effect::LosesAnyway | Effect::DoubleAnyway => Mark::Warning,
        Effect::Moves | Effect::Upgrades | Effect::Gains => Mark::Busy,
        Effect::Unchanged => Mark::Ok,
    }
}

/// What the API server made of a pod, beside what was predicted.
pub(super) fn proof(predicted: &Fate, found: &Preflight) -> ProofView {
    let (said, agrees) = match found {
        Preflight::Injected { revision, version: proxy, proven: _ } => {
            let params = [("revision", revision.to_string()), ("version", version(proxy.as_ref()))];
            let agrees = injected(predicted) == Some(revision);
            (Phrase::with(Code::ProofInjected, params), Some(agrees))
        }
        Preflight::NotInjected => {
            let agrees = predicted.injection.outcome == Outcome::NotInjected;
            (Phrase::plain(Code::ProofNotInjected), Some(agrees))
        }
        Preflight::CannotTell { why } => {
            (Phrase::plain(Code::ProofCannotTell).saying("why", spoken::words(why)), None)
        }
    };
    let mark = match agrees {
        Some(true) => Mark::Ok,
        Some(false) => Mark::Bad,
        None => Mark::Warning,
    };
    ProofView { said, agrees, mark }
}
