//! The adapters against the real thing: an API server, istiod and istioctl on the bed. One canary by
//! hand, act by act, from the first check to the last deleted object; kubectl and istioctl agree.

mod mesh;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use mesh::{
    Mesh, OWN, RUN, WITHOUT_EXTRA, WITHOUT_LOG, act, injected, kinds_and_names,
    leases_follow_the_deployment, names_object, text, workload,
};
use meshlift_bed::{Bed, ISTIO_VERSIONS};
use meshlift_cluster::actuate;
use meshlift_cluster::door::Door;
use meshlift_cluster::lease::{self, LeaseError, Marker, Watch};
use meshlift_cluster::provider::istioctl::{self, Block};
use meshlift_cluster::snapshot::template_hash;
use meshlift_cluster::{istiod, preflight};
use meshlift_core::inventory::{InjectionLabels, Kind, WorkloadRef};
use meshlift_core::rollout::{ActKind, InstallPart, ObjectRef, Preflight};

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_by_hand() -> Result<()> {
    let bed = Bed::start().await?;
    let mesh = Mesh::install(&bed, "1-30").await?;

    finds_every_istioctl(&mesh).await?;
    a_dry_run_pod_tells_what_would_come_up(&mesh).await?;
    foreign_values_are_refused(&mesh).await?;
    the_canary_comes_up_beside_the_old_revision(&mesh).await?;
    the_webhook_is_asked(&mesh).await?;
    workloads_move(&mesh).await?;
    the_default_moves_and_comes_back(&mesh).await?;
    the_gateways_follow_in_their_own_step(&mesh).await?;
    the_old_revision_is_retired_by_name(&mesh).await?;
    a_lease_is_taken_renewed_and_released(&mesh).await?;
    bed.stop().await
}

async fn finds_every_istioctl(mesh: &Mesh<'_>) -> Result<()> {
    let binary = mesh.bed.istioctl_path(ISTIO_VERSIONS[0]);
    let folder = binary.parent().context("the folder of istioctl")?.to_owned();
    let found = istioctl::find(&[folder, "/bin/cat".into()], None).await;
    let versions: BTreeSet<String> =
        found.iter().filter_map(|one| Some(one.version.as_ref()?.to_string())).collect();
    assert_eq!(versions, ISTIO_VERSIONS.map(str::to_owned).into());
    let other = found.iter().find(|one| one.path.ends_with("cat")).context("an added file")?;
    assert!(other.problem.is_some(), "cat is no istioctl: {other:?}");
    Ok(())
}

async fn a_dry_run_pod_tells_what_would_come_up(mesh: &Mesh<'_>) -> Result<()> {
    for workload in [cart(), ledger(), agent()] {
        let found = preflight::dry_run_pod(&mesh.connection, &mesh.intent, &workload).await;
        assert_eq!(found, injected("1-30", "1.30.5")?, "{workload}");
    }
    let plain = workload("plain", Kind::Deployment, "web");
    let found = preflight::dry_run_pod(&mesh.connection, &mesh.intent, &plain).await;
    assert_eq!(found, Preflight::NotInjected);

    let quota = ["-n", "plain", "create", "quota", "full", "--hard=pods=1"];
    mesh.bed.kubectl(&quota).await?.checked()?;
    let found = preflight::dry_run_pod(&mesh.connection, &mesh.intent, &plain).await;
    let Preflight::CannotTell { why } = &found else { anyhow::bail!("no room: {found:?}") };
    assert!(why.contains("exceeded quota"), "the server's own words: {why}");

    let read_only = mesh.connect(Door::new(true)).await?;
    let found = preflight::dry_run_pod(&read_only, &mesh.intent, &cart()).await;
    assert!(matches!(found, Preflight::CannotTell { .. }), "{found:?}");
    let pods = mesh.bed.json(&["-n", "shop", "get", "pods"]).await?;
    assert_eq!(pods["items"].as_array().map(Vec::len), Some(mesh.shop_pods), "no pod was made");
    Ok(())
}

