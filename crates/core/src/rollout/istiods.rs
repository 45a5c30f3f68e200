//! What istiods say of themselves and of the proxies that are connected to them. Those of an ASM
//! instance are asked through its API, which speaks for all of them at once.
//!
//! Entry point: [`Istiods`]. A control plane that could not be asked is told apart from one that
//! sees no proxies: the first says nothing, the second says that nobody is connected.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::inventory::{Name, PodRef};
use crate::version::MeshVersion;

/// What each control plane said when it was asked last, by revision. One that is missing was not
/// asked yet.
pub type Istiods = BTreeMap<Name, Asked>;

/// What became of asking all ready replicas of one control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Every one of them answered; empty when none was ready.
    Answered(Vec<Istiod>),
    /// At least one of them did not, so it is not known which proxies are connected.
    Unread {
        /// Why, as one sentence.
        why: String,
        /// Since when no round of questions was answered.
        since: Timestamp,
    },
}

/// What one istiod replica says of itself, or ASM's API of a whole control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Istiod {
    /// The pod; of ASM's, whose pods nobody sees, the name of its Deployment.
    pub pod: PodRef,
    /// Its revision.
    pub revision: Name,
    /// Its version by `/version`.
    pub version: Option<MeshVersion>,
    /// Proxies that are connected to it, as `namespace/pod`, with their version and whether they
    /// are in sync.
    pub proxies: BTreeMap<PodRef, ConnectedProxy>,
}

/// A proxy as istiod sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectedProxy {
    /// Version that the proxy reports.
    pub version: Option<MeshVersion>,
    /// Whether it acknowledged what was sent.
    pub synced: bool,
    /// Its last error, if any.
    pub error: Option<String>,
}

impl Asked {
    /// Takes the result of a round of questions at `now`. A silence goes on from where it began.
    pub fn after(
        earlier: Option<&Self>,
        answer: Result<Vec<Istiod>, String>,
        now: Timestamp,
    ) -> Self {
        match (answer, earlier) {
            (Ok(istiods), _) => Self::Answered(istiods),
            (Err(why), Some(Self::Unread { why: _, since })) => Self::Unread { why, since: *since },
            (Err(why), Some(Self::Answered(_)) | None) => Self::Unread { why, since: now },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_counts_from_its_first_question() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let silent =
            |earlier, second| Asked::after(earlier, Err("no answer".to_owned()), at(second));

        let first = silent(None, 10);
        let second = silent(Some(&first), 20);
        let answered = Asked::after(Some(&second), Ok(Vec::new()), at(30));
        let again = silent(Some(&answered), 40);

        let since = |second| Asked::Unread { why: "no answer".to_owned(), since: at(second) };
        assert_eq!((first, second), (since(10), since(10)), "the same silence");
        assert_eq!(answered, Asked::Answered(Vec::new()), "nobody connected is an answer");
        assert_eq!(again, since(40), "a new silence");
    }
}
