use super::*;
use crate::dataplane::Hindrance;
use crate::inventory::{REVISION_LABEL, Unsupported};
use crate::testing::{canary_mesh, deployment, mesh, namespace, tag_injector};

const OLD: Option<(&str, &str)> = Some(("1-30", "1.30.5"));

fn unpublish(objects: Vec<Named>) -> Unpublish {
    Unpublish { old: "1-30".into(), kept: "1-31".into(), objects }
}

fn revoke() -> Revoke {
    Revoke {
        canary: "1-31".into(),
        stable: "1-30".into(),
        earlier: BTreeMap::default(),
        promoted: Vec::new(),
        objects: vec![(played::object("Deployment", "istiod-1-31"), "uid".into())],
        stable_install: None,
        pace: Pace::default(),
    }
}

#[test]
fn a_mesh_that_is_only_shown_gets_no_plan() {
    let (mut mesh, cart) = shop(canary_mesh());
    mesh.unsupported.push(Unsupported::Ambient);
    let refused = Refusal::Unsupported { what: Unsupported::Ambient };
    let pace = Pace::default();

    let plans = [
        compose_move(&mesh, &moving(&["shop"], "1-31", None)),
        compose_restart(&mesh, &[cart], &pace),
        compose_canary(&mesh, "1-30", &binary("1.31.1")),
        compose_in_place(&mesh, "1-30", &binary("1.31.1")),
        compose_gateways(&mesh, "1-30", None, &pace),
        compose_promote(&mesh, "1-31"),
        compose_revoke(&mesh, &revoke()),
        compose_unpublish(&mesh, &unpublish(Vec::new())),
    ];

    for plan in plans {
        assert_eq!(plan, Err(refused.clone()));
    }
}

#[test]
fn a_namespace_outside_the_mesh_is_not_moved() {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "off", &[("istio-injection", "disabled"), (REVISION_LABEL, "1-30")]);
    namespace(&mut mesh, "bare", &[]);
    let move_of = |name: &str| compose_move(&mesh, &moving(&[name], "1-31", None));

    assert_eq!(move_of("off"), Err(Refusal::NotInMesh { namespace: "off".into() }));
    assert_eq!(move_of("bare"), Err(Refusal::NotInMesh { namespace: "bare".into() }));
    assert_eq!(move_of("gone"), Err(Refusal::NamespaceUnknown { namespace: "gone".into() }));
}

#[test]
fn a_namespace_is_not_moved_where_no_webhook_would_take_it() {
    let (mut mesh, _) = shop(canary_mesh());
    mesh.injectors.retain(|injector| &*injector.revision != "1-31");

    let refused = compose_move(&mesh, &moving(&["shop"], "1-31", None));

    assert!(matches!(refused, Err(Refusal::WouldNotFollow { .. })), "{refused:?}");
}

#[test]
fn nothing_goes_to_a_control_plane_that_is_not_ready() {
    let (mut mesh, _) = shop(canary_mesh());
    mesh.control_planes[1].ready = 1;
    let refused = Refusal::NotReady { revision: "1-31".into(), ready: 1, replicas: 2 };

    assert_eq!(compose_move(&mesh, &moving(&["shop"], "1-31", None)), Err(refused.clone()));
    assert_eq!(compose_promote(&mesh, "1-31"), Err(refused));
}

#[test]
fn a_namespace_that_follows_already_is_nothing_to_do() {
    let (mesh, _) = shop(canary_mesh());

    let refused = compose_move(&mesh, &moving(&["shop"], "1-30", Some(Pace::default())));

    assert_eq!(refused, Err(Refusal::NothingToDo));
}

#[test]
fn a_workload_that_cannot_be_restarted_or_would_lose_its_sidecar_is_refused() {
    let (mut mesh, cart) = shop(mesh());
    let lonely = deployment(&mut mesh, "elsewhere", "lonely", 1, OLD);
    mesh.control_planes[0] = crate::testing::control_plane("1-30", "1.31.1");
    mesh.workloads.get_mut(&cart).unwrap().paused = true;
    let restart = |workload: &WorkloadRef| {
        compose_restart(&mesh, std::slice::from_ref(workload), &Pace::default())
    };

    let paused = Refusal::CannotRestart { workload: cart.clone(), hindrance: Hindrance::Paused };
    assert_eq!(restart(&cart), Err(paused));
    assert_eq!(restart(&lonely), Err(Refusal::WouldLoseSidecar { workload: lonely.clone() }));
}

