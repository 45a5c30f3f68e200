//! The two tabs of Upgrade Management: their steps, their facts, their buttons.
//!
//! Entry points: [`in_place`] and [`canary`]. Every button that may not be pressed says why.

use meshlift_core::dataplane::{Assessment, State};
use meshlift_core::inventory::{ControlPlane, Edition, InjectionScope, Instance, Role};
use meshlift_core::policy::Method;
use meshlift_core::version::MeshVersion;

use super::rows::{self, is_gateway};
use super::scene::{Scene, count};
use super::words::{no, version, yes};
use super::{namespaces, targets};
use crate::api::dto::{
    Availability, CanaryView, InPlaceView, Mark, Phrase, PhraseCode as Code, Severity, StepName,
    StepState, StepView,
};

/// A step before it is known where the mesh stands among all of them.
struct Step {
    name: StepName,
    done: bool,
    blocked: bool,
    fact: Phrase,
    mark: Mark,
}

/// The In-place Upgrade tab.
pub(crate) fn in_place(scene: &Scene<'_>, target: Option<&MeshVersion>) -> InPlaceView {
    let behind = Behind::of(scene, target);
    InPlaceView {
        steps: in_order(in_place_steps(scene, target, &behind)),
        precheck: precheck(scene, target),
        upgrade: upgrade(scene, target),
        gateways: gateways(scene, &behind),
        workloads: workloads(scene, &behind),
        findings: scene.report(Method::InPlace, target).cloned(),
        checked_for: scene.checked_for_another(Method::InPlace, target),
    }
}

/// The Canary Upgrade tab.
pub(crate) fn canary(scene: &Scene<'_>, target: Option<&MeshVersion>) -> CanaryView {
    let behind = Behind::of(scene, target);
    CanaryView {
        steps: in_order(canary_steps(scene, target, &behind)),
        stable: scene.roles.back().map(|plane| plane.revision.to_string()),
        canary: scene.roles.ahead().map(|plane| plane.revision.to_string()),
        precheck: precheck(scene, target),
        deploy: deploy(scene, target),
        promote: promote(scene),
        revoke: revoke(scene),
        unpublish: unpublish(scene),
        gateways: gateways(scene, &behind),
        move_namespaces: move_namespaces(scene),
        findings: scene.report(Method::Canary, target).cloned(),
        checked_for: scene.checked_for_another(Method::Canary, target),
    }
}

/// Workloads and gateways whose proxies are not what they should be.
#[derive(Debug, Default)]
struct Behind {
    gateways: u32,
    gateway_pods: u32,
    late_gateways: u32,
    late_workloads: u32,
    /// Workloads that an upgrade in place would put behind.
    later_workloads: u32,
}

impl Behind {
    fn of(scene: &Scene<'_>, target: Option<&MeshVersion>) -> Self {
        let ahead = targets::in_place_ahead(scene, target);
        let mut behind = Self::default();
        for assessment in scene.assessments {
            let is_behind = needs_restart(rows::state(scene.snapshot, assessment));
            if is_gateway(assessment.role) {
                behind.gateways += 1;
                behind.gateway_pods += pods(assessment);
                behind.late_gateways += u32::from(is_behind);
            } else {
                behind.late_workloads += u32::from(is_behind);
                let comes_later = ahead
                    .is_some_and(|ahead| rows::comes_later(scene.snapshot, assessment, &ahead));
                behind.later_workloads += u32::from(comes_later);
            }
        }
        behind
    }
}

/// Whether a state is one that a restart or a gateway upgrade mends.
pub(crate) fn needs_restart(state: State) -> bool {
    match state {
        State::NeedsRestart | State::Behind | State::MissingSidecar => true,
        State::UpToDate
        | State::WouldLoseSidecar
        | State::NoSidecar
        | State::CannotRestart
        | State::Rolling
        | State::Unknown => false,
    }
}

fn pods(assessment: &Assessment) -> u32 {
    assessment.now.iter().map(|standing| standing.pods).sum()
}

// ---------------------------------------------------------------------- steps

fn in_place_steps(scene: &Scene<'_>, target: Option<&MeshVersion>, behind: &Behind) -> Vec<Step> {
    let running = scene.roles.stable.and_then(|plane| plane.version.as_ref());
    let upgraded = match (running, target) {
        (Some(running), Some(target)) => running >= target,
        (_, None) => true,
        (None, Some(_)) => false,
    };
    vec![
        precheck_step(scene, target, Method::InPlace, upgraded),
        Step {
            name: StepName::ControlPlane,
            done: upgraded,
            blocked: false,
            fact: if upgraded {
                Phrase::with(Code::FactVersion, [("version", version(running))])
            } else {
                Phrase::plain(Code::FactNoWayBack)
            },
            mark: if upgraded { Mark::Ok } else { Mark::Idle },
        },
        gateway_step(behind),
        workload_step(behind),
        verify_step(scene, behind, running),
    ]
}

