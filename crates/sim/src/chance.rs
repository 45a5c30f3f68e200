//! Repeatable chance: the same seed gives the same names, UIDs and delays.

use sha2::{Digest, Sha256};

/// Letters of the suffixes that Kubernetes makes: no vowels, nothing that reads as a digit.
const SUFFIX: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A stream of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A UID in the form of a random UUID.
    pub(crate) fn uid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0x0fff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }

    /// Five letters, as `generateName` appends.
    pub(crate) fn suffix(&mut self) -> String {
        letters(self.next(), 5)
    }
}

/// Letters that stand for a content, as in `pod-template-hash`.
pub(crate) fn hash(content: &serde_json::Value) -> String {
    let digest = Sha256::digest(content.to_string().as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    letters(number, 9)
}

fn letters(mut number: u64, count: usize) -> String {
    let base = SUFFIX.len() as u64;
    (0..count)
        .map(|_| {
            let letter = SUFFIX[usize::try_from(number % base).unwrap_or_default()];
            number /= base;
            char::from(letter)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself() {
        let (mut first, mut second) = (Chance::new(7), Chance::new(7));

        assert_eq!(first.uid(), second.uid());
        assert_eq!(first.suffix(), second.suffix());
        assert_ne!(first.uid(), Chance::new(8).uid(), "another seed, another stream");
    }

    #[test]
    fn a_uid_looks_like_a_uuid() {
        let uid = Chance::new(1).uid();

        assert_eq!(uid.len(), 36, "{uid}");
        assert_eq!(uid.matches('-').count(), 4, "{uid}");
    }
}