#[test]
fn a_target_that_is_not_newer_is_refused_and_so_is_a_second_canary() {
    let older = compose_in_place(&mesh(), "1-30", &binary("1.29.8"));
    let second = compose_canary(&canary_mesh(), "1-30", &binary("1.31.1"));

    assert!(matches!(older, Err(Refusal::NotNewer { .. })), "{older:?}");
    assert_eq!(second, Err(Refusal::CanaryExists { revision: "1-31".into() }));
}

#[test]
fn gateways_of_the_install_need_its_own_values() {
    let mut mesh = mesh();
    let edge = deployment(&mut mesh, "istio-system", "edge", 1, Some(("1-30", "1.29.8")));
    mesh.workloads.get_mut(&edge).unwrap().role = Role::InstalledGateway;
    let pace = Pace::default();

    let without = compose_gateways(&mesh, "1-30", None, &pace);
    let wrong = compose_gateways(&mesh, "1-30", Some(&binary("1.31.1")), &pace);

    assert_eq!(without, Err(Refusal::NeedsInstall));
    assert_eq!(wrong, Err(Refusal::NeedsInstall), "the binary is the control plane's version");
    assert_eq!(
        compose_restart(&mesh, std::slice::from_ref(&edge), &pace),
        Err(Refusal::InstalledGateway { workload: edge })
    );
}

#[test]
fn a_mesh_without_gateways_has_none_to_upgrade() {
    let (mesh, _) = shop(mesh());

    assert_eq!(compose_gateways(&mesh, "1-30", None, &Pace::default()), Err(Refusal::NoGateways));
}

#[test]
fn a_revision_is_retired_only_when_nothing_leads_to_it() {
    let objects = vec![(played::object("Deployment", "istiod-1-30"), Name::from("uid"))];
    let (mut mesh, cart) = shop(canary_mesh());
    let wish = unpublish(objects);
    let default = compose_unpublish(&mesh, &wish);
    mesh.injectors[0].revision = "1-31".into();
    mesh.validators[0].revision = Some("1-31".into());
    mesh.injectors.push(tag_injector("prod", "1-30"));
    let tagged = compose_unpublish(&mesh, &wish);
    mesh.injectors.pop();
    let running = compose_unpublish(&mesh, &wish);
    for pod in mesh.pods.values_mut() {
        pod.proxy.as_mut().unwrap().revision = Some("1-31".into());
    }
    namespace(&mut mesh, "empty", &[(REVISION_LABEL, "1-30")]);
    let named = compose_unpublish(&mesh, &wish);
    mesh.namespaces.remove("empty");
    let free = compose_unpublish(&mesh, &wish);

    let old = || Name::from("1-30");
    assert_eq!(default, Err(Refusal::IsDefault { revision: old() }));
    assert_eq!(tagged, Err(Refusal::TagNames { tag: "prod".into(), revision: old() }));
    assert_eq!(running, Err(Refusal::StillUsed { revision: old(), count: 2 }), "pods of {cart}");
    assert_eq!(named, Err(Refusal::StillUsed { revision: old(), count: 1 }), "a namespace");
    assert_eq!(ids(&free.unwrap()), ["remove-1-30", "verify"]);
}

#[test]
fn a_validator_that_names_the_old_revision_keeps_it() {
    let objects = vec![(played::object("Deployment", "istiod-1-30"), Name::from("uid"))];
    let mut mesh = canary_mesh();
    mesh.injectors[0].revision = "1-31".into();

    let refused = compose_unpublish(&mesh, &unpublish(objects));

    assert_eq!(refused, Err(Refusal::IsDefault { revision: "1-30".into() }));
}

#[test]
fn a_workload_that_names_the_canary_itself_stops_a_revoke() {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "lab", &[]);
    let probe = deployment(&mut mesh, "lab", "probe", 1, Some(("1-31", "1.31.1")));
    let template = &mut mesh.workloads.get_mut(&probe).unwrap().template;
    template.labels.insert(REVISION_LABEL.into(), "1-31".into());

    let refused = compose_revoke(&mesh, &revoke());

    let revision = "1-31".into();
    assert_eq!(refused, Err(Refusal::FollowsByItself { workload: probe, revision }));
}