fn canary_steps(scene: &Scene<'_>, target: Option<&MeshVersion>, behind: &Behind) -> Vec<Step> {
    let roles = scene.roles;
    let promoted = roles.canary.is_none() && !roles.old.is_empty();
    let arrived = roles.canary.is_none()
        && roles.old.is_empty()
        && target.is_none_or(|target| {
            roles.stable.and_then(|plane| plane.version.as_ref()).is_some_and(|now| now >= target)
        });
    let deployed = roles.canary.is_some() || promoted || arrived;
    let moved = namespaces::moved(scene);
    let moved = if deployed { moved } else { moved.none() };
    vec![
        precheck_step(scene, target, Method::Canary, deployed),
        Step {
            name: StepName::DeployCanary,
            done: deployed && roles.canary.is_none_or(ControlPlane::is_ready),
            blocked: false,
            fact: deployed_fact(scene, target.filter(|_| !deployed)),
            mark: if deployed { Mark::Ok } else { Mark::Idle },
        },
        Step {
            name: StepName::MoveNamespaces,
            done: deployed && moved.all() && behind.late_workloads == 0,
            blocked: false,
            fact: moved.fact(),
            mark: if deployed && moved.all() { Mark::Ok } else { Mark::Idle },
        },
        Step {
            name: StepName::Promote,
            done: promoted || arrived,
            blocked: false,
            fact: match roles.stable.filter(|_| promoted || arrived) {
                Some(stable) => {
                    Phrase::with(Code::FactPromoted, [("revision", stable.revision.to_string())])
                }
                None => Phrase::plain(Code::FactBestAfterAll),
            },
            mark: if promoted || arrived { Mark::Ok } else { Mark::Idle },
        },
        Step {
            name: StepName::Unpublish,
            done: arrived,
            blocked: false,
            fact: Phrase::plain(Code::FactEndsWayBack),
            mark: if arrived { Mark::Ok } else { Mark::Idle },
        },
    ]
}

/// The canary; before there is one, the version `to_come` that it would have.
fn deployed_fact(scene: &Scene<'_>, to_come: Option<&MeshVersion>) -> Phrase {
    let plane = scene.roles.canary.or(scene.roles.stable);
    if let (Some(plane), Some(version)) = (plane, to_come) {
        let revision = plane.revision.to_string();
        return Phrase::with(
            Code::FactToDeploy,
            [("version", version.numbers()), ("revision", revision)],
        );
    }
    match plane {
        Some(plane) => Phrase::with(
            Code::FactDeployed,
            [
                ("revision", plane.revision.to_string()),
                ("version", version(plane.version.as_ref())),
            ],
        ),
        None => Phrase::plain(Code::FactNotRun),
    }
}

fn precheck_step(
    scene: &Scene<'_>,
    target: Option<&MeshVersion>,
    method: Method,
    behind_us: bool,
) -> Step {
    let report = scene.report(method, target);
    let blocking = report.map_or(0, |report| count(report, Severity::Block));
    let warnings = report.map_or(0, |report| count(report, Severity::Warn));
    let (fact, mark) = match report {
        None if behind_us => (Phrase::plain(Code::FactNothingToCheck), Mark::Idle),
        None => (Phrase::plain(Code::FactNotRun), Mark::Idle),
        Some(_) if blocking > 0 => (counted(Code::FactBlocking, blocking), Mark::Bad),
        Some(_) if warnings > 0 => (counted(Code::FactWarnings, warnings), Mark::Warning),
        Some(report) => (counted(Code::FactPassed, report.passed as usize), Mark::Ok),
    };
    Step {
        name: StepName::Precheck,
        done: behind_us || (report.is_some() && blocking == 0),
        blocked: blocking > 0,
        fact,
        mark,
    }
}

fn gateway_step(behind: &Behind) -> Step {
    let done = behind.late_gateways == 0;
    Step {
        name: StepName::Gateways,
        done,
        blocked: false,
        fact: Phrase::with(
            Code::FactGateways,
            [("count", behind.gateways.to_string()), ("pods", behind.gateway_pods.to_string())],
        ),
        mark: if done { Mark::Ok } else { Mark::Warning },
    }
}

fn workload_step(behind: &Behind) -> Step {
    let left = behind.late_workloads + behind.later_workloads;
    Step {
        name: StepName::Workloads,
        done: left == 0,
        blocked: false,
        fact: counted(Code::FactToRestart, left as usize),
        mark: match (behind.late_workloads, left) {
            (0, 0) => Mark::Ok,
            (0, _) => Mark::Idle,
            (_, _) => Mark::Warning,
        },
    }
}

