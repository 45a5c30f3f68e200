//! Why a workload is in the state it is in: a fragment for its row, and the full reason.
//!
//! Entry points: [`why`] and [`detail`].

use meshlift_core::dataplane::{Assessment, Hindrance, State};
use meshlift_core::injection::{Match, Outcome, Reason};
use meshlift_core::inventory::Role;

use super::words::version;
use crate::api::dto::{Phrase, PhraseCode as Code};

/// Why, as a fragment of a sentence.
pub(crate) fn why(assessment: &Assessment) -> Phrase {
    match assessment.role {
        Role::InstalledGateway => return Phrase::plain(Code::WhyInstalledGateway),
        Role::ManagedGateway => return Phrase::plain(Code::WhyManagedGateway),
        Role::Application | Role::InjectedGateway | Role::ControlPlane => {}
    }
    match assessment.state {
        State::Rolling => Phrase::plain(Code::WhyRollingNow),
        State::CannotRestart | State::Unknown => match &assessment.hindrance {
            Some(hindrance) => self::hindrance(hindrance, assessment.matches),
            None => unknown(assessment),
        },
        State::WouldLoseSidecar => lost(assessment),
        State::MissingSidecar => Phrase::plain(Code::WhyOlderThanLabel),
        State::Behind => Phrase::plain(Code::WhyOlderThanControlPlane),
        State::UpToDate => match &assessment.hindrance {
            None | Some(Hindrance::Job | Hindrance::ManagedGateway) => {
                reason(&assessment.injection.reason)
            }
            Some(held) => self::hindrance(held, assessment.matches),
        },
        State::NeedsRestart | State::NoSidecar => reason(&assessment.injection.reason),
    }
}

/// The full reason, one sentence a line.
pub(crate) fn detail(assessment: &Assessment) -> Vec<Phrase> {
    let mut lines: Vec<Phrase> = assessment
        .now
        .iter()
        .map(|standing| {
            let count = ("count", standing.pods.to_string());
            if !standing.has_proxy {
                return Phrase::with(Code::DetailNowNone, [count]);
            }
            let revision = standing.revision.as_deref().unwrap_or("?").to_owned();
            let proxy = ("version", version(standing.version.as_ref()));
            Phrase::with(Code::DetailNow, [count, proxy, ("revision", revision)])
        })
        .collect();
    let why = reason(&assessment.injection.reason);
    match &assessment.injection.outcome {
        Outcome::Injected { revision: _ } | Outcome::Twice => {
            lines.extend(assessment.injection.matches.iter().map(|one| injected(one, &why)));
        }
        Outcome::NotInjected => {
            lines.push(Phrase::plain(Code::DetailNotInjected).saying("why", why));
        }
    }
    if let Some(hindrance) = &assessment.hindrance {
        lines.push(self::hindrance(hindrance, assessment.matches));
    }
    lines
}

/// What keeps a restart from being done or from helping.
pub(crate) fn hindrance(hindrance: &Hindrance, matches: u32) -> Phrase {
    match hindrance {
        Hindrance::Paused => Phrase::plain(Code::WhyPaused),
        Hindrance::OnDelete => Phrase::plain(Code::WhyOnDelete),
        Hindrance::Partition { partition } => {
            Phrase::with(Code::WhyPartition, [("partition", partition.to_string())])
        }
        Hindrance::NoController => Phrase::plain(Code::WhyNoController),
        Hindrance::Job => Phrase::plain(Code::WhyJob),
        Hindrance::Kind { of } => Phrase::with(Code::WhyKind, [("kind", of.to_string())]),
        Hindrance::PinnedImage { image } => {
            Phrase::with(Code::WhyPinnedImage, [("image", image.to_string())])
        }
        Hindrance::OwnProxy => Phrase::plain(Code::WhyOwnProxy),
        Hindrance::ManagedGateway => Phrase::plain(Code::WhyManagedGateway),
        Hindrance::InjectedTwice => {
            Phrase::with(Code::WhyTwoWebhooks, [("count", matches.to_string())])
        }
        Hindrance::ProxyUnknown { image } => {
            Phrase::with(Code::WhyProxyUnknown, [("image", image.to_string())])
        }
    }
}

/// What decided about a new pod.
pub(crate) fn reason(reason: &Reason) -> Phrase {
    match reason {
        Reason::NamespaceLabel { label } => {
            Phrase::with(Code::WhyNamespaceLabel, [("label", label.clone())])
        }
        Reason::PodLabel { label } => Phrase::with(Code::WhyPodLabel, [("label", label.clone())]),
        Reason::NoLabel => Phrase::plain(Code::WhyNoLabel),
        Reason::OptedOut => Phrase::plain(Code::WhyOptedOut),
        Reason::OptedOutByAnnotation => Phrase::plain(Code::WhyOptedOutByAnnotation),
        Reason::NeverSelected => Phrase::plain(Code::WhyNeverSelected),
        Reason::PolicyOff => Phrase::plain(Code::WhyPolicyOff),
        Reason::HostNetwork => Phrase::plain(Code::WhyHostNetwork),
        Reason::IgnoredNamespace => Phrase::plain(Code::WhyIgnoredNamespace),
    }
}

/// It has proxies and nothing would inject it again.
fn lost(assessment: &Assessment) -> Phrase {
    match &assessment.injection.reason {
        Reason::NamespaceLabel { label } | Reason::PodLabel { label } => {
            Phrase::with(Code::WhyNoWebhook, [("label", label.clone())])
        }
        other @ (Reason::NoLabel
        | Reason::OptedOut
        | Reason::OptedOutByAnnotation
        | Reason::NeverSelected
        | Reason::PolicyOff
        | Reason::HostNetwork
        | Reason::IgnoredNamespace) => reason(other),
    }
}

fn unknown(assessment: &Assessment) -> Phrase {
    match (&assessment.injection.outcome, &assessment.after.revision) {
        (Outcome::Twice, _) => hindrance(&Hindrance::InjectedTwice, assessment.matches),
        (Outcome::Injected { .. } | Outcome::NotInjected, Some(revision)) => {
            Phrase::with(Code::WhyNotInstalled, [("revision", revision.to_string())])
        }
        (Outcome::Injected { .. } | Outcome::NotInjected, None) => {
            reason(&assessment.injection.reason)
        }
    }
}

fn injected(one: &Match, why: &Phrase) -> Phrase {
    Phrase::with(
        Code::DetailInjectedBy,
        [
            ("revision", one.revision.to_string()),
            ("webhook", one.webhook.to_string()),
            ("configuration", one.configuration.to_string()),
        ],
    )
    .saying("why", why.clone())
}
