//! The runbook of a plan: exactly the steps that the app would do, with what it waits for.
//!
//! Entry point: [`of_plan`].

use jiff::Timestamp;
use meshlift_cluster::actuate::command_line;
use meshlift_cluster::provider::istioctl;
use meshlift_core::injection::DEFAULT_TAG;
use meshlift_core::inventory::{INJECTION_LABEL, InjectionLabels, REVISION_LABEL};
use meshlift_core::rollout::{
    ActKind, Expectation, Install, Plan, Step, StepAction, Wave, WaveItem,
};

use super::document::{
    Back, Document, FORMAT, FORMAT_VERSION, Fact, File, Finding, Gate, Notes, Part, Step as Done,
    Todo,
};
use super::words::{Language, Word};
use super::{file_name, forms};
use crate::api::dto::{Acknowledged, FindingView, PlanView, Runbook, Severity};
use crate::planner::PRACTICE;
use crate::view::words::{self, version};

/// What the runbook of a plan is made from.
pub(crate) struct PlanSource<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) view: &'a PlanView,
    pub(crate) acknowledged: &'a [Acknowledged],
    pub(crate) made: Timestamp,
    pub(crate) language: Language,
}

/// The runbook of a plan.
pub(crate) fn of_plan(source: &PlanSource<'_>) -> Runbook {
    let PlanSource { plan, view, language, .. } = *source;
    let operation = operation(source);
    let title = language.word(
        Word::TitlePlan,
        &[("operation", &operation), ("from", &view.from), ("to", &view.to)],
    );
    let document = Document {
        format: FORMAT,
        version: FORMAT_VERSION,
        language: language.tag(),
        title,
        facts: facts(source),
        notes: notes(source),
        findings: Some(view.findings.iter().map(|one| finding(source, one)).collect()),
        consents: view.consents.iter().map(|consent| language.say(&consent.question)).collect(),
        first: first(source),
        parts: vec![Part {
            title: language.word(Word::Steps, &[]),
            notes: Vec::new(),
            changes: None,
            steps: plan.steps.iter().map(|step| self::step(source, step)).collect(),
        }],
        stop: stop(language),
    };
    let name = file_name(&["runbook", &view.context, &view.digest[..8.min(view.digest.len())]]);
    forms(name, &document, language)
}

/// What to do when a gate does not pass.
pub(super) fn stop(language: Language) -> Vec<String> {
    [Word::StopHold, Word::StopLook, Word::StopBack].map(|word| language.word(word, &[])).to_vec()
}

fn operation(source: &PlanSource<'_>) -> String {
    let kind = serde_json::to_value(source.view.operation).unwrap_or_default();
    source.language.name(&format!("/operation/{}", kind.as_str().unwrap_or_default()))
}

fn facts(source: &PlanSource<'_>) -> Vec<Fact> {
    let PlanSource { plan, view, language, .. } = *source;
    [
        (Word::Context, view.context.clone()),
        (Word::Server, view.server.clone()),
        (Word::Cluster, plan.cluster_uid.clone()),
        (Word::From, view.from.clone()),
        (Word::To, view.to.clone()),
        (Word::Made, source.made.to_string()),
        (Word::Digest, view.digest.clone()),
    ]
    .map(|(word, value)| Fact { name: language.word(word, &[]), value })
    .to_vec()
}

fn notes(source: &PlanSource<'_>) -> Vec<Notes> {
    let PlanSource { view, language, .. } = *source;
    let say = |lines: &[crate::api::dto::Phrase]| -> Vec<String> {
        lines.iter().map(|line| language.say(line)).collect()
    };
    let notes = |word, lines| Notes { title: language.word(word, &[]), lines };
    vec![
        notes(Word::Will, say(&view.will)),
        notes(Word::WillNot, say(&view.will_not)),
        notes(Word::WayBack, vec![language.say(&view.way_back)]),
    ]
}

fn finding(source: &PlanSource<'_>, finding: &FindingView) -> Finding {
    let language = source.language;
    let accepted = source
        .acknowledged
        .iter()
        .find(|one| one.rule == finding.rule && one.subject == finding.subject);
    Finding {
        severity: language.word(
            match finding.severity {
                Severity::Block => Word::SeverityBlock,
                Severity::Warn => Word::SeverityWarn,
                Severity::Info => Word::SeverityInfo,
            },
            &[],
        ),
        rule: finding.rule.clone(),
        what: language.say(&finding.what),
        subject: finding.subject.clone(),
        consequence: language.say(&finding.consequence),
        fix: finding.fix.clone(),
        source: finding.source.clone(),
        acknowledged: accepted.map(|one| one.reason.clone()),
    }
}

fn first(source: &PlanSource<'_>) -> Vec<Todo> {
    use crate::api::dto::{Phrase, PhraseCode as Code};
    let PlanSource { plan, view, language, .. } = *source;
    let uid = language.word(Word::CheckCluster, &[("uid", &plan.cluster_uid)]);
    let kubectl = "get namespace kube-system --output jsonpath='{.metadata.uid}'";
    let said = |code, rule: &str| Todo {
        what: language.say(&Phrase::plain(code)),
        command: None,
        source: Some(rule.to_owned()),
    };
    vec![
        Todo { what: uid, command: Some(on(&view.context, kubectl)), source: None },
        said(Code::FirstHold, PRACTICE),
        said(Code::FirstQuietHour, PRACTICE),
        Todo { what: language.word(Word::CheckStop, &[]), command: None, source: None },
    ]
}

