//! Reads what prechecks ask of a cluster and nothing else does.
//!
//! Entry point: [`read`]. It runs when a precheck runs: everything at once, lists in pages, each object
//! reduced as it comes. A kind that may not be read becomes a gap of the evidence, never a failure of
//! the whole; a kind of another tool whose CRD is not there has no objects. Deliberately absent:
//! Secrets, watching, and what follows from it all (`meshlift-core`).

mod count;
mod other;
mod platform;
mod reader;
mod room;
mod settings;
mod text;
mod traffic;

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::Timestamp;
use meshlift_core::inventory::evidence::{Gap, Resource, Sync};
use meshlift_core::inventory::{ControlPlane, Evidence, Name, Snapshot};
use meshlift_core::rollout::Istiod;

use crate::connection::Connection;
use crate::instance::Cloud;
use crate::{istiod, lease};
use reader::Reader;
pub(crate) use settings::switches;
pub use settings::with_values;

/// Reads the evidence about a mesh that was read as `mesh`. In one of ASM's, `cloud` holds Istio's own
/// objects and knows the proxies; the clusters of its data plane do neither.
pub async fn read(connection: &Connection, mesh: &Snapshot, cloud: Option<&Cloud>) -> Evidence {
    let mut reader = Reader::new(connection.calls().clone());
    let mut evidence = Evidence::default();
    reader.crds(&mut evidence).await;
    let reader = &reader;
    // Each part fills one evidence of its own, so that all of them are read at the same time.
    let (rules, gateways, platform, counted, others, settings, seen) = tokio::join!(
        Box::pin(rules_of(cloud, reader)),
        Box::pin(traffic::kubernetes(reader)),
        Box::pin(platform::read(reader)),
        Box::pin(count::read(reader, mesh)),
        Box::pin(other::read(reader)),
        Box::pin(settings::read(reader, mesh)),
        Box::pin(about(connection, mesh, cloud)),
    );
    for part in [rules, gateways, platform, counted, others, settings, seen] {
        merge(&mut evidence, part);
    }
    room::read(reader, &mut evidence).await;
    evidence
}

async fn rules_of(cloud: Option<&Cloud>, here: &Reader) -> Evidence {
    let Some(cloud) = cloud else { return traffic::rules(here).await };
    let mut evidence = Evidence::default();
    if let Some(connection) = cloud.api_server().await {
        let mut there = Reader::new(connection.calls().clone());
        // ASM keeps its CRDs itself: they say where the objects are and which versions are served, and
        // nobody has to mind how they are installed.
        let mut kept = Evidence::default();
        there.crds(&mut kept).await;
        evidence.rule_crds = Some(kept.crds);
        merge(&mut evidence, traffic::rules(&there).await);
        return evidence;
    }
    for of in traffic::RULES {
        gap(&mut evidence, of, "ASM's API server is not connected".to_owned());
    }
    evidence
}

/// What is asked of istiod, of the lease and of the clocks.
async fn about(connection: &Connection, mesh: &Snapshot, cloud: Option<&Cloud>) -> Evidence {
    let mut evidence = Evidence::default();
    for told in istiods(connection, mesh, cloud).await {
        match told {
            Ok((revision, told)) => drop(evidence.sync.insert(revision, sync(told))),
            Err(why) => gap(&mut evidence, Resource::Sync, why),
        }
    }
    let namespace = mesh.control_planes.first().map_or("istio-system", |plane| &plane.namespace);
    match lease::observe(connection, namespace).await {
        Ok(observed) => evidence.lease = observed.and_then(|it| it.held()),
        Err(error) => gap(&mut evidence, Resource::Lease, error.to_string()),
    }
    match connection.calls().server_clock().await {
        Ok(clock) => {
            evidence.server_clock = clock.map(Timestamp::as_second);
            evidence.local_clock = Some(Timestamp::now().as_second());
        }
        Err(error) => gap(&mut evidence, Resource::Clock, error.to_string()),
    }
    evidence
}

