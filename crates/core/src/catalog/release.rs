//! One minor of Istio: its support window and the Kubernetes minors it runs on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::version::{MeshVersion, Minor};

/// One minor of Istio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The minor.
    pub minor: Minor,
    /// Its newest known patch.
    pub newest: MeshVersion,
    /// When it was released.
    pub released: Date,
    /// When its support ends, if that is known.
    pub ends: Option<End>,
    /// Kubernetes minors that its documentation names as supported, oldest first.
    pub kubernetes: Vec<Minor>,
    /// Kubernetes minors that were tested and are not supported.
    pub kubernetes_tested: Vec<Minor>,
    /// The oldest Kubernetes minor that its code accepts, if recorded.
    pub kubernetes_minimum: Option<Minor>,
    /// Where these facts come from.
    pub source: String,
}

/// The end of a support window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The last day.
    pub date: Date,
    /// Whether it is an expectation, not an announcement.
    pub estimated: bool,
}

/// How a Kubernetes minor fits a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum KubernetesFit {
    /// Documented as supported.
    Supported,
    /// Tested, not supported.
    Tested,
    /// Neither documented nor refused.
    Undocumented,
    /// Below what the code accepts.
    #[serde(rename_all = "camelCase")]
    Refused {
        /// The oldest minor that is accepted.
        minimum: Minor,
    },
    /// Nothing is known of the release.
    Unknown,
}

impl Release {
    /// Whether its support is over.
    pub fn is_over(&self, today: Date) -> bool {
        self.ends.is_some_and(|end| end.date < today)
    }

    /// How a Kubernetes minor fits it.
    pub fn fit(&self, kubernetes: Minor) -> KubernetesFit {
        // Documentation counts before the minimum in the code, which may be the higher one.
        if self.kubernetes.contains(&kubernetes) {
            return KubernetesFit::Supported;
        }
        if let Some(minimum) = self.kubernetes_minimum.filter(|minimum| kubernetes < *minimum) {
            return KubernetesFit::Refused { minimum };
        }
        if self.kubernetes_tested.contains(&kubernetes) {
            return KubernetesFit::Tested;
        }
        KubernetesFit::Undocumented
    }

    /// The supported Kubernetes minors as a range, such as `1.32–1.36`.
    pub fn kubernetes_range(&self) -> String {
        match (self.kubernetes.first(), self.kubernetes.last()) {
            (Some(first), Some(last)) if first != last => format!("{first}–{last}"),
            (Some(only), _) => only.to_string(),
            (None, _) => String::new(),
        }
    }
}
