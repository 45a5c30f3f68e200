//! The runbook of a plan: exactly the steps that the app would do, with what it waits for.
//!
//! Entry point: [`of_plan`].

use jiff::Timestamp;
use meshlift_cluster::actuate::command_line;
use meshlift_cluster::provider::istioctl;
use meshlift_core::asm::{Call, HandOff};
use meshlift_core::injection::DEFAULT_TAG;
use meshlift_core::policy::Provider;
use meshlift_core::rollout::{ActKind, Install, Plan, Step, StepAction};

use super::asm::Sides;
use super::document::{
    Back, Document, FORMAT, FORMAT_VERSION, Fact, File, Finding, Notes, Part, Step as Done, Todo,
};
use super::gates::on;
use super::words::{Language, Word};
use super::{file_name, forms, gates, seconds};
use crate::api::dto::{Acknowledged, FindingView, PlanView, Runbook, Severity};
use crate::planner::practice;
use crate::view::words;

/// What the runbook of a plan is made from.
pub(crate) struct PlanSource<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) view: &'a PlanView,
    pub(crate) acknowledged: &'a [Acknowledged],
    pub(crate) made: Timestamp,
    pub(crate) language: Language,
}

impl PlanSource<'_> {
    /// The two sides of the ASM instance that the plan is for.
    pub(super) fn sides(&self) -> Option<Sides> {
        let instance = self.plan.instance.as_deref()?;
        Some(Sides::of(Some(&self.view.context), Some(instance)))
    }

    fn provider(&self) -> Provider {
        if self.plan.instance.is_some() { Provider::Asm } else { Provider::Istio }
    }
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
        stop: stop(language, source.provider()),
    };
    let name = file_name(&["runbook", &view.context, &view.digest[..8.min(view.digest.len())]]);
    forms(name, &document, language)
}

/// What to do when a gate does not pass.
pub(super) fn stop(language: Language, provider: Provider) -> Vec<String> {
    let look = match provider {
        Provider::Asm => Word::StopLookAsm,
        Provider::Istio => Word::StopLook,
    };
    [Word::StopHold, look, Word::StopBack].map(|word| language.word(word, &[])).to_vec()
}

fn operation(source: &PlanSource<'_>) -> String {
    let kind = serde_json::to_value(source.view.operation).unwrap_or_default();
    source.language.name(&format!("/operation/{}", kind.as_str().unwrap_or_default()))
}

fn facts(source: &PlanSource<'_>) -> Vec<Fact> {
    let PlanSource { plan, view, language, .. } = *source;
    let instance = plan.instance.as_ref().map(|id| (Word::Instance, id.to_string()));
    let cluster = [
        (Word::Context, view.context.clone()),
        (Word::Server, view.server.clone()),
        (Word::Cluster, plan.cluster_uid.clone()),
    ];
    let plan = [
        (Word::From, view.from.clone()),
        (Word::To, view.to.clone()),
        (Word::Made, seconds(source.made)),
        (Word::Digest, view.digest.clone()),
    ];
    let all = cluster.into_iter().chain(instance).chain(plan);
    all.map(|(word, value)| Fact { name: language.word(word, &[]), value }).collect()
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
    let provider = source.provider();
    let said = |code| Todo {
        what: language.say(&Phrase::plain(code)),
        command: None,
        source: practice(provider).map(str::to_owned),
    };
    vec![
        Todo { what: uid, command: Some(on(&view.context, kubectl)), source: None },
        said(Code::FirstHold),
        said(Code::FirstQuietHour),
        Todo { what: language.word(Word::CheckStop, &[]), command: None, source: None },
    ]
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
        before: gates::before(source, step).into_iter().collect(),
        files: acts.iter().filter_map(file).collect(),
        commands,
        gates: gates::after(source, step),
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
        StepAction::Asm { call: Call::Precheck { .. }, .. } | StepAction::Verify { expect: _ } => {
            Back { what: language.word(Word::OnlyReads, &[]), commands: Vec::new() }
        }
        StepAction::HandOff { task: HandOff::DeployCanary { .. }, .. } => {
            Back { what: language.word(Word::AsmBack, &[]), commands: Vec::new() }
        }
        StepAction::Asm { .. } | StepAction::HandOff { .. } => none(),
    }
}
