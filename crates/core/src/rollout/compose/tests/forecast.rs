use super::*;
use crate::injection::Effect;
use crate::inventory::DEFAULT_REVISION;
use crate::testing::{canary_mesh, deployment, mesh, namespace, revision_injector};

const OLD: Option<(&str, &str)> = Some(("1-30", "1.30.5"));

fn effects(forecast: &Forecast) -> Vec<(String, Effect)> {
    let one =
        |it: &crate::injection::Concerned| (it.workload.name.to_string(), it.simulated.effect);
    forecast.concerned.iter().map(one).collect()
}

fn harms(forecast: &Forecast) -> Vec<(String, String, Effect, Passing)> {
    let harms = forecast.harms.iter();
    harms
        .map(|harm| {
            let Concerned { workload, simulated, .. } = &harm.concerned;
            (harm.step.to_string(), workload.name.to_string(), simulated.effect, harm.passing)
        })
        .collect()
}

use crate::injection::Concerned;

#[test]
fn a_canary_moves_nobody_and_a_namespace_moves_its_own() {
    let mut mesh = mesh();
    namespace(&mut mesh, "bank", &[("istio.io/rev", "1-30")]);
    namespace(&mut mesh, "shop", &[("istio.io/rev", "1-30")]);
    deployment(&mut mesh, "bank", "ledger", 1, OLD);
    deployment(&mut mesh, "shop", "cart", 1, OLD);

    let canary = compose_canary(&mesh, "1-30", &binary("1.31.1")).unwrap();
    let deployed = forecast(&mesh, &canary);
    let unchanged = |name: &str| (name.to_owned(), Effect::Unchanged);
    assert_eq!(effects(&deployed), [unchanged("ledger"), unchanged("cart")]);

    let moved = compose_move(&canary_mesh_of(&mesh), &moving(&["shop"], "1-31", None)).unwrap();
    let after = forecast(&deployed.after, &moved);
    assert_eq!(effects(&after), [unchanged("ledger"), ("cart".to_owned(), Effect::Moves)]);
    assert_eq!(harms(&after), [], "the picture's canary answers for its own label");
}

/// The same namespaces and workloads with the canary really there.
fn canary_mesh_of(mesh: &Snapshot) -> Snapshot {
    let Snapshot { namespaces, workloads, pods, .. } = mesh.clone();
    Snapshot { namespaces, workloads, pods, ..canary_mesh() }
}

#[test]
fn the_overlap_of_a_promotion_is_told_and_passes() {
    let mut mesh = canary_mesh();
    mesh.injectors.retain(|injector| injector.tag.is_none());
    mesh.injectors.push(revision_injector(DEFAULT_REVISION));
    mesh.control_planes.push(crate::testing::control_plane(DEFAULT_REVISION, "1.30.5"));
    namespace(&mut mesh, "shop", &[("istio-injection", "enabled")]);
    deployment(&mut mesh, "shop", "cart", 1, Some((DEFAULT_REVISION, "1.30.5")));

    let plan = compose_promote(&mesh, "1-31").unwrap();
    let found = forecast(&mesh, &plan);

    assert_eq!(effects(&found), [("cart".to_owned(), Effect::Moves)]);
    let passing = ("promote".to_owned(), "cart".to_owned(), Effect::Doubles, Passing::Passes);
    assert_eq!(harms(&found), [passing], "both injectors answer until the old one is off");
}

#[test]
fn a_step_that_takes_the_only_injector_away_is_found_before_it() {
    let mut mesh = canary_mesh();
    namespace(&mut mesh, "shop", &[("istio.io/rev", "1-30")]);
    deployment(&mut mesh, "shop", "cart", 1, OLD);
    let mut plan = compose_promote(&mesh, "1-31").unwrap();
    let object = ObjectRef {
        api_version: "admissionregistration.k8s.io/v1".into(),
        kind: "MutatingWebhookConfiguration".into(),
        resource: "mutatingwebhookconfigurations".into(),
        namespace: None,
        name: "istio-sidecar-injector-1-30".into(),
    };
    let acts = vec![ActKind::Delete { object, uid: "uid".into() }];
    plan.steps.insert(1, Step { id: StepId("retire".into()), action: StepAction::Change { acts } });

    let found = forecast(&mesh, &plan);

    let lost = ("retire".to_owned(), "cart".to_owned(), Effect::Loses, Passing::Stays);
    assert_eq!(harms(&found), [lost]);
}