fn verify_step(scene: &Scene<'_>, behind: &Behind, running: Option<&MeshVersion>) -> Step {
    let (mut rolling, mut stuck) = (0, 0);
    for assessment in scene.assessments {
        match rows::state(scene.snapshot, assessment) {
            State::Rolling => rolling += 1,
            State::Unknown | State::WouldLoseSidecar | State::CannotRestart => stuck += 1,
            State::UpToDate
            | State::NeedsRestart
            | State::Behind
            | State::MissingSidecar
            | State::NoSidecar => {}
        }
    }
    let left = behind.late_gateways + behind.late_workloads + rolling;
    let done = left == 0 && stuck == 0;
    let proxies = scene.snapshot.pods.values().filter(|pod| pod.proxy.is_some()).count();
    Step {
        name: StepName::Verify,
        done,
        blocked: false,
        fact: if done {
            Phrase::with(Code::FactAllVerified, [("version", version(running))])
        } else if left == 0 {
            counted(Code::FactStuck, stuck)
        } else {
            counted(Code::FactProxies, proxies)
        },
        mark: if done { Mark::Ok } else { Mark::Idle },
    }
}

/// A step counts as done only when every step before it does.
fn in_order(steps: Vec<Step>) -> Vec<StepView> {
    let mut reached = false;
    steps
        .into_iter()
        .map(|step| {
            let state = match (reached, step.done, step.blocked) {
                (true, _, _) => StepState::Later,
                (false, true, _) => StepState::Done,
                (false, false, true) => StepState::Blocked,
                (false, false, false) => StepState::Current,
            };
            reached |= !step.done;
            StepView { step: step.name, state, fact: step.fact, mark: step.mark }
        })
        .collect()
}

// ---------------------------------------------------------------------- buttons

/// A precheck reads only, so only a mesh that is not understood has none.
fn precheck(scene: &Scene<'_>, target: Option<&MeshVersion>) -> Availability {
    if scene.declined().is_some() {
        return no(Phrase::plain(Code::ReasonDeclined));
    }
    if target.is_none() {
        return no(no_target(scene));
    }
    yes()
}

/// Why there is no target: none is newer, or none was chosen.
fn no_target(scene: &Scene<'_>) -> Phrase {
    if !targets::targets(scene).is_empty() {
        return Phrase::plain(Code::ReasonNoTarget);
    }
    scene
        .snapshot
        .instance
        .as_deref()
        .map_or_else(|| Phrase::plain(Code::ReasonNoAsmTarget), no_asm_target)
}

/// Why ASM has no target: nothing is newer, or nobody could read what is.
pub(crate) fn no_asm_target(instance: &Instance) -> Phrase {
    match instance.target_unread() {
        Some(gap) => Phrase::with(Code::ReasonAsmTargetUnread, [("why", gap.why.clone())]),
        None => Phrase::plain(Code::ReasonNoAsmTarget),
    }
}

fn upgrade(scene: &Scene<'_>, target: Option<&MeshVersion>) -> Availability {
    if let Some(canary) = scene.roles.canary {
        let revision = canary.revision.to_string();
        return no(Phrase::with(Code::ReasonCanaryDeployed, [("revision", revision)]));
    }
    install(scene, target, Method::InPlace)
}

fn deploy(scene: &Scene<'_>, target: Option<&MeshVersion>) -> Availability {
    if let Some(canary) = scene.roles.canary {
        let revision = canary.revision.to_string();
        return no(Phrase::with(Code::ReasonCanaryDeployed, [("revision", revision)]));
    }
    if let Some(old) = scene.roles.old.first() {
        return no(Phrase::with(
            Code::ReasonOldRevisionFirst,
            [("revision", old.revision.to_string())],
        ));
    }
    install(scene, target, Method::Canary)
}

fn install(scene: &Scene<'_>, target: Option<&MeshVersion>, method: Method) -> Availability {
    if let Some(reason) = scene.blocked() {
        return no(reason);
    }
    let Some(target) = target else { return no(no_target(scene)) };
    if let Some(reason) = scene.busy().or_else(|| asm_refuses(scene, target, method)) {
        return no(reason);
    }
    let running = scene.roles.stable.and_then(|plane| plane.version.as_ref());
    if running == Some(target) {
        let version = target.numbers();
        return no(Phrase::with(Code::ReasonAlreadyThere, [("version", version)]));
    }
    let refused = scene
        .refused(target, method)
        .map(|why| Phrase::plain(Code::ReasonHopRefused).saying("why", why));
    let reason = refused
        .or_else(|| scene.cannot_install(target))
        .or_else(|| scene.unchecked(target, method));
    reason.map_or_else(yes, no)
}

