//! Which Kubernetes upgrades a route needs, and before which hop.
//!
//! Entry point: [`place`]. Kubernetes only rises, and in small steps: each is as small as the next
//! hop asks for, and stays inside what the running version is documented for where that is possible.

use serde::{Deserialize, Serialize};

use super::route::{PlannedHop, Warning};
use super::search::Question;
use crate::catalog::KubernetesFit;
use crate::version::{MeshVersion, Minor};

/// A Kubernetes upgrade that comes before a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesUpgrade {
    /// From.
    pub from: Minor,
    /// To. Kubernetes itself goes one minor at a time.
    pub to: Minor,
    /// How much it is needed.
    pub need: Need,
    /// Whether the version that runs meanwhile is documented for it.
    pub fits_running: bool,
}

/// How much a Kubernetes upgrade is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Need {
    /// The next version refuses the older Kubernetes.
    Required,
    /// The next version is not documented for the older Kubernetes, and would start on it.
    Advised,
}

/// Puts the Kubernetes upgrade that a hop needs before it, tells how its target fits the Kubernetes
/// of that moment, and gives the Kubernetes that follows.
pub(super) fn place(question: &Question<'_>, hop: &mut PlannedHop, before: Minor) -> Minor {
    let (catalog, provider) = (question.catalog, question.profile.provider);
    hop.kubernetes_first = upgrade(question, &hop.from, &hop.to, before);
    let after = hop.kubernetes_first.map_or(before, |upgrade| upgrade.to);
    let fit = catalog.fit_for(&hop.to, provider, after);
    hop.kubernetes = Some(fit);
    match fit {
        KubernetesFit::Tested | KubernetesFit::Undocumented => {
            let range = range(&catalog.kubernetes_of(&hop.to, provider).unwrap_or_default());
            hop.warnings.push(Warning::Kubernetes { version: hop.to.clone(), range });
        }
        KubernetesFit::Supported | KubernetesFit::Refused { .. } | KubernetesFit::Unknown => {}
    }
    after
}

fn upgrade(
    question: &Question<'_>,
    running: &MeshVersion,
    next: &MeshVersion,
    current: Minor,
) -> Option<KubernetesUpgrade> {
    let (catalog, provider) = (question.catalog, question.profile.provider);
    let wanted = catalog.kubernetes_of(next, provider)?;
    let need = match catalog.fit_for(next, provider, current) {
        KubernetesFit::Refused { minimum: _ } => Need::Required,
        KubernetesFit::Undocumented if wanted.first().is_some_and(|first| current < *first) => {
            Need::Advised
        }
        KubernetesFit::Supported
        | KubernetesFit::Tested
        | KubernetesFit::Undocumented
        | KubernetesFit::Unknown => return None,
    };
    let higher: Vec<Minor> = wanted.into_iter().filter(|minor| *minor > current).collect();
    let documented = catalog.kubernetes_of(running, provider).unwrap_or_default();
    let shared = higher.iter().copied().find(|minor| documented.contains(minor));
    let to = shared.or_else(|| higher.first().copied())?;
    Some(KubernetesUpgrade { from: current, to, need, fits_running: shared.is_some() })
}

/// Minors as a range, such as `1.32–1.36`.
fn range(minors: &[Minor]) -> String {
    match (minors.first(), minors.last()) {
        (Some(first), Some(last)) if first != last => format!("{first}–{last}"),
        (Some(only), _) => only.to_string(),
        (None, _) => String::new(),
    }
}
