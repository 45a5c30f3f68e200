//! What goes wrong in the cloud ends in a clear sentence and a run that can go on.

use std::time::Duration;

use http::{Method as Verb, StatusCode};
use jiff::SignedDuration;
use meshlift_app::api::dto::*;
use meshlift_sim::asm::{Action, AsmFault, Break};
use meshlift_sim::{Fault, On};
use rstest::rstest;

use super::desk::*;
use crate::common::is_over;

/// A write that a run asks ASM for.
#[derive(Debug, Clone, Copy)]
enum Write {
    Upgrade,
    Gateway,
    Label,
}

impl Write {
    fn action(self) -> Action {
        match self {
            Self::Upgrade => Action::Upgrade,
            Self::Gateway => Action::GatewayUpgrade,
            Self::Label => Action::named("UpdateIstioInjectionConfig"),
        }
    }

    /// How often the cloud was asked for it.
    fn asked(self, desk: &Desk) -> usize {
        let upgrades = desk.upgrades().into_iter();
        match self {
            Self::Upgrade => upgrades.filter(String::is_empty).count(),
            Self::Gateway => upgrades.filter(|gateways| !gateways.is_empty()).count(),
            Self::Label => desk.asked("UpdateIstioInjectionConfig"),
        }
    }

    /// A mesh on which it is due, and the operation that asks for it once.
    async fn due(self) -> (Desk, OperationRequest) {
        let desk = Desk::at(instance()).await;
        let view = desk.view(|view| view.asm.is_some()).await;
        match self {
            Self::Upgrade => (desk, upgrade()),
            Self::Gateway => {
                desk.succeed(upgrade()).await;
                desk.view(|view| view.behind > 0).await;
                let gateway = view.asm.expect("it is ASM's").gateways[0].id.clone();
                let gateways = vec![gateway];
                (desk, OperationRequest::UpgradeNamedGateways { gateways })
            }
            Self::Label => {
                desk.succeed(deploy()).await;
                desk.view(|view| view.canary.canary.is_some()).await;
                (desk, move_to(MoveTarget::Canary, &["shop"]))
            }
        }
    }

    /// What it led to.
    async fn shows(self, desk: &Desk) {
        desk.mesh.settled().await;
        match self {
            Self::Upgrade => {
                let is_on =
                    |view: &MeshView| view.revisions[0].version.as_deref() == Some("1.17.2.42");
                desk.view(is_on).await;
            }
            Self::Gateway => assert_eq!(desk.proxies("istio-system"), [RUNNING, IN_PLACE]),
            Self::Label => assert_eq!(desk.proxies("shop"), [CANARY]),
        }
    }
}

fn fails(on: Action, status: StatusCode) -> AsmFault {
    AsmFault::Fails { on, times: 1, status }
}

fn breaks(on: Action, how: Break) -> AsmFault {
    AsmFault::Breaks { on, times: 1, how }
}

/// It passes by itself. What was done is asked for once, and what was struck before it was done is
/// asked for again.
#[rstest]
#[case::throttled(|on| AsmFault::Throttled {
    on, times: 2, time_left: Some(Duration::from_millis(200)),
}, 3)]
#[case::service_unavailable(|on| fails(on, StatusCode::SERVICE_UNAVAILABLE), 2)]
#[case::server_error(|on| fails(on, StatusCode::INTERNAL_SERVER_ERROR), 2)]
#[case::never_arrived(|on| breaks(on, Break::BeforeDone), 2)]
#[case::timed_out(|on| breaks(on, Break::Silence), 2)]
#[case::answer_lost(|on| breaks(on, Break::AnswerLost), 1)]
#[case::half_an_answer(|on| breaks(on, Break::HalfAnswer), 1)]
#[tokio::test(start_paused = true)]
async fn what_passes_is_got_over_and_nothing_is_done_twice(
    #[case] fault: fn(Action) -> AsmFault,
    #[case] times: usize,
    #[values(Write::Upgrade, Write::Gateway, Write::Label)] write: Write,
) {
    let (desk, operation) = write.due().await;
    let id = desk.start(operation).await;
    desk.mesh.fault(fault(write.action()));

    let view = desk.until(&id, is_over).await;

    let says = view.summary.sentence.english();
    assert_eq!(view.summary.state, RunState::Succeeded, "{says}");
    assert_eq!(write.asked(&desk), times, "{write:?} was asked for");
    write.shows(&desk).await;
}

#[tokio::test(start_paused = true)]
async fn reads_that_fail_for_a_while_are_got_over() {
    let (desk, operation) = Write::Upgrade.due().await;
    let id = desk.start(operation).await;
    desk.mesh.fault(AsmFault::Fails {
        on: Action::named("DescribeServiceMeshDetail"),
        times: 3,
        status: StatusCode::INTERNAL_SERVER_ERROR,
    });

    let view = desk.until(&id, is_over).await;

    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    assert_eq!(Write::Upgrade.asked(&desk), 1);
}