/// What only an ASM instance can have against a target.
pub(crate) fn asm_refuses(
    scene: &Scene<'_>,
    target: &MeshVersion,
    method: Method,
) -> Option<Phrase> {
    let instance = scene.snapshot.instance.as_deref()?;
    match method {
        Method::InPlace => match &instance.target {
            None => Some(no_asm_target(instance)),
            Some(chosen) if chosen.istio() == target.istio() => None,
            Some(chosen) => {
                Some(Phrase::with(Code::ReasonAsmTarget, [("target", chosen.numbers())]))
            }
        },
        Method::Canary if instance.edition == Edition::Standard => {
            Some(Phrase::plain(Code::ReasonEdition))
        }
        Method::Canary if instance.scope == InjectionScope::Everything => {
            Some(Phrase::plain(Code::ReasonInjectsEverything))
        }
        Method::Canary => None,
    }
}

fn gateways(scene: &Scene<'_>, behind: &Behind) -> Availability {
    if let Some(reason) = scene.blocked().or_else(|| scene.busy()) {
        return no(reason);
    }
    if behind.gateways == 0 {
        return no(Phrase::plain(Code::ReasonNoGateways));
    }
    if behind.late_gateways == 0 {
        return no(Phrase::plain(Code::ReasonNothingToRestart));
    }
    let installed = scene.assessments.iter().any(|assessment| {
        assessment.role == Role::InstalledGateway
            && needs_restart(rows::state(scene.snapshot, assessment))
    });
    let reason = scene
        .roles
        .stable
        .filter(|_| installed)
        .and_then(|plane| scene.cannot_install(plane.version.as_ref()?));
    reason.map_or_else(yes, no)
}

fn workloads(scene: &Scene<'_>, behind: &Behind) -> Availability {
    if let Some(reason) = scene.blocked() {
        return no(reason);
    }
    if behind.late_workloads == 0 {
        return no(Phrase::plain(Code::ReasonNothingToRestart));
    }
    yes()
}

fn promote(scene: &Scene<'_>) -> Availability {
    if let Some(reason) = scene.blocked() {
        return no(reason);
    }
    match scene.roles.canary {
        None => no(without_canary(scene)),
        Some(canary) if !canary.is_ready() => no(starting(canary)),
        Some(_) => yes(),
    }
}

fn revoke(scene: &Scene<'_>) -> Availability {
    if let Some(reason) = scene.blocked() {
        return no(reason);
    }
    // ASM does not take a promotion back; elsewhere it is, as long as the old revision stands.
    if let (Some(_), None, Some(stable)) =
        (&scene.snapshot.instance, scene.roles.canary, scene.roles.stable)
        && !scene.roles.old.is_empty()
    {
        let revision = stable.revision.to_string();
        return no(Phrase::with(Code::ReasonPromotionStays, [("revision", revision)]));
    }
    if scene.roles.canary.is_none() && scene.roles.old.is_empty() {
        return no(Phrase::plain(Code::ReasonNoCanary));
    }
    yes()
}

fn unpublish(scene: &Scene<'_>) -> Availability {
    if let Some(reason) = scene.blocked() {
        return no(reason);
    }
    let Some(old) = scene.roles.old.first() else {
        let reason = match scene.roles.canary {
            Some(_) => Code::ReasonNotPromoted,
            None => Code::ReasonNoOldRevision,
        };
        return no(Phrase::plain(reason));
    };
    let used = users(scene, old);
    if used > 0 {
        return no(Phrase::with(
            Code::ReasonOldRevisionUsed,
            [("count", used.to_string()), ("revision", old.revision.to_string())],
        ));
    }
    yes()
}

fn move_namespaces(scene: &Scene<'_>) -> Availability {
    if let Some(reason) = scene.blocked() {
        return no(reason);
    }
    if scene.roles.canary.is_none() && scene.roles.old.is_empty() {
        return no(Phrase::plain(Code::ReasonNoCanary));
    }
    yes()
}

/// Pods that run a revision's proxy and workloads that its webhooks would inject.
fn users(scene: &Scene<'_>, plane: &ControlPlane) -> u32 {
    let following = scene
        .assessments
        .iter()
        .filter(|assessment| assessment.after.revision.as_ref() == Some(&plane.revision));
    let running = super::roles::pods_of(scene.snapshot, &plane.revision);
    running + u32::try_from(following.count()).unwrap_or(u32::MAX)
}

fn without_canary(scene: &Scene<'_>) -> Phrase {
    match (scene.roles.old.is_empty(), scene.roles.stable) {
        (false, Some(stable)) => {
            Phrase::with(Code::ReasonPromoted, [("revision", stable.revision.to_string())])
        }
        (true, _) | (false, None) => Phrase::plain(Code::ReasonNoCanary),
    }
}

fn starting(plane: &ControlPlane) -> Phrase {
    Phrase::with(
        Code::RevisionStarting,
        [("ready", plane.ready.to_string()), ("replicas", plane.replicas.to_string())],
    )
}

fn counted(code: Code, count: usize) -> Phrase {
    Phrase::with(code, [("count", count.to_string())])
}
