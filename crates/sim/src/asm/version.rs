//! An ASM version, such as `v1.18.0.158-gc6cf0b9c-aliyun`, and what objects make of it.

use std::fmt;

/// A version in ASM's own spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    text: String,
    numbers: Vec<u32>,
}

impl Version {
    /// From its spelling; what is not a number counts as zero.
    pub(crate) fn new(text: &str) -> Self {
        let plain = text.trim_start_matches('v');
        let plain = plain.split('-').next().unwrap_or(plain);
        let numbers = plain.split('.').map(|part| part.parse().unwrap_or_default()).collect();
        Self { text: text.to_owned(), numbers }
    }

    /// Its whole spelling, which is the tag of its images too.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The open-source version under it, such as `1.18.0`.
    pub(crate) fn istio(&self) -> String {
        self.first_three(".")
    }

    /// Its revision, such as `1-18-0`.
    pub(crate) fn revision(&self) -> String {
        self.first_three("-")
    }

    /// Major and minor number.
    pub(crate) fn minor(&self) -> (u32, u32) {
        (self.number(0), self.number(1))
    }

    /// Whether it is newer than another by its four numbers.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        self.numbers > other.numbers
    }

    /// The order of two versions by their numbers.
    pub(crate) fn order(one: &Self, other: &Self) -> std::cmp::Ordering {
        one.numbers.cmp(&other.numbers)
    }

    /// How many minor versions it is ahead of another one.
    pub(crate) fn minors_ahead_of(&self, other: &Self) -> u32 {
        self.number(1).saturating_sub(other.number(1))
    }

    fn number(&self, place: usize) -> u32 {
        self.numbers.get(place).copied().unwrap_or_default()
    }

    fn first_three(&self, between: &str) -> String {
        let parts: Vec<String> = self.numbers.iter().take(3).map(ToString::to_string).collect();
        parts.join(between)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_gives_the_names_of_its_objects() {
        let version = Version::new("v1.18.0.158-gc6cf0b9c-aliyun");

        assert_eq!(version.istio(), "1.18.0");
        assert_eq!(version.revision(), "1-18-0");
        assert_eq!(version.minor(), (1, 18));
    }

    #[test]
    fn the_patch_number_of_asm_orders_and_the_hash_does_not() {
        let (old, new) = (Version::new("v1.18.0.123-gffffffff-aliyun"), Version::new("1.18.0.146"));

        assert!(new.is_after(&old));
        assert!(!Version::new("1.18.0.123").is_after(&old), "a hash is not a number");
        assert_eq!(Version::new("1.18.0").minors_ahead_of(&Version::new("1.16.4.93")), 2);
    }
}
