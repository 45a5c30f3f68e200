//! The runbook of a route: what is to be done for each hop, for any mesh of that provider.
//!
//! Entry points: [`of_route`]. Names that only a mesh knows stand in angle brackets.

use jiff::Timestamp;
use meshlift_core::policy::{Profile, Provider};

use super::asm::{Sides, asm};
use super::document::{
    Back, ChangeNote, Document, FORMAT, FORMAT_VERSION, Fact, Gate, Part, Step, Todo,
};
use super::hops::{istio, named};
use super::plan::stop;
use super::words::{Language, Word};
use super::{file_name, forms, seconds};
use crate::api::dto::{
    ChangeView, HitState, HopView, KubernetesStep, RouteList, RouteView, Runbook, TodoView,
};

/// What the runbook of a route is made from.
pub(crate) struct RouteSource<'a> {
    pub(crate) list: &'a RouteList,
    pub(crate) route: &'a RouteView,
    pub(crate) profile: &'a Profile,
    /// The ASM instance of the mesh that the route was looked at for.
    pub(crate) instance: Option<&'a str>,
    pub(crate) kubernetes: Option<&'a str>,
    pub(crate) as_of: &'a str,
    pub(crate) made: Timestamp,
    pub(crate) language: Language,
}

impl RouteSource<'_> {
    /// The context of the mesh that the route was looked at for.
    fn context(&self) -> Option<&str> {
        self.list.mesh.as_ref().map(|mesh| &*mesh.context)
    }

    /// What the commands of an ASM runbook name.
    fn sides(&self) -> Sides {
        Sides::of(self.context(), self.instance)
    }
}

/// The runbook of a route.
pub(crate) fn of_route(source: &RouteSource<'_>) -> Runbook {
    let RouteSource { route, language, .. } = *source;
    let from = route.hops.first().map_or("", |hop| &hop.from);
    let to = route.hops.last().map_or("", |hop| &hop.to);
    let document = Document {
        format: FORMAT,
        version: FORMAT_VERSION,
        language: language.tag(),
        title: language.word(Word::TitleRoute, &[("from", from), ("to", to)]),
        facts: facts(source),
        notes: Vec::new(),
        findings: None,
        consents: Vec::new(),
        first: first(source),
        parts: (1..).zip(&route.hops).map(|(number, hop)| part(source, number, hop)).collect(),
        stop: stop(language, source.profile.provider),
    };
    forms(file_name(&["runbook", from, "to", to]), &document, language)
}

fn facts(source: &RouteSource<'_>) -> Vec<Fact> {
    let RouteSource { route, language, list, .. } = *source;
    let hops = route.hops.len().to_string();
    let back = route.ways_back.to_string();
    let ways = language.word(Word::WaysOf, &[("back", &back), ("count", &hops)]);
    let mut facts = vec![
        (Word::Rules, format!("{} – {}", source.profile.id, source.profile.source)),
        (Word::Restarts, route.restarts.to_string()),
        (Word::WaysBack, ways),
        (Word::Data, source.as_of.to_owned()),
        (Word::Made, seconds(source.made)),
    ];
    if let Some(kubernetes) = source.kubernetes {
        facts.push((Word::Kubernetes, kubernetes.to_owned()));
    }
    if let Some(mesh) = &list.mesh {
        facts.push((Word::Context, mesh.context.clone()));
    }
    facts.into_iter().map(|(word, value)| Fact { name: language.word(word, &[]), value }).collect()
}

fn first(source: &RouteSource<'_>) -> Vec<Todo> {
    let language = source.language;
    let said = |word| Todo { what: language.word(word, &[]), command: None, source: None };
    let names = match (source.profile.provider, source.context()) {
        (Provider::Asm, _) => Word::CheckSides,
        (Provider::Istio, Some(_)) => Word::CheckNames,
        (Provider::Istio, None) => Word::CheckContext,
    };
    let of_route = source.route.first.iter().map(|todo| told(language, todo));
    [said(names), said(Word::CheckStop)].into_iter().chain(of_route).collect()
}

fn told(language: Language, todo: &TodoView) -> Todo {
    let place = match todo.hop {
        Some(number) => language.word(Word::Hop, &[("number", &number.to_string())]),
        None => language.word(Word::AllHops, &[]),
    };
    Todo {
        what: format!("{place}: {}", language.say(&todo.what)),
        command: None,
        source: todo.source.clone(),
    }
}

fn part(source: &RouteSource<'_>, number: u32, hop: &HopView) -> Part {
    let language = source.language;
    let place = language.word(Word::Hop, &[("number", &number.to_string())]);
    let method = serde_json::to_value(hop.method).unwrap_or_default();
    let method = language.name(&format!("/method/{}", method.as_str().unwrap_or_default()));
    let mut notes = vec![format!("{}: {} ({})", language.say(&hop.reason), hop.source, hop.rule)];
    notes.extend(hop.warnings.iter().map(|warning| language.say(warning)));
    let changes = source.list.changes.iter().filter(|change| hop.changes.contains(&change.id));
    let mut steps: Vec<Step> =
        hop.kubernetes_first.iter().map(|step| kubernetes(source, step)).collect();
    steps.extend(match source.profile.provider {
        Provider::Istio => istio(language, source.context(), hop),
        Provider::Asm => asm(language, source.sides(), hop),
    });
    Part {
        title: format!("{place}: {} → {}, {method}", hop.from, hop.to),
        notes,
        changes: Some(changes.map(|one| change(language, one)).collect()),
        steps,
    }
}

fn change(language: Language, change: &ChangeView) -> ChangeNote {
    ChangeNote {
        id: change.id.clone(),
        what: language.data(&change.what).to_owned(),
        remedy: language.data(&change.remedy).to_owned(),
        escape: change.escape.clone(),
        source: change.source.clone(),
        mesh: match change.hit {
            HitState::Hit => {
                let objects = change.objects.join(", ");
                Some(language.word(Word::Hit, &[("objects", &objects)]))
            }
            HitState::Undecided => Some(because(language, Word::HitUndecided, change)),
            HitState::Clear => Some(because(language, Word::HitClear, change)),
            HitState::NoMesh => None,
        },
    }
}

fn because(language: Language, word: Word, change: &ChangeView) -> String {
    let said = language.word(word, &[]);
    match &change.why {
        Some(why) => format!("{said}: {}", language.say(why)),
        None => said,
    }
}

fn kubernetes(source: &RouteSource<'_>, step: &KubernetesStep) -> Step {
    let language = source.language;
    let kubectl = match source.profile.provider {
        Provider::Asm => source.sides().in_cluster(""),
        Provider::Istio => format!("kubectl --context {} ", named(source.context())),
    };
    let path = step.minors.join(" → ");
    Step {
        title: language.word(Word::KubernetesFirst, &[("path", &path)]),
        notes: vec![language.say(&step.why), language.word(Word::KubernetesHow, &[])],
        before: Vec::new(),
        files: Vec::new(),
        commands: Vec::new(),
        gates: vec![Gate {
            what: language.word(Word::GateKubernetes, &[]),
            command: Some(format!("{kubectl}version; {kubectl}get nodes")),
        }],
        back: Back { what: language.word(Word::NoBack, &[]), commands: Vec::new() },
    }
}
