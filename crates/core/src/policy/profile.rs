//! A set of rules of the road, as data.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Method;
use crate::version::MeshVersion;

const POLICIES: &str = include_str!("../../data/policies.json");

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| read(POLICIES).unwrap_or_default());

/// A set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Its id, such as `asm-seed`.
    pub id: String,
    /// Whose meshes it is for.
    pub provider: Provider,
    /// Where its rules come from.
    pub source: String,
    /// What may be done in place.
    pub in_place: MethodRules,
    /// What may be done by canary.
    pub canary: MethodRules,
    /// Id of a stricter profile: what that one refuses is a warning here.
    pub stricter: Option<String>,
}

/// Whose meshes a profile is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Alibaba Cloud Service Mesh.
    Asm,
    /// Istio that one runs oneself.
    Istio,
}

/// What one method may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MethodRules {
    /// Minor distance of one hop, at most.
    pub max_minors: u64,
    /// Lowest version to start from.
    pub since: Option<MeshVersion>,
    /// Kinds of hop that it is for.
    pub classes: Vec<HopClass>,
    /// Whether it offers a way back before it is finished.
    pub way_back: bool,
    /// Names of the rules.
    pub rules: RuleNames,
}

/// A kind of hop, without its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HopClass {
    /// Only the provider's build rises.
    HotPatch,
    /// The patch rises.
    Patch,
    /// The minor rises.
    Minor,
}

/// The names under which a page states its rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleNames {
    /// How far a hop may go.
    pub distance: String,
    /// Where it may start.
    pub since: String,
    /// What it is for.
    pub classes: String,
}

#[derive(Deserialize)]
struct PolicyFile {
    profiles: Vec<Profile>,
}

impl Profile {
    /// Every profile that is built in.
    pub fn all() -> &'static [Self] {
        &PROFILES
    }

    /// The profile of this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.id == id)
    }

    /// What a method may do.
    pub fn rules(&self, method: Method) -> &MethodRules {
        match method {
            Method::InPlace => &self.in_place,
            Method::Canary => &self.canary,
        }
    }
}

fn read(text: &str) -> Result<Vec<Profile>, serde_json::Error> {
    serde_json::from_str::<PolicyFile>(text).map(|file| file.profiles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_profiles_read() {
        let ids: Vec<String> = read(POLICIES).unwrap().into_iter().map(|it| it.id).collect();

        assert_eq!(ids, ["asm-seed", "asm-strict", "istio"]);
    }

    #[test]
    fn a_stricter_profile_exists() {
        for profile in Profile::all() {
            let named = profile.stricter.as_deref();
            assert!(
                named.is_none_or(|id| Profile::by_id(id).is_some()),
                "{} names {named:?}",
                profile.id
            );
        }
    }
}
