//! The mesh that most scenarios upgrade, and what must hold of it afterwards.

use std::time::Duration;

use anyhow::{Result, ensure};
use meshlift_bed::Workload;

use crate::patience::until;
use crate::reading::{Pod, Reading};
use crate::world::{Install, World};

/// Proxies connect to istiod by themselves, some time after their pods are ready.
const CONNECT_LIMIT: Duration = Duration::from_mins(1);

/// Where an upgrade starts and where it ends.
pub(super) struct Upgrade {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    /// The revision that is installed.
    pub(super) stable: &'static str,
    /// The name that the application gives a canary beside it.
    pub(super) canary: &'static str,
}

pub(super) const MINOR: Upgrade =
    Upgrade { from: "1.30.5", to: "1.31.1", stable: "1-30", canary: "1-31" };
pub(super) const TWO_MINORS: Upgrade =
    Upgrade { from: "1.29.8", to: "1.31.1", stable: "1-29", canary: "1-31" };
pub(super) const WITHOUT_REVISION: Upgrade =
    Upgrade { from: "1.30.5", to: "1.31.1", stable: "default", canary: "1-31-1" };

/// A mesh of five workloads in the namespaces `shop` and `tools`, and one pod outside it.
pub(super) async fn make(world: &World, upgrade: &Upgrade, gateways: &[&str]) -> Result<Reading> {
    let (version, revision) = (upgrade.from, upgrade.stable);
    world.install(Install { version, revision, gateways }).await?;
    let label = if revision == "default" {
        ("istio-injection", "enabled")
    } else {
        ("istio.io/rev", revision)
    };
    let shop = [
        Workload::deployment("cart", 3),
        Workload::deployment("checkout", 2),
        Workload::stateful_set("orders", 2),
    ];
    let tools = [Workload::deployment("search", 2), Workload::daemon_set("agent")];
    world.namespace("shop", &[label], &shop).await?;
    world.namespace("tools", &[label], &tools).await?;
    world.namespace("plain", &[], &[Workload::deployment("alone", 1)]).await?;
    let found = world.read().await?;
    all_on(&found, revision, version)?;
    ensure!(found.injected().len() >= 10 + gateways.len(), "{:#?}", found.pods);
    Ok(found)
}

/// Every pod with a proxy has one, ready and of this revision and version, and they are as many as
/// before.
pub(super) fn all_on(found: &Reading, revision: &str, version: &str) -> Result<()> {
    let injected = found.injected();
    ensure!(!injected.is_empty(), "no pod has a proxy: {:#?}", found.pods);
    let wrong: Vec<_> = injected.iter().filter(|pod| !is_on(pod, revision, version)).collect();
    ensure!(wrong.is_empty(), "not on {revision} in {version}: {wrong:#?}");
    let plain = found.pods_of("plain");
    ensure!(!plain.is_empty() && plain.iter().all(|pod| pod.proxies.is_empty()), "{plain:#?}");
    Ok(())
}

/// Every pod of a namespace is on a revision and version.
pub(super) fn namespace_on(
    found: &Reading,
    namespace: &str,
    revision: &str,
    version: &str,
) -> Result<()> {
    let pods = found.pods_of(namespace);
    ensure!(!pods.is_empty(), "no pods in {namespace}");
    let wrong: Vec<_> = pods.iter().filter(|pod| !is_on(pod, revision, version)).collect();
    ensure!(wrong.is_empty(), "{namespace} not on {revision} in {version}: {wrong:#?}");
    Ok(())
}

/// The same pods by number as before, all on the new revision, and istioctl counts them too.
pub(super) async fn all_moved(
    world: &World,
    before: &Reading,
    revision: &str,
    version: &str,
) -> Result<Reading> {
    let found = world.read().await?;
    all_on(&found, revision, version)?;
    let (was, is) = (before.injected().len(), found.injected().len());
    ensure!(was == is, "{was} pods had a proxy before, {is} have one now: {:#?}", found.pods);
    let istiod = found.istiod(revision).map(|istiod| istiod.version.clone());
    ensure!(istiod.as_deref() == Some(version), "istiods: {:?}", found.istiods);
    connected(world, revision, version, is).await?;
    Ok(found)
}

async fn connected(world: &World, revision: &str, version: &str, count: usize) -> Result<()> {
    let what = format!("istioctl to count {count} proxies on {revision} in {version}");
    until(CONNECT_LIMIT, &what, || async {
        let counted = world.counted_by_istioctl(revision, version).await?;
        ensure!(counted == vec![version.to_owned(); count], "istioctl counts {counted:?}");
        Ok(())
    })
    .await
}

fn is_on(pod: &Pod, revision: &str, version: &str) -> bool {
    pod.ready && pod.revision.as_deref() == Some(revision) && pod.proxies == [version]
}
