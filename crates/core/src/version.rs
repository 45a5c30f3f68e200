//! Mesh versions: upstream Istio's, ASM's with a fourth number, and the tags of proxy images.
//!
//! Entry point: [`MeshVersion`]. Deliberately absent: which hop is allowed (`policy`) and which
//! versions exist (`catalog`).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use semver::{BuildMetadata, Prerelease, Version};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The version of a control plane or a proxy.
///
/// Ordered by its numbers only; the suffix never orders. The total order is for sorting: a missing
/// build is unknown, not zero, so whoever classifies a hop asks [`MeshVersion::build`].
#[derive(Debug, Clone)]
pub struct MeshVersion {
    istio: Version,
    build: Option<u32>,
    suffix: Option<String>,
    text: String,
}

/// Why a text is not a mesh version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a mesh version: {problem} at character {position}")]
pub struct VersionError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// Where, counted from 1.
    pub position: usize,
}

impl MeshVersion {
    /// The open-source Istio version.
    pub fn istio(&self) -> &Version {
        &self.istio
    }

    /// ASM's own patch number; none when it is not named, which does not mean zero (S26).
    pub fn build(&self) -> Option<u32> {
        self.build
    }

    /// Major and minor, such as `1.30`.
    pub fn minor(&self) -> Minor {
        Minor { major: self.istio.major, minor: self.istio.minor }
    }

    /// The form that revisions and labels use: `1.18.0` becomes `1-18-0` (S35).
    pub fn revision(&self) -> String {
        format!("{}-{}-{}", self.istio.major, self.istio.minor, self.istio.patch)
    }

    /// Whether it is Alibaba Cloud's build.
    pub fn is_asm(&self) -> bool {
        self.build.is_some()
            || self.suffix.as_deref().is_some_and(|suffix| suffix.ends_with("aliyun"))
    }

    /// Whether it is what was promised: the same Istio version, and no lower build where both name
    /// one. A build may be higher, because ASM applies those by itself (S26, S27).
    pub fn keeps(&self, promised: &Self) -> bool {
        let no_lower = match (self.build, promised.build) {
            (Some(found), Some(promised)) => found >= promised,
            (None, _) | (_, None) => true,
        };
        self.istio == promised.istio && no_lower
    }

    /// Numbers without suffix, such as `1.30.5` or `1.18.0.158`.
    pub fn numbers(&self) -> String {
        match self.build {
            Some(build) => format!("{}.{build}", self.istio),
            None => self.istio.to_string(),
        }
    }
}

/// A minor, such as `1.30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor {
    /// Major number.
    pub major: u64,
    /// Minor number.
    pub minor: u64,
}

impl Minor {
    /// The first two numbers of a longer version, such as Kubernetes' `v1.34.3-aliyun.1`.
    pub fn leading(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let major = numbers.next().and_then(number)?;
        let rest = numbers.next()?;
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let minor = number(&rest[..end])?;
        Some(Self { major: major.into(), minor: minor.into() })
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Minor {
    type Err = VersionError;

    /// Reads `1.30` and nothing longer.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse =
            || VersionError { text: text.to_owned(), problem: "expected two numbers", position: 1 };
        let (major, minor) = text.split_once('.').ok_or_else(refuse)?;
        let major = number(major).ok_or_else(refuse)?;
        let minor = number(minor).ok_or_else(refuse)?;
        Ok(Self { major: major.into(), minor: minor.into() })
    }
}

impl Serialize for Minor {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Minor {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for MeshVersion {
    type Err = VersionError;

    /// Reads `v1.18.0.158-gc6cf0b9c-aliyun`, `1.30.5`, `1.31.0-rc.1` or `1.20.3-distroless`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse =
            |problem, at: usize| VersionError { text: text.to_owned(), problem, position: at + 1 };
        let start = usize::from(text.starts_with('v'));
        let numbers_end = text[start..].find('-').map_or(text.len(), |at| start + at);
        let mut numbers = Vec::with_capacity(4);
        let mut at = start;
        for part in text[start..numbers_end].split('.') {
            numbers.push(number(part).ok_or_else(|| refuse("expected a number", at))?);
            at += part.len() + 1;
        }
        let (&[major, minor, patch], build) = match numbers.split_first_chunk::<3>() {
            Some((first, [])) => (first, None),
            Some((first, [build])) => (first, Some(*build)),
            Some((_, [..])) => return Err(refuse("expected at most four numbers", start)),
            None => return Err(refuse("expected three numbers", numbers_end)),
        };
        let suffix = match text.get(numbers_end + 1..) {
            Some("") => return Err(refuse("expected a suffix", numbers_end + 1)),
            Some(suffix) => Some(suffix),
            None => None,
        };
        if let Some(bad) = suffix.and_then(|suffix| suffix.find(is_foreign)) {
            return Err(refuse("unexpected character", numbers_end + 1 + bad));
        }
        Ok(Self {
            istio: Version {
                major: major.into(),
                minor: minor.into(),
                patch: patch.into(),
                pre: prerelease(suffix),
                build: BuildMetadata::EMPTY,
            },
            build,
            suffix: suffix.map(str::to_owned),
            text: text.to_owned(),
        })
    }
}

fn number(part: &str) -> Option<u32> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| part.parse().ok()).flatten()
}

fn is_foreign(letter: char) -> bool {
    !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '-' || letter == '_')
}

/// Candidates sort below their release; image variants and vendors' suffixes do not order.
fn prerelease(suffix: Option<&str>) -> Prerelease {
    suffix
        .filter(|suffix| ["alpha", "beta", "rc"].iter().any(|word| suffix.starts_with(word)))
        .and_then(|suffix| Prerelease::new(suffix.split('-').next().unwrap_or(suffix)).ok())
        .unwrap_or(Prerelease::EMPTY)
}

impl fmt::Display for MeshVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Ord for MeshVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.istio, self.build).cmp(&(&other.istio, other.build))
    }
}

impl PartialOrd for MeshVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for MeshVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for MeshVersion {}

impl std::hash::Hash for MeshVersion {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.istio, self.build).hash(state);
    }
}

impl Serialize for MeshVersion {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for MeshVersion {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