async fn foreign_values_are_refused(mesh: &Mesh<'_>) -> Result<()> {
    let canary = mesh.install_of(WITHOUT_EXTRA, "1-31", InstallPart::ControlPlane)?;
    let found = mesh.check(&canary).await?;
    assert!(
        names_object(&found.blocks, "Deployment istio-system/extra-gateway"),
        "a gateway is missing in the values: {:?}",
        found.blocks
    );

    let canary = mesh.install_of(WITHOUT_LOG, "1-31", InstallPart::ControlPlane)?;
    let found = mesh.check(&canary).await?;
    let [Block::Value(difference)] = found.blocks.as_slice() else {
        anyhow::bail!("a setting is missing in the values: {:?}", found.blocks)
    };
    assert_eq!(difference.path, "meshConfig.accessLogFile");

    let mut canary = mesh.install_of(OWN, "1-31", InstallPart::ControlPlane)?;
    canary.binary = mesh.bed.istioctl_path("1.30.5").display().to_string();
    let found = mesh.check(&canary).await?;
    assert!(matches!(found.blocks.as_slice(), [Block::WrongBinary { .. }]), "{:?}", found.blocks);

    let in_place = mesh.install_of(OWN, "", InstallPart::ControlPlane)?;
    let found = mesh.check(&in_place).await?;
    assert!(
        found.blocks.iter().any(|block| matches!(block, Block::WouldTakeDefaultBack { .. })),
        "an install without revision would move the default: {:?}",
        found.blocks
    );
    Ok(())
}

async fn the_canary_comes_up_beside_the_old_revision(mesh: &Mesh<'_>) -> Result<()> {
    let canary = mesh.install_of(OWN, "1-31", InstallPart::ControlPlane)?;
    let found = mesh.check(&canary).await?;
    assert_eq!(found.blocks, [], "these are the install's own values");
    assert_eq!(found.removes, []);
    let adds = kinds_and_names(&found.adds);
    assert!(adds.contains("Deployment istio-system/istiod-1-31"), "{adds:?}");
    let touched: Vec<&ObjectRef> = found.adds.iter().chain(&found.changes).collect();
    assert!(
        !touched.iter().any(|one| one.name.contains("gateway")
            && &*one.kind != "CustomResourceDefinition"
            && &*one.kind != "ClusterRole"
            && &*one.kind != "ClusterRoleBinding"),
        "gateways follow later: {touched:?}"
    );

    let gateways = mesh.gateways().await?;
    let read_only = mesh.connect(Door::new(true)).await?;
    let refused = mesh.run(&read_only, &canary).await;
    ensure!(refused.is_err(), "read-only mode started istioctl");
    let done = mesh.run(&mesh.connection, &canary).await?;
    ensure!(done.changed, "it was installed");
    mesh.bed.istiod_ready("1-31", "1.31.1").await?;
    assert_eq!(mesh.gateways().await?, gateways, "the gateways were not touched");
    Ok(())
}

async fn the_webhook_is_asked(mesh: &Mesh<'_>) -> Result<()> {
    let snapshot = mesh.snapshot().await?;
    let read_only = mesh.connect(Door::new(true)).await?;
    for (connection, how) in [(&mesh.connection, "by a dry run"), (&read_only, "by its port")] {
        let answers = istiod::webhook_answers(connection, &mesh.intent, "1-31", &snapshot).await?;
        assert!(answers, "the webhook of 1-31 answers {how}");
    }
    let answers =
        istiod::webhook_answers(&mesh.connection, &mesh.intent, "1-99", &snapshot).await?;
    assert!(!answers, "there is no 1-99");
    Ok(())
}

