//! What must hold before and after each step of a plan.
//!
//! Entry points: [`before`] and [`after`].

use meshlift_cluster::actuate::quoted;
use meshlift_core::asm::Call;
use meshlift_core::inventory::{INJECTION_LABEL, InjectionLabels, REVISION_LABEL};
use meshlift_core::rollout::{ActKind, Expectation, Install, Step, StepAction, Wave, WaveItem};

use super::asm::Sides;
use super::document::Gate;
use super::hops::istioctl_is;
use super::plan::PlanSource;
use super::words::Word;
use crate::view::words::{self, version};

/// What must hold before a step that an istioctl does.
pub(super) fn before(source: &PlanSource<'_>, step: &Step) -> Option<Gate> {
    let language = source.language;
    let is_tag = |act: &ActKind| {
        matches!(
            act,
            ActKind::SetTag { .. }
                | ActKind::SetTagService { .. }
                | ActKind::SetDefaultValidator { .. }
        )
    };
    match &step.action {
        StepAction::Install { install } => {
            let program = quoted(&install.binary);
            Some(istioctl_is(language, &program, &install.version.numbers()))
        }
        StepAction::Change { acts } if acts.iter().any(is_tag) => {
            let version = source.plan.to.version.as_ref()?;
            Some(istioctl_is(language, "istioctl", &version.numbers()))
        }
        StepAction::Change { acts: _ }
        | StepAction::MoveNamespace { .. }
        | StepAction::Asm { .. }
        | StepAction::HandOff { .. }
        | StepAction::Restart { .. }
        | StepAction::Verify { .. } => None,
    }
}

/// What a step has to reach before the next one.
pub(super) fn after(source: &PlanSource<'_>, step: &Step) -> Vec<Gate> {
    let language = source.language;
    match &step.action {
        StepAction::Install { install } => installed(source, install),
        StepAction::MoveNamespace { namespace, to, .. } => {
            let labels = language.word(Word::GateLabel, &[("labels", &told(to))]);
            let columns = format!("{INJECTION_LABEL},{REVISION_LABEL}");
            let command = format!("get namespace {namespace} --label-columns {columns}");
            vec![gate(source, labels, Some(&command))]
        }
        StepAction::Restart { wave } => restarted(source, wave),
        StepAction::Change { acts: _ } => {
            let context = &source.view.context;
            let command = istioctl(context, "analyze --all-namespaces");
            vec![Gate { what: language.word(Word::GateWebhooks, &[]), command: Some(command) }]
        }
        StepAction::Asm { call: Call::Precheck { .. }, .. } => {
            vec![gate(source, language.word(Word::GateConsole, &[]), None)]
        }
        StepAction::Asm { instance, call: _ } | StepAction::HandOff { instance, task: _ } => {
            Sides::of(Some(&source.view.context), Some(instance)).settled(language)
        }
        StepAction::Verify { expect } => {
            expect.iter().flat_map(|expected| self::expected(source, expected)).collect()
        }
    }
}

fn gate(source: &PlanSource<'_>, what: String, command: Option<&str>) -> Gate {
    Gate { what, command: command.map(|rest| on(&source.view.context, rest)) }
}

fn installed(source: &PlanSource<'_>, install: &Install) -> Vec<Gate> {
    let language = source.language;
    let deployment = match &install.revision {
        Some(revision) => format!("istiod-{revision}"),
        None => "istiod".to_owned(),
    };
    let rollout =
        format!("rollout status --namespace istio-system deployment/{deployment} --timeout 5m");
    let numbers = install.version.numbers();
    let image = format!(
        "get deployment --namespace istio-system {deployment} --output \
         jsonpath='{{.spec.template.spec.containers[0].image}}'"
    );
    vec![
        gate(source, language.word(Word::GateRollout, &[]), Some(&rollout)),
        gate(source, language.word(Word::GateVersion, &[("version", &numbers)]), Some(&image)),
    ]
}

fn restarted(source: &PlanSource<'_>, wave: &Wave) -> Vec<Gate> {
    wave.items.iter().flat_map(|item| workload(source, item)).collect()
}

