//! The steps of one hop of an ASM instance, by method.
//!
//! Entry points: [`asm`], and the commands that a plan's gates need too. An instance has two sides:
//! labels are set on ASM's, which syncs them to the cluster and takes back what was set there
//! (`domain/asm.md` §10.2); pods are restarted and looked at in the cluster, where no istiod runs that
//! istioctl could ask. The control plane is upgraded in the console.

use meshlift_cluster::actuate::quoted;
use meshlift_core::inventory::{GATEWAY_NAMESPACE, INJECTION_LABEL, REVISION_LABEL};
use meshlift_core::version::MeshVersion;

use super::document::{Back, Gate, Step};
use super::hops::step;
use super::words::{Language, Word};
use crate::api::dto::{HopView, Method};

/// What stands for the data-plane cluster where nobody named its context.
const CLUSTER: &str = "<cluster-context>";
/// What stands for ASM's own API server. The app has its kubeconfig from the cloud, and no context.
const ASM: &str = "<asm-context>";
/// What stands for the instance where nobody named it.
const INSTANCE: &str = "<asm-instance>";

/// What the commands of an ASM runbook name.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    /// Context of the data-plane cluster.
    cluster: String,
    /// Id of the instance.
    instance: String,
}

impl Sides {
    /// With the names that are known.
    pub(super) fn of(cluster: Option<&str>, instance: Option<&str>) -> Self {
        let or = |known: Option<&str>, blank: &str| known.map_or_else(|| blank.to_owned(), quoted);
        Self { cluster: or(cluster, CLUSTER), instance: or(instance, INSTANCE) }
    }

    /// A command in the data-plane cluster.
    pub(super) fn in_cluster(&self, rest: &str) -> String {
        format!("kubectl --context {} {rest}", self.cluster)
    }

    /// A question to ASM about the instance, or a call.
    pub(super) fn call(&self, operation: &str) -> String {
        format!("aliyun servicemesh {operation} --ServiceMeshId {}", self.instance)
    }

    /// Every pod with the image of its proxy; of every namespace when none is named.
    pub(super) fn proxy_images(&self, namespace: Option<&str>) -> String {
        let place = namespace
            .map_or_else(|| "--all-namespaces".to_owned(), |name| format!("--namespace {name}"));
        let image = |list: &str| format!("{{.spec.{list}[?(@.name==\"istio-proxy\")].image}}");
        self.in_cluster(&format!(
            "get pods {place} --output jsonpath='{{range .items[*]}}{{.metadata.namespace}}/\
             {{.metadata.name}} {}{}{{\"\\n\"}}{{end}}'",
            image("containers"),
            image("initContainers"),
        ))
    }

    /// What must hold of the proxies of a namespace: their image, and what ASM says of them.
    pub(super) fn proxies(
        &self,
        language: Language,
        version: &str,
        namespace: Option<&str>,
    ) -> Vec<Gate> {
        let image = language.word(Word::GateProxyImage, &[("version", version)]);
        let synced = self.call("DescribeServiceMeshProxyStatus");
        vec![
            Gate { what: image, command: Some(self.proxy_images(namespace)) },
            Gate { what: language.word(Word::GateSynced, &[]), command: Some(synced) },
        ]
    }

    /// What must hold after something was done to the control plane.
    pub(super) fn settled(&self, language: Language) -> Vec<Gate> {
        let detail = self.call("DescribeServiceMeshDetail");
        vec![
            Gate { what: language.word(Word::GateConsole, &[]), command: None },
            Gate { what: language.word(Word::GateInstance, &[]), command: Some(detail) },
        ]
    }
}

/// A hop of an ASM instance.
pub(super) fn asm(language: Language, sides: Sides, hop: &HopView) -> Vec<Step> {
    let hop = Hop::of(language, sides, hop);
    let mut steps = Vec::new();
    match hop.method {
        Method::InPlace => {
            steps.push(hop.precheck());
            steps.push(hop.console(Word::AsmInPlace, Word::NoBack));
            steps.push(hop.gateways());
            steps.push(hop.restart());
        }
        Method::Canary => {
            steps.push(hop.console(Word::AsmCanary, Word::AsmBack));
            steps.push(hop.movement(Word::MoveFirst));
            steps.push(hop.console(Word::AsmPromote, Word::AsmBack));
            steps.push(hop.movement(Word::MoveRest));
            steps.push(hop.gateways());
            steps.push(hop.console(Word::AsmRetire, Word::NoBack));
        }
    }
    steps.push(hop.verify());
    steps
}

