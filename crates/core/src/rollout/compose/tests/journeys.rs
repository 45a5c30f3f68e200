//! Whole upgrades over a mesh that obeys, each plan with a crash at every event.

use std::collections::BTreeSet;

use rstest::rstest;

use super::played::{Played, object};
use super::*;
use crate::rollout::testing::Crash;
use crate::testing::{deployment, mesh, namespace, revision_injector};

/// Runs a plan, and again with a crash after each of its events, with and without the loss of the
/// outcome under way: the mesh must end the same, and nothing may be done twice.
fn run(played: &mut Played, plan: &Plan) -> Progress {
    let start = played.clone();
    let progress = played.run(plan, Crash::Never);
    assert!(progress.has_succeeded(), "{:?}", progress.outcome);
    assert!(played.effects.values().all(|times| *times == 1), "{:?}", played.effects);

    for event in 1..played.tape.len() {
        for lost in [false, true] {
            let mut crashed = start.clone();
            let progress = crashed.run(plan, Crash::After { event, lost });

            let when = format!("{:?} with a crash after {event}, lost {lost}", plan.operation);
            assert!(progress.has_succeeded(), "{when}: {:?}", progress.outcome);
            assert_eq!(crashed.effects, played.effects, "{when}");
            assert!(crashed.snapshot == played.snapshot, "{when}: the mesh ends the same");
            assert_eq!(crashed.others, played.others, "{when}");
        }
    }
    progress
}

/// 1-30 with the tag `default`: shop by the legacy label, bank by revision.
fn revisioned() -> Snapshot {
    let mut mesh = mesh();
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    namespace(&mut mesh, "bank", &[("istio.io/rev", "1-30")]);
    for (space, name) in [("shop", "cart"), ("shop", "web"), ("bank", "ledger")] {
        deployment(&mut mesh, space, name, 2, Some(("1-30", "1.30.5")));
    }
    mesh
}

/// An install without a revision, which answers for `istio-injection=enabled`.
fn plain() -> Snapshot {
    let mut mesh = mesh();
    mesh.control_planes = vec![crate::testing::control_plane("default", "1.30.5")];
    mesh.injectors = vec![revision_injector("default")];
    mesh.validators[0].revision = Some("default".into());
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    deployment(&mut mesh, "shop", "cart", 2, Some(("default", "1.30.5")));
    deployment(&mut mesh, "shop", "web", 1, Some(("default", "1.30.5")));
    mesh
}

fn deployed(played: &mut Played, stable: &str) -> Name {
    let plan = compose_canary(&played.snapshot, stable, &binary("1.31.1")).unwrap();
    run(played, &plan);
    plan.to.revision
}

fn moved(played: &mut Played, namespaces: &[&str], to: &str) {
    let namespaces = namespaces.iter().map(|name| (*name).into()).collect();
    let restart = Some(Pace::default());
    let wish = Move { namespaces, to: to.into(), earlier: BTreeMap::default(), restart };
    let plan = compose_move(&played.snapshot, &wish).unwrap();
    run(played, &plan);
}

fn promoted(played: &mut Played, canary: &str) -> Vec<Changed> {
    let plan = compose_promote(&played.snapshot, canary).unwrap();
    let acts = run(played, &plan).acts;
    acts.values().filter_map(Changed::by).collect()
}

fn objects_of(revision: &str) -> Vec<Named> {
    let suffix = if revision == "default" { String::new() } else { format!("-{revision}") };
    let named = |kind: &str, name: String| (object(kind, &name), Name::from("uid"));
    vec![
        named("Service", format!("istiod{suffix}")),
        named("ConfigMap", format!("istio{suffix}")),
        named("Deployment", format!("istiod{suffix}")),
        named("MutatingWebhookConfiguration", format!("istio-sidecar-injector-{revision}")),
    ]
}

fn revoke(canary: &Name, stable: &str, promoted: Vec<Changed>) -> Revoke {
    Revoke {
        canary: canary.clone(),
        stable: stable.into(),
        earlier: BTreeMap::default(),
        promoted,
        objects: objects_of(canary),
        stable_install: None,
        pace: Pace::default(),
    }
}

