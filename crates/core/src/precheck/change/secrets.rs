//! Changes that only a Secret or the user's own computer would tell about. Secrets are never read.

use super::Crossing;
use crate::inventory::{Installer, Unsupported};

const SECRETS: &str = "Secrets are never read";

/// I113-mc-auth: how remote clusters are signed in to.
pub(super) fn remote_clusters(crossing: &Crossing<'_>) -> Option<(&'static str, &'static str)> {
    let spans = crossing.facts.snapshot.unsupported.contains(&Unsupported::MultiCluster);
    spans.then_some(("the kubeconfigs of remote clusters", SECRETS))
}

/// B117-2: how this computer signs in.
#[expect(clippy::unnecessary_wraps, reason = "it is one of several that may not matter")]
pub(super) fn kubeconfig(_: &Crossing<'_>) -> Option<(&'static str, &'static str)> {
    let why = "it is on this computer, not in the cluster: look for auth-provider in it";
    Some(("the kubeconfig", why))
}

/// B119-2: the values of gateway releases.
pub(super) fn gateway_release(crossing: &Crossing<'_>) -> Option<(&'static str, &'static str)> {
    is_helms(crossing).then_some(("the values of Helm's gateway releases", SECRETS))
}

/// B124-2: releases of the chart istiod-remote.
pub(super) fn remote_release(crossing: &Crossing<'_>) -> Option<(&'static str, &'static str)> {
    let elsewhere =
        crossing.facts.snapshot.unsupported.contains(&Unsupported::ExternalControlPlane);
    let concerned = elsewhere && is_helms(crossing);
    concerned.then_some(("whether a Helm release is of the chart istiod-remote", SECRETS))
}

fn is_helms(crossing: &Crossing<'_>) -> bool {
    let planes = &crossing.facts.snapshot.control_planes;
    planes.iter().any(|plane| plane.installer == Installer::Helm)
}