async fn workloads_move(mesh: &Mesh<'_>) -> Result<()> {
    let old = mesh.ask("1-30", mesh.shop_pods).await?;
    assert_eq!(old.version.as_ref().map(ToString::to_string).as_deref(), Some("1.30.5"));
    for (pod, proxy) in &old.proxies {
        let version = proxy.version.as_ref().map(ToString::to_string);
        assert_eq!(version.as_deref(), Some("1.30.5"), "{pod}");
        assert!(proxy.synced, "{pod}: {proxy:?}");
    }

    let shop = mesh.bed.json(&["get", "namespace", "shop"]).await?;
    let label =
        |revision: &str| InjectionLabels { injection: None, revision: Some(revision.into()) };
    let move_shop = act(ActKind::Label {
        namespace: "shop".into(),
        uid: text(&shop, "/metadata/uid").into(),
        from: label("1-30"),
        to: label("1-31"),
    });
    mesh.once(&move_shop).await?;
    let found = preflight::dry_run_pod(&mesh.connection, &mesh.intent, &cart()).await;
    assert_eq!(found, injected("1-31", "1.31.1")?);

    for workload in [cart(), ledger(), agent()] {
        let kind = workload.kind.to_string().to_lowercase();
        let live = mesh.bed.json(&["-n", "shop", "get", &kind, &workload.name]).await?;
        let restart = act(ActKind::Restart {
            uid: text(&live, "/metadata/uid").into(),
            template_hash: template_hash(&live["spec"]["template"]),
            workload: workload.clone(),
        });
        mesh.once(&restart).await?;
        let target = format!("{kind}/{}", workload.name);
        let status = ["-n", "shop", "rollout", "status", &target, "--timeout=90s"];
        mesh.bed.kubectl(&status).await?.checked()?;
    }
    let new = mesh.ask("1-31", mesh.shop_pods).await?;
    let pods: BTreeSet<&str> = new.proxies.keys().map(|pod| &*pod.namespace).collect();
    assert_eq!(pods, BTreeSet::from(["shop"]));
    Ok(())
}

async fn the_default_moves_and_comes_back(mesh: &Mesh<'_>) -> Result<()> {
    let before = mesh.defaults().await?;
    let mut undo = Vec::new();
    let revision = || "1-31".into();
    for kind in [
        ActKind::SetTag { tag: "default".into(), revision: revision() },
        ActKind::SetTagService { tag: "default".into(), revision: revision() },
        ActKind::SetDefaultValidator { revision: revision() },
    ] {
        let (object, manifest) =
            actuate::before(&mesh.connection, &kind).await?.context("an object to restore")?;
        mesh.once(&act(kind)).await?;
        undo.push(act(ActKind::Restore { object, manifest, left: Some(revision()) }));
    }
    assert_eq!(mesh.revision_of_tag("default").await?, "1-31", "istioctl agrees");
    assert_eq!(mesh.legacy_namespace_is_injected_by().await?, injected("1-31", "1.31.1")?);

    for restore in undo.iter().rev() {
        mesh.once(restore).await?;
    }
    assert_eq!(mesh.defaults().await?, before, "everything is as it was");
    assert_eq!(mesh.revision_of_tag("default").await?, "1-30");
    assert_eq!(mesh.legacy_namespace_is_injected_by().await?, injected("1-30", "1.30.5")?);

    for kind in [
        ActKind::SetTag { tag: "default".into(), revision: revision() },
        ActKind::SetTagService { tag: "default".into(), revision: revision() },
        ActKind::SetDefaultValidator { revision: revision() },
    ] {
        mesh.once(&act(kind)).await?;
    }
    let analysis = mesh.bed.istioctl("1.31.1", &["analyze", "-A", "-o", "json"]).await?;
    ensure!(!analysis.stdout.contains("IST0139"), "webhooks conflict: {}", analysis.stdout);
    Ok(())
}

