//! The versions that a route may stop at.

use super::passed::{self, PassedOver};
use super::route::RefusedHop;
use super::search::Question;
use super::{Hop, classify};
use crate::policy::{Provider, Refusal, Why};
use crate::version::{MeshVersion, Minor};

/// The stops from the first version to the last, and what was left out on the way.
#[derive(Default)]
pub(super) struct Nodes {
    pub(super) versions: Vec<MeshVersion>,
    pub(super) refusals: Vec<RefusedHop>,
    pub(super) passed_over: Vec<PassedOver>,
}

/// One stop for every minor between, the newest that nothing speaks against.
pub(super) fn nodes(question: &Question<'_>) -> Nodes {
    let Question { from, to, .. } = *question;
    let refuse = |why| RefusedHop {
        from: from.clone(),
        to: to.clone(),
        method: None,
        refusal: refusal(question, why),
    };
    let is_upstream = question.profile.provider == Provider::Istio;
    if is_upstream && question.catalog.release(to.minor()).is_none() {
        let refusals = vec![refuse(Why::UnknownVersion { minor: to.minor() })];
        return Nodes { refusals, ..Nodes::default() };
    }
    let mut found = Nodes { versions: vec![from.clone()], ..Nodes::default() };
    if let Hop::Minor { crossed: _ } = classify(from, to) {
        let major = from.minor().major;
        for number in from.minor().minor + 1..to.minor().minor {
            match stop(question, Minor { major, minor: number }) {
                Ok(version) => {
                    found.passed_over.extend(passed::of_stop(question, &version));
                    found.versions.push(version);
                }
                Err(why) => found.refusals.push(refuse(why)),
            }
        }
    }
    found.versions.push(to.clone());
    found
}

/// The version to stop at in a minor on the way.
fn stop(question: &Question<'_>, minor: Minor) -> Result<MeshVersion, Why> {
    let catalog = question.catalog;
    match question.profile.provider {
        Provider::Istio => match catalog.release(minor) {
            None => Err(Why::UnknownVersion { minor }),
            Some(_) => catalog.newest_sound(minor).ok_or(Why::NoSoundPatch { minor }),
        },
        Provider::Asm => {
            let builds = catalog.asm.iter().filter(|version| version.minor() == minor);
            builds.max().cloned().ok_or(Why::UnknownVersion { minor })
        }
    }
}

fn refusal(question: &Question<'_>, why: Why) -> Refusal {
    let source = format!("release data of {}", question.catalog.as_of);
    Refusal { why, rule: "catalogue".to_owned(), source }
}