/// A kubectl command on the plan's context.
fn on(context: &str, rest: &str) -> String {
    format!("kubectl --context {context} {rest}")
}

fn step(source: &PlanSource<'_>, step: &Step) -> Done {
    let PlanSource { plan, view, language, .. } = *source;
    let title = language.say(&words::step(plan, &step.action));
    let acts = step.acts();
    let mut commands: Vec<String> =
        acts.iter().map(|act| command_line(act, &view.context)).collect();
    // One call of istioctl stands for several of the app's own writes.
    commands.dedup();
    Done {
        title,
        notes: restarts(language, step),
        files: acts.iter().filter_map(file).collect(),
        commands,
        gates: gates(source, step),
        back: back(source, step),
    }
}

fn restarts(language: Language, step: &Step) -> Vec<String> {
    match &step.action {
        StepAction::Restart { wave } => {
            let pods: u32 = wave.items.iter().map(|item| item.pods).sum();
            let (workloads, pods) = (wave.items.len().to_string(), pods.to_string());
            let params = [("workloads", workloads.as_str()), ("pods", pods.as_str())];
            vec![language.word(Word::StepRestarts, &params)]
        }
        StepAction::Install { .. }
        | StepAction::MoveNamespace { .. }
        | StepAction::Asm { .. }
        | StepAction::HandOff { .. }
        | StepAction::Change { .. }
        | StepAction::Verify { .. } => Vec::new(),
    }
}

/// The file that a command names and nobody has without the app.
fn file(act: &ActKind) -> Option<File> {
    let install: &Install = match act {
        ActKind::Install { install } => install,
        ActKind::Label { .. }
        | ActKind::Restart { .. }
        | ActKind::SetTag { .. }
        | ActKind::SetTagService { .. }
        | ActKind::SetDefaultValidator { .. }
        | ActKind::DeactivateInjector { .. }
        | ActKind::Delete { .. }
        | ActKind::Restore { .. }
        | ActKind::Asm { .. } => return None,
    };
    let (name, text) = istioctl::overlay_of(install)?;
    Some(File { name: name.to_owned(), text })
}

// ---------------------------------------------------------------------- gates

fn gates(source: &PlanSource<'_>, step: &Step) -> Vec<Gate> {
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
            vec![Gate {
                what: language.word(Word::GateWebhooks, &[]),
                command: Some(format!("istioctl --context {context} analyze --all-namespaces")),
            }]
        }
        StepAction::Asm { .. } | StepAction::HandOff { .. } => {
            vec![gate(source, language.word(Word::GateConsole, &[]), None)]
        }
        StepAction::Verify { expect } => {
            expect.iter().map(|expected| self::expected(source, expected)).collect()
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
    let status = format!(
        "istioctl --context {} proxy-status --namespace {}",
        source.view.context, item.workload.namespace
    );
    vec![gate(source, ready, Some(&rollout)), Gate { what: proxy, command: Some(status) }]
}

fn expected(source: &PlanSource<'_>, expected: &Expectation) -> Gate {
    let language = source.language;
    let istioctl = |rest: &str| Some(format!("istioctl --context {} {rest}", source.view.context));
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

// ---------------------------------------------------------------------- ways back

fn back(source: &PlanSource<'_>, step: &Step) -> Back {
    let PlanSource { plan, view, language, .. } = *source;
    let none = || Back { what: language.word(Word::NoBack, &[]), commands: Vec::new() };
    match &step.action {
        StepAction::Install { install } => {
            let is_beside = plan.from.revision != plan.to.revision;
            if is_beside && install.revision.is_some() {
                Back { what: language.word(Word::BackCanary, &[]), commands: Vec::new() }
            } else {
                none()
            }
        }
        StepAction::MoveNamespace { namespace, uid, from, to, instance } => {
            let inverse = ActKind::label(namespace, uid, to, from, instance.as_ref());
            let commands = vec![command_line(&inverse, &view.context)];
            Back { what: language.word(Word::BackLabel, &[]), commands }
        }
        StepAction::Restart { wave: _ } => {
            Back { what: language.word(Word::BackRestart, &[]), commands: Vec::new() }
        }
        StepAction::Change { acts } => {
            let moves_default = acts
                .iter()
                .any(|act| matches!(act, ActKind::SetTag { tag, .. } if &**tag == DEFAULT_TAG));
            if !moves_default || plan.from.revision == plan.to.revision {
                return none();
            }
            let revision = plan.from.revision.clone();
            let what = language.word(Word::BackTag, &[("revision", &revision)]);
            let inverse = ActKind::SetTag { tag: DEFAULT_TAG.into(), revision };
            Back { what, commands: vec![command_line(&inverse, &view.context)] }
        }
        StepAction::Asm { .. } | StepAction::HandOff { .. } | StepAction::Verify { expect: _ } => {
            none()
        }
    }
}