/// What each control plane says, by its revision.
async fn istiods(
    connection: &Connection,
    mesh: &Snapshot,
    cloud: Option<&Cloud>,
) -> Vec<Result<(Name, Vec<Istiod>), String>> {
    let planes = &mesh.control_planes;
    let Some(cloud) = cloud else {
        return join_all(planes.iter().map(|plane| replicas(connection, plane))).await;
    };
    match cloud.istiods(planes).await {
        Ok(told) => told.into_iter().map(|it| Ok((it.revision.clone(), vec![it]))).collect(),
        Err(error) => vec![Err(error.to_string())],
    }
}

async fn replicas(
    connection: &Connection,
    plane: &ControlPlane,
) -> Result<(Name, Vec<Istiod>), String> {
    let told = istiod::ask(connection, plane).await.map_err(|error| error.to_string())?;
    Ok((plane.revision.clone(), told))
}

/// Which proxies follow a control plane.
fn sync(told: Vec<Istiod>) -> Sync {
    let mut sync = Sync::default();
    for (pod, proxy) in told.into_iter().flat_map(|istiod| istiod.proxies) {
        if !proxy.synced {
            sync.behind.insert(pod.clone());
        }
        sync.connected.insert(pod);
    }
    sync
}

fn gap(evidence: &mut Evidence, of: Resource, why: String) {
    if evidence.gap(of).is_none() {
        evidence.gaps.push(Gap { of, why });
    }
}

/// Adds a part that was read beside the others. Every field is named, so that a new one does not get
/// lost here.
#[expect(clippy::too_many_lines, reason = "one line for each field")]
fn merge(into: &mut Evidence, part: Evidence) {
    fn more<T>(into: &mut Vec<T>, part: Vec<T>) {
        into.extend(part);
    }
    fn merged<K: Ord, V>(into: &mut BTreeMap<K, V>, part: BTreeMap<K, V>) {
        into.extend(part);
    }
    let Evidence {
        envoy_filters,
        destination_rules,
        virtual_services,
        service_entries,
        sidecars,
        workload_entries,
        telemetries,
        access_policies,
        other_policies,
        istio_gateways,
        kubernetes_gateways,
        applied,
        crds,
        rule_crds,
        mesh_configs,
        cni,
        services,
        autoscalers,
        scaled_objects,
        applications,
        operators,
        nodes,
        room,
        sail,
        quotas,
        bindings,
        label_uses,
        metric_rules,
        agents,
        tools,
        root_certificates,
        root_expires,
        sync,
        lease,
        values,
        values_set_more,
        pods,
        server_clock,
        local_clock,
        gaps,
    } = part;
    more(&mut into.envoy_filters, envoy_filters);
    more(&mut into.destination_rules, destination_rules);
    more(&mut into.virtual_services, virtual_services);
    more(&mut into.service_entries, service_entries);
    more(&mut into.sidecars, sidecars);
    more(&mut into.workload_entries, workload_entries);
    more(&mut into.telemetries, telemetries);
    more(&mut into.access_policies, access_policies);
    more(&mut into.other_policies, other_policies);
    more(&mut into.istio_gateways, istio_gateways);
    more(&mut into.kubernetes_gateways, kubernetes_gateways);
    more(&mut into.applied, applied);
    more(&mut into.crds, crds);
    into.rule_crds = into.rule_crds.take().or(rule_crds);
    merged(&mut into.mesh_configs, mesh_configs);
    more(&mut into.services, services);
    more(&mut into.autoscalers, autoscalers);
    more(&mut into.scaled_objects, scaled_objects);
    more(&mut into.applications, applications);
    more(&mut into.operators, operators);
    more(&mut into.nodes, nodes);
    more(&mut into.sail, sail);
    into.room = into.room.or(room);
    more(&mut into.quotas, quotas);
    more(&mut into.bindings, bindings);
    more(&mut into.label_uses, label_uses);
    more(&mut into.metric_rules, metric_rules);
    more(&mut into.agents, agents);
    more(&mut into.tools, tools);
    into.root_certificates.extend(root_certificates);
    merged(&mut into.sync, sync);
    more(&mut into.gaps, gaps);
    into.cni = into.cni.take().or(cni);
    into.root_expires = into.root_expires.or(root_expires);
    into.lease = into.lease.take().or(lease);
    into.values = into.values.take().or(values);
    into.values_set_more |= values_set_more;
    into.pods = into.pods.or(pods);
    into.server_clock = into.server_clock.or(server_clock);
    into.local_clock = into.local_clock.or(local_clock);
}
