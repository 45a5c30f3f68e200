//! The steps of one hop of a route, by provider and method.
//!
//! Entry points: [`istio`] and [`asm`]. ASM's control plane is upgraded in its console only; its
//! labels are written as in S38.

use meshlift_cluster::provider::istioctl;
use meshlift_core::rollout::{Install, InstallPart};
use meshlift_core::version::MeshVersion;

use super::document::{Back, File, Gate, Step};
use super::words::{Language, Word};
use crate::api::dto::{HopView, Method};

const KUBECTL: &str = "kubectl --context <context>";
const ISTIOCTL: &str = "istioctl --context <context>";

/// A hop of an Istio that one runs oneself.
pub(super) fn istio(language: Language, hop: &HopView) -> Vec<Step> {
    let hop = Hop::of(language, hop);
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

/// A hop of an ASM instance.
pub(super) fn asm(language: Language, hop: &HopView) -> Vec<Step> {
    let hop = Hop::of(language, hop);
    let mut steps = Vec::new();
    match hop.method {
        Method::InPlace => {
            steps.push(hop.console(Word::AsmPrecheck, Word::NoBack));
            steps.push(hop.console(Word::AsmInPlace, Word::NoBack));
            steps.push(hop.console(Word::AsmGateways, Word::NoBack));
            steps.push(hop.restart(Word::RestartRest));
        }
        Method::Canary => {
            steps.push(hop.console(Word::AsmCanary, Word::AsmBack));
            steps.push(hop.movement(Word::MoveFirst));
            steps.push(hop.console(Word::AsmPromote, Word::AsmBack));
            steps.push(hop.movement(Word::MoveRest));
            steps.push(hop.console(Word::AsmGateways, Word::NoBack));
            steps.push(hop.console(Word::AsmRetire, Word::NoBack));
        }
    }
    steps.push(hop.verify());
    steps
}

struct Hop {
    language: Language,
    method: Method,
    to: String,
    /// Revision of the old and of the new control plane, as labels name them.
    old: String,
    new: String,
}

impl Hop {
    fn of(language: Language, hop: &HopView) -> Self {
        let revision = |text: &str| {
            text.parse::<MeshVersion>().map_or_else(|_| text.to_owned(), |it| it.revision())
        };
        let method = hop.method;
        Self {
            language,
            method,
            to: hop.to.clone(),
            // ASM names its revisions by their versions; an install of Istio by hand has any name.
            old: match hop.from.parse::<MeshVersion>() {
                Ok(from) if from.is_asm() => from.revision(),
                Ok(_) | Err(_) => "<old-revision>".to_owned(),
            },
            new: revision(&hop.to),
        }
    }

    fn step(&self, title: Word, notes: &[Word], commands: &[String], gates: Vec<Gate>) -> Step {
        let word = |word: Word| self.language.word(word, &[]);
        Step {
            title: word(title),
            notes: notes.iter().map(|note| word(*note)).collect(),
            files: Vec::new(),
            commands: commands.to_vec(),
            gates,
            back: Back { what: word(Word::NoBack), commands: Vec::new() },
        }
    }

    fn gate(&self, what: Word, params: &[(&str, &str)], command: Option<String>) -> Gate {
        Gate { what: self.language.word(what, params), command }
    }

    fn analyzed(&self) -> Gate {
        let command = format!("{ISTIOCTL} analyze --all-namespaces");
        self.gate(Word::GateAnalyze, &[], Some(command))
    }

    fn console(&self, what: Word, back: Word) -> Step {
        let mut step = self.step(what, &[], &[], vec![self.gate(Word::GateConsole, &[], None)]);
        step.back.what = self.language.word(back, &[]);
        step
    }

    fn istio_precheck(&self) -> Step {
        let command = format!("{ISTIOCTL} x precheck");
        self.step(Word::IstioPrecheck, &[], &[command], vec![self.analyzed()])
    }

    fn istio_in_place(&self) -> Step {
        let command = format!("{ISTIOCTL} install --filename <install-values.yaml>");
        let gates = self.control_plane("istiod");
        self.step(Word::IstioInPlace, &[Word::IstioInPlaceNote], &[command], gates)
    }

    fn istio_canary(&self) -> Step {
        let overlay = self.overlay();
        let name = overlay.as_ref().map_or("", |file| &file.name);
        let command = format!(
            "{ISTIOCTL} install --filename <install-values.yaml> --set revision={} \
             --filename {name}",
            self.new
        );
        let gates = self.control_plane(&format!("istiod-{}", self.new));
        let mut step = self.step(Word::IstioCanary, &[], &[command], gates);
        step.files.extend(overlay);
        step.back = Back {
            what: self.language.word(Word::BackCanary, &[]),
            commands: remove(&self.new).to_vec(),
        };
        step
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
        let rollout = format!(
            "{KUBECTL} rollout status --namespace istio-system deployment/{deployment} --timeout 5m"
        );
        let version = format!("{ISTIOCTL} version");
        vec![
            self.gate(Word::GateRollout, &[], Some(rollout)),
            self.gate(Word::GateVersion, &[("version", &self.to)], Some(version)),
        ]
    }

    /// Both labels in one call: between two calls a namespace would have none or both (S37, S38).
    fn movement(&self, what: Word) -> Step {
        let label = |revision: &str| {
            format!(
                "{KUBECTL} label namespace <namespace> istio-injection- istio.io/rev={revision} \
                 --overwrite"
            )
        };
        let mut commands = vec![label(&self.new)];
        commands.extend(restart());
        let mut step = self.step(what, &[], &commands, self.proxies());
        let back = label(&self.old);
        step.back = Back {
            what: self.language.word(Word::BackLabel, &[]),
            commands: std::iter::once(back).chain(restart()).collect(),
        };
        step
    }

    fn promote(&self) -> Step {
        let tag = |revision: &str| {
            format!("{ISTIOCTL} tag set default --revision {revision} --overwrite")
        };
        let listed = format!("{ISTIOCTL} tag list");
        let params = [("tag", "default"), ("revision", self.new.as_str())];
        let gates = vec![self.gate(Word::GateTag, &params, Some(listed)), self.analyzed()];
        let mut step = self.step(Word::Promote, &[], &[tag(&self.new)], gates);
        step.back = Back {
            what: self.language.word(Word::BackTag, &[("revision", &self.old)]),
            commands: vec![tag(&self.old)],
        };
        step
    }

    fn gateways(&self) -> Step {
        let command = format!(
            "{KUBECTL} rollout restart --namespace <gateway-namespace> deployment/<gateway>"
        );
        self.step(Word::Gateways, &[Word::GatewaysNote], &[command], self.proxies())
    }

    fn restart(&self, what: Word) -> Step {
        self.step(what, &[], &restart(), self.proxies())
    }

    fn retire(&self) -> Step {
        let left = format!(
            "{KUBECTL} get namespaces,pods --all-namespaces --selector istio.io/rev={}",
            self.old
        );
        let gone = self.gate(
            Word::GateGone,
            &[("revision", &self.old)],
            Some(format!(
                "{KUBECTL} get deployments,mutatingwebhookconfigurations --all-namespaces \
                 --selector istio.io/rev={}",
                self.old
            )),
        );
        let commands: Vec<String> = std::iter::once(left).chain(remove(&self.old)).collect();
        self.step(Word::Retire, &[Word::RetireNote, Word::RetireUnused], &commands, vec![gone])
    }

    fn verify(&self) -> Step {
        let command = format!("{ISTIOCTL} proxy-status");
        self.step(Word::Verify, &[], &[command], self.proxies())
    }

    fn proxies(&self) -> Vec<Gate> {
        let params = [("version", self.to.as_str()), ("revision", self.new.as_str())];
        let command = format!("{ISTIOCTL} proxy-status --namespace <namespace>");
        vec![self.gate(Word::GateProxy, &params, Some(command))]
    }
}

/// Takes a revision's control plane away and nothing else: gateways are other components.
fn remove(revision: &str) -> [String; 2] {
    let selector = format!("istio.io/rev={revision},operator.istio.io/component=Pilot");
    [
        format!(
            "{KUBECTL} delete mutatingwebhookconfigurations,validatingwebhookconfigurations \
             --selector {selector}"
        ),
        format!(
            "{KUBECTL} delete deployments,services,configmaps,serviceaccounts,\
             horizontalpodautoscalers,poddisruptionbudgets,roles,rolebindings \
             --namespace istio-system --selector {selector}"
        ),
    ]
}

fn restart() -> [String; 2] {
    [
        format!(
            "{KUBECTL} rollout restart --namespace <namespace> deployment,statefulset,daemonset"
        ),
        format!("{KUBECTL} rollout status --namespace <namespace> deployment/<name> --timeout 10m"),
    ]
}