/// The annotation of a gateway is written to the instance's own API server.
#[rstest]
#[case::answer_lost(|on| Fault::AnswerLost { on, times: 1 }, 1)]
#[case::never_arrived(|on| Fault::Drop { on, times: 1 }, 2)]
#[case::server_error(|on| Fault::Answer {
    on, times: 1, status: StatusCode::INTERNAL_SERVER_ERROR, retry_after: None,
}, 2)]
#[tokio::test(start_paused = true)]
async fn a_gateways_annotation_is_written_once(
    #[case] fault: fn(On) -> Fault,
    #[case] times: usize,
) {
    let newer = described().version("v1.22.6.114-g3d9f0c27-aliyun").kubernetes("v1.28.9-aliyun.1");
    let desk = Desk::at(newer.build()).await;
    let view = desk.view(|view| view.asm.is_some()).await;
    let gateway = view.asm.expect("it is ASM's").gateways[0].id.clone();
    let wish = GatewayCanaryWish::Wanted;
    let id = desk.start(OperationRequest::GatewayCanary { gateway, wish }).await;
    desk.mesh.control_plane().fault(fault(On::method(Verb::PATCH).path("istiogateways")));

    let view = desk.until(&id, is_over).await;

    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
    let requests = desk.mesh.control_plane().requests().into_iter();
    let real = requests.filter(|it| it.method == Verb::PATCH && !it.path.contains("dryRun"));
    assert_eq!(real.filter(|it| it.path.contains("istiogateways")).count(), times);
}

/// Nothing is read and nothing written by a computer whose clock is wrong.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_is_said_and_the_run_goes_on() {
    let (desk, operation) = Write::Upgrade.due().await;
    let id = desk.start(operation).await;
    desk.mesh.fault(AsmFault::ClockSkew(SignedDuration::from_hours(2)));
    let texts = |view: &RunView| {
        let question = view.question.as_ref().map(|question| question.text.english());
        format!("{} {}", view.summary.sentence.english(), question.unwrap_or_default())
    };

    let says = |view: &RunView| texts(view).contains("clock");
    let view = desk.until(&id, |view| says(view) || is_over(view)).await;

    let clock = "min behind the server's: set it right";
    assert!(texts(&view).contains(clock), "{}", texts(&view));
    desk.mesh.heal();
    // Whether a call was under way when the clock went wrong decides whether it asks.
    let view = desk.until(&id, |view| view.question.is_some() || is_over(view)).await;
    if view.question.is_some() {
        desk.answer(&view, Answer::Retry).await;
    }
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", texts(&view));
    assert_eq!(Write::Upgrade.asked(&desk), 1);
}

/// It asks in a sentence with what happened, and goes on once it is mended.
#[rstest]
#[case::precheck(AsmFault::PrecheckFails("an EnvoyFilter names a legacy filter".into()),
    "an EnvoyFilter names a legacy filter")]
#[case::another_target(AsmFault::TargetMoved("v1.17.2.50-gffffffff-aliyun".into()),
    "another version than the expected one")]
#[case::locked(AsmFault::Locked, "locked")]
#[case::forbidden(AsmFault::Forbidden(Action::Upgrade), "not allowed")]
#[case::upgrade_failed(AsmFault::UpgradeFails("the control plane did not start".into()),
    "the control plane did not start")]
#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_asked_about(#[case] fault: AsmFault, #[case] says: &str) {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.asm.is_some()).await;
    let id = desk.start(upgrade()).await;
    desk.mesh.fault(fault);

    let view = desk.until(&id, |view| view.question.is_some() || is_over(view)).await;

    let question = view.question.as_ref().unwrap_or_else(|| panic!("it asks: {view:#?}"));
    let text = question.text.english();
    assert!(text.contains(says), "`{text}` says `{says}`");
    desk.mesh.heal();
    desk.answer(&view, Answer::Retry).await;
    let view = desk.until(&id, is_over).await;
    assert_eq!(view.summary.state, RunState::Succeeded, "{}", view.summary.sentence.english());
}

#[tokio::test(start_paused = true)]
async fn a_failed_precheck_blocks_the_button() {
    let desk = Desk::at(instance()).await;
    desk.view(|view| view.asm.is_some()).await;
    desk.mesh.fault(AsmFault::PrecheckFails("an EnvoyFilter names a legacy filter".into()));

    let report = desk.precheck(Method::InPlace).await;

    let own = report.findings.iter().find(|finding| finding.rule == "A-12").expect("ASM's own");
    assert_eq!(own.severity, Severity::Block);
    assert!(own.consequence.english().contains("legacy filter"), "{own:?}");
    let view = desk.view(|view| view.in_place.findings.is_some()).await;
    let reason = view.in_place.upgrade.reason.expect("it may not be pressed");
    assert_eq!(reason.code, PhraseCode::ReasonBlockingFindings);
}
