//! The steps of one hop of an Istio that one runs oneself, by method.
//!
//! Entry point: [`istio`]. Deliberately absent: an ASM instance's (`super::asm`).

use meshlift_cluster::actuate::quoted;
use meshlift_cluster::provider::istioctl;
use meshlift_core::rollout::{Install, InstallPart};
use meshlift_core::version::MeshVersion;

use super::document::{Back, File, Gate, Step};
use super::words::{Language, Word};
use crate::api::dto::{HopView, Method};

/// What stands for the context where nobody named one.
const CONTEXT: &str = "<context>";

/// A hop of an Istio that one runs oneself.
pub(super) fn istio(language: Language, context: Option<&str>, hop: &HopView) -> Vec<Step> {
    let hop = Hop::of(language, context, hop);
    let mut steps = vec![hop.istio_precheck()];
    match hop.method {
        Method::InPlace => {
            steps.push(hop.istio_in_place());
            steps.push(hop.gateways());
            steps.push(hop.restart(Word::RestartRest));
        }
        Method::Canary => {
            steps.push(hop.istio_canary());
            steps.push(hop.movement(Word::MoveFirst));
            steps.push(hop.movement(Word::MoveRest));
            steps.push(hop.promote());
            steps.push(hop.gateways());
            steps.push(hop.retire());
        }
    }
    steps.push(hop.verify());
    steps
}

/// A context's name as a command line has it.
pub(super) fn named(context: Option<&str>) -> String {
    context.map_or_else(|| CONTEXT.to_owned(), quoted)
}

/// An istioctl changes a mesh to its own version: the reader's may be another than the one that the
/// runbook was made for.
pub(super) fn istioctl_is(language: Language, program: &str, version: &str) -> Gate {
    Gate {
        what: language.word(Word::GateIstioctl, &[("version", version)]),
        command: Some(format!("{program} version --remote=false")),
    }
}

/// A step that has no way back.
pub(super) fn step(
    language: Language,
    title: Word,
    notes: &[Word],
    commands: &[String],
    gates: Vec<Gate>,
) -> Step {
    let word = |word: Word| language.word(word, &[]);
    Step {
        title: word(title),
        notes: notes.iter().map(|note| word(*note)).collect(),
        before: Vec::new(),
        files: Vec::new(),
        commands: commands.to_vec(),
        gates,
        back: Back { what: word(Word::NoBack), commands: Vec::new() },
    }
}

struct Hop {
    language: Language,
    /// The context's name as a command line has it.
    context: String,
    method: Method,
    to: String,
    /// Revision of the old and of the new control plane, as labels name them.
    old: String,
    new: String,
}

impl Hop {
    fn of(language: Language, context: Option<&str>, hop: &HopView) -> Self {
        let revision = |text: &str| {
            text.parse::<MeshVersion>().map_or_else(|_| text.to_owned(), |it| it.revision())
        };
        let method = hop.method;
        Self {
            language,
            context: named(context),
            method,
            to: hop.to.clone(),
            // An install of Istio by hand has any name.
            old: "<old-revision>".to_owned(),
            new: revision(&hop.to),
        }
    }

    fn kubectl(&self, rest: &str) -> String {
        format!("kubectl --context {} {rest}", self.context)
    }

    fn istioctl(&self, rest: &str) -> String {
        format!("istioctl --context {} {rest}", self.context)
    }

    fn step(&self, title: Word, notes: &[Word], commands: &[String], gates: Vec<Gate>) -> Step {
        step(self.language, title, notes, commands, gates)
    }

    fn gate(&self, what: Word, params: &[(&str, &str)], command: Option<String>) -> Gate {
        Gate { what: self.language.word(what, params), command }
    }

    /// A step that reads and changes nothing.
    fn reading(&self, title: Word, command: String, gates: Vec<Gate>) -> Step {
        let mut step = self.step(title, &[], &[command], gates);
        step.back.what = self.language.word(Word::OnlyReads, &[]);
        step
    }

    /// A step that an istioctl of the target's version does.
    fn by_istioctl(&self, mut step: Step) -> Step {
        step.before.push(istioctl_is(self.language, "istioctl", &self.to));
        step
    }

    fn analyzed(&self) -> Gate {
        let command = self.istioctl("analyze --all-namespaces");
        self.gate(Word::GateAnalyze, &[], Some(command))
    }

    fn istio_precheck(&self) -> Step {
        let command = self.istioctl("x precheck");
        self.by_istioctl(self.reading(Word::IstioPrecheck, command, vec![self.analyzed()]))
    }

    fn istio_in_place(&self) -> Step {
        let command = self.istioctl("install --filename <install-values.yaml>");
        let gates = self.control_plane("istiod");
        self.by_istioctl(self.step(
            Word::IstioInPlace,
            &[Word::IstioInPlaceNote],
            &[command],
            gates,
        ))
    }

