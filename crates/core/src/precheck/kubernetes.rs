//! P-01: whether the cluster's Kubernetes fits the target.

use super::facts::Facts;
use super::{Aim, Finding, Problem, Severity};
use crate::catalog::KubernetesFit;
use crate::inventory::Instance;
use crate::version::Minor;

/// Kubernetes against the target.
pub(super) const ID: &str = "P-01";

/// The Kubernetes version against the range that the target supports; below the minimum in Istio's
/// code nothing starts, although `istioctl` itself only warns.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let &Facts { snapshot, aim, .. } = facts;
    let kubernetes = snapshot.cluster.kubernetes.clone();
    let subject = "Cluster";
    let Some(minor) = minor_of(&kubernetes) else {
        let what = "Kubernetes version".to_owned();
        let why = format!("`{kubernetes}` is not a version");
        let problem = Problem::CannotTell { what, why };
        return vec![Finding::new(ID, Severity::Warn, subject, problem)];
    };
    if let Some(instance) = &snapshot.instance {
        return by_asm(instance, aim, minor, kubernetes);
    }
    let version = aim.target.clone();
    match aim.catalog.fit(aim.target, minor) {
        KubernetesFit::Supported => Vec::new(),
        KubernetesFit::Refused { minimum } => {
            let minimum = minimum.to_string();
            let problem = Problem::KubernetesTooOld { version, minimum, kubernetes };
            vec![Finding::new(ID, Severity::Block, subject, problem)]
        }
        fit @ (KubernetesFit::Tested | KubernetesFit::Undocumented) => {
            let severity =
                if fit == KubernetesFit::Tested { Severity::Info } else { Severity::Warn };
            let range = range(aim);
            let problem = Problem::KubernetesUntested { version, range, kubernetes };
            vec![Finding::new(ID, severity, subject, problem)]
        }
        KubernetesFit::Unknown => {
            let what = format!("Kubernetes range of {version}");
            let why = "the catalogue does not know this version".to_owned();
            let problem = Problem::CannotTell { what, why };
            vec![Finding::new(ID, Severity::Warn, subject, problem)]
        }
    }
}

/// ASM's own table (S42); what it does not list is not known.
fn by_asm(instance: &Instance, aim: &Aim<'_>, minor: Minor, kubernetes: String) -> Vec<Finding> {
    let wanted = aim.target.minor();
    let Some(fit) = instance.fits.iter().find(|fit| fit.asm == wanted) else {
        let what = format!("Kubernetes range of {}", aim.target.numbers());
        let why = "ASM's compatibility table does not list it".to_owned();
        return vec![Finding::new(
            ID,
            Severity::Warn,
            "Cluster",
            Problem::CannotTell { what, why },
        )];
    };
    if (fit.from..=fit.until).contains(&minor) {
        return Vec::new();
    }
    let range = format!("{} – {}", fit.from, fit.until);
    let version = aim.target.clone();
    let problem = Problem::KubernetesUntested { version, range, kubernetes };
    let found = Finding::new(ID, Severity::Warn, "Cluster", problem);
    vec![Finding { source: super::source::instance(), ..found }]
}

/// Minor of a git version such as `v1.34.3` or `v1.30.4-eks-1`.
fn minor_of(version: &str) -> Option<Minor> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some(Minor { major: parts.next()?.parse().ok()?, minor: parts.next()?.parse().ok()? })
}

fn range(aim: &Aim<'_>) -> String {
    let release = aim.catalog.release(aim.target.minor());
    release.map(crate::catalog::Release::kubernetes_range).unwrap_or_default()
}