/// Revision and version of every proxy in the mesh.
fn proxies(snapshot: &Snapshot) -> BTreeSet<String> {
    let proxies = snapshot.pods.values().filter_map(|pod| pod.proxy.as_ref());
    proxies
        .map(|it| {
            format!(
                "{:?} {:?}",
                it.revision.as_deref(),
                it.version.as_ref().map(ToString::to_string)
            )
        })
        .collect()
}

fn all_on(revision: &str, version: &str) -> BTreeSet<String> {
    BTreeSet::from([format!("Some({revision:?}) Some({version:?})")])
}

#[test]
fn a_canary_is_promoted_and_the_old_revision_retired() {
    let mut played = Played::new(revisioned());
    let canary = deployed(&mut played, "1-30");
    moved(&mut played, &["bank"], &canary);
    promoted(&mut played, &canary);
    moved(&mut played, &["shop"], &canary);
    let wish = Unpublish { old: "1-30".into(), kept: canary.clone(), objects: objects_of("1-30") };
    let retirement = compose_unpublish(&played.snapshot, &wish).unwrap();
    run(&mut played, &retirement);

    assert_eq!(&*canary, "1-31");
    assert_eq!(proxies(&played.snapshot), all_on("1-31", "1.31.1"));
    let shop = &played.snapshot.namespaces["shop"];
    assert_eq!(shop.injection_labels().injection.as_deref(), Some("enabled"), "by the tag");
    assert!(played.snapshot.control_plane("1-30").is_none(), "nothing of it is left");
    assert!(played.snapshot.injectors.iter().all(|injector| &*injector.revision == "1-31"));
}

#[test]
fn a_half_done_canary_is_revoked_without_a_trace() {
    let before = revisioned();
    let mut played = Played::new(before.clone());
    let others = played.others.clone();
    let canary = deployed(&mut played, "1-30");
    moved(&mut played, &["bank"], &canary);
    let mut wish = revoke(&canary, "1-30", Vec::new());
    wish.earlier.insert("bank".into(), before.namespaces["bank"].injection_labels());
    let plan = compose_revoke(&played.snapshot, &wish).unwrap();
    run(&mut played, &plan);

    assert_eq!(played.snapshot.namespaces, before.namespaces, "labels");
    assert_eq!(played.snapshot.injectors, before.injectors, "webhooks and tags");
    assert_eq!(played.snapshot.validators, before.validators, "validators");
    assert_eq!(played.snapshot.control_planes, before.control_planes, "control planes");
    assert_eq!(played.others, others, "Services and ConfigMaps");
    assert_eq!(proxies(&played.snapshot), all_on("1-30", "1.30.5"));
}

#[rstest]
#[case::revisioned(revisioned(), "1-30", "1-31")]
#[case::without_a_revision(plain(), "default", "1-31-1")]
fn a_promotion_is_revoked_to_the_letter(
    #[case] before: Snapshot,
    #[case] stable: &str,
    #[case] named: &str,
) {
    let mut played = Played::new(before.clone());
    let others = played.others.clone();
    let canary = deployed(&mut played, stable);
    let changed = promoted(&mut played, &canary);
    moved(&mut played, &["shop"], &canary);
    let wish = revoke(&canary, stable, changed);
    let plan = compose_revoke(&played.snapshot, &wish).unwrap();
    run(&mut played, &plan);

    assert_eq!(&*canary, named);
    assert_eq!(played.snapshot.namespaces, before.namespaces, "labels");
    assert_eq!(played.snapshot.injectors, before.injectors, "webhooks and tags");
    assert_eq!(played.snapshot.validators, before.validators, "validators");
    assert_eq!(played.others, others, "Services and ConfigMaps");
    assert_eq!(proxies(&played.snapshot), all_on(stable, "1.30.5"));
}

