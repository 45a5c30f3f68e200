//! What a run that came through has seen at its end, in one sentence. Entry point: [`verified`].

use std::collections::BTreeMap;

use meshlift_core::rollout::{Expectation, StepAction};

use super::Sight;
use crate::api::dto::{Phrase, PhraseCode as Code};

/// What the last step of a run that came through has seen, the most telling of it.
pub(super) fn verified(sight: &Sight<'_>) -> Option<Phrase> {
    let expected: Vec<&Expectation> = sight
        .record
        .plan
        .steps
        .iter()
        .flat_map(|step| match &step.action {
            StepAction::Verify { expect } => expect.as_slice(),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Restart { .. }
            | StepAction::Change { .. } => &[],
        })
        .collect();
    let gone = expected.iter().find_map(|expectation| match expectation {
        Expectation::RevisionGone { revision } => {
            Some(Phrase::with(Code::RunVerifiedGone, [("revision", revision.to_string())]))
        }
        Expectation::Proxies { .. }
        | Expectation::Tag { .. }
        | Expectation::ControlPlane { .. } => None,
    });
    gone.or_else(|| verified_proxies(&expected)).or_else(|| {
        expected.iter().find_map(|expectation| match expectation {
            Expectation::Tag { tag, revision } => {
                let names = [("tag", tag.to_string()), ("revision", revision.to_string())];
                Some(Phrase::with(Code::RunVerifiedTag, names))
            }
            Expectation::ControlPlane { revision, version } => {
                let end = [("revision", revision.to_string()), ("version", version.numbers())];
                Some(Phrase::with(Code::RunVerifiedPlane, end))
            }
            Expectation::Proxies { .. } | Expectation::RevisionGone { .. } => None,
        })
    })
}

/// How many workloads are where most of them were to go; one that pins its proxy goes elsewhere.
fn verified_proxies(expected: &[&Expectation]) -> Option<Phrase> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for expectation in expected {
        match expectation {
            Expectation::Proxies { workload: _, revision, version } => {
                *counts.entry((revision.to_string(), version.numbers())).or_default() += 1;
            }
            Expectation::Tag { .. }
            | Expectation::ControlPlane { .. }
            | Expectation::RevisionGone { .. } => {}
        }
    }
    let all: usize = counts.values().sum();
    let ((revision, version), most) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let (revision, version) = (("revision", revision), ("version", version));
    let workloads = ("workloads", most.to_string());
    Some(if most == all {
        Phrase::with(Code::RunVerifiedProxies, [revision, version, workloads])
    } else {
        let others = ("others", (all - most).to_string());
        Phrase::with(Code::RunVerifiedMixed, [revision, version, workloads, others])
    })
}
