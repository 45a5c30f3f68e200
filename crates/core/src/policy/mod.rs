//! Which hops are allowed, by whose rule.
//!
//! Entry point: [`judge`]. The rules are data: pages of one provider contradict each other, and a
//! limit that moves must not need a release (`domain/asm.md` §4.3). Deliberately absent: chains of
//! hops (`plan`) and what is in the mesh (`precheck`).

mod profile;
mod refusal;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::plan::{Hop, classify};
use crate::version::MeshVersion;

pub use profile::{HopClass, MethodRules, Profile, Provider, RuleNames};
pub use refusal::{Refusal, Remedy, Why};

/// How a control plane is upgraded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// A second control plane beside the first; namespaces move one after the other.
    Canary,
    /// The control plane itself is replaced.
    InPlace,
}

/// What the rules say about a hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be done.
    Allowed(Grounds),
    /// It may not be done.
    Refused(Refusal),
}

/// Why a hop is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// What kind of hop it is.
    pub hop: Hop,
    /// Name of the rule.
    pub rule: String,
    /// Where the rule stands.
    pub source: String,
    /// Whether the method offers a way back before it is finished.
    pub way_back: bool,
    /// What a stricter page says against it.
    pub stricter: Option<Refusal>,
}

/// Judges one hop by one method.
pub fn judge(
    running: &MeshVersion,
    wanted: &MeshVersion,
    method: Method,
    profile: &Profile,
) -> Verdict {
    match weigh(running, wanted, method, profile) {
        Err(refusal) => Verdict::Refused(*refusal),
        Ok(hop) => {
            let rules = profile.rules(method);
            Verdict::Allowed(Grounds {
                hop,
                rule: rules.rules.distance.clone(),
                source: profile.source.clone(),
                way_back: rules.way_back,
                stricter: stricter(running, wanted, method, profile),
            })
        }
    }
}

fn stricter(
    running: &MeshVersion,
    wanted: &MeshVersion,
    method: Method,
    profile: &Profile,
) -> Option<Refusal> {
    let other = Profile::by_id(profile.stricter.as_deref()?)?;
    weigh(running, wanted, method, other).err().map(|refusal| *refusal)
}

fn weigh(
    running: &MeshVersion,
    wanted: &MeshVersion,
    method: Method,
    profile: &Profile,
) -> Result<Hop, Box<Refusal>> {
    let rules = profile.rules(method);
    let refuse = |why: Why, rule: &str| {
        let (rule, source) = (rule.to_owned(), profile.source.clone());
        Err(Box::new(Refusal { why, rule, source }))
    };
    let hop = classify(running, wanted);
    let (class, crossed) = match hop {
        Hop::Same => return refuse(Why::Same, "order"),
        Hop::Downgrade => return refuse(Why::Downgrade, "order"),
        Hop::Major => return refuse(Why::Major, "order"),
        Hop::BuildUnknown => return refuse(Why::BuildUnknown, "S26"),
        Hop::HotPatch => (HopClass::HotPatch, 0),
        Hop::Patch => (HopClass::Patch, 0),
        Hop::Minor { crossed } => (HopClass::Minor, crossed),
    };
    if !rules.classes.contains(&class) {
        return refuse(Why::NotForPatches, &rules.rules.classes);
    }
    if crossed > rules.max_minors {
        let why = match method {
            Method::InPlace => Why::InPlaceSkip,
            Method::Canary => Why::CanarySkip { max: rules.max_minors },
        };
        return refuse(why, &rules.rules.distance);
    }
    if let Some(since) = rules.since.as_ref().filter(|since| !reaches(running, since)) {
        return refuse(Why::TooOldFor { minimum: since.clone() }, &rules.rules.since);
    }
    Ok(hop)
}

/// Whether a version is at least the lowest one to start from. One that does not name its build
/// reaches it only when its Istio version alone is higher.
fn reaches(running: &MeshVersion, since: &MeshVersion) -> bool {
    match classify(since, running) {
        Hop::Same | Hop::HotPatch | Hop::Patch | Hop::Minor { crossed: _ } | Hop::Major => true,
        Hop::Downgrade | Hop::BuildUnknown => false,
    }
}
