//! Whether the istiods of a revision see the proxies of some pods.
//!
//! Entry point: [`connected`]. An istiod that can't be asked proves nothing either way, so that is
//! an answer of its own; whoever asks waits, and later asks the user.

use jiff::Timestamp;

use super::At;
use crate::inventory::Pod;
use crate::rollout::{Asked, ConnectedProxy, Istiod};
use crate::version::MeshVersion;

/// What a pod's proxy has to be to its istiod.
#[derive(Clone, Copy)]
pub(super) enum Demand {
    /// Connected, and everything sent to it was acknowledged: a new proxy that works.
    InSync,
    /// Connected. A mesh in which endpoints come and go always has somebody a push behind.
    Listed,
}

/// What the istiods say.
pub(super) enum Connected<'a> {
    /// Every proxy is as demanded.
    All,
    /// Some are not.
    NotAll,
    /// They could not be asked.
    Unread {
        /// Why.
        why: &'a str,
        /// Since when.
        since: Timestamp,
    },
}

/// Looks for the proxies of `pods` on the lists of a revision's istiods. The version that a proxy
/// reports must be the promised one: a pod of a StatefulSet has the name of the pod before it, and
/// an older list still shows that one. A build of the provider may differ (S27), and ASM's list names
/// none.
pub(super) fn connected<'a>(
    at: &At<'a>,
    pods: &[&Pod],
    revision: &str,
    version: Option<&MeshVersion>,
    demand: Demand,
) -> Connected<'a> {
    if pods.is_empty() {
        return Connected::All;
    }
    let istiods: &[Istiod] = match at.observed.istiods.get(revision) {
        None => return Connected::NotAll,
        Some(Asked::Unread { .. }) if at.progress.unwatched.contains(revision) => {
            return Connected::All;
        }
        Some(Asked::Unread { why, since }) => return Connected::Unread { why, since: *since },
        Some(Asked::Answered(istiods)) => istiods,
    };
    let is_good = |proxy: &ConnectedProxy| {
        let istio = proxy.version.as_ref().map(MeshVersion::istio);
        let is_promised = version.is_none() || istio == version.map(MeshVersion::istio);
        let is_enough = match demand {
            Demand::InSync => proxy.synced,
            Demand::Listed => true,
        };
        proxy.error.is_none() && is_promised && is_enough
    };
    let is_seen = |pod: &&Pod| {
        istiods.iter().filter_map(|istiod| istiod.proxies.get(&pod.reference)).any(is_good)
    };
    if pods.iter().all(is_seen) { Connected::All } else { Connected::NotAll }
}