#[test]
fn a_workload_that_cannot_come_back_stops_a_revoke() {
    let (mut mesh, cart) = shop(canary_mesh());
    namespace(&mut mesh, "shop", &[(REVISION_LABEL, "1-31")]);
    for pod in mesh.pods.values_mut() {
        pod.proxy.as_mut().unwrap().revision = Some("1-31".into());
    }
    mesh.workloads.get_mut(&cart).unwrap().paused = true;

    let refused = compose_revoke(&mesh, &revoke());

    let hindrance = Hindrance::Paused;
    assert_eq!(refused, Err(Refusal::CannotRestart { workload: cart, hindrance }));
}

#[test]
fn a_promotion_that_the_journal_does_not_know_is_not_undone_by_guessing() {
    let mut mesh = canary_mesh();
    mesh.control_planes[0] = crate::testing::control_plane("default", "1.30.5");
    mesh.injectors[0].revision = "1-31".into();
    let mut wish = revoke();
    wish.stable = "default".into();

    let refused = compose_revoke(&mesh, &wish);

    assert!(matches!(refused, Err(Refusal::CannotRestore { .. })), "{refused:?}");
}

#[test]
fn a_promoted_canary_is_not_promoted_again() {
    let mut mesh = canary_mesh();
    mesh.injectors[0].revision = "1-31".into();
    let half = compose_promote(&mesh, "1-31");
    mesh.validators[0].revision = Some("1-31".into());

    assert!(half.is_ok(), "the validator still names the old one: {half:?}");
    let refused = compose_promote(&mesh, "1-31");
    assert_eq!(refused, Err(Refusal::IsDefault { revision: "1-31".into() }));
}

#[rstest::rstest]
#[case::gateway("Deployment", Some("istio-system"), "edge")]
#[case::service_of_a_gateway("Service", Some("istio-system"), "edge")]
#[case::node_agent("DaemonSet", Some("istio-system"), "istio-cni-node")]
#[case::definition("CustomResourceDefinition", None, "gateways.networking.istio.io")]
#[case::tag("MutatingWebhookConfiguration", None, "istio-revision-tag-default")]
#[case::service_of_a_tag("Service", Some("istio-system"), "istiod-revision-tag-default")]
#[case::default_validator("ValidatingWebhookConfiguration", None, "istiod-default-validator")]
#[case::authority("Secret", Some("istio-system"), "istio-ca-secret")]
fn what_outlives_a_revision_is_never_deleted_with_it(
    #[case] kind: &str,
    #[case] namespace: Option<&str>,
    #[case] name: &str,
) {
    let mut mesh = canary_mesh();
    let edge = deployment(&mut mesh, "istio-system", "edge", 1, OLD);
    mesh.workloads.get_mut(&edge).unwrap().role = Role::InstalledGateway;
    let mut object = played::object(kind, name);
    object.namespace = namespace.map(Into::into);
    let mut wish = revoke();
    wish.objects.push((object.clone(), "uid".into()));

    let refused = compose_revoke(&mesh, &wish);

    assert_eq!(refused, Err(Refusal::NotItsOwn { object, revision: "1-31".into() }));
}

#[test]
fn a_validator_that_would_still_ask_the_canary_keeps_it() {
    let mut mesh = canary_mesh();
    mesh.injectors[0].revision = "1-31".into();
    mesh.validators[0].revision = Some("1-31".into());
    let mut wish = revoke();
    let manifest = r#"{"metadata":{"name":"it","labels":{"istio.io/rev":"1-30"}}}"#;
    wish.promoted = vec![Changed {
        object: played::object(what_if::MUTATING, &mesh.injectors[0].name),
        before: Some(manifest.to_owned()),
        left: Some("1-31".into()),
    }];

    let refused = compose_revoke(&mesh, &wish);

    let (name, revision) = ("istiod-default-validator".into(), "1-31".into());
    assert_eq!(refused, Err(Refusal::ValidatorNames { name, revision }));
}