    fn istio_canary(&self) -> Step {
        let overlay = self.overlay();
        let name = overlay.as_ref().map_or("", |file| &file.name);
        let command = self.istioctl(&format!(
            "install --filename <install-values.yaml> --set revision={} --filename {name}",
            self.new
        ));
        let gates = self.control_plane(&format!("istiod-{}", self.new));
        let mut step = self.step(Word::IstioCanary, &[], &[command], gates);
        step.files.extend(overlay);
        step.back = Back {
            what: self.language.word(Word::BackCanary, &[]),
            commands: self.remove(&self.new).to_vec(),
        };
        self.by_istioctl(step)
    }

    /// The gateways have the same names in every revision: without this file they would be taken
    /// over at once.
    fn overlay(&self) -> Option<File> {
        let install = Install {
            revision: Some(self.new.as_str().into()),
            version: self.to.parse().ok()?,
            binary: String::new(),
            values_digest: String::new(),
            values_file: String::new(),
            part: InstallPart::ControlPlane,
        };
        let (name, text) = istioctl::overlay_of(&install)?;
        Some(File { name: name.to_owned(), text })
    }

    fn control_plane(&self, deployment: &str) -> Vec<Gate> {
        let rollout = self.kubectl(&format!(
            "rollout status --namespace istio-system deployment/{deployment} --timeout 5m"
        ));
        let version = self.istioctl("version");
        vec![
            self.gate(Word::GateRollout, &[], Some(rollout)),
            self.gate(Word::GateVersion, &[("version", &self.to)], Some(version)),
        ]
    }

    /// Both labels in one call: between two calls a namespace would have none or both (S37, S38).
    fn movement(&self, what: Word) -> Step {
        let label = |revision: &str| {
            self.kubectl(&format!(
                "label namespace <namespace> istio-injection- istio.io/rev={revision} --overwrite"
            ))
        };
        let mut commands = vec![label(&self.new)];
        commands.extend(self.restarts());
        let mut step = self.step(what, &[], &commands, self.proxies());
        let back = label(&self.old);
        step.back = Back {
            what: self.language.word(Word::BackLabel, &[]),
            commands: std::iter::once(back).chain(self.restarts()).collect(),
        };
        step
    }

    fn promote(&self) -> Step {
        let tag = |revision: &str| {
            self.istioctl(&format!("tag set default --revision {revision} --overwrite"))
        };
        let listed = self.istioctl("tag list");
        let params = [("tag", "default"), ("revision", self.new.as_str())];
        let gates = vec![self.gate(Word::GateTag, &params, Some(listed)), self.analyzed()];
        let mut step = self.step(Word::Promote, &[], &[tag(&self.new)], gates);
        step.back = Back {
            what: self.language.word(Word::BackTag, &[("revision", &self.old)]),
            commands: vec![tag(&self.old)],
        };
        self.by_istioctl(step)
    }

    fn gateways(&self) -> Step {
        let command =
            self.kubectl("rollout restart --namespace <gateway-namespace> deployment/<gateway>");
        self.step(Word::Gateways, &[Word::GatewaysNote], &[command], self.proxies())
    }

    fn restart(&self, what: Word) -> Step {
        self.step(what, &[], &self.restarts(), self.proxies())
    }

    fn retire(&self) -> Step {
        let left = self.kubectl(&format!(
            "get namespaces,pods --all-namespaces --selector istio.io/rev={}",
            self.old
        ));
        let gone = self.gate(
            Word::GateGone,
            &[("revision", &self.old)],
            Some(self.kubectl(&format!(
                "get deployments,mutatingwebhookconfigurations --all-namespaces \
                 --selector istio.io/rev={}",
                self.old
            ))),
        );
        let commands: Vec<String> = std::iter::once(left).chain(self.remove(&self.old)).collect();
        self.step(Word::Retire, &[Word::RetireNote, Word::RetireUnused], &commands, vec![gone])
    }

    fn verify(&self) -> Step {
        let command = self.istioctl("proxy-status");
        self.reading(Word::Verify, command, self.proxies())
    }

    fn proxies(&self) -> Vec<Gate> {
        let params = [("version", self.to.as_str()), ("revision", self.new.as_str())];
        let command = self.istioctl("proxy-status --namespace <namespace>");
        vec![self.gate(Word::GateProxy, &params, Some(command))]
    }

    /// Takes a revision's control plane away and nothing else: gateways are other components.
    fn remove(&self, revision: &str) -> [String; 2] {
        let selector = format!("istio.io/rev={revision},operator.istio.io/component=Pilot");
        [
            self.kubectl(&format!(
                "delete mutatingwebhookconfigurations,validatingwebhookconfigurations \
                 --selector {selector}"
            )),
            self.kubectl(&format!(
                "delete deployments,services,configmaps,serviceaccounts,\
                 horizontalpodautoscalers,poddisruptionbudgets,roles,rolebindings \
                 --namespace istio-system --selector {selector}"
            )),
        ]
    }

    fn restarts(&self) -> [String; 2] {
        [
            self.kubectl(
                "rollout restart --namespace <namespace> deployment,statefulset,daemonset",
            ),
            self.kubectl("rollout status --namespace <namespace> deployment/<name> --timeout 10m"),
        ]
    }
}
