//! The adapters on a mesh without a revision: upgraded in place, gateways apart from the control
//! plane; then left behind for a revision, and taken apart by name.

mod mesh;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use mesh::{Mesh, OWN, act, injected, leases_follow_the_deployment, text};
use meshlift_bed::Bed;
use meshlift_cluster::actuate;
use meshlift_cluster::istiod;
use meshlift_cluster::provider::istioctl::{self, Block};
use meshlift_core::inventory::Installer;
use meshlift_core::rollout::{ActKind, InstallPart, ObjectRef};

#[tokio::test(flavor = "multi_thread")]
async fn an_install_without_revision() -> Result<()> {
    let bed = Bed::start().await?;
    let mesh = Mesh::install(&bed, "default").await?;
    let plane = mesh.snapshot().await?.control_plane("default").cloned();
    assert_eq!(plane.context("the control plane")?.installer, Installer::Istioctl);

    a_canary_would_become_the_default_where_there_is_none(&mesh).await?;
    in_place_the_gateways_wait_for_their_own_step(&mesh).await?;
    a_revision_takes_over_the_default(&mesh).await?;
    what_had_no_revision_is_retired_by_name(&mesh).await?;
    bed.stop().await
}

async fn a_canary_would_become_the_default_where_there_is_none(mesh: &Mesh<'_>) -> Result<()> {
    let tag = "mutatingwebhookconfiguration/istio-revision-tag-default";
    let saved = mesh.bed.json(&["get", tag]).await?;
    mesh.bed.kubectl(&["delete", tag]).await?.checked()?;
    let canary = mesh.install_of(OWN, "1-31", InstallPart::ControlPlane)?;
    let found = mesh.check(&canary).await?;
    assert!(
        matches!(found.blocks.as_slice(), [Block::WouldBecomeDefault { .. }]),
        "{:?}",
        found.blocks
    );
    let mut saved = saved;
    let metadata = saved["metadata"].as_object_mut().context("metadata")?;
    metadata.retain(|key, _| matches!(key.as_str(), "name" | "labels" | "annotations"));
    mesh.bed.apply(&saved.to_string()).await
}

async fn in_place_the_gateways_wait_for_their_own_step(mesh: &Mesh<'_>) -> Result<()> {
    let before = mesh.gateways().await?;
    let control_plane = mesh.install_of(OWN, "", InstallPart::ControlPlane)?;
    let found = mesh.check(&control_plane).await?;
    assert_eq!(found.blocks, []);
    assert_eq!(found.removes, []);
    let touched = found.adds.iter().chain(&found.changes);
    let gateways: Vec<&ObjectRef> = touched.filter(|one| &*one.name == "extra-gateway").collect();
    assert_eq!(gateways, Vec::<&ObjectRef>::new(), "gateways follow later");

    mesh.run(&mesh.connection, &control_plane).await?;
    mesh.bed.istiod_ready("default", "1.31.1").await?;
    assert_eq!(mesh.gateways().await?, before, "the gateways were not touched");
    let snapshot = mesh.snapshot().await?;
    let answers =
        istiod::webhook_answers(&mesh.connection, &mesh.intent, "default", &snapshot).await?;
    assert!(answers, "the new istiod answers");
    assert_eq!(mesh.legacy_namespace_is_injected_by().await?, injected("default", "1.31.1")?);

    // Asked for again before the gateways followed, as after a crash, it still spares them.
    let found = mesh.check(&control_plane).await?;
    assert_eq!((found.removes, found.blocks), (vec![], vec![]));

    let everything = mesh.install_of(OWN, "", InstallPart::Everything)?;
    let found = mesh.check(&everything).await?;
    assert_eq!((found.removes, found.blocks), (vec![], vec![]));
    mesh.run(&mesh.connection, &everything).await?;
    for (name, (_, _, version)) in &mesh.gateways().await? {
        assert_eq!(version, "1.31.1", "{name}");
    }
    Ok(())
}

async fn a_revision_takes_over_the_default(mesh: &Mesh<'_>) -> Result<()> {
    for part in [InstallPart::ControlPlane, InstallPart::Everything] {
        let canary = mesh.install_of(OWN, "1-31", part)?;
        let found = mesh.check(&canary).await?;
        assert_eq!((found.removes, found.blocks), (vec![], vec![]));
        mesh.run(&mesh.connection, &canary).await?;
    }
    mesh.bed.istiod_ready("1-31", "1.31.1").await?;
    assert_eq!(mesh.legacy_namespace_is_injected_by().await?, injected("default", "1.31.1")?);

    let revision = || "1-31".into();
    for kind in [
        ActKind::SetTag { tag: "default".into(), revision: revision() },
        ActKind::SetTagService { tag: "default".into(), revision: revision() },
        ActKind::SetDefaultValidator { revision: revision() },
    ] {
        mesh.once(&act(kind)).await?;
    }
    // The install itself switched its injector off when it made the tag.
    let off = act(ActKind::DeactivateInjector { name: "istio-sidecar-injector".into() });
    let done = actuate::perform(&mesh.connection, &mesh.intent, &off, mesh::RUN).await?;
    assert!(!done.changed, "it is off already");
    assert_eq!(mesh.revision_of_tag("default").await?, "1-31", "istioctl agrees");
    assert_eq!(mesh.legacy_namespace_is_injected_by().await?, injected("1-31", "1.31.1")?);
    Ok(())
}

async fn what_had_no_revision_is_retired_by_name(mesh: &Mesh<'_>) -> Result<()> {
    let everything = mesh.everything().await?;
    let objects = istioctl::objects_of(&mesh.connection, "default").await?;
    leases_follow_the_deployment(&objects, "istiod", "default")?;
    for (object, uid) in &objects {
        mesh.once(&act(ActKind::Delete { object: object.clone(), uid: uid.clone() })).await?;
    }

    let left = mesh.everything().await?;
    let gone: BTreeSet<String> = everything.difference(&left).cloned().collect();
    let named: BTreeSet<String> = objects.iter().map(|(object, _)| object.to_string()).collect();
    assert_eq!(gone, named, "exactly the named objects are gone");
    let selector = "istio.io/rev=default,operator.istio.io/component=Pilot";
    let kinds = "mutatingwebhookconfigurations,validatingwebhookconfigurations,deployments,\
        services,configmaps,serviceaccounts,roles,rolebindings,clusterroles,\
        clusterrolebindings,horizontalpodautoscalers,poddisruptionbudgets";
    let found = mesh.bed.json(&["get", kinds, "-A", "-l", selector]).await?;
    let rest: Vec<&str> = found["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| text(one, "/metadata/name"))
        .collect();
    assert_eq!(rest, Vec::<&str>::new(), "nothing of it is left");
    assert_eq!(mesh.gateways().await?.len(), 2, "both gateways are still there");
    assert_eq!(mesh.legacy_namespace_is_injected_by().await?, injected("1-31", "1.31.1")?);
    Ok(())
}
