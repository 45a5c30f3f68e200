//! Every sentence that the application can say, as a closed list of codes.
//!
//! The front end holds the words for both languages, and a test there fails when a code has none.
//! The English words beside the codes are for logs and reports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dto::Phrase;

macro_rules! phrases {
    ($($(#[doc = $doc:literal])* $name:ident => $english:literal,)*) => {
        /// Which sentence. Parameters stand in braces in its English words.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs, reason = "the English words are the documentation")]
        pub enum PhraseCode { $($name,)* }

        impl PhraseCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its English words, with parameters in braces.
            pub fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }
        }
    };
}

phrases! {
    // Mesh and revisions
    UpToDate => "Up to date",
    ProxiesBehind => "{count} proxies behind",
    SupportEndsSoon => "Support ends soon",
    OutOfSupport => "Out of support",
    PracticeHere => "Practice here",
    NoMeshFound => "No service mesh found in this cluster",
    RunInProgress => "Run {number} is in progress",
    RevisionReady => "Ready",
    RevisionStarting => "{ready} of {replicas} replicas ready",
    RevisionGone => "No replica is ready",
    DeclinedAmbient => "This mesh uses ambient mode, which can't be upgraded from here yet",
    DeclinedMultiCluster => "This mesh spans several clusters, which can't be upgraded from here yet",
    DeclinedExternal => "The control plane of this mesh runs elsewhere and can't be upgraded from here yet",
    DeclinedHandOff => "{owner} owns this mesh: change the version there, and the steps here will notice",
    DeclinedUnknownVersion => "The version of revision {revision} can't be told from its image {image}",
    // Why a button is disabled
    ReasonReadOnly => "Read-only is on",
    ReasonRunActive => "Run {number} is in progress",
    ReasonForeignRun => "{holder} is working on this mesh",
    ReasonNoTarget => "Choose a target version first",
    ReasonPrecheckFirst => "Perform the precheck first",
    ReasonBlockingFindings => "Resolve {count} blocking findings first",
    ReasonAlreadyThere => "The control plane already runs {version}",
    ReasonControlPlaneFirst => "Upgrade the control plane first",
    ReasonNoCanary => "Deploy the canary first",
    ReasonCanaryDeployed => "Canary {revision} is deployed: promote or revoke it first",
    ReasonOldRevisionFirst => "Unpublish {revision} first",
    ReasonNotPromoted => "Promote the canary first",
    ReasonPromoted => "Revision {revision} was promoted already",
    ReasonOldRevisionUsed => "{count} pods or namespaces still follow {revision}",
    ReasonNoOldRevision => "No old revision is left",
    ReasonNothingToRestart => "Nothing needs a restart",
    ReasonOnRevision => "It is on {revision} already",
    ReasonNoInjection => "It has no injection label: nothing to move",
    ReasonDeclined => "This mesh is only shown",
    ReasonIstioctlMissing => "No istioctl {version} was found: add one under Settings",
    ReasonValuesMissing => "Choose the install's own values file under Settings first",
    ReasonHopRefused => "{why}",
    ReasonCannotRestart => "{why}",
    ReasonRunNotRunning => "The run is not running",
    ReasonRunNotPaused => "The run is not paused",
    ReasonRunOver => "The run is over",
    ReasonAborting => "It ends after what is in flight",
    ReasonNothingDone => "Nothing was changed yet",
    ReasonNoGateways => "The install renders no gateway",
    // Steps and their facts
    FactNotRun => "not run yet",
    FactBlocking => "{count} blocking findings",
    FactWarnings => "{count} warnings",
    FactPassed => "{count} passed",
    FactNoWayBack => "no way back",
    FactVersion => "on {version}",
    FactGateways => "{count} gateways, {pods} pods",
    FactToRestart => "{count} to restart",
    FactProxies => "{count} proxies",
    FactToDeploy => "{version} beside {revision}",
    FactDeployed => "{revision} on {version}",
    FactNamespacesMoved => "{moved} of {count} moved",
    FactBestAfterAll => "best after every pod moved",
    FactPromoted => "{revision} is the default",
    FactEndsWayBack => "ends the way back",
    FactAllVerified => "all on {version}",
    // Rows of the data plane
    RowUpToDate => "Up to date",
    RowLater => "Restart in step 4",
    RowGatewayLater => "Upgrade in step 3",
    RowNeedsRestart => "Needs a restart",
    RowBehind => "Behind",
    RowWouldLose => "Would lose its sidecar",
    RowMissing => "Has no sidecar yet",
    RowNoSidecar => "No sidecar, by choice",
    RowCannotRestart => "Cannot restart",
    RowRolling => "Restarting {done} of {wanted}",
    RowUnknown => "Cannot tell",
    WhyNamespaceLabel => "Namespace label {label}",
    WhyPodLabel => "Pod label {label}",
    WhyOlderThanLabel => "Pods are older than the label",
    WhyOlderThanControlPlane => "Pods started before the last upgrade",
    WhyNoWebhook => "No webhook matches {label}",
    WhyTwoWebhooks => "{count} webhooks match: it would be injected twice",
    WhyOptedOut => "Pod label sidecar.istio.io/inject=false",
    WhyOptedOutByAnnotation => "Pod annotation sidecar.istio.io/inject opts out",
    WhyIgnoredNamespace => "istiod never injects in this namespace",
    WhyNoLabel => "No injection label on namespace or pod",
    WhyHostNetwork => "It shares the host's network: such pods are never injected",
    WhyPinnedImage => "Its proxy image is pinned by annotation to {image}",
    WhyOwnProxy => "Its template holds its own proxy container",
    WhyPaused => "Its rollouts are paused",
    WhyOnDelete => "It replaces pods only when they are deleted",
    WhyPartition => "Its partition {partition} keeps older pods",
    WhyNoController => "Nothing would replace its pods",
    WhyKind => "A {kind} is not restarted from here",
    WhyJob => "Its pods end by themselves",
    WhyRollingNow => "A rollout is under way",
    WhyManagedGateway => "istiod replaces its pods when its revision changes",
    WhyInstalledGateway => "Upgraded with the install",
    WhyNotInstalled => "Revision {revision} is named, and no control plane of it exists",
    WhyBudget => "Budget {budget} allows {allowed} disruptions, the restart may take {needed}",
    WhyProxyUnknown => "The version of its proxy can't be told from {image}",
    DetailInjectedBy => "Revision {revision} would inject it: {why}, and webhook {webhook} of {configuration} matches",
    DetailNotInjected => "No webhook would inject it: {why}",
    DetailNow => "{count} pods run proxy {version} of revision {revision}",
    DetailNowNone => "{count} pods run without a proxy",
    // Namespaces
    NamespaceOnCanary => "On canary",
    NamespaceOnStable => "On stable",
    NamespaceToRestart => "{count} to restart",
    NamespaceNotInMesh => "Not in the mesh",
    NamespaceNoRevision => "Follows no revision",
    NamespaceConflict => "Both labels: istio-injection wins",
    NamespaceByPodLabel => "By pod labels",
    // Findings
    FindBothLabels => "Both injection labels",
    FindBothLabelsThen => "istio-injection wins and istio.io/rev={revision} is ignored",
    FindOrphanLabel => "Label with no webhook behind it",
    FindOrphanLabelThen => "{label}: new pods would start without a sidecar",
    FindDouble => "Injected twice",
    FindDoubleThen => "{count} webhooks match: pods would get two sidecars",
    FindWouldLose => "Would lose its sidecar",
    FindWouldLoseThen => "It has a proxy now and no webhook would inject it again",
    FindNotReady => "Control plane not ready",
    FindNotReadyThen => "{ready} of {replicas} replicas of {revision} are ready",
    FindSingleReplica => "One istiod replica",
    FindSingleReplicaThen => "Injection fails while it restarts",
    FindSkewOld => "Proxies too old",
    FindSkewOldThen => "They run {version}, more than one minor behind {target}",
    FindSkewNew => "Proxies newer than the control plane",
    FindSkewNewThen => "They run {version}, newer than {target}",
    FindPath => "Not a step the rules allow",
    FindPathThen => "{why}",
    FindKubernetes => "Kubernetes does not fit",
    FindKubernetesThen => "{version} needs Kubernetes {range}, this cluster runs {kubernetes}",
    FindKubernetesUntestedThen => "{version} documents Kubernetes {range}, this cluster runs {kubernetes}",
    FindKnownBad => "Target has a known defect",
    FindKnownBadThen => "{problem}",
    FindTwoOwners => "Several tools own the mesh",
    FindTwoOwnersThen => "{owners}: changes of one are undone by the other",
    FindWebhookDown => "Webhook without an endpoint",
    FindWebhookDownThen => "Pods that it matches cannot be created",
    FindBudget => "Budget is smaller than the restart",
    FindBudgetThen => "{budget} allows {allowed} disruptions, the restart may take {needed} pods",
    FindPinned => "Pinned proxy image",
    FindPinnedThen => "A restart leaves it on {image}",
    FindCannotRestart => "Cannot be restarted",
    FindCannotRestartThen => "{why}",
    FindRecreate => "Restart interrupts it",
    FindRecreateThen => "Strategy Recreate stops all its pods first",
    FindCannotTell => "Cannot tell",
    FindCannotTellThen => "{what} could not be read: {why}",
    FindPrune => "The install would remove objects",
    FindPruneThen => "{objects}",
    FindPermission => "Permission is missing",
    FindPermissionThen => "{user} may not {verb} {resource} in {namespace}",
    FindEndOfLife => "Target is out of support",
    FindEndOfLifeThen => "Support of {minor} ended on {date}",
    // Plan steps
    StepInstallCanary => "Deploy {revision} with istioctl {version}",
    StepInstallInPlace => "Upgrade the control plane {revision} with istioctl {version}",
    StepInstallGateways => "Upgrade the install's gateways with istioctl {version}",
    StepMoveNamespace => "Move {namespace} to {to}",
    StepWave => "Wave {number}",
    StepPromote => "Make {revision} the default",
    StepRetire => "Remove revision {revision}",
    StepVerify => "Verify",
    StepRestore => "Put {object} back",
    // What a plan says
    WillInstallCanary => "A second control plane {revision} of {version} starts beside {stable}",
    WillInstallBase => "CRDs and cluster-wide objects go to {version}; they stay on a revoke",
    WillInstallInPlace => "The control plane {revision} goes from {from} to {to}",
    WillInjectionGap => "Injection may be unavailable for up to a minute: pods that start then wait",
    WillMove => "New pods of {namespaces} get their sidecar from {revision}",
    WillRestart => "{workloads} workloads with {pods} pods restart, {width} at a time",
    WillPromote => "{revision} becomes the default; these namespaces follow it at their next pod start: {namespaces}",
    WillPromoteOnly => "{revision} becomes the default; no namespace changes its revision by that",
    WillRetire => "{count} objects of {revision} are deleted, by name",
    WillUpgradeGateways => "The install's gateways go to {version}",
    WillNotRunningPods => "Running pods keep their proxy until they restart",
    WillNotGateways => "Gateways stay as they are until their own step",
    WillNotOtherNamespaces => "No other namespace is touched",
    WillNotTrafficRules => "Traffic rules are not changed",
    WayBackRevoke => "Revoke removes it again, until it is promoted and the old revision is gone",
    WayBackMove => "Move back and restart again",
    WayBackLabels => "Roll back restores every label, tag and webhook",
    WayBackNone => "There is no way back",
    WayBackRestart => "A restart is not undone; the pods stay on {revision}",
    ConsentRecreate => "{workload} stops before it starts again",
    ConsentBudget => "{workload} may go below its budget {budget}",
    ConsentNoWayBack => "There is no way back from this",
    // A run's sentences
    RunStarting => "Starting",
    RunReadingMesh => "Reading the mesh",
    RunRestarting => "Restarting {workload}",
    RunInstalling => "istioctl {version} is installing {revision}",
    RunWaitControlPlane => "Waiting for {ready} of {replicas} replicas of {revision}",
    RunWaitWebhook => "Waiting for the webhook of {revision} to answer",
    RunMoving => "Moving namespace {namespace}",
    RunWaitPods => "Waiting for {left} of {wanted} pods of {workload}",
    RunWaitProxies => "Checking the new proxies of {workload}",
    RunPromoting => "Making {revision} the default",
    RunRemoving => "Removing {object}",
    RunVerifying => "Verifying",
    RunPausedSentence => "Paused; nothing new is started",
    RunPausing => "Pausing: waiting for what is in flight",
    RunInterrupted => "Interrupted: the app ended while it ran",
    RunRetrying => "Waiting to try again: {why}",
    RunSucceeded => "Done",
    RunFailed => "Stopped: {why}",
    RunAborted => "Aborted; every pod stays where it is",
    RunAsking => "Waiting for your answer",
    HintNothingToDo => "Nothing for you to do",
    HintPod => "{pod} {state}",
    HintPodStarting => "{pod} is starting",
    HintDecide => "Retry, skip or abort",
    // Questions
    AskFailed => "{workload} failed: {why}",
    AskActFailed => "{act} failed: {why}",
    AskChildAlive => "istioctl of this run still runs as process {pid}",
    // Failures
    FailDeadline => "its rollout passed its progress deadline",
    FailCrash => "pod {pod} waits with {reason}",
    FailWrongProxy => "pod {pod} came up with proxy {found}, expected {expected}",
    FailNoProxy => "pod {pod} came up without a sidecar",
    FailGone => "it no longer exists",
    FailReplaced => "it was replaced by another object of the same name",
    FailChanged => "its pod template was changed during the run",
    FailWouldLose => "it would come up without a sidecar",
    FailTimeout => "it did not finish within {minutes} minutes",
    FailOtherCluster => "the context now leads to cluster {found}; the run belongs to {expected}",
    FailPlanOutdated => "the mesh changed since the plan: {what}",
    FailLeaseNotYet => "the lease of this mesh is being taken",
    FailNoLease => "the lease of this mesh is not held: {why}",
    FailStillUsed => "{count} pods or namespaces still follow {revision}",
    FailTwice => "several webhooks would inject it",
    FailOtherRevision => "{found} would inject it, and {expected} was promised",
    FailNotVerified => "not everything that was promised holds: {what}",
    FailReadOnly => "read-only is on",
    FailConnection => "the cluster is not reached: {why}",
    // Log lines
    LogPlanned => "{steps} steps, digest {digest}",
    LogStep => "{title}",
    LogIntent => "{act}",
    LogDone => "{act}",
    LogChild => "{act} runs as process {pid}",
    LogStepDone => "{title}: done",
    LogAlready => "{act}: was done already",
    LogFailed => "{act}: {why}",
    LogWorkloadDone => "{workload} {ready}/{wanted}, all on {revision} {version}",
    LogWaveDone => "wave {number}: {workloads} workloads, pods: {pods}",
    LogPausedBy => "{operator} paused",
    LogResumedBy => "{operator} continued",
    LogAbortedBy => "{operator} aborted",
    LogAnswered => "{operator} answered: {answer}",
    LogRecovered => "continues after the app ended: the mesh was read again",
    LogFinished => "{outcome}",
    LogPreflight => "{workload}: {result}",
    LogInjectedBy => "would be injected by {revision}",
    LogCannotTell => "cannot tell: {why}",
    LogTrafficRuleChanged => "{object} was changed by {who}",
    LogTrafficRuleAdded => "{object} was added by {who}",
    LogTrafficRuleRemoved => "{object} was removed by {who}",
    LogTrafficRuleTimes => "{change}; {times} changes in all",
    LogTrafficUnseen => "changes of {what} are not seen: {why}",
    WordSomebody => "somebody",
    WordTrafficRules => "traffic rules",
    WordContinue => "continue",
    WordRetry => "retry",
    WordSkip => "skip",
    WordAbort => "abort",
    WordNamed => "{name}",
    WordVendor => "the cloud vendor",
    WordUnknownTool => "an unknown tool",
    WordAndMore => "{first}, {rest}",
    WordAnyNamespace => "any namespace",
    // Acts, as used inside other sentences
    ActInstall => "istioctl {version} install {revision}",
    ActLabel => "namespace/{namespace} {label}",
    ActRestart => "{workload} restart",
    ActSetTag => "tag {tag} to {revision}",
    ActTagService => "service of tag {tag} to {revision}",
    ActValidator => "default validator to {revision}",
    ActDeactivate => "{name} deactivated",
    ActDelete => "{object} deleted",
    ActRestore => "{object} restored",
    // Planner
    HopInPlaceAdjacent => "In place goes to the next minor",
    HopCanaryAdjacent => "Canary to the next minor",
    HopCanarySkip => "Canary may skip one minor",
    HopPatch => "A patch of the same minor",
    HopHotPatch => "ASM applies it by itself",
    RefuseInPlaceSkip => "In place goes to the adjacent minor only",
    RefuseCanarySkip => "A canary may cross at most {max} minors",
    RefuseCanaryVersion => "A canary needs {version} or later",
    RefuseCanaryPatch => "A canary is for a new Istio version",
    RefuseDowngrade => "A downgrade is not offered",
    RefuseMajor => "No rule covers a new major version",
    RefuseSame => "It is this version already",
    RefuseBuildUnknown => "One side does not name its build, so the order can't be told",
    RefuseKubernetes => "Kubernetes {kubernetes} is below the {minimum} that {version} needs",
    RefuseUnknownVersion => "{version} is not in the catalogue",
    WarnStrict => "The newer canary page would refuse this hop",
    WarnKnownBad => "{version}: {problem}",
    WarnKubernetes => "{version} supports Kubernetes {range}",
    WarnOutOfSupport => "Support of {minor} ended on {date}",
    WarnSkew => "Proxies must not stay more than one minor behind",
    VerdictFewestRestarts => "Fewest restarts of the data plane",
    VerdictMoreWaysBack => "As many restarts as the next, and more ways back",
    VerdictOnly => "The only way the rules allow",
    VerdictAsGoodAsNext => "As good as the next one",
    VerdictNone => "The rules allow no way",
    // Hints to errors
    HintCheckNetwork => "Check VPN and address, then try again",
    HintCheckCa => "Check certificate-authority-data of the cluster entry",
    HintRenewCertificate => "Renew the client certificate or fetch a new kubeconfig",
    HintAskAdmin => "Ask for permission to {verb} {resource}",
    HintLogin => "Sign in again, then open the context once more",
    HintTurnOffReadOnly => "Turn read-only off in the top bar",
    HintPlanAgain => "Make the plan again and compare",
    HintAddIstioctl => "Add istioctl {version} under Settings",
    HintValuesFile => "Name the install's own IstioOperator file under Settings",
    HintEditFile => "Correct the file; it is watched and read again",
}

impl Phrase {
    /// A sentence without parameters.
    pub fn plain(code: PhraseCode) -> Self {
        Self { code, params: BTreeMap::new(), nested: BTreeMap::new() }
    }

    /// A sentence with its parameters.
    pub fn with<const N: usize>(code: PhraseCode, params: [(&str, String); N]) -> Self {
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { code, params, nested: BTreeMap::new() }
    }

    /// Fills one more blank with another sentence.
    #[must_use]
    pub fn saying(mut self, name: &str, sentence: Self) -> Self {
        self.nested.insert(name.to_owned(), sentence);
        self
    }

    /// The sentence in English, for logs and reports.
    pub fn english(&self) -> String {
        let mut words = self.code.english().to_owned();
        for (name, value) in &self.params {
            words = words.replace(&format!("{{{name}}}"), value);
        }
        for (name, sentence) in &self.nested {
            words = words.replace(&format!("{{{name}}}"), &sentence.english());
        }
        words
    }
}