#[test]
fn after_a_promotion_the_legacy_label_is_injected_once_by_the_new_revision() {
    let mut played = Played::new(plain());
    let canary = deployed(&mut played, "default");
    let told = changed_by_promotion(&played.snapshot, &canary);
    promoted(&mut played, &canary);

    let shop = &played.snapshot.namespaces["shop"];
    let template = PodTemplate::default();
    let found = injection::predict(&played.snapshot.injectors, shop, &template);
    assert_eq!(told, [Name::from("shop")], "the confirmation says who is led over");
    assert_eq!(found.matches.len(), 1, "injected once: {:?}", found.matches);
    assert_eq!(found.outcome, Outcome::Injected { revision: canary });
}

#[test]
fn in_place_goes_control_plane_then_workloads() {
    let mut played = Played::new(revisioned());
    let plan = compose_in_place(&played.snapshot, "1-30", &binary("1.31.1")).unwrap();
    run(&mut played, &plan);
    let workloads: Vec<_> = played.snapshot.workloads.keys().cloned().collect();
    let plan = compose_restart(&played.snapshot, &workloads, &Pace::default()).unwrap();
    run(&mut played, &plan);

    assert_eq!(proxies(&played.snapshot), all_on("1-30", "1.31.1"));
    let again = compose_restart(&played.snapshot, &workloads, &Pace::default());
    assert_eq!(again, Err(Refusal::NothingToDo), "all are up to date");
}

#[test]
fn a_move_is_rolled_back_with_its_restarts() {
    let before = revisioned();
    let mut played = Played::new(before.clone());
    let canary = deployed(&mut played, "1-30");
    let wish = Move {
        namespaces: vec!["shop".into(), "bank".into()],
        to: canary,
        earlier: BTreeMap::default(),
        restart: Some(Pace::default()),
    };
    let plan = compose_move(&played.snapshot, &wish).unwrap();
    let progress = run(&mut played, &plan);
    let back = compose_roll_back(&played.snapshot, &plan, &progress, &Pace::default()).unwrap();
    run(&mut played, &back);

    assert_eq!(played.snapshot.namespaces, before.namespaces, "labels");
    assert_eq!(proxies(&played.snapshot), all_on("1-30", "1.30.5"));
}

#[test]
fn a_promotion_is_rolled_back_to_the_letter() {
    let mut played = Played::new(plain());
    let canary = deployed(&mut played, "default");
    let before = played.snapshot.clone();
    let plan = compose_promote(&played.snapshot, &canary).unwrap();
    let progress = run(&mut played, &plan);
    let back = compose_roll_back(&played.snapshot, &plan, &progress, &Pace::default()).unwrap();
    run(&mut played, &back);

    assert_eq!(played.snapshot.injectors, before.injectors);
    assert_eq!(played.snapshot.validators, before.validators);
}

#[test]
fn gateways_of_the_install_go_to_the_canary_and_back() {
    let mut before = revisioned();
    namespace(&mut before, "istio-system", &[]);
    let gateway = deployment(&mut before, "istio-system", "edge", 2, Some(("1-30", "1.30.5")));
    let found = before.workloads.get_mut(&gateway).unwrap();
    found.role = Role::InstalledGateway;
    found.template.has_own_proxy = true;
    let mut played = Played::new(before);
    let canary = deployed(&mut played, "1-30");
    let pace = Pace::default();
    let newer = binary("1.31.1");
    let plan = compose_gateways(&played.snapshot, &canary, Some(&newer), &pace).unwrap();
    run(&mut played, &plan);
    let mut wish = revoke(&canary, "1-30", Vec::new());
    let without = compose_revoke(&played.snapshot, &wish);
    wish.stable_install = Some(binary("1.30.5"));
    let plan = compose_revoke(&played.snapshot, &wish).unwrap();
    run(&mut played, &plan);

    assert_eq!(without, Err(Refusal::NeedsInstall), "a gateway is not left without its server");
    assert!(played.snapshot.workloads.contains_key(&gateway), "the gateway is still there");
    assert_eq!(proxies(&played.snapshot), all_on("1-30", "1.30.5"));
}