struct Hop {
    language: Language,
    sides: Sides,
    method: Method,
    to: String,
    /// Revisions of the old and of the new control plane: ASM names them by their versions.
    old: String,
    new: String,
}

impl Hop {
    fn of(language: Language, sides: Sides, hop: &HopView) -> Self {
        let revision = |text: &str| {
            text.parse::<MeshVersion>().map_or_else(|_| text.to_owned(), |it| it.revision())
        };
        let (old, new) = (revision(&hop.from), revision(&hop.to));
        Self { language, sides, method: hop.method, to: hop.to.clone(), old, new }
    }

    fn step(&self, title: Word, commands: &[String], gates: Vec<Gate>) -> Step {
        step(self.language, title, &[], commands, gates)
    }

    fn back(&self, mut step: Step, what: Word, commands: Vec<String>) -> Step {
        step.back = Back { what: self.language.word(what, &[]), commands };
        step
    }

    fn precheck(&self) -> Step {
        let done = Gate { what: self.language.word(Word::GateConsole, &[]), command: None };
        let step = self.step(Word::AsmPrecheck, &[], vec![done]);
        self.back(step, Word::OnlyReads, Vec::new())
    }

    fn console(&self, what: Word, back: Word) -> Step {
        let step = self.step(what, &[], self.sides.settled(self.language));
        self.back(step, back, Vec::new())
    }

    fn gateways(&self) -> Step {
        let console = Gate { what: self.language.word(Word::GateConsole, &[]), command: None };
        let mut gates = vec![console];
        gates.extend(self.proxies(Some(GATEWAY_NAMESPACE)));
        self.step(Word::AsmGateways, &[], gates)
    }

    /// A namespace's labels are set by one call on ASM's side. Pods that start before the cluster has
    /// them would get the old proxy again, so that is waited for.
    fn movement(&self, what: Word) -> Step {
        let labels = format!("{INJECTION_LABEL},{REVISION_LABEL}");
        let shown = format!("get namespace <namespace> --label-columns {labels}");
        let wanted = format!("{REVISION_LABEL}={}", self.new);
        let said = self.language.word(Word::GateLabelAsm, &[("labels", &wanted)]);
        let mut gates =
            vec![Gate { what: said, command: Some(format!("kubectl --context {ASM} {shown}")) }];
        gates.extend(self.proxies(Some("<namespace>")));
        let step = step(self.language, what, &[Word::AsmLabelNote], &self.moved(&self.new), gates);
        self.back(step, Word::BackLabel, self.moved(&self.old))
    }

    fn moved(&self, revision: &str) -> Vec<String> {
        let call = self.sides.call("UpdateIstioInjectionConfig");
        let synced = self.sides.in_cluster(&format!(
            "wait namespace/<namespace> --for \
             jsonpath='{{.metadata.labels.istio\\.io/rev}}'={revision} --timeout 5m"
        ));
        let labelled = format!("{call} --Namespace <namespace> --IstioRev {revision}");
        [labelled, synced].into_iter().chain(self.restarts()).collect()
    }

    fn restart(&self) -> Step {
        self.step(Word::RestartRest, &self.restarts(), self.proxies(Some("<namespace>")))
    }

    fn restarts(&self) -> [String; 2] {
        let rest = "rollout restart --namespace <namespace> deployment,statefulset,daemonset";
        let status = "rollout status --namespace <namespace> deployment/<name> --timeout 10m";
        [rest, status].map(|rest| self.sides.in_cluster(rest))
    }

    fn verify(&self) -> Step {
        let images = self.sides.proxy_images(None);
        let step = self.step(Word::Verify, &[images], self.proxies(None));
        self.back(step, Word::OnlyReads, Vec::new())
    }

    fn proxies(&self, namespace: Option<&str>) -> Vec<Gate> {
        self.sides.proxies(self.language, &self.to, namespace)
    }
}