async fn the_gateways_follow_in_their_own_step(mesh: &Mesh<'_>) -> Result<()> {
    let everything = mesh.install_of(OWN, "1-31", InstallPart::Everything)?;
    let found = mesh.check(&everything).await?;
    assert_eq!(found.blocks, []);
    assert_eq!(found.removes, []);
    let changes = kinds_and_names(&found.changes);
    assert!(changes.contains("Deployment istio-system/extra-gateway"), "{changes:?}");
    mesh.run(&mesh.connection, &everything).await?;
    for (name, revision, version) in mesh.gateways().await?.values() {
        assert_eq!((revision.as_str(), version.as_str()), ("1-31", "1.31.1"), "{name}");
    }

    let again = mesh.install_of(OWN, "1-31", InstallPart::ControlPlane)?;
    let found = mesh.check(&again).await?;
    assert!(
        found.blocks.iter().any(|block| matches!(block, Block::WouldRemove { object } if &*object.name == "extra-gateway")),
        "now the first part would delete the gateways: {:?}",
        found.blocks
    );
    Ok(())
}

async fn the_old_revision_is_retired_by_name(mesh: &Mesh<'_>) -> Result<()> {
    let everything = mesh.everything().await?;
    let objects = istioctl::objects_of(&mesh.connection, "1-30").await?;
    let first = objects.first().context("an object")?;
    assert_eq!(
        &*first.0.kind, "MutatingWebhookConfiguration",
        "no pod may ask an istiod that is gone"
    );
    leases_follow_the_deployment(&objects, "istiod-1-30", "1-30")?;

    for (object, uid) in &objects {
        mesh.once(&act(ActKind::Delete { object: object.clone(), uid: uid.clone() })).await?;
    }
    let left = mesh.everything().await?;
    let gone: BTreeSet<String> = everything.difference(&left).cloned().collect();
    let named: BTreeSet<String> = objects.iter().map(|(object, _)| object.to_string()).collect();
    assert_eq!(gone, named, "exactly the named objects are gone");
    let of_old: Vec<&String> = left.iter().filter(|name| name.contains("1-30")).collect();
    assert_eq!(of_old, Vec::<&String>::new(), "and nothing of the old revision is left");
    assert_eq!(mesh.gateways().await?.len(), 2, "both gateways are still there");
    assert_eq!(istioctl::objects_of(&mesh.connection, "1-30").await?, []);
    let snapshot = mesh.snapshot().await?;
    let answers = istiod::webhook_answers(&mesh.connection, &mesh.intent, "1-31", &snapshot);
    assert!(answers.await?, "the new revision works on");
    Ok(())
}

async fn a_lease_is_taken_renewed_and_released(mesh: &Mesh<'_>) -> Result<()> {
    let marker = |state: &str| Marker {
        run: RUN.to_owned(),
        operation: "promote".to_owned(),
        cluster: mesh.connection.cluster().uid.clone(),
        state: state.to_owned(),
    };
    let (ada, bo, istio) = ("ada@desk/1", "bo@sofa/2", "istio-system");
    let mut watch = Watch::default();
    let (connection, intent) = (&mesh.connection, &mesh.intent);
    let held = lease::take(connection, intent, istio, ada, &marker("a"), &mut watch).await?;
    let held = lease::renew(connection, intent, &held, &marker("b")).await?;
    let seen = lease::observe(connection, istio).await?.context("a lease")?;
    assert_eq!((seen.holder.as_deref(), seen.marker.state.as_str()), (Some(ada), "b"));

    let mut watch = Watch::default();
    let other = lease::take(connection, intent, istio, bo, &marker("c"), &mut watch).await;
    assert!(matches!(other, Err(LeaseError::HeldBy { .. })), "{other:?}");
    lease::release(connection, intent, held, &marker("done")).await?;
    lease::take(connection, intent, istio, bo, &marker("d"), &mut watch).await?;
    Ok(())
}

fn cart() -> WorkloadRef {
    workload("shop", Kind::Deployment, "cart")
}

fn ledger() -> WorkloadRef {
    workload("shop", Kind::StatefulSet, "ledger")
}

fn agent() -> WorkloadRef {
    workload("shop", Kind::DaemonSet, "agent")
}