fn workload(source: &PlanSource<'_>, item: &WaveItem) -> Vec<Gate> {
    let language = source.language;
    let name = words::named(&item.workload);
    let kind = item.workload.kind.to_string().to_lowercase();
    let rollout = format!(
        "rollout status --namespace {} {kind}/{} --timeout 10m",
        item.workload.namespace, item.workload.name
    );
    let ready = language.word(Word::GateWorkload, &[("workload", &name)]);
    let proxy = match &item.revision {
        Some(revision) => {
            let params = [("version", &*version(item.version.as_ref())), ("revision", &**revision)];
            language.word(Word::GateProxy, &params)
        }
        None => language.word(Word::GateNoProxy, &[]),
    };
    let mut gates = vec![gate(source, ready, Some(&rollout))];
    let namespace = &item.workload.namespace;
    match (source.sides(), &item.revision) {
        (Some(sides), Some(_)) => {
            let tag = version(item.version.as_ref());
            gates.extend(sides.proxies(language, &tag, Some(namespace)));
        }
        (Some(sides), None) => {
            let command = Some(sides.proxy_images(Some(namespace)));
            gates.push(Gate { what: proxy, command });
        }
        (None, _) => {
            let proxies = format!("proxy-status --namespace {namespace}");
            let command = Some(istioctl(&source.view.context, &proxies));
            gates.push(Gate { what: proxy, command });
        }
    }
    gates
}

fn expected(source: &PlanSource<'_>, expected: &Expectation) -> Vec<Gate> {
    match (source.sides(), expected) {
        (Some(sides), Expectation::ControlPlane { revision: _, version }) => {
            let what = source.language.word(Word::GateVersion, &[("version", &version.numbers())]);
            vec![Gate { what, command: Some(sides.call("DescribeServiceMeshDetail")) }]
        }
        (Some(sides), Expectation::Proxies { workload, revision: _, version }) => {
            let mut gates =
                sides.proxies(source.language, &version.numbers(), Some(&workload.namespace));
            if let Some(first) = gates.first_mut() {
                first.what = format!("{}: {}", words::named(workload), first.what);
            }
            gates
        }
        (Some(_), Expectation::Tag { .. } | Expectation::RevisionGone { .. }) | (None, _) => {
            vec![expected_of_istio(source, expected)]
        }
    }
}

fn expected_of_istio(source: &PlanSource<'_>, expected: &Expectation) -> Gate {
    let language = source.language;
    let istioctl = |rest: &str| Some(istioctl(&source.view.context, rest));
    match expected {
        Expectation::ControlPlane { revision, version } => {
            let params = [("version", &*version.numbers())];
            let command = format!(
                "get pods --namespace istio-system --selector istio.io/rev={revision},app=istiod"
            );
            gate(source, language.word(Word::GateVersion, &params), Some(&command))
        }
        Expectation::Proxies { workload, revision, version } => {
            let name = words::named(workload);
            let params = [("version", &*version.numbers()), ("revision", &**revision)];
            let what = format!("{name}: {}", language.word(Word::GateProxy, &params));
            let status = format!("proxy-status --namespace {}", workload.namespace);
            Gate { what, command: istioctl(&status) }
        }
        Expectation::Tag { tag, revision } => Gate {
            what: language.word(Word::GateTag, &[("tag", tag), ("revision", revision)]),
            command: istioctl("tag list"),
        },
        Expectation::RevisionGone { revision } => {
            let kinds = "deployments,services,configmaps,mutatingwebhookconfigurations,\
                         validatingwebhookconfigurations";
            let command =
                format!("get {kinds} --all-namespaces --selector istio.io/rev={revision}");
            gate(source, language.word(Word::GateGone, &[("revision", revision)]), Some(&command))
        }
    }
}

fn told(labels: &InjectionLabels) -> String {
    words::label(labels).unwrap_or_else(|| "–".to_owned())
}

/// A kubectl command on the plan's context.
pub(super) fn on(context: &str, rest: &str) -> String {
    format!("kubectl --context {} {rest}", quoted(context))
}

/// An istioctl command on the plan's context.
fn istioctl(context: &str, rest: &str) -> String {
    format!("istioctl --context {} {rest}", quoted(context))
}
